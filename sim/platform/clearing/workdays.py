"""Working days of mainland China: the State Council's holidays and the weekends worked in their place.

The days come from the ``chinesecalendar`` package, which carries the yearly notices exactly and knows no other year.
Beyond the last published year Monday to Friday count, and `published` says so.
"""

from __future__ import annotations

from datetime import date, timedelta

import chinese_calendar  # type: ignore[import-untyped]

FIRST_YEAR: int = min(chinese_calendar.holidays).year
LAST_YEAR: int = max(chinese_calendar.holidays).year
SATURDAY = 5


def published(day: date) -> bool:
    """Whether the holidays of that year are known."""
    return FIRST_YEAR <= day.year <= LAST_YEAR


def is_working_day(day: date) -> bool:
    """Whether offices are open."""
    if published(day):
        return bool(chinese_calendar.is_workday(day))
    return day.weekday() < SATURDAY


def after(day: date, count: int) -> date:
    """The ``count``-th working day after a day; for 0 the day itself. Raises ValueError for a negative count."""
    if count < 0:
        raise ValueError("count must not be negative")
    while count:
        day += timedelta(days=1)
        count -= is_working_day(day)
    return day


def month_of(day: date) -> str:
    """``"2024-03"``."""
    return f"{day.year:04d}-{day.month:02d}"


def first_day(month: str) -> date:
    """The first day of a month."""
    return date.fromisoformat(f"{month}-01")


def plus(month: str, count: int) -> str:
    """So many months later (or earlier): ``plus("2024-12", 1) == "2025-01"``."""
    whole = int(month[:4]) * 12 + int(month[5:]) - 1 + count
    return f"{whole // 12:04d}-{whole % 12 + 1:02d}"


def last_day(month: str) -> date:
    """The last day of a month."""
    return first_day(plus(month, 1)) - timedelta(days=1)


def months_between(earlier: str, later: str) -> int:
    """``months_between("2023-12", "2024-02") == 2``."""
    return (int(later[:4]) - int(earlier[:4])) * 12 + int(later[5:]) - int(earlier[5:])
