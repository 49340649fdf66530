"""What a hospital system did, in order: what it was told to do, what it sent, what it heard, what really happened.

What reached the hospital and what the platform did are two things when an answer is lost. ``said`` is what the hospital
could know, ``done`` what the platform did. Nothing is assumed that was not seen: ``done`` is None where nobody knows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from attrs import define, field

from conformance.checks.look import CANCELS, SALES, SETTLES, TRIALS, UPLOADS, Look, fen, rows, text
from conformance.conversation import Exchange
from conformance.drive.protocol import Answer, answer_of, problem_of
from conformance.drive.scenario import Act, HospitalScenario
from conformance.scenario.model import Scenario
from sim.errors import InputError
from sim.interface import envelope, wire

OPENS = frozenset({"2201", "2401"})
DESCRIBES = frozenset({"2203", "2203A", "2401", "2403"})
WITHDRAWS = frozenset({"2205", "2302"})
GIVES_UP = frozenset({"2202", "2404"})
LOOKS_UP = frozenset({"3202", "5201", "5202", "5203"})
MONEY = SETTLES | CANCELS
"""What moves money: an unknown outcome of it must be cleared up."""
DOUBTFUL = MONEY | {"2401"}
"""What can be reversed by 2601, and is therefore never simply sent anew."""
CUT_SHORT = "drive:ended"
"""The note of an order during which the run was stopped."""
NOT_HANDLED = ":before"
"""How a note ends that says that a message never reached the platform."""


@define
class Sent:
    """One message of the hospital. ``said``: the answer it heard was yes, no, or None: none that can be read. ``done``:
    the platform carried it out, refused it, or None: not known. ``again``: the same message came before."""

    look: Look
    order: Order | None
    done: bool | None
    output: Mapping[str, Any]
    again: Sent | None = None

    @property
    def said(self) -> bool | None:
        """What the hospital could know."""
        return self.look.yes

    @property
    def may_know(self) -> bool:
        """Whether the answer reached the hospital in a form from which a lenient reader could take it."""
        exchange = self.look.exchange
        reply, truth = exchange.reply, exchange.truth
        return self.said is not None or bool(reply and truth and reply.body.startswith(truth.body))

    @property
    def head(self) -> Mapping[str, Any]:
        """The setlinfo that the platform made."""
        node = self.output.get("setlinfo")
        found = node[0] if isinstance(node, list) and node else node
        return found if isinstance(found, dict) else {}


@define
class Line:
    """An uploaded line that was not withdrawn. ``upload``: the message that brought it."""

    row: Mapping[str, Any]
    upload: str
    settled: Settled | None = None


@define
class Settled:
    """A settlement that the platform made. ``undone``: the message that took it back, whether that was heard or not."""

    sent: Sent
    visit: Visit | None
    lines: list[Line]
    undone: Sent | None = None

    @property
    def setl_id(self) -> str:
        """The platform's number of it."""
        return text(self.sent.head.get("setl_id"))


@define
class Visit:
    """A visit as far as the hospital knows it."""

    mdtrt_id: str
    psn_no: str
    opened: Sent
    described: bool = False
    given_up: bool = False
    lines: list[Line] = field(factory=list)
    numbers: set[str] = field(factory=set)
    changed: int = 0
    trials: dict[str, Sent] = field(factory=dict)

    def unsettled(self, batch: str) -> list[Line]:
        """The open lines of a charge batch; a stay has only one."""
        return [line for line in self.lines if line.settled is None and batch in ("", text(line.row.get("chrg_bchno")))]


@define
class Doubt:
    """A message whose outcome the hospital does not know. ``tried``: attempts to clear it up; ``cleared``: the one
    whose answer was heard."""

    sent: Sent
    tried: list[Sent] = field(factory=list)
    cleared: Sent | None = None
    lenient: bool = False


@define
class Order:
    """One order to the hospital, what it answered, and what it sent meanwhile."""

    look: Look
    body: Mapping[str, Any]
    scenario: str
    answer: Answer | None = None
    act: Act | None = None
    sent: list[Sent] = field(factory=list)

    @property
    def do(self) -> str:
        """What was asked for."""
        return text(self.body.get("do"))

    @property
    def cut_short(self) -> bool:
        """Whether the run was stopped before the hospital could answer: nothing can be said of it."""
        return self.look.exchange.note == CUT_SHORT

    @property
    def patient(self) -> str:
        """The label of the patient it is about."""
        return text(self.body.get("patient"))


@define
class Patient:
    """A patient of the scenario under way. ``billed``: lines of the present visit, in fen ``ever`` of all visits;
    ``returned``: those that may have left the bill again."""

    presented: Mapping[str, Any] = field(factory=dict)
    psn_no: str = ""
    visit: Visit | None = None
    billed: list[Mapping[str, Any]] = field(factory=list)
    returned: list[Mapping[str, Any]] = field(factory=list)
    ever: int = 0


@define
class Ledger:
    """Everything known at one moment. With each order to start, ``scenario``, people and desk begin anew."""

    scenario: str = ""
    institution: str = ""
    order: Order | None = None
    driven: bool = False
    persons: dict[str, Sent] = field(factory=dict)
    places: dict[str, dict[str, str]] = field(factory=dict)
    sign_nos: set[str] = field(factory=set)
    visits: dict[str, Visit] = field(factory=dict)
    settled: dict[str, Settled] = field(factory=dict)
    refunds: dict[str, Sent] = field(factory=dict)
    admissions: set[str] = field(factory=set)
    doubts: dict[str, Doubt] = field(factory=dict)
    patients: dict[str, Patient] = field(factory=dict)
    messages: dict[tuple[str, str], Sent] = field(factory=dict)
    reversals: dict[str, list[Sent]] = field(factory=dict)
    offsets: dict[tuple[str, str, str], tuple[int | None, ...]] = field(factory=dict)
    _by_setl_id: dict[str, Settled] = field(factory=dict)
    _by_person: dict[str, list[Settled]] = field(factory=dict)

    def visit(self, look: Look) -> Visit | None:
        """The visit that a message names."""
        return self.visits.get(visit_of(look))

    def settlement(self, setl_id: str) -> Settled | None:
        """The settlement with the platform's number."""
        return self._by_setl_id.get(setl_id) if setl_id else None

    def made_by(self, msgid: str) -> Settled | None:
        """The settlement that a message made."""
        return self.settled.get(msgid)

    def keep(self, settled: Settled) -> None:
        """A settlement was made."""
        look = settled.sent.look
        self.settled[look.msgid] = settled
        self._by_setl_id.setdefault(settled.setl_id, settled)
        self._by_person.setdefault(look.psn_no, []).append(settled)

    def of_person(self, psn_no: str) -> list[Settled]:
        """The settlements of a person, in order."""
        return self._by_person.get(psn_no, [])

    def standing(self, psn_no: str, scenario: str) -> list[Settled]:
        """The settlements of a person that were made in a scenario and stand."""
        return [
            one for one in self.of_person(psn_no) if one.undone is None and one.sent.look.exchange.scenario == scenario
        ]

    def open_doubts(self, psn_no: str = "") -> list[Doubt]:
        """What is in doubt and not cleared up."""
        return [
            doubt for doubt in self.doubts.values() if doubt.cleared is None and psn_no in ("", doubt.sent.look.psn_no)
        ]


def visit_of(look: Look) -> str:
    """The visit that a message names, wherever it stands."""
    if look.mdtrt_id:
        return look.mdtrt_id
    given = look.request.get("input")
    for node in given.values() if isinstance(given, dict) else ():
        for row in rows(node):
            if text(row.get("mdtrt_id")):
                return text(row.get("mdtrt_id"))
    return ""


def purpose(look: Look) -> tuple[str, ...]:
    """What a message is for: two messages of one purpose are one business said twice."""
    if look.infno in SALES:
        return "sale", look.psn_no, json.dumps(look.node("drugdetail"), default=str, sort_keys=True)
    if look.infno in SETTLES:
        return "settle", visit_of(look), text(look.data.get("chrg_bchno")), text(look.data.get("mid_setl_flag"))
    if look.infno in CANCELS:
        return "cancel", text(look.data.get("setl_id"))
    return look.infno, look.psn_no


def is_order(exchange: Exchange) -> bool:
    """Whether it is an order to the hospital, and no message of the interface."""
    return exchange.sender == "patient"


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
    sent = Sent(look, ledger.order, done, output if isinstance(output, dict) else {})
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
    same = sent.again is not None and sent.again.look.exchange.request.body == look.exchange.request.body
    if sent.again is not None and not same:
        return
    if look.infno == "2601":
        ledger.reversals.setdefault(text(look.data.get("omsgid")), []).append(sent)
    if look.yes:
        _known(ledger, sent)
    if sent.done:
        _happened(ledger, sent)


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
        elif look.yes is None and sent.again is None:
            ledger.doubts[look.msgid] = Doubt(sent, lenient=sent.may_know)
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
            line.settled = settled
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
            line.settled = settled
