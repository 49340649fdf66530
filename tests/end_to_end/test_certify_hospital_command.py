"""`yidi certify hospital` as a vendor meets it, and both certifications interrupted."""

import json
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.commands import QUIET, ROOT, serving, yidi

EXAMPLE = f"{sys.executable} {ROOT / 'conformance' / 'example' / 'hospital_client.py'}"


def driven(tmp_path: Path, source: str) -> str:
    """A command that drives another hospital system."""
    script = tmp_path / "hospital.py"
    script.write_text(f"import sys, time\nsys.path.insert(0, {str(ROOT)!r})\n{source}\n", encoding="utf-8")
    return f"{sys.executable} {script}"


def report(folder: Path) -> Any:
    """The report as programs read it."""
    return json.loads((folder / "report.json").read_text(encoding="utf-8"))


def test_the_example_passes_every_pack_and_is_judged_the_same_from_disk(tmp_path: Path) -> None:
    """Exit 0 and no finding; `yidi verify` and `yidi judge` need no hospital and come to the same."""
    ran = yidi("certify", "hospital", "--drive", EXAMPLE, "--out", tmp_path)
    assert (0, "") == (ran.returncode, ran.stderr), ran.stdout
    told = report(tmp_path)
    assert ("passed", "hospital", []) == (told["verdict"], told["role"], told["findings"])
    assert len(told["scenarios"]) >= 50
    verified = yidi("verify", tmp_path)
    assert 0 == verified.returncode, verified.stdout
    judged = yidi("judge", tmp_path / "evidence" / "conversation.jsonl", "--out", tmp_path / "judged")
    assert 0 == judged.returncode, judged.stdout
    assert "hospital" == report(tmp_path / "judged")["role"]


def test_a_known_bad_client_fails_and_the_report_says_how_to_repeat(tmp_path: Path) -> None:
    """Exit 1; the finding names clause, exchange and command; a changed recording is found."""
    bad = "from conformance.mutants.hospitals.once import RetriesUnderNewIds\n"
    bad += "from conformance.example.hospital_client import main\nmain(RetriesUnderNewIds())"
    words = ("certify", "hospital", "--drive", driven(tmp_path, bad), "--pack", "hospital-faults")
    ran = yidi(*words, "--scenario", "HOS-101", "--out", tmp_path / "out")
    assert 1 == ran.returncode, ran.stdout
    (found,) = [f for f in report(tmp_path / "out")["findings"] if f["check"] == "hospital.no_new_id"][:1]
    assert "HOS-NO-NEW-ID" == found["clause"]["id"]
    assert "--scenario HOS-101" in found["repeat"]
    recording = tmp_path / "out" / "evidence" / "conversation.jsonl"
    recording.write_bytes(recording.read_bytes().replace(b"trouble:lost:after", b"trouble:lost:befor"))
    assert 1 == yidi("verify", tmp_path / "out").returncode


def test_a_person_who_goes_away_leaves_a_partial_report(tmp_path: Path) -> None:
    """Nothing was checked: exit 4, and nobody is called right."""
    ran = yidi("certify", "hospital", "--manual", "--out", tmp_path)
    assert 4 == ran.returncode, ran.stderr
    assert report(tmp_path)["partial"]


def test_a_person_who_presses_ctrl_c_gets_the_report_too(tmp_path: Path) -> None:
    """While the question waits for an answer."""
    command = [sys.executable, "-m", "yidi", "--lang", "en", "certify", "hospital", "--manual", "--out", str(tmp_path)]
    pipe = subprocess.PIPE
    run = subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=QUIET)
    try:
        assert "---" in run.stdout.readline()
        assert "Scenario HOS-" in run.stdout.readline()
        run.send_signal(signal.SIGINT)
        _, complained = run.communicate(timeout=20)
        assert (4, "") == (run.returncode, complained)
        assert report(tmp_path)["partial"]
    finally:
        run.kill()


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_says_that_it_is_partial(tmp_path: Path, sent: signal.Signals) -> None:
    """On Ctrl-C as on SIGTERM: a report of what there is, no finding made of the rest, an exit code that is not 0."""
    slow = "from conformance.example.hospital_client import Hospital, main\n"
    slow += "class Slow(Hospital):\n    def on_pay(self, order):\n"
    slow += f"        open({str(tmp_path / 'paying')!r}, 'w').close()\n        time.sleep(0.2)\n"
    slow += "        return super().on_pay(order)\n"
    words = ["certify", "hospital", "--drive", driven(tmp_path, f"{slow}main(Slow())"), "--out", str(tmp_path / "out")]
    interrupted(words, sent, (tmp_path / "paying").exists)
    told = report(tmp_path / "out")
    assert (True, "incomplete", []) == (told["partial"], told["verdict"], told["findings"])
    assert told["counts"]["not_run"] > 0
    assert 0 == yidi("verify", tmp_path / "out").returncode


def test_an_interrupted_run_against_a_platform_is_partial_too(tmp_path: Path) -> None:
    """The same for the other side."""
    faults = tmp_path / "faults.yaml"
    faults.write_text("faults:\n  - {do: delay, seconds: 0.3}\n", encoding="utf-8")
    with serving("--faults", faults) as url:
        words = ["certify", "platform", "--target", url, "--workers", "1", "--out", str(tmp_path / "out")]
        interrupted(words, signal.SIGTERM, lambda: b"2201" in urllib.request.urlopen(f"{url}/api/messages").read())  # noqa: S310
    told = report(tmp_path / "out")
    assert (True, "incomplete", []) == (told["partial"], told["verdict"], told["findings"])


def interrupted(words: list[str], sent: signal.Signals, ready: Callable[[], bool]) -> None:
    """A run that is interrupted once it is under way; it must end soon, and with exit code 4."""
    command = [sys.executable, "-m", "yidi", *words]
    run = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=QUIET)
    try:
        until = time.monotonic() + 60
        while not ready() and time.monotonic() < until:
            time.sleep(0.05)
        run.send_signal(sent)
        said, complained = run.communicate(timeout=20)
        assert (4, "") == (run.returncode, complained), said
    finally:
        run.kill()
