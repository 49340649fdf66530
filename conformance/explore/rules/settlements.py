"""Settlements of visits and sales: tried, made, cancelled, asked for."""

from __future__ import annotations

from collections.abc import Mapping

from conformance.explore.rules.act import (
    INSURED,
    OPEN_VISIT,
    SHOP,
    STANDS,
    Act,
    Answer,
    Asked,
    ended,
    last_of_stay,
    nothing,
    open_lines,
    settlement_of,
    unless,
    visit_of,
    visit_there,
)
from conformance.explore.world import Move, Settlement, Visit, World

STAY = "1"
"""The one batch of a stay."""
TERMS = frozenset({"account", "interim"})
"""What a trial and its settlement have in common."""


def _something_to_settle(world: World, move: Move) -> Answer:
    if open_lines(world, move):
        return True
    return None if world.standing(move.visit) else False


def _account_there(world: World, move: Move) -> Answer:
    return True if not move.has("account") or world.cast.people[move.who].get("account") else None


def _as_tried(world: World, move: Move) -> bool:
    """Whether the settlement has the terms of a trial of the same lines."""
    batch = visit_of(world, move).batches.get(move.batch)
    return batch is not None and batch.tried == move.flags & TERMS


def _in_time(world: World, move: Move) -> bool:
    """Interim before the discharge; final, where it is more than a trial, after it."""
    visit = visit_of(world, move)
    if visit.kind != "inpatient":
        return not move.has("interim")
    return not visit.discharged if move.has("interim") else visit.discharged or move.act == "trial"


def _can_name(world: World, move: Move) -> bool:
    """Whether the numbers of a settlement and of a visit are known: both of a sale come with its answer."""
    named = [world.settlements[number] for number in (move.of, move.visit) if number in world.settlements]
    return move.of in world.settlements and move.visit in world.visits and all(one.known for one in named)


def _trial(world: World, move: Move) -> None:
    """A trial whose answer did not come tells nothing."""
    visit_of(world, move).batch(move.batch).tried = None if move.has("lost") else move.flags & TERMS


def _settle(world: World, move: Move) -> None:
    final = not move.has("interim")
    world.settlements[move.id] = Settlement(move.id, move.visit, move.batch, final, not move.has("lost"))
    for line in open_lines(world, move):
        line.settled = move.id
    visit_of(world, move).batch(move.batch).tried = None


def _sell(world: World, move: Move) -> None:
    world.visits[move.id] = Visit(move.id, "pharmacy", move.who, move.at, described=True)
    world.settlements[move.id] = Settlement(move.id, move.id, STAY, True, not move.has("lost"))


def _cancel(world: World, move: Move) -> None:
    settlement = settlement_of(world, move)
    world.free(settlement, "cancelled")
    world.visits[settlement.visit].blind = move.has("lost")  # it was not before: else nothing is done there


TRIED = (
    *OPEN_VISIT,
    Asked("ORD-SETTLE-NOTHING", _something_to_settle),
    Asked("", _account_there),
    Asked("", unless(lambda w, m: not _in_time(w, m))),
)


SETTLEMENTS: Mapping[str, Act] = {
    "trial": Act(
        {"outpatient": "2206", "inpatient": "2303"}, TRIED, _trial, visit_there, may_be=frozenset({"account", "lost"})
    ),
    "settle": Act(
        {"outpatient": "2207", "inpatient": "2304"},
        (
            Asked("ORD-SETTLE-TWICE", lambda w, m: not ended(w, m)),
            *TRIED,
            Asked("", unless(lambda w, m: not _as_tried(w, m))),
        ),
        _settle,
        visit_there,
        may_be=frozenset({"lost"}),
    ),
    "quote": Act(
        {"pharmacy": "2101"}, (SHOP, STANDS, Asked("", _account_there)), nothing, may_be=frozenset({"account"})
    ),
    "sell": Act(
        {"pharmacy": "2102"},
        (INSURED, SHOP, Asked("", _account_there)),
        _sell,
        may_be=frozenset({"account", "quoted", "lost"}),
    ),
    "cancel": Act(
        {"outpatient": "2208", "inpatient": "2305", "pharmacy": "2103"},
        (
            Asked("ORD-UNDO-FOREIGN", lambda w, m: w.visits[settlement_of(w, m).visit].at == m.at),
            Asked("ORD-VISIT-PERSON", lambda w, m: w.visits[settlement_of(w, m).visit].who == m.who),
            Asked("ORD-UNDO-VISIT", lambda w, m: settlement_of(w, m).visit == m.visit),
            Asked("ORD-UNDO-TWICE", lambda w, m: settlement_of(w, m).state != "cancelled"),
            Asked("NEG-SETL", lambda w, m: settlement_of(w, m).state != "reversed"),
            Asked("", unless(lambda w, m: w.open_end(settlement_of(w, m).visit))),
            Asked("", unless(lambda w, m: not last_of_stay(w, settlement_of(w, m)))),
        ),
        _cancel,
        _can_name,
        "cancel_2208",
        frozenset({"lost"}),
    ),
    "ask": Act(
        {"": "5203"},
        (Asked("", unless(lambda w, m: not settlement_of(w, m).known or settlement_of(w, m).state != "valid")),),
        nothing,
        lambda w, m: m.of in w.settlements,
        may_be=frozenset({"lines"}),
    ),
}
