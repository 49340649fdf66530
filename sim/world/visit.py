"""What a visit does, as data: stages, what each one draws, holds or says, and where it goes next.

Nothing here can be called. `sim.world.engine` runs the declaration under SimPy; any other engine that reads the same
declaration and draws from `sim.world.draws` must produce the same records, bit for bit.

A stage is one of

======== ========================================= ==================== ===============================
kind     does                                      ``uses``             goes on by
======== ========================================= ==================== ===============================
acquire  queues for a place at a desk, first come  the desk             ``next``
release  gives the place back                      the desk             ``next``
delay    takes a drawn time                        the duration         ``next``
until    waits for a moment fixed on arrival       the moment           ``next``
chance   draws once                                the probability      ``yes``, ``no``
count    counts its own passes                     the limit            ``again``, ``enough``
switch   goes to the patient's next credential     (nothing)            ``next``, ``none``
message  sends an interface message, waits         the transaction      ``accepted``, ``refused``, ``lost``
end      leaves; the visit's outcome               the outcome          (nowhere)
======== ========================================= ==================== ===============================

The n-th draw of one purpose in one visit has index n - 1. ``by`` names a property of the visit that is appended to
``uses`` (``reader`` by ``credential`` looks up ``reader.card``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from attrs import field, frozen

Kind = Literal["acquire", "release", "delay", "until", "chance", "count", "switch", "message", "end"]

WAYS: Mapping[Kind, frozenset[str]] = {
    "acquire": frozenset({"next"}),
    "release": frozenset({"next"}),
    "delay": frozenset({"next"}),
    "until": frozenset({"next"}),
    "chance": frozenset({"yes", "no"}),
    "count": frozenset({"again", "enough"}),
    "switch": frozenset({"next", "none"}),
    "message": frozenset({"accepted", "refused", "lost"}),
    "end": frozenset(),
}
"""The ways on that a stage of each kind must have."""

OUTCOMES = ("settled", "refused", "unreadable", "unanswered")
"""How a visit can end. ``settled``: paid by fund and person at the counter. ``refused``: the platform refused a
message. ``unreadable``: no credential could be read. ``unanswered``: no reply after all retries. In the last three the
patient pays in full and claims manually at home."""

MARKS = (
    "served",
    "identified",
    "registered",
    "uploaded",
    "discharge_arrived",
    "discharge_served",
    "presettled",
    "settled",
    "left",
)
"""Moments a record carries, in seconds since the start of the period; set when a stage has ended well."""

CREDENTIALS = ("card", "code", "identity")
"""Social-security card (03), electronic code (01), identity card (02): what is presented, in the order tried."""


@frozen
class Stage:
    """One step of a visit; see the table above."""

    name: str
    kind: Kind
    uses: str = ""
    purpose: str = ""
    by: str = ""
    mark: str = ""
    ways: Mapping[str, str] = field(factory=dict, hash=False)


@frozen
class Message:
    """A transaction a visit sends: how far it travels and the chance to lose it.

    ``route`` is ``treatment`` (ends at the treatment province) or ``insured`` (goes on through the hub to the insured
    province and back). ``again``: it may be repeated after a lost reply, without harm or with a reversal first; only
    such messages can be lost in the model. ``here``: originals whose reversal ends at the treatment province all the
    same. Routes are those of accepted messages; a refusal may turn back earlier.
    """

    infno: str
    route: Literal["treatment", "insured"]
    again: bool
    here: tuple[str, ...] = ()


@frozen
class VisitKind:
    """A kind of visit: its number in visit ids, the first stage, and all stages in reading order."""

    name: str
    number: int
    desks: tuple[str, ...]
    first: str
    stages: tuple[Stage, ...]


def _stage(
    name: str, kind: Kind, uses: str = "", *, purpose: str = "", by: str = "", mark: str = "", **ways: str
) -> Stage:
    return Stage(name, kind, uses, purpose, by, mark, ways)


def _said(name: str, infno: str, then: str, *, mark: str = "") -> tuple[Stage, Stage]:
    """A message that is repeated under a new msgid when its reply is lost, and the count of its repeats."""
    return (
        _stage(name, "message", infno, mark=mark, accepted=then, refused="refuse", lost=f"{name} again"),
        _stage(f"{name} again", "count", "message.retries", again=name, enough="unanswer"),
    )


def _reversed(name: str, infno: str, then: str, *, mark: str = "") -> tuple[Stage, ...]:
    """A message with effect: a lost reply is followed by its reversal, and only then by a repeat.

    Whether the reversal is accepted (the original had arrived) or refused (it had not), no effect is left of it.
    """
    return (
        _stage(name, "message", infno, mark=mark, accepted=then, refused="refuse", lost=f"{name} reverse"),
        _stage(
            f"{name} reverse",
            "message",
            "2601",
            accepted=f"{name} again",
            refused=f"{name} again",
            lost=f"{name} reverse again",
        ),
        _stage(f"{name} reverse again", "count", "message.retries", again=f"{name} reverse", enough="unanswer"),
        _stage(f"{name} again", "count", "message.retries", again=name, enough="unanswer"),
    )


def _identified(then: str) -> tuple[Stage, ...]:
    """A credential is read: some readings fail, are tried again, then the next credential is presented."""
    return (
        _stage("read", "delay", "reader", purpose="reader.time", by="credential", next="read fails"),
        _stage(
            "read fails", "chance", "reader", purpose="reader.failure", by="credential", yes="read again", no="person"
        ),
        _stage("read again", "count", "reader.retries", again="read", enough="other credential"),
        _stage("other credential", "switch", next="read", none="no credential"),
        *_said("person", "1101", then, mark="identified"),
    )


def _endings(desk: str) -> tuple[Stage, ...]:
    """The ways out that are not a settlement: pay in full, free the desk, claim manually later."""
    return tuple(
        stage
        for name, outcome in (("refuse", "refused"), ("no credential", "unreadable"), ("unanswer", "unanswered"))
        for stage in (
            _stage(name, "delay", "pay", purpose="desk.pay", next=f"{name} leaves"),
            _stage(f"{name} leaves", "release", desk, mark="left", next=outcome),
            _stage(outcome, "end", outcome),
        )
    )


OUTPATIENT = VisitKind(
    "outpatient",
    1,
    ("counter",),
    "queue",
    (
        _stage("queue", "acquire", "counter", mark="served", next="read"),
        *_identified("register"),
        _stage("register", "delay", "register", purpose="desk.register", next="registration"),
        *_said("registration", "2201", "enter", mark="registered"),
        _stage("enter", "delay", "enter", purpose="desk.enter", next="visit"),
        *_said("visit", "2203", "lines"),
        *_said("lines", "2204", "presettle", mark="uploaded"),
        *_said("presettle", "2206", "agree", mark="presettled"),
        _stage("agree", "delay", "agree", purpose="desk.agree", next="settle"),
        *_reversed("settle", "2207", "pay", mark="settled"),
        _stage("pay", "delay", "pay", purpose="desk.pay", next="leave"),
        _stage("leave", "release", "counter", mark="left", next="settled"),
        _stage("settled", "end", "settled"),
        *_endings("counter"),
    ),
)

INPATIENT = VisitKind(
    "inpatient",
    2,
    ("admission", "discharge"),
    "queue",
    (
        _stage("queue", "acquire", "admission", mark="served", next="read"),
        *_identified("admit"),
        _stage("admit", "delay", "admit", purpose="desk.admit", next="admission"),
        *_reversed("admission", "2401", "to the ward", mark="registered"),
        _stage("to the ward", "release", "admission", next="first half"),
        _stage("first half", "until", "midstay", next="first lines"),
        *_said("first lines", "2301", "second half"),
        _stage("second half", "until", "discharge", next="last lines"),
        *_said("last lines", "2301", "to the desk", mark="uploaded"),
        _stage("to the desk", "until", "discharge", mark="discharge_arrived", next="discharge queue"),
        _stage("discharge queue", "acquire", "discharge", mark="discharge_served", next="discharge"),
        _stage("discharge", "delay", "discharge", purpose="desk.discharge", next="presettle"),
        *_said("presettle", "2303", "agree", mark="presettled"),
        _stage("agree", "delay", "agree", purpose="desk.agree", next="discharge message"),
        *_said("discharge message", "2402", "settle"),
        *_reversed("settle", "2304", "pay", mark="settled"),
        _stage("pay", "delay", "pay", purpose="desk.pay", next="leave"),
        _stage("leave", "release", "discharge", mark="left", next="settled"),
        _stage("settled", "end", "settled"),
        *_endings("held"),
    ),
)

DECLARATION: Mapping[str, VisitKind] = {kind.name: kind for kind in (OUTPATIENT, INPATIENT)}
"""The kinds of visit by name."""

MESSAGES: Mapping[str, Message] = {
    message.infno: message
    for message in (
        Message("9001", "treatment", again=False),
        Message("1101", "insured", again=True),
        Message("2201", "insured", again=False),
        Message("2203", "treatment", again=False),
        Message("2204", "insured", again=False),
        Message("2206", "insured", again=True),
        Message("2207", "insured", again=True),
        Message("2601", "insured", again=True, here=("2401",)),
        Message("2401", "insured", again=True),
        Message("2301", "insured", again=False),
        Message("2303", "insured", again=True),
        Message("2402", "treatment", again=False),
        Message("2304", "insured", again=True),
    )
}
"""The transactions that visits send."""
