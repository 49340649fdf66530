"""Look-ups that concern no patient: institutions (1201) and the interface's own code lists (1901)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.errors import nearest
from sim.platform.context import Context
from sim.platform.people import Institution
from sim.platform.refusal import refuse

ROOT = "0"
"""parentValue of a value at the top; the interface's code lists are flat, so nothing lies below another value."""
CREATED = "2021-01-01"
"""createDate of every entry: the lists belong to the interface version and were not made one by one."""
LONGEST_LABEL = 50
"""Characters that a label may have in the answer."""


def institutions(context: Context) -> dict[str, Any]:
    """1201: designated institutions of a type, by code, or by a part of the name, or both; of every province."""
    data = context.node("medinsinfo")
    code, name = str(data.get("fixmedins_code") or ""), str(data.get("fixmedins_name") or "")
    every = context.setting.institutions
    chosen = list(every.values()) if not code else [every[code]] if code in every else []
    found = [each for each in chosen if each.fixmedins_type == data["fixmedins_type"] and name in each.fixmedins_name]
    if not found:
        if code and code not in every:
            raise refuse("institution.unknown", code=code)
        raise refuse("institution.none_found", type=data["fixmedins_type"], name=name or code)
    return {"medinsinfo": [_institution(each) for each in sorted(found, key=lambda each: each.fixmedins_code)]}


def _institution(institution: Institution) -> dict[str, Any]:
    return {
        "fixmedins_code": institution.fixmedins_code,
        "fixmedins_name": institution.fixmedins_name,
        "uscc": institution.uscc,
        "fixmedins_type": institution.fixmedins_type,
        "hosp_lv": institution.hosp_lv,
    }


def code_list(context: Context) -> dict[str, Any]:
    """1901: the values of a code list. None of them was ever withdrawn, and none lies below another."""
    data = context.node()
    known = context.setting.interface.codelists
    name = str(data["type"])
    if name not in known:
        near = nearest(name, known)
        raise refuse("codes.unknown_near", name=name, near=near) if near else refuse("codes.unknown", name=name)
    values = known[name].values if data["valiFlag"] == "1" and data["parentValue"] == ROOT else {}
    return {
        "list": [
            {
                "type": name,
                "label": _label(label)[:LONGEST_LABEL],
                "value": value,
                "parentValue": ROOT,
                "sort": number,
                "valiFlag": "1",
                "createUser": "interface",
                "createDate": CREATED,
                "version": 1,
            }
            for number, (value, label) in enumerate(values.items(), 1)
        ]
    }


def _label(label: Any) -> str:
    """A label; where the sources disagree, the first one's."""
    return str(next(iter(label.values()))) if isinstance(label, Mapping) else str(label)
