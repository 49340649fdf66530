"""The report for people: one HTML file, verdict first, then why, then everything that was seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby

from attrs import evolve, frozen

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

FEW_SETTLEMENTS = 40
"""Up to so many settlements of a run are drawn even where target and reference agree."""
FEW_EXCHANGES = 1_000
"""Up to so many exchanges of a run have their messages on the page; of more, the unremarkable ones do without."""
PROBE = "probe"
"""The note of an exchange that only reads what a settlement starts from, or left behind."""
ORDER = ("broken", "not_judged", "held", "excluded", "not_reached")
"""The order of clauses in the coverage table: what needs a look first."""
STATUSES = ("harness_failed", "failed", "not_run", "passed")
"""The same of scenarios, and of what was said in them."""


Sizes = Mapping[int, tuple[int, int]]


@frozen
class Told:
    """One exchange for the page. ``truth``: what had been answered, where something else arrived; ``marked``: it has a
    finding; ``first``: the first finding of a likely cause. Without ``request``, it is told in a line."""

    exchange: Exchange
    name: Text | None
    ended: Text
    request: Shown | None
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
class Room:
    """What of an unremarkable run the page has room for; what is remarkable always stands there whole."""

    drawings: bool
    probes: bool


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
    return written(presentable(result, masked=masked), sizes_of(result), lang, masked)


def sizes_of(result: RunResult) -> Sizes:
    """The bytes of every request and reply as they went over the line."""
    return {e.seq: (len(e.request.body), len(e.reply.body) if e.reply else 0) for e in result.conversation}


def written(shown: RunResult, sizes: Sizes, lang: Lang, masked: bool) -> str:
    """The same of a result that is presentable already, with personal values ``masked`` or not."""
    names = names_of(shown.interface)
    marks = Marks(
        frozenset(f.observation.seq for f in shown.findings),
        frozenset(group.findings[0].observation.seq for group in shown.groups),
    )
    room = Room(len(shown.explanations) <= FEW_SETTLEMENTS, len(shown.conversation) <= FEW_EXCHANGES)
    scenarios = sorted(shown.scenarios, key=lambda one: STATUSES.index(shown.outcome(one)))
    stories = [_story(shown, s, sizes, names, marks, room) for s in scenarios if shown.exchanges_of(s.id)]
    known = {s.id for s in shown.scenarios}
    loose = tuple(e for e in shown.conversation if e.scenario not in known)
    if loose:
        stories.append(Story(None, "", _parts(shown, loose, sizes, names, marks, Room(drawings=True, probes=True))))
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
        scenarios=scenarios,
        stories=stories,
        room=room,
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
    sizes: Sizes,
    names: Names,
    marks: Marks,
    room: Room,
) -> Story:
    exchanges, outcome = result.exchanges_of(scenario.id), result.outcome(scenario)
    unremarkable = outcome == "passed" and not any(e.seq in marks.all for e in exchanges)
    parts = _parts(result, exchanges, sizes, names, marks, room if unremarkable else Room(drawings=True, probes=True))
    return Story(scenario, outcome, parts)


def _parts(
    result: RunResult,
    exchanges: tuple[Exchange, ...],
    sizes: Sizes,
    names: Names,
    marks: Marks,
    room: Room,
) -> tuple[Part, ...]:
    parts: list[Part] = []
    for run, members in groupby(sorted(exchanges, key=lambda e: (e.run, e.seq)), key=lambda e: e.run):
        own = tuple(members)
        told = tuple(_told(e, sizes[e.seq], names.transaction, marks, room) for e in own)
        explained = (e for e in own if e.seq in result.explanations)
        compared = (compare(result.explanations[e.seq], e, names.label, names.decimals) for e in explained)
        compared = (one if room.drawings or one.differs else evolve(one, flow=None) for one in compared)
        parts.append(Part(run, layout(own, names.transaction, marks.all), told, tuple(compared)))
    return tuple(parts)


def _told(exchange: Exchange, size: tuple[int, int], name_of: NameOf, marks: Marks, room: Room) -> Told:
    whole = room.probes or exchange.note != PROBE
    return Told(
        exchange=exchange,
        name=name_of(exchange.infno),
        ended=ended(exchange),
        request=show(exchange.request, size[0]) if whole else None,
        reply=show(exchange.reply, size[1]) if whole and exchange.reply is not None else None,
        truth=show(exchange.truth, len(exchange.truth.body)) if exchange.truth is not None else None,
        marked=exchange.seq in marks.all,
        first=exchange.seq in marks.first,
    )
