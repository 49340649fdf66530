"""Worked examples (``fixtures/examples``): settlements known from outside the code, and what the engine makes of them.

The table of them in ``docs/benefits.md`` is made by ``python -m tools.benefits_tables``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from attrs import frozen

from sim.benefits.accumulators import Accumulators, codes
from sim.benefits.case import Case, Interim
from sim.benefits.line import Line, multiply, split_all
from sim.benefits.load import build, policy
from sim.benefits.policy import Policy
from sim.benefits.settle import Settlement, settle
from sim.files import Document, read_yaml
from sim.money import parse, scaled
from sim.resources import fixtures

OWN = {"source": "REFERENCE", "provenance": "reference", "confidence": "low"}


@frozen
class Difference:
    """An amount or counter that came out otherwise than stated, in fen or counts."""

    name: str
    expected: int
    actual: int


@cache
def worked_examples() -> tuple[dict[str, Any], ...]:
    """All worked examples, in order of the file."""
    return tuple(read_yaml(fixtures("examples", "worked_examples.yaml")).data["examples"])


def made_policy(care: Mapping[str, Any], class_b: Any = Decimal("0.1"), items: Any = None) -> Policy:
    """A policy made up of mechanisms for one example, read by the same code that reads files."""
    version = {
        "from": "2024-01-01",
        "class_b": {"share": {"value": class_b, **OWN}, "items": items or {}},
        "account": {"pays": "personal_share", **OWN},
        "care": dict(care),
    }
    head = {"id": "made-up", "pool": {"zh": "某地", "en": "Somewhere"}, "admdvs": "990000", "insutype": "310"}
    return build(Document("made-up.yaml", {**head, "versions": [version]}, {}))[0]


def policy_of(example: Mapping[str, Any]) -> Policy:
    """The policy of an example: one of the project's by name, or the mechanisms that stand in the example."""
    which = example["policy"]
    if isinstance(which, str):
        return policy(which, date.fromisoformat(example["on"]))
    care = which.get("care", {"inpatient": [{"use": "pool_payment", "fund": "employee_pool"}]})
    return made_policy(care, which.get("class_b", Decimal("0.1")))


def case_of(example: Mapping[str, Any]) -> Case:
    """The case of an example; its amounts are yuan there."""
    data = dict(example["case"])
    if "interim" in data:
        data["interim"] = Interim(**{name: parse(value) for name, value in data["interim"].items()})
    if "transfer_deductible" in data:
        data["transfer_deductible"] = parse(data["transfer_deductible"])
    return Case(on=date.fromisoformat(example["on"]), **data)


def lines_of(example: Mapping[str, Any]) -> tuple[Line, ...]:
    """The fee lines of an example."""
    found = []
    for number, row in enumerate(example["lines"], 1):
        price, quantity = scaled(row["pric"], 6), scaled(row.get("cnt", 1), 4)
        amount = multiply(price, quantity)
        item, imported = row.get("item", "09"), row.get("imported", False)
        found.append(Line(number, f"X{number}", row["class"], item, price, quantity, amount, imported=imported))
    return tuple(found)


def counter(name: str, value: Any) -> int:
    """A counter as an example writes it (yuan, or a count), in fen or as a count."""
    return int(value) if codes()[name].count else parse(value)


def run(example: Mapping[str, Any], change: Callable[[Policy], Policy] = lambda same: same) -> Settlement:
    """Settle an example, under its policy or a changed one."""
    chosen, case = change(policy_of(example)), case_of(example)
    used = {name: counter(name, value) for name, value in example.get("used", {}).items()}
    return settle(chosen, case, split_all(lines_of(example), chosen), Accumulators(case.on.year, **used))


def differences(example: Mapping[str, Any], settled: Settlement) -> tuple[Difference, ...]:
    """What differs between the amounts and counters that an example states and a settlement."""
    wanted = {name: (parse(value), settled.amounts[name]) for name, value in example["expect"].items()}
    for name, value in example.get("after", {}).items():
        wanted[name] = counter(name, value), getattr(settled.accumulators, name)
    return tuple(Difference(name, a, b) for name, (a, b) in wanted.items() if a != b)
