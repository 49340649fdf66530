"""A policy: what one pool pays for one insurance type from a date on, as mechanisms in order with their numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from attrs import evolve, field, frozen

from sim.benefits.case import Care, Case, Filing
from sim.benefits.line import Line
from sim.benefits.mechanisms import Mechanism
from sim.benefits.quantity import REFERENCE, Origin, Quantity, Table, first_origin, pick
from sim.benefits.sheet import Band, Fund, Rule, Sheet
from sim.benefits.step import Step
from sim.lang import Text, say


@frozen
class BandTable:
    """A band as the policy writes it: edges in fen, a ratio that may differ by level, person and so on."""

    start: int
    end: int | None
    ratio: Table


@frozen
class Use:
    """One mechanism as a policy uses it."""

    mechanism: Mechanism
    clause: str
    numbers: Mapping[str, Table] = field(hash=False)
    words: Mapping[str, str] = field(hash=False)
    bands: tuple[BandTable, ...] = ()
    fund: Fund | None = None

    def resolve(self, case: Case) -> Rule:
        """The mechanism with the numbers that hold for a case."""
        numbers: dict[str, int] = {}
        origins: dict[str, Origin] = {}
        for name, table in self.numbers.items():
            picked = pick(table, case)
            origins[name] = picked.origin
            if picked.value is not None:
                numbers[name] = picked.value
        bands = []
        for band in self.bands:
            picked = pick(band.ratio, case)
            bands.append(Band(band.start, band.end, picked.value or 0))
            origins.setdefault("bands", picked.origin)
        return Rule(self.clause, numbers, self.words, tuple(bands), self.fund, origins)


@frozen
class NoFiling:
    """Provinces in which the pool's people need no filing, and the category they are then treated as."""

    areas: frozenset[str]
    treated_as: Filing
    origin: Origin


@frozen
class Plan:
    """What a policy does for one kind of case: its mechanisms in order, ready to run."""

    moves: tuple[tuple[Callable[[Sheet, Rule], None], Rule], ...]
    covered: bool
    opening: tuple[Step, ...] = ()


@frozen
class NotModelled:
    """A number of the source that no mechanism uses, and why it is kept."""

    what: Text
    value: object
    origin: Origin


@frozen(eq=False)
class Policy:
    """One version of one pool's rules for one insurance type; valid from ``start`` until before ``end``.

    ``insutype`` is 310 (employee) or 390 (resident), ``admdvs`` the pool's division code. ``mutual_aid`` says whether a
    family account pays after the own one, alone or never; ``year_end`` whether a stay over New Year is
    settled whole in the year of ``discharge`` or ``split`` by calendar year.
    """

    id: str
    pool: Text
    admdvs: str
    insutype: str
    start: date
    end: date | None
    class_b: Quantity
    items: Mapping[str, Quantity]
    no_filing: NoFiling | None
    account: str
    account_origin: Origin
    care: Mapping[Care, tuple[Use, ...]]
    not_modelled: tuple[NotModelled, ...] = ()
    mutual_aid: str = "own_first"
    year_end: str = "discharge"
    year_end_origin: Origin = REFERENCE
    _plans: dict[tuple[object, ...], Plan] = field(factory=dict, init=False, repr=False)

    def covers(self, on: date) -> bool:
        """Whether the version is the one in force on a date."""
        return self.start <= on and (self.end is None or on < self.end)

    def first_self_pay(self, line: Line) -> int:
        """A class B line's first self-pay share in basis points: the line's own, its charge item's or the class's."""
        if line.share is not None:
            return line.share
        value = self._share(line).value
        assert isinstance(value, int)  # noqa: S101  # the loader refuses anything else
        return value

    def first_self_pay_origin(self, line: Line) -> Origin:
        """Where that share comes from."""
        if line.share is not None:
            return Origin("CATALOGUE", "reference", "high")
        return first_origin(self._share(line))

    def _share(self, line: Line) -> Quantity:
        item = line.med_chrgitm_type
        if line.imported and f"{item}-imported" in self.items:
            item += "-imported"
        return self.items.get(item, self.class_b)

    def plan(self, case: Case) -> Plan:
        """The mechanisms for a case with their numbers; remembered by what the numbers depend on."""
        key = (
            case.care,
            case.level,
            case.retired,
            case.age,
            case.filing,
            case.needy,
            case.treated_in,
            case.in_province,
            case.disease,
            case.aid_group,
            case.tier,
            case.retired_in,
        )
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plans[key] = self._make(case)
        return plan

    def _make(self, case: Case) -> Plan:
        uses = self.care.get(case.care)
        opening: tuple[Step, ...] = ()
        area = self.no_filing
        if (
            area is not None
            and case.filing in (Filing.UNFILED, Filing.OTHER_TEMPORARY)
            and case.treated_in[:2] in {a[:2] for a in area.areas}
        ):
            case = evolve(case, filing=area.treated_as)
            text = say("benefits.no_filing", area=case.treated_in)
            origin = area.origin
            opening = (Step(f"{self.id}.no_filing", text, {}, 0, origin.source, origin.confidence, origin.note),)
        if uses is None:
            return Plan((), False, opening)
        return Plan(tuple((use.mechanism.apply, use.resolve(case)) for use in uses), True, opening)
