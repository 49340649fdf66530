"""Trial and final settlement of a charge batch or a stay, at the treatment place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from attrs import evolve, frozen

from sim.benefits import check_closes
from sim.interface.envelope import datetime19
from sim.money import parse, scaled, show
from sim.platform.chronic import MED_TYPES
from sim.platform.context import Context
from sim.platform.records import SETTLEMENTS, FeeLine, Settlement, Visit
from sim.platform.refusal import Refused, refuse
from sim.platform.treatment import owed
from sim.platform.treatment.bill import STAY, NewLine, lines_of, mark, settlements_of
from sim.platform.treatment.prints import DRUGS, line_row
from sim.platform.treatment.visit import Work, is_emergency, visit_of

PARTS = ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt")
"""The four parts of the total, as a line has them and as a settlement names them."""
CLEARING = {"outpatient": "11", "inpatient": "21", "pharmacy": "41"}
"""clr_type: outpatient, inpatient, pharmacy."""
MONEY = (
    "medfee_sumamt",
    *PARTS,
    "act_pay_dedc",
    "hifp_pay",
    "cvlserv_pay",
    "hifes_pay",
    "hifmi_pay",
    "hifob_pay",
    "maf_pay",
    "oth_pay",
    "hifdm_pay",
    "fund_pay_sumamt",
    "psn_part_amt",
    "acct_pay",
    "psn_cash_pay",
    "hosp_part_amt",
    "acct_mulaid_pay",
)
"""The amounts of a settlement that move money (the balance is a state, not a movement)."""


@frozen
class Bill:
    """What a message asks to settle: a visit, the unsettled lines of one batch, and whether the visit ends with it."""

    visit: Visit
    batch: str
    lines: tuple[FeeLine, ...]
    final: bool
    held: Settlement | None = None


def bill_of(context: Context, data: Mapping[str, Any]) -> Bill:
    """Read and check what is to be settled. ``held`` is this very message's settlement, begun earlier."""
    outpatient = context.infno.startswith("220")
    visit = visit_of(context, data, "outpatient" if outpatient else "inpatient")
    batch = str(data["chrg_bchno"]) if outpatient else STAY
    final = outpatient or data["mid_setl_flag"] != "1"
    if not visit.med_type:
        raise refuse("visit.not_described", mdtrt_id=visit.mdtrt_id)
    if data.get("med_type") and data["med_type"] != visit.med_type:
        raise refuse("visit.other_med_type", value=data["med_type"], med_type=visit.med_type)
    held = None
    for settlement in settlements_of(context, visit, batch):
        if settlement.state == "valid":
            if settlement.final:
                raise refuse("settlement.done", setl_id=settlement.setl_id)
        elif settlement.state == "pending" and settlement.made_by == context.msgid:
            held = settlement
        else:
            raise refuse("settlement.busy", setl_id=settlement.setl_id, passing=True)
    lines = tuple(lines_of(context, visit, batch))
    if not lines:
        raise refuse("settlement.no_lines", mdtrt_id=visit.mdtrt_id)
    _check_amounts(data, lines)
    return Bill(visit, batch, lines, final, held)


def _check_amounts(data: Mapping[str, Any], lines: Sequence[FeeLine]) -> None:
    """The total, and the four parts where they are sent, are exactly the sums of the uploaded lines."""
    asked, total = parse(data["medfee_sumamt"]), sum(line.amount for line in lines)
    if asked != total:
        raise refuse("settlement.total", asked=show(asked), total=show(total))
    for name in PARTS:
        if data.get(name) in (None, ""):
            continue
        asked, total = parse(data[name]), sum(getattr(line, name) for line in lines)
        if asked != total:
            raise refuse("settlement.part", field=name, asked=show(asked), total=show(total))


def trial(context: Context) -> Work:
    """2206, 2303: what the settlement would give; nothing remains of it."""
    data = context.node()
    bill = bill_of(context, data)
    told = yield from context.ask(bill.visit.insuplc_admdvs, **_case(context, data, bill, ""))
    head = head_of(context, bill, told["setlinfo"], "")
    return {"setlinfo": head, "setldetail": told["setldetail"]}


def settle(context: Context) -> Work:
    """2207, 2304: settle. The intent is stored before the insured place is asked, and completed by its answer."""
    data = context.node()
    bill = bill_of(context, data)
    discharge_first = bill.visit.kind == "inpatient" and bill.final and context.setting.readings.discharge_first
    if discharge_first and bill.held is None and bill.visit.state != "discharged":
        raise refuse("stay.not_discharged", mdtrt_id=bill.visit.mdtrt_id)
    pending = bill.held or _begin(context, data, bill)
    context.store.put(SETTLEMENTS, pending)
    try:
        told = yield from context.ask(bill.visit.insuplc_admdvs, **_case(context, data, bill, pending.setl_id))
    except Refused as refusal:
        if refusal.passing:  # the insured place may have settled: the intent stays for a retry or a reversal
            raise Refused(refusal.text, passing=True, keep=True) from None
        context.store.delete(SETTLEMENTS, pending.setl_id)
        raise Refused(refusal.text, keep=True) from None
    head = head_of(context, bill, told["setlinfo"], pending.setl_id)
    detail = tuple(told["setldetail"])
    made = evolve(pending, state="valid", at=context.now, day=context.now.date(), head=head, detail=detail)
    context.store.put(SETTLEMENTS, made)
    mark(context, bill.visit.mdtrt_id, pending.lines, pending.setl_id)
    owed.book(context, "settlement", 1, made, bill.visit, made.setl_id)
    return {"setlinfo": head, "setldetail": list(detail)}


def _begin(context: Context, data: Mapping[str, Any], bill: Bill) -> Settlement:
    return Settlement(
        setl_id=context.number("settlement"),
        mdtrt_id=bill.visit.mdtrt_id,
        fixmedins_code=context.sender,
        batch=bill.batch,
        final=bill.final,
        infno=context.infno,
        made_by=context.msgid,
        at=context.now,
        state="pending",
        lines=tuple(line.feedetl_sn for line in bill.lines),
        medfee_sumamt=sum(line.amount for line in bill.lines),
        invono=data.get("invono") or "",
        opter=str(context.message["opter"]),
        opter_name=str(context.message["opter_name"]),
    )


def _case(context: Context, data: Mapping[str, Any], bill: Bill, setl_id: str) -> dict[str, Any]:
    visit, institution = bill.visit, context.institution
    return {
        "setl_id": setl_id,
        "batch": bill.batch if visit.kind == "outpatient" else _part_of_stay(bill),
        "lines": [_relayed(line) for line in bill.lines],
        "case": {
            "kind": visit.kind,
            "med_type": visit.med_type,
            "level": institution.level,
            "hosp_lv": institution.hosp_lv,
            "begins": visit.begins.date().isoformat(),
            "on": _day(context, data, bill).isoformat(),
            "emergency": visit.emergency or is_emergency(visit.kind, data),
            "dise_codg": visit.dise_codg,
        },
        **drugs_of(context, visit, bill.lines),
    }


def drugs_of(context: Context, visit: Visit, lines: Sequence[FeeLine | NewLine]) -> dict[str, Any]:
    """For care of a filed chronic disease: the lines of drugs, which the insured place keeps for 5205."""
    if visit.med_type not in MED_TYPES:
        return {}
    items, name = context.party.items, context.institution.fixmedins_name
    rows = [
        line_row(items[line.code], line.feedetl_sn, line.price, line.quantity, line.sent)
        for line in lines
        if items[line.code].list_type in DRUGS
    ]
    return {"drugs": [{**row, "med_type": visit.med_type, "fixmedins_name": name} for row in rows]}


def _day(context: Context, data: Mapping[str, Any], bill: Bill) -> date:
    """The day that decides policy and year: of the visit, of discharge, or (interim) of the settlement."""
    if bill.visit.kind == "outpatient":
        return bill.visit.begins.date()
    if not bill.final:
        return context.now.date()
    if bill.visit.ends is not None:
        return bill.visit.ends.date()
    given = data.get("dscgTime") or data.get("dscg_time")
    return date.fromisoformat(str(given)[:10]) if given else context.now.date()


def _part_of_stay(bill: Bill) -> str:
    """A stay is settled in parts; each is known to the insured place by its first line."""
    return f"{bill.visit.mdtrt_id[-12:]}-{bill.lines[0].feedetl_sn}"


def _relayed(line: FeeLine) -> dict[str, Any]:
    return {
        "feedetl_sn": line.feedetl_sn,
        "code": line.code,
        "chrgitm_lv": line.chrgitm_lv,
        "med_chrgitm_type": line.med_chrgitm_type,
        "price": line.price,
        "quantity": line.quantity,
        "amount": line.amount,
        "limit": line.limit,
        "restricted": line.restricted,
        "approved": line.approved,
        "on": line.on.isoformat(),
    }


def head_of(context: Context, bill: Bill, told: Mapping[str, Any], setl_id: str) -> dict[str, Any]:
    """The whole head: the insured place's part and this place's. Stops when the amounts do not close.

    ``setl_time`` is this place's, of the moment at which the settlement is booked here: its day is what is reconciled
    and cleared, whatever the insured place's clock says.
    """
    amounts = {name: parse(told[name]) for name in MONEY if told.get(name) is not None}
    check_closes(amounts | {"pool_prop_selfpay": scaled(told["pool_prop_selfpay"], 4)})
    for name in PARTS:
        if amounts[name] != sum(getattr(line, name) for line in bill.lines):
            raise refuse("settlement.split_differs", field=name)
    visit = bill.visit
    return {
        "mdtrt_id": visit.mdtrt_id,
        "setl_id": setl_id,
        **told,
        "setl_time": datetime19(context.now),
        "mdtrt_cert_type": visit.mdtrt_cert_type,
        "med_type": visit.med_type,
        "medins_setl_id": context.msgid,
        "clr_optins": context.institution.admdvs,
        "clr_way": "1",
        "clr_type": CLEARING[visit.kind],
    }
