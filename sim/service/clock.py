"""The time of the service: the one place of the platforms that reads a clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import TypeAlias

Clock: TypeAlias = Callable[[], datetime]
"""Gives the present time in China Standard Time, without a zone, as the interface's times have none."""

CHINA = timezone(timedelta(hours=8), "CST")


def china_time() -> datetime:
    """The wall clock in China Standard Time."""
    return datetime.now(CHINA).replace(tzinfo=None)
