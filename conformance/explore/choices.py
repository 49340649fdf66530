"""Every move that could be named at a moment: of each act one for everything that it can be about, said by its own
institution for its own person, and by others. Which of them are in turn the rules tell."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from attrs import evolve

from conformance.explore.rules import ACTS, FILES, OFF, OPEN, OPENS, STAY, verdict
from conformance.explore.world import Line, Move, Visit, World

UNKNOWN_LINE = 77
"""A line that no visit here has."""
BATCHES = ("1", "2")
PLAIN = ("describe", "give_up", "change", "discharge", "undischarge")
"""Acts that are about a visit and nothing in it."""
OF_A_LINE = ("give_back", "withdraw_line")
"""Acts that are about one line; by others they are said of the whole bill."""


def in_turn(world: World) -> list[Move]:
    """What may be said now, without what can be chosen besides: a bill, the use of the account."""
    return [move for move in _every(world, False) if verdict(world, move) == ""]


def out_of_turn(world: World) -> Iterator[tuple[str, Move]]:
    """What must be refused now, with the clause."""
    for move in _every(world, True):
        clause = verdict(world, move)
        if clause not in ("", OPEN):
            yield clause, evolve(move, wrong="turn")


def _every(world: World, others: bool) -> Iterator[Move]:
    """``others``: also by others than it belongs to, and by other transactions, which is never in turn."""
    for who in world.cast.people:
        for at in world.cast.places:
            yield from (Move(act, who=who, at=at) for act in sorted(OPENS | FILES))
    for visit in world.visits.values():
        if visit.kind != "pharmacy":
            for move in _of_visit(visit):
                yield from _said(
                    world, others and move.act not in OF_A_LINE, move, ("outpatient", "inpatient"), visit.kind
                )
    for settlement in world.settlements.values():
        visit = world.visits[settlement.visit]
        own = Move("cancel", who=visit.who, at=visit.at, visit=visit.id, of=settlement.id)
        yield from _said(world, others, own)
        yield from (
            evolve(own, visit=other.id)
            for other in world.visits.values()
            if other.id != visit.id and (other.who, other.at, other.kind) == (visit.who, visit.at, visit.kind)
        )
        yield evolve(own, act="ask", visit=visit.id)
    for message in world.messages.values():
        sent = message.move
        named = Move("reverse", who=sent.who, at=sent.at, visit=sent.visit, of=sent.id)
        if sent.act not in ("repeat", "ask", "quote", "trial"):
            yield from _said(world, others, named)
            yield evolve(named, act="repeat")
    if world.reconciles:
        yield from _of_books(world, others)
    for filing in world.filings.values():
        own = Move("take_back", who=filing.who, at=filing.at, of=filing.id)
        yield from _said(world, others, own, sorted(FILES), filing.kind)


def _of_books(world: World, others: bool) -> Iterator[Move]:
    """Reconciliation of each kind of visit that was settled at a place: a right file, and every wrong one."""
    for at, kind in dict.fromkeys((visit.at, visit.kind) for visit in world.visits.values()):
        own = Move("hand_in", at=at, kind=kind)
        booked = world.booked(at, kind)
        yield from (own, evolve(own, flags=frozenset({"strange"})))
        yield from (
            evolve(own, flags=frozenset({flag}), of=line) for flag in ("left_out", "changed") for line in booked
        )
        for act in ("compare", "fetch"):
            yield from _said(world, others, evolve(own, act=act))
        for who in world.cast.people:
            total = evolve(own, act="total", who=who)
            yield from (total, *(evolve(total, flags=frozenset({flag})) for flag in OFF))


def _of_visit(visit: Visit) -> Iterator[Move]:
    """By the visit's own institution for its own person."""
    own = Move("", who=visit.who, at=visit.at, visit=visit.id)
    yield from (evolve(own, act=act) for act in PLAIN)
    for label in BATCHES if visit.kind == "outpatient" else (STAY,):
        of_batch = evolve(own, batch=label)
        yield from (evolve(of_batch, act=act) for act in ("charge", "withdraw"))
        batch = visit.batches.get(label)
        tried = batch.tried if batch is not None else None
        yield evolve(of_batch, act="settle", flags=tried or frozenset())
        yield evolve(of_batch, act="trial")
        yield evolve(of_batch, act="trial", flags=frozenset({"interim"}))
    if visit.kind == "inpatient":
        yield from (evolve(own, act="withdraw_line", line=number) for number in _numbers(visit))
        yield from _refunds(own, visit)


def _numbers(visit: Visit) -> Iterator[int]:
    yield from (line.number for line in visit.lines)
    yield UNKNOWN_LINE


def _refunds(own: Move, visit: Visit) -> Iterator[Move]:
    """One unit of a line, all of it, more than there was; of a line that is not there; another item."""
    others = {line.item for line in visit.lines}
    for line in visit.lines:
        if line.back_of:
            continue
        for many in _quantities(line):
            yield _back(own, line.item, many, line.number)
        yield from (_back(own, item, line.left or Decimal(1), line.number) for item in sorted(others - {line.item})[:1])
    for item in sorted(others)[:1]:
        yield _back(own, item, Decimal(1), UNKNOWN_LINE)


def _quantities(line: Line) -> Iterator[Decimal]:
    if line.left:
        yield line.left
    if line.left > 1 and line.left == int(line.left):
        yield Decimal(1)
    yield line.left + 1


def _back(own: Move, item: str, many: Decimal, number: int) -> Move:
    quantity = int(many) if many == int(many) else many
    return evolve(own, act="give_back", bill=({"item": item, "quantity": quantity, "back_of": number},))


def _said(
    world: World, others: bool, own: Move, forms: tuple[str, ...] | list[str] = (), form: str = ""
) -> Iterator[Move]:
    """By its own transaction, if it has one; with ``others`` also at another place, for another person, and by the
    transaction of another kind."""
    infnos = ACTS[own.act].infnos
    has_own = form == "" or form in infnos
    if has_own:
        yield own
    if not others:
        return
    if has_own:
        yield from (evolve(own, at=at) for at in world.cast.places if at != own.at)
        yield from (evolve(own, who=who) for who in world.cast.people if who != own.who)
    yield from (evolve(own, form=other) for other in forms if other != form and other in infnos)
