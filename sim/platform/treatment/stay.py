"""Stays: admission, discharge, and the cancellation of either."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from sim.platform.context import Context
from sim.platform.records import SETTLEMENTS, VISITS, Visit
from sim.platform.refusal import refuse
from sim.platform.treatment.prints import DISCHARGE, details_of
from sim.platform.treatment.visit import (
    Work,
    check_empty,
    check_hospital,
    is_emergency,
    merged,
    moment,
    visit_of,
)


def admit(context: Context) -> Work:
    """2401: open a stay for a person whose insurance stands."""
    check_hospital(context)
    data = context.node("mdtrtinfo")
    place = context.insured_place()
    begins = moment(data["begntime"])
    told = yield from context.ask(place)
    visit = Visit(
        mdtrt_id=context.number("visit"),
        kind="inpatient",
        fixmedins_code=context.sender,
        psn_no=data["psn_no"],
        insuplc_admdvs=place,
        insutype=data["insutype"],
        number=data["ipt_no"],
        begins=begins,
        msgid=context.msgid,
        mdtrt_cert_type=data["mdtrt_cert_type"],
        person=told["relay"]["person"],
        med_type=data["med_type"],
        dise_codg=data.get("dise_codg") or "",
        dise_name=data.get("dise_name") or "",
        diagnoses=tuple(dict(row) for row in context.rows("diseinfo")),
        emergency=is_emergency("inpatient", data),
        details=details_of(context, data),
    )
    context.store.put(VISITS, visit)
    return {"result": {"mdtrt_id": visit.mdtrt_id}}


def discharge(context: Context) -> dict[str, Any]:
    """2402: the patient leaves."""
    data = context.node("dscginfo")
    visit = visit_of(context, data, "inpatient")
    ends = moment(data["endtime"])
    if visit.state == "discharged":
        raise refuse("stay.discharged", mdtrt_id=visit.mdtrt_id)
    if ends < visit.begins:
        raise refuse("stay.ends_early", ends=data["endtime"], begins=str(visit.begins))
    rows = tuple(dict(row) for row in context.rows("diseinfo"))
    changed = evolve(
        visit,
        state="discharged",
        ends=ends,
        dise_codg=data.get("dise_codg") or visit.dise_codg,
        dise_name=data.get("dise_name") or visit.dise_name,
        discharge_diagnoses=rows,
        details={**visit.details, **details_of(context, data)},
    )
    context.store.put(VISITS, changed)
    return {}


def change(context: Context) -> dict[str, Any]:
    """2403: other data of a stay that goes on. A diagnosis whose number exists is changed, another is added."""
    data = context.node("adminfo")
    visit = visit_of(context, data, "inpatient")
    if visit.state == "discharged":
        raise refuse("stay.discharged", mdtrt_id=visit.mdtrt_id)
    rows = context.rows("diseinfo")
    for row in rows:
        if row["mdtrt_id"] != visit.mdtrt_id or row["psn_no"] != visit.psn_no:
            raise refuse("diagnosis.other_visit", number=row["diag_srt_no"])
    held = [each for each in context.store.find(SETTLEMENTS, "visit", visit.mdtrt_id) if each.holds]
    begins = moment(data["begntime"])
    if held and (data["med_type"] != visit.med_type or begins != visit.begins):
        raise refuse("visit.has_settlement", mdtrt_id=visit.mdtrt_id, setl_id=held[0].setl_id)
    changed = evolve(
        visit,
        begins=begins,
        mdtrt_cert_type=data["mdtrt_cert_type"],
        med_type=data["med_type"],
        number=data["ipt_otp_no"],
        dise_codg=data.get("dise_codg") or "",
        dise_name=data.get("dise_name") or "",
        diagnoses=merged(visit, rows) if rows else visit.diagnoses,
        emergency=is_emergency("inpatient", data),
        details=details_of(context, data),
    )
    context.store.put(VISITS, changed)
    return {}


def cancel_admission(context: Context) -> dict[str, Any]:
    """2404: give up a stay without settlement and lines, before discharge."""
    visit = visit_of(context, context.node(), "inpatient")
    if visit.state == "discharged":
        raise refuse("stay.discharged", mdtrt_id=visit.mdtrt_id)
    check_empty(context, visit)
    context.store.put(VISITS, evolve(visit, state="cancelled"))
    return {}


def cancel_discharge(context: Context) -> dict[str, Any]:
    """2405: take a discharge back, before the final settlement."""
    visit = visit_of(context, context.node(), "inpatient")
    if visit.state != "discharged":
        raise refuse("stay.not_discharged", mdtrt_id=visit.mdtrt_id)
    for settlement in context.store.find(SETTLEMENTS, "visit", visit.mdtrt_id):
        if settlement.holds and settlement.final:
            raise refuse("visit.has_settlement", mdtrt_id=visit.mdtrt_id, setl_id=settlement.setl_id)
    details = {name: value for name, value in visit.details.items() if name not in DISCHARGE}
    context.store.put(VISITS, evolve(visit, state="open", ends=None, discharge_diagnoses=(), details=details))
    return {}
