"""A process killed at any instruction: what it committed is there, what it did not is not."""

from __future__ import annotations

import random
import time

import pytest
from store_subjects import BEDS, DUTIES, SCHEMA, SLOW, process

from sim.platform.sql import open_store

ROUNDS = 60 if SLOW else 4


def killed(url: str, way: str, seconds: float) -> int:
    """Let a writer run for a while after its first number, kill it; the last number it said was durable."""
    with process("writer_process.py", url, way) as writer:
        assert writer.stdout is not None
        first = writer.stdout.readline()
        time.sleep(seconds)
        writer.kill()
        rest = writer.stdout.read()
    lines = (first + rest).split(b"\n")[:-1]  # the last piece may be half a number
    return int(lines[-1])


def faults(url: str, told: int, before: int, group: int = 1) -> list[str]:
    """What is wrong with a database whose writer said that everything up to ``told`` was durable."""
    with open_store(url, schema=SCHEMA) as database:
        store = database("hub")
        beds = {bed.number for bed in store.all(BEDS)}
        duties = {int(duty.ward) for duty in store.all(DUTIES)}
        last = store.next("segment") - 1
        store.rollback()
    found = []
    if beds != duties:
        found.append(f"half a segment: {sorted(beds ^ duties)[:5]}")
    if not set(range(1, told + 1)) <= beds:
        found.append(f"lost: {sorted(set(range(1, told + 1)) - beds)[:5]}")
    if beds and beds != set(range(1, max(beds) + 1)):
        found.append("there are gaps")
    if len(beds) > max(told, before) + group:
        found.append("more than was ever begun")
    if last != max(beds, default=0):
        found.append(f"the counter is at {last}, the records at {max(beds, default=0)}")
    return found


def search(url: str, way: str, rounds: int) -> list[str]:
    chance = random.Random(7)  # noqa: S311 - when to kill, not a secret
    before = 0
    for _ in range(rounds):
        before = killed(url, way, chance.uniform(0.01, 0.15))
        found = faults(url, before, before, 3 if way == "group" else 1)
        if found:
            return found
    return []


def test_a_killed_writer_loses_nothing_it_committed_and_leaves_nothing_half(empty):
    """Killed in a loop, opened again each time: all durable segments are there whole, and at most the one in work."""
    assert [] == search(empty, "right", ROUNDS)


def test_commits_in_groups_are_durable_once_flushed(sqlite):
    """The same when many commits are made durable at once."""
    assert [] == search(sqlite(), "group", ROUNDS)


@pytest.mark.parametrize("fault", ["early", "apart"])
def test_a_writer_with_a_fault_is_found_out(fault, sqlite):
    """Told before it was durable; two commits where there must be one."""
    assert [] != search(sqlite(), fault, 40)
