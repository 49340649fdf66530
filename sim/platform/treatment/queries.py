"""Queries: the person, the counters, a settlement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.interface.envelope import datetime19
from sim.money import parse, wire
from sim.platform.context import Context
from sim.platform.people import CREDENTIALS
from sim.platform.records import SETTLEMENTS, VISITS, Settlement, Visit
from sim.platform.refusal import refuse
from sim.platform.regions import province_of
from sim.platform.treatment.cancel import negative
from sim.platform.treatment.visit import Work

HEAD_NAMES = {"psn_part_amt": "psn_pay", "psn_cash_pay": "cash_payamt"}
"""Amounts that the query prints under another name than the settlement."""
HEAD_ONLY = ("hosp_part_amt", "hifdm_pay", "exp_content")
"""Fields of a settlement that the query does not have."""


def identify(context: Context) -> Work:
    """1101: here if the credential is one of ours, else wherever the envelope, or the hub's register, says."""
    data = context.node()
    if data["mdtrt_cert_type"] not in CREDENTIALS:
        raise refuse("credential.kind", value=data["mdtrt_cert_type"])
    given = context.message.get("insuplc_admdvs") or ""
    if given:
        given = context.insured_place()
    person = context.setting.people.by_credential(data["mdtrt_cert_type"], data["mdtrt_cert_no"])
    if (not given or province_of(given) == context.code) and person is not None and person.province == context.code:
        given = person.insuplc_admdvs
    elif province_of(given) == context.code:
        given = ""
    return (yield from context.ask(given))


def accumulated(context: Context) -> Work:
    """5206: what the insured place has counted for a person."""
    return (yield from context.ask(context.insured_place()))


def settlement_info(context: Context) -> dict[str, Any]:
    """5203: a settlement of this institution, or the negative record that its cancellation left."""
    data = context.node()
    settlement, refund = settlement_of(context, data)
    visit = context.store.get(VISITS, settlement.mdtrt_id)
    if visit is None or visit.psn_no != data["psn_no"]:
        raise refuse("visit.other_person", mdtrt_id=settlement.mdtrt_id, psn_no=data["psn_no"])
    return {"setlinfo": _head(context, settlement, visit, refund), "setldetail": _detail(settlement, refund)}


def settlement_of(context: Context, data: Mapping[str, Any]) -> tuple[Settlement, bool]:
    """The settlement that a query names, and whether it names the negative record of its cancellation."""
    wanted = str(data["setl_id"])
    settlement = context.store.get(SETTLEMENTS, wanted)
    refund = settlement is None
    if settlement is None:
        settlement = next(iter(context.store.find(SETTLEMENTS, "refund", wanted)), None)
    if (
        settlement is None
        or settlement.fixmedins_code != context.sender
        or settlement.mdtrt_id != data["mdtrt_id"]
        or settlement.state in ("pending", "reversing", "reversed")
    ):
        raise refuse("settlement.unknown", setl_id=wanted)
    return settlement, refund


def _head(context: Context, settlement: Settlement, visit: Visit, refund: bool) -> dict[str, Any]:
    head = dict(settlement.refund_head if refund else settlement.head)
    for name in HEAD_ONLY:
        head.pop(name, None)
    for name, other in HEAD_NAMES.items():
        head[other] = head.pop(name)
    if refund:  # a cancellation prints no personal share, a query must
        head["psn_pay"] = wire(-parse(settlement.head["psn_part_amt"]))
    institution = context.institution
    ends = visit.ends or settlement.at
    cancelled = refund or settlement.state == "cancelled"
    return head | {
        "pay_loc": "2" if province_of(visit.insuplc_admdvs) == context.code else "4",
        "insu_optins": visit.insuplc_admdvs,
        "fixmedins_code": institution.fixmedins_code,
        "fixmedins_name": institution.fixmedins_name,
        "hosp_lv": institution.hosp_lv,
        "begndate": visit.begins.date().isoformat(),
        "enddate": ends.date().isoformat(),
        "refd_setl_flag": "1" if cancelled else "0",
        "year": str(ends.year),
        "dise_codg": visit.dise_codg,
        "dise_name": visit.dise_name,
        "invono": settlement.invono,
        "opter_id": settlement.opter[:20],
        "opter_name": settlement.opter_name,
        "opt_time": datetime19(settlement.at),
    }


def _detail(settlement: Settlement, refund: bool) -> list[dict[str, Any]]:
    return [negative(row) if refund else dict(row) for row in settlement.detail]
