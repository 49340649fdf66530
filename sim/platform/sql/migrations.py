"""How a database of an earlier version becomes one of the next."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from sim.platform.clearing_records import CLEARING_TABLES
from sim.platform.intents import INTENTS
from sim.platform.ledger_records import LEDGER
from sim.platform.sql.booked_before import book_before
from sim.platform.sql.shape import common, declare
from sim.platform.store import Table


def add_ledgers(connection: sa.Connection) -> None:
    """1 to 2: every party gets a ledger, with what was settled before, and the tables of clearing."""
    _create(connection, LEDGER, *CLEARING_TABLES)
    book_before(connection)


def add_intents(connection: sa.Connection) -> None:
    """2 to 3: questions under way are kept to the letter; those of before have to be repeated by their senders."""
    _create(connection, INTENTS)


def _create(connection: sa.Connection, *tables: Table[Any]) -> None:
    metadata = sa.MetaData()
    common(metadata)
    for table in tables:
        declare(table, metadata).create(connection)
