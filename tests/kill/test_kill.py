"""Proof by killing: real servers get SIGKILL under load, start again, and everything adds up. `make kill` does more."""

import os
import subprocess
import sys
from pathlib import Path

from campaign import THREADS, campaign
from processes import HERE, ROOT
from topologies import several, three

FORGETFUL = (sys.executable, "-W", "error", str(Path(__file__).parent / "forgetful.py"), "serve")


def test_parties_in_three_processes_agree_whoever_is_killed(tmp_path):
    """One round for each of treatment place, hub and insured place."""
    with campaign(three(tmp_path)) as work:
        for number in range(3):
            assert [] == work.round(number)
        assert 3 == work.kills
        assert work.visits >= 3 * THREADS


def test_two_processes_on_one_postgresql_lose_nothing(tmp_path, postgres):
    """Cashiers go to either; one is killed."""
    with campaign(several(tmp_path, postgres())) as work:
        assert [] == work.round(0)
        assert work.visits >= THREADS


def test_a_recovery_that_is_broken_on_purpose_is_found(tmp_path):
    """The treatment place drops what is in doubt: soon a claim stands at the insured place alone."""
    with campaign(three(tmp_path, {HERE: FORGETFUL}), gives_up=1.0) as work:
        names = list(work.topology.processes)
        rounds = range(names.index(HERE), 12 * len(names), len(names))  # those in which it is the one that is killed
        assert any(work.round(number) for number in rounds)


def test_one_process_on_an_sqlite_file_loses_nothing():
    """What was told before the kill is there after it. By the command, which says how often it killed."""
    done = subprocess.run(
        [sys.executable, str(Path(__file__).parent), "--rounds", "1", "--topology", "one"],
        capture_output=True,
        text=True,
        timeout=200,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    assert "one: nothing lost, nothing double. 1 rounds, 1 kills" in done.stdout
