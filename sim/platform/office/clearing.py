"""3203, 3204: an institution asks to be paid for a month, and takes that back."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from sim.interface.envelope import datetime19
from sim.money import parse, show
from sim.platform.context import Context
from sim.platform.office.books import books_of, chosen, period_of, totals
from sim.platform.office_records import CLEARING_REQUESTS, ClearingRequest
from sim.platform.refusal import refuse


def request(context: Context) -> dict[str, Any]:
    """3203: once for a clearing type and any day, after the period is over, with the very sums of the books."""
    _check_kept(context)
    data = context.node()
    period = period_of(data, "begndate", "enddate")
    for day in (period.first, period.last):
        if f"{day:%Y%m}" != data["setlym"]:
            raise refuse("clearing.other_month", day=str(day), setlym=data["setlym"])
    if period.last >= context.now.date():
        raise refuse("clearing.not_over", day=str(period.last))
    for other in context.store.find(CLEARING_REQUESTS, "month", context.sender, data["setlym"]):
        overlaps = other.first <= period.last and period.first <= other.last
        if other.withdrawn_at is None and other.clr_type == data["clr_type"] and overlaps:
            raise refuse("clearing.requested", number=other.clr_appy_evt_id)
    ours = totals(context, chosen(context, books_of(context, period).entries, data, period))
    expected = {
        "medfee_sumamt": ours.medfee_sumamt,
        "med_sumfee": ours.medfee_sumamt,
        "fund_appy_sum": ours.fund_pay_sumamt,
        "cash_payamt": ours.psn_cash_pay,
        "acct_pay": ours.acct_pay,
    }
    for name, fen in expected.items():
        if parse(data[name]) != fen:
            raise refuse("clearing.sum", field=name, theirs=show(parse(data[name])), ours=show(fen))
    if int(data["psntime"]) != ours.count:
        raise refuse("clearing.sum", field="psntime", theirs=str(data["psntime"]), ours=str(ours.count))
    made = ClearingRequest(
        clr_appy_evt_id=context.number("clearing"),
        fixmedins_code=context.sender,
        clr_type=data["clr_type"],
        clr_way=data.get("clr_way") or "",
        setlym=data["setlym"],
        first=period.first,
        last=period.last,
        at=context.now,
        count=ours.count,
        medfee_sumamt=ours.medfee_sumamt,
        fund_pay_sumamt=ours.fund_pay_sumamt,
        acct_pay=ours.acct_pay,
        cash_payamt=ours.psn_cash_pay,
    )
    context.store.put(CLEARING_REQUESTS, made)
    return {"result": {"clr_appy_evt_id": made.clr_appy_evt_id}}


def withdraw(context: Context) -> dict[str, Any]:
    """3204: take a request back, so that it can be made anew."""
    _check_kept(context)
    number = str(context.node()["clr_appy_evt_id"])
    found = context.store.get(CLEARING_REQUESTS, number)
    if found is None or found.fixmedins_code != context.sender:
        raise refuse("clearing.unknown", number=number)
    if found.withdrawn_at is not None:
        raise refuse("clearing.withdrawn", number=number, at=datetime19(found.withdrawn_at))
    context.store.put(CLEARING_REQUESTS, evolve(found, withdrawn_at=context.now))
    return {}


def _check_kept(context: Context) -> None:
    """Refuse where the interface has given these transactions up."""
    if context.setting.interface.transactions[context.infno].status == "abolished":
        raise refuse("infno.abolished", infno=context.infno)
