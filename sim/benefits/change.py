"""Policies changed in one place: another reading of an open point, a mechanism left out or replaced."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import evolve

from sim.benefits.mechanisms import MECHANISMS
from sim.benefits.policy import Policy, Use
from sim.benefits.schema import MUTUAL_AID, YEAR_END
from sim.benefits.sheet import Rule, Sheet
from sim.errors import InputError, nearest
from sim.lang import say

READINGS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "rounding": (("pool_payment",), "rounding"),
    "interim": (("bands",), "interim"),
    "out_of_town": (("out_of_town_factor", "out_of_town_drop"), "reach"),
    "transfer": (tuple(name for name in MECHANISMS if name.startswith("deductible_")), "transfer"),
}
"""Open points that a word of some mechanisms decides: the mechanisms, and the word."""


def with_readings(policy: Policy, **chosen_readings: str) -> Policy:
    """A policy that reads open points otherwise: ``rounding`` (once, band, line), ``interim`` (continue, restart),
    ``out_of_town`` (pool, every_layer), ``transfer`` (full, halved, waived, difference: a deductible after a transfer),
    ``year_end`` (discharge, split), ``mutual_aid`` (own_first, family_only, none).

    Raises InputError for a point or a reading that does not exist.
    """
    for point, chosen in chosen_readings.items():
        allowed = _allowed(point)
        if chosen not in allowed:
            text = say("benefits.unknown_word", name=point, value=chosen, allowed=", ".join(allowed))
            raise InputError(text, nearest=nearest(chosen, allowed))
        if point == "year_end":
            policy = evolve(policy, year_end=chosen)
        elif point == "mutual_aid":
            policy = evolve(policy, mutual_aid=chosen)
        else:
            mechanisms, word = READINGS[point]
            policy = with_word(policy, mechanisms, word, chosen)
    return policy


def readings() -> dict[str, tuple[str, ...]]:
    """Every open point and its possible readings."""
    words = {point: MECHANISMS[names[0]].words[word].allowed for point, (names, word) in READINGS.items()}
    return {**words, "year_end": YEAR_END, "mutual_aid": MUTUAL_AID}


def _allowed(point: str) -> tuple[str, ...]:
    known = readings()
    if point not in known:
        text = say("benefits.unknown_word", name="reading", value=point, allowed=", ".join(known))
        raise InputError(text, nearest=nearest(point, known))
    return known[point]


def with_word(policy: Policy, mechanisms: tuple[str, ...], word: str, chosen: str) -> Policy:
    """A policy in which a word of some mechanisms is another one."""

    def change(use: Use) -> Use | None:
        if use.mechanism.name not in mechanisms:
            return use
        return evolve(use, words={**use.words, word: chosen})

    return with_uses(policy, change)


def replaced(policy: Policy, mechanism: str, function: Callable[[Sheet, Rule], None]) -> Policy:
    """A policy whose one mechanism does something else with the same numbers."""

    def change(use: Use) -> Use | None:
        return use if use.mechanism.name != mechanism else evolve(use, mechanism=evolve(use.mechanism, apply=function))

    return with_uses(policy, change)


def without(policy: Policy, *mechanisms: str) -> Policy:
    """A policy that lacks some mechanisms."""
    return with_uses(policy, lambda use: None if use.mechanism.name in mechanisms else use)


def with_uses(policy: Policy, change: Callable[[Use], Use | None]) -> Policy:
    """A policy with every use of a mechanism changed, or dropped where the change gives None."""
    care = {kind: tuple(new for use in uses if (new := change(use)) is not None) for kind, uses in policy.care.items()}
    return evolve(policy, care=care)
