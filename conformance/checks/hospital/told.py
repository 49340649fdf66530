"""What the hospital told its operator, against what really happened at the platform."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from conformance.checks.hospital.facts import Ledger, Order, Patient, Sent, Settled
from conformance.checks.hospital.orders import judge_bill
from conformance.checks.look import TRIALS, fen, text
from conformance.checks.sink import Sink
from conformance.drive.protocol import Answer
from sim.lang import say
from sim.money import show

SHOWN = ("medfee_sumamt", "fund_pay_sumamt", "acct_pay")


def judge_told(ledger: Ledger, order: Order, answer: Answer, patient: Patient, sink: Sink) -> None:
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
            _own_answer(order, latest, sink)
            _amounts(order, answer, latest.sent, sink)
    elif told == "refused":
        _told_refused(order, bool(new), sink)
    if new and once and told == "done":
        judge_bill(patient, new[-1], standing[:-1], sink)


def _own_answer(order: Order, settled: Settled, sink: Sink) -> None:
    """What was taken for the answer to a settlement is its own."""
    msgid = settled.sent.look.msgid
    heard = [one for one in order.sent if one.look.msgid == msgid and one.said]
    if heard:
        sink.verdict(
            any(not one.foreign for one in heard),
            "hospital.own_answer",
            "HOS-OWN-ANSWER",
            heard[-1].look,
            "output.setlinfo.medins_setl_id",
            "",
            msgid,
            text(heard[-1].look.head.get("medins_setl_id")),
            say("hospital.own_answer_why"),
        )


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
    given: Mapping[str, int | None] = {name: getattr(answer, name) for name in SHOWN}
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
