"""The JSON Schema (2020-12) of a bill file: every field of `Case`, the account, the counters and the fee lines.

Amounts are yuan; names are those of the interface where it has the field.
"""

from __future__ import annotations

from typing import Any

from sim.benefits.accumulators import COUNTERS
from sim.benefits.case import DISEASES, GROUPS, LEVELS, OTHER_DISEASE, Care, Filing
from sim.benefits.change import readings
from sim.benefits.line import CLASSES

_BOOLEAN = {"type": "boolean"}
_AMOUNT = {"type": "number", "minimum": 0}
_DAY = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
_TIME = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}( \d{2}:\d{2}:\d{2})?$"}


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": properties, "additionalProperties": False}


_LINE = _object(
    {
        "feedetl_sn": {"type": "integer", "minimum": 1},
        "init_feedetl_sn": {"type": "integer", "minimum": 1},
        "fee_ocur_time": _TIME,
        "med_list_codg": {"type": "string", "minLength": 1},
        "chrgitm_lv": {"enum": list(CLASSES)},
        "med_chrgitm_type": {"type": "string", "pattern": r"^\d{2}$"},
        "pric": {"type": "number"},
        "cnt": {"type": "number"},
        "det_item_fee_sumamt": {"type": "number"},
        "pric_uplmt_amt": {"type": "number"},
        "selfpay_prop": {"type": "number"},
        "lmt_used_flag": {"enum": ["0", "1"]},
        "hosp_appr_flag": {"enum": ["0", "1", "2"]},
        "imported": _BOOLEAN,
    },
    "med_list_codg",
    "chrgitm_lv",
    "pric",
    "cnt",
)
PERSON: dict[str, dict[str, Any]] = {
    "retired": _BOOLEAN,
    "retired_in": {"type": "integer", "minimum": 1949, "maximum": 2100},
    "age": {"type": "integer", "minimum": 0, "maximum": 150},
    "civil_servant": _BOOLEAN,
    "unit_scheme": _BOOLEAN,
    "veteran": _BOOLEAN,
    "needy": _BOOLEAN,
    "aid_group": {"enum": list(GROUPS)},
    "tier": {"type": "integer", "minimum": 1, "maximum": 9},
    "reward_steps": {"type": "integer", "minimum": 0, "maximum": 50},
}
"""What a bill says about the person, by the names of `Case`."""
STAY = ("admitted", "transfer", "interim")
"""What only a stay has."""
_COUNTERS = _object(dict.fromkeys(COUNTERS, _AMOUNT))
_BALANCE = {"balance": {"type": "number"}, "use": _BOOLEAN}
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    **_object(
        {
            "title": _object({"zh": {"type": "string"}, "en": {"type": "string"}}, "zh", "en"),
            "policy": {"type": "string"},
            "readings": _object({point: {"enum": list(allowed)} for point, allowed in readings().items()}),
            "on": _DAY,
            "admitted": _DAY,
            "care": {"enum": [str(c) for c in Care]},
            "level": {"enum": list(LEVELS)},
            "filing": {"enum": [str(f) for f in Filing]},
            "treated_in": {"type": "string", "pattern": r"^\d{6}$"},
            "in_province": _BOOLEAN,
            "disease": {"enum": [*DISEASES, OTHER_DISEASE]},
            "transfer": _object({"deductible": _AMOUNT}, "deductible"),
            "interim": _object(
                dict.fromkeys(("total", "in_scope", "deductible"), _AMOUNT), "total", "in_scope", "deductible"
            ),
            "person": _object(PERSON),
            "account": _object({**_BALANCE, "family": _object(_BALANCE, "balance", "use")}, "balance", "use"),
            "used": _COUNTERS,
            "used_earlier": {
                "type": "object",
                "propertyNames": {"pattern": r"^(19|20)\d\d$"},
                "additionalProperties": _COUNTERS,
            },
            "lines": {"type": "array", "minItems": 1, "items": _LINE},
        },
        "title",
        "policy",
        "on",
        "care",
        "level",
        "lines",
    ),
}
"""``used`` holds counters of the year of ``on`` by name, ``used_earlier`` those of earlier years by year."""
