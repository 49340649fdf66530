"""The JSON Schema (2020-12) of a policy file, built from the registered mechanisms."""

from __future__ import annotations

from functools import cache
from typing import Any

from sim.benefits.case import Care
from sim.benefits.mechanisms import MECHANISMS, Mechanism

PROVENANCE = ("found", "recalled", "derived", "assumed", "reference")
"""Found in a text; recalled, unchecked; derived from found numbers; assumed where nothing is known; decided here."""
CONFIDENCE = ("high", "medium", "low")
ACCOUNT = ("personal_share", "in_scope", "nothing")
"""What the personal account may pay: the whole personal share, only what is in scope, nothing."""
MUTUAL_AID = ("own_first", "family_only", "none")
"""Whether a family account (账户共济) pays after the person's own, alone, or never."""
YEAR_END = ("discharge", "split")
"""A stay over New Year (跨年住院) is settled whole in the year of discharge, or split by date: one part a year."""

_TEXT: dict[str, Any] = {
    "type": "object",
    "required": ["zh", "en"],
    "properties": {"zh": {"type": "string"}, "en": {"type": "string"}},
    "additionalProperties": False,
}
_DATE: dict[str, Any] = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
_ORIGIN: dict[str, Any] = {
    "source": {"type": "string", "pattern": r"^[A-Z0-9]+(,[A-Z0-9]+)*$"},
    "provenance": {"enum": list(PROVENANCE)},
    "confidence": {"enum": list(CONFIDENCE)},
    "note": _TEXT,
}
_ORIGIN_NEEDED = ["source", "provenance", "confidence"]


def _sourced(value: dict[str, Any], key: str = "value") -> dict[str, Any]:
    return {
        "type": "object",
        "required": [key, *_ORIGIN_NEEDED],
        "properties": {key: value, **_ORIGIN},
        "additionalProperties": False,
    }


def _account() -> dict[str, Any]:
    found = _sourced({"enum": list(ACCOUNT)}, "pays")
    found["properties"] = {**found["properties"], "mutual_aid": {"enum": list(MUTUAL_AID)}}
    return found


_PARAMETER: dict[str, Any] = {
    "type": "object",
    "if": {"required": ["value"]},
    "then": _sourced({"type": ["number", "object", "null"]}),
    "else": {"additionalProperties": {"$ref": "#/$defs/parameter"}, "minProperties": 1},
}
_BANDS: dict[str, Any] = {
    "type": "array",
    "minItems": 1,
    "items": {
        "type": "object",
        "required": ["from", "to", "ratio"],
        "properties": {
            "from": {"type": "number"},
            "to": {"type": ["number", "null"]},
            "ratio": {"$ref": "#/$defs/parameter"},
        },
        "additionalProperties": False,
    },
}


def _use(mechanism: Mechanism, funds: tuple[str, ...]) -> dict[str, Any]:
    properties: dict[str, Any] = {"use": {"const": mechanism.name}, "id": {"type": "string"}}
    required = ["use"]
    for name, parameter in mechanism.numbers.items():
        properties[name] = {"$ref": "#/$defs/parameter"}
        required += [name] if parameter.required else []
    for name, word in mechanism.words.items():
        properties[name] = {"enum": list(word.allowed)}
        required += [name] if word.required else []
    if mechanism.bands:
        properties["bands"] = _BANDS
        required.append("bands")
    if mechanism.pays:
        properties["fund"] = {"enum": list(funds)}
        required.append("fund")
    return {"required": required, "properties": properties, "additionalProperties": False}


@cache
def policy_schema(funds: tuple[str, ...]) -> dict[str, Any]:
    """The schema of a policy file; ``funds`` are the fund keys it may name."""
    use: dict[str, Any] = {
        "type": "object",
        "required": ["use"],
        "properties": {"use": {"enum": sorted(MECHANISMS)}},
        "allOf": [
            {"if": {"properties": {"use": {"const": m.name}}, "required": ["use"]}, "then": _use(m, funds)}
            for m in MECHANISMS.values()
        ],
    }
    care: dict[str, Any] = {
        "type": ["array", "string"],
        "if": {"type": "array"},
        "then": {"items": use},
        "else": {"enum": [str(c) for c in Care]},
    }
    version: dict[str, Any] = {
        "type": "object",
        "required": ["from", "class_b", "care", "account"],
        "properties": {
            "from": _DATE,
            "until": _DATE,
            "class_b": {
                "type": "object",
                "required": ["share"],
                "properties": {
                    "share": {"$ref": "#/$defs/parameter"},
                    "items": {
                        "type": "object",
                        "propertyNames": {"pattern": r"^\d{2}(-imported)?$"},
                        "additionalProperties": {"$ref": "#/$defs/parameter"},
                    },
                },
                "additionalProperties": False,
            },
            "no_filing": {
                "type": "object",
                "required": ["areas", "treated_as", *_ORIGIN_NEEDED],
                "properties": {
                    "areas": {"type": "array", "items": {"type": "string", "pattern": r"^\d{2}0000$"}, "minItems": 1},
                    "treated_as": {"enum": ["long_term", "referral"]},
                    **_ORIGIN,
                },
                "additionalProperties": False,
            },
            "account": _account(),
            "year_end": _sourced({"enum": list(YEAR_END)}, "settled"),
            "care": {
                "type": "object",
                "minProperties": 1,
                "properties": {str(c): care for c in Care},
                "additionalProperties": False,
            },
            "not_modelled": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["what", *_ORIGIN_NEEDED],
                    "properties": {"what": _TEXT, "value": {}, **_ORIGIN},
                    "additionalProperties": False,
                },
            },
        },
        "additionalProperties": False,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "required": ["id", "pool", "admdvs", "insutype", "versions"],
        "properties": {
            "id": {"type": "string", "pattern": "^[a-z0-9-]+$"},
            "pool": _TEXT,
            "admdvs": {"type": "string", "pattern": r"^\d{6}$"},
            "insutype": {"enum": ["310", "390"]},
            "versions": {"type": "array", "minItems": 1, "items": version},
        },
        "additionalProperties": False,
        "$defs": {"parameter": _PARAMETER},
    }
