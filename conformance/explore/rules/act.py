"""An act: what must hold for it, the clause by which it is refused otherwise, what it leaves; what many acts ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from attrs import field, frozen

from conformance.explore.world import Line, Move, Settlement, Visit, World

Answer = bool | None
Holds = Callable[[World, Move], Answer]
OPEN = "open"
"""The verdict on what the interface leaves open, and on what is about nothing that is there."""


@frozen
class Asked:
    """One thing that must hold, and the clause by which the message is refused if it does not."""

    clause: str
    holds: Holds


@frozen
class Act:
    """One thing that can be done. ``infnos``: its transaction by kind of visit or filing; ``there``: whether what it is
    about is there at all; ``feature``: what the target must promise."""

    infnos: Mapping[str, str]
    asks: Sequence[Asked]
    leaves: Callable[[World, Move], None]
    there: Callable[[World, Move], bool] = lambda _, __: True
    feature: str = ""
    may_be: frozenset[str] = field(factory=frozenset)


def unless(broken: Callable[[World, Move], bool]) -> Holds:
    """Left open where something is so."""
    return lambda world, move: None if broken(world, move) else True


def visit_of(world: World, move: Move) -> Visit:
    """The visit that a move is about."""
    return world.visits[move.visit]


def line_of(world: World, move: Move, number: int) -> Line | None:
    """The line of a number in that visit, if there is one."""
    return next((line for line in visit_of(world, move).lines if line.number == number), None)


def open_lines(world: World, move: Move) -> list[Line]:
    """The lines of the batch that a move names, as far as they are not settled."""
    visit = visit_of(world, move)
    return visit.batches[move.batch].open if move.batch in visit.batches else []


def ended(world: World, move: Move) -> bool:
    """Whether the lines that it is about are settled and nothing more comes."""
    batch = "" if visit_of(world, move).kind == "inpatient" else move.batch
    return any(one.final for one in world.standing(move.visit, batch))


def settlement_of(world: World, move: Move) -> Settlement:
    """The settlement that a move is about."""
    return world.settlements[move.of]


def last_of_stay(world: World, settlement: Settlement) -> bool:
    """A stay is undone from its end."""
    kind = world.visits[settlement.visit].kind
    standing = world.standing(settlement.visit)
    return kind != "inpatient" or not standing or standing[-1].id == settlement.id


def visit_there(world: World, move: Move) -> bool:
    """Whether the visit that a move is about is there."""
    return move.visit in world.visits


def in_stay(world: World, move: Move) -> bool:
    """Whether a move is about a stay."""
    return visit_there(world, move) and visit_of(world, move).kind == "inpatient"


def nothing(_: World, __: Move) -> None:
    """Nothing."""


HOSPITAL = Asked("", unless(lambda w, m: w.cast.pharmacy(m.at)))
SHOP = Asked("", unless(lambda w, m: not w.cast.pharmacy(m.at)))
INSURED = Asked("NEG-SUSPENDED", lambda w, m: not w.cast.people[m.who].get("suspended"))
STANDS = Asked("", unless(lambda w, m: bool(w.cast.people[m.who].get("suspended"))))
OWN_VISIT = (
    Asked("ORD-VISIT-FOREIGN", lambda w, m: visit_of(w, m).at == m.at),
    Asked("ORD-VISIT-PERSON", lambda w, m: visit_of(w, m).who == m.who),
    Asked("ORD-VISIT-KIND", lambda w, m: m.form in ("", visit_of(w, m).kind)),
)
OPEN_VISIT = (
    *OWN_VISIT,
    Asked("ORD-VISIT-CANCELLED", lambda w, m: not visit_of(w, m).gone),
    Asked("", unless(lambda w, m: w.open_end(m.visit))),
)
IN_HOSPITAL = Asked("", unless(lambda w, m: visit_of(w, m).discharged))
NOT_ENDED = Asked("ORD-LINE-SETTLED-BATCH", lambda w, m: not ended(w, m))
