"""The numbers of a policy: each with its source, possibly differing by level, person, need, filing or age.

A policy file writes ``{value: ..., source: ..., provenance: ..., confidence: ...}``. A value is a number, or an object
whose keys all belong to one of these dimensions, nested as deep as needed, above or below the sourced value:

``level``    community, township, L1, L2, L3, L3_province, other (all levels not named); community and township fall
             back to L1, L3_province to L3
``person``   in_service, retired, retired_before_2001, ... (by year of retirement)
``need``     ordinary, needy
``filing``   the six categories of `Filing`
``age``      age_0, age_70, ...: the last one not above the person's age
``where``    home, in_province, out_of_province
``tier``     tier1, tier2: the residents' contribution tiers; a higher tier falls back to the last
``group``    none, at_risk, subsistence, destitute: groups of medical aid
``disease``  the chronic diseases by name, and other
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from attrs import field, frozen

from sim.benefits.case import DISEASES, GROUPS, LEVELS, OTHER_DISEASE, Case, Filing
from sim.errors import InputError, nearest
from sim.files import Document
from sim.lang import Text, plain, say
from sim.money import FULL, MoneyError, parse, scaled

Path = tuple[str | int, ...]
_AGE = re.compile(r"age_(0|[1-9][0-9]*)$")
_COHORT = re.compile(r"retired_before_((?:19|20)\d\d)$")
_TIER = re.compile(r"tier[1-9]$")


@frozen
class Origin:
    """Where a number comes from: keys of ``fixtures/policies/sources.yaml``, how it was found, how far to trust it."""

    source: str
    provenance: str
    confidence: str
    note: Text | None = field(default=None, hash=False)


REFERENCE = Origin("REFERENCE", "reference", "high")
"""The origin of what the reference itself decided."""


@frozen
class Unit:
    """What a number is: its decimals when read into an integer, and the highest it may be."""

    name: str
    decimals: int
    highest: int | None = None

    def read(self, value: Decimal | int) -> int:
        """The number in whole units of its last decimal. Raises MoneyError."""
        return parse(value) if self is MONEY else scaled(value, self.decimals)


MONEY = Unit("money", 2)
RATIO = Unit("ratio", 4, FULL)


@frozen
class Choice:
    """A number that differs along one dimension."""

    dimension: str
    by: Mapping[str, Table] = field(hash=False)


@frozen
class Quantity:
    """A number or table of numbers with its origin; None where the policy says that there is none (no cap)."""

    value: int | Choice | None
    origin: Origin


Table = int | None | Choice | Quantity


@frozen
class Picked:
    """The number that holds for one case."""

    value: int | None
    origin: Origin


def pick(table: Table, case: Case, origin: Origin = REFERENCE) -> Picked:
    """The number of a table that holds for a case."""
    while True:
        if isinstance(table, Quantity):
            origin = table.origin
            table = table.value
        elif isinstance(table, Choice):
            table = table.by[_key(table, case)]
        else:
            return Picked(table, origin)


def first_origin(table: Table) -> Origin:
    """The origin of a table, of its first entry where entries have their own."""
    while isinstance(table, Choice):
        table = next(iter(table.by.values()))
    return table.origin if isinstance(table, Quantity) else REFERENCE


def _key(choice: Choice, case: Case) -> str:
    return _KEYS[choice.dimension](choice.by, case)


def level_key(by: Mapping[str, Any], level: str) -> str:
    """The key under which a table by level holds a level: itself, what it falls back to, or ``other``."""
    if level in by:
        return level
    if level == "L3_province" and "L3" in by:
        return "L3"
    return "other" if "other" in by else "L1"


def _person_key(by: Mapping[str, Any], case: Case) -> str:
    if not case.retired:
        return "in_service"
    if case.retired_in is not None:
        cohorts = sorted((int(m[1]), key) for key in by if (m := _COHORT.match(key)))
        for year, key in cohorts:
            if case.retired_in < year:
                return key
    return "retired"


def _where_key(_: Mapping[str, Any], case: Case) -> str:
    if case.filing is Filing.LOCAL:
        return "home"
    return "in_province" if case.in_province else "out_of_province"


def _age_key(by: Mapping[str, Any], case: Case) -> str:
    return max((key for key in by if _years(key) <= case.age), key=_years)


_KEYS: Mapping[str, Callable[[Mapping[str, Any], Case], str]] = {
    "level": lambda by, case: level_key(by, case.level),
    "person": _person_key,
    "need": lambda _, case: "needy" if case.needy else "ordinary",
    "filing": lambda _, case: str(case.filing),
    "where": _where_key,
    "tier": lambda by, case: f"tier{case.tier}" if f"tier{case.tier}" in by else max(by),
    "group": lambda _, case: case.aid_group,
    "disease": lambda by, case: case.disease if case.disease in by else OTHER_DISEASE,
    "age": _age_key,
}


def _years(key: str) -> int:
    return int(key.removeprefix("age_"))


_DIMENSIONS: Mapping[str, Callable[[str], object]] = {
    "level": {*LEVELS, "other"}.__contains__,
    "person": lambda key: key in ("in_service", "retired") or _COHORT.match(key),
    "need": {"ordinary", "needy"}.__contains__,
    "filing": {str(f) for f in Filing}.__contains__,
    "where": {"home", "in_province", "out_of_province"}.__contains__,
    "tier": _TIER.match,
    "group": set(GROUPS).__contains__,
    "disease": {*DISEASES, OTHER_DISEASE}.__contains__,
    "age": _AGE.match,
}


def dimension_of(keys: Mapping[str, Any]) -> str | None:
    """The dimension that all keys of an object belong to, or None."""
    return next((name for name, known in _DIMENSIONS.items() if all(known(key) for key in keys)), None)


def _missing(dimension: str, keys: set[str]) -> list[str]:
    needed: set[str] = {
        "level": set() if "other" in keys else {"L1", "L2", "L3"},
        "person": {"in_service", "retired"},
        "need": {"ordinary", "needy"},
        "filing": {str(f) for f in Filing},
        "where": {"home", "in_province", "out_of_province"},
        "tier": {"tier1"},
        "group": set(GROUPS),
        "disease": {OTHER_DISEASE},
        "age": {"age_0"},
    }[dimension]
    return sorted(needed - keys)


class Reader:
    """Reads the numbers of one policy file; collects every problem with its place instead of stopping at the first."""

    def __init__(self, document: Document, sources: Mapping[str, Any]) -> None:
        self.document = document
        self.sources = sources
        self.problems: list[InputError] = []

    def wrong(self, text: Text, *path: str | int, valid: tuple[str, ...] = (), given: str = "") -> None:
        """Note a problem at a path."""
        self.problems.append(self.document.error(text, *path, valid=valid, given=given))

    def table(self, data: Any, path: Path, unit: Unit) -> Table:
        """A parameter: a sourced value, or a choice of sourced values."""
        if isinstance(data, dict) and "value" in data:
            value = self._value(data["value"], (*path, "value"), unit)
            return Quantity(value, self.origin(data, path))  # type: ignore[arg-type]  # no Quantity below a Quantity
        if isinstance(data, dict):
            return self._choice(data, path, lambda d, p: self.table(d, p, unit))
        self.wrong(say("benefits.policy.unsourced"), *path)
        return None

    def origin(self, data: Mapping[str, Any], path: Path) -> Origin:
        """The origin of a sourced value; its source keys must be known."""
        for key in str(data["source"]).split(","):
            if key not in self.sources:
                near = nearest(key, self.sources)
                text = say("benefits.policy.unknown_source", key=key)
                self.wrong(text, *path, "source", valid=(near,) if near else (), given=key)
        note = data.get("note")
        return Origin(
            data["source"], data["provenance"], data["confidence"], plain(note["zh"], note["en"]) if note else None
        )

    def number(self, data: Any, path: Path, unit: Unit) -> int:
        """One number in its unit; 0 after a problem."""
        if isinstance(data, bool) or not isinstance(data, int | Decimal):
            self.wrong(say("benefits.policy.not_a_number", value=repr(data)), *path)
            return 0
        try:
            value = unit.read(data)
        except MoneyError as error:
            decimals = say("benefits.bill.decimals", value=data, decimals=unit.decimals)
            self.wrong(error.text if unit is MONEY else decimals, *path)
            return 0
        if value < 0:
            self.wrong(say("benefits.policy.negative", value=data), *path)
        if unit.highest is not None and value > unit.highest:
            self.wrong(say("benefits.policy.above_one", value=data), *path)
        return value

    def _value(self, data: Any, path: Path, unit: Unit) -> Table:
        if data is None:
            return None
        if isinstance(data, dict):
            return self._choice(data, path, lambda d, p: self._value(d, p, unit))
        return self.number(data, path, unit)

    def _choice(self, data: Mapping[str, Any], path: Path, inner: Callable[[Any, Path], Table]) -> Table:
        dimension = dimension_of(data)
        if dimension is None:
            self.wrong(say("benefits.policy.mixed_keys", keys=", ".join(data)), *path)
            return None
        missing = _missing(dimension, set(data))
        if missing:
            self.wrong(say("benefits.policy.incomplete", dimension=dimension, missing=", ".join(missing)), *path)
            return None
        return Choice(dimension, {key: inner(value, (*path, key)) for key, value in data.items()})


def entries(table: Table) -> Iterator[int | None]:
    """Every number in a table."""
    if isinstance(table, Quantity):
        yield from entries(table.value)
    elif isinstance(table, Choice):
        for inner in table.by.values():
            yield from entries(inner)
    else:
        yield table
