"""How a database of an earlier version becomes one of the next."""

from __future__ import annotations

import sqlalchemy as sa

from sim.platform.clearing_records import CLEARING_TABLES
from sim.platform.ledger_records import LEDGER
from sim.platform.sql.shape import common, declare


def add_ledgers(connection: sa.Connection) -> None:
    """1 to 2: every party gets a ledger and the tables of clearing, empty; what was settled before is not booked."""
    metadata = sa.MetaData()
    common(metadata)
    for table in (LEDGER, *CLEARING_TABLES):
        declare(table, metadata).create(connection)
