"""What the hospital was told to do against what it did, and what it told its operator against what really happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from conformance.checks.days import days_around, days_of
from conformance.checks.hospital.facts import DOUBTFUL, Ledger, Order, Patient, Sent, Settled
from conformance.checks.look import HEADS, fen, text, whole
from conformance.checks.sink import Sink, shown
from conformance.drive.protocol import Answer
from sim.lang import say

BILLED = ("med_list_codg", "medins_list_codg", "hosp_appr_flag")
CREDENTIAL = ("mdtrt_cert_type", "mdtrt_cert_no")


def judge_answer(ledger: Ledger, order: Order, sink: Sink) -> None:
    """Whether it answered at all, and as the scenario expects. Midnight may make a right hospital answer otherwise."""
    answer, act = order.answer, order.act
    good = answer is not None and answer.result != "crashed"
    actual = order.look.exchange.outcome if answer is None else answer.result
    sink.verdict(
        good,
        "hospital.answered",
        "HOS-ANSWERED",
        order.look,
        "result",
        "",
        say("hospital.an_answer"),
        actual,
        shown(answer.text[:200]) if answer is not None and answer.text else None,
        say("hospital.cause.crashed"),
    )
    if answer is None or not good or act is None or ledger.kept_out(order.scenario):
        return
    if answer.result not in act.expect and len(days_around(ledger.begun) | days_of(order.look.exchange)) > 1:
        sink.note("not_judged", "hospital.expected", "HOS-EXPECTED", order.look, why=say("judge.midnight"))
        return
    told = answer.result if not answer.text else f"{answer.result}: {answer.text[:200]}"
    sink.verdict(
        answer.result in act.expect,
        "hospital.expected",
        "HOS-EXPECTED",
        order.look,
        "result",
        "",
        " | ".join(act.expect),
        told,
    )


def judge_reason(order: Order, answer: Answer, sink: Sink) -> None:
    """Why the platform refused is what the operator reads."""
    reasons = [
        text((one.look.reply or {}).get("err_msg"))
        for one in order.sent
        if one.said is False and one.look.infno != "2601"
    ]
    if answer.result != "refused" or not reasons:
        return
    told = any(reason and reason[:60] in answer.text for reason in reasons)
    sink.verdict(
        told,
        "hospital.reason",
        "HOS-REASON",
        order.look,
        "text",
        "",
        reasons[-1],
        answer.text,
        say("hospital.reason_why"),
    )


# --- what was asked for ---


def judge_as_asked(order: Order, patient: Patient, sent: Sent, sink: Sink) -> None:
    """The credential presented, the insurance and the account use that were asked for, the lines that were billed."""
    look = sent.look
    if sent.again is not None:
        return
    if look.infno == "1101" and order.do == "present":
        wanted = tuple(text(patient.presented.get(name)) for name in CREDENTIAL)
        given = tuple(text(look.data.get(name)) for name in CREDENTIAL)
        at = ("input.data.mdtrt_cert_no", "就诊凭证编号")
        sink.verdict(
            wanted == given, "hospital.credential", "HOS-CREDENTIAL", look, *at, " ".join(wanted), " ".join(given)
        )
    if look.infno not in HEADS or order.do not in ("estimate", "pay"):
        return
    asked = {
        "insutype": text(patient.presented.get("insutype")),
        "acct_used_flag": text(order.body.get("acct_used_flag")),
    }
    other = next((name for name, value in asked.items() if text(look.data.get(name)) != value), "")
    sink.verdict(
        not other,
        "hospital.as_asked",
        "HOS-AS-ASKED",
        look,
        f"input.data.{other}",
        "",
        asked.get(other, ""),
        text(look.data.get(other)),
    )


def judge_bill(patient: Patient, settled: Settled, before: Sequence[Settled], sink: Sink) -> None:
    """What was settled is what was billed and not settled before: items, prices, quantities, amounts, approvals. Lines
    whose settlement was cancelled may stay on the bill or not."""
    sent = Counter(_line(line.row) for line in settled.lines)
    paid = Counter(_line(line.row) for one in before for line in one.lines)
    returned = Counter(map(_line, patient.returned))
    billed = Counter(map(_line, patient.billed)) - paid
    missing, added = billed - returned - sent, sent - billed
    look = settled.sent.look
    sink.verdict(
        not missing and not added,
        "hospital.bill",
        "HOS-BILL",
        look,
        "input.feedetail",
        "",
        "; ".join(map(_told, missing)) or "-",
        "; ".join(map(_told, added)) or "-",
        say("hospital.bill_why"),
        say("hospital.cause.bill"),
    )


def _line(row: Mapping[str, Any]) -> tuple[Any, ...]:
    names = tuple(text(row.get(name)) for name in BILLED)
    return (*names, whole(row.get("pric"), 6), whole(row.get("cnt"), 4), fen(row.get("det_item_fee_sumamt")))


def _told(line: tuple[Any, ...]) -> str:
    return " ".join(map(str, line))


def judge_open_at_end(ledger: Ledger, order: Order, sink: Sink) -> None:
    """At the end of the day nothing is in doubt, if the platform could be heard."""
    doubts = [
        one
        for one in ledger.open_doubts()
        if not one.lenient and one.sent.look.exchange.scenario == order.scenario and one.sent.look.infno in DOUBTFUL
    ]
    mine = [one for one in ledger.doubts.values() if one.sent.look.exchange.scenario == order.scenario]
    reachable = any(one.said is not None for one in order.sent) or not order.sent
    if not mine or (doubts and not reachable):
        return
    sink.verdict(
        not doubts,
        "hospital.doubt_end",
        "HOS-DOUBT-END",
        order.look,
        "",
        "",
        say("hospital.cleared_up"),
        doubts[0].sent.look.msgid if doubts else "",
        say("hospital.doubt_end_why"),
        say("hospital.cause.doubt"),
    )
