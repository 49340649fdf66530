"""Makes ``fixtures/policies/*.yaml`` from the shared file of benefit parameters.

    python tools/convert_policies.py POLICIES.yaml [OUT_DIR]

Every entry of the source becomes a number of a mechanism or, where no mechanism can use it, a row of ``not_modelled``:
nothing is dropped. The mapping is by name of the entry, never by name of a place. Chinese for notes and names stands in
``convert_policies.yaml`` beside this script; a note without Chinese stops the conversion.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent
WORDS = yaml.safe_load((ROOT / "convert_policies.yaml").read_text(encoding="utf-8"))
LEVELS = ("community", "township", "L1", "L2", "L3", "L3_province", "other")
FILINGS = ("local", "long_term", "referral", "emergency", "other_temporary", "unfiled")
OWN = {"source": "REFERENCE", "provenance": "reference", "confidence": "low"}
BAND = re.compile(r"(\d+)(?:-(\d+)|\+)$")


yaml.SafeDumper.ignore_aliases = lambda *_: True  # type: ignore[method-assign]  # our files have none


def deep_move(move: dict[str, Any]) -> dict[str, Any]:
    """A mechanism written in the words file, its numbers on one line each."""
    return {
        k: [deep_move(b) for b in v] if isinstance(v, list) else deep(v) if isinstance(v, dict) else v
        for k, v in move.items()
    }


class Flow(dict[str, Any]):
    """Printed on one line."""


yaml.SafeDumper.add_representer(
    Flow, lambda dumper, data: dumper.represent_mapping("tag:yaml.org,2002:map", data.items(), flow_style=True)
)


def text(en: str) -> dict[str, str]:
    """A note in both languages."""
    return {"zh": WORDS["notes"][en], "en": en}


def origin(entry: dict[str, Any], **changes: str) -> dict[str, Any]:
    """Source, provenance, confidence and note of an entry, as a policy file writes them."""
    found: dict[str, Any] = {k: str(entry[k]) for k in ("source", "provenance", "confidence")}
    found.update(changes)
    if "note" in entry:
        found["note"] = text(entry["note"]) if isinstance(entry["note"], str) else entry["note"]
    return found


def deep(value: Any) -> Any:
    """A value as nested one-line objects."""
    return Flow({k: deep(v) for k, v in value.items()}) if isinstance(value, dict) else value


def sourced(value: Any, entry: dict[str, Any], **changes: str) -> Flow:
    """A number or table with its origin."""
    return deep({"value": value, **origin(entry, **changes)})


def own(value: Any, zh: str, en: str) -> Flow:
    """A number that the reference decided, with the reason."""
    return deep({"value": value, **OWN, "note": {"zh": zh, "en": en}})


def levels(value: dict[str, Any]) -> dict[str, Any]:
    """A table by level in the levels that the engine knows."""
    found = dict(value)
    if "L1_L2" in found:
        found["L1"] = found["L2"] = found.pop("L1_L2")
    if "L3_city" in found:
        found["L3"] = found.pop("L3_city")
    if "primary" in found:
        primary = found.pop("primary")
        found = {"community": primary, "township": primary, "L1": primary, **found}
    if "all" in found:
        rest = found.pop("all")
        found = {"L1": rest, "L2": rest, "L3": rest, **found}
    if "other_under70" in found:
        found["other"] = {"age_0": found.pop("other_under70"), "age_70": found.pop("other_70plus")}
    if "other" not in found and not {"L1", "L2", "L3"} <= set(found):
        found = {"other": max(found.values())}
    return {k: found[k] for k in LEVELS if k in found}


def persons(value: dict[str, Any]) -> dict[str, Any]:
    """A table by person, ages inside."""
    found: dict[str, Any] = {"in_service": value["in_service"]}
    if "retired_under70" in value:
        found["retired"] = {"age_0": value["retired_under70"], "age_70": value["retired_70plus"]}
    else:
        found["retired"] = value["retired"]
    return {**found, **{k: v for k, v in value.items() if k.startswith("retired_before_")}}


def table(value: Any) -> Any:
    """Any value of the source in the dimensions that the engine knows."""
    if not isinstance(value, dict):
        return value
    keys = set(value)
    if "in_service" in keys:
        return persons(value)
    if "under60" in keys:
        return {"age_0": value["60plus_or_child"], "age_18": value["under60"], "age_60": value["60plus_or_child"]}
    if keys <= {"ordinary", "needy"} or "tier1" in keys:
        return value
    return levels(value)


def apply(value: Any, change: Any) -> Any:
    """A table with every number changed."""
    return {k: apply(v, change) for k, v in value.items()} if isinstance(value, dict) else change(value)


def times(value: Any, factor: float) -> Any:
    return apply(value, lambda n: _tidy(n * factor))


def minus(value: Any, cut: float) -> Any:
    return apply(value, lambda n: _tidy(max(0, n - cut)))


def _tidy(number: float) -> float | int:
    rounded = round(number, 4)
    return int(rounded) if rounded == int(rounded) else rounded


def dated(value: Any) -> bool:
    """Whether a value differs by date."""
    return isinstance(value, dict) and all(re.match(r"\d{4}-\d\d-\d\d$", k) for k in value)


def early(entry: dict[str, Any], since: str) -> dict[str, Any]:
    """A number used before the date from which its source vouches for it."""
    note = {"zh": f"来源只写明 {since} 起的数值，此前沿用", "en": f"the source vouches for it from {since} on only"}
    return {**entry, "provenance": "assumed", "confidence": "low", "note": note}


class Pool:
    """One entry of the source on its way to a policy version; remembers which entries were used."""

    def __init__(self, data: dict[str, Any], day: str) -> None:
        self.data = data
        self.day = day
        self.used: set[tuple[str, str]] = set()
        self.employee = data["insurance"] == "employee"

    def take(self, section: str, *names: str) -> dict[str, Any] | None:
        """The first of these entries that exists, its dated value resolved; it counts as used."""
        for name in names:
            entry = self.data.get(section, {}).get(name)
            if entry is None:
                continue
            self.used.add((section, name))
            value = entry["value"]
            if dated(value):
                held = [day for day in value if day <= self.day]
                since = max(held) if held else min(value)
                entry = {**entry, "value": value[since]}
            else:
                since = entry.get("effective_from", self.day)
            return entry if since <= self.day else early(entry, since)
        return None

    # --- parts -------------------------------------------------------------------------------------------------------

    def by_filing(self) -> list[dict[str, Any]]:
        """The out-of-town effect on ratios."""
        section = "out_of_town"
        ratios = self.take(section, "ratios")
        special = self.take(section, "other_temporary_factor")
        drop = self.take(section, "out_of_city_drop")
        found = []
        if ratios or special:
            value: dict[str, Any] = dict.fromkeys(FILINGS, 1)
            entry = ratios or special
            if ratios:
                r = ratios["value"]
                value["referral"] = value["emergency"] = _tidy(r["referral_or_emergency"])
                value["other_temporary"] = value["unfiled"] = _tidy(r["other_temporary"])
            if special:  # the pool's own rule is better than the compilation's multipliers
                value["other_temporary"] = value["unfiled"] = _tidy(special["value"])
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

    def cost(self) -> list[dict[str, Any]]:
        """What the out-of-town rules take out before anything else."""
        found = []
        share = self.take("out_of_town", "first_self_pay")
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
            found.append({"use": "out_of_town_first_self_pay", "share": sourced(apply(value, _tidy), share)})
        refused = self.take("out_of_town", "unreferred_non_emergency")
        if refused:
            value = {k: int(k in ("other_temporary", "unfiled")) for k in FILINGS}
            found.append({"use": "not_paid", "refused": sourced(value, refused)})
        return found

    def away_in_province(self, what: str) -> dict[str, Any]:
        """The table for care in the pool's province but out of its city; beyond the province the same is assumed."""
        entry = self.take("out_of_town", "in_province_out_of_city")
        if not entry:
            return {}
        value = table(entry["value"][what])
        beyond = {**entry, "note": WORDS["assumed"]["beyond_the_province"]}
        return {
            "in_province": sourced(value, entry),
            "out_of_province": sourced(value, beyond, provenance="assumed", confidence="low"),
        }

    def stay_deductible(self) -> list[dict[str, Any]]:
        """The deductible of stays."""
        year = self.take("inpatient", "deductible_year")
        if year:
            return [{"use": "deductible_per_year", "amount": sourced(table(year["value"]), year)}]
        each = self.take("inpatient", "deductible_per_stay")
        first = each or self.take("inpatient", "deductible_first", "deductible_quote")
        away = self.take("inpatient", "deductible_out_of_region")
        if away:
            near = self.take("inpatient", "deductible_out_of_city_in_region")
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
            entry = self.take("inpatient", name)
            if entry:
                person = sourced(change(value, entry["value"]), entry, provenance="derived")
        other = self.take("inpatient", "deductible_first_retired")
        if other:
            person = sourced(table(other["value"]), other)
        if person:
            amount = {"in_service": amount, "retired": person}
        share = self.take("out_of_town", "deductible_share_of_total")
        if share:
            low, high = self.take("out_of_town", "deductible_min"), self.take("out_of_town", "deductible_max")
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
        by_place = self.away_in_province("deductible")
        if by_place:
            amount = {"home": amount, **by_place}
        rule: dict[str, Any] = {"use": "deductible_by_stay", "first": amount}
        later = self.take("inpatient", "deductible_later")
        if later:
            rule["second"] = sourced(table(later["value"]), later)
        for name, change in (("deductible_second_factor", times), ("repeat_stay_cut", minus)):
            entry = self.take("inpatient", name)
            if entry:
                rule["second"] = sourced(change(value, entry["value"]), entry, provenance="derived")
        third = self.take("inpatient", "deductible_third_factor")
        if third:
            rule["third"] = sourced(times(value, third["value"]), third, provenance="derived")
        third = self.take("inpatient", "deductible_third_plus")
        if third:
            rule["third"] = sourced(third["value"], third)
        return [rule]

    def ratio(self, section: str, names: tuple[str, ...]) -> Any:
        """The ratio of one band: sourced, with the retired's own table where there is one."""
        entry = self.take(section, *names)
        if entry is None:
            return None
        retired = self.take(section, "ratio_retired")
        if retired:
            return {
                "in_service": sourced(table(entry["value"]), entry),
                "retired": sourced(table(retired["value"]), retired),
            }
        return sourced(table(entry["value"]), entry)

    def ratio_bands(self, section: str, names: tuple[str, ...]) -> list[dict[str, Any]] | None:
        """Bands of ratios: as written, or one band for a flat ratio."""
        entry = next((self.data[section][n] for n in names if n in self.data.get(section, {})), None)
        if entry is None:
            return None
        value = entry["value"]
        if isinstance(value, dict) and all(BAND.match(k) for k in value):
            self.take(section, *names)
            found = []
            for key, ratio in value.items():
                start, end = BAND.match(key).groups()  # type: ignore[union-attr]
                found.append(
                    {"from": int(start), "to": int(end) if end else None, "ratio": sourced(table(ratio), entry)}
                )
            return found
        return [{"from": 0, "to": None, "ratio": self.ratio(section, names)}]

    def retired_changes(self, section: str) -> list[dict[str, Any]]:
        """Changes of ratios for retired people."""
        found = []
        factor = self.take(section, "retired_personal_share_factor")
        if factor:
            value = {"in_service": 1, "retired": factor["value"]}
            found.append({"use": "personal_share_factor", "factor": sourced(value, factor)})
        points = self.take(section, "retired_add", "ratio_retired_add")
        if points:
            value = {"in_service": 0, "retired": points["value"]}
            found.append({"use": "added_points", "points": sourced(value, points)})
        return found

    def critical(self) -> list[dict[str, Any]]:
        """Critical-illness insurance."""
        deductible, ratio = self.take("critical_illness", "deductible"), None
        if deductible:
            ratio = self.take("critical_illness", "ratio")
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
        cap = self.take("critical_illness", "cap")
        if cap:
            rule["cap"] = sourced(cap["value"], cap)
        step = self.take("critical_illness", "incentive_cap_add")
        if step:
            rule["cap_step"] = sourced(step["value"], step)
        rule["bands"] = bands
        rule["fund"] = "employee_critical" if self.employee else "resident_critical"
        return [rule]

    def large(self) -> list[dict[str, Any]]:
        """The employees' large-amount fund above the cap."""
        in_service = self.take("large_amount", "inpatient_ratio_in_service")
        ratio: Any = None
        if in_service:
            retired = self.take("large_amount", "inpatient_ratio_retired_large_fund")
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
            entry = None if ratio else self.take(section, name)
            if entry:
                ratio = sourced(entry["value"], entry)
        check = self.take("large_amount", "inpatient_ratio_retired_with_supplement")
        if check:  # what the fund and the supplement's half of the rest make together
            alone = self.data["large_amount"]["inpatient_ratio_retired_large_fund"]["value"]
            assert _tidy(alone + (1 - alone) / 2) == check["value"]  # noqa: S101
        cap_name, section = "cap", "large_amount"
        scheme = (
            None
            if ratio or "deductible" in self.data.get("critical_illness", {})
            else self.take("critical_illness", "ratio")
        )
        if scheme:  # a scheme without a deductible of its own pays above the pool's cap
            ratio, section = sourced(scheme["value"], scheme), "critical_illness"
        if not ratio:
            return []
        rule: dict[str, Any] = {"use": "large_amount", "ratio": ratio}
        cap = self.take(section, cap_name, "cap_large_year")
        if cap:
            rule["cap"] = sourced(cap["value"], cap)
        total = self.take("large_amount", "cap_total_year")
        if total:
            rule["cap_with_pool"] = sourced(total["value"], total)
        rule["fund"] = "employee_large"
        return [rule]

    def pool_payment(self, section: str, fund: str) -> dict[str, Any]:
        """Payment by the pool up to its cap; a cap that is no number stays in the notes."""
        rule: dict[str, Any] = {"use": "pool_payment"}
        entry = self.data.get(section, {}).get("pool_cap_year") or self.data.get(section, {}).get("cap_year")
        if entry and not isinstance(entry["value"], str):
            cap = self.take(section, "pool_cap_year", "cap_year")
            assert cap is not None  # noqa: S101
            rule["cap"] = sourced(table(cap["value"]), cap)
        floor = self.take(section, "floor_of_total")
        if floor:
            v = floor["value"]
            where = {"home": v["in_province"], "in_province": v["in_province"], "out_of_province": v["out_of_province"]}
            rule["floor"] = sourced(where, floor)
        return {**rule, "fund": fund}

    # --- care --------------------------------------------------------------------------------------------------------

    def inpatient(self) -> list[dict[str, Any]] | None:
        """Mechanisms of a stay, in order."""
        bands = self.ratio_bands("inpatient", ("ratio_in_service", "ratio", "ratio_quote"))
        if bands is None:
            return self.critical() or None
        moves = [*self.cost(), *self.stay_deductible()]
        counted = "in_scope" if len(bands) > 1 else "over_deductible"
        by_place = self.away_in_province("ratio")
        if by_place:
            bands = [{"from": 0, "to": None, "ratio": {"home": bands[0]["ratio"], **by_place}}]
        away = self.take("out_of_town", "ratio")
        if away:
            drop = self.take("out_of_town", "unreferred_drop")
            assert drop is not None  # noqa: S101
            home = bands[0]["ratio"]
            less = sourced(_tidy(away["value"] - drop["value"]), drop, provenance="derived")
            by = {
                "local": home,
                "long_term": home,
                "referral": sourced(away["value"], away),
                "emergency": sourced(away["value"], away),
            }
            bands = [{"from": 0, "to": None, "ratio": {**by, "other_temporary": less, "unfiled": less}}]
        moves.append({"use": "bands", "counted": counted, "over": "stay", "bands": bands})
        moves += [*self.retired_changes("inpatient"), *self.by_filing()]
        moves.append(self.pool_payment("inpatient", "employee_pool" if self.employee else "resident_pool"))
        moves += self.large()
        supplement = self.take("inpatient", "retired_unified_supplement_of_personal_share")
        if supplement:
            value = {"in_service": 0, "retired": supplement["value"]}
            moves.append(
                {"use": "supplement_of_remainder", "ratio": sourced(value, supplement), "fund": "retiree_supplement"}
            )
        moves += self.critical()
        moves += self.on_top()
        return moves

    def on_top(self) -> list[dict[str, Any]]:
        """Civil servants' supplement, medical aid, the ceiling of everything."""
        found: list[dict[str, Any]] = []
        subsidy = self.take("other", "civil_servant_subsidy_ratio")
        if subsidy:
            edge = WORDS["assumed"]["civil_servant_edge"]
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
        aid = self.take("other", "medical_aid_ratio_by_group")
        if aid:
            words = WORDS["assumed"]["medical_aid_groups"]
            value = {"none": 0, **dict(zip(words["order"], aid["value"], strict=True))}
            entry = {**aid, "note": words["note"], "confidence": "low"}
            found.append({"use": "medical_aid", "ratio": sourced(value, entry), "fund": "medical_aid"})
        ceiling = self.take("inpatient", "total_paid_ceiling_ratio")
        if ceiling:
            found.append({"use": "ceiling_of_total", "ratio": sourced(ceiling["value"], ceiling)})
        return found

    def outpatient(self) -> list[dict[str, Any]] | None:
        """Mechanisms of an outpatient visit, in order."""
        section = "outpatient"
        if self.data.get(section, {}).get("ratio_above_20000"):
            return self.outpatient_by_large_fund()
        bands = self.ratio_bands(section, ("ratio_in_service", "ratio"))
        if bands is None:
            return None
        moves = self.cost()
        visit, year = self.take(section, "deductible_per_visit"), self.take(section, "deductible_year")
        if visit:
            moves.append({"use": "deductible_per_visit", "amount": sourced(table(visit["value"]), visit)})
        if year:
            moves.append({"use": "deductible_per_year", "amount": sourced(table(year["value"]), year)})
        limit = self.take(section, "cost_cap_year")
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
        moves += [*self.retired_changes(section), *self.by_filing()]
        moves.append(self.pool_payment(section, "employee_outpatient" if self.employee else "resident_outpatient"))
        self.take(section, "cap")
        return moves

    def outpatient_by_large_fund(self) -> list[dict[str, Any]]:
        """Outpatient care paid by the large-amount fund, retired people's remainder halved by a supplement."""
        section = "outpatient"
        year, working = self.take(section, "deductible_year"), self.take(section, "ratio_in_service")
        retired, above = self.take(section, "ratio_retired"), self.take(section, "ratio_above_20000")
        assert year and working and retired and above  # noqa: S101, PT018
        self.take(section, "cap")
        # The source prints what fund and supplement pay together; the fund's own part is what leaves half the rest.
        part = apply(table(retired["value"]), lambda n: _tidy(2 * n - 1))
        first = {
            "in_service": sourced(table(working["value"]), working),
            "retired": sourced(part, retired, provenance="derived"),
        }
        v = above["value"]
        second = {"in_service": v["in_service"], "retired": _tidy(2 * v["retired"] - 1)}
        return [
            *self.cost(),
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
            *self.by_filing(),
            {"use": "pool_payment", "fund": "employee_large"},
            {
                "use": "supplement_of_remainder",
                "ratio": sourced({"in_service": 0, "retired": 0.5}, retired),
                "fund": "retiree_supplement",
            },
        ]

    def materials(self) -> dict[str, Any]:
        """Own shares of materials (charge item 08), where the pool tells home-made from imported ones."""
        by = self.take("other", "material_first_self_pay")
        if by:
            return {
                "08": sourced(by["value"]["domestic"], by),
                "08-imported": sourced(by["value"]["imported"], by),
            }
        home, away = self.take("other", "domestic_material_counts_at"), None
        if home:
            away = self.take("other", "special_exam_or_import_material_counts_at")
        if not home or not away:
            return {}
        return {
            "08": sourced(_tidy(1 - home["value"]), home, provenance="derived"),
            "08-imported": sourced(_tidy(1 - away["value"]), away, provenance="derived"),
        }

    def class_b(self) -> dict[str, Any]:
        """The first self-pay shares of class B, and of charge items that have their own."""
        items = self.materials()
        return {**self.class_b_share(), **({"items": items} if items else {})}

    def class_b_share(self) -> dict[str, Any]:
        """The first self-pay share of class B."""
        share = self.take("other", "class_b_first_self_pay")
        if share:
            return {"share": sourced(share["value"], share)}
        counts = self.take("other", "class_b_counts_at")
        if counts:
            return {"share": sourced(_tidy(1 - counts["value"]), counts, provenance="derived")}
        if self.data["pool"] == "Beijing":
            note = {"zh": "见于北京收据", "en": "seen on a Beijing receipt"}
            return {
                "share": deep(
                    {"value": 0.1, "source": "BJRCPT", "provenance": "found", "confidence": "medium", "note": note}
                )
            }
        note = {
            "zh": "本地比例未找到，取常见的一成",
            "en": "the pool's own share was not found; the common tenth is taken",
        }
        return {
            "share": deep(
                {"value": 0.1, "source": "NANCHANG,BJRCPT", "provenance": "assumed", "confidence": "low", "note": note}
            )
        }

    def version(self) -> dict[str, Any]:
        """The whole version."""
        inpatient = self.inpatient()
        outpatient = self.outpatient()
        care: dict[str, Any] = {}
        more = WORDS["additions"].get(self.data["id"], {})
        for kind, listed in (("outpatient", outpatient), ("inpatient", inpatient)):
            if listed:
                listed += [deep_move(move) for move in more.get(f"on_top_of_{kind}", ())]
        if outpatient:
            care |= {"outpatient": outpatient, "emergency": "outpatient", "pharmacy": "outpatient"}
        if inpatient:
            care["inpatient"] = inpatient
        if "chronic" in more:
            care["chronic"] = [deep_move(move) for move in more["chronic"]]
        found: dict[str, Any] = {"from": self.day}
        if self.data.get("notes", "").startswith("historic"):  # known for its own year only
            found["until"] = f"{int(self.day[:4]) + 1}-01-01"
        found["class_b"] = self.class_b()
        areas = self.take("out_of_town", "no_filing_needed_in")
        if areas:
            codes = [WORDS["provinces"][name] for name in areas["value"]]
            found["no_filing"] = {"areas": codes, "treated_as": "long_term", **origin(areas)}
        pays = "personal_share" if self.employee else "nothing"
        found["account"] = Flow(
            pays=pays,
            source="REFERENCE",
            provenance="reference",
            confidence="low",
            note=Flow(zh="各地对账户可支付的范围规定不同", en="what the account may pay differs by place"),
        )
        found["care"] = care
        rows = [
            {"what": Flow(zh=f"{s}.{n}", en=f"{s}.{n}"), "value": deep(entry["value"]), **origin(entry)}
            for s, entries in self.data.items()
            if isinstance(entries, dict)
            for n, entry in entries.items()
            if (s, n) not in self.used
        ]
        if rows:
            found["not_modelled"] = rows
        return found


def days(data: dict[str, Any]) -> list[str]:
    """The dates from which something holds: the pool's own, and those of dated values after it."""
    found = {data["effective_from"]}
    for section in data.values():
        for entry in section.values() if isinstance(section, dict) else ():
            value = entry.get("value")
            if dated(value):
                found |= {k for k in value if k > data["effective_from"]}
            if entry.get("effective_from", "") > data["effective_from"]:
                found.add(entry["effective_from"])
    return sorted(found)


def policy(data: dict[str, Any]) -> dict[str, Any]:
    """One policy file."""
    return {
        "id": data["id"],
        "pool": Flow(zh=WORDS["pools"][data["pool"]], en=data["pool"]),
        "admdvs": data["region_code"],
        "insutype": "310" if data["insurance"] == "employee" else "390",
        "versions": [Pool(data, day).version() for day in days(data)],
    }


def main(source: Path, out: Path) -> None:
    """Write one file a pool, and the table of sources."""
    data = yaml.safe_load(source.read_text(encoding="utf-8"))
    out.mkdir(parents=True, exist_ok=True)
    for entry in data["pools"]:
        _write(out / f"{entry['id']}.yaml", policy(entry))
    sources = {
        **data["sources"],
        "REFERENCE": "decided by the reference itself",
        "CATALOGUE": "the catalogue of the treatment place",
        **WORDS["sources"],
    }
    _write(out / "sources.yaml", {"sources": sources})


def _write(file: Path, data: dict[str, Any]) -> None:
    dumped = yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=118)
    file.write_text(
        "# Made by tools/convert_policies.py; the sources are in sources.yaml.\n" + dumped, encoding="utf-8"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else ROOT.parent / "fixtures" / "policies")
