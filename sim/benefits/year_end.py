"""A stay over New Year (跨年住院) under a policy that splits it by date: one settlement a calendar year.

A fee with a day of its own belongs to the year of that day. What has none is spread evenly over the days of the stay,
of which the day of admission counts and the day of discharge does not. Each part is settled as a stay of its year:
under the version of the policy then in force, against that year's counters, deductible and caps. Source: D11 of the
domain rules (recalled, medium): a stay is settled whole at discharge unless the insured pool splits it by date.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from attrs import evolve, frozen

from sim.benefits.accumulators import Accumulators
from sim.benefits.case import Case
from sim.benefits.closing import check_closes
from sim.benefits.line import LineError, LineShare
from sim.benefits.policy import Policy
from sim.benefits.settle import Detail, Settlement, settle, unsettle
from sim.benefits.step import Step
from sim.lang import say
from sim.money import divide, show

SPLIT = "split"
_IN_ORDER = ("inscp_scp_amt", "fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt")
"""The parts of a line in the order in which they are spread: in-scope cost first, so that it and the total alone say
what a year holds of them."""


@frozen
class YearPart:
    """What of a stay lies in one calendar year: ``days`` of ``of``, and its part of every fee line.

    ``case.on`` is the last day of the part: 31 December, or the day of discharge.
    """

    case: Case
    days: int
    of: int
    shares: tuple[LineShare, ...]


def days_by_year(admitted: date, discharged: date) -> dict[int, int]:
    """Days of a stay by calendar year, at least one in all: admission counts, discharge does not."""
    years = range(admitted.year, discharged.year + 1)
    edges = [admitted, *(date(year, 1, 1) for year in years[1:]), discharged]
    days = {year: (edges[i + 1] - edges[i]).days for i, year in enumerate(years)}
    if not any(days.values()):
        days[admitted.year] = 1
    return days


def year_parts(case: Case, shares: Sequence[LineShare]) -> tuple[YearPart, ...]:
    """The parts of a stay, earliest first; a year without days and fees has none. They sum to the stay to the fen.

    Raises LineError for a fee whose day lies outside the stay.
    """
    begun = case.admitted or case.on
    for share in shares:
        if share.on is not None and not begun <= share.on <= case.on:
            text = say("benefits.line.outside_stay", line=share.number, on=share.on, begun=begun, end=case.on)
            raise LineError(text, share.number, "fee_ocur_time")
    days = days_by_year(begun, case.on)
    of = left_days = sum(days.values())
    left = [share for share in shares if share.on is None]
    parts: list[YearPart] = []
    for year, count in days.items():
        dated = [share for share in shares if share.on is not None and share.on.year == year]
        if not count and not dated:
            continue
        spread: list[LineShare] = []
        if count:
            spread, left = _cut(left, count, left_days)
            left_days -= count
        first = not parts
        part = evolve(
            case,
            admitted=max(begun, date(year, 1, 1)),
            on=min(case.on, date(year, 12, 31)),
            transfer=case.transfer and first,  # what was paid elsewhere or earlier belongs to the year it was paid in
            transfer_deductible=case.transfer_deductible if first else 0,
            interim=case.interim if first else None,
        )
        together = sorted([*dated, *spread], key=lambda share: share.number)
        parts.append(YearPart(part, count, of, tuple(together)))
    return tuple(parts)


def _cut(shares: Sequence[LineShare], days: int, of: int) -> tuple[list[LineShare], list[LineShare]]:
    """Lines cut in two by days. Running sums are rounded, not amounts: no fen is lost, and no part turns negative."""
    now: list[dict[str, int]] = [{} for _ in shares]
    run = taken = 0
    for name in _IN_ORDER:
        for i, share in enumerate(shares):
            run += getattr(share, name)
            upto = divide(run * days, of)
            now[i][name], taken = upto - taken, upto
    later = [{name: getattr(share, name) - cut[name] for name in cut} for share, cut in zip(shares, now, strict=True)]
    return _with(shares, now), _with(shares, later)


def _with(shares: Sequence[LineShare], parts: Sequence[Mapping[str, int]]) -> list[LineShare]:
    """The lines with these parts, in the order of `_IN_ORDER`."""
    made = []
    for share, part in zip(shares, parts, strict=True):
        in_scope, own, over, first = part.values()
        amount = in_scope + own + over + first
        made.append(LineShare(share.number, amount, own, over, first, in_scope, share.selfpay_prop))
    return made


def settle_by_year(
    version_on: Callable[[date], Policy],
    case: Case,
    shares: Sequence[LineShare],
    used: Mapping[int, Accumulators],
    balance: int = 0,
    use_account: bool = False,
    explain: bool = True,
    family_balance: int = 0,
    use_family: bool = False,
) -> Settlement:
    """Settle a case whatever its policy says about the year end: whole, or one part a year.

    ``version_on`` gives the policy in force on a day; that of ``case.on`` decides whether a stay is split. ``used`` are
    the counters by year, a year that it lacks has none. The account pays for the earlier part first. Where a stay was
    split the amounts and rows are the sums over ``parts``; the pool's ratio is the mean of the parts', weighted by
    the cost above the deductible. Raises what `settle` raises.
    """
    chosen = version_on(case.on)

    def one(policy: Policy, case: Case, shares: Sequence[LineShare], balance: int, family: int) -> Settlement:
        counters = used.get(case.on.year) or Accumulators(case.on.year)
        return settle(policy, case, shares, counters, balance, use_account, explain, family, use_family)

    if chosen.year_end != SPLIT or not case.over_new_year:
        return one(chosen, case, shares, balance, family_balance)
    settled: list[Settlement] = []
    for part in year_parts(case, shares):
        done = one(version_on(part.case.on), part.case, part.shares, balance, family_balance)
        balance = done.amounts["balc"]
        family_balance -= done.amounts["acct_mulaid_pay"]
        settled.append(evolve(done, steps=(_opening(chosen, part, done), *done.steps)) if explain else done)
    return _joined(chosen, tuple(shares), tuple(settled))


def unsettle_by_year(
    settlement: Settlement, used: Mapping[int, Accumulators], balance: int = 0
) -> tuple[Settlement, dict[int, Accumulators]]:
    """The cancellation of any settlement, split or whole, and the counters of its years without it.

    ``used`` and ``balance`` are the present ones. Raises InputError as `unsettle` does.
    """
    parts = settlement.parts or (settlement,)
    given_back = []
    for part in parts:
        year = part.accumulators.year
        given_back.append(unsettle(part, used.get(year) or Accumulators(year), balance))
        balance = given_back[-1].amounts["balc"]
    left = {back.accumulators.year: back.accumulators for back in given_back}
    if not settlement.parts:
        return given_back[0], left
    joined = _joined_amounts(given_back)
    joined["pool_prop_selfpay"] = settlement.amounts["pool_prop_selfpay"]
    back = evolve(given_back[-1], amounts=joined, shares=settlement.shares, parts=tuple(given_back))
    return evolve(back, details=_joined_details(given_back, joined["inscp_scp_amt"])), left


def _opening(policy: Policy, part: YearPart, done: Settlement) -> Step:
    amounts, origin, year = done.amounts, policy.year_end_origin, part.case.on.year
    inputs = {"days": part.days, "of": part.of, "inscp_scp_amt": amounts["inscp_scp_amt"]}
    text = say(
        "benefits.year_part",
        year=year,
        days=part.days,
        of=part.of,
        total=show(amounts["medfee_sumamt"]),
        cost=show(amounts["inscp_scp_amt"]),
    )
    total = amounts["medfee_sumamt"]
    return Step(f"{policy.id}.year_end.{year}", text, inputs, total, origin.source, origin.confidence, origin.note)


def _joined(policy: Policy, shares: tuple[LineShare, ...], parts: tuple[Settlement, ...]) -> Settlement:
    amounts = _joined_amounts(parts)
    weights = [_above_deductible(part) for part in parts]
    if sum(weights):
        weighted = sum(part.amounts["pool_prop_selfpay"] * w for part, w in zip(parts, weights, strict=True))
        amounts["pool_prop_selfpay"] = divide(weighted, sum(weights))
    details = _joined_details(parts, amounts["inscp_scp_amt"])
    check_closes(amounts, [(row.fund_pay_type, row.fund_payamt) for row in details])
    last = parts[-1]
    steps = tuple(step for part in parts for step in part.steps)
    return Settlement(policy.id, amounts, details, last.before, last.accumulators, shares, steps, parts)


def _above_deductible(part: Settlement) -> int:
    counted = part.accumulators.inpatient_in_scope - part.before.inpatient_in_scope
    return counted - part.amounts["act_pay_dedc"]


def _joined_amounts(parts: Sequence[Settlement]) -> dict[str, int]:
    amounts = {name: sum(part.amounts[name] for part in parts) for name in parts[0].amounts}
    return {**amounts, "balc": parts[-1].amounts["balc"], "pool_prop_selfpay": 0}


def _joined_details(parts: Sequence[Settlement], in_scope: int) -> tuple[Detail, ...]:
    """One row a fund; a fund's row names the in-scope cost of the whole stay, an account's none."""
    rows: dict[str, Detail] = {}
    for part in parts:
        for row in part.details:
            earlier = rows.get(row.fund_pay_type)
            paid = row.fund_payamt + (earlier.fund_payamt if earlier else 0)
            shared = in_scope if row.inscp_scp_amt or (earlier and earlier.inscp_scp_amt) else 0
            rows[row.fund_pay_type] = evolve(row, fund_payamt=paid, inscp_scp_amt=shared)
    return tuple(rows.values())
