"""What the identities that 1101 showed give a person at a visit: terms of need and the group of medical aid.

A code that does not say which group it means, a row that holds on some days of a stay only, and a first or last day
that is not counted whole leave more than one answer; then all of them come back, and none is guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from conformance.checks.look import text
from sim.platform.identities import Standing, possible, standings

_MIDNIGHT = "00:00:00"


def told(rows: Iterable[Mapping[str, Any]], first: date, last: date) -> tuple[Standing, ...]:
    """Everything that rows of idetinfo can mean for a visit from a first to a last day."""
    return standings(_meanings(row, first, last) for row in rows)


def _meanings(row: Mapping[str, Any], first: date, last: date) -> tuple[Standing, ...]:
    meanings, holds = possible(text(row.get("psn_idet_type"))), _holds(row, first, last)
    if holds:
        return meanings
    return (Standing(),) if holds is False else (Standing(), *meanings)


def _holds(row: Mapping[str, Any], first: date, last: date) -> bool | None:
    """Whether a row holds on every day of a visit (True), on none (False), or neither (None). Without an end it goes
    on for ever."""
    begins, ends = text(row.get("begntime")), text(row.get("endtime"))
    start, end = _day(begins), _day(ends) if ends else date.max
    if start is None or end is None:
        return None
    if last < start or end < first:
        return False
    late = start == first and begins[11:19] not in ("", _MIDNIGHT)
    early = end == last and ends[11:19] == _MIDNIGHT
    return True if start <= first and last <= end and not late and not early else None


def _day(given: str) -> date | None:
    try:
        return date.fromisoformat(given[:10])
    except ValueError:
        return None
