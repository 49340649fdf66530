"""Tools of these tests: policies made up on the spot, bills in one call, worked examples, and policies with a fault."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from attrs import evolve

from sim.benefits import Accumulators, Case, Line, Policy, Settlement, policy, settle, split_all
from sim.benefits.line import multiply
from sim.benefits.load import build
from sim.benefits.sheet import Rule, Sheet
from sim.files import Document, parse_yaml, read_yaml
from sim.money import parse, scaled

DAY = date(2024, 6, 1)
COUNTS = ("stays",)
EXAMPLES: list[dict[str, Any]] = read_yaml(Path(__file__).parent / "worked_examples.yaml").data["examples"]
Mechanic = Callable[[Sheet, Rule], None]


def number(value: Any) -> dict[str, Any]:
    """A number as a policy file writes it."""
    return {"value": value, "source": "REFERENCE", "provenance": "reference", "confidence": "low"}


def flat(ratio: Any, start: int = 0) -> list[dict[str, Any]]:
    """One band for everything."""
    return [{"from": start, "to": None, "ratio": number(ratio)}]


def policy_data(care: Mapping[str, Any], class_b: Any = Decimal("0.1"), items: Any = None) -> dict[str, Any]:
    """A policy file's data for made-up mechanisms."""
    account = {"pays": "personal_share", "source": "REFERENCE", "provenance": "reference", "confidence": "low"}
    version = {
        "from": "2024-01-01",
        "class_b": {"share": number(class_b), "items": items or {}},
        "account": account,
        "care": dict(care),
    }
    return {
        "id": "made-up",
        "pool": {"zh": "某地", "en": "Somewhere"},
        "admdvs": "990000",
        "insutype": "310",
        "versions": [version],
    }


def made(care: Mapping[str, Any], class_b: Any = Decimal("0.1"), items: Any = None) -> Policy:
    """A made-up policy, read by the same code that reads files."""
    return build(Document("made-up.yaml", policy_data(care, class_b, items), {}))[0]


def named(which: str | Mapping[str, Any], on: date) -> Policy:
    """The policy of an example: one of the project's by name, or one made up for it."""
    if isinstance(which, str):
        return policy(which, on)
    share = which.get("class_b", Decimal("0.1"))
    return made(which.get("care", {"inpatient": [{"use": "pool_payment", "fund": "employee_pool"}]}), share)


def line(
    number: int,
    chrgitm_lv: str,
    price: str,
    quantity: str = "1",
    item: str = "09",
    limit: str | None = None,
    **more: Any,
) -> Line:
    """A fee line from yuan and quantity as written."""
    p, q = scaled(Decimal(price), 6), scaled(Decimal(quantity), 4)
    top = None if limit is None else scaled(Decimal(limit), 6)
    return Line(number, f"X{number}", chrgitm_lv, item, p, q, multiply(p, q), top, **more)


def in_scope(fen: int) -> list[Line]:
    """One class A line of this amount."""
    return [Line(1, "X1", "01", "09", fen * 10_000, 10_000, fen)]


def counters(year: int, used: Mapping[str, Any]) -> Accumulators:
    """Counters as an example writes them: yuan, counts."""
    return Accumulators(year, **{k: int(v) if k in COUNTS else parse(v) for k, v in used.items()})


def run(example: Mapping[str, Any], change: Callable[[Policy], Policy] = lambda same: same) -> Settlement:
    """Settle a worked example, under its policy or a changed one."""
    on = date.fromisoformat(example["on"])
    chosen = change(named(example["policy"], on))
    lines = [
        line(i, row["class"], str(row["pric"]), str(row.get("cnt", 1)), row.get("item", "09"))
        for i, row in enumerate(example["lines"], 1)
    ]
    case = Case(on=on, **example["case"])
    return settle(chosen, case, split_all(lines, chosen), counters(on.year, example.get("used", {})))


def differences(example: Mapping[str, Any], settled: Settlement) -> dict[str, tuple[Any, Any]]:
    """What differs between an example's published amounts and a settlement: (expected, actual) by name, in fen."""
    found = {}
    for name, value in example["expect"].items():
        if parse(value) != settled.amounts[name]:
            found[name] = (parse(value), settled.amounts[name])
    for name, value in example.get("after", {}).items():
        wanted = int(value) if name in COUNTS else parse(value)
        if wanted != getattr(settled.accumulators, name):
            found[name] = (wanted, getattr(settled.accumulators, name))
    return found


def with_fault(chosen: Policy, mechanism: str, faulty: Mechanic) -> Policy:
    """A policy whose one mechanism is replaced by a wrong implementation of it."""
    care = {
        kind: tuple(
            evolve(use, mechanism=evolve(use.mechanism, apply=faulty)) if use.mechanism.name == mechanism else use
            for use in uses
        )
        for kind, uses in chosen.care.items()
    }
    return evolve(chosen, care=care)


def document(text: str, name: str = "p.yaml") -> Document:
    """A file's text as a document."""
    return parse_yaml(text, name)
