"""The reference's settlement beside the target's answer, with the first difference marked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from attrs import frozen
from markupsafe import Markup

from conformance.conversation import Exchange
from conformance.result import ExplainedStep, Explanation
from sim.drawing import Flow, figure
from sim.money import MoneyError, scaled
from sim.page import yuan


@frozen
class Compared:
    """One value of both: fen, or for a ratio (``decimals`` 4) basis points. ``actual`` is None when the target gave
    none or none that can be read, and ``unread`` then says what it gave. ``first`` marks the first difference."""

    name: str
    label: str
    decimals: int
    expected: int
    actual: int | None
    unread: str
    first: bool

    @property
    def difference(self) -> int | None:
        """The target's amount less the reference's."""
        return None if self.actual is None else self.actual - self.expected

    def written(self, value: int | None) -> str:
        """A value as people read it: yuan, or a ratio with its four decimals."""
        if value is None or self.decimals == 2:
            return yuan(value)
        return format(Decimal(value).scaleb(-self.decimals), "f")

    @property
    def same(self) -> bool:
        """Whether the two are equal to the fen."""
        return self.actual == self.expected


@frozen
class Comparison:
    """Both settlements side by side. ``zeros`` is the number of values left out because both have zero there."""

    seq: int
    rows: tuple[Compared, ...]
    steps: tuple[ExplainedStep, ...]
    zeros: int = 0
    flow: Flow | None = None

    @property
    def drawing(self) -> Markup | None:
        """How the reference's settlement flows into shares, drawn; None where there is nothing to share."""
        return figure(self.flow) if self.flow is not None else None

    @property
    def differs(self) -> bool:
        """Whether any amount is not the same."""
        return any(not row.same for row in self.rows)


def compare(
    explanation: Explanation,
    exchange: Exchange | None,
    label_of: Callable[[str], str],
    decimals_of: Callable[[str], int],
) -> Comparison:
    """Put an explanation beside the reply it explains."""
    message = exchange.reply.message if exchange is not None and exchange.reply is not None else None
    given = _amounts(message.get("output") if message is not None else None)
    rows: list[Compared] = []
    zeros = 0
    for name, expected in explanation.amounts.items():
        value = given.get(name)
        decimals = decimals_of(name)
        actual = _whole(value, decimals)
        if expected == actual == 0:
            zeros += 1
            continue
        first = actual != expected and not any(row.first for row in rows)
        unread = "" if actual is not None or value is None else str(value)
        rows.append(Compared(name, label_of(name), decimals, expected, actual, unread, first))
    return Comparison(explanation.seq, tuple(rows), explanation.steps, zeros, explanation.flow)


def _amounts(value: Any) -> Mapping[str, Any]:
    """Every scalar of an output by its name, those nearest the root first; rows of lists are other things' amounts."""
    found: dict[str, Any] = {}
    level = [value]
    while level:
        maps = [item for item in level if isinstance(item, Mapping)]
        for item in maps:
            for name, inner in item.items():
                if not isinstance(inner, Mapping | list):
                    found.setdefault(str(name), inner)
        level = [inner for item in maps for inner in item.values() if isinstance(inner, Mapping)]
    return found


def _whole(value: Any, decimals: int) -> int | None:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal) or value == "":
        return None
    try:
        return scaled(value, decimals)
    except MoneyError:
        return None
