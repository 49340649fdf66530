"""The participants (`fixtures/regions`): every provincial region and the Corps, and when each joined."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache, lru_cache
from typing import Any

from attrs import frozen

from sim.files import check, read_yaml
from sim.lang import Text, plain
from sim.resources import fixtures


@frozen
class Joined:
    """When a region joined: ``value`` as the source has it (``"2017-09"``), ``latest`` the last day it can mean."""

    value: str
    latest: date
    source: str
    provenance: str
    confidence: str
    note: str = ""


@frozen
class Region:
    """One participant. ``code`` is the province's division code; ``population`` None: not counted alone."""

    code: str
    name: Text
    population: int | None
    pilot_group: str | None
    flow: str
    inpatient: Joined
    outpatient: Joined


@frozen
class Milestone:
    """One step of the roll-out; ``date`` to the day or the month."""

    date: str
    event: Text
    source: str
    provenance: str
    confidence: str
    regions: tuple[str, ...] = ()


@lru_cache(4096)
def province_of(admdvs: str) -> str:
    """The province of a division code: ``province_of("520100") == "520000"``; empty for what is no division code."""
    return admdvs[:2] + "0000" if len(admdvs) == 6 and admdvs.isascii() and admdvs.isdigit() else ""


MUNICIPALITIES = ("110000", "120000", "310000", "500000")
"""Provinces that are one city."""


def city_of(admdvs: str) -> str:
    """The city of a division code: ``city_of("520103") == "520100"``; a municipality is one city."""
    province = province_of(admdvs)
    return province if province in MUNICIPALITIES or not province else admdvs[:4] + "00"


@cache
def regions() -> tuple[Region, ...]:
    """All participants in the order of their codes."""
    return tuple(
        Region(
            code=row["code"],
            name=plain(row["zh"], row["en"]),
            population=row["population"],
            pilot_group=row["pilot_group"],
            flow=row["flow"],
            inpatient=_joined(row["inpatient"]),
            outpatient=_joined(row["outpatient"]),
        )
        for row in _data()["regions"]
    )


@cache
def milestones() -> tuple[Milestone, ...]:
    """The roll-out in order of time."""
    return tuple(
        Milestone(
            date=row["date"],
            event=plain(row["zh"], row["en"]),
            source=row["source"],
            provenance=row["provenance"],
            confidence=row["confidence"],
            regions=tuple(row.get("regions", ())),
        )
        for row in _data()["milestones"]
    )


def connected(on: date, inpatient: bool = True, among: Sequence[Region] | None = None) -> tuple[Region, ...]:
    """The regions that had joined, for stays or for outpatient care, on a date (by the latest day a source allows)."""
    chosen = regions() if among is None else among
    return tuple(r for r in chosen if (r.inpatient if inpatient else r.outpatient).latest <= on)


@cache
def _data() -> Any:
    document = read_yaml(fixtures("regions", "regions.yaml"), "fixtures/regions/regions.yaml")
    check(document, SCHEMA)
    return document.data


def _joined(row: dict[str, Any]) -> Joined:
    return Joined(
        value=row["value"],
        latest=date.fromisoformat(row["latest"]),
        source=row["source"],
        provenance=row["provenance"],
        confidence=row["confidence"],
        note=row.get("note", ""),
    )


_TEXT = {"type": "string"}
_DAY = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
_PROVENANCE = {"enum": ["found", "recalled"]}
_CONFIDENCE = {"enum": ["high", "medium", "low"]}
_CODE = {"type": "string", "pattern": r"^\d{2}0000$"}
_JOINED = {
    "type": "object",
    "properties": {
        "value": _TEXT,
        "latest": _DAY,
        "source": _TEXT,
        "provenance": _PROVENANCE,
        "confidence": _CONFIDENCE,
        "note": _TEXT,
    },
    "required": ["value", "latest", "source", "provenance", "confidence"],
    "additionalProperties": False,
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "schema": {"const": 1},
        "sources": {"type": "object"},
        "milestones": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "date": _TEXT,
                    "zh": _TEXT,
                    "en": _TEXT,
                    "source": _TEXT,
                    "provenance": _PROVENANCE,
                    "confidence": _CONFIDENCE,
                    "regions": {"type": "array", "items": _CODE},
                },
                "required": ["date", "zh", "en", "source", "provenance", "confidence"],
                "additionalProperties": False,
            },
        },
        "regions": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "code": _CODE,
                    "zh": _TEXT,
                    "en": _TEXT,
                    "population": {"type": ["integer", "null"]},
                    "pilot_group": {"type": ["string", "null"]},
                    "flow": _TEXT,
                    "inpatient": _JOINED,
                    "outpatient": _JOINED,
                },
                "required": ["code", "zh", "en", "population", "pilot_group", "flow", "inpatient", "outpatient"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["schema", "sources", "milestones", "regions"],
    "additionalProperties": False,
}
