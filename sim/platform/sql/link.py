"""What the store needs of a database: reads outside a transaction, a consistent view, and writing under a lock.

The two databases differ in when the lock is taken (`Link.early`) and in what it covers; see `sim.platform.sql.store`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NoReturn, Protocol, TypeAlias

from attrs import frozen

from sim.lang import say
from sim.platform.sql.errors import Conflict, Unavailable
from sim.platform.sql.shape import Row

Fetch: TypeAlias = Callable[[str, Row], list[Row]]


@frozen
class Write:
    """One statement and its rows; ``each``: how many records every row must touch, None when that does not matter."""

    sql: str
    rows: Sequence[Row]
    each: int | None = None


class Writing(Protocol):
    """A transaction that holds the lock."""

    def fetch(self, sql: str, values: Row) -> list[Row]:
        """Read under the lock."""
        ...

    def finish(self, writes: Sequence[Write], checked: bool) -> bool:
        """Write and commit. ``checked``: give up, undoing all, and return False when a row touched too few records."""
        ...

    def abandon(self) -> None:
        """Undo and give the lock back."""
        ...


class Link(Protocol):
    """A database as the stores of one process share it."""

    early: bool
    """Whether the lock is taken at the first write of a segment, or only by its commit."""
    epoch: int
    """Goes up whenever something committed may have been lost."""

    def read(self, sql: str, values: Row) -> list[Row]:
        """The rows as they are at this moment."""
        ...

    def view(self) -> AbstractContextManager[Fetch]:
        """Several reads at one moment."""
        ...

    def write(self, lock: str, party: str) -> tuple[Writing, list[Row]]:
        """Take the lock; gives the rows of the statement ``lock`` for the party, read under it.

        Raises `Conflict` when the lock cannot be had in time.
        """
        ...

    def flush(self) -> None:
        """Make durable what was committed so far, where that was put off."""
        ...

    def close(self) -> None:
        """Let the database go."""
        ...


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
