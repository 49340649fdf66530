"""Filings from a hospital's desk: what the treatment place checks before the insured place is asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.platform.context import Context
from sim.platform.people import HOSPITAL, Institution
from sim.platform.records import VISITS
from sim.platform.refusal import refuse
from sim.platform.regions import city_of, province_of
from sim.platform.treatment.visit import Work

IN_CITY, IN_PROVINCE, ELSEWHERE = "1", "2", "3"
"""refl_type: to a hospital of the same city, of another city of the province, of another province."""


def transfer(context: Context) -> Work:
    """2501: to which hospital, seen from the one that sends the patient."""
    data = context.node("refmedin")
    target = named_institution(context, data["reflin_medins_no"], data["reflin_medins_name"])
    if target.fixmedins_type != HOSPITAL:
        raise refuse("institution.not_hospital", code=target.fixmedins_code)
    if target.fixmedins_code == context.sender:
        raise refuse("transfer.to_itself", code=target.fixmedins_code)
    area = str(data["mdtrtarea_admdvs"])
    if province_of(area) != target.province:
        raise refuse("institution.elsewhere", code=target.fixmedins_code, area=area)
    expected = refl_type(context.institution, target)
    if data["refl_type"] != expected:
        raise refuse("transfer.type", value=data["refl_type"], expected=expected)
    if data.get("hosp_agre_refl_flag") == "0":
        raise refuse("transfer.not_agreed")
    if data.get("refl_old_mdtrt_id"):
        _check_visit(context, data)
    return (yield from context.ask(context.insured_place()))


def chronic(context: Context) -> Work:
    """2503: the institution that identified the disease must be a designated hospital."""
    data = context.node()
    named = named_institution(context, data["ide_fixmedins_no"], data["ide_fixmedins_name"])
    if named.fixmedins_type != HOSPITAL:
        raise refuse("institution.not_hospital", code=named.fixmedins_code)
    return (yield from context.ask(context.insured_place()))


def designate(context: Context) -> Work:
    """2505: the institution must be a designated one."""
    data = context.node()
    named_institution(context, data["fixmedins_code"], data["fixmedins_name"])
    return (yield from context.ask(context.insured_place()))


def at_insured_place(context: Context) -> Work:
    """What only the insured place can answer: withdrawals of filings, and queries."""
    return (yield from context.ask(context.insured_place()))


def named_institution(context: Context, code: str, name: str) -> Institution:
    """The institution that a message names. Refuses one that is not registered, or has another name."""
    found = context.setting.institutions.get(code)
    if found is None:
        raise refuse("institution.unknown", code=code)
    if found.fixmedins_name != name:
        raise refuse("institution.other_name", code=code, name=name)
    return found


def refl_type(sender: Institution, target: Institution) -> str:
    """What a transfer from one institution to another is."""
    if target.province != sender.province:
        return ELSEWHERE
    return IN_CITY if city_of(target.admdvs) == city_of(sender.admdvs) else IN_PROVINCE


def _check_visit(context: Context, data: Mapping[str, Any]) -> None:
    visit = context.store.get(VISITS, data["refl_old_mdtrt_id"])
    if visit is None or visit.state == "cancelled":
        raise refuse("visit.unknown", mdtrt_id=data["refl_old_mdtrt_id"])
    if visit.fixmedins_code != context.sender:
        raise refuse("visit.other_institution", mdtrt_id=visit.mdtrt_id)
    if visit.psn_no != data["psn_no"]:
        raise refuse("visit.other_person", mdtrt_id=visit.mdtrt_id, psn_no=data["psn_no"])
