"""Chronic and special diseases of outpatients (门诊慢特病, `fixtures/platform/chronic.yaml`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

from attrs import frozen

from sim.files import check, read_yaml
from sim.lang import Text, plain
from sim.resources import fixtures

MED_TYPES = ("14", "16", "9901")
"""med_type of outpatient care of a filed chronic or special disease."""
_CODE = re.compile(r"M\d{5}")


@frozen
class Disease:
    """A disease of the national list, settled across provinces from a day on."""

    code: str
    name: Text
    across_from: date


@cache
def diseases() -> Mapping[str, Disease]:
    """The diseases that are settled across provinces, by opsp_dise_code."""
    document = read_yaml(fixtures("platform", "chronic.yaml"), "fixtures/platform/chronic.yaml")
    check(document, SCHEMA)
    rows = document.data["diseases"]
    return {
        row["code"]: Disease(row["code"], plain(row["zh"], row["en"]), date.fromisoformat(row["across_from"]))
        for row in rows
    }


def is_code(opsp_dise_code: str) -> bool:
    """Whether it has the form of a chronic disease code; a pool's own list may hold more than the national one."""
    return _CODE.fullmatch(opsp_dise_code) is not None


def disease_of(opsp_dise_code: str) -> Disease | None:
    """The national disease of a code or of one of its local subcodes (``M00503``)."""
    return diseases().get(opsp_dise_code[:4] + "00")


def settled_across(opsp_dise_code: str, on: date) -> bool:
    """Whether the disease was settled across provinces on a day."""
    disease = disease_of(opsp_dise_code)
    return disease is not None and disease.across_from <= on


def name_of(opsp_dise_code: str) -> str:
    """The national name; for a code of a pool's own list the code itself."""
    disease = disease_of(opsp_dise_code)
    return opsp_dise_code if disease is None else disease.name.show("zh")


_ROW = {
    "code": {"type": "string", "pattern": r"^M\d{3}00$"},
    "zh": {"type": "string"},
    "en": {"type": "string"},
    "across_from": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
    "source": {"type": "string"},
    "provenance": {"enum": ["found", "recalled"]},
    "confidence": {"enum": ["high", "medium", "low"]},
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "schema": {"const": 1},
        "diseases": {
            "type": "array",
            "items": {"type": "object", "properties": _ROW, "required": list(_ROW), "additionalProperties": False},
        },
    },
    "required": ["schema", "diseases"],
    "additionalProperties": False,
}
