"""A scenario belongs to one day: sign-ins, daily accounts, closing times end with it. None begins in the last minute of
a day, and what goes wrong in one that midnight overtook all the same says nothing about the target."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Protocol

LAST = timedelta(minutes=1)
STEP = 1.0
"""Seconds between two looks at the clock."""


class Now(Protocol):
    """A clock."""

    def __call__(self) -> datetime:
        """The time, China Standard Time."""
        ...


def pauses(clock: Now) -> Iterator[float]:
    """Seconds to wait, again and again, until the day is over if it ends within a minute. A clock that stands still is
    not waited for longer than that minute."""
    until = time.monotonic() + LAST.total_seconds()
    while (now := clock()) + LAST >= midnight_after(now) and time.monotonic() < until:
        yield STEP


def midnight_after(now: datetime) -> datetime:
    """When the day of a moment ends."""
    return datetime.combine(now.date() + timedelta(days=1), datetime.min.time())
