"""The durable store of the reference platforms: SQLite embedded, PostgreSQL by URL."""

from sim.platform.sql.database import Database, StoreMaker, open_store
from sim.platform.sql.errors import Conflict, StoreError, Unavailable
from sim.platform.sql.schema import Migration, Schema, current
from sim.platform.sql.store import SqlStore

__all__ = [
    "Conflict",
    "Database",
    "Migration",
    "Schema",
    "SqlStore",
    "StoreError",
    "StoreMaker",
    "Unavailable",
    "current",
    "open_store",
]
