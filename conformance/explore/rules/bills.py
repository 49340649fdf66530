"""Bills: lines uploaded, given back, withdrawn."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from conformance.explore.rules.act import (
    IN_HOSPITAL,
    NOT_ENDED,
    OPEN_VISIT,
    Act,
    Answer,
    Asked,
    in_stay,
    line_of,
    open_lines,
    unless,
    visit_of,
    visit_there,
)
from conformance.explore.world import Line, Move, World


def _something_to_withdraw(world: World, move: Move) -> Answer:
    if open_lines(world, move):
        return True
    return None if visit_of(world, move).lines else False


def _nothing_settled(world: World, move: Move) -> Answer:
    """2205 names a batch, 2302 (here) whatever is open."""
    batch = visit_of(world, move).batches.get(move.batch)
    settled = batch is not None and bool(batch.lines) and not batch.open
    return not (settled and visit_of(world, move).kind == "outpatient")


def _one_upload(world: World, move: Move) -> bool:
    """Whether it is one upload more into a batch, where the target does not promise that."""
    visit = visit_of(world, move)
    again = move.batch in visit.batches and bool(visit.batches[move.batch].lines)
    return visit.kind == "outpatient" and again and not world.promised["several_batches"]


def _backs(world: World, move: Move) -> list[tuple[Line | None, str, Decimal]]:
    """What is given back: the line, the item named, and how much."""
    return [(line_of(world, move, row["back_of"]), row["item"], Decimal(row["quantity"])) for row in move.bill]


def _charge(world: World, move: Move) -> None:
    visit = visit_of(world, move)
    batch = visit.batch(move.batch)
    batch.tried = None
    for row in move.bill:
        quantity, back_of = Decimal(row["quantity"]), row.get("back_of", 0)
        visit.charged += 1
        batch.lines.append(Line(visit.charged, row["item"], quantity, Decimal(0) if back_of else quantity, back_of))
        original = line_of(world, move, back_of) if back_of else None
        if original is not None:
            original.left -= quantity


def _withdraw(world: World, move: Move) -> None:
    batch = visit_of(world, move).batch(move.batch)
    batch.tried = None
    for line in batch.open:
        if move.act == "withdraw" or line.number == move.line:
            batch.lines.remove(line)
            original = line_of(world, move, line.back_of) if line.back_of else None
            if original is not None:
                original.left += line.quantity


BILLS: Mapping[str, Act] = {
    "charge": Act(
        {"outpatient": "2204", "inpatient": "2301"},
        (
            *OPEN_VISIT,
            Asked("ORD-DESCRIBE-FIRST", lambda w, m: visit_of(w, m).described),
            NOT_ENDED,
            IN_HOSPITAL,
            Asked("", unless(_one_upload)),
        ),
        _charge,
        visit_there,
    ),
    "give_back": Act(
        {"inpatient": "2301"},
        (
            *OPEN_VISIT,
            NOT_ENDED,
            Asked("ORD-REFUND-UNKNOWN", lambda w, m: all(line is not None for line, _, _ in _backs(w, m))),
            Asked("ORD-REFUND-ITEM", lambda w, m: all(not li or li.item == item for li, item, _ in _backs(w, m))),
            Asked("ORD-REFUND-MORE", lambda w, m: all(not li or li.left >= many for li, _, many in _backs(w, m))),
            Asked("", unless(lambda w, m: any(li and (li.settled or li.back_of) for li, _, _ in _backs(w, m)))),
            IN_HOSPITAL,
        ),
        _charge,
        in_stay,
    ),
    "withdraw": Act(
        {"outpatient": "2205", "inpatient": "2302"},
        (
            *OPEN_VISIT,
            Asked("ORD-WITHDRAW-SETTLED", _nothing_settled),
            Asked("ORD-WITHDRAW-NOTHING", _something_to_withdraw),
            IN_HOSPITAL,
        ),
        _withdraw,
        visit_there,
    ),
    "withdraw_line": Act(
        {"inpatient": "2302"},
        (
            *OPEN_VISIT,
            Asked("ORD-WITHDRAW-SETTLED", lambda w, m: not ((line := line_of(w, m, m.line)) and line.settled)),
            Asked("ORD-WITHDRAW-NOTHING", lambda w, m: line_of(w, m, m.line) is not None),
            Asked("", unless(lambda w, m: any(line.back_of == m.line for line in visit_of(w, m).lines))),
            IN_HOSPITAL,
        ),
        _withdraw,
        in_stay,
    ),
}
