"""Cancellation of a settlement: everything is given back, and a negative record remains."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from attrs import evolve

from sim.interface.envelope import datetime19
from sim.platform.clearing_records import DEDUCTIONS
from sim.platform.context import Context
from sim.platform.records import SETTLEMENTS, Settlement, Visit
from sim.platform.refusal import Refused, refuse
from sim.platform.treatment import owed
from sim.platform.treatment.bill import mark
from sim.platform.treatment.settle import MONEY
from sim.platform.treatment.visit import Work, visit_of

SHARES = ("psn_part_amt", "hosp_part_amt", "acct_mulaid_pay")
"""Amounts that a hospital's cancellation leaves empty, as recorded answers do; a pharmacy's must print them."""
DETAIL_MONEY = ("inscp_scp_amt", "crt_payb_lmt_amt", "fund_payamt")


def negative(row: Mapping[str, Any]) -> dict[str, Any]:
    """A head or detail row with every amount negated; ratio, balance and everything else as it was."""
    return {name: -Decimal(value) if name in _NEGATED and value is not None else value for name, value in row.items()}


_NEGATED = frozenset((*MONEY, *DETAIL_MONEY))


def cancel(context: Context) -> Work:
    """2208, 2305: cancel a settlement. It must be this institution's, this visit's, and valid."""
    data = context.node()
    visit = visit_of(context, data, "outpatient" if context.infno == "2208" else "inpatient")
    return (yield from give_back(context, data, visit))


def give_back(context: Context, data: Mapping[str, Any], visit: Visit) -> Work:
    """Cancel the settlement of a visit that a message names."""
    settlement = context.store.get(SETTLEMENTS, data["setl_id"])
    if settlement is None or settlement.mdtrt_id != visit.mdtrt_id or settlement.state == "reversed":
        raise refuse("settlement.unknown", setl_id=data["setl_id"])
    if settlement.state == "cancelled":
        raise refuse("settlement.cancelled", setl_id=settlement.setl_id)
    resumed = settlement.state == "cancelling" and settlement.cancelled_by == context.msgid
    if settlement.state != "valid" and not resumed:
        raise refuse("settlement.busy", setl_id=settlement.setl_id, passing=True)
    if context.store.find(DEDUCTIONS, "settlement", settlement.setl_id):
        raise refuse("audit.audited", setl_id=settlement.setl_id)
    if not resumed:
        refund_id = context.number("settlement")
        settlement = evolve(settlement, state="cancelling", cancelled_by=context.msgid, refund_id=refund_id)
        context.store.put(SETTLEMENTS, settlement)
    try:
        told = yield from context.ask(visit.insuplc_admdvs, setl_id=settlement.setl_id)
    except Refused as refusal:
        if refusal.passing:
            raise Refused(refusal.text, passing=True, keep=True) from None
        now = context.store.get(SETTLEMENTS, settlement.setl_id)
        if now is not None and now.state == "cancelling":  # else it was reversed meanwhile
            context.store.put(SETTLEMENTS, evolve(settlement, state="valid", cancelled_by="", refund_id=""))
        raise Refused(refusal.text, keep=True) from None
    head = refund_head(context, settlement, told["setlinfo"])
    cancelled = evolve(
        settlement, state="cancelled", cancelled_at=context.now, refund_day=context.now.date(), refund_head=head
    )
    context.store.put(SETTLEMENTS, cancelled)
    mark(context, visit.mdtrt_id, settlement.lines, "")
    owed.book(context, "cancellation", -1, cancelled, visit, cancelled.refund_id)
    return {"setlinfo": head, "setldetail": [negative(row) for row in settlement.detail]}


def refund_head(context: Context, settlement: Settlement, told: Mapping[str, Any]) -> dict[str, Any]:
    """The head of the negative record."""
    return {
        **negative(settlement.head),
        **({} if context.infno == "2103" else dict.fromkeys(SHARES)),
        "setl_id": settlement.refund_id,
        "setl_time": datetime19(context.now),
        "medins_setl_id": context.msgid,
        "balc": told["balc"],
    }
