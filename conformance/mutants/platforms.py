"""The known-bad platforms: what really goes wrong in the field, one fault each."""

from __future__ import annotations

from functools import cache

# each of these registers what it builds
from conformance.mutants import aid, amounts, benefits, conduct, forbidden, office, replies, unsteady
from conformance.mutants.known import Mutant, register
from sim.errors import InputError, nearest
from sim.lang import say

KINDS = (aid, amounts, benefits, conduct, forbidden, office, replies, unsteady)
"""The modules they stand in."""


@cache
def mutants() -> tuple[Mutant, ...]:
    """All of them, by id."""
    return tuple(register().values())


def mutant(name: str) -> Mutant:
    """One of them. Raises InputError with the nearest name."""
    found = register().get(name)
    if found is None:
        raise InputError(say("mutant.unknown", name=name), nearest=nearest(name, register()))
    return found


__all__ = ["KINDS", "Mutant", "mutant", "mutants"]
