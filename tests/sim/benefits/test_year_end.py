"""A stay over New Year: settled whole in the year of discharge, or split by date into one part a year."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from benefits_scenes import made_policies
from benefits_workshop import document, flat, in_scope, made, number
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.benefits import (
    Accumulators,
    Case,
    Interim,
    LineShare,
    Policy,
    Settlement,
    policies,
    settle,
    split_all,
    unsettle,
)
from sim.benefits.accumulators import COUNTERS
from sim.benefits.change import with_readings
from sim.benefits.closing import FUNDS, PARTS, broken
from sim.benefits.line import LineError
from sim.benefits.load import build
from sim.benefits.year_end import days_by_year, settle_by_year, unsettle_by_year, year_parts
from sim.errors import InputError

NEW_YEAR = date(2025, 1, 1)
TWO_YEARS = date(2023, 6, 1), date(2025, 3, 1)
STAY = Case("inpatient", "L3", date(2025, 1, 6), admitted=date(2024, 12, 22))  # 15 days, 10 of them in 2024


def shares(*lines: tuple[int, int, int, int], on: Sequence[date | None] = ()) -> tuple[LineShare, ...]:
    """Lines of (own pay, over the limit, first self-pay, in scope) in fen."""
    days = [*on, *[None] * len(lines)]
    return tuple(LineShare(n + 1, sum(parts), *parts, 0, on=days[n]) for n, parts in enumerate(lines))


def capped(cap: int = 10_000, deductible: int = 1_000, ratio: str = "0.8") -> Policy:
    """A deductible a stay, one ratio, a cap a year; stays are split (yuan)."""
    chosen = made(
        {
            "inpatient": [
                {"use": "deductible_by_stay", "first": number(deductible), "second": number(deductible // 2)},
                {"use": "bands", "counted": "in_scope", "over": "stay", "bands": flat(Decimal(ratio))},
                {"use": "pool_payment", "cap": number(cap), "fund": "employee_pool"},
            ]
        }
    )
    return with_readings(evolve(chosen, start=date(2020, 1, 1)), year_end="split")


def always(chosen: Policy) -> Callable[[date], Policy]:
    """The same policy on every day."""
    return lambda _: chosen


def everywhere(chosen: Policy) -> Policy:
    """A policy of the project without beginning or end, that splits stays."""
    return with_readings(evolve(chosen, start=date(2000, 1, 1), end=None), year_end="split")


def year_totals(done: Settlement) -> dict[int, tuple[int, int]]:
    """(total, in scope) a year."""
    return {p.accumulators.year: (p.amounts["medfee_sumamt"], p.amounts["inscp_scp_amt"]) for p in done.parts}


LINES = st.lists(
    st.tuples(st.integers(0, 5_000), st.integers(0, 50), st.integers(0, 500), st.integers(0, 3_000_000)),
    min_size=1,
    max_size=4,
)
DAYS = st.dates(*TWO_YEARS)


# The days


@pytest.mark.parametrize(
    ("days", "admitted", "discharged"),
    [
        ({2024: 10, 2025: 5}, date(2024, 12, 22), date(2025, 1, 6)),
        ({2024: 1, 2025: 0}, date(2024, 12, 31), date(2025, 1, 1)),
        ({2024: 1, 2025: 1}, date(2024, 12, 31), date(2025, 1, 2)),
        ({2023: 2, 2024: 366, 2025: 1}, date(2023, 12, 30), date(2025, 1, 2)),
        ({2024: 5}, date(2024, 3, 1), date(2024, 3, 6)),
        ({2024: 1}, date(2024, 3, 1), date(2024, 3, 1)),
    ],
)
def test_the_day_of_admission_counts_that_of_discharge_does_not(
    days: dict[int, int], admitted: date, discharged: date
) -> None:
    """31 December is the last day of its year; a day counts once."""
    assert days == days_by_year(admitted, discharged)


@given(DAYS, st.integers(1, 500))
def test_days_of_years_sum_to_the_stay(admitted: date, length: int) -> None:
    """Whatever the dates, leap years among them."""
    discharged = admitted + timedelta(days=length)
    assert length == sum(days_by_year(admitted, discharged).values())


# The cut


@given(LINES, DAYS, st.integers(1, 500))
def test_parts_sum_to_the_stay_to_the_fen(lines: list[tuple[int, int, int, int]], admitted: date, length: int) -> None:
    """Line by line and part by part; nothing is negative; total and in-scope cost of the first year are half-up."""
    case = evolve(STAY, on=admitted + timedelta(days=length), admitted=admitted)
    whole = shares(*lines)
    parts = year_parts(case, whole)
    for i, share in enumerate(whole):
        for name in ("amount", *PARTS):
            assert getattr(share, name) == sum(getattr(part.shares[i], name) for part in parts)
    assert all(getattr(s, name) >= 0 for part in parts for s in part.shares for name in PARTS)
    first = parts[0]
    for name in ("amount", "inscp_scp_amt"):
        exact = Decimal(sum(getattr(s, name) for s in whole)) * first.days / first.of
        assert abs(exact - sum(getattr(s, name) for s in first.shares)) <= Decimal("0.5")


@given(LINES, st.dates(date(2023, 11, 1), date(2024, 12, 20)), st.integers(20, 420), st.data())
def test_dated_lines_and_refunds_lose_no_fen(
    lines: list[tuple[int, int, int, int]], admitted: date, length: int, data: st.DataObject
) -> None:
    """Lines with and without a day, the first of them given back in part: they still sum to the stay, a dated line lies
    whole in the year of its day, and no part of a year is negative."""
    case = evolve(STAY, on=admitted + timedelta(days=length), admitted=admitted)
    within = st.integers(0, length).map(lambda n: admitted + timedelta(days=n))
    whole = [evolve(share, on=data.draw(st.none() | within)) for share in shares(*lines)]
    first = whole[0]
    back = [-data.draw(st.integers(0, getattr(first, name))) for name in PARTS]
    own, over, selfpay, scope = back
    whole.append(LineShare(len(whole) + 1, sum(back), own, over, selfpay, scope, 0, on=first.on))
    parts = year_parts(case, whole)
    for name in ("amount", *PARTS):
        by_year = [sum(getattr(share, name) for share in part.shares) for part in parts]
        assert sum(getattr(share, name) for share in whole) == sum(by_year)
        assert all(value >= 0 for value in by_year)
    for part in parts:
        assert list(part.shares) == sorted(part.shares, key=lambda share: share.number)
        assert {part.case.on.year} >= {share.on.year for share in part.shares if share.on is not None}


def test_the_odd_fen_goes_where_half_up_sends_it() -> None:
    """101 fen over 1 + 1 days: 51 before New Year, 50 after."""
    case = evolve(STAY, admitted=date(2024, 12, 31), on=date(2025, 1, 2))
    assert [51, 50] == [part.shares[0].inscp_scp_amt for part in year_parts(case, shares((0, 0, 0, 101)))]


def test_fees_with_a_day_belong_to_the_year_of_the_day() -> None:
    """31 December and 1 January are told apart; what has no day is spread; order of lines is kept."""
    on = date(2025, 1, 1), None, date(2024, 12, 31)
    parts = year_parts(STAY, shares((0, 0, 0, 700), (0, 0, 0, 300), (0, 0, 0, 50), on=on))
    assert [[(2, 200), (3, 50)], [(1, 700), (2, 100)]] == [
        [(s.number, s.inscp_scp_amt) for s in part.shares] for part in parts
    ]


def test_a_fee_on_the_day_of_discharge_opens_the_year() -> None:
    """Discharged on 1 January: no day of the year, but a fee of that day is a part of it."""
    case = evolve(STAY, on=NEW_YEAR)
    assert [2024] == [p.case.on.year for p in year_parts(case, shares((0, 0, 0, 9)))]
    dated = shares((0, 0, 0, 9), (0, 0, 0, 5), on=(None, NEW_YEAR))
    assert [9, 5] == [sum(s.amount for s in part.shares) for part in year_parts(case, dated)]


@pytest.mark.parametrize("on", [date(2024, 12, 21), date(2025, 1, 7)])
def test_a_fee_outside_the_stay_is_refused_by_its_line(on: date) -> None:
    """The error names the line."""
    with pytest.raises(LineError, match="line 2") as caught:
        year_parts(STAY, shares((0, 0, 0, 1), (0, 0, 0, 1), on=(None, on)))
    assert (2, "fee_ocur_time") == (caught.value.number, caught.value.key)


def test_a_refund_counts_on_the_day_of_its_line() -> None:
    """Given back in January, it still lowers December."""
    bought = evolve(in_scope(1_000)[0], on=date(2024, 12, 30), quantity=20_000, amount=2_000)
    back = evolve(bought, number=2, quantity=-10_000, amount=-1_000, refund_of=1, on=date(2025, 1, 3))
    split = split_all([bought, back], capped(), explain=False)
    assert [date(2024, 12, 30)] * 2 == [share.on for share in split]


# The settlement


def test_each_year_has_its_own_deductible_cap_and_counters() -> None:
    """15,000 yuan over 10 + 5 days: a first stay of each year; December's cap is all but reached, January's fresh."""
    used = {2024: Accumulators(2024, stays=0, pool_paid=950_000)}
    done = settle_by_year(always(capped()), STAY, shares((0, 0, 0, 1_500_000)), used)
    assert {2024: (1_000_000, 1_000_000), 2025: (500_000, 500_000)} == year_totals(done)
    assert [50_000, 320_000] == [p.amounts["fund_pay_sumamt"] for p in done.parts]
    assert [100_000, 100_000] == [p.amounts["act_pay_dedc"] for p in done.parts]
    assert (370_000, 200_000) == (done.amounts["fund_pay_sumamt"], done.amounts["act_pay_dedc"])
    assert [("310100", 370_000, 1_500_000)] == [(d.fund_pay_type, d.fund_payamt, d.inscp_scp_amt) for d in done.details]
    assert [1, 1] == [p.accumulators.stays for p in done.parts]
    assert [1_000_000, 320_000] == [p.accumulators.pool_paid for p in done.parts]
    assert done.parts[-1].accumulators == done.accumulators


def wrong_whole(version_on: Any, case: Case, lines: Any, used: Mapping[int, Accumulators]) -> int:
    """Wrong: the whole stay in the year of discharge."""
    chosen = with_readings(version_on(case.on), year_end="discharge")
    return settle(chosen, case, lines, used.get(2025) or Accumulators(2025)).amounts["fund_pay_sumamt"]


def wrong_by_a_day(version_on: Any, case: Case, lines: Any, used: Mapping[int, Accumulators]) -> int:
    """Wrong: the day of admission does not count, that of discharge does."""
    assert case.admitted is not None
    moved = evolve(case, admitted=case.admitted + timedelta(days=1), on=case.on + timedelta(days=1))
    return settle_by_year(version_on, moved, lines, used).amounts["fund_pay_sumamt"]


def wrong_counters(version_on: Any, case: Case, lines: Any, used: Mapping[int, Accumulators]) -> int:
    """Wrong: both parts against the counters of the year of discharge."""
    now = used.get(2025) or Accumulators(2025)
    old = Accumulators(2024, *(getattr(now, name) for name in COUNTERS))
    return settle_by_year(version_on, case, lines, {2024: old, 2025: now}).amounts["fund_pay_sumamt"]


def wrong_second_part(version_on: Any, case: Case, lines: Any, used: Mapping[int, Accumulators]) -> int:
    """Wrong: the part in the new year is a second stay of it."""
    now = used.get(2025) or Accumulators(2025)
    return settle_by_year(version_on, case, lines, {**used, 2025: evolve(now, stays=now.stays + 1)}).amounts[
        "fund_pay_sumamt"
    ]


@pytest.mark.parametrize("wrong", [wrong_whole, wrong_by_a_day, wrong_counters, wrong_second_part])
def test_other_ways_to_settle_it_pay_something_else(wrong: Any) -> None:
    """The case above tells each of them from the right one, near the cap or far from it."""
    lines, told = shares((0, 0, 0, 1_500_000)), []
    for paid in (950_000, 300_000):
        used = {2024: Accumulators(2024, pool_paid=paid)}
        right = settle_by_year(always(capped()), STAY, lines, used).amounts["fund_pay_sumamt"]
        told.append(right != wrong(always(capped()), STAY, lines, used))
    assert any(told)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(policies()) | made_policies(), LINES, DAYS, st.integers(0, 40), st.integers(0, 500_000))
def test_a_split_stay_closes_and_is_the_sum_of_its_years(
    chosen: Policy, lines: list[tuple[int, int, int, int]], admitted: date, length: int, balance: int
) -> None:
    """Every identity holds for the stay and each part; each part is what `settle` gives for it alone; the account
    is used once; the explanation has every part's steps."""
    chosen = everywhere(chosen)
    case = evolve(STAY, admitted=admitted, on=admitted + timedelta(days=length))
    whole = shares(*lines)
    done = settle_by_year(always(chosen), case, whole, {}, balance, True)
    rows = [(row.fund_pay_type, row.fund_payamt) for row in done.details]
    assert () == broken(done.amounts, rows)
    assert sum(share.amount for share in whole) == done.amounts["medfee_sumamt"]
    assert done.amounts["balc"] == balance - done.amounts["acct_pay"] >= 0
    if not case.over_new_year:
        assert () == done.parts
        counters = Accumulators(case.on.year)
        assert settle(chosen, case, whole, counters, balance, True).amounts == done.amounts
        return
    left = balance
    for part, alone in zip(done.parts, year_parts(case, whole), strict=True):
        again = settle(chosen, alone.case, alone.shares, Accumulators(alone.case.on.year), left, True)
        left = again.amounts["balc"]
        assert (again.amounts, again.accumulators) == (part.amounts, part.accumulators)
        assert f"{chosen.id}.year_end.{alone.case.on.year}" == part.steps[0].clause
        assert again.steps == part.steps[1:]
    for name in (*PARTS, *FUNDS, "act_pay_dedc", "acct_pay", "psn_cash_pay"):
        assert done.amounts[name] == sum(part.amounts[name] for part in done.parts)
    assert done.steps == tuple(step for part in done.parts for step in part.steps)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(policies()), LINES, st.dates(date(2024, 1, 1), date(2024, 12, 30)), st.booleans())
def test_a_stay_within_one_year_is_as_before(
    chosen: Policy, lines: list[tuple[int, int, int, int]], admitted: date, known: bool
) -> None:
    """Splitting at the year end leaves it alone, whether or not its admission is known."""
    case = evolve(STAY, on=date(2024, 12, 31), admitted=admitted if known else None)
    whole = with_readings(everywhere(chosen), year_end="discharge")
    right = settle(whole, case, shares(*lines), Accumulators(2024))
    assert right == settle_by_year(always(everywhere(chosen)), case, shares(*lines), {})


def test_care_that_is_no_stay_is_never_split() -> None:
    """An outpatient visit belongs to its day."""
    visit = evolve(STAY, care="outpatient")
    assert not visit.over_new_year
    assert () == settle_by_year(always(everywhere(policies()[0])), visit, shares((0, 0, 0, 5)), {}).parts


def test_each_part_follows_the_version_of_its_year() -> None:
    """The policy changed on 1 January: December at 80%, January at 50%."""
    old, new = capped(deductible=0), capped(deductible=0, ratio="0.5")
    done = settle_by_year(lambda day: old if day < NEW_YEAR else new, STAY, shares((0, 0, 0, 150_000)), {})
    assert [80_000, 25_000] == [p.amounts["fund_pay_sumamt"] for p in done.parts]
    assert 7_000 == done.amounts["pool_prop_selfpay"]


def test_both_accounts_are_used_once() -> None:
    """10 yuan of the person's own and 50 of the family's pay for December; January finds both empty."""
    chosen = evolve(capped(), account="personal_share")
    done = settle_by_year(always(chosen), STAY, shares((0, 0, 0, 900_000)), {}, 1_000, True, True, 5_000, True)
    assert [(6_000, 5_000), (0, 0)] == [(p.amounts["acct_pay"], p.amounts["acct_mulaid_pay"]) for p in done.parts]
    assert (6_000, 5_000, 0) == tuple(done.amounts[name] for name in ("acct_pay", "acct_mulaid_pay", "balc"))
    assert {"310200": 1_000, "310201": 5_000} == {
        row.fund_pay_type: row.fund_payamt for row in done.details if not row.inscp_scp_amt
    }


def test_a_transfer_and_an_interim_settlement_belong_to_the_earlier_year() -> None:
    """What was paid elsewhere or before eases December only."""
    before = Interim(total=9, in_scope=8, deductible=7)
    case = evolve(STAY, transfer=True, transfer_deductible=500, interim=before)
    first, second = year_parts(case, shares((0, 0, 0, 15)))
    assert (before, None) == (first.case.interim, second.case.interim)
    assert (True, 500, False, 0) == (
        first.case.transfer,
        first.case.transfer_deductible,
        second.case.transfer,
        second.case.transfer_deductible,
    )


def test_a_split_stay_is_given_back_year_by_year() -> None:
    """Settle and give back: counters of both years and the account are as before; whole stays are given back alike."""
    used = {2024: Accumulators(2024, stays=1, pool_paid=5), 2025: Accumulators(2025)}
    done = settle_by_year(always(capped()), STAY, shares((7, 0, 0, 900_000)), used, 20_000, True)
    now = {part.accumulators.year: part.accumulators for part in done.parts}
    back, left = unsettle_by_year(done, now, done.amounts["balc"])
    assert used == left
    assert 20_000 == back.amounts["balc"]
    assert [-value for name, value in done.amounts.items() if name not in ("balc", "pool_prop_selfpay")] == [
        value for name, value in back.amounts.items() if name not in ("balc", "pool_prop_selfpay")
    ]
    assert [(d.fund_pay_type, -d.fund_payamt) for d in done.details] == [
        (d.fund_pay_type, d.fund_payamt) for d in back.details
    ]
    whole = settle(capped(), evolve(STAY, admitted=None), shares((0, 0, 0, 9)), Accumulators(2025))
    assert {2025: Accumulators(2025)} == unsettle_by_year(whole, {2025: whole.accumulators})[1]


def test_one_year_alone_is_never_taken_for_the_whole() -> None:
    """`settle` does not settle such a stay, and `unsettle` does not give back half of one."""
    with pytest.raises(InputError, match="settle_by_year"):
        settle(capped(), STAY, shares((0, 0, 0, 9)), Accumulators(2025))
    done = settle_by_year(always(capped()), STAY, shares((0, 0, 0, 9)), {})
    with pytest.raises(InputError, match="unsettle_by_year"):
        unsettle(done, done.accumulators)


def test_an_admission_after_the_settlement_is_refused() -> None:
    """The error names both days."""
    with pytest.raises(InputError, match="2025-01-07"):
        evolve(STAY, admitted=date(2025, 1, 7))


# The policy file


FILE = """\
id: made
pool: {zh: 甲, en: A}
admdvs: "520100"
insutype: "310"
versions:
  - from: "2024-01-01"
    class_b: {share: {value: 0.1, source: REFERENCE, provenance: reference, confidence: low}}
    account: {pays: nothing, source: REFERENCE, provenance: reference, confidence: low}
    year_end: YEAR_END
    care: {inpatient: []}
"""
ORIGIN = "source: REFERENCE, provenance: assumed, confidence: low"


def test_a_policy_file_says_how_the_year_ends_and_from_what_source() -> None:
    """`settled` with its origin, which the explanation then names."""
    (read,) = build(document(FILE.replace("YEAR_END", f"{{settled: split, {ORIGIN}}}")))
    assert ("split", "assumed") == (read.year_end, read.year_end_origin.provenance)
    done = settle_by_year(always(evolve(read, start=date(2024, 1, 1))), STAY, shares((0, 0, 0, 9)), {})
    assert ("REFERENCE", "low") == (done.steps[0].source, done.steps[0].confidence)


@pytest.mark.parametrize(
    ("written", "says"),
    [
        (f"{{settled: spilt, {ORIGIN}}}", "nearest valid name: split"),
        ("{settled: split}", "source"),
        ("split", "object"),
    ],
)
def test_a_wrong_year_end_is_refused(written: str, says: str) -> None:
    """An unknown reading with the nearest one; a reading without a source."""
    with pytest.raises(InputError, match=says) as caught:
        build(document(FILE.replace("YEAR_END", written)))
    assert caught.value.place is not None
    assert 9 == caught.value.place.line
