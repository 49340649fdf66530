"""Queries about visits of this institution: 5201, their diagnoses 5202, fee lines 5204, who is in hospital 5303."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sim.interface.envelope import datetime19
from sim.money import wire
from sim.platform.catalogue import limit_on_wire
from sim.platform.context import Context
from sim.platform.records import LINES, VISITS, FeeLine, Visit
from sim.platform.refusal import refuse
from sim.platform.regions import city_of
from sim.platform.treatment.prints import PERSON, line_row
from sim.platform.treatment.queries import settlement_of
from sim.platform.treatment.visit import moment

ADMISSION, DISCHARGE = "1", "2"
"""inout_diag_type."""
NEEDY = "1"


def visits(context: Context) -> dict[str, Any]:
    """5201: the visits of a person here with a medical type that began in a period, or the one of them named."""
    data = context.node()
    first, last = _period(data)
    found = [
        visit
        for visit in context.store.find(VISITS, "person", context.sender, data["psn_no"])
        if _shows(visit)
        and visit.med_type == data["med_type"]
        and first <= visit.begins <= last
        and (not data.get("mdtrt_id") or visit.mdtrt_id == data["mdtrt_id"])
    ]
    return {"mdtrtinfo": [_visit(context, visit) for visit in _in_order(found)]}


def present(context: Context) -> dict[str, Any]:
    """5303: who was admitted here in a period and has not been discharged; of one person, or of everybody."""
    data = context.node()
    first, last = _period(data)
    city = city_of(context.institution.admdvs)
    found = [
        visit
        for visit in context.store.find(VISITS, "present", context.sender, "inpatient", "open")
        if first <= visit.begins <= last and (not data.get("psn_no") or visit.psn_no == data["psn_no"])
    ]
    return {
        "data": [
            {
                "mdtrt_id": visit.mdtrt_id,
                **{name: visit.person[name] for name in _PATIENT},
                "begndate": visit.begins.date().isoformat(),
                "med_type": visit.med_type,
                "ipt_otp_no": visit.number,
                "out_flag": "0" if city_of(visit.insuplc_admdvs) == city else "1",
            }
            for visit in _in_order(found)
        ]
    }


_PATIENT = tuple(name for name in PERSON if name not in ("naty", "psn_type", "cvlserv_flag"))


def diagnoses(context: Context) -> dict[str, Any]:
    """5202: the diagnoses of a visit: those it was opened or described with, and those of its discharge."""
    data = context.node()
    visit = _own_visit(context, data)
    rows = [(ADMISSION, row) for row in visit.diagnoses] + [(DISCHARGE, row) for row in visit.discharge_diagnoses]
    return {
        "diseinfo": [
            {
                "diag_info_id": f"{visit.mdtrt_id}-{kind}{row['diag_type']}{int(row['diag_srt_no']):02d}",
                "mdtrt_id": visit.mdtrt_id,
                "psn_no": visit.psn_no,
                "inout_diag_type": kind,
                "diag_type": row["diag_type"],
                "maindiag_flag": row.get("maindiag_flag") or ("1" if int(row["diag_srt_no"]) == 1 else "0"),
                "diag_srt_no": row["diag_srt_no"],
                "diag_code": row["diag_code"],
                "diag_name": row["diag_name"],
                "adm_cond": row.get("adm_cond") or "",
                "diag_dept": row["diag_dept"],
                "dise_dor_no": row["dise_dor_no"],
                "dise_dor_name": row["dise_dor_name"],
                "diag_time": row["diag_time"],
                **{name: visit.details[name] for name in ("opter_id", "opter_name", "opt_time")},
            }
            for kind, row in rows
        ]
    }


def fee_lines(context: Context) -> Any:
    """5204: the lines of a settlement; of the negative record that a cancellation leaves, the same with minus signs.

    The interface gives the rows no node: the output is the list itself.
    """
    data = context.node()
    settlement, refund = settlement_of(context, data)
    visit = _own_visit(context, data)
    items = context.party.items
    setl_id, sign = (settlement.refund_id, -1) if refund else (settlement.setl_id, 1)
    rows = []
    for number in settlement.lines:
        line = context.store.get(LINES, settlement.mdtrt_id, number)
        if line is None:  # withdrawn after the settlement was cancelled
            continue
        row = line_row(items[line.code], line.feedetl_sn, line.price, sign * line.quantity, line.sent)
        rows.append({**line.sent, **row, **_amounts(line, sign), "mdtrt_id": visit.mdtrt_id, "setl_id": setl_id})
        rows[-1] |= {"med_type": visit.med_type, "opter_id": settlement.opter[:20], "opter_name": settlement.opter_name}
        rows[-1]["opt_time"] = datetime19(settlement.at.replace(microsecond=0))
    return rows


def _amounts(line: FeeLine, sign: int) -> dict[str, Any]:
    return {
        "det_item_fee_sumamt": wire(sign * line.amount),
        "pric_uplmt_amt": limit_on_wire(line.limit),
        "selfpay_prop": Decimal(line.selfpay_prop).scaleb(-4),
        "fulamt_ownpay_amt": wire(sign * line.fulamt_ownpay_amt),
        "overlmt_amt": wire(sign * line.overlmt_selfpay),
        "preselfpay_amt": wire(sign * line.preselfpay_amt),
        "inscp_scp_amt": wire(sign * line.inscp_scp_amt),
        "list_sp_item_flag": "0",
        "drt_reim_flag": "0",
    }


def _visit(context: Context, visit: Visit) -> dict[str, Any]:
    ends = visit.ends or (visit.begins if visit.kind == "outpatient" else context.now.replace(microsecond=0))
    stay = visit.kind == "inpatient"
    row: dict[str, Any] = {
        "mdtrt_id": visit.mdtrt_id,
        **{name: visit.person[name] for name in PERSON},
        **visit.details,
        "insu_optins": visit.insuplc_admdvs,
        "begntime": datetime19(visit.begins),
        "endtime": datetime19(ends),
        "mdtrt_cert_type": visit.mdtrt_cert_type,
        "med_type": visit.med_type,
        "ipt_otp_no": visit.number,
        "dise_codg": visit.dise_codg,
        "dise_name": visit.dise_name,
    }
    if stay:
        row["inhosp_stas"] = "0" if visit.state == "discharged" else "1"
        row["ars_year_ipt_flag"] = "1" if ends.year != visit.begins.year else "0"
        row["ipt_days"] = (ends.date() - visit.begins.date()).days
    elif visit.diagnoses:
        row["otp_diag_info"] = "；".join(str(each["diag_name"]) for each in visit.diagnoses)[:200]
    return row


def _own_visit(context: Context, data: Mapping[str, Any]) -> Visit:
    visit = context.store.get(VISITS, data["mdtrt_id"])
    if visit is None:
        raise refuse("visit.unknown", mdtrt_id=data["mdtrt_id"])
    if visit.fixmedins_code != context.sender:
        raise refuse("visit.other_institution", mdtrt_id=visit.mdtrt_id)
    if visit.psn_no != data["psn_no"]:
        raise refuse("visit.other_person", mdtrt_id=visit.mdtrt_id, psn_no=data["psn_no"])
    return visit


def _shows(visit: Visit) -> bool:
    """Whether a visit is shown: not a cancelled one, nor a sale whose settlement is not answered yet."""
    return visit.state != "cancelled" and bool(visit.person)


def _period(data: Mapping[str, Any]) -> tuple[datetime, datetime]:
    first, last = moment(data["begntime"]), moment(data["endtime"])
    if last < first:
        raise refuse("period.ends_early", ends=data["endtime"], begins=data["begntime"])
    return first, last


def _in_order(found: Iterable[Visit]) -> list[Visit]:
    return sorted(found, key=lambda visit: (visit.begins, visit.mdtrt_id))
