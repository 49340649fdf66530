"""3201, 3202: an institution's account against this place's, in total and line by line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sim.errors import InputError
from sim.interface.envelope import datetime19
from sim.lang import Text, say
from sim.money import parse, show
from sim.platform.context import Context
from sim.platform.office import packing
from sim.platform.office.books import Period, books_of, check_agency, chosen, period_of, totals
from sim.platform.office.compare import AMOUNTS, Compared, Sent, compare
from sim.platform.office.transfer import keep, uploaded
from sim.platform.refusal import refuse

UPLOAD = ("setl_id", "mdtrt_id", "psn_no", "medfee_sumamt", "fund_pay_sumamt", "acct_pay", "refd_setl_flag")
"""Columns of the file to compare; none may be empty."""
EQUAL, UNEQUAL = "0", "1"
"""stmt_rslt."""
EQUAL_LONG = "000000"
"""stmt_rslt where it has six digits and everything is equal."""
LONGEST_TOLD, LONGEST_MEMO = 200, 500
"""Characters of stmt_rslt_dscr, and of a memo."""


def total(context: Context) -> dict[str, Any]:
    """3201: the sums of one insurance, clearing type and agency over days of settlement, compared with ours."""
    data = context.node()
    period = _range(context, data)
    ours = totals(context, chosen(context, books_of(context, period).entries, data, period))
    differences = [
        say("platform.reconciliation.sum", field=name, theirs=show(parse(data[name])), ours=show(getattr(ours, name)))
        for name in AMOUNTS
        if parse(data[name]) != getattr(ours, name)
    ]
    if int(data["fixmedins_setl_cnt"]) != ours.count:
        told = {"field": "fixmedins_setl_cnt", "theirs": int(data["fixmedins_setl_cnt"]), "ours": ours.count}
        differences.append(say("platform.reconciliation.sum", **told))
    return {
        "stmtinfo": {
            "setl_optins": data["setl_optins"],
            "stmt_rslt": _result(context, not differences),
            "stmt_rslt_dscr": _told(context, differences)[:LONGEST_TOLD],
        }
    }


def detail(context: Context) -> dict[str, Any]:
    """3202: the lines of an uploaded file, compared one by one; the outcome is a file to be fetched with 9102."""
    data = context.node()
    period = _range(context, data)
    file = uploaded(context, data["file_qury_no"])
    sent = [_sent(row, number) for number, row in enumerate(packing.unpack(file.content, len(UPLOAD)), 1)]
    books = books_of(context, period, (line.setl_id for line in sent))
    ours = chosen(context, books.entries, data, period)
    doubtful = chosen(context, books.doubtful, data, period)
    compared = compare(sent, ours, doubtful, books)
    _check_header(context, data, sent, compared)
    rows = [_printed(context, each, file.msgid) for each in compared]
    name = f"stmt_{context.sender}_{period.first:%Y%m%d}_{period.last:%Y%m%d}_{context.store.next('statement')}"
    result = keep(context, "result", f"{name}.zip", packing.pack(f"{name}.txt", rows))
    return {
        "fileinfo": {
            "file_qury_no": result.file_qury_no,
            "filename": result.filename,
            "dld_endtime": datetime19(result.until),
        }
    }


def _range(context: Context, data: Mapping[str, Any]) -> Period:
    check_agency(context, data["setl_optins"])
    return period_of(data, "stmt_begndate", "stmt_enddate")


def _result(context: Context, equal: bool) -> str:
    if equal:
        return EQUAL_LONG if context.setting.readings.six_digit_stmt_rslt else EQUAL
    return UNEQUAL


def _told(context: Context, texts: Sequence[Text]) -> str:
    return "; ".join(text.show(context.setting.lang) for text in texts)


def _sent(row: Sequence[str | None], number: int) -> Sent:
    """One line of the file. Refuses an empty column, an amount that is none, another flag than 0 and 1."""
    values = dict(zip(UPLOAD, row, strict=True))
    for name, value in values.items():
        if not value:
            raise refuse("file.empty_value", row=number, field=name)
    amounts = {}
    for name in AMOUNTS:
        try:
            amounts[name] = parse(str(values[name]))
        except InputError:
            raise refuse("file.amount", row=number, field=name, value=str(values[name])[:30]) from None
    if values["refd_setl_flag"] not in ("0", "1"):
        raise refuse("file.flag", row=number, value=str(values["refd_setl_flag"])[:10])
    return Sent(
        setl_id=str(values["setl_id"]),
        mdtrt_id=str(values["mdtrt_id"]),
        psn_no=str(values["psn_no"]),
        refunded=values["refd_setl_flag"] == "1",
        **amounts,
    )


def _check_header(
    context: Context, data: Mapping[str, Any], sent: Sequence[Sent], compared: Sequence[Compared]
) -> None:
    """The sums of the message are those of its file. Cash is what fund, account and the hospital's own part leave."""
    refunds = sum(line.medfee_sumamt < 0 for line in sent)
    nets = context.setting.readings.refunds_lower_count
    hospital = sum(each.ours.hosp_part_amt for each in compared if each.sent is not None and each.ours is not None)
    sums = {name: sum(getattr(line, name) for line in sent) for name in AMOUNTS}
    expected = {
        "medfee_sumamt": sums["medfee_sumamt"],
        "fund_pay_sumamt": sums["fund_pay_sumamt"],
        "cash_payamt": sums["medfee_sumamt"] - sums["fund_pay_sumamt"] - sums["acct_pay"] - hospital,
    }
    for name, fen in expected.items():
        if parse(data[name]) != fen:
            raise refuse("reconciliation.header", field=name, header=show(parse(data[name])), rows=show(fen))
    count = len(sent) - 2 * refunds if nets else len(sent)
    if int(data["fixmedins_setl_cnt"]) != count:
        given = str(data["fixmedins_setl_cnt"])
        raise refuse("reconciliation.header", field="fixmedins_setl_cnt", header=given, rows=str(count))


def _printed(context: Context, each: Compared, upload_msgid: str) -> list[str | None]:
    """A line of the result file, in the order of its columns.

    A line that only this place has carries no setl_id and mdtrt_id, but the msgid with which 2601 can reverse it. Of a
    line that only the institution has no message is known here but the one that brought it.
    """
    line, told = each.line, each.ours is None or each.ours.known
    return [
        line.psn_no,
        each.sent.mdtrt_id if each.sent is not None else None,
        each.sent.setl_id if each.sent is not None else None,
        each.ours.msgid if each.ours is not None else each.msgid or upload_msgid,
        _result(context, each.equal),
        "1" if line.refunded else "0",
        _told(context, each.notes)[:LONGEST_MEMO],
        show(line.medfee_sumamt),
        show(line.fund_pay_sumamt) if told else None,
        show(line.acct_pay) if told else None,
    ]
