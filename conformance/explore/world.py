"""What a made-up conversation has brought about so far: visits, bills, settlements, filings, and the messages sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Literal

from attrs import define, field, frozen

Row = Mapping[str, Any]
Kind = Literal["outpatient", "inpatient", "pharmacy"]
State = Literal["valid", "cancelled", "reversed", "open"]
"""Of a settlement; ``open``: its cancellation was reversed, and whether it stands again the interface leaves open."""
PATIENT, OTHER = "patient", "other"
FIRST, SECOND = "first", "second"


@frozen
class Cast:
    """Who and where, as a scenario's needs: one person or two, one institution or two."""

    person: Row
    other: Row | None = None
    institution: Row | None = None
    second: Row | None = None

    @property
    def people(self) -> Mapping[str, Row]:
        """The needs by role."""
        return {PATIENT: self.person} | ({OTHER: self.other} if self.other is not None else {})

    @property
    def places(self) -> Mapping[str, Row]:
        """The needs by place."""
        return {FIRST: self.institution or {}} | ({SECOND: self.second} if self.second is not None else {})

    def pharmacy(self, at: str) -> bool:
        """Whether a place is a pharmacy."""
        return self.places[at].get("kind") == "pharmacy"

    def local(self, who: str, at: str) -> bool:
        """Whether a person is certainly insured in the province of a place."""
        return self.people[who].get("place") == "local" and self._near(at)

    def elsewhere(self, who: str, at: str) -> bool:
        """Whether a person is certainly insured in another province."""
        return self.people[who].get("place") != "local" and self._near(at)

    def _near(self, at: str) -> bool:
        return at == FIRST or self.places[at].get("near") == "same_province"

    def needs(self) -> dict[str, Any]:
        """As a scenario file has them."""
        found = {"person": self.person, "other": self.other, "institution": self.institution, "second": self.second}
        return {name: dict(need) for name, need in found.items() if need is not None}


@frozen
class Move:
    """One thing that is done, or, with ``wrong``, said although it must be refused.

    ``id`` counts moves of a conversation; a visit is called after the move that opens it. ``of`` is the move that this
    one is about: a settlement, a message, a filing. ``bill`` are lines as a scenario has them; ``line`` is the number
    of one line. ``form`` says it by the transaction of another kind of visit or filing; ``kind`` is that of the visits
    which are reconciled; ``flags`` are what the act is besides. ``wrong``: ``"turn"`` when the moment is wrong, else
    what of the message is wrong.
    """

    act: str
    id: int = 0
    who: str = PATIENT
    at: str = FIRST
    visit: int = 0
    batch: str = "1"
    of: int = 0
    bill: tuple[Row, ...] = ()
    line: int = 0
    form: str = ""
    kind: str = ""
    flags: frozenset[str] = frozenset()
    wrong: str = ""

    def has(self, flag: str) -> bool:
        """Whether it is said so."""
        return flag in self.flags


@define
class Line:
    """A bill line. ``left``: what of it was not given back; ``back_of``: the line that it gives back; ``settled``: the
    move that settled it, 0 while it is open."""

    number: int
    item: str
    quantity: Decimal
    left: Decimal
    back_of: int = 0
    settled: int = 0


@define
class Batch:
    """Lines that are settled together; a stay has one batch. ``tried``: the flags of the last trial of these lines."""

    lines: list[Line] = field(factory=list)
    tried: frozenset[str] | None = None

    @property
    def open(self) -> list[Line]:
        """The lines that are not settled."""
        return [line for line in self.lines if not line.settled]


@define
class Visit:
    """A visit, a stay, or a sale. ``revised``: by the A forms. ``gone``: given up. ``blind``: the answer to a
    cancellation did not come, and the hospital does not know how the visit stands."""

    id: int
    kind: Kind
    who: str
    at: str
    revised: bool = False
    emergency: bool = False
    described: bool = False
    discharged: bool = False
    gone: bool = False
    blind: bool = False
    charged: int = 0
    batches: dict[str, Batch] = field(factory=dict)

    @property
    def lines(self) -> list[Line]:
        """All lines."""
        return [line for batch in self.batches.values() for line in batch.lines]

    def batch(self, label: str) -> Batch:
        """The batch of a label; a new label begins one."""
        return self.batches.setdefault(label, Batch())


@define
class Settlement:
    """A settlement by the move that made it. ``known``: its answer came, so that its number can be named."""

    id: int
    visit: int
    batch: str
    final: bool
    known: bool = True
    state: State = "valid"


@define
class Filing:
    """A filing by the move that made it; ``kind`` is the transaction."""

    id: int
    kind: str
    who: str
    at: str
    standing: bool = True


@define
class Statement:
    """A file of the lines of one kind of visit that an institution handed in, until its books say something else.
    ``compared``: with what the platform holds; ``fetched``: the file, or, once there is one, the result."""

    at: str
    kind: str
    compared: bool = False
    fetched: bool = False


@frozen
class Message:
    """A message that was accepted. ``lost``: its answer did not come."""

    move: Move
    kind: str
    lost: bool = False


@define
class World:
    """Everything. ``promised``: the features of the target; ``reconciles``: whether its interface is known so far that
    books can be reconciled; ``statement``: the file that was handed in last; ``told``: of which kind of visit the
    platform told all its lines to an institution, and nothing changed since."""

    cast: Cast
    promised: Mapping[str, bool]
    reconciles: bool = True
    visits: dict[int, Visit] = field(factory=dict)
    settlements: dict[int, Settlement] = field(factory=dict)
    filings: dict[int, Filing] = field(factory=dict)
    messages: dict[int, Message] = field(factory=dict)
    reversed: set[int] = field(factory=set)
    statement: Statement | None = None
    told: dict[str, str] = field(factory=dict)

    def standing(self, visit: int, batch: str = "") -> list[Settlement]:
        """The settlements of a visit that stand, or of one batch of it, in the order they were made."""
        found = [one for one in self.settlements.values() if one.visit == visit and one.state == "valid"]
        return [one for one in found if batch in ("", one.batch)]

    def open_end(self, visit: int) -> bool:
        """Whether the hospital cannot say how a visit stands: an outcome is unknown, or left open by the interface."""
        mine = [one for one in self.settlements.values() if one.visit == visit]
        unclear = any(one.state == "open" or (one.state == "valid" and not one.known) for one in mine)
        return self.visits[visit].blind or unclear

    def free(self, settlement: Settlement, state: State) -> None:
        """Undo a settlement: its lines are open again, a sale falls with it."""
        visit = self.visits[settlement.visit]
        settlement.state = state
        for line in visit.lines:
            line.settled = 0 if line.settled == settlement.id else line.settled
        for batch in visit.batches.values():
            batch.tried = None
        visit.gone = visit.gone or visit.kind == "pharmacy"

    def booked(self, at: str, kind: str) -> list[int]:
        """The lines in the books of an institution of one kind of visit, by the moves that made them: settlements that
        it knows and that were not reversed, and cancellations that it knows."""
        own = [
            s for s in self.settlements.values() if (self.visits[s.visit].at, self.visits[s.visit].kind) == (at, kind)
        ]
        held = {one.id: one for one in own if one.known and one.state != "reversed"}
        blind = [visit.id for visit in self.visits.values() if visit.blind]
        cancels = [m for m in self.messages.values() if m.move.act == "cancel" and m.move.of in held]
        told = [m.move for m in cancels if not (m.lost and m.move.visit in blind)]
        return [*held, *(move.id for move in told if held[move.of].state == "cancelled")]

    def forget(self, at: str) -> None:
        """The books of an institution may say something else now."""
        self.told.pop(at, None)
        if self.statement is not None and self.statement.at == at:
            self.statement = None

    def filed(self, kind: str, who: str) -> Iterator[Filing]:
        """The filings of one kind that stand for a person."""
        return (one for one in self.filings.values() if one.standing and (one.kind, one.who) == (kind, who))
