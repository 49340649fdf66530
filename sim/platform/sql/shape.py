"""A table of records as a table of a database: its columns, its statements, and the way of a record through them.

Every table has two columns beside the record's own: ``at_party``, the party that keeps the record, first part of every
key and index; and ``changed``, the party's version at which the record was last written. Statements are built with
SQLAlchemy Core and rendered once; the store hands the texts to the driver.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, Literal, TypeAlias

import attrs
import sqlalchemy as sa
from attrs import frozen
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.sql.base import Executable

from sim.platform.sql.codec import Kind, columns
from sim.platform.store import Table

Dialect = Literal["sqlite", "postgresql"]
Row: TypeAlias = tuple[Any, ...]

KEPT = 2048
"""How many rows of each table are kept beside the record they were read as."""
_TYPES: Mapping[Kind, Any] = {
    "text": sa.Text(),
    "integer": sa.BigInteger(),
    "boolean": sa.Boolean(),
    "bytes": sa.LargeBinary(),
    "date": sa.Date(),
    "time": sa.DateTime(),
    "json": sa.Text(),
}
_DIALECTS: Mapping[Dialect, sa.Dialect] = {
    "sqlite": sqlite.dialect(paramstyle="qmark"),
    "postgresql": psycopg.dialect(paramstyle="format"),  # type: ignore[no-untyped-call]
}


@frozen
class Common:
    """The tables that every database of this project has: what it is, its parties, and their counters."""

    meta: sa.Table
    parties: sa.Table
    counters: sa.Table


def common(metadata: sa.MetaData) -> Common:
    """Declare them."""
    return Common(
        meta=sa.Table("meta", metadata, _key("name", "text"), _column("value", "text")),
        parties=sa.Table("parties", metadata, _key("party", "text"), _column("version", "integer")),
        counters=sa.Table(
            "counters", metadata, _key("at_party", "text"), _key("name", "text"), _column("value", "integer")
        ),
    )


def declare(table: Table[Any], metadata: sa.MetaData) -> sa.Table:
    """Declare a table of records, with its indexes."""
    own = [
        _key(c.name, c.kind) if c.name in table.key else _column(c.name, c.kind, c.nullable)
        for c in columns(table.record, native=True)
    ]
    declared = sa.Table(table.name, metadata, _key("at_party", "text"), _column("changed", "integer"), *own)
    for name, fields in table.indexes.items():
        sa.Index(f"{table.name}_{name}", declared.c.at_party, *(declared.c[field] for field in fields))
    return declared


def _key(name: str, kind: Kind) -> sa.Column[Any]:
    return sa.Column(name, _TYPES[kind], primary_key=True, nullable=False, autoincrement=False)


def _column(name: str, kind: Kind, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, _TYPES[kind], nullable=nullable)


def render(dialect: Dialect, statement: Executable, *order: str) -> str:
    """A statement as text with positional parameters, which must come in the given order."""
    compiled: Any = statement.compile(dialect=_DIALECTS[dialect])  # type: ignore[attr-defined]
    if list(compiled.positiontup or ()) != list(order):
        raise ValueError(f"parameters come as {compiled.positiontup}, not {order}")
    return str(compiled)


class PartyStatements:
    """The statements on a party itself: its version and its counters."""

    def __init__(self, dialect: Dialect, tables: Common) -> None:
        parties, counters = tables.parties, tables.counters
        mine = parties.c.party == sa.bindparam("party")
        version = sa.select(parties.c.version).where(mine)
        self.version = render(dialect, version, "party")
        self.lock = render(dialect, version.with_for_update(), "party")
        self.enter = render(
            dialect,
            _insert(dialect, parties).values(party=sa.bindparam("of"), version=0).on_conflict_do_nothing(),
            "of",
            "version",
        )
        self.moved = render(dialect, sa.update(parties).values(version=sa.bindparam("new")).where(mine), "new", "party")
        joined = parties.outerjoin(
            counters, (counters.c.at_party == parties.c.party) & (counters.c.name == sa.bindparam("counter"))
        )
        self.counter = render(
            dialect, sa.select(parties.c.version, counters.c.value).select_from(joined).where(mine), "counter", "party"
        )
        self.count_on = _upsert(dialect, counters, ("at_party", "name"))


class Shape:
    """One table of records in one dialect."""

    def __init__(self, dialect: Dialect, table: Table[Any], declared: sa.Table, tables: Common) -> None:
        self.dialect = dialect
        self.table = table
        self._declared = declared
        self._parties = tables.parties
        self._columns = columns(table.record, native=dialect == "postgresql")
        by_name = {column.name: column for column in self._columns}
        self._values = attrgetter("__class__", *by_name)
        self._positional = not any(field.kw_only for field in attrs.fields(table.record))
        self._into = tuple(column.into for column in self._columns)
        self._out = tuple((at, c.out) for at, c in enumerate(self._columns) if c.out is not None)
        self._key_into = tuple(by_name[field].into for field in table.key)
        self._key_of = _tuple_of(table.key)
        self._index_into = {name: tuple(by_name[f].into for f in fs) for name, fs in table.indexes.items()}
        self.index_of = {name: _tuple_of(fields) for name, fields in table.indexes.items()}
        self._finds: dict[tuple[str, tuple[bool, ...]], str] = {}
        self._lasts: dict[tuple[int, bool], str] = {}
        # A row of `select` starts with the party's version; without a record its key is NULL.
        self.key_at = 1 + next(at for at, column in enumerate(self._columns) if column.name == table.key[0])
        self.get = self._select(table.key, (False,) * len(table.key))
        self.all = self._select((), ())
        self.count = self._count()
        self.upsert = _upsert(dialect, declared, ("at_party", *table.key), checked=True)
        own_key = sa.and_(*(self._declared.c[f] == sa.bindparam(f"key_{f}") for f in ("at_party", *table.key)))
        names = [f"key_{field}" for field in ("at_party", *table.key)]
        unseen = declared.c.changed <= sa.bindparam("seen")
        self.remove = render(dialect, sa.delete(declared).where(own_key, unseen), *names, "seen")
        self.left = render(dialect, sa.update(declared).values(changed=declared.c.changed).where(own_key), *names)
        self.record = lru_cache(KEPT)(self._read)

    def key_of(self, record: Any) -> Row:
        """The key of a record, always as a tuple."""
        return self._key_of(record)

    def key(self, values: Sequence[Any]) -> Row:
        """A key as the database has it."""
        return tuple(into(value) for into, value in zip(self._key_into, values, strict=True))

    def find(self, index: str, values: Sequence[Any]) -> tuple[str, Row]:
        """The statement that finds by an index, and its parameters. NULL is equal to NULL here, as None is to None."""
        absent = tuple(value is None for value in values)
        sql = self._finds.get((index, absent))
        if sql is None:
            sql = self._finds[index, absent] = self._select(self.table.indexes[index], absent)
        into = self._index_into[index]
        return sql, tuple(f(value) for f, value in zip(into, values, strict=True) if value is not None)

    def last(self, most: int, before: bool = False) -> str:
        """The statement that gives the records with the greatest keys, at most so many; ``before``: of those whose key
        is smaller than one that is given."""
        sql = self._lasts.get((most, before))
        if sql is None:
            sql = self._lasts[most, before] = self._select((), (), most, before)
        return sql

    def row(self, record: Any) -> Row:
        """A record as the values of its columns. Raises TypeError or ValueError for what cannot be stored."""
        kind, *values = self._values(record)
        if kind is not self.table.record:
            raise TypeError(f"{self.table.name}: expected {self.table.record.__name__}, got {kind.__name__}")
        try:
            return tuple([into(value) for into, value in zip(self._into, values, strict=True)])
        except (TypeError, ValueError):
            raise self._refused(values) from None

    def _refused(self, values: Sequence[Any]) -> Exception:
        """The error for the first of the values that cannot be stored; names its field."""
        for column, value in zip(self._columns, values, strict=True):
            try:
                column.into(value)
            except (TypeError, ValueError) as error:
                kind = TypeError if isinstance(error, TypeError) else ValueError
                where = f"{self.table.record.__name__}.{column.name}"
                return kind(f"{where}: {value!r:.80} cannot be stored: {error}")
        raise AssertionError("every value can be stored")

    def _read(self, row: Row) -> Any:
        """The record of a row; rows that were read before give the same record again (`record`)."""
        values = list(row)
        for at, out in self._out:
            values[at] = out(values[at])
        if self._positional:
            return self.table.record(*values)
        names = (field.alias for field in attrs.fields(self.table.record))
        return self.table.record(**dict(zip(names, values, strict=True)))

    def _select(
        self, fields: Iterable[str], absent: Iterable[bool], most: int | None = None, before: bool = False
    ) -> str:
        """The party's version and the records where the fields have the values; at least one row, for the version.

        ``most``: only so many, those with the greatest keys; ``before``: with keys smaller than the one given.
        """
        parties, own = self._parties, self._declared
        on = [own.c.at_party == parties.c.party]
        order = []
        for number, (field, is_absent) in enumerate(zip(fields, absent, strict=True)):
            if is_absent:
                on.append(own.c[field].is_(None))
            else:
                on.append(own.c[field] == sa.bindparam(f"value{number}"))
                order.append(f"value{number}")
        if before:
            order += [f"before{number}" for number, _ in enumerate(self.table.key)]
            keys = [self._sorted(own.c[field]) for field in self.table.key]
            on.append(sa.tuple_(*keys) < sa.tuple_(*map(sa.bindparam, order)))
        statement = (
            sa.select(parties.c.version, *(own.c[column.name] for column in self._columns))
            .select_from(parties.outerjoin(own, sa.and_(*on)))
            .where(parties.c.party == sa.bindparam("party"))
        )
        if most is not None:
            keys = [self._sorted(own.c[field]).desc() for field in self.table.key]
            statement = statement.order_by(*keys).limit(sa.literal_column(str(most))).offset(sa.literal_column("0"))
        return render(self.dialect, statement, *order, "party")

    def _sorted(self, column: sa.Column[Any]) -> Any:
        """A key as both databases and Python put it in order: texts by their code points, whatever the locale."""
        text = self.dialect == "postgresql" and isinstance(column.type, sa.Text)
        return column.collate("C") if text else column

    def _count(self) -> str:
        own, parties = self._declared, self._parties
        number = sa.select(sa.func.count()).select_from(own).where(own.c.at_party == parties.c.party).scalar_subquery()
        statement = sa.select(parties.c.version, number).where(parties.c.party == sa.bindparam("party"))
        return render(self.dialect, statement, "party")


def shapes(dialect: Dialect, tables: Iterable[Table[Any]], metadata: sa.MetaData, own: Common) -> dict[str, Shape]:
    """The shapes of all tables, by name."""
    return {table.name: Shape(dialect, table, metadata.tables[table.name], own) for table in tables}


def _tuple_of(fields: Sequence[str]) -> Callable[[Any], Row]:
    value_of = attrgetter(*fields)
    return value_of if len(fields) > 1 else lambda record: (value_of(record),)


def _insert(dialect: Dialect, table: sa.Table) -> Any:
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


def _upsert(dialect: Dialect, table: sa.Table, key: Sequence[str], checked: bool = False) -> str:
    """Write a whole row; ``checked``: only over one that did not change after version ``seen``, the last parameter."""
    given = {column: sa.bindparam(f"value{number}", type_=column.type) for number, column in enumerate(table.c)}
    insert = _insert(dialect, table).values(given)
    rest = {column.name: insert.excluded[column.name] for column in table.c if column.name not in key}
    where = table.c.changed <= sa.bindparam("seen") if checked else None
    statement = insert.on_conflict_do_update(index_elements=list(key), set_=rest, where=where)
    return render(dialect, statement, *(f"value{n}" for n in range(len(table.c))), *(["seen"] if checked else []))
