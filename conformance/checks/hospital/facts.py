"""What a hospital system did: messages, visits, settlements, doubts, the orders it was given, its patients.

What reached the hospital and what the platform did are two things when an answer is lost. ``said`` is what the hospital
could know, ``done`` what the platform did; None where nobody knows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from attrs import define, field

from conformance.checks.look import CANCELS, SALES, SETTLES, Look, rows, text
from conformance.conversation import Exchange
from conformance.drive.protocol import Answer
from conformance.drive.scenario import Act

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
    the platform carried it out, refused it, or None: not known. ``again``: the same message came before.
    ``turned_away``: a gateway that asks for signatures and encryption does not let it pass; ``order``: the number of
    the order during which it was sent. Facts refer one way only, so that all are gone as soon as nobody holds them."""

    look: Look
    order: int | None
    done: bool | None
    output: Mapping[str, Any]
    again: Sent | None = None
    turned_away: bool = False

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
    def foreign(self) -> bool:
        """Whether the answer that arrived is that of another settlement: medins_setl_id repeats the sender's number."""
        named = text(self.look.head.get("medins_setl_id"))
        return self.look.infno in SETTLES and bool(self.said) and named not in ("", self.look.msgid)

    @property
    def head(self) -> Mapping[str, Any]:
        """The setlinfo that the platform made."""
        node = self.output.get("setlinfo")
        found = node[0] if isinstance(node, list) and node else node
        return found if isinstance(found, dict) else {}


@define
class Line:
    """An uploaded line that was not withdrawn. ``upload``: the message that brought it; ``settled``: the number of the
    exchange that settled it."""

    row: Mapping[str, Any]
    upload: str
    settled: int | None = None


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
    """Everything known at one moment. With each order to start, ``scenario``, when it ``begun``, people and desk are
    new. ``turned_away``: the scenarios in which a gateway did not let a message pass."""

    scenario: str = ""
    begun: str = ""
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
    turned_away: set[str] = field(factory=set)
    offsets: dict[tuple[str, ...], tuple[int | None, ...]] = field(factory=dict)
    _by_setl_id: dict[str, Settled] = field(factory=dict)
    _by_person: dict[str, list[Settled]] = field(factory=dict)

    @property
    def order_now(self) -> int | None:
        """The number of the order under way."""
        return self.order.look.seq if self.order is not None else None

    def visit(self, look: Look) -> Visit | None:
        """The visit that a message names."""
        return self.visits.get(visit_of(look))

    def kept_out(self, scenario: str) -> bool:
        """Whether what was asked for may have failed because a gateway did not let a message pass."""
        return self.driven and scenario in self.turned_away

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


def same_message(one: Look, other: Look) -> bool:
    """Whether two say the same, but for the signature: SM2 signs the same content differently each time."""
    return {**one.request, "cainfo": ""} == {**other.request, "cainfo": ""}


def is_order(exchange: Exchange) -> bool:
    """Whether it is an order to the hospital, and no message of the interface."""
    return exchange.sender == "patient"
