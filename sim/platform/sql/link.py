"""What the store needs of a database: reads outside a transaction, a consistent view, and writing under a lock.

The two databases differ in when the lock is taken (`Link.early`) and in what it covers; see `sim.platform.sql.store`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, TypeAlias

from attrs import frozen

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
