"""Amount identities of settlement heads, their details, reversals and bill lines: sums that hold under every policy.

The identities are those of the interface (A1 to A10, R1, R2, L1 to L6); an absent amount counts as nothing (F5 is the
schema check's matter), an unreadable one is not judged.
"""

from __future__ import annotations

from collections.abc import Mapping

from conformance.checks.book import Book, LineFacts, SettleFacts
from conformance.checks.look import CANCELS, HEADS, SALES, UPLOADS, Look, fen, rows, text, whole
from conformance.checks.sink import Sink
from sim.benefits.closing import FUNDS, NOT_FUNDS, PARTS
from sim.lang import say
from sim.money import FULL, divide, show

LABELS: Mapping[str, str] = {
    "medfee_sumamt": "医疗费总额",
    "fund_pay_sumamt": "基金支付总额",
    "psn_part_amt": "个人负担总金额",
    "acct_mulaid_pay": "个人账户共济支付金额",
    "pool_prop_selfpay": "基本医疗保险统筹基金支付比例",
    "act_pay_dedc": "实际支付起付线",
}
MONEY = (*PARTS, *FUNDS, "medfee_sumamt", "act_pay_dedc", "fund_pay_sumamt", "acct_pay", "psn_cash_pay")
NO_LIMIT = 999_999 * 1_000_000
_LINE_TOLERANCE = 1


def judge_amounts(book: Book, sink: Sink) -> None:
    """Every head that came, every line that came."""
    for look in book.looks:
        if not look.yes:
            continue
        if look.infno in HEADS and look.head:
            _head(look, sink)
            if look.infno in SALES:
                _lines(look, "drugdetail", "detlcutinfo", sink)
            facts = book.settles.get(look.seq)
            if facts is not None:
                _against_lines(facts, sink)
        elif look.infno in CANCELS and look.head:
            _cancellation(look, book.reversed.get(look.seq), sink)
        elif look.infno in UPLOADS:
            _lines(look, "feedetail", "result", sink)


def _equal(sink: Sink, look: Look, name: str, path: str, left: int, right: int, formula: str) -> None:
    if left == right:  # said first, because it is nearly always so
        sink.ok(f"amounts.{name}", f"AMT-{name}", look)
        return
    sink.verdict(
        False,
        f"amounts.{name}",
        f"AMT-{name}",
        look,
        path,
        LABELS.get(path.rpartition(".")[2], ""),
        show(right),
        show(left),
        say("judge.identity", formula=formula),
        say("cause.sum", identity=name),
    )


def _head(look: Look, sink: Sink) -> None:
    head = {name: value or 0 for name, value in look.fen.items()}
    get = head.get
    at = "output.setlinfo."
    total, fund, person = get("medfee_sumamt", 0), get("fund_pay_sumamt", 0), get("psn_part_amt", 0)
    account, cash, hospital = get("acct_pay", 0), get("psn_cash_pay", 0), get("hosp_part_amt", 0)
    parts = sum(get(name, 0) for name in PARTS)
    _equal(sink, look, "A1", f"{at}medfee_sumamt", total, parts, f"medfee_sumamt = {' + '.join(PARTS)}")
    _funds(look, head, sink)
    _equal(sink, look, "A3", f"{at}psn_part_amt", person, account + cash, "psn_part_amt = acct_pay + psn_cash_pay")
    split = fund + person + hospital
    formula = "medfee_sumamt = fund_pay_sumamt + psn_part_amt + hosp_part_amt"
    _equal(sink, look, "A4", f"{at}medfee_sumamt", total, split, formula)
    split = fund + account + cash + hospital
    formula = "medfee_sumamt = fund_pay_sumamt + acct_pay + psn_cash_pay + hosp_part_amt"
    _equal(sink, look, "A5", f"{at}fund_pay_sumamt", total, split, formula)
    _details(look, fund, sink)
    _bounds(look, head, sink)


def _funds(look: Look, head: Mapping[str, int], sink: Sink) -> None:
    """hifdm_pay may stand beside oth_pay or inside it: both sums are accepted."""
    fund = head.get("fund_pay_sumamt", 0)
    beside = sum(head.get(name, 0) for name in FUNDS)
    inside = beside - head.get("hifdm_pay", 0)
    right = inside if fund == inside else beside
    formula = f"fund_pay_sumamt = {' + '.join(FUNDS)}"
    _equal(sink, look, "A2", "output.setlinfo.fund_pay_sumamt", fund, right, formula)


def _details(look: Look, fund: int, sink: Sink) -> None:
    listed = look.output.get("setldetail")
    if listed is None:
        sink.note("not_judged", "amounts.A6", "AMT-A6", look, "output.setldetail", why=say("judge.not_sent"))
        return
    paid = sum(
        fen(row.get("fund_payamt")) or 0 for row in rows(listed) if text(row.get("fund_pay_type")) not in NOT_FUNDS
    )
    formula = "fund_pay_sumamt = sum(setldetail.fund_payamt)"
    _equal(sink, look, "A6", "output.setldetail.fund_payamt", paid, fund, formula)


def _bounds(look: Look, head: Mapping[str, int], sink: Sink) -> None:
    shared, account = abs(head.get("acct_mulaid_pay", 0)), abs(head.get("acct_pay", 0))
    at = "output.setlinfo."
    sink.verdict(
        shared <= account,
        "amounts.A8",
        "AMT-A8",
        look,
        f"{at}acct_mulaid_pay",
        LABELS["acct_mulaid_pay"],
        f"<= {show(account)}",
        show(shared),
    )
    ratio = whole(look.head.get("pool_prop_selfpay"), 4)
    if ratio is not None:
        sink.verdict(
            0 <= ratio <= FULL,
            "amounts.A9",
            "AMT-A9",
            look,
            f"{at}pool_prop_selfpay",
            LABELS["pool_prop_selfpay"],
            "0..1",
            look.head.get("pool_prop_selfpay"),
        )
    deductible = abs(head.get("act_pay_dedc", 0))
    room = abs(head.get("inscp_scp_amt", 0)) + abs(head.get("preselfpay_amt", 0))
    sink.verdict(
        deductible <= room,
        "amounts.A10",
        "AMT-A10",
        look,
        f"{at}act_pay_dedc",
        LABELS["act_pay_dedc"],
        f"<= {show(room)}",
        show(deductible),
        cause=say("cause.deductible"),
    )


def _cancellation(look: Look, settled: SettleFacts | None, sink: Sink) -> None:
    head = look.fen
    total = head.get("medfee_sumamt") or 0
    hospital = head.get("hosp_part_amt")
    if hospital is None:  # a cancellation may leave it empty: then it is minus the settlement's
        hospital = -(settled.head.get("hosp_part_amt") or 0) if settled is not None else 0
    split = hospital + sum(head.get(name) or 0 for name in ("fund_pay_sumamt", "acct_pay", "psn_cash_pay"))
    formula = "medfee_sumamt = fund_pay_sumamt + acct_pay + psn_cash_pay"
    _equal(sink, look, "R2", "output.setlinfo.medfee_sumamt", total, split, formula)
    parts = sum(head.get(name) or 0 for name in PARTS)
    _equal(sink, look, "A1", "output.setlinfo.medfee_sumamt", total, parts, f"medfee_sumamt = {' + '.join(PARTS)}")
    _funds(look, {name: value or 0 for name, value in head.items()}, sink)
    if settled is None:
        sink.note("not_judged", "amounts.R1", "AMT-R1", look, "output.setlinfo", why=say("judge.settlement_unseen"))
        return
    wrong = [name for name in MONEY if (head.get(name) or 0) != -(settled.head.get(name) or 0)]
    if not wrong:
        sink.ok("amounts.R1", "AMT-R1", look)
    for name in wrong:
        sink.note(
            "fail",
            "amounts.R1",
            "AMT-R1",
            look,
            f"output.setlinfo.{name}",
            LABELS.get(name, ""),
            say("judge.plain", value=show(-(settled.head.get(name) or 0))),
            say("judge.plain", value=show(head.get(name) or 0)),
            say("judge.minus_original"),
            say("cause.reversal_amounts"),
        )


def _against_lines(facts: SettleFacts, sink: Sink) -> None:
    """L6 and T2: head and request against the rows of the charge batch."""
    look = facts.look
    if not facts.lines or any(line.came is None for line in facts.lines):
        for name in ("L6", "T2"):
            sink.note("not_judged", f"amounts.{name}", f"AMT-{name}", look, why=say("judge.lines_unseen"))
        return
    if len({line.upload for line in facts.lines}) > 1:
        sink.ok("reference.several_uploads", "REF-BATCH", look)
    uploaded = sum(fen(line.sent.get("det_item_fee_sumamt")) or 0 for line in facts.lines)
    formula = "medfee_sumamt = sum(feedetail.det_item_fee_sumamt)"
    total = facts.head.get("medfee_sumamt") or 0
    _equal(sink, look, "T2", "output.setlinfo.medfee_sumamt", total, uploaded, formula)
    for name in PARTS:
        row = "overlmt_amt" if name == "overlmt_selfpay" else name
        lines = sum(fen(line.came.get(row)) or 0 for line in facts.lines if line.came)
        head = facts.head.get(name) or 0
        _equal(sink, look, "L6", f"output.setlinfo.{name}", head, lines, f"{name} = sum(result.{row})")


def _lines(look: Look, sent_in: str, answered_in: str, sink: Sink) -> None:
    sent = {text(row.get("feedetl_sn")): row for row in rows(look.node(sent_in))}
    for number, row in enumerate(rows(look.output.get(answered_in))):
        line(look, f"output.{answered_in}[{number}].", LineFacts(sent.get(text(row.get("feedetl_sn")), {}), row), sink)


def line(look: Look, at: str, facts: LineFacts, sink: Sink) -> None:
    """L1 to L5 of one row, and that it is the row that was sent."""
    row = facts.came or {}
    amount = fen(row.get("det_item_fee_sumamt"))
    count, price = whole(row.get("cnt"), 4), whole(row.get("pric"), 6)
    if amount is None or count is None or price is None:
        for name in ("L1", "L2", "L3", "L4", "L5"):
            sink.note("not_judged", f"amounts.{name}", f"AMT-{name}", look, at.rstrip("."), why=say("judge.not_sent"))
        return
    own, over = fen(row.get("fulamt_ownpay_amt")) or 0, fen(row.get("overlmt_amt")) or 0
    first, scope = fen(row.get("preselfpay_amt")) or 0, fen(row.get("inscp_scp_amt")) or 0
    product = divide(count * price, 10**8)
    _near(sink, look, "L1", f"{at}det_item_fee_sumamt", amount, product, "det_item_fee_sumamt = pric * cnt")
    formula = "det_item_fee_sumamt = fulamt_ownpay_amt + overlmt_amt + preselfpay_amt + inscp_scp_amt"
    _equal(sink, look, "L2", f"{at}det_item_fee_sumamt", amount, own + over + first + scope, formula)
    ratio = whole(row.get("selfpay_prop"), 4)
    wholly_own = own == amount and amount != 0
    if ratio is None:
        sink.note("not_judged", "amounts.L3", "AMT-L3", look, f"{at}selfpay_prop", why=say("judge.not_sent"))
    else:
        right = 0 if wholly_own else divide(ratio * (amount - over - own), FULL)
        formula = "preselfpay_amt = selfpay_prop * (det_item_fee_sumamt - overlmt_amt - fulamt_ownpay_amt)"
        _equal(sink, look, "L3", f"{at}preselfpay_amt", first, right, formula)
    limit = whole(row.get("pric_uplmt_amt"), 6)
    if limit is None:
        sink.note("not_judged", "amounts.L4", "AMT-L4", look, f"{at}pric_uplmt_amt", why=say("judge.not_sent"))
    else:
        beyond = 0 if wholly_own or limit >= NO_LIMIT else divide(max(0, price - limit) * count, 10**8)
        _near(sink, look, "L4", f"{at}overlmt_amt", over, beyond, "overlmt_amt = max(0, pric - pric_uplmt_amt) * cnt")
    level = text(row.get("chrgitm_lv"))
    formula = "chrgitm_lv 01: selfpay_prop 0; 02: 0 < selfpay_prop < 1; 03: fulamt_ownpay_amt = det_item_fee_sumamt"
    right_level = own == amount if level == "03" else wholly_own or level != "01" or first == 0
    sink.verdict(
        right_level,
        "amounts.L5",
        "AMT-L5",
        look,
        f"{at}chrgitm_lv",
        "收费项目等级",
        formula,
        f"{level}: {show(own)} / {show(first)}",
        cause=say("cause.line_split") if not right_level else None,
    )
    if text(row.get("lmt_used_flag")) == "1" and text(facts.sent.get("hosp_appr_flag")) != "1":
        sink.note(
            "pass" if wholly_own else "leniency",
            "reference.restricted",
            "REF-RESTRICTED",
            look,
            f"{at}fulamt_ownpay_amt",
        )
    same = facts.sent and all(
        whole(facts.sent.get(name), digits) == whole(row.get(name), digits)
        for name, digits in (("det_item_fee_sumamt", 2), ("cnt", 4), ("pric", 6))
    )
    sink.verdict(
        bool(same),
        "amounts.line_echo",
        "AMT-L-ECHO",
        look,
        f"{at}feedetl_sn",
        "费用明细流水号",
        say("judge.line_as_sent"),
        text(row.get("feedetl_sn")),
    )


def _near(sink: Sink, look: Look, name: str, path: str, left: int, right: int, formula: str) -> None:
    """The interface itself states a tolerance of 0.01 for these two."""
    _equal(sink, look, name, path, right if abs(left - right) <= _LINE_TOLERANCE else left, right, formula)
