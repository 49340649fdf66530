"""All stores do the same, whatever is done to them in whatever order; and a store that does not is found out."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from store_subjects import HUNT, PARTIES, RECORDS, SEARCH, TABLES, Subject, in_database, in_memory

from sim.platform import MemoryStore
from sim.platform.sql import Database, SqlStore


class Model:
    """What a store of one party must hold: copied as a whole at each commit."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, Any], Any] = {}
        self.counters: dict[str, int] = {}
        self.kept = copy.deepcopy((self.rows, self.counters))

    def commit(self) -> None:
        self.kept = copy.deepcopy((self.rows, self.counters))

    def rollback(self) -> None:
        self.rows, self.counters = copy.deepcopy(self.kept)


def key_of(table: Any, record: Any) -> tuple[Any, ...]:
    return tuple(getattr(record, name) for name in table.key)


def machine(subjects: Sequence[Subject]) -> Callable[[], RuleBasedStateMachine]:
    """Does every step to all subjects and to the model, and compares every answer."""

    class Agreement(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.makers = [subject.open() for subject in subjects]
            self.models = {party: Model() for party in PARTIES}

        def each(self, party: str, step: Callable[[Any], Any], expected: Any = None) -> None:
            for subject, maker in zip(subjects, self.makers, strict=True):
                assert expected == step(maker(party)), subject.name

        @rule(party=st.sampled_from(PARTIES), table=st.sampled_from(TABLES), data=st.data())
        def put(self, party: str, table: Any, data: st.DataObject) -> None:
            record = data.draw(RECORDS[table.name])
            self.models[party].rows[table.name, key_of(table, record)] = record
            self.each(party, lambda store: store.put(table, record))

        @rule(party=st.sampled_from(PARTIES), table=st.sampled_from(TABLES), data=st.data())
        def delete(self, party: str, table: Any, data: st.DataObject) -> None:
            key = self.some_key(party, table, data)
            self.models[party].rows.pop((table.name, key), None)
            self.each(party, lambda store: store.delete(table, *key))
            if data.draw(st.booleans()):  # what is gone for good would otherwise seldom be looked for
                self.commit(party)
                self.everything(party, table)

        @rule(party=st.sampled_from(PARTIES), table=st.sampled_from(TABLES), data=st.data())
        def get(self, party: str, table: Any, data: st.DataObject) -> None:
            key = self.some_key(party, table, data)
            self.each(party, lambda store: store.get(table, *key), self.models[party].rows.get((table.name, key)))

        @rule(party=st.sampled_from(PARTIES), table=st.sampled_from(TABLES), most=st.integers(1, 3))
        def last(self, party: str, table: Any, most: int) -> None:
            rows = [(key_of(table, row), row) for row in self.all_of(party, table)]
            expected = [row for _, row in sorted(rows, key=lambda pair: pair[0], reverse=True)[:most]]
            self.each(party, lambda store: store.last(table, most), expected)

        @rule(party=st.sampled_from(PARTIES), table=st.sampled_from(TABLES), most=st.integers(1, 3), data=st.data())
        def page(self, party: str, table: Any, most: int, data: st.DataObject) -> None:
            end = self.some_key(party, table, data)
            rows = [(key_of(table, row), row) for row in self.all_of(party, table)]
            rows = sorted((pair for pair in rows if pair[0] < end), key=lambda pair: pair[0], reverse=True)
            self.each(party, lambda store: store.last(table, most, end), [row for _, row in rows[:most]])

        @rule(party=st.sampled_from(PARTIES), table=st.sampled_from(TABLES), data=st.data())
        def find(self, party: str, table: Any, data: st.DataObject) -> None:
            like = data.draw(RECORDS[table.name])
            name = data.draw(st.sampled_from(sorted(table.indexes)))
            values = tuple(getattr(like, field) for field in table.indexes[name])
            expected = [
                row
                for row in self.all_of(party, table)
                if values == tuple(getattr(row, f) for f in table.indexes[name])
            ]
            self.each(party, lambda store: in_order(table, store.find(table, name, *values)), expected)

        @rule(party=st.sampled_from(PARTIES), table=st.sampled_from(TABLES))
        def everything(self, party: str, table: Any) -> None:
            expected = self.all_of(party, table)
            self.each(party, lambda store: in_order(table, store.all(table)), expected)
            self.each(party, lambda store: store.count(table), len(expected))

        @rule(party=st.sampled_from(PARTIES), counter=st.sampled_from(["visit", "reply"]))
        def next(self, party: str, counter: str) -> None:
            counters = self.models[party].counters
            counters[counter] = counters.get(counter, 0) + 1
            self.each(party, lambda store: store.next(counter), counters[counter])

        @rule(party=st.sampled_from(PARTIES))
        def commit(self, party: str) -> None:
            self.models[party].commit()
            self.each(party, lambda store: store.commit())

        @rule(party=st.sampled_from(PARTIES))
        def rollback(self, party: str) -> None:
            self.models[party].rollback()
            self.each(party, lambda store: store.rollback())

        @precondition(lambda self: any(model.rows or model.counters for model in self.models.values()))
        @rule()
        def crash(self) -> None:
            """The process ends without a commit, and another one opens what is there."""
            for model in self.models.values():
                model.rollback()
            self.makers = [subject.crash(maker) for subject, maker in zip(subjects, self.makers, strict=True)]

        def some_key(self, party: str, table: Any, data: st.DataObject) -> tuple[Any, ...]:
            """Rather one that is there."""
            there = [key for name, key in self.models[party].rows if name == table.name]
            if there and data.draw(st.sampled_from([True, True, False])):
                return data.draw(st.sampled_from(there))
            return key_of(table, data.draw(RECORDS[table.name]))

        def all_of(self, party: str, table: Any) -> list[Any]:
            rows = [row for (name, _), row in self.models[party].rows.items() if name == table.name]
            return in_order(table, rows)

    return Agreement


def in_order(table: Any, rows: Any) -> list[Any]:
    return sorted(rows, key=lambda row: key_of(table, row))


def run(subjects: Sequence[Subject], search: settings) -> None:
    try:
        run_state_machine_as_test(machine(subjects), settings=search)
    finally:
        for subject in subjects:
            subject.close()


def agree(*subjects: Subject, examples: int = SEARCH.max_examples) -> None:
    run(subjects, settings(SEARCH, max_examples=examples))


def test_memory_and_sqlite_agree(sqlite):
    """Whatever is put, found, counted, committed, undone or lost in a crash: both stores give the same answers."""
    agree(in_memory(), in_database(sqlite))


def test_sqlite_with_commits_in_groups_agrees(sqlite):
    """Putting durability off changes no answer."""
    agree(in_database(sqlite, group=True))


def test_postgresql_agrees(postgres):
    """The same on PostgreSQL."""
    agree(in_database(postgres), examples=SEARCH.max_examples // 2)


# --- stores that are wrong --------------------------------------------------------------------------------------------


class RollbackForgetsCounters(MemoryStore):
    """A rollback leaves the counters where they are."""

    def rollback(self) -> None:
        counters = dict(self._counters)
        super().rollback()
        self._counters.update(counters)


class IndexNotUpdated(MemoryStore):
    """A record that is put again is still found where it was first, and nowhere else."""

    def __init__(self) -> None:
        super().__init__()
        self.first: dict[Any, Any] = {}

    def put(self, table: Any, record: Any) -> None:
        super().put(table, record)
        self.first.setdefault((table.name, key_of(table, record)), record)

    def find(self, table: Any, index: str, *values: Any) -> list[Any]:
        def where_first(row: Any) -> tuple[Any, ...]:
            return tuple(getattr(self.first[table.name, key_of(table, row)], name) for name in table.indexes[index])

        return [row for row in self.all(table) if values == where_first(row)]


class CommitsTooEarly(MemoryStore):
    """Every write is durable at once."""

    def put(self, table: Any, record: Any) -> None:
        super().put(table, record)
        self.commit()


class DeletesNothing(MemoryStore):
    """A deletion is forgotten."""

    def delete(self, table: Any, *key: Any) -> None:
        pass


@pytest.mark.parametrize("wrong", [RollbackForgetsCounters, IndexNotUpdated, CommitsTooEarly, DeletesNothing])
def test_a_wrong_store_in_memory_is_found_out(wrong):
    """The same search finds each of these faults."""
    with pytest.raises(AssertionError, match=wrong.__name__):
        run([in_memory(wrong)], HUNT)


class DoesNotSeeItsOwn(SqlStore):
    """What was not committed yet is not found by its own store."""

    def _merged(self, shape: Any, stored: list[Any], _: Any) -> list[Any]:
        return sorted(stored, key=shape.key_of)


class KeepsWhatWasUndone(SqlStore):
    """A rollback leaves the writes waiting for the next commit."""

    def rollback(self) -> None:
        pending = self._pending
        super().rollback()
        if pending:
            self._begin()
            self._pending = pending


class FindsNothingAbsent(SqlStore):
    """NULL is not equal to NULL, as in SQL."""

    def find(self, table: Any, index: str, *values: Any) -> list[Any]:
        return [] if None in values else super().find(table, index, *values)


class NeverDeletes(SqlStore):
    """Deletions do not reach the database."""

    def commit(self) -> None:
        for entries in self._pending.values():
            for key in [key for key, entry in entries.items() if entry.record is None]:
                del entries[key]
        super().commit()


@pytest.mark.parametrize("wrong", [DoesNotSeeItsOwn, KeepsWhatWasUndone, FindsNothingAbsent, NeverDeletes])
def test_a_wrong_store_in_a_database_is_found_out(wrong, sqlite, monkeypatch):
    """The same search finds each of these faults too."""
    monkeypatch.setattr("sim.platform.sql.database.SqlStore", wrong)
    with pytest.raises(AssertionError):
        run([in_database(sqlite, fresh=True, durable=False)], HUNT)


class MixesParties(Database):
    """All parties share what one of them keeps."""

    def __call__(self, _: str) -> SqlStore:
        return super().__call__(PARTIES[0])


def test_a_database_without_walls_between_parties_is_found_out(sqlite, monkeypatch):
    """The search sees what one party wrote appear at the other."""
    monkeypatch.setattr("sim.platform.sql.database.Database", MixesParties)
    with pytest.raises(AssertionError):
        run([in_database(sqlite, fresh=True, durable=False)], HUNT)
