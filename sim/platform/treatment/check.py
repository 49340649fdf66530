"""2001: the treatment place tells the insured place where and how the patient would be treated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.platform.context import Context
from sim.platform.people import PHARMACY, Institution
from sim.platform.records import VisitKind
from sim.platform.refusal import refuse
from sim.platform.treatment.visit import Work, is_emergency, moment

STAYS = ("21", "22", "23", "24", "25", "26", "27", "28", "52", "2101", "2102", "2105", "2106", "2107", "2109", "21303")
"""med_type of inpatient care."""


def kind_of(med_type: str, institution: Institution) -> VisitKind:
    """What kind of visit a medical type is at an institution."""
    if institution.fixmedins_type == PHARMACY:
        return "pharmacy"
    return "inpatient" if med_type in STAYS else "outpatient"


def check(context: Context) -> Work:
    """Refuses an institution that is not the treatment place's, and a period that ends before it begins."""
    data = context.node()
    institution = context.setting.institutions.get(data["fixmedins_code"])
    if institution is None:
        raise refuse("institution.unknown", code=data["fixmedins_code"])
    if institution.province != context.code:
        raise refuse("institution.elsewhere", code=institution.fixmedins_code, area=context.message["mdtrtarea_admvs"])
    begins = moment(data["begntime"])
    ends = moment(data["endtime"]) if data.get("endtime") else begins
    if ends < begins:
        raise refuse("period.ends_early", ends=data["endtime"], begins=data["begntime"])
    kind = kind_of(data["med_type"], institution)
    case: Mapping[str, Any] = {
        "kind": kind,
        "med_type": data["med_type"],
        "level": institution.level,
        "hosp_lv": institution.hosp_lv,
        "begins": begins.date().isoformat(),
        "on": ends.date().isoformat(),
        "emergency": is_emergency(kind, data),
        "dise_codg": data.get("dise_codg") or "",
    }
    return (yield from context.ask(context.insured_place(), case=case))
