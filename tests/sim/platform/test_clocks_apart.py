"""Parties with clocks of their own: the treatment place's, when the answer comes, is the moment of a settlement."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from office_desk import Office
from platform_desk import BEIJING, Desk, person, world

from sim.interface import envelope
from sim.platform import Answer, Reference, ledger
from sim.platform.clearing import Clearing, month_of
from sim.platform.records import CLAIMS, SETTLEMENTS

HERE, THERE = "520000", "110000"
EVENING, NIGHT = datetime(2024, 3, 31, 23, 59, 59), datetime(2024, 4, 1, 0, 0, 1)
"""Two moments at the end of a day and of a month."""
STRADDLING = [(EVENING, timedelta(seconds=4)), (NIGHT, timedelta(seconds=-4))]
"""The moment at the treatment place, and how far the clocks of all others are from it: across midnight."""


class Apart:
    """Reference platforms as processes with clocks of their own: each reads its own when a message or an answer comes.
    ``takes``: how long an answer is under way."""

    def __init__(self, ref: Reference, here: str, skew: timedelta, takes: timedelta = timedelta(0)) -> None:
        self.ref, self.here, self.skew, self.takes = ref, here, skew, takes

    def __getattr__(self, name: str) -> Any:
        return getattr(self.ref, name)

    def call(self, message: dict[str, Any], now: datetime, at: str | None = None) -> dict[str, Any]:
        """``now`` is the treatment place's time."""
        party = at or self.ref.entry(message)
        skew = timedelta(0) if party == self.here else self.skew
        work = self.ref.parties[party].handle(message, now + skew)
        try:
            outbound = next(work)
            while True:
                reply = self.call(outbound.message, now, outbound.to)
                outbound = work.send(Answer(reply, now + skew + self.takes))
        except StopIteration as stop:
            return dict(stop.value)


def kept(ref: Any, party: str) -> Any:
    (settlement,) = ref.parties[party].store.all(SETTLEMENTS)
    return settlement


@pytest.mark.parametrize("stay", [False, True])
@pytest.mark.parametrize(("at", "skew"), STRADDLING)
def test_a_settlement_is_of_one_moment_though_midnight_lies_between_the_clocks(
    at: datetime, skew: timedelta, stay: bool
) -> None:
    """What the hospital is told, the booking day, the entry of the ledger and the day that is reconciled are the
    treatment place's; the insured place's clock is on the other day."""
    ref: Any = Apart(world(), HERE, skew)
    desk = Desk(ref).ready_to_leave() if stay else Desk(ref).ready()
    desk.now = at
    head = desk.settle()
    settlement = kept(ref, HERE)
    (entry,) = ledger.entries(ref.parties[HERE].store)
    (claim,) = ref.parties[THERE].store.all(CLAIMS)
    assert envelope.datetime19(at) == head["setl_time"]
    assert (at, at.date(), at, at.date()) == (settlement.at, settlement.day, entry.at, entry.day)
    assert at.date() != claim.at.date()


@pytest.mark.parametrize(("at", "skew"), STRADDLING)
def test_it_is_reconciled_on_the_day_that_the_hospital_was_told(at: datetime, skew: timedelta) -> None:
    """That day is equal with it, the other one without; so it is with its cancellation."""
    ref: Any = Apart(world(), HERE, skew)
    office = Office(ref)
    desk = Desk(ref).ready()
    desk.now = at
    told = desk.settle()
    office.note(desk, told)
    office.desk.now = datetime(2024, 4, 2, 9)
    office.desk.sign_in()
    own = told["setl_time"][:10]
    other = ({"2024-03-31", "2024-04-01"} - {own}).pop()
    assert ("0", "1") == tuple(office.reconcile(stmt_begndate=day, stmt_enddate=day)[0] for day in (own, other))
    refund = desk.ok("2208", desk.cancellation())["setlinfo"]
    assert own == refund["setl_time"][:10] == kept(ref, HERE).refund_day.isoformat()


@pytest.mark.parametrize(("at", "skew"), STRADDLING)
def test_it_is_cleared_in_that_month_and_no_other(at: datetime, skew: timedelta) -> None:
    """Once, and nothing of it waits or stands at one place only."""
    ref: Any = Apart(world(), HERE, skew)
    desk = Desk(ref).ready()
    desk.now = at
    desk.settle()
    clearing = Clearing({name: party.store for name, party in ref.parties.items()})
    months = [month_of(clearing, month) for month in ("2024-03", "2024-04")]
    taken = [line.fee_month for month in months for line in month.lines if line.fee_month == month.month]
    assert ([f"{at:%Y-%m}"], [()] * 2) == (taken, [month.left for month in months])


def test_an_answer_that_comes_after_midnight_is_of_the_new_day() -> None:
    """Asked in the evening, answered in the night: what the hospital is told and what is booked are both of the night."""
    ref: Any = Apart(world(), HERE, timedelta(0), NIGHT - EVENING)
    desk = Desk(ref).ready()
    desk.now = EVENING
    head = desk.settle()
    assert (envelope.datetime19(NIGHT), NIGHT.date()) == (head["setl_time"], kept(ref, HERE).day)


def test_at_home_both_sides_have_one_clock() -> None:
    """A patient of the province itself: claim and settlement are of the same moment."""
    ref: Any = Apart(world(), THERE, timedelta(seconds=4))
    desk = Desk(ref, person(THERE), hospital=BEIJING).ready()
    desk.now = EVENING
    desk.settle()
    (claim,) = ref.parties[THERE].store.all(CLAIMS)
    assert EVENING == kept(ref, THERE).at == claim.at
