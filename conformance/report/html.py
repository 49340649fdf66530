"""The report for people: one HTML file, verdict first, then why, then everything that was seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby

from attrs import frozen

from conformance.conversation import Exchange
from conformance.observation import Observation
from conformance.report import words
from conformance.report.bodies import Shown, show
from conformance.report.diagram import Diagram, NameOf, ended, layout
from conformance.report.explained import Comparison, compare
from conformance.report.masking import presentable
from conformance.result import RunResult, ScenarioResult
from sim import interface
from sim.errors import InputError
from sim.lang import Lang, Text, say
from sim.page import render

ORDER = ("broken", "not_judged", "held", "excluded", "not_reached")
"""The order of clauses in the coverage table: what needs a look first."""


@frozen
class Told:
    """One exchange for the page. ``truth``: what had been answered, where something else arrived; ``marked``: it has a
    finding; ``first``: the first finding of a likely cause."""

    exchange: Exchange
    name: Text | None
    ended: Text
    request: Shown
    reply: Shown | None
    truth: Shown | None
    marked: bool
    first: bool


@frozen
class Part:
    """One run of a scenario: a minimal pair has two, the control and the one with the fault."""

    run: str
    diagram: Diagram
    told: tuple[Told, ...]
    compared: tuple[Comparison, ...]


@frozen
class Alike:
    """Looks that say the same, shown once with their number."""

    look: Observation
    count: int


@frozen
class Story:
    """A scenario's conversation, or with no scenario what was exchanged for none."""

    scenario: ScenarioResult | None
    outcome: str
    parts: tuple[Part, ...]

    @property
    def first(self) -> bool:
        """Whether it shows the first finding of a likely cause; then it stands open, on paper too."""
        return any(told.first for part in self.parts for told in part.told)


@frozen
class Marks:
    """The exchanges with findings, and those with the first finding of a likely cause."""

    all: frozenset[int]
    first: frozenset[int]


@frozen
class Names:
    """The interface's own names of transactions and labels of fields."""

    transactions: Mapping[str, Text]
    labels: Mapping[str, str]
    ratios: frozenset[str]

    def transaction(self, infno: str) -> Text | None:
        """A transaction's name, if the interface has it."""
        return self.transactions.get(infno)

    def label(self, field: str) -> str:
        """A field's Chinese label, or an empty string."""
        return self.labels.get(field, "")

    def decimals(self, field: str) -> int:
        """How many decimals a field of a settlement has: two for amounts, four for ratios."""
        return 4 if field in self.ratios else 2


def page(result: RunResult, lang: Lang = "en", *, masked: bool = True) -> str:
    """The whole report as HTML. ``lang`` is the language shown first; ``masked`` hides personal values."""
    sizes = {e.seq: (len(e.request.body), len(e.reply.body) if e.reply else 0) for e in result.conversation}
    shown = presentable(result, masked=masked)
    names = names_of(shown.interface)
    marks = Marks(
        frozenset(f.observation.seq for f in shown.findings),
        frozenset(group.findings[0].observation.seq for group in shown.groups),
    )
    stories = [_story(shown, s, sizes, names, marks) for s in shown.scenarios if shown.exchanges_of(s.id)]
    known = {s.id for s in shown.scenarios}
    loose = tuple(e for e in shown.conversation if e.scenario not in known)
    if loose:
        stories.append(Story(None, "", _parts(shown, loose, sizes, names, marks)))
    return render(
        "report.html",
        package="conformance.report",
        lang=lang,
        title=say("report.title", target=shown.target),
        styles=["report.css"],
        result=shown,
        counts=words.counts(shown),
        words=words,
        masked=masked,
        stories=stories,
        by_seq={e.seq: e for e in shown.conversation},
        names=names,
        lenient=alike(shown.leniencies),
        readings=alike(shown.readings),
        unjudged=alike(shown.not_judged),
        numbers={s.id: n for n, s in enumerate(shown.scenarios, 1)},
        coverage=sorted(shown.coverage, key=lambda row: (ORDER.index(row.state), row.clause.id)),
    )


def names_of(interface_name: str) -> Names:
    """The names of an interface; none for one that is not known here, such as in a report read elsewhere."""
    try:
        found = interface.interface(interface_name)
    except InputError:
        return Names({}, {}, frozenset())
    labels: dict[str, str] = {}
    ratios: set[str] = set()
    for transaction in found.transactions.values():
        for _, _, entry in transaction.fields():
            labels.setdefault(entry.name, entry.zh)
            if entry.decimals == 4:
                ratios.add(entry.name)
    return Names({infno: t.name for infno, t in found.transactions.items()}, labels, frozenset(ratios))


def alike(looks: Iterable[Observation]) -> tuple[Alike, ...]:
    """Looks in one row for each thing said, in order of appearance."""
    found: dict[tuple[str, ...], list[Observation]] = {}
    for look in looks:
        said = look.why or look.actual
        key = (look.clause, look.check, look.path, said.show("zh") if said else "", said.show("en") if said else "")
        found.setdefault(key, []).append(look)
    return tuple(Alike(members[0], len(members)) for members in found.values())


def _story(
    result: RunResult,
    scenario: ScenarioResult,
    sizes: Mapping[int, tuple[int, int]],
    names: Names,
    marks: Marks,
) -> Story:
    exchanges = result.exchanges_of(scenario.id)
    parts = _parts(result, exchanges, sizes, names, marks)
    return Story(scenario, result.outcome(scenario), parts)


def _parts(
    result: RunResult,
    exchanges: tuple[Exchange, ...],
    sizes: Mapping[int, tuple[int, int]],
    names: Names,
    marks: Marks,
) -> tuple[Part, ...]:
    parts: list[Part] = []
    for run, members in groupby(sorted(exchanges, key=lambda e: (e.run, e.seq)), key=lambda e: e.run):
        own = tuple(members)
        told = tuple(_told(e, sizes[e.seq], names.transaction, marks) for e in own)
        compared = tuple(
            compare(result.explanations[e.seq], e, names.label, names.decimals)
            for e in own
            if e.seq in result.explanations
        )
        parts.append(Part(run, layout(own, names.transaction, marks.all), told, compared))
    return tuple(parts)


def _told(exchange: Exchange, size: tuple[int, int], name_of: NameOf, marks: Marks) -> Told:
    return Told(
        exchange=exchange,
        name=name_of(exchange.infno),
        ended=ended(exchange),
        request=show(exchange.request, size[0]),
        reply=show(exchange.reply, size[1]) if exchange.reply is not None else None,
        truth=show(exchange.truth, len(exchange.truth.body)) if exchange.truth is not None else None,
        marked=exchange.seq in marks.all,
        first=exchange.seq in marks.first,
    )
