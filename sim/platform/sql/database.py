"""One database for the stores of all parties of a process."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import TypeAlias, cast

import sqlalchemy as sa

from sim.platform.sql.address import connect, parse, shown
from sim.platform.sql.link import Link, Write
from sim.platform.sql.on_postgresql import PostgresLink
from sim.platform.sql.on_sqlite import SqliteLink
from sim.platform.sql.schema import Schema, current
from sim.platform.sql.shape import Dialect, PartyStatements, render, shapes
from sim.platform.sql.store import SqlStore
from sim.platform.store import Store

StoreMaker: TypeAlias = Callable[[str], Store]
"""Gives the store of a party by its name; what `sim.platform.reference` takes as ``store``."""


def open_store(url: str, *, schema: Schema | None = None, group: bool = False, durable: bool = True) -> Database:
    """Open a database, create or migrate its tables, and give the maker of its stores.

    ``url``: ``sqlite:///FILE`` or ``postgresql://USER:PASSWORD@HOST/DATABASE``.
    ``group`` (SQLite): `Store.commit` only puts things in order; `Database.flush` makes them durable, many at a time.
    Until then nothing that depends on them may leave the process.
    ``durable`` False (SQLite): a commit survives the end of the process at any instruction, but not always a power cut.

    Raises InputError: a bad address, a missing driver, a database that cannot be reached, was not made by this project,
    or is of a newer version. Open it after a fork, not before.
    """
    wanted = schema or current()
    return Database(connect(parse(url), wanted, durable), wanted, group)


class Database:
    """A `StoreMaker`: called with a party's name it gives that party's store, always the same one."""

    def __init__(self, engine: sa.Engine, schema: Schema, group: bool) -> None:
        self._engine = engine
        self._schema = schema
        self.dialect = cast("Dialect", engine.dialect.name)
        self._statements = PartyStatements(self.dialect, schema.common)
        self._shapes = shapes(self.dialect, schema.tables, schema.metadata, schema.common)
        self._stores: dict[str, SqlStore] = {}
        self._link: Link
        if self.dialect == "sqlite":
            self._link = SqliteLink(engine.raw_connection(), group)
        else:
            self._link = PostgresLink(engine.raw_connection)

    @property
    def url(self) -> str:
        """The address, without the password."""
        return shown(self._engine.url)

    def __call__(self, party: str) -> SqlStore:
        """The store of a party."""
        found = self._stores.get(party)
        if found is None:
            if not self._link.read(self._statements.version, (party,)):
                writing, _ = self._link.write(self._statements.lock, party)
                writing.finish([Write(self._statements.enter, [(party, 0)])], checked=False)
            found = self._stores[party] = SqlStore(party, self._link, self._shapes, self._statements)
        return found

    def parties(self) -> tuple[str, ...]:
        """The names of all parties that were ever here, in order."""
        parties = self._schema.common.parties
        return tuple(sorted(row[0] for row in self._link.read(render(self.dialect, sa.select(parties.c.party)), ())))

    def clear(self) -> None:
        """Forget every record and counter of every party, at once and durably. Open segments are rolled back."""
        for store in self._stores.values():
            store.rollback()
        own = self._schema.common
        raised = sa.update(own.parties).values(version=own.parties.c.version + sa.literal_column("1"))
        emptied = (table for table in self._schema.metadata.sorted_tables if table not in (own.meta, own.parties))
        statements = [render(self.dialect, each) for each in (raised, *map(sa.delete, emptied))]
        writing, _ = self._link.write(self._statements.lock, "")
        writing.finish([Write(statement, [()]) for statement in statements], checked=False)
        self.flush()

    def flush(self) -> None:
        """With ``group``: make durable whatever was committed. Raises `Unavailable`: it may then be lost."""
        self._link.flush()

    def close(self) -> None:
        """Let the database go. What was not committed is gone."""
        for store in self._stores.values():
            store.rollback()
        self._link.close()
        self._engine.dispose()

    def __enter__(self) -> Database:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
