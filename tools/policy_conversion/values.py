"""Numbers and tables of the source in the dimensions of the engine, each with its origin."""

from __future__ import annotations

import re
from typing import Any

import yaml

LEVELS = ("community", "township", "L1", "L2", "L3", "L3_province", "other")
FILINGS = ("local", "long_term", "referral", "emergency", "other_temporary", "unfiled")
OWN = {"source": "REFERENCE", "provenance": "reference", "confidence": "low"}
BAND = re.compile(r"(\d+)(?:-(\d+)|\+)$")
_DAY = re.compile(r"\d{4}-\d\d-\d\d$")


class Flow(dict[str, Any]):
    """Printed on one line."""


class Dumper(yaml.SafeDumper):
    """Writes our files: no aliases, a `Flow` on one line."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the name of the base class
        """Never an alias: what is the same is written again."""
        return True


Dumper.add_representer(
    Flow, lambda dumper, data: dumper.represent_mapping("tag:yaml.org,2002:map", data.items(), flow_style=True)
)


def deep_move(move: dict[str, Any]) -> dict[str, Any]:
    """A mechanism written in the words file, its numbers on one line each."""
    return {
        k: [deep_move(b) for b in v] if isinstance(v, list) else deep(v) if isinstance(v, dict) else v
        for k, v in move.items()
    }


def origin(entry: dict[str, Any], **changes: str) -> dict[str, Any]:
    """Source, provenance, confidence and note of an entry, as a policy file writes them."""
    found: dict[str, Any] = {k: str(entry[k]) for k in ("source", "provenance", "confidence")}
    found.update(changes)
    if "note" in entry:
        found["note"] = entry["note"]
    return found


def deep(value: Any) -> Any:
    """A value as nested one-line objects."""
    return Flow({k: deep(v) for k, v in value.items()}) if isinstance(value, dict) else value


def sourced(value: Any, entry: dict[str, Any], **changes: str) -> Any:
    """A number or table with its origin."""
    return deep({"value": value, **origin(entry, **changes)})


def own(value: Any, zh: str, en: str) -> Any:
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
    """Every number of a table by a factor."""
    return apply(value, lambda n: tidy(n * factor))


def minus(value: Any, cut: float) -> Any:
    """Every number of a table less a cut, never below nothing."""
    return apply(value, lambda n: tidy(max(0, n - cut)))


def tidy(number: float) -> float | int:
    """A number without the dust of floating point: four decimals are all that the source has."""
    rounded = round(number, 4)
    return int(rounded) if rounded == int(rounded) else rounded


def dated(value: Any) -> bool:
    """Whether a value differs by date."""
    return isinstance(value, dict) and all(_DAY.match(k) for k in value)


def early(entry: dict[str, Any], since: str) -> dict[str, Any]:
    """A number used before the date from which its source vouches for it."""
    note = {"zh": f"来源只写明 {since} 起的数值，此前沿用", "en": f"the source vouches for it from {since} on only"}
    return {**entry, "provenance": "assumed", "confidence": "low", "note": note}
