"""The rules of clearing and of advance funds by date (`fixtures/clearing/regimes.yaml`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any, Literal, TypeVar

from attrs import evolve, field, frozen

from sim.errors import InputError, nearest
from sim.files import check, read_yaml
from sim.lang import Text, plain, say
from sim.money import parse
from sim.platform.clearing import workdays
from sim.resources import fixtures

FILE = "fixtures/clearing/regimes.yaml"


@frozen
class Source:
    """Where a parameter comes from."""

    source: str
    provenance: str
    confidence: str


@frozen
class ClearingRegime:
    """The calendar of a month's clearing. Days are days of the month after the fees'."""

    id: str
    since: str
    title: Text
    declare_by: int
    issue_on: int
    confirm_by: int
    payer_working_days: int
    payee_working_days: int
    delay_months: int
    year_closed_months: int
    hospital_payment: Literal["after_clearing", "after_claim"]
    hospital_claim_day: int
    hospital_working_days: int
    sources: Mapping[str, Source] = field(factory=dict, hash=False)

    def days(self, month: str) -> Days:
        """When the steps of a month's clearing are due."""
        following = workdays.plus(month, 1)
        first = workdays.first_day(following)
        notice = workdays.last_day(following)
        collected = workdays.after(notice, self.payer_working_days)
        distributed = workdays.after(collected, self.payee_working_days)
        claimed = first.replace(day=self.hospital_claim_day)
        start = claimed if self.hospital_payment == "after_claim" else distributed
        return Days(
            declare=first.replace(day=self.declare_by),
            issue=first.replace(day=self.issue_on),
            confirm=first.replace(day=self.confirm_by),
            notice=notice,
            collect=collected,
            distribute=distributed,
            hospital=workdays.after(start, self.hospital_working_days),
        )


@frozen
class Days:
    """The day by which each step is due (``issue``: on which)."""

    declare: date
    issue: date
    confirm: date
    notice: date
    collect: date
    distribute: date
    hospital: date


@frozen
class AdvanceRegime:
    """How the advance funds of a year are set: so many times the monthly mean of a basis."""

    id: str
    since: str
    title: Text
    basis: Literal["previous_year", "fourth_quarter"]
    months: int
    clause: str

    def basis_months(self, year: int) -> tuple[str, ...]:
        """The months whose mean counts for a year's advance."""
        first = 1 if self.basis == "previous_year" else 10
        return tuple(f"{year - 1:04d}-{month:02d}" for month in range(first, 13))


@frozen
class AdvanceRules:
    """What holds for advance funds at any time; ratios in basis points, money in fen."""

    paid_by_month: int
    yellow: int
    red: int
    top_up_working_days: int
    without_history: int


@frozen
class Regimes:
    """All regimes, each kind in order of time. Another set can be given to whoever takes one."""

    clearing: tuple[ClearingRegime, ...]
    advance: tuple[AdvanceRegime, ...]
    rules: AdvanceRules

    def of_month(self, month: str) -> ClearingRegime:
        """The regime of a month's fees. Raises InputError before the first."""
        return _latest(self.clearing, month)

    def of_year(self, year: int) -> AdvanceRegime:
        """The regime of a year's advance. Raises InputError before the first."""
        return _latest(self.advance, f"{year:04d}-01")

    def only(self, regime_id: str) -> Regimes:
        """With one regime of clearing for all months. Raises InputError with the nearest id."""
        for regime in self.clearing:
            if regime.id == regime_id:
                return evolve(self, clearing=(evolve(regime, since="0001-01"),))
        known = [regime.id for regime in self.clearing]
        text = say("clearing.unknown_regime", name=regime_id, known=", ".join(known))
        raise InputError(text, None, nearest(regime_id, known))


R = TypeVar("R", ClearingRegime, AdvanceRegime)


def _latest(found: Sequence[R], month: str) -> R:
    fitting = [each for each in found if each.since <= month]
    if not fitting:
        raise InputError(say("clearing.before_regimes", month=month, first=found[0].since))
    return fitting[-1]


@cache
def regimes() -> Regimes:
    """Those of the fixtures."""
    document = read_yaml(fixtures("clearing", "regimes.yaml"), FILE)
    check(document, SCHEMA)
    data = document.data
    rules = {name: each["value"] for name, each in data["advance_rules"].items()}
    return Regimes(
        clearing=tuple(_clearing(row) for row in sorted(data["clearing"], key=lambda row: row["from"])),
        advance=tuple(
            AdvanceRegime(
                id=row["id"],
                since=row["from"],
                title=plain(row["title"]["zh"], row["title"]["en"]),
                basis=row["basis"]["value"],
                months=row["months"]["value"],
                clause=row["clause"],
            )
            for row in sorted(data["advance"], key=lambda row: row["from"])
        ),
        rules=AdvanceRules(**{**rules, "without_history": parse(rules["without_history"])}),
    )


def _clearing(row: Mapping[str, Any]) -> ClearingRegime:
    parameters = {name: each for name, each in row.items() if isinstance(each, Mapping) and "value" in each}
    return ClearingRegime(
        id=row["id"],
        since=row["from"],
        title=plain(row["title"]["zh"], row["title"]["en"]),
        **{name: each["value"] for name, each in parameters.items()},
        sources={
            name: Source(each["source"], each["provenance"], each["confidence"]) for name, each in parameters.items()
        },
    )


def _parameter(value: Mapping[str, Any]) -> dict[str, Any]:
    return _object(
        {
            "value": dict(value),
            "source": {"type": "string"},
            "provenance": {"enum": ["found", "recalled", "assumption"]},
            "confidence": {"enum": ["high", "medium", "low"]},
        }
    )


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


_MONTH = {"type": "string", "pattern": r"^\d{4}-(0[1-9]|1[0-2])$"}
_TEXT = _object({"zh": {"type": "string"}, "en": {"type": "string"}})
_DAY = {"type": "integer", "minimum": 1, "maximum": 28}
_COUNT = {"type": "integer", "minimum": 0, "maximum": 60}
_RATIO = {"type": "integer", "minimum": 0, "maximum": 10000}
SCHEMA: dict[str, Any] = _object(
    {
        "schema": {"const": 1},
        "sources": {"type": "object"},
        "clearing": {
            "type": "array",
            "minItems": 1,
            "items": _object(
                {
                    "id": {"type": "string"},
                    "from": _MONTH,
                    "title": _TEXT,
                    **{name: _parameter(_DAY) for name in ("declare_by", "issue_on", "confirm_by")},
                    **{name: _parameter(_COUNT) for name in ("payer_working_days", "payee_working_days")},
                    **{name: _parameter(_COUNT) for name in ("delay_months", "year_closed_months")},
                    "hospital_payment": _parameter({"enum": ["after_clearing", "after_claim"]}),
                    "hospital_claim_day": _parameter(_DAY),
                    "hospital_working_days": _parameter(_COUNT),
                }
            ),
        },
        "advance": {
            "type": "array",
            "minItems": 1,
            "items": _object(
                {
                    "id": {"type": "string"},
                    "from": _MONTH,
                    "title": _TEXT,
                    "basis": _parameter({"enum": ["previous_year", "fourth_quarter"]}),
                    "months": _parameter(_COUNT),
                    "clause": {"type": "string"},
                }
            ),
        },
        "advance_rules": _object(
            {
                "paid_by_month": _parameter({"type": "integer", "minimum": 1, "maximum": 12}),
                "yellow": _parameter(_RATIO),
                "red": _parameter(_RATIO),
                "top_up_working_days": _parameter(_COUNT),
                "without_history": _parameter({"type": "string"}),
            }
        ),
    }
)
