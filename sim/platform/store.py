"""Where a party keeps what it must not forget.

A party's store is a set of tables of frozen records. What is written becomes durable with `commit`; `rollback` undoes
everything since. `MemoryStore` keeps it in dictionaries with an undo log; another store keeps the same tables in a
database. Nothing here knows what the records mean.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping
from operator import attrgetter
from typing import Any, Generic, Protocol, TypeVar, cast

from attrs import field, frozen

R = TypeVar("R")


@frozen
class Table(Generic[R]):
    """A table: the type of its records, the fields of their key, and of each index by name."""

    name: str
    record: type[R]
    key: tuple[str, ...]
    indexes: Mapping[str, tuple[str, ...]] = field(factory=dict, hash=False)


class Store(Protocol):
    """What every store offers. Records come in no promised order, though always the same one: sort where it matters."""

    def get(self, table: Table[R], *key: Any) -> R | None:
        """The record with that key."""
        ...

    def find(self, table: Table[R], index: str, *values: Any) -> list[R]:
        """The records with those values of an index."""
        ...

    def all(self, table: Table[R]) -> Iterator[R]:
        """Every record."""
        ...

    def last(self, table: Table[R], most: int, before: tuple[Any, ...] = ()) -> list[R]:
        """The records with the greatest keys, greatest first, at most so many; it does not read the others.

        ``before``: of those only whose key is smaller, so that the last key of one page gives the next page.
        """
        ...

    def count(self, table: Table[Any]) -> int:
        """How many records there are."""
        ...

    def put(self, table: Table[R], record: R) -> None:
        """Write a record, in place of the one with the same key."""
        ...

    def delete(self, table: Table[Any], *key: Any) -> None:
        """Remove the record with that key; nothing happens when there is none."""
        ...

    def next(self, counter: str) -> int:
        """The next number of a counter: 1, 2, 3 and so on."""
        ...

    def commit(self) -> None:
        """Make everything written so far durable."""
        ...

    def rollback(self) -> None:
        """Undo everything since the last commit."""
        ...


class _Rows:
    """One table in memory. Index buckets are dictionaries because those keep an order and forget in one step."""

    def __init__(self, table: Table[Any]) -> None:
        self.key: Callable[[Any], Any] = attrgetter(*table.key)
        self.single = len(table.key) == 1
        self.indexes = {name: attrgetter(*names) for name, names in table.indexes.items()}
        self.single_index = {name: len(names) == 1 for name, names in table.indexes.items()}
        self.rows: dict[Any, Any] = {}
        self.buckets: dict[str, dict[Any, dict[Any, None]]] = {name: {} for name in table.indexes}

    def set(self, key: Any, record: Any | None) -> None:
        old = self.rows.get(key)
        for name, value_of in self.indexes.items():
            buckets = self.buckets[name]
            before = value_of(old) if old is not None else None
            after = value_of(record) if record is not None else None
            if old is not None and (record is None or before != after):
                buckets[before].pop(key, None)
                if not buckets[before]:
                    del buckets[before]
            if record is not None and (old is None or before != after):
                buckets.setdefault(after, {})[key] = None
        if record is None:
            self.rows.pop(key, None)
        else:
            self.rows[key] = record


class MemoryStore:
    """The store in memory; not for several threads."""

    def __init__(self) -> None:
        self._tables: dict[str, _Rows] = {}
        self._counters: dict[str, int] = {}
        self._undo: list[tuple[str, Any, Any]] = []

    def _rows(self, table: Table[Any]) -> _Rows:
        found = self._tables.get(table.name)
        if found is None:
            found = self._tables[table.name] = _Rows(table)
        return found

    def get(self, table: Table[R], *key: Any) -> R | None:
        """See `Store`."""
        return cast("R | None", self._rows(table).rows.get(key[0] if len(key) == 1 else key))

    def find(self, table: Table[R], index: str, *values: Any) -> list[R]:
        """See `Store`."""
        rows = self._rows(table)
        keys = rows.buckets[index].get(values[0] if len(values) == 1 else values, ())
        return [rows.rows[key] for key in keys]

    def all(self, table: Table[R]) -> Iterator[R]:
        """See `Store`."""
        return iter(list(self._rows(table).rows.values()))

    def last(self, table: Table[R], most: int, before: tuple[Any, ...] = ()) -> list[R]:
        """See `Store`."""
        rows = self._rows(table).rows
        keys: Iterable[Any] = rows
        if before:
            end: Any = before[0] if len(before) == 1 else before
            keys = (key for key in rows if key < end)
        return [rows[key] for key in heapq.nlargest(most, keys)]

    def count(self, table: Table[Any]) -> int:
        """See `Store`."""
        return len(self._rows(table).rows)

    def put(self, table: Table[R], record: R) -> None:
        """See `Store`."""
        rows = self._rows(table)
        key = rows.key(record)
        self._undo.append((table.name, key, rows.rows.get(key)))
        rows.set(key, record)

    def delete(self, table: Table[Any], *key: Any) -> None:
        """See `Store`."""
        rows = self._rows(table)
        at = key[0] if len(key) == 1 else key
        if at in rows.rows:
            self._undo.append((table.name, at, rows.rows[at]))
            rows.set(at, None)

    def next(self, counter: str) -> int:
        """See `Store`."""
        last = self._counters.get(counter, 0)
        self._undo.append(("", counter, last))
        self._counters[counter] = last + 1
        return last + 1

    def clear(self) -> None:
        """Forget everything, counters too."""
        self._tables.clear()
        self._counters.clear()
        self._undo.clear()

    def commit(self) -> None:
        """See `Store`."""
        self._undo.clear()

    def rollback(self) -> None:
        """See `Store`."""
        while self._undo:
            name, key, before = self._undo.pop()
            if name:
                self._tables[name].set(key, before)
            else:
                self._counters[key] = before
