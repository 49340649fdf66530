"""Two processes at one database: whoever would undo what the other did gets a conflict, and nobody else does."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import date
from typing import Any

import pytest
from store_subjects import BEDS, DUTIES, SCHEMA, SLOW, Bed, Duty, process

from sim.platform.sql import Conflict, SqlStore, open_store

DAY = date(2024, 3, 1)


def bed(number: int = 1, patient: str | None = None) -> Bed:
    return Bed(number, patient, "free", DAY)


def duty(nurse: str, ward: str = "A") -> Duty:
    return Duty(ward, DAY, nurse)


@pytest.fixture
def rivals(empty):
    """The stores of one party in two processes; beds 1 and 2 are there already."""
    with open_store(empty, schema=SCHEMA) as one, open_store(empty, schema=SCHEMA) as other:
        one("hub").put(BEDS, bed(1))
        one("hub").put(BEDS, bed(2))
        one("hub").commit()
        yield one("hub"), other("hub")


def meanwhile(first: SqlStore, before: Callable[[], Any], second: SqlStore, then: Callable[[], Any]) -> bool:
    """The first does ``before``, the second ``then``, the first commits, the second commits: whether both succeeded.

    Where the lock is taken early, ``then`` waits for the first's commit, so it has its own thread.
    """
    before()
    committed = threading.Event()

    def rest() -> None:
        then()
        committed.wait(30)
        second.commit()

    with ThreadPoolExecutor(1) as pool:
        done: Future[None] = pool.submit(rest)
        wait([done], timeout=0.2)
        first.commit()
        committed.set()
        try:
            done.result(30)
        except Conflict:
            return False
    return True


def outcome(first: SqlStore, second: SqlStore, reads: Any, write: Any, other_write: Any) -> bool:
    """Both read, then both write and commit: whether both won."""
    reads(first)
    reads(second)
    return meanwhile(first, lambda: write(first), second, lambda: other_write(second))


def test_of_two_that_change_what_both_read_one_loses(rivals):
    """Read, then write: the second would write over a change it never saw."""
    assert not outcome(
        *rivals,
        lambda store: store.get(BEDS, 1),
        lambda store: store.put(BEDS, bed(1, "甲")),
        lambda store: store.put(BEDS, bed(1, "乙")),
    )


def test_of_two_that_put_one_key_without_reading_one_loses(rivals):
    """Neither read it, both began before the other was done: only one record is there, and its writer knows."""
    first, second = rivals
    assert not outcome(
        *rivals,
        lambda store: store.get(BEDS, 2),
        lambda store: store.put(DUTIES, duty("甲")),
        lambda store: store.put(DUTIES, duty("乙")),
    )
    for store in rivals:
        store.rollback()
    assert [duty("甲")] == list(first.all(DUTIES)) == list(second.all(DUTIES))


def test_of_two_that_found_nothing_and_each_add_one_loses(rivals):
    """Two cashiers see no settlement of a visit and make one each, under numbers of their own."""
    assert not outcome(
        *rivals,
        lambda store: store.find(DUTIES, "nurse", "甲", False),
        lambda store: store.put(DUTIES, duty("甲", "A")),
        lambda store: store.put(DUTIES, duty("甲", "B")),
    )


def test_of_two_that_counted_and_each_add_one_loses(rivals):
    """A count is a read like any other."""
    assert not outcome(
        *rivals,
        lambda store: store.count(DUTIES),
        lambda store: store.put(DUTIES, duty("甲", "A")),
        lambda store: store.put(DUTIES, duty("乙", "B")),
    )


def test_a_deletion_does_not_take_what_another_wrote(rivals):
    """A record that was changed after the deleting segment began stays."""
    assert not outcome(
        *rivals,
        lambda store: store.get(BEDS, 2),
        lambda store: store.put(BEDS, bed(1, "甲")),
        lambda store: store.delete(BEDS, 1),
    )


def test_two_that_have_nothing_to_do_with_each_other_both_win(rivals):
    """A commit of another process alone is no conflict: what was read must have changed."""
    first, second = rivals
    assert first.get(BEDS, 1) == bed(1)
    assert second.get(BEDS, 2) == bed(2)
    assert meanwhile(first, lambda: first.put(BEDS, bed(1, "甲")), second, lambda: second.put(BEDS, bed(2, "乙")))
    assert {bed(1, "甲"), bed(2, "乙")} == set(first.all(BEDS)) == set(second.all(BEDS))


def test_a_segment_that_only_reads_holds_nobody_up_and_sees_one_moment(rivals):
    """It is never ended here, and the other writes on; once what it read has changed, its next read says so."""
    first, second = rivals
    assert first.get(BEDS, 1) == bed(1)
    second.put(BEDS, bed(2, "乙"))
    second.commit()
    assert first.get(BEDS, 2) == bed(2, "乙")
    second.put(BEDS, bed(1, "甲"))
    second.commit()
    with pytest.raises(Conflict):
        first.get(BEDS, 2)
    assert first.get(BEDS, 1) == bed(1, "甲")


def try_all(store: SqlStore) -> None:
    store.put(DUTIES, duty("乙"))
    store.next("visit")
    store.put(BEDS, bed(1, "乙"))
    store.commit()


def test_after_a_conflict_nothing_of_the_segment_is_left(rivals):
    """The store begins anew: no write, no counter, no lock."""
    first, second = rivals
    second.get(BEDS, 1)
    first.put(BEDS, bed(1, "甲"))
    first.commit()
    with pytest.raises(Conflict):
        try_all(second)
    second.commit()
    assert 0 == second.count(DUTIES)
    assert 1 == second.next("visit")
    second.commit()
    assert 2 == first.next("visit")
    assert bed(1, "甲") == first.get(BEDS, 1)


# --- stores that are wrong --------------------------------------------------------------------------------------------


class DoesNotLookAgain(SqlStore):
    """What was read is not compared before writing."""

    def _compare(self, version: int, fetch: Any) -> None:
        pass


class WritesOverAnything(SqlStore):
    """A row that another process wrote since is written over."""

    def _writes(self, version: int) -> Any:
        for entries in self._pending.values():
            for key, entry in entries.items():
                entries[key] = type(entry)(entry.record, entry.values, 2**62)
        return super()._writes(version)


@pytest.mark.parametrize(
    ("wrong", "test"),
    [
        (DoesNotLookAgain, test_of_two_that_found_nothing_and_each_add_one_loses),
        (DoesNotLookAgain, test_of_two_that_counted_and_each_add_one_loses),
        (DoesNotLookAgain, test_a_segment_that_only_reads_holds_nobody_up_and_sees_one_moment),
        (WritesOverAnything, test_of_two_that_put_one_key_without_reading_one_loses),
        (WritesOverAnything, test_a_deletion_does_not_take_what_another_wrote),
    ],
    ids=lambda value: value.__name__,
)
def test_a_careless_store_is_found_out(wrong, test, empty, monkeypatch):
    """The tests above fail for a store without that care."""
    monkeypatch.setattr("sim.platform.sql.database.SqlStore", wrong)
    with open_store(empty, schema=SCHEMA) as one, open_store(empty, schema=SCHEMA) as other:
        one("hub").put(BEDS, bed(1))
        one("hub").put(BEDS, bed(2))
        one("hub").commit()
        with pytest.raises((AssertionError, pytest.fail.Exception)):
            test((one("hub"), other("hub")))


# --- real processes ---------------------------------------------------------------------------------------------------


def test_processes_that_race_lose_no_step_and_no_number(empty):
    """Three processes raise one record and one counter by one, again and again, and try again on a conflict.

    The record ends at the number of raises; the counter gave each number exactly once, and left none out.
    """
    with open_store(empty, schema=SCHEMA) as database:
        database("hub").put(BEDS, bed(1, "0"))
        database("hub").commit()
    rounds = 300 if SLOW else 40
    racing = [process("rival_process.py", empty, str(rounds)) for _ in range(3)]
    printed = [each.communicate(timeout=100)[0] for each in racing]
    assert [0, 0, 0] == [each.returncode for each in racing]
    numbers = Counter(int(line) for text in printed for line in text.split())
    assert Counter(range(1, 3 * rounds + 1)) == numbers
    with open_store(empty, schema=SCHEMA) as database:
        assert bed(1, str(3 * rounds)) == database("hub").get(BEDS, 1)
