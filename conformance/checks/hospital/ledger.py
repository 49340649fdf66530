"""Reads a conversation in order: what each message and each order changes, for the hospital and for the platform.

Nothing is assumed that was not seen.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from conformance.checks.hospital.facts import (
    DESCRIBES,
    DOUBTFUL,
    GIVES_UP,
    LOOKS_UP,
    NOT_HANDLED,
    OPENS,
    WITHDRAWS,
    Doubt,
    Ledger,
    Line,
    Order,
    Patient,
    Sent,
    Settled,
    Visit,
    is_order,
    same_message,
)
from conformance.checks.look import CANCELS, SETTLES, TRIALS, UPLOADS, Look, fen, rows, text
from conformance.conversation import Exchange
from conformance.drive.protocol import Answer, answer_of, problem_of
from conformance.drive.scenario import HospitalScenario
from conformance.scenario.model import Scenario
from sim.errors import InputError
from sim.interface import envelope, wire


def follow(exchanges: Iterable[Exchange], scenarios: Mapping[str, Scenario]) -> Iterator[tuple[Ledger, Sent | Order]]:
    """Read a conversation in order. Each message is given before the ledger learns of it; each order after all that it
    led to."""
    ledger = Ledger()
    for exchange in exchanges:
        if is_order(exchange):
            if ledger.order is not None:
                yield ledger, ledger.order
                end(ledger, ledger.order)
            begin(ledger, exchange, scenarios)
            continue
        sent = heard(ledger, exchange)
        yield ledger, sent
        learn(ledger, sent)
    if ledger.order is not None:
        yield ledger, ledger.order
        ledger.order = None


def begin(ledger: Ledger, exchange: Exchange, scenarios: Mapping[str, Scenario]) -> None:
    """An order is given."""
    order = Order(Look(exchange, None, None), exchange.request.message or {}, exchange.scenario)
    order.answer = _answer(exchange)
    scenario = scenarios.get(exchange.scenario)
    order.act = scenario.act(exchange.step) if isinstance(scenario, HospitalScenario) else None
    ledger.order, ledger.driven = order, True
    if order.do == "start":
        ledger.scenario, ledger.institution = order.scenario, text(order.body.get("fixmedins_code"))
        ledger.begun = exchange.sent_at
        ledger.persons, ledger.places, ledger.sign_nos, ledger.patients = {}, {}, set(), {}
    elif order.do == "present":
        before = ledger.patients.get(order.patient)
        ledger.patients[order.patient] = Patient(order.body, ever=before.ever if before else 0)
    elif order.patient in ledger.patients:
        patient = ledger.patients[order.patient]
        if order.do in ("register", "admit"):
            patient.billed, patient.returned, patient.visit = [], [], None


def end(ledger: Ledger, order: Order) -> None:
    """An order is over. Lines that the hospital refused are not on the bill; those in doubt may be there or not, and so
    may all of a patient who wanted to leave."""
    patient = ledger.patients.get(order.patient)
    if order.do == "leave" and patient is not None:
        patient.returned += patient.billed
    if order.do != "bill" or patient is None or order.answer is None or order.answer.result == "refused":
        return
    lines = rows(order.body.get("lines"))
    patient.billed += lines
    patient.returned += lines if order.answer.result == "unknown" else []
    patient.ever += sum(fen(row.get("det_item_fee_sumamt")) or 0 for row in lines)


def _answer(exchange: Exchange) -> Answer | None:
    message = exchange.reply.message if exchange.reply is not None and exchange.outcome == "answered" else None
    if message is None or exchange.reply is None:
        return None
    try:
        if problem_of("answer", json.loads(exchange.reply.body)) is not None:
            return None
        return answer_of(wire.decode(exchange.reply.body))
    except (InputError, ValueError, wire.WireError):
        return None


def heard(ledger: Ledger, exchange: Exchange) -> Sent:
    """A message, with what became of it."""
    look = Look(exchange, None, None)
    truth = exchange.truth or (exchange.reply if exchange.outcome in ("answered", "timeout") else None)
    message = truth.message if truth is not None else None
    done: bool | None = None
    if message is not None and message.get("infcode") not in (None, ""):
        done = envelope.is_accepted(message)
    elif exchange.note.endswith(NOT_HANDLED) or exchange.outcome == "unreachable":
        done = False
    output = message.get("output") if message is not None else None
    sent = Sent(look, ledger.order_now, done, output if isinstance(output, dict) else {})
    sent.again = ledger.messages.get((look.institution, look.msgid)) if look.msgid else None
    return sent


def learn(ledger: Ledger, sent: Sent) -> None:
    """What a message and its answer change."""
    look = sent.look
    if ledger.order is not None:
        ledger.order.sent.append(sent)
    if look.msgid:
        ledger.messages.setdefault((look.institution, look.msgid), sent)
    _doubts(ledger, sent)
    if sent.again is not None and not _same(sent.again.look, look):
        return
    if look.infno == "2601":
        ledger.reversals.setdefault(text(look.data.get("omsgid")), []).append(sent)
    if look.yes:
        _known(ledger, sent)
    if sent.done:
        _happened(ledger, sent)


def _same(first: Look, again: Look) -> bool:
    """Whether it is the same message once more: byte for byte, or signed anew."""
    if again.request.get("cainfo"):
        return same_message(first, again)
    return first.exchange.request.body == again.exchange.request.body


def _doubts(ledger: Ledger, sent: Sent) -> None:
    look = sent.look
    if look.infno == "2601":
        doubt = ledger.doubts.get(text(look.data.get("omsgid")))
        if doubt is not None:
            _try(doubt, sent)
    elif look.infno in DOUBTFUL and look.msgid:
        doubt = ledger.doubts.get(look.msgid)
        if doubt is not None:
            _try(doubt, sent)
        elif look.yes is None and sent.again is None and not sent.turned_away:
            ledger.doubts[look.msgid] = Doubt(sent, lenient=sent.may_know)
        if doubt is None and sent.foreign:  # who noticed may look into it, who did not counts it as done
            ledger.doubts[look.msgid] = Doubt(sent, lenient=True)
    elif look.infno in LOOKS_UP:
        for doubt in ledger.open_doubts():
            if look.psn_no in ("", doubt.sent.look.psn_no):
                _try(doubt, sent)


def _try(doubt: Doubt, sent: Sent) -> None:
    doubt.tried.append(sent)
    if sent.may_know and doubt.cleared is None:
        doubt.cleared = sent


def _known(ledger: Ledger, sent: Sent) -> None:
    """What an answer that was heard tells."""
    look = sent.look
    if look.infno == "9001":
        for row in rows(sent.output.get("signinoutb")):
            ledger.sign_nos.add(text(row.get("sign_no")))
    elif look.infno == "1101":
        for row in rows(sent.output.get("baseinfo")):
            psn_no = text(row.get("psn_no"))
            ledger.persons[psn_no] = sent
            ledger.places[psn_no] = {
                text(one.get("insutype")): text(one.get("insuplc_admdvs")) for one in rows(sent.output.get("insuinfo"))
            }
            if ledger.order is not None and ledger.order.patient in ledger.patients:
                ledger.patients[ledger.order.patient].psn_no = psn_no
    elif look.infno in OPENS:
        for row in [*rows(sent.output.get("data")), *rows(sent.output.get("result"))]:
            mdtrt_id = text(row.get("mdtrt_id"))
            if mdtrt_id and mdtrt_id not in ledger.visits:
                ledger.visits[mdtrt_id] = Visit(mdtrt_id, look.psn_no, sent, described=look.infno in DESCRIBES)
                _seat(ledger, ledger.visits[mdtrt_id])
    visit = ledger.visit(look)
    if visit is None:
        return
    if look.infno in DESCRIBES:
        visit.described = True
    elif look.infno in TRIALS:
        visit.trials[text(look.data.get("chrg_bchno"))] = sent
    elif look.infno in GIVES_UP:
        visit.given_up = True


def _seat(ledger: Ledger, visit: Visit) -> None:
    """The patient of the present order has this visit."""
    if ledger.order is not None and ledger.order.patient in ledger.patients:
        ledger.patients[ledger.order.patient].visit = visit


def _happened(ledger: Ledger, sent: Sent) -> None:
    """What the platform did, whether the hospital heard of it or not."""
    look, visit = sent.look, ledger.visit(sent.look)
    if look.infno in UPLOADS and visit is not None and not _held(visit, look):
        for row in rows(look.node("feedetail")):
            visit.lines.append(Line(row, look.msgid))
            visit.numbers.add(text(row.get("feedetl_sn")))
        visit.changed = look.seq
    elif look.infno in WITHDRAWS and visit is not None:
        _withdraw(visit, look)
    elif look.infno in SETTLES and ledger.made_by(look.msgid) is None:
        lines = visit.unsettled(text(look.data.get("chrg_bchno"))) if visit is not None else []
        settled = Settled(sent, visit, lines)
        for line in lines:
            line.settled = look.seq
        ledger.keep(settled)
    elif look.infno in CANCELS:
        _undo(ledger.settlement(text(look.data.get("setl_id"))), sent)
        ledger.refunds.setdefault(look.msgid, sent)
    elif look.infno == "2401":
        ledger.admissions.add(look.msgid)
    elif look.infno == "2601":
        _reverse(ledger, sent)


def _held(visit: Visit, look: Look) -> bool:
    """Whether these very lines came before under the same message id."""
    return bool(look.msgid) and any(line.upload == look.msgid for line in visit.lines)


def _withdraw(visit: Visit, look: Look) -> None:
    batch = text(look.data.get("chrg_bchno"))
    numbers = {text(row.get("feedetl_sn")) for row in rows(look.node("data"))}
    everything = "0000" in (batch, *numbers)

    def goes(line: Line) -> bool:
        named = batch == text(line.row.get("chrg_bchno")) if batch else text(line.row.get("feedetl_sn")) in numbers
        return line.settled is None and (everything or named)

    visit.lines = [line for line in visit.lines if not goes(line)]
    visit.changed = look.seq


def _undo(settled: Settled | None, by: Sent) -> None:
    if settled is not None and settled.undone is None:
        settled.undone = by
        for line in settled.lines:
            line.settled = None


def _reverse(ledger: Ledger, sent: Sent) -> None:
    omsgid = text(sent.look.data.get("omsgid"))
    _undo(ledger.made_by(omsgid), sent)
    ledger.admissions.discard(omsgid)
    refund = ledger.refunds.pop(omsgid, None)
    settled = ledger.settlement(text(refund.look.data.get("setl_id"))) if refund is not None else None
    if settled is not None:
        settled.undone = None
        for line in settled.lines:
            line.settled = settled.sent.look.seq
