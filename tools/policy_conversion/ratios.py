"""Ratios and bands, and what changes them: filing, retirement, place."""

from __future__ import annotations

from typing import Any

from tools.policy_conversion.pool import Pool
from tools.policy_conversion.values import BAND, FILINGS, apply, sourced, table, tidy


def by_filing(pool: Pool) -> list[dict[str, Any]]:
    """The out-of-town effect on ratios."""
    section = "out_of_town"
    ratios = pool.take(section, "ratios")
    special = pool.take(section, "other_temporary_factor")
    drop = pool.take(section, "out_of_city_drop")
    found = []
    if ratios or special:
        value: dict[str, Any] = dict.fromkeys(FILINGS, 1)
        entry = ratios or special
        if ratios:
            r = ratios["value"]
            value["referral"] = value["emergency"] = tidy(r["referral_or_emergency"])
            value["other_temporary"] = value["unfiled"] = tidy(r["other_temporary"])
        if special:  # the pool's own rule is better than the compilation's multipliers
            value["other_temporary"] = value["unfiled"] = tidy(special["value"])
        assert entry is not None  # noqa: S101
        factor: Any = sourced(value, entry)
        if ratios and special:
            own_rule = ("other_temporary", "unfiled")
            factor = {k: sourced(v, special if k in own_rule else ratios) for k, v in value.items()}
        found.append({"use": "out_of_town_factor", "factor": factor})
    if drop:
        value = {k: 0 if k in ("local", "long_term") else drop["value"] for k in FILINGS}
        found.append({"use": "out_of_town_drop", "points": sourced(value, drop)})
    return found


def cost(pool: Pool) -> list[dict[str, Any]]:
    """What the out-of-town rules take out before anything else."""
    found = []
    share = pool.take("out_of_town", "first_self_pay")
    if share:
        v = share["value"]
        value = {
            k: 0
            if k == "local"
            else v.get("long_term_filed", v.get("out_of_region"))
            if k == "long_term"
            else v.get("referral_or_emergency", v.get("out_of_region"))
            if k in ("referral", "emergency")
            else v.get("other_temporary", v.get("out_of_region"))
            for k in FILINGS
        }
        found.append({"use": "out_of_town_first_self_pay", "share": sourced(apply(value, tidy), share)})
    refused = pool.take("out_of_town", "unreferred_non_emergency")
    if refused:
        value = {k: int(k in ("other_temporary", "unfiled")) for k in FILINGS}
        found.append({"use": "not_paid", "refused": sourced(value, refused)})
    return found


def away_in_province(pool: Pool, what: str) -> dict[str, Any]:
    """The table for care in the pool's province but out of its city; beyond the province the same is assumed."""
    entry = pool.take("out_of_town", "in_province_out_of_city")
    if not entry:
        return {}
    value = table(entry["value"][what])
    beyond = {**entry, "note": pool.words["assumed"]["beyond_the_province"]}
    return {
        "in_province": sourced(value, entry),
        "out_of_province": sourced(value, beyond, provenance="assumed", confidence="low"),
    }


def band_ratio(pool: Pool, section: str, names: tuple[str, ...]) -> Any:
    """The ratio of one band: sourced, with the retired's own table where there is one."""
    entry = pool.take(section, *names)
    if entry is None:
        return None
    retired = pool.take(section, "ratio_retired")
    if retired:
        return {
            "in_service": sourced(table(entry["value"]), entry),
            "retired": sourced(table(retired["value"]), retired),
        }
    return sourced(table(entry["value"]), entry)


def ratio_bands(pool: Pool, section: str, names: tuple[str, ...]) -> list[dict[str, Any]] | None:
    """Bands of ratios: as written, or one band for a flat ratio."""
    entry = next((pool.data[section][n] for n in names if n in pool.data.get(section, {})), None)
    if entry is None:
        return None
    value = entry["value"]
    if isinstance(value, dict) and all(BAND.match(k) for k in value):
        pool.take(section, *names)
        found = []
        for key, ratio in value.items():
            start, end = BAND.match(key).groups()  # type: ignore[union-attr]
            found.append({"from": int(start), "to": int(end) if end else None, "ratio": sourced(table(ratio), entry)})
        return found
    return [{"from": 0, "to": None, "ratio": band_ratio(pool, section, names)}]


def retired_changes(pool: Pool, section: str) -> list[dict[str, Any]]:
    """Changes of ratios for retired people."""
    found = []
    factor = pool.take(section, "retired_personal_share_factor")
    if factor:
        value = {"in_service": 1, "retired": factor["value"]}
        found.append({"use": "personal_share_factor", "factor": sourced(value, factor)})
    points = pool.take(section, "retired_add", "ratio_retired_add")
    if points:
        value = {"in_service": 0, "retired": points["value"]}
        found.append({"use": "added_points", "points": sourced(value, points)})
    return found
