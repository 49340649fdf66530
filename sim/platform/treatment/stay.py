"""Stays: admission, discharge, and the cancellation of either."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from sim.platform.context import Context
from sim.platform.records import SETTLEMENTS, VISITS, Visit
from sim.platform.refusal import refuse
from sim.platform.treatment.visit import Work, check_empty, is_emergency, moment, visit_of


def admit(context: Context) -> Work:
    """2401: open a stay for a person whose insurance stands."""
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
        diagnoses=rows or visit.diagnoses,
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
    context.store.put(VISITS, evolve(visit, state="open", ends=None))
    return {}
