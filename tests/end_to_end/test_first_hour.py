"""The vendor's first hour, as it is written down, against a real server."""

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from shutil import which

import pytest

from tests.end_to_end.commands import QUIET, ROOT, serving, yidi
from tests.end_to_end.documents import Example, both, examples, fits

pytestmark = pytest.mark.skipif(not (which("bash") and which("curl")), reason="the page is for bash and curl")
PAGE = "first-hour.md"
ADDRESS = "http://127.0.0.1:8765"
END = "----- end of an example -----"


def walk(folder: Path, url: str, steps: list[Example]) -> list[str]:
    """Paste one example after the other into one bash; what each prints."""
    script = "".join(f"{step.commands}\necho '{END}'\n" for step in steps).replace(ADDRESS, url)
    done = subprocess.run(
        ["bash"], input=script, cwd=folder, capture_output=True, text=True, timeout=120, env=QUIET, check=True
    )
    assert done.stderr == ""
    return [seen.removeprefix("\n") for seen in done.stdout.split(f"{END}\n")[:-1]]


def china_day() -> date:
    """The day that the page's commands and the server are in."""
    return datetime.now(timezone(timedelta(hours=8))).date()


def differing(steps: list[Example], seen: list[str], url: str) -> list[tuple[str, str]]:
    """Expected and seen, where an example printed something else than the page says."""
    told = [step.output.replace(ADDRESS, url) for step in steps]
    return [(one, other) for one, other in zip(told, seen, strict=True) if not fits(one, other)]


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Example], list[str], str]:
    """The English page, what its commands printed, and the address they went to."""
    start, *steps = examples(PAGE)
    assert start.commands == ".venv/bin/yidi serve --port 8765\n"
    for _ in range(2):  # once more when midnight fell into it: the page is about one day
        day = china_day()
        with serving() as url:
            seen = walk(tmp_path_factory.mktemp("hour"), url, steps)
        if day == china_day():
            break
    return steps, seen, url


def test_the_page_shows_what_one_sees(walked: tuple[list[Example], list[str], str]) -> None:
    """Every command runs as it stands, and prints what the page says."""
    steps, seen, url = walked
    assert len(steps) > 8
    assert differing(steps, seen, url) == []


def test_the_same_hour_against_three_processes(tmp_path: Path) -> None:
    """As docs/platform.md starts them: the hospital sees the same, and the month is cleared from three databases."""
    text = (ROOT / "docs" / "platform.md").read_text("utf-8")
    commands = [line for line in text.splitlines() if line.startswith("yidi serve --role")]
    ports = dict(zip(("9000", "9001", "9002"), map(str, free_ports(3)), strict=True))
    for old, new in ports.items():
        commands = [command.replace(old, new) for command in commands]
    _, *steps = examples(PAGE)
    with ExitStack() as stack:
        for command in commands:
            stack.enter_context(party(command, tmp_path))
        url = f"http://127.0.0.1:{ports['9001']}"
        seen = walk(tmp_path, url, steps[:-1])
    elsewhere = re.compile(r"^110000 .*\n", re.MULTILINE)  # another process holds that province's ledger
    told = [Example(step.commands, elsewhere.sub("", step.output)) for step in steps[:-1]]
    assert differing(told, seen, url) == []
    urls = [word for name in ("hub", "520000", "110000") for word in ("--db", f"sqlite:///{tmp_path / name}.db")]
    table = yidi("--lang", "en", "clearing", "--month", f"{china_day():%Y-%m}", *urls)
    assert (0, True) == (table.returncode, "1944.80" in table.stdout), table.stderr


@contextmanager
def party(command: str, folder: Path) -> Iterator[None]:
    """One party in a process of its own, started by a command of the page."""
    words = [sys.executable, "-m", *command.split()]
    environment = {**QUIET, "YIDI_KEY": "shared", "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(words, cwd=folder, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("ready ")
            yield
        finally:
            process.terminate()
            process.wait(20)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [each.getsockname()[1] for each in sockets]


def test_a_page_that_promises_another_fen_is_found(walked: tuple[list[Example], list[str], str]) -> None:
    """The comparison is no formality: an amount, a missing line or an extra one is noticed."""
    steps, seen, url = walked
    for old, new in (("1944.80", "1944.81"), ("2304 valid\n", ""), ("2304 valid", "2304 valid\n2304 valid")):
        wrong = [Example(step.commands, step.output.replace(old, new)) for step in steps]
        assert differing(wrong, seen, url) != [], (old, new)


def test_both_languages_carry_the_same_commands() -> None:
    """The Chinese page has the same commands and outputs, letter by letter."""
    english, chinese = both(PAGE)
    assert english == chinese
