"""A run in a few rows, for the command line and the head of the report."""

from __future__ import annotations

from attrs import frozen

from sim.lang import Text, plain, say
from sim.planning.published import Comparison, measure
from sim.planning.run import Run
from sim.planning.schema import MEASURES

_MONEY = ("fees", "mean_fee", "fund")
_SHARES = ("settled_share", "fund_share")


@frozen
class Row:
    """One row: what, and its value as shown (``5,282``, ``58.7%``, ``123.45`` yuan, seconds)."""

    name: Text
    value: Text


def summary(run: Run) -> tuple[Row, ...]:
    """The main numbers of a run (means over its replications), then published beside simulated."""
    results = [each.results for each in run.replications]
    rows = [
        Row(
            say(f"planning.measure.{name}"),
            shown(name, sum(measure(run.plan, r, name) for r in results) / len(results)),
        )
        for name in MEASURES
    ]
    rows += [Row(compared_name(each), compared(each)) for each in run.comparisons]
    return tuple(rows)


def compared_name(comparison: Comparison) -> Text:
    """``mean fee (published, check)``."""
    published = comparison.published
    return say("planning.compared_name", name=published.name, role=say(f"planning.role.{published.role}"))


def compared(comparison: Comparison) -> Text:
    """``published 5,282, simulated 5,301, error +0.4%``."""
    published = comparison.published
    return say(
        "planning.compared",
        published=shown(published.measure, float(published.figure.value)),
        simulated=shown(published.measure, comparison.simulated),
        error=percent(comparison.error),
    )


def shown(name: str, value: float) -> Text:
    """A measure as people read it."""
    if name in _MONEY:
        return same(f"{value:,.2f}", say("planning.unit.yuan"))
    if name in _SHARES:
        return same(f"{100 * value:.1f}%")
    if name == "mean_wait":
        return same(f"{value:,.0f}", say("planning.unit.seconds"))
    return same(f"{value:,.0f}")


def percent(error: float) -> str:
    """A relative error with its sign: ``+0.4%``."""
    return f"{100 * error:+.1f}%"


def same(text: str, unit: Text | None = None) -> Text:
    """A number, with a unit if it has one."""
    return plain(text, text) if unit is None else say("planning.with_unit", number=text, unit=unit)
