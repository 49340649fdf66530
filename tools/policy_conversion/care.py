"""The mechanisms of each kind of care, in order."""

from __future__ import annotations

from typing import Any

from tools.policy_conversion.deductible import stay_deductible
from tools.policy_conversion.layers import critical, large, on_top, pool_payment
from tools.policy_conversion.pool import Pool
from tools.policy_conversion.ratios import away_in_province, by_filing, cost, ratio_bands, retired_changes
from tools.policy_conversion.values import apply, sourced, table, tidy


def inpatient(pool: Pool) -> list[dict[str, Any]] | None:
    """Mechanisms of a stay, in order."""
    bands = ratio_bands(pool, "inpatient", ("ratio_in_service", "ratio", "ratio_quote"))
    if bands is None:
        return critical(pool) or None
    moves = [*cost(pool), *stay_deductible(pool)]
    counted = "in_scope" if len(bands) > 1 else "over_deductible"
    by_place = away_in_province(pool, "ratio")
    if by_place:
        bands = [{"from": 0, "to": None, "ratio": {"home": bands[0]["ratio"], **by_place}}]
    away = pool.take("out_of_town", "ratio")
    if away:
        drop = pool.take("out_of_town", "unreferred_drop")
        assert drop is not None  # noqa: S101
        home = bands[0]["ratio"]
        less = sourced(tidy(away["value"] - drop["value"]), drop, provenance="derived")
        by = {
            "local": home,
            "long_term": home,
            "referral": sourced(away["value"], away),
            "emergency": sourced(away["value"], away),
        }
        bands = [{"from": 0, "to": None, "ratio": {**by, "other_temporary": less, "unfiled": less}}]
    moves.append({"use": "bands", "counted": counted, "over": "stay", "bands": bands})
    moves += [*retired_changes(pool, "inpatient"), *by_filing(pool)]
    moves.append(pool_payment(pool, "inpatient", "employee_pool" if pool.employee else "resident_pool"))
    moves += large(pool)
    supplement = pool.take("inpatient", "retired_unified_supplement_of_personal_share")
    if supplement:
        value = {"in_service": 0, "retired": supplement["value"]}
        moves.append(
            {"use": "supplement_of_remainder", "ratio": sourced(value, supplement), "fund": "retiree_supplement"}
        )
    moves += critical(pool)
    moves += on_top(pool)
    return moves


def outpatient(pool: Pool) -> list[dict[str, Any]] | None:
    """Mechanisms of an outpatient visit, in order."""
    section = "outpatient"
    if pool.data.get(section, {}).get("ratio_above_20000"):
        return outpatient_by_large_fund(pool)
    bands = ratio_bands(pool, section, ("ratio_in_service", "ratio"))
    if bands is None:
        return None
    moves = cost(pool)
    visit, year = pool.take(section, "deductible_per_visit"), pool.take(section, "deductible_year")
    if visit:
        moves.append({"use": "deductible_per_visit", "amount": sourced(table(visit["value"]), visit)})
    if year:
        moves.append({"use": "deductible_per_year", "amount": sourced(table(year["value"]), year)})
    limit = pool.take(section, "cost_cap_year")
    if limit:
        bands[-1]["to"] = limit["value"]
    over = "year" if len(bands) > 1 or limit else "stay"
    moves.append(
        {
            "use": "bands",
            "counted": "in_scope" if over == "year" else "over_deductible",
            "over": over,
            "bands": bands,
        }
    )
    moves += [*retired_changes(pool, section), *by_filing(pool)]
    moves.append(pool_payment(pool, section, "employee_outpatient" if pool.employee else "resident_outpatient"))
    pool.take(section, "cap")
    return moves


def outpatient_by_large_fund(pool: Pool) -> list[dict[str, Any]]:
    """Outpatient care paid by the large-amount fund, retired people's remainder halved by a supplement."""
    section = "outpatient"
    year, working = pool.take(section, "deductible_year"), pool.take(section, "ratio_in_service")
    retired, above = pool.take(section, "ratio_retired"), pool.take(section, "ratio_above_20000")
    assert year and working and retired and above  # noqa: S101, PT018
    pool.take(section, "cap")
    # The source prints what fund and supplement pay together; the fund's own part is what leaves half the rest.
    part = apply(table(retired["value"]), lambda n: tidy(2 * n - 1))
    first = {
        "in_service": sourced(table(working["value"]), working),
        "retired": sourced(part, retired, provenance="derived"),
    }
    v = above["value"]
    second = {"in_service": v["in_service"], "retired": tidy(2 * v["retired"] - 1)}
    return [
        *cost(pool),
        {"use": "deductible_per_year", "amount": sourced(table(year["value"]), year)},
        {
            "use": "bands",
            "counted": "in_scope",
            "over": "year",
            "bands": [
                {"from": 0, "to": 20000, "ratio": first},
                {"from": 20000, "to": None, "ratio": sourced(second, above)},
            ],
        },
        *by_filing(pool),
        {"use": "pool_payment", "fund": "employee_large"},
        {
            "use": "supplement_of_remainder",
            "ratio": sourced({"in_service": 0, "retired": 0.5}, retired),
            "fund": "retiree_supplement",
        },
    ]
