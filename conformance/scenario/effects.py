"""What transactions do to a conversation (``effects.yaml``): what later messages need of earlier ones."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from attrs import field, frozen

from sim.files import check, read_yaml

Kind = Literal["outpatient", "inpatient", "pharmacy"]
Reckons = Literal["", "trial", "settle", "cancel", "reverse"]


@frozen
class Effect:
    """One transaction's; the file says what each part means."""

    opens: Kind | Literal[""] = ""
    number: str = ""
    lines: str = ""
    split: str = ""
    drops: bool = False
    reckons: Reckons = ""
    takes: Mapping[str, str] = field(factory=dict, hash=False)
    rows: Mapping[str, str] = field(factory=dict, hash=False)


NOTHING = Effect()


@cache
def effects() -> Mapping[str, Effect]:
    """By ``infno``; a transaction that is not there leaves nothing behind."""
    document = read_yaml(files("conformance.scenario").joinpath("effects.yaml"), "conformance/scenario/effects.yaml")
    check(document, _SCHEMA)
    return {infno: Effect(**row) for infno, row in document.data["effects"].items()}


def effect_of(infno: str) -> Effect:
    """What one transaction does."""
    return effects().get(infno, NOTHING)


def that_reckon(*kinds: Reckons) -> frozenset[str]:
    """The transactions that reckon in one of these ways."""
    return frozenset(infno for infno, effect in effects().items() if effect.reckons in kinds)


_PATHS: dict[str, Any] = {"type": "object", "minProperties": 1, "additionalProperties": {"type": "string"}}
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["effects"],
    "properties": {
        "effects": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "opens": {"enum": ["outpatient", "inpatient", "pharmacy"]},
                    "number": {"type": "string"},
                    "lines": {"type": "string"},
                    "split": {"type": "string"},
                    "drops": {"type": "boolean"},
                    "reckons": {"enum": ["trial", "settle", "cancel", "reverse"]},
                    "takes": _PATHS,
                    "rows": _PATHS,
                },
            },
        }
    },
}
