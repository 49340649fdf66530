"""The operator's pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs
from attrs import frozen

from sim.benefits.accumulators import codes
from sim.interface import Interface, wire
from sim.interface.leniency import Leniency
from sim.lang import Lang, Text, say
from sim.page import render
from sim.page.filters import yuan
from sim.platform.records import ACCOUNTS, CLAIMS, SETTLEMENTS, VISITS
from sim.platform.treatment.settle import MONEY
from sim.service import story
from sim.service.service import Service

SHOWN = 50
"""How many of the last messages the pages list; the JSON has them all."""


@frozen
class PartyRow:
    """What one party holds."""

    code: str
    visits: int
    settlements: int
    claims: int
    accounts: int

    @property
    def anything(self) -> bool:
        """Whether it holds anything at all."""
        return any((self.visits, self.settlements, self.claims, self.accounts))


def parties(service: Service) -> list[PartyRow]:
    """Every province that holds anything."""
    rows = [
        PartyRow(code, store.count(VISITS), store.count(SETTLEMENTS), store.count(CLAIMS), store.count(ACCOUNTS))
        for code, store in story.stores(service.reference)
    ]
    return [row for row in rows if row.anything]


def plain(row: PartyRow) -> dict[str, Any]:
    """A row as JSON."""
    return attrs.asdict(row)


def operator_page(service: Service, lang: Lang) -> str:
    """Counts by party, transaction and leniency; the last visits, persons and messages, masked."""
    recent, setting = service.recent, service.reference.setting
    counts = [
        (infno, _name(service.interface, infno), recent.accepted[infno], recent.refused[infno])
        for infno in sorted({*recent.accepted, *recent.refused})
    ]
    return render(
        "operator.html",
        package="sim.service",
        lang=lang,
        title=say("service.page.title"),
        styles=("operator.css",),
        now=service.clock().isoformat(sep=" ", timespec="seconds"),
        total=recent.total,
        connected=len(setting.connected),
        people=len(setting.people),
        institutions=len(setting.institutions),
        interface=service.interface,
        parties=parties(service),
        counts=counts,
        leniencies=[(say(f"leniency.name.{name}"), name, count) for name, count in sorted(recent.leniencies.items())],
        state=_state,
        visits=story.visits(service.reference)[:SHOWN],
        persons=story.persons(service.reference)[:SHOWN],
        messages=_messages(service, recent.shown()[:SHOWN]),
    )


def live_page(service: Service, lang: Lang) -> str:
    """The last messages only, each open."""
    return render(
        "live.html",
        package="sim.service",
        lang=lang,
        title=say("service.page.live"),
        styles=("operator.css",),
        now=service.clock().isoformat(sep=" ", timespec="seconds"),
        total=service.recent.total,
        messages=_messages(service, service.recent.shown()[:SHOWN]),
    )


def visit_page(service: Service, found: dict[str, Any], lang: Lang) -> str:
    """A visit's story: what happened in order, fee lines, settlements side by side, claims at the insured place."""
    visit, settlements = found["visit"], found["settlements"]
    institution = service.reference.setting.institutions.get(visit["fixmedins_code"])
    messages = _messages(service, found["messages"])
    return render(
        "visit.html",
        package="sim.service",
        lang=lang,
        title=say("service.page.visit_story"),
        styles=("operator.css",),
        found=found,
        visit=visit,
        institution=institution.fixmedins_name if institution is not None else "",
        state=_state,
        kind=say(f"service.kind.{visit['kind']}"),
        lines=found["lines"],
        settlements=settlements,
        amounts=_amounts(service.interface, settlements),
        claims=[(one, _moved(one["moved"])) for one in found["claims"]],
        whole=[(name, _pretty(one)) for name, one in _wholes(found)],
        events=sorted(messages, key=lambda one: one["serial"]),
        messages=messages,
    )


def person_page(found: dict[str, Any], lang: Lang) -> str:
    """A person's accumulators: those that are not zero, by year."""
    return render(
        "person.html",
        package="sim.service",
        lang=lang,
        title=say("service.page.person_story"),
        styles=("operator.css",),
        found=found,
        state=_state,
        years=[(one["insutype"], one["year"], _moved(one["accumulators"])) for one in found["accumulators"]],
    )


def _state(state: str) -> Text:
    return say(f"service.state.{state}")


def _amounts(interface: Interface, settlements: list[dict[str, Any]]) -> list[tuple[str, str, list[str]]]:
    """Field, its Chinese label, and its value in each settlement, for the amounts that are anything but zero."""
    labels = {field.name: field.zh for node in interface.transactions["2207"].output for field in node.fields}
    rows = []
    for name in (*MONEY, "balc"):
        values = [settlement["head"].get(name) for settlement in settlements]
        if any(values):
            rows.append((name, labels.get(name, ""), ["–" if each is None else str(each) for each in values]))
    return rows


def _moved(counters: Mapping[str, int]) -> list[tuple[Text | str, str, str]]:
    """Label, name and value (yuan, or a count) of the counters that are not zero."""
    known = codes()
    return [
        (known[name].name, name, f"{value:,}" if known[name].count else yuan(value))
        for name, value in counters.items()
        if name in known and value
    ]


def _wholes(found: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every record of a visit's story, with its number."""
    yield found["mdtrt_id"], found["visit"]
    for one in (*found["settlements"], *found["claims"]):
        yield one["setl_id"], one


def _messages(service: Service, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            **entry,
            "name": _name(service.interface, entry["infno"]),
            "asked": _pretty(entry["request"]),
            "told": _pretty(entry["reply"]),
            "lenient": [Leniency(one["name"], one["value"]).text() for one in entry["leniencies"]],
        }
        for entry in entries
    ]


def _name(interface: Interface, infno: str) -> Any:
    return interface.transactions[infno].name if infno in interface.transactions else ""


def _pretty(value: Any) -> str:
    try:
        return wire.pretty(value)
    except TypeError:  # an integer longer than 64 bits in a message from outside
        return wire.encode(value).decode()
