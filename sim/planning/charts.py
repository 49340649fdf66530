"""Charts of a run as SVG, one for each language. They need the extra ``planning`` (Altair and vl-convert)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

from attrs import frozen

from sim.lang import LANGS, Lang, Text, say
from sim.planning.run import Run
from sim.world.record import Record
from sim.world.setup import DAY
from sim.world.visit import OUTCOMES

FUNDS = ("hifp_pay", "cvlserv_pay", "hifes_pay", "hifmi_pay", "hifob_pay", "maf_pay", "oth_pay")
"""The fund columns of a record, in the order of the interface."""
PAYERS = (*FUNDS, "hosp_part_amt", "acct_pay", "psn_cash_pay")

_WIDTH = 620
_COLORS = ("#1d4f7c", "#a3212b", "#b98a2f", "#7a6a9a", "#4d8a6a", "#8fb3d1", "#c9c2b2", "#5b6672", "#d08a70", "#9db58f")


@frozen
class Chart:
    """A chart: its title and the SVG in each language."""

    title: Text
    svg: dict[Lang, str]


def available() -> bool:
    """Whether charts can be drawn here."""
    return find_spec("altair") is not None and find_spec("vl_convert") is not None


def charts(run: Run) -> tuple[Chart, ...]:
    """The charts of the first replication; none without visits or without the extra."""
    records = run.replications[0].results.records
    if not records or not available():
        return ()
    drawn: list[tuple[str, Callable[[Sequence[Record], int, Lang], Any]]] = [
        ("visits", _visits),
        ("payers", _payers),
        ("waits", _waits),
        ("queue", _queue),
    ]
    days = run.plan.setup.days
    return tuple(
        Chart(say(f"planning.chart.{name}"), {lang: _svg(make(records, days, lang)) for lang in LANGS})
        for name, make in drawn
    )


def _svg(chart: Any) -> str:
    convert = import_module("vl_convert")
    spec = chart.configure_view(strokeWidth=0).configure_axis(grid=False, labelLimit=240).to_dict()
    svg: str = convert.vegalite_to_svg(spec)
    return svg


def _bars(rows: Iterable[dict[str, Any]], **channels: Any) -> Any:
    alt = import_module("altair")
    return alt.Chart(alt.Data(values=list(rows))).mark_bar().encode(**channels).properties(width=_WIDTH, height=200)


def _color(title: str, names: Sequence[str]) -> Any:
    alt = import_module("altair")
    scale = alt.Scale(domain=list(names), range=list(_COLORS[: len(names)]))
    return alt.Color("group:N", title=title, scale=scale, legend=alt.Legend(orient="top", labelLimit=300))


def _visits(records: Sequence[Record], days: int, lang: Lang) -> Any:
    """Arrivals by hour of a short plan, by week of a long one, stacked by outcome."""
    alt = import_module("altair")
    hours = days <= 3
    width = 3600.0 if hours else 7 * DAY
    counts: dict[tuple[int, str], int] = {}
    for record in records:
        key = (int(record.arrive_s // width), record.outcome)
        counts[key] = counts.get(key, 0) + 1
    present = [name for name in OUTCOMES if any(outcome == name for _, outcome in counts)]
    names = {name: say(f"planning.outcome.{name}").show(lang) for name in present}
    rows = [
        {"at": at + (0 if hours else 1), "n": n, "group": names[outcome], "order": present.index(outcome)}
        for (at, outcome), n in counts.items()
    ]
    title = say("planning.axis.hour" if hours else "planning.axis.week").show(lang)
    return _bars(
        rows,
        x=alt.X("at:O", title=title, axis=alt.Axis(labelAngle=0)),
        y=alt.Y("n:Q", title=say("planning.axis.visits").show(lang)),
        color=_color(say("planning.axis.outcome").show(lang), list(names.values())),
        order=alt.Order("order:Q"),
    )


def _payers(records: Sequence[Record], _: int, lang: Lang) -> Any:
    """Who paid for settled visits, in 10,000 yuan."""
    alt = import_module("altair")
    sums = {name: sum(getattr(record, name) or 0 for record in records) for name in PAYERS}
    rows = [{"who": _payer(name, lang), "n": fen / 1_000_000} for name, fen in sums.items() if fen]
    return _bars(
        rows,
        y=alt.Y("who:N", title=None, sort=[row["who"] for row in rows]),
        x=alt.X("n:Q", title=say("planning.axis.money").show(lang)),
        color=alt.value(_COLORS[0]),
    ).properties(height=28 * max(1, len(rows)))


def _payer(name: str, lang: Lang) -> str:
    return f"{say(f'planning.payer.{name}').show(lang)} {name}"


def _waits(records: Sequence[Record], _: int, lang: Lang) -> Any:
    """How many waited how long at their first counter, in classes of minutes."""
    alt = import_module("altair")
    edges = (0, 1, 2, 5, 10, 20, 30, 60)
    names = [f"< {b}" if a == 0 else f"{a}–{b}" for a, b in pairwise(edges)] + [f"≥ {edges[-1]}"]
    rows = [{"at": name, "n": 0} for name in names]
    for record in records:
        rows[sum(record.wait_s >= 60 * edge for edge in edges[1:])]["n"] += 1  # type: ignore[operator]
    return _bars(
        rows,
        x=alt.X("at:O", title=say("planning.axis.wait").show(lang), sort=names, axis=alt.Axis(labelAngle=0)),
        y=alt.Y("n:Q", title=say("planning.axis.visits").show(lang)),
        color=alt.value(_COLORS[0]),
    )


def _queue(records: Sequence[Record], _: int, lang: Lang) -> Any:
    """The queue found on arrival, mean by hour of the day."""
    alt = import_module("altair")
    found: dict[int, list[int]] = {}
    for record in records:
        found.setdefault(int(record.arrive_s % DAY // 3600), []).append(record.queue_found)
    rows = [{"at": hour, "n": sum(queue) / len(queue)} for hour, queue in sorted(found.items())]
    return _bars(
        rows,
        x=alt.X("at:O", title=say("planning.axis.hour").show(lang), axis=alt.Axis(labelAngle=0)),
        y=alt.Y("n:Q", title=say("planning.axis.queue").show(lang)),
        color=alt.value(_COLORS[0]),
    )
