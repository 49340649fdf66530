"""The durable store of a party.

A *segment* is what happens between two ends (commit or rollback). Writes of a segment are kept aside, seen by the store
itself, and go to the database together when it commits. Nothing holds a transaction open while a segment only reads, so
one that is never ended blocks nobody.

Segments of one party take effect as if one came after the other, whatever other processes do:

- Every party has a version, raised by every commit that wrote. Each read brings the version along. While it stays the
  same, all reads of the segment are of one moment. When it has moved, what was read is read again at one moment and
  must be the same, else the segment ends in `Conflict`.
- Before writing, the party is locked, and the same comparison is made under the lock.
- Every row carries the version that wrote it, so a record that another process wrote since the segment began is not
  written over, even if this segment never read it.

SQLite locks the whole file, so the lock is taken late, by `commit`, and held only while writing: a reader of the file
or another party's segment in this process never waits for a handler. PostgreSQL locks one party's row, early, at the
first `put`, `delete` or `next`: processes that serve one party then wait for each other instead of undoing each other's
work.

Counters are rows written in the segment's transaction under the same lock: no number is given twice, none is left out,
and a rollback gives back what the segment took. The price is that commits of one party come one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NoReturn, TypeVar

from attrs import frozen

from sim.lang import say
from sim.platform.sql.errors import Conflict, Unavailable
from sim.platform.sql.link import Fetch, Link, Write, Writing
from sim.platform.sql.shape import Dialect, PartyStatements, Row, Shape
from sim.platform.store import Table

R = TypeVar("R")

LOGGED = 10_000
"""How many reads of a segment are remembered one by one; beyond, any commit of another process is a conflict."""
_CANNOT_BE_THERE = (TypeError, ValueError)
"""A value that cannot be stored is not there: reading by it finds nothing, as in the store in memory."""


@frozen
class _Entry:
    """A write of the segment: the record (None: deleted), its columns (its key), and the version it was written on."""

    record: Any
    values: Row
    seen: int


_NOTHING: Mapping[Row, _Entry] = {}


class SqlStore:
    """The `sim.platform.store.Store` of one party in a database; not for several threads at a time.

    Records come in the order of their keys. Every method may raise `Conflict` or `Unavailable`; the segment is then
    rolled back already.
    """

    def __init__(self, party: str, link: Link, shapes: Mapping[str, Shape], statements: PartyStatements) -> None:
        self.party = party
        self._link = link
        self._shapes = shapes
        self._statements = statements
        self._counted: dict[str, int] = {}
        self._counted_at: tuple[int, int] = (-1, -1)
        self._writing: Writing | None = None
        self._start()

    def _start(self) -> None:
        self._seen: int | None = None
        self._locked_at = -1
        self._log: dict[tuple[str, Row], list[Row]] = {}
        self._whole = False
        self._pending: dict[str, dict[Row, _Entry]] = {}
        self._counts: dict[str, int] = {}

    # --- reading -----------------------------------------------------------------------------------------------------

    def get(self, table: Table[R], *key: Any) -> R | None:
        """See `Store`."""
        shape = self._shapes[table.name]
        try:
            values = shape.key(key)
        except _CANNOT_BE_THERE:
            return None
        found: R | None
        entry = self._pending.get(table.name, _NOTHING).get(key)
        found = entry.record if entry is not None else next(iter(self._records(shape, shape.get, values)), None)
        return found

    def find(self, table: Table[R], index: str, *values: Any) -> list[R]:
        """See `Store`."""
        shape = self._shapes[table.name]
        try:
            sql, parameters = shape.find(index, values)
        except _CANNOT_BE_THERE:
            return []
        index_of = shape.index_of[index]
        ours = (record for record in self._put(table) if index_of(record) == values)
        return self._merged(shape, self._records(shape, sql, parameters), ours)

    def all(self, table: Table[R]) -> Iterator[R]:
        """See `Store`."""
        shape = self._shapes[table.name]
        stored = self._records(shape, shape.all, (), whole=True)
        return iter(self._merged(shape, stored, self._put(table)))

    def last(self, table: Table[R], most: int, before: tuple[Any, ...] = ()) -> list[R]:
        """See `Store`."""
        shape = self._shapes[table.name]
        changed = len(self._pending.get(table.name, _NOTHING))
        sql = shape.last(most + changed, bool(before))
        stored = self._records(shape, sql, shape.key(before) if before else (), whole=True)
        ours = (record for record in self._put(table) if not before or shape.key_of(record) < before)
        found = self._merged(shape, stored, ours)
        return sorted(found, key=shape.key_of, reverse=True)[:most]

    def count(self, table: Table[Any]) -> int:
        """See `Store`."""
        shape = self._shapes[table.name]
        number: int = self._fetch(shape.count, (), whole=True)[0][0]
        for key, entry in self._pending.get(table.name, _NOTHING).items():
            stored = any(self._records(shape, shape.get, shape.key(key)))
            number += (entry.record is not None) - stored
        return number

    def _put(self, table: Table[R]) -> Iterator[R]:
        """The records put in this segment."""
        entries = self._pending.get(table.name, _NOTHING).values()
        return (entry.record for entry in entries if entry.record is not None)

    def _merged(self, shape: Shape, stored: list[Any], ours: Iterator[Any]) -> list[Any]:
        """Stored records with those of this segment in their place, by key."""
        pending = self._pending.get(shape.table.name)
        if pending:
            stored = [record for record in stored if shape.key_of(record) not in pending]
            stored.extend(ours)
        if len(stored) > 1:
            stored.sort(key=shape.key_of)
        return stored

    def _records(self, shape: Shape, sql: str, values: Row, whole: bool = False) -> list[Any]:
        at = shape.key_at - 1
        return [shape.record(row) for row in self._fetch(sql, values, whole) if row[at] is not None]

    def _fetch(self, sql: str, values: Row, whole: bool = False) -> list[Row]:
        """The rows without the party's version. ``whole``: the rows are too many to remember."""
        values = (*values, self.party)
        if self._writing is not None:
            rows = self._guarded(self._writing.fetch, sql, values)
            return [row[1:] for row in rows]
        rows = self._guarded(self._link.read, sql, values)
        version = self._version(rows)
        found = [row[1:] for row in rows]
        if self._seen is None:
            self._seen = version
        if whole or len(self._log) >= LOGGED:
            self._whole = True
        else:
            self._log.setdefault((sql, values), found)
        if version != self._seen:
            self._look_again()
        return found

    def _version(self, rows: list[Row]) -> int:
        if not rows:
            self._end()
            raise Unavailable(say("store.no_party", party=self.party))
        version: int = rows[0][0]
        return version

    def _look_again(self) -> None:
        """Another process committed: see that all that was read in this segment is still so, at one moment."""
        try:
            with self._link.view() as fetch:
                version = self._version(fetch(self._statements.version, (self.party,)))
                self._compare(version, fetch)
        except BaseException:
            self._end()
            raise
        self._seen = version

    def _compare(self, version: int, fetch: Fetch) -> None:
        if version == self._seen:
            return
        if self._whole:
            self._lost()
        for (sql, values), before in self._log.items():
            if [row[1:] for row in fetch(sql, values)] != before:
                self._lost()

    # --- asking the database itself ---------------------------------------------------------------------------------

    @property
    def dialect(self) -> Dialect:
        """Which database it is."""
        return next(iter(self._shapes.values())).dialect

    def beside(self, other: SqlStore) -> bool:
        """Whether both stores are in one database, so that one statement reaches both."""
        return self._link is other._link

    def ask(self, sql: str, values: Row) -> list[Row]:
        """The rows of a statement of one's own: what is committed at this moment. It is no part of the segment."""
        rows: list[Row] = self._guarded(self._link.read, sql, values)
        return rows

    # --- writing -----------------------------------------------------------------------------------------------------

    def put(self, table: Table[R], record: R) -> None:
        """See `Store`. Raises TypeError or ValueError for a record that cannot be stored exactly."""
        shape = self._shapes[table.name]
        self._keep(shape, shape.key_of(record), record, shape.row(record))

    def delete(self, table: Table[Any], *key: Any) -> None:
        """See `Store`."""
        shape = self._shapes[table.name]
        try:
            values = shape.key(key)
        except _CANNOT_BE_THERE:
            return
        self._keep(shape, key, None, values)

    def _keep(self, shape: Shape, key: Row, record: Any, values: Row) -> None:
        seen = self._begin()
        entries = self._pending.setdefault(shape.table.name, {})
        earlier = entries.get(key)
        entries[key] = _Entry(record, values, seen if earlier is None else earlier.seen)

    def next(self, counter: str) -> int:
        """See `Store`."""
        self._begin()
        last = self._counts.get(counter)
        if last is None:
            last = self._stored_count(counter)
        self._counts[counter] = last + 1
        return last + 1

    def _stored_count(self, counter: str) -> int:
        sql, values = self._statements.counter, (counter,)
        version = self._locked_at if self._writing is not None else self._seen
        last = self._counted.get(counter) if self._counted_at == (self._link.epoch, version) else None
        if last is None:
            return int(self._fetch(sql, values)[0][0] or 0)
        if self._writing is None:  # it counts as read, to be compared when the commit has the lock
            self._log.setdefault((sql, (*values, self.party)), [(last,)])
        return last

    def _begin(self) -> int:
        """Before a write: the version that whoever writes can know of. Locks the party, where that is early."""
        if self._writing is not None:
            return self._locked_at
        if self._seen is None:
            self._seen = self._version(self._guarded(self._link.read, self._statements.version, (self.party,)))
        seen = self._seen
        if self._link.early:
            self._lock()
        return seen

    def _lock(self) -> Writing:
        self._writing, rows = self._guarded(self._link.write, self._statements.lock, self.party)
        try:
            self._locked_at = self._version(rows)
            self._compare(self._locked_at, self._writing.fetch)
        except BaseException:
            self._end()
            raise
        return self._writing

    def commit(self) -> None:
        """See `Store`."""
        if not self._pending and not self._counts:
            self._end()
            return
        writing = self._writing or self._lock()
        version = self._locked_at + 1
        moved = any(e.seen != self._locked_at for entries in self._pending.values() for e in entries.values())
        done = self._guarded(writing.finish, self._writes(version), moved)
        self._writing = None
        if not done:
            self._lost()
        before = self._counted if self._counted_at == (self._link.epoch, self._locked_at) else {}
        self._counted = {**before, **self._counts}
        self._counted_at = (self._link.epoch, version)
        self._start()

    def _writes(self, version: int) -> list[Write]:
        """All writes of the segment. A row that changed after the segment wrote it stays, which `Writing` sees."""
        writes = []
        for name, entries in self._pending.items():
            shape = self._shapes[name]
            put = [e for e in entries.values() if e.record is not None]
            gone = [e for e in entries.values() if e.record is None]
            if put:
                writes.append(Write(shape.upsert, [(self.party, version, *e.values, e.seen) for e in put], each=1))
            if gone:
                writes.append(Write(shape.remove, [(self.party, *e.values, e.seen) for e in gone]))
                # what is still there was written by another process since
                writes.append(Write(shape.left, [(self.party, *e.values) for e in gone], each=0))
        if self._counts:
            counts = [(self.party, counter, value) for counter, value in self._counts.items()]
            writes.append(Write(self._statements.count_on, counts))
        writes.append(Write(self._statements.moved, [(version, self.party)]))
        return writes

    def rollback(self) -> None:
        """See `Store`."""
        self._end()

    # --- ending ------------------------------------------------------------------------------------------------------

    def _end(self) -> None:
        """Forget the segment, and give the lock back."""
        writing, self._writing = self._writing, None
        self._start()
        if writing is not None:
            writing.abandon()

    def _lost(self) -> NoReturn:
        self._end()
        raise Conflict(say("store.conflict", party=self.party))

    def _guarded(self, step: Any, *arguments: Any) -> Any:
        """Run a step of the link; when it fails, the link has let the transaction go, and the segment is over."""
        try:
            return step(*arguments)
        except BaseException:
            self._writing = None
            self._start()
            raise
