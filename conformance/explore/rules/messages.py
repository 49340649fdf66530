"""What is about a message that was sent: its reversal, and the same bytes once more."""

from __future__ import annotations

from collections.abc import Mapping

from conformance.explore.rules.act import Act, Answer, Asked, last_of_stay, unless
from conformance.explore.rules.filings import FILES
from conformance.explore.world import Message, Move, Settlement, World

REVERSIBLE = frozenset({"settle", "sell", "cancel", "admit"})
REPEATED = frozenset({"register", "admit", "charge", "settle", "sell", "cancel", *FILES})
"""Of which the same bytes are sent again."""


def _message(world: World, move: Move) -> Message:
    return world.messages[move.of]


def _undone_settlement(world: World, move: Move) -> Settlement | None:
    """The settlement that a reversal takes back."""
    return world.settlements.get(move.of)


def _not_cancelled(world: World, move: Move) -> Answer:
    settlement = _undone_settlement(world, move)
    return settlement is None or settlement.state != "cancelled"


def _not_settled_anew(world: World, move: Move) -> Answer:
    """A cancellation is not reversed once the same is settled again; what of a stay was settled before it stands."""
    original = _message(world, move).move
    if original.act != "cancel":
        return True
    settlement = world.settlements[original.of]
    whole = world.visits[settlement.visit].kind == "inpatient"
    standing = world.standing(settlement.visit, "" if whole else settlement.batch)
    return not any(one.id > original.id for one in standing)


def _for_its_person(world: World, move: Move) -> Answer:
    """Of a cancellation that was reversed before nothing is left, so that nobody can say whose it was."""
    message = _message(world, move)
    if message.move.who == move.who:
        return True
    return None if message.move.act == "cancel" and move.of in world.reversed else False


def _reversible_now(world: World, move: Move) -> Answer:
    message = _message(world, move)
    if move.of in world.reversed:
        return None
    settlement = _undone_settlement(world, move)
    if settlement is not None:
        return True if settlement.state == "valid" and last_of_stay(world, settlement) else None
    if message.move.act == "cancel":
        undone = world.settlements[message.move.of]
        return True if undone.state == "cancelled" and not message.lost else None
    visit = world.visits.get(move.of)
    if visit is None:
        return True
    held = visit.lines or world.standing(visit.id)
    return None if held or visit.gone or visit.discharged or world.open_end(visit.id) else True


def _still_so(world: World, move: Move) -> Answer:
    """Whether what a message did still stands."""
    message = _message(world, move)
    if move.of in world.settlements:
        return True if world.settlements[move.of].state == "valid" else None
    if message.move.act == "cancel":
        settlement = world.settlements[message.move.of]
        anew = world.standing(settlement.visit, settlement.batch)
        return True if settlement.state == "cancelled" and not anew else None
    if move.of in world.filings:
        return True if world.filings[move.of].standing else None
    about = world.visits.get(message.move.visit or move.of)
    return None if about is None or about.gone else True


def _reverse(world: World, move: Move) -> None:
    message = _message(world, move)
    world.reversed.add(move.of)
    settlement = _undone_settlement(world, move)
    if settlement is not None:
        world.free(settlement, "reversed")
    elif message.move.act == "cancel":  # whether cancellations can be reversed is left open
        world.settlements[message.move.of].state = "open"
    else:
        world.visits[move.of].gone = True


def _repeat(world: World, move: Move) -> None:
    """What a lost answer had not told is told now, if the target promises to answer again."""
    original = _message(world, move).move
    if not world.promised["repeat_is_answered_again"]:
        return
    if move.of in world.settlements:
        world.settlements[move.of].known = True
    elif original.act == "cancel":
        world.visits[world.settlements[original.of].visit].blind = False


MESSAGES: Mapping[str, Act] = {
    "reverse": Act(
        {"": "2601"},
        (
            Asked("ORD-REV-KIND", lambda w, m: _message(w, m).move.act in REVERSIBLE),
            Asked("ORD-REV-FOREIGN", lambda w, m: _message(w, m).move.at == m.at),
            Asked("ORD-REV-PERSON", _for_its_person),
            Asked("ORD-REV-CANCELLED", _not_cancelled),
            Asked("ORD-SETTLE-TWICE", _not_settled_anew),
            Asked("", _reversible_now),
        ),
        _reverse,
        lambda w, m: m.of in w.messages,
        "reversal_2601",
    ),
    "repeat": Act(
        {"": ""},
        (
            Asked("", unless(lambda w, m: _message(w, m).move.act not in REPEATED)),
            Asked("REV-OVERTAKEN", lambda w, m: m.of not in w.reversed),
            Asked("", _still_so),
        ),
        _repeat,
        lambda w, m: m.of in w.messages,
    ),
}
