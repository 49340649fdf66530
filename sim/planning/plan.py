"""A plan: read, checked against its shape and its sense, and turned into what the world runs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal

from attrs import evolve, field, frozen

from sim.errors import InputError, nearest
from sim.files import check, read_yaml
from sim.lang import Text, plain, say
from sim.planning.figures import Figure, Reader, Value, statistics
from sim.planning.institutions import hospitals
from sim.planning.parts import desks, durations, flows, origins, seconds, stay
from sim.planning.schema import PLAN
from sim.resources import scenarios
from sim.world.setup import Desk, Setup
from sim.world.visit import DECLARATION

LONGEST = 366 * 3
"""Days that a plan may cover."""


@frozen
class Published:
    """A published figure that the result is compared with.

    ``role`` is ``input`` where the plan was calibrated to it (its error says only whether the plan works as meant) and
    ``check`` where the plan knows nothing of it (its error is a finding).
    """

    measure: str
    kind: str
    role: Literal["input", "check"]
    figure: Figure
    name: Text


@frozen
class Plan:
    """A plan that has been checked. ``digest`` is the SHA-256 of its data, whatever its layout and comments."""

    id: str
    title: Text
    about: Text | None
    file: str
    digest: str
    seed: int
    setup: Setup
    figures: tuple[Figure, ...]
    published: tuple[Published, ...]
    policy_why: Text | None = None
    moved: bool = field(default=False)

    @property
    def last(self) -> date:
        """The last day on which patients arrive."""
        return self.setup.start + timedelta(days=self.setup.days - 1)


def plans() -> tuple[str, ...]:
    """The names of the plans that come with the project."""
    names = (f.name for f in scenarios("plans").iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml")))


def read_plan(file: str | Path | Traversable) -> Plan:
    """Read a plan from a file, or by the name of one that comes with the project (``demo-day``).

    Raises InputError (no such file, with the nearest name) or BadFileError with every problem: line, key, what was
    expected, nearest valid name.
    """
    name = str(file)
    document = read_yaml(_find(name) if isinstance(file, str | Path) else file, name)
    check(document, PLAN)
    reader = Reader(document)
    plan = _plan(reader, document.data, name)
    reader.close()
    return plan


def _find(name: str) -> Path | Traversable:
    found = Path(name)
    if found.exists() or found.suffix or found.name != name:
        return found
    if name not in plans():
        text = say("planning.unknown_plan", name=name, known=", ".join(plans()))
        raise InputError(text, nearest=nearest(name, plans()))
    return scenarios("plans", f"{name}.yaml")


def starting(plan: Plan, day: date) -> Plan:
    """The same plan beginning on another day: for a demonstration against a platform that runs by the wall clock."""
    return evolve(plan, setup=evolve(plan.setup, start=day), moved=day != plan.setup.start or plan.moved)


def _plan(reader: Reader, data: Mapping[str, Any], file: str) -> Plan:
    start, days = _period(reader)
    opens, closes = seconds(data["hours"]["opens"]), seconds(data["hours"]["closes"])
    if closes <= opens:
        reader.wrong(say("planning.hours"), "hours", "closes")
        closes = opens + 3600.0
    by_level = desks(reader, data, closes - opens)
    _needs(reader, data, by_level)
    houses = hospitals(reader, data, start, days, by_level)
    setup = Setup(
        start=start,
        days=days,
        opens=opens,
        closes=closes,
        hospitals=houses,
        origins=origins(reader, data, start, houses),
        flows=flows(reader, data, houses, days),
        filings=_weights(reader, data, "filings"),
        credentials=_weights(reader, data, "credentials"),
        durations=durations(reader, data),
        chances={
            **{f"reader.{name}": reader.number("readers", name, "failure") for name in data["readers"]},
            "loss": reader.number("faults", "loss", default=0.0),
            "person.suspended": reader.number("faults", "suspended", default=0.0),
        },
        limits={
            "message.retries": reader.count("faults", "message_retries"),
            "reader.retries": reader.count("faults", "reader_retries"),
        },
        stay=stay(reader, data),
        policy_as_of=_day(reader, "policy_as_of", "date") if "policy_as_of" in data else None,
    )
    return Plan(
        id=data["id"],
        title=_pair(data["title"]),
        about=_pair(data["about"]) if "about" in data else None,
        file=file,
        digest=_digest(data),
        seed=data["seed"],
        setup=setup,
        published=_published(reader, data),
        figures=tuple(reader.figures),
        policy_why=_pair(data["policy_as_of"]["why"]) if "policy_as_of" in data else None,
    )


def _period(reader: Reader) -> tuple[date, int]:
    first, last = _day(reader, "period", "from"), _day(reader, "period", "to")
    days = (last - first).days + 1
    if not 1 <= days <= LONGEST:
        reader.wrong(say("planning.period", most=LONGEST), "period", "to")
        days = 1
    return first, days


def _day(reader: Reader, *path: str | int) -> date:
    try:
        return date.fromisoformat(reader.at(*path))
    except ValueError:
        reader.wrong(say("planning.no_date", value=reader.at(*path)), *path)
        return date(2000, 1, 1)


def _needs(reader: Reader, data: Mapping[str, Any], by_level: Mapping[str, Mapping[str, Desk]]) -> None:
    """Every kind of visit finds its desks and durations, and no kind is told twice."""
    seen: set[str] = set()
    for n, demand in enumerate(data["demand"]):
        kind = demand["kind"]
        if kind in seen:
            reader.wrong(say("planning.kind_twice", kind=kind), "demand", n, "kind")
        seen.add(kind)
        for desk in DECLARATION[kind].desks:
            if desk not in data["desks"]:
                reader.wrong(say("planning.needs", kind=kind, key=desk), "desks", desk)
            else:
                for level in demand["levels"]:
                    if desk not in by_level.get(level, {}):
                        reader.wrong(say("planning.needs_level", kind=kind, level=level), "desks", desk, "counters")
        used = {stage.uses for stage in DECLARATION[kind].stages if stage.kind == "delay" and not stage.by}
        for name in sorted(used - set(data["durations"])):
            reader.wrong(say("planning.needs", kind=kind, key=name), "durations", name)
        if kind == "inpatient" and "stay" not in data:
            reader.wrong(say("planning.needs", kind=kind, key="stay"), "stay")


def _weights(reader: Reader, data: Mapping[str, Any], key: str) -> dict[str, float]:
    weights = {name: reader.number(key, name) for name in data[key]}
    if not any(weights.values()):
        reader.wrong(say("planning.no_weight"), key)
    return weights


def _published(reader: Reader, data: Mapping[str, Any]) -> tuple[Published, ...]:
    found = []
    for n, row in enumerate(data.get("published", ())):
        value: Value = reader.figure("published", n, "figure")
        figure = reader.figures.pop()  # a figure to compare with is not an input
        known = statistics().get(figure.statistic)
        if row.get("kind") and row["kind"] not in {demand["kind"] for demand in data["demand"]}:
            reader.wrong(say("planning.no_demand", kind=row["kind"]), "published", n, "kind")
        if value == 0 and not reader.problems:
            reader.wrong(say("planning.published_zero"), "published", n, "figure")
        name = known.name if known else say(f"planning.measure.{row['measure']}")
        found.append(Published(row["measure"], row.get("kind", ""), row["role"], figure, name))
    return tuple(found)


def _pair(pair: Mapping[str, str]) -> Text:
    return plain(pair["zh"], pair["en"])


def _digest(data: Any) -> str:
    def shown(value: Any) -> str:
        if isinstance(value, Decimal):
            return format(value.normalize(), "f")
        raise TypeError(type(value).__name__)

    text = json.dumps(data, sort_keys=True, ensure_ascii=False, default=shown)
    return hashlib.sha256(text.encode()).hexdigest()
