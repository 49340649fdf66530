"""Reconciliation: a file of lines handed in, compared, fetched; and the total of an insurance.

A total that is right is known once the platform has told all lines that it holds, those of other conversations too: it
is asked after a result was fetched, while nothing more is settled there. Whether what comes is right is for the judge.
"""

from __future__ import annotations

from collections.abc import Mapping

from conformance.explore.rules.act import Act, Answer, Asked, nothing, unless
from conformance.explore.world import Move, Statement, World

PLANTED = ("left_out", "changed", "strange")
"""What may be wrong with a file: a line is missing, has another amount, or was never settled."""
OFF: Mapping[str, str] = {
    "total_off": "medfee_sumamt",
    "fund_off": "fund_pay_sumamt",
    "account_off": "acct_pay",
    "count_off": "fixmedins_setl_cnt",
}
"""What may be wrong with a total, and the field that is then more by one, a fen or a line."""
MOVES_BOOKS = frozenset({"settle", "sell", "cancel", "reverse", "repeat"})
"""Acts after which the books may say something else."""


def _something_booked(world: World, move: Move) -> Answer:
    """A line that is planted must be there; what a file without lines is answered is left open."""
    booked = world.booked(move.at, move.kind)
    named = move.of in booked if move.has("left_out") or move.has("changed") else True
    lines = len(booked) - move.has("left_out")
    return True if named and lines > 0 else None


def _handed_in(world: World, move: Move) -> bool:
    statement = world.statement
    return statement is not None and statement.kind == move.kind


def _own_file(world: World, move: Move) -> bool:
    return world.statement is not None and world.statement.at == move.at


def _hand_in(world: World, move: Move) -> None:
    world.statement = Statement(move.at, move.kind)


def _compare(world: World, _: Move) -> None:
    if world.statement is not None:
        world.statement.compared, world.statement.fetched = True, False


def _fetch(world: World, move: Move) -> None:
    """Fetched before it is compared, it is the file as it was handed in."""
    statement = world.statement
    if statement is not None:
        statement.fetched = True
        world.told.pop(move.at, None)
        if statement.compared:
            world.told[move.at] = statement.kind


STATEMENTS: Mapping[str, Act] = {
    "hand_in": Act({"": "9101"}, (Asked("", _something_booked),), _hand_in, may_be=frozenset(PLANTED)),
    "compare": Act(
        {"": "3202"},
        (
            Asked("", unless(lambda w, m: not _own_file(w, m))),
            Asked("", unless(lambda w, _: w.statement is None or w.statement.compared)),
        ),
        _compare,
        _handed_in,
    ),
    "fetch": Act(
        {"": "9102"},
        (
            Asked("ORD-FILE-FOREIGN", _own_file),
            Asked("", unless(lambda w, _: w.statement is None or w.statement.fetched)),
        ),
        _fetch,
        _handed_in,
    ),
    "total": Act(
        {"": "3201"},
        (Asked("", unless(lambda w, m: w.told.get(m.at) != m.kind)),),
        nothing,
        may_be=frozenset(OFF),
    ),
}
