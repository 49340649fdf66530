"""Filings: made for a person, and taken back."""

from __future__ import annotations

from collections.abc import Mapping

from conformance.explore.rules.act import HOSPITAL, STANDS, Act, Answer, Asked, unless
from conformance.explore.world import FIRST, SECOND, Filing, Move, World

FILES = frozenset({"refer", "identify", "designate"})


def _not_filed(world: World, move: Move) -> Answer:
    """A referral back from where somebody was referred to is another one: whether both may stand is left open."""
    filed = list(world.filed(move.act, move.who))
    if move.act == "refer" and filed and all(one.at != move.at for one in filed):
        return None
    return not filed


def _refers_elsewhere(world: World, move: Move) -> bool:
    cast = world.cast
    return move.at == FIRST and SECOND in cast.places and not cast.pharmacy(SECOND) and cast.local(move.who, FIRST)


def _file(world: World, move: Move) -> None:
    world.filings[move.id] = Filing(move.id, move.act, move.who, move.at)


def _take_back(world: World, move: Move) -> None:
    world.filings[move.of].standing = False


FILINGS: Mapping[str, Act] = {
    "refer": Act(
        {"": "2501"},
        (Asked("NEG-FILING", _not_filed), STANDS, Asked("", unless(lambda w, m: not _refers_elsewhere(w, m)))),
        _file,
    ),
    "identify": Act(
        {"": "2503"},
        (
            Asked("NEG-FILING", _not_filed),
            STANDS,
            HOSPITAL,
            Asked("", unless(lambda w, m: not w.cast.local(m.who, m.at))),
        ),
        _file,
    ),
    "designate": Act(
        {"": "2505"},
        (
            Asked("NEG-FILING", _not_filed),
            STANDS,
            HOSPITAL,
            Asked("", unless(lambda w, m: not w.cast.local(m.who, m.at))),
        ),
        _file,
    ),
    "take_back": Act(
        {"refer": "2502", "identify": "2504", "designate": "2506"},
        (
            Asked("ORD-FILING-PERSON", lambda w, m: w.filings[m.of].who == m.who),
            Asked("NEG-FILING-UNKNOWN", lambda w, m: w.filings[m.of].at == m.at),
            Asked("NEG-FILING-UNKNOWN", lambda w, m: m.form in ("", w.filings[m.of].kind)),
            Asked("ORD-FILING-AGAIN", lambda w, m: w.filings[m.of].standing),
        ),
        _take_back,
        lambda w, m: m.of in w.filings,
    ),
}
