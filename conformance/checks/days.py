"""On which day something counts: that of the settlement time which the platform told. Within a short time of midnight
two clocks that are both right may have another day, so what depends on that is not judged."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from conformance.checks.look import text
from conformance.conversation import Exchange

MARGIN = timedelta(minutes=2)
"""How far apart two clocks that are both right may be, and how long a message may be under way."""


def told_at(head: Mapping[str, Any], exchange: Exchange) -> str:
    """When the platform says that it settled or cancelled. Where it names no time, or one that lies days away from the
    message (which is a fault of its own), when the message came."""
    told = text(head.get("setl_time"))
    return told if days_around(told) & days_of(exchange) else exchange.sent_at


def days_around(*stamps: str | None) -> frozenset[str]:
    """Every day that one of these moments may have on another clock, as yyyy-MM-dd."""
    moments = [moment for stamp in stamps if (moment := _moment(stamp or "")) is not None]
    return frozenset(at.date().isoformat() for moment in moments for at in (moment - MARGIN, moment, moment + MARGIN))


def days_of(exchange: Exchange) -> frozenset[str]:
    """Every day on which something was said and answered, by any clock."""
    return days_around(exchange.sent_at, exchange.answered_at)


def straddles(days: frozenset[str], first: str, last: str) -> bool:
    """Whether something may lie inside a period or outside, as clocks have it."""
    return len({first <= day <= last for day in days}) > 1


def _moment(stamp: str) -> datetime | None:
    try:
        return datetime.fromisoformat(stamp)
    except ValueError:
        return None
