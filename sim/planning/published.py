"""Simulated beside published figures, with the error."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from statistics import mean, stdev

from attrs import frozen

from sim.planning.plan import Plan, Published
from sim.world.record import Record, Results


@frozen
class Comparison:
    """One published figure and what was simulated (mean over replications), in the published unit.

    ``error`` is (simulated - published) / published; ``spread`` the standard deviation over replications, None for one.
    """

    published: Published
    simulated: float
    error: float
    spread: float | None


def compare(plan: Plan, results: Sequence[Results]) -> tuple[Comparison, ...]:
    """All published figures of a plan."""
    found = []
    for published in plan.published:
        values = [measure(plan, result, published.measure, published.kind) for result in results]
        simulated = mean(values)
        against = float(published.figure.value)
        spread = stdev(values) if len(values) > 1 else None
        found.append(Comparison(published, simulated, (simulated - against) / against, spread))
    return tuple(found)


def measure(plan: Plan, result: Results, name: str, kind: str = "") -> float:
    """One measure of one run: yuan for money, shares of one, counts, seconds. Of one kind of visit, or of all."""
    if name == "institutions":
        return float(sum(house.joined < plan.setup.days for house in plan.setup.hospitals))
    records = [record for record in result.records if not kind or record.kind == kind]
    return MEASURES[name](records)


def _settled(records: Sequence[Record]) -> list[Record]:
    return [record for record in records if record.outcome == "settled"]


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _yuan(fen: int) -> float:
    return float(Decimal(fen).scaleb(-2))


def _fees(records: Sequence[Record]) -> int:
    return sum(record.medfee_sumamt for record in _settled(records))


def _fund(records: Sequence[Record]) -> int:
    return sum(record.fund_pay_sumamt or 0 for record in records)


MEASURES: Mapping[str, Callable[[Sequence[Record]], float]] = {
    "visits": len,
    "settled": lambda records: len(_settled(records)),
    "settled_share": lambda records: _ratio(len(_settled(records)), len(records)),
    "fees": lambda records: _yuan(_fees(records)),
    "mean_fee": lambda records: _ratio(_yuan(_fees(records)), len(_settled(records))),
    "fund": lambda records: _yuan(_fund(records)),
    "fund_share": lambda records: _ratio(_fund(records), _fees(records)),
    "mean_wait": lambda records: mean(record.wait_s for record in records) if records else 0.0,
}
"""Measures of records by name; ``fees``, ``mean_fee``, ``fund_share`` of settled visits only, as published ones are."""
