"""Pharmacies: trial 2101, settlement 2102 that uploads the lines itself, cancellation 2103 that withdraws both.

A sale is a visit of its own kind. It comes to be with the intent to settle it, before the insured place is asked; its
lines come with the answer, which brings their split.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import evolve

from sim.money import parse, show
from sim.platform.context import Context
from sim.platform.people import PHARMACY
from sim.platform.records import LINES, SETTLEMENTS, VISITS, Settlement, Visit
from sim.platform.refusal import Refused, refuse
from sim.platform.treatment import owed
from sim.platform.treatment.bill import STAY, NewLine, printed, read_line, stored
from sim.platform.treatment.cancel import give_back
from sim.platform.treatment.prints import PERSON, details_of
from sim.platform.treatment.settle import Bill, drugs_of, head_of
from sim.platform.treatment.visit import Work, check_disease, moment, visit_of

Json = Mapping[str, Any]


def trial(context: Context) -> Work:
    """2101: what the sale would cost; nothing remains of it."""
    sale, lines = _read(context)
    told = yield from context.ask(sale.insuplc_admdvs, **_case(context, sale, lines, ""))
    bill, answer = _bill(sale, lines, told)
    head = head_of(context, bill, told["setlinfo"], "")
    del head["setl_id"]
    return {"setlinfo": head, "setldetail": told["setldetail"], **answer}


def settle(context: Context) -> Work:
    """2102: sell and settle. The same message, sent again while its outcome is open, goes on with the same sale."""
    sale, lines = _read(context)
    pending = next(iter(context.store.find(SETTLEMENTS, "made_by", context.sender, context.msgid)), None)
    if pending is None:
        pending = _begin(context, sale, lines)
        context.store.put(VISITS, sale)
        context.store.put(SETTLEMENTS, pending)
    else:
        begun = context.store.get(VISITS, pending.mdtrt_id)
        sale = begun if begun is not None else sale
    try:
        told = yield from context.ask(sale.insuplc_admdvs, **_case(context, sale, lines, pending.setl_id))
    except Refused as refusal:
        if refusal.passing:  # the insured place may have settled: the intent stays for a retry or a reversal
            raise Refused(refusal.text, passing=True, keep=True) from None
        context.store.delete(SETTLEMENTS, pending.setl_id)
        context.store.delete(VISITS, sale.mdtrt_id)
        raise Refused(refusal.text, keep=True) from None
    bill, answer = _bill(sale, lines, told)
    head = head_of(context, bill, told["setlinfo"], pending.setl_id)
    detail = tuple(told["setldetail"])
    made = evolve(pending, state="valid", at=context.now, day=context.now.date(), head=head, detail=detail)
    context.store.put(SETTLEMENTS, made)
    owed.book(context, "settlement", 1, made, bill.visit, made.setl_id)
    context.store.put(VISITS, bill.visit)
    for line in bill.lines:
        context.store.put(LINES, evolve(line, setl_id=pending.setl_id))
    return {"setlinfo": head, "setldetail": list(detail), **answer}


def cancel(context: Context) -> Work:
    """2103: the settlement is given back and the sale with its lines falls with it."""
    data = context.node()
    visit = visit_of(context, data, "pharmacy", cancelled=True)
    output = yield from give_back(context, data, visit)
    context.store.put(VISITS, evolve(visit, state="cancelled"))
    return output


def _read(context: Context) -> tuple[Visit, list[NewLine]]:
    """The sale and its lines, checked but not kept."""
    if context.institution.fixmedins_type != PHARMACY:
        raise refuse("institution.not_pharmacy", code=context.sender)
    data, rows = context.node("druginfo"), context.rows("drugdetail")
    check_disease(data)
    place = context.insured_place()
    lines = [read_line(context, row) for row in rows]
    seen: set[str] = set()
    for line in lines:
        number = str(line.row["feedetl_sn"])
        if line.quantity < 0:
            raise refuse("line.quantity", line=number)
        if number in seen:
            raise refuse("line.duplicate", line=number)
        seen.add(number)
    total, asked = sum(line.amount for line in lines), parse(data["medfee_sumamt"])
    if asked != total:
        raise refuse("settlement.total", asked=show(asked), total=show(total))
    begins = moment(data["begntime"])
    sale = Visit(
        mdtrt_id=context.number("visit"),
        kind="pharmacy",
        fixmedins_code=context.sender,
        psn_no=data["psn_no"],
        insuplc_admdvs=place,
        insutype=data["insutype"],
        number="",
        begins=begins,
        msgid=context.msgid,
        mdtrt_cert_type=data["mdtrt_cert_type"],
        person={},
        med_type=data["med_type"],
        dise_codg=data.get("dise_codg") or "",
        dise_name=data.get("dise_name") or "",
        ends=begins,
        details=details_of(context, data),
    )
    return sale, lines


def _begin(context: Context, sale: Visit, lines: Sequence[NewLine]) -> Settlement:
    return Settlement(
        setl_id=context.number("settlement"),
        mdtrt_id=sale.mdtrt_id,
        fixmedins_code=context.sender,
        batch=STAY,
        final=True,
        infno=context.infno,
        made_by=context.msgid,
        at=context.now,
        state="pending",
        lines=tuple(str(line.row["feedetl_sn"]) for line in lines),
        medfee_sumamt=sum(line.amount for line in lines),
        invono=context.node("druginfo").get("invono") or "",
        opter=str(context.message["opter"]),
        opter_name=str(context.message["opter_name"]),
    )


def _case(context: Context, sale: Visit, lines: Sequence[NewLine], setl_id: str) -> dict[str, Any]:
    institution = context.institution
    asked: dict[str, Any] = {
        "setl_id": setl_id,
        "mdtrt_id": sale.mdtrt_id,
        "batch": STAY,
        "lines": [line.relayed() for line in lines],
        "case": {
            "kind": sale.kind,
            "med_type": sale.med_type,
            "level": institution.level,
            "hosp_lv": institution.hosp_lv,
            "begins": sale.begins.date().isoformat(),
            "on": sale.begins.date().isoformat(),
            "emergency": False,
            "dise_codg": sale.dise_codg,
        },
    }
    return asked | drugs_of(context, sale, lines)


def _bill(sale: Visit, lines: Sequence[NewLine], told: Json) -> tuple[Bill, dict[str, Any]]:
    """The sale with its split, and what the answer prints about it."""
    split = [stored(sale, line, share) for line, share in zip(lines, told["result"], strict=True)]
    rows = [printed(line, read) for line, read in zip(split, lines, strict=True)]
    for row in rows:
        del row["lmt_used_flag"]  # the only field that a pharmacy's answer does not have
    sale = evolve(sale, person={name: told["setlinfo"][name] for name in PERSON})
    return Bill(sale, STAY, tuple(split), True), {"detlcutinfo": rows}
