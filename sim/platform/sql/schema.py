"""What stands in a database, and whether it may be used: made by this project, of a known version, of this shape.

The table ``meta`` names the maker, the version of the schema and a digest of the shapes of all tables. A database of an
earlier version is taken through the numbered migrations in one transaction; anything else that is not exactly this
schema is refused before a byte of it changes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import sqlalchemy as sa
from attrs import field, frozen

from sim.errors import HarnessError, InputError, Place
from sim.lang import say
from sim.platform.records import TABLES
from sim.platform.sql.migrations import add_intents, add_ledgers
from sim.platform.sql.shape import Common, common, declare
from sim.platform.store import Table

MAKER = "yidi"
Migration: TypeAlias = Callable[[sa.Connection], None]
"""Changes a database of one version into one of the next, inside a transaction; ``meta`` is not its business."""


@frozen
class Schema:
    """The tables of a version, and how to come from each earlier version to the one after it."""

    version: int
    tables: Sequence[Table[Any]]
    migrations: Mapping[int, Migration] = field(factory=dict)
    metadata: sa.MetaData = field(factory=sa.MetaData, eq=False, repr=False)
    common: Common = field(init=False, eq=False, repr=False)

    @common.default
    def _common(self) -> Common:
        found = common(self.metadata)
        for table in self.tables:
            declare(table, self.metadata)
        return found

    def shape(self) -> dict[str, Any]:
        """Every table's columns (type, whether they may be NULL), key and indexes."""
        return {
            table.name: {
                "columns": {c.name: [str(c.type), c.nullable] for c in table.columns},
                "key": [c.name for c in table.primary_key.columns],
                "indexes": {str(i.name): [c.name for c in i.columns] for i in table.indexes},
            }
            for table in self.metadata.sorted_tables
        }

    def digest(self) -> str:
        """A fingerprint of `shape`."""
        return hashlib.sha256(json.dumps(self.shape(), sort_keys=True).encode()).hexdigest()[:32]


def current() -> Schema:
    """The schema of this version of the program."""
    return Schema(3, TABLES, {1: add_ledgers, 2: add_intents})


def inspect(connection: sa.Connection, schema: Schema, where: str) -> int:
    """The version of a database, 0 for an empty one. Changes nothing.

    Raises InputError when the database was not made by this project, or is of a version or shape that is not known.
    """
    tables = sa.inspect(connection).get_table_names()
    if not tables:
        return 0
    found = _meta(connection, schema.common.meta) if "meta" in tables else {}
    version = found.get("version", "")
    if found.get("made_by") != MAKER or not version.isdecimal():
        raise InputError(say("store.not_ours", tables=", ".join(sorted(tables)[:5])), Place(where))
    number = int(version)
    if number > schema.version:
        raise InputError(say("store.newer", found=number, known=schema.version), Place(where))
    missing = [step for step in range(number, schema.version) if step not in schema.migrations]
    if missing:
        raise InputError(say("store.too_old", found=number, known=schema.version), Place(where))
    if number == schema.version and found.get("shape") != schema.digest():
        raise InputError(say("store.other_shape", version=number), Place(where))
    return number


def _meta(connection: sa.Connection, meta: sa.Table) -> dict[str, str]:
    columns = {column["name"] for column in sa.inspect(connection).get_columns("meta")}
    if columns != {"name", "value"}:
        return {}
    return {str(name): str(value) for name, value in connection.execute(sa.select(meta.c.name, meta.c.value))}


def prepare(connection: sa.Connection, schema: Schema, where: str) -> None:
    """Create the tables in an empty database, or migrate an earlier version, inside the caller's transaction."""
    number = inspect(connection, schema, where)
    if number == schema.version:
        return
    if number == 0:
        schema.metadata.create_all(connection, checkfirst=False)
    else:
        for step in range(number, schema.version):
            schema.migrations[step](connection)
        _verify(connection, schema, number)
        connection.execute(sa.delete(schema.common.meta))
    written = {"made_by": MAKER, "version": str(schema.version), "shape": schema.digest()}
    connection.execute(sa.insert(schema.common.meta), [{"name": n, "value": v} for n, v in written.items()])


def _verify(connection: sa.Connection, schema: Schema, since: int) -> None:
    """That the migrations led to the tables, columns, keys and indexes of this version."""
    inspector = sa.inspect(connection)
    for name, wanted in schema.shape().items():
        if not inspector.has_table(name):
            raise HarnessError(say("store.migration_wrong", since=since, version=schema.version, what=name))
        found = {
            "columns": {c["name"]: c["nullable"] for c in inspector.get_columns(name)},
            "key": inspector.get_pk_constraint(name)["constrained_columns"],
            "indexes": {i["name"]: i["column_names"] for i in inspector.get_indexes(name)},
        }
        wanted = {**wanted, "columns": {column: nullable for column, (_, nullable) in wanted["columns"].items()}}
        for part, value in wanted.items():
            if found[part] != value:
                what = f"{name}.{part}: {found[part]} != {value}"
                raise HarnessError(say("store.migration_wrong", since=since, version=schema.version, what=what))
