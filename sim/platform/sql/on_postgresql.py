"""A server of PostgreSQL, shared by several processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

from sim.lang import say
from sim.platform.sql.errors import Conflict, Unavailable
from sim.platform.sql.link import Fetch, Write
from sim.platform.sql.shape import Row


class PostgresLink:
    """A connection for reading, and one of a pool for every segment that writes. The lock covers one party."""

    early = True

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect
        self._raw: Any = None
        self.epoch = 0

    def read(self, sql: str, values: Row) -> list[Row]:
        """See `Link`."""
        return self._fetch(sql, values)

    def _fetch(self, sql: str, values: Row) -> list[Row]:
        try:
            rows: list[Row] = self._reader().driver_connection.execute(sql, values).fetchall()
        except BaseException as error:
            self._drop()
            self.failed(error)
        return rows

    def _reader(self) -> Any:
        if self._raw is None:
            self._raw = self._connect()
        return self._raw

    def _drop(self) -> None:
        raw, self._raw = self._raw, None
        if raw is not None:
            raw.invalidate()

    @contextmanager
    def view(self) -> Iterator[Fetch]:
        """See `Link`."""
        self._command("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            yield self._fetch
        finally:
            if self._raw is not None:
                self._command("ROLLBACK")

    def _command(self, sql: str) -> None:
        try:
            self._reader().driver_connection.execute(sql)
        except BaseException as error:
            self._drop()
            self.failed(error)

    def write(self, lock: str, party: str) -> tuple[PostgresWriting, list[Row]]:
        """See `Link`."""
        try:
            raw = self._connect()
        except BaseException as error:
            self.failed(error)
        writing = PostgresWriting(self, raw)
        return writing, writing.begin(lock, (party,))

    def flush(self) -> None:
        """Every commit is durable by itself."""

    def close(self) -> None:
        """See `Link`."""
        if self._raw is not None:
            self._raw.close()
            self._raw = None

    def failed(self, error: BaseException) -> NoReturn:
        """Say what an error of the driver means here."""
        error = getattr(error, "orig", None) or error  # the pool wraps what the driver raised while connecting
        state = getattr(error, "sqlstate", "")
        if state in ("40001", "40P01", "55P03"):  # serialization failure, deadlock, lock not available
            raise Conflict(say("store.busy")) from error
        if not hasattr(error, "sqlstate"):
            raise error
        self.epoch += 1
        raise Unavailable(say("store.failed", problem=str(error).strip())) from error


class PostgresWriting:
    """See `Writing`."""

    def __init__(self, link: PostgresLink, raw: Any) -> None:
        self._link = link
        self._raw = raw
        self._driver = raw.driver_connection

    def begin(self, lock: str, values: Row) -> list[Row]:
        """Begin and lock in one round trip."""
        try:
            with self._driver.pipeline():
                self._driver.execute("BEGIN ISOLATION LEVEL READ COMMITTED")
                cursor = self._driver.execute(lock, values)
            rows: list[Row] = cursor.fetchall()
        except BaseException as error:
            self._failed(error)
        return rows

    def fetch(self, sql: str, values: Row) -> list[Row]:
        """See `Writing`."""
        try:
            rows: list[Row] = self._driver.execute(sql, values).fetchall()
        except BaseException as error:
            self._failed(error)
        return rows

    def finish(self, writes: Sequence[Write], checked: bool) -> bool:
        """See `Writing`. One round trip; two when the counts have to be looked at before the commit."""
        cursors = []
        try:
            with self._driver.pipeline():
                for write in writes:
                    cursor = self._driver.cursor()
                    cursor.executemany(write.sql, write.rows)
                    cursors.append(cursor)
                if not checked:
                    self._driver.execute("COMMIT")
            if checked:
                for write, cursor in zip(writes, cursors, strict=True):
                    if write.each is not None and cursor.rowcount != write.each * len(write.rows):
                        self.abandon()
                        return False
                self._driver.execute("COMMIT")
        except BaseException as error:
            self._failed(error)
        self._raw.close()
        return True

    def abandon(self) -> None:
        """See `Writing`."""
        try:
            self._driver.execute("ROLLBACK")
        except BaseException as error:
            self._failed(error)
        self._raw.close()

    def _failed(self, error: BaseException) -> NoReturn:
        self._raw.invalidate()  # closes the connection, and with it the transaction
        self._link.failed(error)
