"""How a mechanism is registered: its stage, and what a policy file may say about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import IntEnum
from types import MappingProxyType

from attrs import frozen

from sim.benefits.quantity import MONEY, RATIO, Unit
from sim.benefits.sheet import Rule, Sheet


class Stage(IntEnum):
    """The order in which costs become shares."""

    COST = 1
    """what is shared at all"""
    DEDUCTIBLE = 2
    BANDS = 3
    """bands and ratios"""
    RATIO = 4
    """changes of ratios"""
    POOL = 5
    """payment up to the cap"""
    ABOVE = 6
    """large-amount fund, above the cap"""
    AFTER = 7
    """supplements, critical-illness insurance and medical aid, on what is left"""
    TOTAL = 8
    """limits on everything paid"""


@frozen
class Parameter:
    """A number of a mechanism: its unit and whether a policy must set it."""

    unit: Unit
    required: bool = True


@frozen
class Word:
    """A choice between named readings; where it need not be set, the first one holds."""

    allowed: tuple[str, ...]
    required: bool = True


@frozen
class Mechanism:
    """A registered mechanism: its function, its stage and what a policy file may say about it."""

    name: str
    apply: Callable[[Sheet, Rule], None]
    stage: Stage
    numbers: Mapping[str, Parameter]
    words: Mapping[str, Word]
    bands: bool
    pays: bool


_registered: dict[str, Mechanism] = {}
MECHANISMS: Mapping[str, Mechanism] = MappingProxyType(_registered)
"""Every mechanism by name."""

Function = Callable[[Sheet, Rule], None]


def mechanism(
    stage: Stage,
    *,
    words: Mapping[str, Word] | None = None,
    bands: bool = False,
    pays: bool = False,
    **numbers: Parameter,
) -> Callable[[Function], Function]:
    """Register a function under its own name."""

    def register(apply: Function) -> Function:
        name = apply.__name__
        _registered[name] = Mechanism(name, apply, stage, numbers, words or {}, bands, pays)
        return apply

    return register


NEEDED_MONEY, MAYBE_MONEY = Parameter(MONEY), Parameter(MONEY, required=False)
NEEDED_RATIO, MAYBE_RATIO = Parameter(RATIO), Parameter(RATIO, required=False)
