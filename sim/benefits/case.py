"""Who is treated where, and under what filing (备案): what the insured place must know besides the amounts."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any, Literal, get_args

from attrs import Attribute, field, frozen

from sim.errors import InputError, nearest
from sim.lang import say

Level = Literal["community", "township", "L1", "L2", "L3"]
LEVELS: tuple[Level, ...] = get_args(Level)
"""Hospital levels: community and township (primary), first-class, second-class, tertiary."""


class Care(StrEnum):
    """The kinds of care that policies tell apart."""

    OUTPATIENT = "outpatient"
    EMERGENCY = "emergency"
    CHRONIC = "chronic"
    INPATIENT = "inpatient"
    PHARMACY = "pharmacy"


class Filing(StrEnum):
    """The category of an out-of-town visit (YBF22 art. 7, 8, 34); LOCAL is a visit at home."""

    LOCAL = "local"
    LONG_TERM = "long_term"
    REFERRAL = "referral"
    EMERGENCY = "emergency"
    OTHER_TEMPORARY = "other_temporary"
    UNFILED = "unfiled"


def _known_level(_: Any, __: Attribute[str], value: str) -> None:
    if value not in LEVELS:
        text = say("benefits.unknown_level", level=value, allowed=", ".join(LEVELS))
        raise InputError(text, nearest=nearest(value, LEVELS))


def _possible_age(_: Any, __: Attribute[int], value: int) -> None:
    if not 0 <= value <= 150:
        raise InputError(say("benefits.impossible_age", age=value))


@frozen
class Case:
    """One visit as the insured place sees it.

    ``on`` is the date of settlement; ``treated_in`` the province of treatment as a division code (``"110000"``), empty
    for a visit at home. Raises InputError for an unknown level or an impossible age.
    """

    care: Care = field(converter=Care)
    level: str = field(validator=_known_level)
    on: date
    retired: bool = False
    age: int = field(default=40, validator=_possible_age)
    filing: Filing = field(default=Filing.LOCAL, converter=Filing)
    civil_servant: bool = False
    needy: bool = False
    treated_in: str = ""
