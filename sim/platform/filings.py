"""Filings (备案) as the insured place keeps them: transfer, out-of-town, chronic disease, designated institution.

Filings come from a hospital's desk (2501, 2503, 2505) or through one of the insured place's own channels
(`sim.platform.agency`). People of the fixtures bring some along; those have no number and cannot be withdrawn.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Literal

from attrs import evolve, field, frozen

from sim.platform.people import Person
from sim.platform.readings import Readings
from sim.platform.store import Store, Table

FilingType = Literal["transfer", "out_of_town", "chronic", "designated"]
Category = Literal["", "long_term", "referral", "emergency", "other_temporary"]
FilingState = Literal["submitted", "approved", "declined", "withdrawn"]

DESK = "01"
"""dcla_souc of what a hospital files; the insured place's own channels are in the same code list."""
REGISTERS: Mapping[str, Category] = {"06": "referral", "07": "emergency", "08": "long_term"}
"""biz_appy_type with which 2505 files out-of-town care instead of an institution, and the category it means."""
CHRONIC_DESIGNATION = "01"
"""biz_appy_type of the institution designated for chronic disease care."""
TEMPORARY_MONTHS = 6
"""How long a temporary filing holds at least (rules C5)."""
CHANGE_MONTHS = 6
"""How long a long-term filing must have held before another may take its place (rules C4: at most six months)."""


@frozen
class Filed:
    """One filing. ``at`` is when it was made, ``from_day`` to ``to_day`` (None: until changed) when it holds.

    ``subject`` is the chronic disease, or the institution that was transferred to or designated; ``destination`` the
    province of an out-of-town filing, of ``category``. ``content`` keeps what the message said, for queries.
    """

    trt_dcla_detl_sn: str
    type: FilingType
    psn_no: str
    insutype: str
    state: FilingState
    at: datetime
    from_day: date
    to_day: date | None
    channel: str = DESK
    fixmedins_code: str = ""
    subject: str = ""
    biz_appy_type: str = ""
    category: Category = ""
    destination: str = ""
    content: Mapping[str, Any] = field(factory=dict, hash=False)
    decided_at: datetime | None = None

    def holds(self, first: date, last: date) -> bool:
        """Whether it is valid on some day of a period."""
        return self.from_day <= last and (self.to_day is None or first <= self.to_day)

    def overlaps(self, first: date, last: date | None) -> bool:
        """The same for a period that may have no end."""
        return self.holds(first, date.max if last is None else last)

    def state_at(self, now: datetime, readings: Readings) -> FilingState:
        """Its state: a filing that nobody decides on counts as approved from the next day."""
        if self.state == "submitted" and (readings.filings_at_once or self.at.date() < now.date()):
            return "approved"
        return self.state


FILED = Table("filed", Filed, ("trt_dcla_detl_sn",), {"person": ("psn_no",)})


def filings_of(store: Store, person: Person) -> list[Filed]:
    """Everything that was filed for a person, withdrawn filings too, in the order it was made.

    A long-term filing ends when a later one for another province begins (rules C4).
    """
    made = sorted(store.find(FILED, "person", person.psn_no), key=lambda filing: filing.trt_dcla_detl_sn)
    found = [*_opening(person), *made]
    for change in made:
        if change.category == "long_term" and change.state == "approved":
            found = [_ended(filing, change) for filing in found]
    return found


def _ended(filing: Filed, change: Filed) -> Filed:
    earlier = filing.category == "long_term" and filing.trt_dcla_detl_sn < change.trt_dcla_detl_sn
    if not earlier or filing.destination == change.destination or not filing.overlaps(change.from_day, None):
        return filing
    return evolve(filing, to_day=change.from_day - timedelta(days=1))


def in_effect(store: Store, person: Person, type_: FilingType, now: datetime, readings: Readings) -> list[Filed]:
    """The approved filings of one type."""
    found = [filing for filing in filings_of(store, person) if filing.type == type_]
    return [filing for filing in found if filing.state_at(now, readings) == "approved"]


def categories(
    store: Store, person: Person, destination: str, first: date, last: date, now: datetime, readings: Readings
) -> set[str]:
    """Under which categories a person may be treated in a province on some day of a period."""
    return {
        filing.category
        for filing in filings_of(store, person)
        if filing.destination == destination
        and filing.holds(first, last)
        and filing.state_at(now, readings) == "approved"
    }


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


@lru_cache(maxsize=4096)  # every settlement asks for what never changes
def _opening(person: Person) -> tuple[Filed, ...]:
    return tuple(_opened(person))


def _opened(person: Person) -> Iterator[Filed]:
    began = datetime.combine(person.psn_insu_date, datetime.min.time())
    same: dict[str, Any] = {"trt_dcla_detl_sn": "", "psn_no": person.psn_no, "insutype": person.insutype}
    same |= {"state": "approved", "at": began, "channel": "02"}
    for code in person.chronic:
        yield Filed(**same, type="chronic", from_day=person.psn_insu_date, to_day=None, subject=code)
    for old in person.filings:
        yield Filed(
            **same,
            type="out_of_town",
            from_day=old.from_day,
            to_day=old.to_day,
            category=old.kind,
            destination=old.destination,
        )
