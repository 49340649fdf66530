"""What the hospital was told to do against what it did, and what it told its operator against what really happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from conformance.checks.hospital.ledger import DOUBTFUL, Ledger, Order, Patient, Sent, Settled
from conformance.checks.hospital.statement import judge_end_of_day
from conformance.checks.look import HEADS, TRIALS, fen, text, whole
from conformance.checks.sink import Sink, shown
from conformance.drive.protocol import Answer
from sim.lang import say
from sim.money import show

BILLED = ("med_list_codg", "medins_list_codg", "hosp_appr_flag")
SHOWN: Mapping[str, str] = {
    "medfee_sumamt": "medfee_sumamt",
    "fund_pay_sumamt": "fund_pay_sumamt",
    "acct_pay": "acct_pay",
}
CREDENTIAL = ("mdtrt_cert_type", "mdtrt_cert_no")


def judge_order(ledger: Ledger, order: Order, sink: Sink) -> None:
    """One order, after all that it led to."""
    if order.cut_short:
        return
    _answered(order, sink)
    patient = ledger.patients.get(order.patient)
    if order.answer is not None:
        _reason(order, order.answer, sink)
    if patient is not None:
        for sent in order.sent:
            _as_asked(order, patient, sent, sink)
        if order.answer is not None:
            _patient(ledger, order, order.answer, patient, sink)
    if order.do == "end_day":
        _open_at_end(ledger, order, sink)
        judge_end_of_day(ledger, order, sink)


def _answered(order: Order, sink: Sink) -> None:
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
    if answer is None or not good or act is None:
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


def _reason(order: Order, answer: Answer, sink: Sink) -> None:
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


def _as_asked(order: Order, patient: Patient, sent: Sent, sink: Sink) -> None:
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


def _bill(patient: Patient, settled: Settled, before: Sequence[Settled], sink: Sink) -> None:
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


# --- what the operator was told ---


def _patient(ledger: Ledger, order: Order, answer: Answer, patient: Patient, sink: Sink) -> None:
    if order.do == "estimate" and answer.result == "done":
        trial = _last(order.sent, TRIALS)
        if trial is not None:
            _amounts(order, answer, trial, sink)
    elif order.do == "pay":
        _paid(ledger, order, answer, patient, sink)
    elif order.do == "cancel":
        _cancelled(ledger, order, answer, patient, sink)
    elif order.do == "admit" and answer.result == "refused":
        _told_refused(order, any(one.look.msgid in ledger.admissions for one in order.sent), sink)
    elif order.do == "leave" and answer.result == "done":
        _left(patient, order, sink)


def _last(sent: Iterable[Sent], infnos: frozenset[str]) -> Sent | None:
    return next((one for one in reversed(list(sent)) if one.look.infno in infnos and one.said), None)


def _paid(ledger: Ledger, order: Order, answer: Answer, patient: Patient, sink: Sink) -> None:
    everywhere = ledger.standing(patient.psn_no, order.scenario)
    standing = [one for one in everywhere if one.visit is patient.visit]
    covered = sum(fen(one.sent.head.get("medfee_sumamt")) or 0 for one in everywhere)
    once = covered <= patient.ever
    told = answer.result
    sink.verdict(
        once,
        "hospital.once",
        "HOS-ONCE",
        order.look,
        "",
        "",
        show(patient.ever),
        show(covered),
        say("hospital.once_why"),
        say("hospital.cause.once"),
    )
    new = [one for one in standing if one.sent.look.seq > order.look.seq]
    latest = standing[-1] if standing else None
    if told == "done":
        sink.verdict(
            latest is not None,
            "hospital.told_done",
            "HOS-TOLD-DONE",
            order.look,
            "result",
            "",
            say("hospital.standing"),
            say("judge.absent"),
            say("hospital.told_done_why"),
            say("hospital.cause.told_done"),
        )
        if latest is not None:
            _amounts(order, answer, latest.sent, sink)
    elif told == "refused":
        _told_refused(order, bool(new), sink)
    if new and once and told == "done":
        _bill(patient, new[-1], standing[:-1], sink)


def _told_refused(order: Order, happened: bool, sink: Sink) -> None:
    sink.verdict(
        not happened,
        "hospital.told_refused",
        "HOS-TOLD-REFUSED",
        order.look,
        "result",
        "",
        say("hospital.nothing_stands"),
        say("hospital.standing"),
        say("hospital.told_refused_why"),
        say("hospital.cause.told_refused"),
    )


def _cancelled(ledger: Ledger, order: Order, answer: Answer, patient: Patient, sink: Sink) -> None:
    gone = [
        one
        for one in ledger.of_person(patient.psn_no)
        if one.visit is patient.visit and one.undone is not None and one.undone.look.seq > order.look.seq
    ]
    patient.returned += [line.row for one in gone for line in one.lines]
    if answer.result == "done":
        sink.verdict(
            bool(gone),
            "hospital.told_done",
            "HOS-TOLD-DONE",
            order.look,
            "result",
            "",
            say("hospital.undone"),
            say("hospital.standing"),
            say("hospital.told_done_why"),
            say("hospital.cause.told_done"),
        )
    elif answer.result == "refused":
        _told_refused(order, bool(gone), sink)


def _amounts(order: Order, answer: Answer, sent: Sent, sink: Sink) -> None:
    """What is shown and collected is what the platform said."""
    given: Mapping[str, int | None] = {
        "medfee_sumamt": answer.medfee_sumamt,
        "fund_pay_sumamt": answer.fund_pay_sumamt,
        "acct_pay": answer.acct_pay,
    }
    right = {name: fen(sent.head.get(name)) for name in SHOWN}
    other = next((name for name, value in given.items() if value is not None and value != right[name]), "")
    if any(value is not None for value in given.values()):
        sink.verdict(
            not other,
            "hospital.shown",
            "HOS-SHOWN",
            order.look,
            other,
            "",
            _yuan(right.get(other)),
            _yuan(given.get(other)),
        )
    if answer.cash is None:
        sink.note("not_judged", "hospital.cash", "HOS-CASH", order.look, why=say("hospital.not_told"))
        return
    cash = fen(sent.head.get("psn_cash_pay"))
    sink.verdict(
        answer.cash == cash,
        "hospital.cash",
        "HOS-CASH",
        order.look,
        "cash",
        "个人现金支出",
        _yuan(cash),
        _yuan(answer.cash),
        say("hospital.cash_why"),
        say("hospital.cause.cash"),
    )


def _yuan(value: int | None) -> object:
    return say("judge.absent") if value is None else show(value)


def _left(patient: Patient, order: Order, sink: Sink) -> None:
    """Who goes without paying leaves neither lines nor a registration."""
    visit = patient.visit
    if visit is None:
        return
    left = [line for line in visit.lines if line.settled is None]
    good = visit.given_up and not left
    actual = say("hospital.lines") if left else say("hospital.registered")
    sink.verdict(good, "hospital.left", "HOS-LEFT", order.look, "", "", say("hospital.nothing_left"), actual)


def _open_at_end(ledger: Ledger, order: Order, sink: Sink) -> None:
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
