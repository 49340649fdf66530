"""Outpatient visits: registration, its cancellation, and what the patient has (就诊信息)."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Mapping
from datetime import datetime
from typing import Any

from attrs import evolve

from sim.platform.chronic import MED_TYPES
from sim.platform.context import Context
from sim.platform.exchange import Answer, Lost, Outbound
from sim.platform.people import HOSPITAL
from sim.platform.records import LINES, SETTLEMENTS, VISITS, Visit, VisitKind
from sim.platform.refusal import refuse
from sim.platform.treatment.prints import details_of

Work = Generator[Outbound, "Answer | Lost", dict[str, Any]]

EMERGENCY_CODES: Mapping[str, tuple[str, Mapping[str, bool]]] = {
    "outpatient": ("OTP_ER_REFL_FLAG", {"1": True, "2": False, "3": True}),
    "inpatient": ("IPT_TYPE", {"1": False, "2": True, "3": False}),
}
"""The member of ``exp_content`` that marks an emergency, and what its values say."""
EMERGENCY_TYPES = ("13", "1301", "24")
"""med_type of emergency care, and of admission from it."""


def moment(text: str) -> datetime:
    """A ``yyyy-MM-dd HH:mm:ss`` of a message. Refuses a time that does not exist."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise refuse("time.impossible", value=text) from None


def emergency_mark(kind: VisitKind, data: Mapping[str, Any]) -> bool | None:
    """What a message says of an emergency, by med_type or in ``exp_content`` (JSON; other text says nothing: None)."""
    if data.get("med_type") in EMERGENCY_TYPES:
        return True
    if not data.get("exp_content"):
        return None
    try:
        content = json.loads(data["exp_content"])
    except (TypeError, ValueError, RecursionError):
        return None
    name, values = EMERGENCY_CODES.get(kind, ("", {}))
    return values.get(str(content.get(name))) if isinstance(content, dict) else None


def is_emergency(kind: VisitKind, data: Mapping[str, Any]) -> bool:
    """Whether a message marks an emergency."""
    return bool(emergency_mark(kind, data))


def visit_of(context: Context, data: Mapping[str, Any], kind: VisitKind, cancelled: bool = False) -> Visit:
    """The visit that a message names: this institution's, this person's, of this kind, at this insured place.

    ``cancelled``: a cancelled one will do.
    """
    place = context.insured_place()
    visit = context.store.get(VISITS, data["mdtrt_id"])
    if visit is None:
        raise refuse("visit.unknown", mdtrt_id=data["mdtrt_id"])
    if visit.fixmedins_code != context.sender:
        raise refuse("visit.other_institution", mdtrt_id=visit.mdtrt_id)
    if visit.psn_no != data["psn_no"]:
        raise refuse("visit.other_person", mdtrt_id=visit.mdtrt_id, psn_no=data["psn_no"])
    if visit.kind != kind:
        raise refuse("visit.other_kind", mdtrt_id=visit.mdtrt_id, infno=context.infno)
    if visit.state == "cancelled" and not cancelled:
        raise refuse("visit.cancelled", mdtrt_id=visit.mdtrt_id)
    if visit.insuplc_admdvs != place:
        raise refuse("place.not_visits", mdtrt_id=visit.mdtrt_id, value=place)
    if data.get("insutype") and data["insutype"] != visit.insutype:
        raise refuse("person.insutype", value=data["insutype"])
    return visit


def check_hospital(context: Context) -> None:
    """Refuse what only a hospital does."""
    if context.institution.fixmedins_type != HOSPITAL:
        raise refuse("institution.not_hospital", code=context.sender)


def check_disease(data: Mapping[str, Any]) -> None:
    """Refuse care of a filed chronic disease that does not name the disease."""
    if data["med_type"] in MED_TYPES and not data.get("dise_codg"):
        raise refuse("chronic.no_disease", med_type=data["med_type"])


def check_empty(context: Context, visit: Visit) -> None:
    """Refuse to give up a visit that has a settlement or fee lines."""
    held = [each for each in context.store.find(SETTLEMENTS, "visit", visit.mdtrt_id) if each.holds]
    if held:
        raise refuse("visit.has_settlement", mdtrt_id=visit.mdtrt_id, setl_id=held[0].setl_id)
    if context.store.find(LINES, "visit", visit.mdtrt_id):
        raise refuse("visit.has_lines", mdtrt_id=visit.mdtrt_id)


def register(context: Context) -> Work:
    """2201: open a visit for a person whose insurance stands."""
    check_hospital(context)
    data = context.node()
    place = context.insured_place()
    begins = moment(data["begntime"])
    told = yield from context.ask(place)
    visit = Visit(
        mdtrt_id=context.number("visit"),
        kind="outpatient",
        fixmedins_code=context.sender,
        psn_no=data["psn_no"],
        insuplc_admdvs=place,
        insutype=data["insutype"],
        number=data["ipt_otp_no"],
        begins=begins,
        msgid=context.msgid,
        mdtrt_cert_type=data["mdtrt_cert_type"],
        person=told["relay"]["person"],
        emergency=is_emergency("outpatient", data),
        details=details_of(context, data),
    )
    context.store.put(VISITS, visit)
    return {"data": {"mdtrt_id": visit.mdtrt_id, "psn_no": visit.psn_no, "ipt_otp_no": visit.number}}


def cancel_registration(context: Context) -> dict[str, Any]:
    """2202: give up a visit without settlement and lines."""
    data = context.node()
    visit = visit_of(context, data, "outpatient")
    if data["ipt_otp_no"] != visit.number:
        raise refuse("visit.other_number", mdtrt_id=visit.mdtrt_id, value=data["ipt_otp_no"])
    check_empty(context, visit)
    context.store.put(VISITS, evolve(visit, state="cancelled"))
    return {}


def merged(visit: Visit, rows: Iterable[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    """The diagnoses of a visit after new ones: the same type and number replaces, ``vali_flag`` 0 withdraws."""
    diagnoses = {(each["diag_type"], each["diag_srt_no"]): each for each in visit.diagnoses}
    for row in rows:
        diagnoses[row["diag_type"], row["diag_srt_no"]] = dict(row)
    valid = tuple(each for each in diagnoses.values() if each.get("vali_flag") != "0")
    if not valid:
        raise refuse("visit.no_diagnosis_left", mdtrt_id=visit.mdtrt_id)
    return valid


def describe(context: Context) -> dict[str, Any]:
    """2203, 2203A: medical type and diagnoses. Sent again it replaces them; ``vali_flag`` 0 withdraws a diagnosis. An
    emergency stays one until ``exp_content`` says that it is none."""
    data = context.node("mdtrtinfo")
    visit = visit_of(context, data, "outpatient")
    if visit.med_type and visit.med_type != data["med_type"] and context.store.find(LINES, "visit", visit.mdtrt_id):
        raise refuse("visit.other_med_type", value=data["med_type"], med_type=visit.med_type)
    check_disease(data)
    valid = merged(visit, context.rows("diseinfo"))
    marked = emergency_mark("outpatient", data)
    changed = evolve(
        visit,
        med_type=data["med_type"],
        begins=moment(data["begntime"]),
        dise_codg=data.get("dise_codg") or "",
        dise_name=data.get("dise_name") or "",
        diagnoses=valid,
        emergency=visit.emergency if marked is None else marked,
        details={**visit.details, **details_of(context, data)},
    )
    context.store.put(VISITS, changed)
    return {}
