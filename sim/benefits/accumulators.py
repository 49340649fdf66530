"""What a person has used up in a year: the counters that go from one settlement to the next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from operator import attrgetter

from attrs import fields, frozen

from sim.errors import InputError, nearest
from sim.files import read_yaml
from sim.lang import Text, plain, say
from sim.money import parse, wire
from sim.resources import fixtures


@frozen
class Accumulators:
    """Counters of one person, one insurance, one calendar year; amounts in fen.

    ``year``                   the calendar year they belong to
    ``outpatient_deductible``  deductible (起付线) charged to outpatient care
    ``inpatient_deductible``   deductible charged to stays
    ``stays``                  stays settled
    ``inpatient_in_scope``     in-scope cost of stays
    ``pool_paid``              paid by the basic pool for stays
    ``large_paid``             paid by the large-amount fund above the pool's cap
    ``outpatient_in_scope``    in-scope cost of outpatient care
    ``outpatient_paid``        paid by the fund that pays outpatient care
    ``critical_base``          in-scope self-pay that critical-illness insurance counts
    ``critical_paid``          paid by critical-illness insurance
    ``chronic_deductible`` ``chronic_in_scope`` ``chronic_paid``  the same three of care for chronic diseases
    ``hypertension_paid`` ...  of that, paid for each disease
    ``aid_base`` ``aid_paid`` ``unit_base`` ``unit_paid`` ``civil_base`` ``civil_paid``
                               what medical aid, a unit's scheme and the civil servants' supplement counted and paid
    """

    year: int
    outpatient_deductible: int = 0
    inpatient_deductible: int = 0
    stays: int = 0
    inpatient_in_scope: int = 0
    pool_paid: int = 0
    large_paid: int = 0
    outpatient_in_scope: int = 0
    outpatient_paid: int = 0
    critical_base: int = 0
    critical_paid: int = 0
    chronic_deductible: int = 0
    chronic_in_scope: int = 0
    chronic_paid: int = 0
    aid_base: int = 0
    aid_paid: int = 0
    unit_base: int = 0
    unit_paid: int = 0
    civil_base: int = 0
    civil_paid: int = 0
    hypertension_paid: int = 0
    diabetes_paid: int = 0
    cancer_paid: int = 0
    dialysis_paid: int = 0
    transplant_paid: int = 0
    copd_paid: int = 0
    rheumatoid_arthritis_paid: int = 0
    coronary_paid: int = 0
    hepatitis_paid: int = 0
    spondylitis_paid: int = 0

    def at(self, on: date) -> Accumulators:
        """These counters, or fresh ones when the date lies in another year."""
        return self if on.year == self.year else Accumulators(on.year)

    def moved(self, by: Mapping[str, int]) -> Accumulators:
        """These counters, moved by amounts by name."""
        values = list(_VALUES(self))
        for name, amount in by.items():
            values[_INDEX[name]] += amount
        return Accumulators(self.year, *values)

    def to_rows(self) -> list[tuple[str, Decimal | int]]:
        """``(cum_type_code, cum)`` as query 5206 prints them: yuan for amounts, whole numbers for counts."""
        return [(c.code, getattr(self, name) if c.count else wire(getattr(self, name))) for name, c in codes().items()]

    @classmethod
    def from_rows(cls, year: int, rows: Iterable[tuple[str, Decimal | int | str]]) -> Accumulators:
        """The counters of a year from such rows. Raises InputError for a code that does not exist."""
        by_code = by_codes()
        found: dict[str, int] = {}
        for code, value in rows:
            if code not in by_code:
                raise InputError(say("benefits.unknown_counter", code=code), nearest=nearest(code, by_code))
            name, count = by_code[code]
            found[name] = int(value) if count else parse(value)
        return cls(year, **found)


COUNTERS: tuple[str, ...] = tuple(a.name for a in fields(Accumulators) if a.name != "year")
"""The names of the counters, in order."""
_VALUES = attrgetter(*COUNTERS)
_INDEX = {name: i for i, name in enumerate(COUNTERS)}


@frozen
class CounterCode:
    """The code under which a counter is printed, of at most 10 characters; it is the reference's own."""

    code: str
    name: Text
    count: bool


@cache
def codes() -> Mapping[str, CounterCode]:
    """Counter name to code (``fixtures/policies/accumulators.yaml``)."""
    rows = read_yaml(fixtures("policies", "accumulators.yaml"), "fixtures/policies/accumulators.yaml").data
    return {
        name: CounterCode(row["code"], plain(row["zh"], row["en"]), row["unit"] == "count")
        for name, row in rows["counters"].items()
    }


@cache
def by_codes() -> Mapping[str, tuple[str, bool]]:
    """The other way round: code to the counter's name, and whether it is a count."""
    return {code.code: (name, code.count) for name, code in codes().items()}
