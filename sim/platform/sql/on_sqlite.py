"""A file of SQLite, embedded in the process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

from sim.lang import say
from sim.platform.sql.errors import Conflict, Unavailable
from sim.platform.sql.link import Fetch, Write
from sim.platform.sql.shape import Row


class SqliteLink:
    """One connection for all stores of the process. The lock covers the whole file and is held only while committing.

    With ``group`` the transaction stays open over several commits until `flush`: one write to the disk for many. A
    failure in the middle of writing then undoes the whole group.
    """

    early = False

    def __init__(self, raw: Any, group: bool) -> None:
        self._raw = raw
        self._driver = raw.driver_connection
        self._cursor = self._driver.cursor()
        self._group = group
        self.epoch = 0

    def read(self, sql: str, values: Row) -> list[Row]:
        """See `Link`."""
        try:
            rows: list[Row] = self._cursor.execute(sql, values).fetchall()
        except BaseException as error:
            self.failed(error)
        return rows

    def undo(self) -> None:
        """Undo the transaction."""
        if self._driver.in_transaction:
            self._driver.execute("ROLLBACK")

    @contextmanager
    def view(self) -> Iterator[Fetch]:
        """See `Link`."""
        if self._driver.in_transaction:
            yield self.read
            return
        self.read("BEGIN", ())
        try:
            yield self.read
        finally:
            self.undo()

    def write(self, lock: str, party: str) -> tuple[SqliteWriting, list[Row]]:
        """See `Link`."""
        alone = not self._driver.in_transaction
        if alone:
            self.read("BEGIN IMMEDIATE", ())
        return SqliteWriting(self, self._driver, alone, self._group), self.read(lock, (party,))

    def flush(self) -> None:
        """See `Link`."""
        if self._driver.in_transaction:
            self.read("COMMIT", ())

    def close(self) -> None:
        """See `Link`."""
        try:
            self.flush()
        finally:
            self._raw.close()

    def lost(self) -> None:
        """Undo what is not durable yet; nothing remembered of it counts any more."""
        self.epoch += 1
        self.undo()

    def failed(self, error: BaseException) -> NoReturn:
        """Say what an error of the driver means here."""
        name = getattr(error, "sqlite_errorname", None)
        if name is None:
            raise error
        if name.startswith("SQLITE_BUSY"):
            raise Conflict(say("store.busy")) from error
        self.lost()
        raise Unavailable(say("store.failed", problem=str(error))) from error


class SqliteWriting:
    """See `Writing`."""

    def __init__(self, link: SqliteLink, driver: Any, alone: bool, group: bool) -> None:
        self._link = link
        self._driver = driver
        self._alone = alone
        self._group = group

    def fetch(self, sql: str, values: Row) -> list[Row]:
        """See `Writing`."""
        return self._link.read(sql, values)

    def finish(self, writes: Sequence[Write], checked: bool) -> bool:
        """See `Writing`."""
        marked = checked and not self._alone
        try:
            if marked:
                self._driver.execute("SAVEPOINT segment")
            for write in writes:
                touched = self._driver.executemany(write.sql, write.rows).rowcount
                if checked and write.each is not None and touched != write.each * len(write.rows):
                    if marked:
                        self._driver.execute("ROLLBACK TO segment")
                        self._driver.execute("RELEASE segment")
                    self.abandon()
                    return False
            if marked:
                self._driver.execute("RELEASE segment")
            if not self._group:
                self._driver.execute("COMMIT")
        except BaseException as error:
            self._link.lost()  # with a group, all of it
            self._link.failed(error)
        return True

    def abandon(self) -> None:
        """See `Writing`."""
        if self._alone:
            self._link.undo()
