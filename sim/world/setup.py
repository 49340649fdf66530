"""What is simulated: frozen values that a plan is turned into. Times in seconds, money in fen, days counted from 0."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Literal

from attrs import field, frozen

from sim.platform.people import Institution
from sim.platform.regions import province_of
from sim.world import draws

DAY = 86_400.0
"""Seconds in a day."""

Law = Literal["fixed", "exponential", "lognormal"]


@frozen
class Duration:
    """A time that is drawn: its law, arithmetic mean in seconds and, for lognormal, the sigma of the logarithm."""

    law: Law
    mean: float
    sigma: float = 0.0

    def draw(self, u: float) -> float:
        """Seconds, from a uniform number."""
        if self.law == "fixed" or self.mean == 0.0:
            return self.mean
        if self.law == "exponential":
            return draws.exponential(self.mean, u)
        return draws.lognormal(self.mean, self.sigma, u)


@frozen
class Desk:
    """Counters (窗口) of one kind in a hospital, with the local patients that use them too.

    ``local_rate`` local patients a second while the hospital is open; they only hold a counter and send nothing.
    """

    name: str
    counters: int
    local_rate: float
    local_hold: Duration


@frozen
class Hospital:
    """A designated institution (定点医药机构). ``number`` is fixed for ever: draws are keyed by it, not by list
    position.

    ``joined`` is the first day on which it settles across provinces. ``institution`` is what the platform knows of it:
    code, name, division, level, departments, doctors, operators.
    """

    number: int
    joined: int
    institution: Institution = field(repr=False)
    desks: Mapping[str, Desk] = field(hash=False)

    @property
    def code(self) -> str:
        """fixmedins_code."""
        return self.institution.fixmedins_code

    @property
    def level(self) -> str:
        """``L3``, ``L2``, ``L1``, ``community`` or ``township``."""
        return self.institution.level


@frozen
class Origin:
    """A pool (统筹区) that patients come from: weight among all, people to draw from, first day."""

    admdvs: str
    insutype: str
    weight: float
    people: int
    joined: int = 0

    @property
    def name(self) -> str:
        """``500000-310``: division and insurance type."""
        return f"{self.admdvs}-{self.insutype}"

    @property
    def province(self) -> str:
        """The province it lies in."""
        return province_of(self.admdvs)


@frozen
class Bill:
    """How large a bill is: lognormal total (mean in fen), class shares A, B, C (basis points), least and most lines."""

    mean: int
    sigma: float
    classes: tuple[int, int, int]
    lines: tuple[int, int]


@frozen
class Stay:
    """How long an inpatient stays, in whole days: lognormal mean and sigma, at least one night, at most ``longest``."""

    mean: float
    sigma: float
    longest: int


@frozen
class Flow:
    """Demand of one kind of visit: expected visits on a day at a hospital = ``daily[day]`` x ``levels[level]``."""

    kind: str
    daily: tuple[float, ...]
    levels: Mapping[str, float] = field(hash=False)
    bill: Bill

    def expected(self, hospital: Hospital, day: int) -> float:
        """Expected visits of a hospital on a day; nobody is settled before it has joined."""
        if day < hospital.joined:
            return 0.0
        return self.daily[day] * self.levels.get(hospital.level, 0.0)


@frozen
class Setup:
    """Everything the world needs to know.

    Hospitals are open from ``opens`` to ``closes`` (seconds of the day). ``policy_as_of``: the benefit rules of that
    date stand in on every earlier day.
    """

    start: date
    days: int
    opens: float
    closes: float
    hospitals: tuple[Hospital, ...]
    origins: tuple[Origin, ...]
    flows: tuple[Flow, ...]
    filings: Mapping[str, float] = field(hash=False)
    credentials: Mapping[str, float] = field(hash=False)
    durations: Mapping[str, Duration] = field(hash=False)
    chances: Mapping[str, float] = field(hash=False)
    limits: Mapping[str, int] = field(hash=False)
    stay: Stay | None = None
    policy_as_of: date | None = None

    def moment(self, seconds: float) -> datetime:
        """The calendar time of a moment of the simulation."""
        return datetime.combine(self.start, time()) + timedelta(seconds=seconds)

    def rules_on(self, day: date) -> date:
        """The date whose benefit rules apply on a day."""
        return day if self.policy_as_of is None else max(day, self.policy_as_of)

    def date_of(self, day: int) -> date:
        """The calendar date of a day."""
        return self.start + timedelta(days=day)


def visit_id(kind: int, hospital: int, day: int, n: int) -> int:
    """A 64-bit id: kind (4 bits), hospital number (24), day (16), number on that day (20). Draws are keyed by it.

    Raises ValueError when a part does not fit.
    """
    if not (0 <= kind < 1 << 4 and 0 <= hospital < 1 << 24 and 0 <= day < 1 << 16 and 0 <= n < 1 << 20):
        raise ValueError(f"a part of the visit id is out of range: {kind}, {hospital}, {day}, {n}")
    return kind << 60 | hospital << 36 | day << 20 | n


def person_id(admdvs: str, insutype: str, number: int) -> int:
    """A 64-bit id for the draws of a person: kind 15, division (20 bits), insurance type (10), number (30)."""
    if not 0 <= number < 1 << 30:
        raise ValueError(f"the number of a person is out of range: {number}")
    return 15 << 60 | int(admdvs) << 40 | int(insutype) << 30 | number


LOCAL_KINDS = {"counter": 8, "admission": 9, "discharge": 10}
"""Numbers of the local patients at each desk, in visit ids."""
