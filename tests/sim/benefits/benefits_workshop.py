"""Tools of these tests: policies made up on the spot, bills in one call, worked examples, and policies with a fault."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from attrs import evolve

from sim.benefits import Line, Policy
from sim.benefits.line import multiply
from sim.benefits.sheet import Rule, Sheet
from sim.benefits.worked import made_policy
from sim.files import Document, parse_yaml
from sim.money import scaled

DAY = date(2024, 6, 1)
Mechanic = Callable[[Sheet, Rule], None]


def number(value: Any) -> dict[str, Any]:
    """A number as a policy file writes it."""
    return {"value": value, "source": "REFERENCE", "provenance": "reference", "confidence": "low"}


def flat(ratio: Any, start: int = 0) -> list[dict[str, Any]]:
    """One band for everything."""
    return [{"from": start, "to": None, "ratio": number(ratio)}]


def made(care: Mapping[str, Any], class_b: Any = Decimal("0.1"), items: Any = None) -> Policy:
    """A made-up policy, read by the same code that reads files."""
    return made_policy(care, class_b, items)


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
