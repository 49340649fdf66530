"""Advance funds: set each year by the rule of its time, watched, topped up; working days and rules by date."""

from __future__ import annotations

import datetime as dt
from datetime import date

import pytest
from attrs import evolve
from clearing_desk import GUIZHOU, MARCH, PEKING, Story, day, stores
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import InputError
from sim.money import divide
from sim.platform import HUB, MemoryStore, Refused, ledger
from sim.platform.clearing import Clearing, regimes, set_annual, settle_due, top_up, usage, workdays
from sim.platform.clearing_records import ADVANCES

END = date(2024, 12, 31)


def sums(story: Story, party: str) -> dict[str, int]:
    return ledger.balances(ledger.entries(story.ref.parties[party].store))


def past(amounts: dict[str, int]) -> Clearing:
    """Two provinces, one of which came to owe the other so much in each month."""
    made = {PEKING: MemoryStore(), GUIZHOU: MemoryStore(), HUB: MemoryStore()}
    for number, (month, fen) in enumerate(amounts.items()):
        at = dt.datetime.combine(workdays.first_day(month), dt.time(10))
        one = {"setl_id": f"S{number}", "cause": "m", "at": at}
        ledger.owe(
            made[GUIZHOU], "settlement", 1, insured=PEKING, institution="H", amount=fen, line=f"S{number}", **one
        )
        ledger.cover(made[PEKING], "settlement", 1, treatment=GUIZHOU, fund=fen, account=0, account_cleared=True, **one)
    return Clearing(made)


# --- setting ---------------------------------------------------------------------------------------------------------


def test_the_rule_of_2022_takes_the_fourth_quarter_and_that_of_2016_the_year():
    """2024: twice the mean of October to December 2023; 2022: two months of the mean of all of 2021."""
    months = {f"{year}-{month:02d}": year + month * 100_000 for year in (2021, 2023) for month in range(1, 13)}
    office = past(months)
    fourth = sum(months[f"2023-{m}"] for m in (10, 11, 12))
    (new,) = set_annual(office, 2024)
    assert (divide(2 * fourth, 3), "G3", date(2024, 2, 29)) == (new.amount, new.clause, new.due)
    year = sum(fen for month, fen in months.items() if month < "2022")
    (old,) = set_annual(past(months), 2022)
    assert (divide(2 * year, 12), "G2", date(2022, 2, 28)) == (old.amount, old.clause, old.due)


def test_a_year_is_set_once_and_the_next_changes_it_by_the_difference():
    """What is asked for again is nothing new; a lower mean sends funds back; the books agree at every step."""
    office = past({"2022-11": 300_000, "2023-11": 900_000, "2024-11": 600_000})
    expected = [200_000, 400_000, -200_000]
    for year, change in zip((2023, 2024, 2025), expected, strict=True):
        (made,) = set_annual(office, year)
        assert change == made.amount
        assert () == set_annual(office, year)
        settle_due(office, date(year, 3, 1))
        assert () == ledger.check(office.stores)
        assert sum(expected[: year - 2022]) == usage(office, PEKING, GUIZHOU).advance


def test_a_new_pair_gets_the_amount_without_history():
    """It is named, has no past, and gets what the rules say."""
    office = past({})
    (made,) = set_annual(office, 2024, [(PEKING, GUIZHOU)])
    assert regimes().rules.without_history == made.amount > 0


# --- paying ----------------------------------------------------------------------------------------------------------


def test_an_advance_is_booked_by_both_when_it_is_due_and_not_before():
    """Nothing moves before the end of February; then given, held and both banks agree."""
    office = past({})
    (made,) = set_annual(office, 2024, [(PEKING, GUIZHOU)])
    assert () == settle_due(office, date(2024, 2, 28))
    (paid,) = settle_due(office, date(2024, 2, 29))
    given, held = (ledger.balances(ledger.entries(office.stores[code])) for code in (PEKING, GUIZHOU))
    assert (made.amount, -made.amount) == (given[ledger.advance_given(GUIZHOU)], given["bank"])
    assert (-made.amount, made.amount) == (held[ledger.advance_held(PEKING)], held["bank"])
    assert ("arrived", date(2024, 2, 29)) == (paid.state, paid.arrived)
    assert () == settle_due(office, END)


def test_a_payment_that_stops_halfway_is_under_way_and_then_goes_on():
    """The payer has booked, the receiver not: in flight and explained; done again, it is booked once."""

    class Stop(BaseException):
        pass

    office = past({})
    set_annual(office, 2024, [(PEKING, GUIZHOU)])
    receiver = office.stores[GUIZHOU]

    def stop() -> None:
        raise Stop

    receiver.commit = stop  # type: ignore[method-assign]
    with pytest.raises(Stop):
        settle_due(office, END)
    receiver.rollback()
    (held,) = ledger.in_flight(ledger.books(office.stores))
    assert held.amount == regimes().rules.without_history
    assert () == ledger.check(office.stores)
    del receiver.commit
    settle_due(office, END)
    assert [] == ledger.in_flight(ledger.books(office.stores))
    assert held.amount == ledger.balance(ledger.entries(receiver), "bank")


def test_a_difference_of_an_advance_that_nobody_paid_is_found():
    """The receiver booked what the payer never did: a break."""
    office = past({})
    (made,) = set_annual(office, 2024, [(PEKING, GUIZHOU)])
    legs = {"bank": made.amount, ledger.advance_held(PEKING): -made.amount}
    at = dt.datetime(2024, 2, 1, 9)
    ledger.post(office.stores[GUIZHOU], "advance", legs, document=made.number, cause="x", at=at)
    assert ["unexplained"] == [each.reason for each in ledger.check(office.stores)]


# --- watching --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("used", "warning"),
    [(0, "none"), (6999, "none"), (7000, "yellow"), (8999, "yellow"), (9000, "red"), (10001, "red")],
)
def test_warnings_come_at_their_levels(used, warning):
    """70 % yellow, 90 % red, to the last hundredth."""
    office = past({"2024-03": used} if used else {})
    office = Clearing(office.stores, evolve(regimes(), rules=evolve(regimes().rules, without_history=10_000)))
    set_annual(office, 2024, [(PEKING, GUIZHOU)])
    settle_due(office, END)
    assert (used, warning) == (usage(office, PEKING, GUIZHOU).ratio, usage(office, PEKING, GUIZHOU).warning)


def test_only_red_allows_a_top_up_which_arrives_ten_working_days_later():
    """Refused under yellow; one at a time; over a holiday the days are longer; the warning is gone when it is there."""
    office = past({"2024-04": 8_000})
    office = Clearing(office.stores, evolve(regimes(), rules=evolve(regimes().rules, without_history=10_000)))
    set_annual(office, 2024, [(PEKING, GUIZHOU)])
    settle_due(office, date(2024, 3, 1))
    with pytest.raises(Refused) as early:
        top_up(office, PEKING, GUIZHOU, 5_000, date(2024, 4, 24))
    assert "platform.advance.not_red" == early.value.reason
    more = {"setl_id": "T", "cause": "m", "at": dt.datetime(2024, 4, 24)}
    ledger.owe(office.stores[GUIZHOU], "settlement", 1, insured=PEKING, institution="H", amount=1_500, line="T", **more)
    assert "red" == usage(office, PEKING, GUIZHOU).warning
    with pytest.raises(Refused):
        top_up(office, PEKING, GUIZHOU, 0, date(2024, 4, 24))
    asked = top_up(office, PEKING, GUIZHOU, 10_000, date(2024, 4, 24))
    assert date(2024, 5, 10) == asked.due  # 28 April and 11 May were worked, 1 to 5 May were not
    with pytest.raises(Refused) as second:
        top_up(office, PEKING, GUIZHOU, 1, date(2024, 4, 25))
    assert "platform.advance.waiting" == second.value.reason
    settle_due(office, date(2024, 5, 9))
    assert "red" == usage(office, PEKING, GUIZHOU).warning
    settle_due(office, date(2024, 5, 10))
    assert ("none", 20_000) == (usage(office, PEKING, GUIZHOU).warning, usage(office, PEKING, GUIZHOU).advance)
    assert "arrived" == office.stores[PEKING].get(ADVANCES, asked.number).state


def test_an_advance_stays_in_use_until_the_months_money_has_arrived():
    """Netting moves the debt to the hub; only the distribution frees the advance."""
    story = Story()
    desk = story.settle(day(3, 1))
    amount = story.amount(desk)
    for until, used in ((date(2024, 4, 25), amount), (date(2024, 5, 10), amount), (END, 0)):
        story.clearing.run(MARCH, until)
        assert used == usage(story.clearing, PEKING, GUIZHOU).used, until
    assert () == ledger.check(stores(story.ref))


# --- working days and rules ------------------------------------------------------------------------------------------


def test_holidays_and_the_weekends_worked_for_them_are_known():
    """Days as the State Council set them: the New Year of 2024, and the Sunday before it."""
    assert [False, True] == [workdays.is_working_day(date(2024, 2, d)) for d in (12, 18)]
    assert workdays.is_working_day(date(2024, 2, 4))
    assert date(2024, 2, 18) == workdays.after(date(2024, 2, 9), 1)
    assert not workdays.published(date(workdays.LAST_YEAR + 1, 1, 4))
    later = date(workdays.LAST_YEAR + 1, 6, 1)
    assert [(later + dt.timedelta(n)).weekday() < 5 for n in range(7)] == [
        workdays.is_working_day(later + dt.timedelta(n)) for n in range(7)
    ]


@given(st.dates(date(2017, 1, 1), date(2026, 12, 1)), st.integers(0, 20))
def test_so_many_working_days_later_is_so_many_working_days_later(start, count):
    """Counted one by one it is the same; the day it falls on is one, but for zero."""
    found = workdays.after(start, count)
    between = [start + dt.timedelta(n) for n in range(1, (found - start).days + 1)]
    assert count == sum(workdays.is_working_day(each) for each in between)
    assert found == start or workdays.is_working_day(found)
    with pytest.raises(ValueError, match="negative"):
        workdays.after(start, -1)


@given(st.integers(2000, 2100), st.integers(1, 12), st.integers(-30, 30))
def test_months_are_counted(year, month, by):
    """Later and earlier by so many is between them; the last day is the day before the next first."""
    name = f"{year:04d}-{month:02d}"
    assert by == workdays.months_between(name, workdays.plus(name, by))
    assert workdays.first_day(workdays.plus(name, 1)) == workdays.last_day(name) + dt.timedelta(1)


def test_rules_follow_the_month_of_the_fees():
    """Institutions wait for the clearing before 2025, and 20 working days from the 10th since."""
    before, since = regimes().of_month("2024-12"), regimes().of_month("2025-01")
    assert ("monthly-2017", "immediate-2025") == (before.id, since.id)
    old, new = before.days("2024-12"), since.days("2025-01")
    assert (date(2025, 1, 20), date(2025, 1, 21), date(2025, 1, 25), date(2025, 1, 31)) == (
        old.declare,
        old.issue,
        old.confirm,
        old.notice,
    )
    assert workdays.after(old.notice, 5) == old.collect
    assert workdays.after(old.collect, 10) == old.distribute
    assert old.hospital > old.distribute
    assert workdays.after(date(2025, 2, 10), 20) == new.hospital < new.distribute


def test_one_regime_can_be_chosen_for_all_months():
    """By its id; a slip names the nearest; a month before all rules is an error."""
    chosen = regimes().only("immediate-2025")
    assert "immediate-2025" == chosen.of_month("2018-01").id
    with pytest.raises(InputError) as slip:
        regimes().only("imediate-2025")
    assert "immediate-2025" == slip.value.nearest
    with pytest.raises(InputError):
        regimes().of_month("2016-12")


def test_every_parameter_says_where_it_comes_from():
    """Source, provenance and confidence of each; recalled figures are not called found."""
    for regime in regimes().clearing:
        assert {"declare_by", "issue_on", "confirm_by", "hospital_working_days"} <= set(regime.sources)
        assert {each.provenance for each in regime.sources.values()} <= {"found", "recalled", "assumption"}
