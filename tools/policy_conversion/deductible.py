"""The deductible of stays."""

from __future__ import annotations

from typing import Any

from tools.policy_conversion.pool import Pool
from tools.policy_conversion.ratios import away_in_province
from tools.policy_conversion.values import FILINGS, minus, own, sourced, table, times


def stay_deductible(pool: Pool) -> list[dict[str, Any]]:
    """The deductible of stays."""
    year = pool.take("inpatient", "deductible_year")
    if year:
        return [{"use": "deductible_per_year", "amount": sourced(table(year["value"]), year)}]
    each = pool.take("inpatient", "deductible_per_stay")
    first = each or pool.take("inpatient", "deductible_first", "deductible_quote")
    away = pool.take("inpatient", "deductible_out_of_region")
    if away:
        near = pool.take("inpatient", "deductible_out_of_city_in_region")
        assert near is not None  # noqa: S101
        home = sourced(near["value"], near)
        by = {"home": home, "in_province": home, "out_of_province": sourced(away["value"], away)}
        return [{"use": "deductible_per_visit", "amount": by}]
    if not first:
        return []
    value = table(first["value"])
    amount: Any = sourced(value, first)
    person = None
    for name, change in (("retired_deductible_cut", minus), ("retired_deductible_factor", times)):
        entry = pool.take("inpatient", name)
        if entry:
            person = sourced(change(value, entry["value"]), entry, provenance="derived")
    other = pool.take("inpatient", "deductible_first_retired")
    if other:
        person = sourced(table(other["value"]), other)
    if person:
        amount = {"in_service": amount, "retired": person}
    share = pool.take("out_of_town", "deductible_share_of_total")
    if share:
        low, high = pool.take("out_of_town", "deductible_min"), pool.take("out_of_town", "deductible_max")
        assert low is not None and high is not None  # noqa: S101, PT018
        none = own(0, "异地住院改用另一条起付线", "out-of-town stays have the other deductible instead")

        def away_only(entry: dict[str, Any]) -> dict[str, Any]:
            return {k: sourced(0 if k in ("local", "long_term") else entry["value"], entry) for k in FILINGS}

        return [
            {
                "use": "deductible_per_visit",
                "amount": {k: amount if k in ("local", "long_term") else none for k in FILINGS},
            },
            {
                "use": "deductible_share_of_total",
                "share": away_only(share),
                "lowest": away_only(low),
                "highest": away_only(high),
            },
        ]
    if each:
        return [{"use": "deductible_per_visit", "amount": amount}]
    by_place = away_in_province(pool, "deductible")
    if by_place:
        amount = {"home": amount, **by_place}
    rule: dict[str, Any] = {"use": "deductible_by_stay", "first": amount}
    later = pool.take("inpatient", "deductible_later")
    if later:
        rule["second"] = sourced(table(later["value"]), later)
    for name, change in (("deductible_second_factor", times), ("repeat_stay_cut", minus)):
        entry = pool.take("inpatient", name)
        if entry:
            rule["second"] = sourced(change(value, entry["value"]), entry, provenance="derived")
    third = pool.take("inpatient", "deductible_third_factor")
    if third:
        rule["third"] = sourced(times(value, third["value"]), third, provenance="derived")
    third = pool.take("inpatient", "deductible_third_plus")
    if third:
        rule["third"] = sourced(third["value"], third)
    return [rule]
