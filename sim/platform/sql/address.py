"""From the address of a database to an open engine, or to one clear error."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from sim.errors import InputError, Place, nearest
from sim.lang import Text, say
from sim.platform.sql.schema import Schema, inspect, prepare

DRIVERS = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg"}
EXAMPLES = "sqlite:///yidi.db, postgresql://user:password@host/database"
PATIENCE = 10
"""Seconds to wait for a connection, and for a lock that another process holds."""
HUNG = 60
"""Seconds after which PostgreSQL takes the lock from a process that stopped in the middle of writing."""
_LOCK = 0x79696469
"""PostgreSQL's lock under which one process at a time creates or migrates ("yidi" in ASCII)."""


def parse(address: str) -> sa.URL:
    """An address as a URL with the driver this project uses. Raises InputError, also when the driver is missing."""
    try:
        url = sa.make_url(address)
    except ArgumentError:
        raise InputError(say("store.bad_url", url=address, examples=EXAMPLES)) from None
    kind, _, driver = url.drivername.partition("+")
    if kind not in DRIVERS or driver not in ("", DRIVERS[kind].partition("+")[2]):
        known = [*DRIVERS, *DRIVERS.values()]
        text = say("store.unknown_database", name=url.drivername, examples=EXAMPLES)
        raise InputError(text, Place(shown(url)), nearest(url.drivername, known))
    if kind == "postgresql" and find_spec("psycopg") is None:
        raise InputError(say("store.no_driver", driver="psycopg"), Place(shown(url)))
    return url.set(drivername=DRIVERS[kind])


def shown(url: sa.URL) -> str:
    """The address without the password, as it may stand in messages and logs."""
    return url.render_as_string(hide_password=True)


def connect(url: sa.URL, schema: Schema, durable: bool) -> sa.Engine:
    """An engine on a database that has the schema. Raises InputError; what it refuses is left as it was."""
    where = shown(url)
    try:
        if url.get_backend_name() == "sqlite":
            _look_at_file(url, schema, where)
            engine = _sqlite(url, durable)
        else:
            engine = _postgresql(url)
        try:
            _make_ready(engine, schema, where)
        except BaseException:
            engine.dispose()
            raise
    except SQLAlchemyError as error:
        raise InputError(_why(error, url), Place(where)) from error
    return engine


def _why(error: SQLAlchemyError, url: sa.URL) -> Text:
    problem = str(getattr(error, "orig", None) or error).strip().replace("\n", " ")
    if "file is not a database" in problem:
        return say("store.not_a_database")
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).absolute().parent.is_dir():
        return say("store.no_folder", folder=str(Path(url.database).parent))
    return say("store.cannot_open", problem=problem)


def _make_ready(engine: sa.Engine, schema: Schema, where: str) -> None:
    """Create or migrate, one process at a time, all or nothing."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            begin = "BEGIN IMMEDIATE"
        else:
            encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
            if encoding != "UTF8":
                raise InputError(say("store.encoding", encoding=encoding), Place(where))
            if inspect(connection, schema, where) == schema.version:
                return
            begin = "BEGIN"
        connection.exec_driver_sql(begin)
        try:
            if engine.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
            prepare(connection, schema, where)
            connection.exec_driver_sql("COMMIT")
        except BaseException:
            connection.exec_driver_sql("ROLLBACK")
            raise


# --- SQLite ----------------------------------------------------------------------------------------------------------


def _look_at_file(url: sa.URL, schema: Schema, where: str) -> None:
    """Refuse a file that is not ours while it is open for reading only; opening it for writing changes it already."""
    file = Path(url.database or "")
    if not url.database or url.database == ":memory:" or not file.exists() or file.stat().st_size == 0:
        return
    # Without a log beside it nobody has the file open; SQLite then need not make one to read it either.
    alone = "" if file.with_name(file.name + "-wal").exists() else "&immutable=1"
    reading = f"file:{quote(str(file.absolute()))}?mode=ro{alone}"

    def open_for_reading() -> sqlite3.Connection:
        return sqlite3.connect(reading, uri=True, timeout=PATIENCE)

    engine = sa.create_engine("sqlite+pysqlite://", creator=open_for_reading, poolclass=sa.NullPool)
    with engine.connect() as connection:
        inspect(connection, schema, where)


def _sqlite(url: sa.URL, durable: bool) -> sa.Engine:
    engine = sa.create_engine(
        url,
        poolclass=sa.StaticPool,
        isolation_level="AUTOCOMMIT",
        connect_args={"check_same_thread": False, "timeout": PATIENCE, "cached_statements": 512},
    )

    @event.listens_for(engine, "connect")
    def _(driver: Any, _: Any) -> None:
        with closing(driver.cursor()) as cursor:
            cursor.execute("PRAGMA journal_mode = WAL")
            cursor.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            cursor.execute("PRAGMA wal_autocheckpoint = 4000")  # pages: a checkpoint of 16 MB at a time
            cursor.execute("PRAGMA cache_size = -16000")  # 16 MB

    return engine


# --- PostgreSQL ------------------------------------------------------------------------------------------------------


def _postgresql(url: sa.URL) -> sa.Engine:
    given: dict[str, Any] = {} if "connect_timeout" in url.query else {"connect_timeout": PATIENCE}
    engine = sa.create_engine(
        url,
        isolation_level="AUTOCOMMIT",
        pool_size=4,
        max_overflow=-1,
        pool_reset_on_return=None,  # every segment ends its transaction itself
        connect_args=given,
    )

    @event.listens_for(engine, "connect")
    def _(driver: Any, _: Any) -> None:
        driver.autocommit = True
        driver.execute(
            "SELECT set_config('lock_timeout', %s, false),"
            " set_config('idle_in_transaction_session_timeout', %s, false),"
            " CASE current_setting('synchronous_commit')"
            " WHEN 'off' THEN set_config('synchronous_commit', 'on', false) END",
            (f"{PATIENCE}s", f"{HUNG}s"),
        )

    return engine
