"""Who is treated where, and under what filing (备案): what the insured place must know besides the amounts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, Literal, get_args

from attrs import Attribute, field, frozen

from sim.errors import InputError, nearest
from sim.lang import say

Level = Literal["community", "township", "L1", "L2", "L3", "L3_province"]
LEVELS: tuple[Level, ...] = get_args(Level)
"""Hospital levels: community and township (primary), first-class, second-class, tertiary, tertiary of the province."""

DISEASES: Mapping[str, str] = {
    "hypertension": "M03900",
    "diabetes": "M01600",
    "cancer": "M00500",
    "dialysis": "M07800",
    "transplant": "M08300",
    "copd": "M05300",
    "rheumatoid_arthritis": "M06900",
    "coronary": "M04600",
    "hepatitis": "M00200",
    "spondylitis": "M07200",
}
"""The chronic diseases settled across provinces (five, from the end of 2024 ten) and their opsp_dise_code."""
OTHER_DISEASE = "other"
"""Any disease that only a pool's own list knows."""

GROUPS = ("none", "at_risk", "subsistence", "destitute")
"""Groups of medical aid: nobody's, at risk of poverty (防止返贫监测), minimum allowance (低保), destitute (特困)."""


def disease_of(code: str) -> str:
    """The disease behind an opsp_dise_code or one of its local subcodes (``M03900``, ``M00503``); else "other"."""
    return next((name for name, whole in DISEASES.items() if code[:4] == whole[:4]), OTHER_DISEASE if code else "")


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


def _one_of(*allowed: str) -> Callable[[Any, Attribute[str], str], None]:
    def check(_: Any, attribute: Attribute[str], value: str) -> None:
        if value not in allowed:
            text = say("benefits.unknown_word", name=attribute.name, value=value, allowed=", ".join(allowed))
            raise InputError(text, nearest=nearest(value, allowed))

    return check


def _at_least(lowest: int) -> Callable[[Any, Attribute[int], int], None]:
    def check(_: Any, attribute: Attribute[int], value: int) -> None:
        if value < lowest:
            raise InputError(say("benefits.below", name=attribute.name, value=value, lowest=lowest))

    return check


def _not_after_on(case: Any, _: Attribute[date | None], value: date | None) -> None:
    if value is not None and value > case.on:
        raise InputError(say("benefits.admitted_late", admitted=value.isoformat(), on=case.on.isoformat()))


@frozen
class Interim:
    """What earlier interim settlements (中途结算) of the same stay held, in fen."""

    total: int = field(validator=_at_least(0))
    in_scope: int = field(validator=_at_least(0))
    deductible: int = field(validator=_at_least(0))


@frozen
class Case:
    """One visit as the insured place sees it.

    ``on`` is the date of settlement, of a stay the day of discharge, and ``admitted`` the day of admission where a
    policy splits stays by calendar year; ``treated_in`` the province of treatment as a division code (``"110000"``),
    empty for a visit at home; ``in_province`` says that it lies in the pool's own province. ``disease`` is the
    certified chronic disease (a name in `DISEASES`, "other" or none), ``aid_group`` the group of medical aid, ``tier``
    the residents' contribution tier, ``retired_in`` the year of retirement where a pool has cohorts, ``reward_steps``
    how often continuous enrolment raised the person's cap. ``transfer`` is a stay transferred from another hospital,
    with the deductible paid there (fen); ``interim`` what earlier settlements of this very stay held.
    Raises InputError for an unknown word or an impossible number.
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
    in_province: bool = False
    disease: str = field(default="", validator=_one_of("", *DISEASES, OTHER_DISEASE))
    aid_group: str = field(default="none", validator=_one_of(*GROUPS))
    unit_scheme: bool = False
    veteran: bool = False
    tier: int = field(default=1, validator=_at_least(1))
    retired_in: int | None = None
    reward_steps: int = field(default=0, validator=_at_least(0))
    transfer: bool = False
    transfer_deductible: int = field(default=0, validator=_at_least(0))
    interim: Interim | None = None
    admitted: date | None = field(default=None, validator=_not_after_on)

    @property
    def over_new_year(self) -> bool:
        """Whether this is a stay that began in an earlier calendar year than it ends in (跨年住院)."""
        return self.admitted is not None and self.care is Care.INPATIENT and self.admitted.year < self.on.year
