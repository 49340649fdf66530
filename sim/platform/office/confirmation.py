"""3260, 3261, 3262: an institution fetches a month's settlements for people of other provinces, confirms them line by
line, and takes the confirmation back until its province has declared the month."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from attrs import evolve, frozen

from sim.interface.envelope import datetime19
from sim.money import parse, show, wire
from sim.platform.clearing import workdays
from sim.platform.clearing_records import DECLARED, DECLARED_MONTHS, MONTH_CONFIRMATIONS, MonthConfirmation
from sim.platform.context import Context
from sim.platform.office.books import Entry, Period, books_of
from sim.platform.records import SETTLEMENTS, VISITS
from sim.platform.refusal import refuse
from sim.platform.regions import province_of

PAGE = 100
"""Rows of one answer to 3260."""
CONFIRMED, CONTESTED = "1", "0"
"""cnfm_flag."""
PAID_BY_HOSPITAL = "0"
"""fulamt_advpay_flag: settled at the institution, not advanced by the patient."""


@frozen
class Row:
    """A line of the month as both sides print it; amounts are fen."""

    setl_sn: str
    certno: str
    mdtrt_id: str
    mdtrt_setl_time: str
    medfee_sumamt: int
    optins_pay_sumamt: int


def detail(context: Context) -> dict[str, Any]:
    """3260: at most `PAGE` rows of the month from ``startrow`` on, which counts from 1."""
    data = context.node()
    month = _month(context, data)
    first = int(data["startrow"])
    if first < 1:
        raise refuse("clearing.startrow", value=first)
    rows = rows_of(context, month)[first - 1 : first - 1 + PAGE]
    return {"data": [_printed(context, row, number) for number, row in enumerate(rows, first)]}


def confirm(context: Context) -> dict[str, Any]:
    """3261: every line of the month, once, as it is here; what is contested waits for a later month.

    Once the month is declared, only what was left out of it can still be confirmed.
    """
    data, sent = context.node(), context.rows("detail")
    month = _month(context, data)
    ours = {row.setl_sn: row for row in rows_of(context, month)}
    if not ours:
        raise refuse("clearing.no_lines", month=month)
    if int(data["totalrow"]) != len(sent):
        raise refuse("clearing.row_count", total=int(data["totalrow"]), rows=len(sent))
    flags = _flags(sent, ours)
    declared = context.store.get(DECLARED_MONTHS, month) is not None
    if declared:
        _check_left_out(context, month, flags)
    else:
        _check_first(context, month, flags)
        if context.setting.readings.whole_month_confirmed and len(flags) != len(ours):
            raise refuse("clearing.not_whole", rows=len(flags), ours=len(ours))
    made = MonthConfirmation(
        fixmedins_code=context.sender,
        msgid=context.msgid,
        month=month,
        at=context.now,
        flags=flags,
        after_declaration=declared,
    )
    context.store.put(MONTH_CONFIRMATIONS, made)
    return {}


def roll_back(context: Context) -> dict[str, Any]:
    """3262: the confirmation that ``otransid`` (its msgid) names is as if it had never been."""
    data = context.node()
    month = _month(context, data)
    found = context.store.get(MONTH_CONFIRMATIONS, context.sender, str(data["otransid"]))
    if found is None or found.month != month:
        raise refuse("clearing.no_confirmation", otransid=data["otransid"], month=month)
    if found.withdrawn_at is not None:
        raise refuse("clearing.rolled_back", otransid=found.msgid, at=datetime19(found.withdrawn_at))
    if found.after_declaration:
        taken = any(context.store.find(DECLARED, "line", line) for line in found.flags)
    else:
        taken = context.store.get(DECLARED_MONTHS, month) is not None
    if taken:
        raise refuse("clearing.declared", month=month)
    context.store.put(MONTH_CONFIRMATIONS, evolve(found, withdrawn_at=context.now))
    return {}


def rows_of(context: Context, month: str) -> list[Row]:
    """The institution's lines of a month for people of other provinces, in order of time."""
    entries = books_of(context, Period(workdays.first_day(month), workdays.last_day(month))).entries
    inside = [entry for entry in entries if workdays.month_of(entry.day) == month and _from_elsewhere(context, entry)]
    if not context.setting.readings.refunded_pairs_listed:
        refunds = {entry.of for entry in inside if entry.refund}
        pairs = {entry.of for entry in inside if not entry.refund} & refunds
        inside = [entry for entry in inside if entry.of not in pairs]
    return [_row(context, entry) for entry in inside]


def _from_elsewhere(context: Context, entry: Entry) -> bool:
    visit = context.store.get(VISITS, entry.mdtrt_id)
    return visit is not None and province_of(visit.insuplc_admdvs) != context.code


def _row(context: Context, entry: Entry) -> Row:
    settlement = context.store.get(SETTLEMENTS, entry.of)
    account = entry.acct_pay if context.setting.readings.account_cleared else 0
    return Row(
        setl_sn=entry.setl_id,
        certno=str(settlement.head["certno"]) if settlement is not None else "",
        mdtrt_id=entry.mdtrt_id,
        mdtrt_setl_time=datetime19(entry.at),
        medfee_sumamt=entry.medfee_sumamt,
        optins_pay_sumamt=entry.fund_pay_sumamt + account,
    )


def _month(context: Context, data: Mapping[str, Any]) -> str:
    """The month that a message is about. Refuses what is no month, and one that is not over."""
    month = f"{data['trt_year']}-{data['trt_month']}"
    if not re.fullmatch(r"[12]\d{3}-(0[1-9]|1[0-2])", month, re.ASCII):
        raise refuse("clearing.bad_month", value=month)
    last: date = workdays.last_day(month)
    if context.now.date() <= last:
        raise refuse("clearing.not_over", day=str(last))
    return month


def _printed(context: Context, row: Row, number: int) -> dict[str, Any]:
    return {
        "seqno": number,
        "mdtrtarea": context.institution.admdvs,
        "medins_no": context.sender,
        "certno": row.certno,
        "mdtrt_id": row.mdtrt_id,
        "mdtrt_setl_time": row.mdtrt_setl_time,
        "setl_sn": row.setl_sn,
        "fulamt_advpay_flag": PAID_BY_HOSPITAL,
        "medfee_sumamt": wire(row.medfee_sumamt),
        "optins_pay_sumamt": wire(row.optins_pay_sumamt),
    }


def _flags(sent: Sequence[Mapping[str, Any]], ours: Mapping[str, Row]) -> dict[str, str]:
    """The flag of each line. Refuses a line that is not ours, comes twice, or is not as it is here."""
    flags: dict[str, str] = {}
    for given in sent:
        number = str(given["setl_sn"])
        row = ours.get(number)
        if row is None:
            raise refuse("clearing.row_unknown", setl_sn=number)
        if number in flags:
            raise refuse("clearing.row_twice", setl_sn=number)
        for name in ("certno", "mdtrt_id", "mdtrt_setl_time"):
            if given[name] != getattr(row, name):
                raise refuse("clearing.row_differs", setl_sn=number, field=name)
        for name in ("medfee_sumamt", "optins_pay_sumamt"):
            theirs, here = parse(given[name]), getattr(row, name)
            if theirs != here:
                raise refuse("clearing.row_amount", setl_sn=number, field=name, theirs=show(theirs), ours=show(here))
        flag = given.get("cnfm_flag") or CONFIRMED
        if flag not in (CONFIRMED, CONTESTED):
            raise refuse("clearing.flag", setl_sn=number, value=str(flag))
        flags[number] = str(flag)
    return flags


def _check_first(context: Context, month: str, flags: Mapping[str, str]) -> None:
    """Nothing of it was confirmed before."""
    for other in context.store.find(MONTH_CONFIRMATIONS, "month", context.sender, month):
        if other.withdrawn_at is None and (
            context.setting.readings.whole_month_confirmed or set(other.flags) & set(flags)
        ):
            raise refuse("clearing.confirmed", month=month, msgid=other.msgid)


def _check_left_out(context: Context, month: str, flags: Mapping[str, str]) -> None:
    """Everything in it still waits."""
    if not flags or any(context.store.find(DECLARED, "line", line) for line in flags):
        raise refuse("clearing.declared", month=month)
