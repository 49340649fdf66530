"""What may be said at which moment, in one place: for everything that can be done, what must hold, and what it leaves.

An act is accepted by a right platform when all that it asks for holds, and refused when something does not; the clause
is the reason. What the interface leaves open (an answer of None) is neither: it is not made up. Whether amounts are
right is for the judge.
"""

from __future__ import annotations

from collections.abc import Mapping

from conformance.explore.rules.act import OPEN, Act
from conformance.explore.rules.bills import BILLS
from conformance.explore.rules.filings import FILINGS
from conformance.explore.rules.messages import MESSAGES
from conformance.explore.rules.settlements import SETTLEMENTS
from conformance.explore.rules.statements import MOVES_BOOKS, STATEMENTS
from conformance.explore.rules.visits import VISITS
from conformance.explore.world import Message, Move, World

ACTS: Mapping[str, Act] = {**VISITS, **BILLS, **SETTLEMENTS, **MESSAGES, **FILINGS, **STATEMENTS}
"""Everything that can be done."""
OPENS = frozenset({"register", "admit", "quote", "sell"})


def verdict(world: World, move: Move) -> str:
    """Empty when it is accepted, `OPEN`, or the clause by which it is refused."""
    act, cast = ACTS[move.act], world.cast
    if move.who not in cast.people or move.at not in cast.places:
        return OPEN
    if not act.there(world, move) or (act.feature and not world.promised[act.feature]):
        return OPEN
    answers = [(asked.clause, asked.holds(world, move)) for asked in act.asks]
    refused = next((clause for clause, answer in answers if answer is False), "")
    return refused or (OPEN if any(answer is None for _, answer in answers) else "")


def do(world: World, move: Move) -> None:
    """Let it have happened."""
    world.messages[move.id] = Message(move, kind_of(world, move), move.has("lost"))
    ACTS[move.act].leaves(world, move)
    if move.act in MOVES_BOOKS:
        world.forget(move.at)


def kind_of(world: World, move: Move) -> str:
    """By which kind's transaction it is said."""
    infnos = ACTS[move.act].infnos
    if move.form:
        return move.form
    if move.act == "take_back":
        return world.filings[move.of].kind
    visit = world.visits.get(world.settlements[move.of].visit if move.act == "cancel" else move.visit)
    return visit.kind if visit is not None and visit.kind in infnos else next(iter(infnos))
