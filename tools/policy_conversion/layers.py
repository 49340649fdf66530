"""Who pays: the pool up to its cap, and the layers above it."""

from __future__ import annotations

from typing import Any

from tools.policy_conversion.pool import Pool
from tools.policy_conversion.values import sourced, table, tidy


def critical(pool: Pool) -> list[dict[str, Any]]:
    """Critical-illness insurance."""
    deductible, ratio = pool.take("critical_illness", "deductible"), None
    if deductible:
        ratio = pool.take("critical_illness", "ratio")
    if not deductible or not ratio:
        return []
    value = ratio["value"]
    if isinstance(value, dict) and "segments" in value:
        counted = value["basis"]
        bands = [{"from": s["from"], "to": s["to"], "ratio": sourced(s["ratio"], ratio)} for s in value["segments"]]
    else:
        counted, bands = "over_deductible", [{"from": 0, "to": None, "ratio": sourced(table(value), ratio)}]
    rule: dict[str, Any] = {
        "use": "critical_illness",
        "counted": counted,
        "deductible": sourced(table(deductible["value"]), deductible),
    }
    cap = pool.take("critical_illness", "cap")
    if cap:
        rule["cap"] = sourced(cap["value"], cap)
    step = pool.take("critical_illness", "incentive_cap_add")
    if step:
        rule["cap_step"] = sourced(step["value"], step)
    rule["bands"] = bands
    rule["fund"] = "employee_critical" if pool.employee else "resident_critical"
    return [rule]


def large(pool: Pool) -> list[dict[str, Any]]:
    """The employees' large-amount fund above the cap."""
    in_service = pool.take("large_amount", "inpatient_ratio_in_service")
    ratio: Any = None
    if in_service:
        retired = pool.take("large_amount", "inpatient_ratio_retired_large_fund")
        assert retired is not None  # noqa: S101
        ratio = {
            "in_service": sourced(in_service["value"], in_service),
            "retired": sourced(retired["value"], retired),
        }
    for section, name in (
        ("large_amount", "ratio_above_cap"),
        ("large_amount", "ratio"),
        ("inpatient", "ratio_above_cap"),
    ):
        entry = None if ratio else pool.take(section, name)
        if entry:
            ratio = sourced(entry["value"], entry)
    check = pool.take("large_amount", "inpatient_ratio_retired_with_supplement")
    if check:  # what the fund and the supplement's half of the rest make together
        alone = pool.data["large_amount"]["inpatient_ratio_retired_large_fund"]["value"]
        assert tidy(alone + (1 - alone) / 2) == check["value"]  # noqa: S101
    cap_name, section = "cap", "large_amount"
    scheme = (
        None
        if ratio or "deductible" in pool.data.get("critical_illness", {})
        else pool.take("critical_illness", "ratio")
    )
    if scheme:  # a scheme without a deductible of its own pays above the pool's cap
        ratio, section = sourced(scheme["value"], scheme), "critical_illness"
    if not ratio:
        return []
    rule: dict[str, Any] = {"use": "large_amount", "ratio": ratio}
    cap = pool.take(section, cap_name, "cap_large_year")
    if cap:
        rule["cap"] = sourced(cap["value"], cap)
    total = pool.take("large_amount", "cap_total_year")
    if total:
        rule["cap_with_pool"] = sourced(total["value"], total)
    rule["fund"] = "employee_large"
    return [rule]


def pool_payment(pool: Pool, section: str, fund: str) -> dict[str, Any]:
    """Payment by the pool up to its cap; a cap that is no number stays in the notes."""
    rule: dict[str, Any] = {"use": "pool_payment"}
    entry = pool.data.get(section, {}).get("pool_cap_year") or pool.data.get(section, {}).get("cap_year")
    if entry and not isinstance(entry["value"], str):
        cap = pool.take(section, "pool_cap_year", "cap_year")
        assert cap is not None  # noqa: S101
        rule["cap"] = sourced(table(cap["value"]), cap)
    floor = pool.take(section, "floor_of_total")
    if floor:
        v = floor["value"]
        where = {"home": v["in_province"], "in_province": v["in_province"], "out_of_province": v["out_of_province"]}
        rule["floor"] = sourced(where, floor)
    return {**rule, "fund": fund}


def on_top(pool: Pool) -> list[dict[str, Any]]:
    """Civil servants' supplement, medical aid, the ceiling of everything."""
    found: list[dict[str, Any]] = []
    subsidy = pool.take("other", "civil_servant_subsidy_ratio")
    if subsidy:
        edge = pool.words["assumed"]["civil_servant_edge"]
        low, high = subsidy["value"]
        changes = {"provenance": "assumed", "confidence": "low"}
        bands = [
            {"from": 0, "to": edge["value"], "ratio": sourced(low, subsidy)},
            {
                "from": edge["value"],
                "to": None,
                "ratio": sourced(high, {**subsidy, "note": edge["note"]}, **changes),
            },
        ]
        found.append({"use": "civil_servant_bands", "over": "stay", "bands": bands, "fund": "civil_servant"})
    aid = pool.take("other", "medical_aid_ratio_by_group")
    if aid:
        words = pool.words["assumed"]["medical_aid_groups"]
        value = {"none": 0, **dict(zip(words["order"], aid["value"], strict=True))}
        entry = {**aid, "note": words["note"], "confidence": "low"}
        found.append({"use": "medical_aid", "ratio": sourced(value, entry), "fund": "medical_aid"})
    ceiling = pool.take("inpatient", "total_paid_ceiling_ratio")
    if ceiling:
        found.append({"use": "ceiling_of_total", "ratio": sourced(ceiling["value"], ceiling)})
    return found
