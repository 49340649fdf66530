"""The shape of a plan, as a JSON Schema (2020-12). Unknown keys are errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.world.people import FILINGS
from sim.world.visit import CREDENTIALS, DECLARATION

PROVENANCES = ("found", "derived", "recalled", "assumption")
"""Read in a text; computed from such; from memory, unchecked; a modelling assumption."""
CONFIDENCES = ("high", "medium", "low")
LEVELS = ("L3", "L2", "L1", "community", "township")
DESKS = ("counter", "admission", "discharge")
DURATIONS = ("register", "enter", "agree", "pay", "admit", "discharge")
LINKS = ("hospital", "hub", "insured")
MEASURES = (
    "visits",
    "settled",
    "settled_share",
    "fees",
    "mean_fee",
    "fund",
    "fund_share",
    "institutions",
    "mean_wait",
)
"""What can be compared with a published figure; see `sim.planning.published`."""


def _object(properties: Mapping[str, Any], *required: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
        **more,
    }


def _each(names: tuple[str, ...], schema: Mapping[str, Any], *required: str) -> dict[str, Any]:
    return _object(dict.fromkeys(names, schema), *required, minProperties=1)


def _figure(kind: str, **limits: Any) -> dict[str, Any]:
    """A bare value, or one with where it comes from, or a published figure by its id."""
    return {
        "type": [kind, "object"],
        **limits,
        "properties": {
            "value": {"type": kind, **limits},
            "statistic": TEXT,
            "source": TEXT,
            "provenance": {"enum": list(PROVENANCES)},
            "confidence": {"enum": list(CONFIDENCES)},
            "note": TEXT,
        },
        "additionalProperties": False,
    }


TEXT: dict[str, Any] = {"type": "string", "minLength": 1}
DATE = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
CLOCK = {"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d$"}
DIVISION = {"type": "string", "pattern": r"^\d{6}$"}
PAIR = _object({"zh": TEXT, "en": TEXT}, "zh", "en")
NUMBER = _figure("number", minimum=0)
SHARE = _figure("number", minimum=0, maximum=1)
COUNT = _figure("integer", minimum=0)
DURATION = _object(
    {"law": {"enum": ["fixed", "exponential", "lognormal"]}, "mean": NUMBER, "sigma": NUMBER}, "law", "mean"
)

_REGION = _object(
    {
        "code": DIVISION,
        "known": {"type": "array", "minItems": 1, "items": TEXT},
        "divisions": {"type": "array", "minItems": 1, "items": DIVISION},
        "institutions": _each(LEVELS, COUNT),
        "connected": {
            "type": "array",
            "minItems": 1,
            "items": _object({"from": DATE, "institutions": COUNT}, "from", "institutions"),
        },
    },
    "code",
)
_ORIGIN = _object(
    {
        "division": DIVISION,
        "insutype": {"enum": ["310", "390"]},
        "weight": NUMBER,
        "people": _figure("integer", minimum=1, maximum=3_000_000),
        "joined": DATE,
    },
    "division",
    "insutype",
    "weight",
    "people",
)
_BILL = _object(
    {
        "mean": NUMBER,
        "sigma": NUMBER,
        "classes": _object({"A": SHARE, "B": SHARE, "C": SHARE}, "A", "B", "C"),
        "lines": _object(
            {"least": {"type": "integer", "minimum": 1}, "most": {"type": "integer", "maximum": 100}}, "least", "most"
        ),
    },
    "mean",
    "sigma",
    "classes",
    "lines",
)
_DEMAND = _object(
    {
        "kind": {"enum": list(DECLARATION)},
        "expected": NUMBER,
        "per_institution_month": NUMBER,
        "growth": _figure("number", minimum=-0.9),
        "levels": _each(LEVELS, NUMBER),
        "bill": _BILL,
    },
    "kind",
    "levels",
    "bill",
)
_DESK = _object(
    {
        "counters": _each(LEVELS, _figure("integer", minimum=1)),
        "local": _object({"per_day": _each(LEVELS, NUMBER), "hold": DURATION}, "per_day", "hold"),
    },
    "counters",
)
_READER = _object({"time": DURATION, "failure": SHARE}, "time", "failure")
_PUBLISHED = _object(
    {
        "measure": {"enum": list(MEASURES)},
        "kind": {"enum": list(DECLARATION)},
        "figure": NUMBER,
        "role": {"enum": ["input", "check"]},
    },
    "measure",
    "figure",
    "role",
)

PLAN: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "yidi plan",
    **_object(
        {
            "plan": {"const": 1},
            "id": {"type": "string", "pattern": r"^[a-z0-9]+(-[a-z0-9]+)*$"},
            "title": PAIR,
            "about": PAIR,
            "seed": {"type": "integer", "minimum": 0, "maximum": 2**64 - 1},
            "period": _object({"from": DATE, "to": DATE}, "from", "to"),
            "hours": _object({"opens": CLOCK, "closes": CLOCK}, "opens", "closes"),
            "policy_as_of": _object({"date": DATE, "why": PAIR}, "date", "why"),
            "regions": {"type": "array", "minItems": 1, "items": _REGION},
            "origins": {"type": "array", "minItems": 1, "items": _ORIGIN},
            "filings": _each(FILINGS, NUMBER),
            "demand": {"type": "array", "minItems": 1, "maxItems": len(DECLARATION), "items": _DEMAND},
            "stay": _object({"mean": NUMBER, "sigma": NUMBER, "longest": COUNT}, "mean", "sigma", "longest"),
            "desks": _each(DESKS, _DESK),
            "credentials": _each(CREDENTIALS, NUMBER),
            "readers": _each(CREDENTIALS, _READER, *CREDENTIALS),
            "durations": _each(DURATIONS, DURATION),
            "links": _each(LINKS, DURATION, *LINKS),
            "faults": _object(
                {
                    "loss": SHARE,
                    "timeout": NUMBER,
                    "message_retries": COUNT,
                    "reader_retries": COUNT,
                    "suspended": SHARE,
                },
                "timeout",
                "message_retries",
                "reader_retries",
            ),
            "published": {"type": "array", "items": _PUBLISHED},
        },
        "plan",
        "id",
        "title",
        "seed",
        "period",
        "hours",
        "regions",
        "origins",
        "filings",
        "demand",
        "desks",
        "credentials",
        "readers",
        "durations",
        "links",
        "faults",
    ),
}
"""The whole plan."""
