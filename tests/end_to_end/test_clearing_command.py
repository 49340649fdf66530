"""``yidi clearing`` as a user meets it: a table in his language, JSON, files, and exit code 2 for what cannot be."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date

import pytest

from sim.errors import InputError
from sim.platform.clearing import accept, dispute
from sim.platform.sql import open_store
from sim.service.clearing.command import show_month
from tests.end_to_end.commands import ROOT

sys.path.append(str(ROOT / "tests" / "sim" / "platform"))  # the desk of the platform's own tests

import clearing_desk as desk
from platform_desk import world


def yidi(*words: object) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
    environ.pop("YIDI_LANG", None)
    command = [sys.executable, "-m", "yidi", *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, env=environ)


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    made = f"sqlite:///{tmp_path_factory.mktemp('clearing') / 'yidi.db'}"
    with open_store(made) as database:
        desk.tell(desk.Story(world(store=database)))
    return made


def test_the_table_is_printed_exported_and_told_as_json(url, tmp_path):
    """The same amounts in both languages and in the JSON; the files are named on stderr."""
    machine = json.loads(yidi("clearing", "--month", desk.MARCH, "--db", url, "--json").stdout)
    zh = yidi("--lang", "zh", "clearing", "--month", desk.MARCH, "--db", url, "--out", tmp_path)
    en = yidi("--lang", "en", "clearing", "--month", desk.MARCH, "--db", url, "--run-until", "2024-04-21")
    assert (0, 0, "") == (zh.returncode, en.returncode, en.stderr)
    for row in machine["pairs"]:
        assert "\t".join([str(row["count"]), row["medfee_sumamt"]]) in zh.stdout
        assert "\t".join([str(row["count"]), row["medfee_sumamt"]]) in en.stdout
    assert "来源" in zh.stdout
    assert "issued" in en.stdout
    assert str(tmp_path / "clearing-2024-03.json") in zh.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["--month", "2024-13"],
        ["--month", "2999-01"],
        ["--month", "2023-01"],
        ["--month", "2024-03", "--regime", "none"],
    ],
)
def test_what_cannot_be_shown_ends_with_code_2_and_one_line(url, words):
    """No month, a future one, one without data, an unknown regime."""
    done = yidi("clearing", *words, "--db", url)
    assert (2, "", 1) == (done.returncode, done.stdout, done.stderr.count("\n"))


def test_a_month_without_fees_can_take_what_an_earlier_one_left(tmp_path):
    """A disputed line that was accepted is cleared in the next month, whether or not that has fees of its own."""
    made = f"sqlite:///{tmp_path / 'yidi.db'}"
    with open_store(made) as database:
        story = desk.Story(world(store=database))
        line = story.settle(desk.day(3, 1)).setl_id
        story.clearing.run(desk.MARCH, date(2024, 4, 22))
        dispute(database(desk.PEKING), line, "not ours", desk.day(4, 23))
        story.clearing.run(desk.MARCH, date(2024, 4, 26))
    done = {"today": date(2024, 9, 1)}
    assert [line] == [one.line for one in show_month("2024-04", [made], **done).month.left]
    with open_store(made) as database:
        accept(database(desk.PEKING), line, desk.day(5, 6))
    shown = show_month("2024-04", [made], until=date(2024, 7, 31), **done).month
    assert ("distributed", [line], ()) == (shown.state, [one.line for one in shown.lines], shown.left)
    with pytest.raises(InputError):
        show_month("2024-06", [made], **done)
