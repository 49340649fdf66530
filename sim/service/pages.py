"""The operator's pages."""

from __future__ import annotations

from typing import Any

import attrs
from attrs import frozen

from sim.interface import Interface, wire
from sim.interface.leniency import Leniency
from sim.lang import Lang, say
from sim.page import render
from sim.platform.records import ACCOUNTS, CLAIMS, SETTLEMENTS, VISITS
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
    """A visit's story."""
    return render(
        "visit.html",
        package="sim.service",
        lang=lang,
        title=say("service.page.visit_story"),
        styles=("operator.css",),
        found=found,
        visit=_rows(found["visit"]),
        lines=found["lines"],
        settlements=[(one, _pretty(one)) for one in found["settlements"]],
        claims=[(one, _pretty(one)) for one in found["claims"]],
        messages=_messages(service, found["messages"]),
    )


def person_page(found: dict[str, Any], lang: Lang) -> str:
    """A person's accumulators."""
    return render(
        "person.html",
        package="sim.service",
        lang=lang,
        title=say("service.page.person_story"),
        found=found,
        years=[
            (one["insutype"], one["year"], [(k, v) for k, v in one["accumulators"].items() if k != "year"])
            for one in found["accumulators"]
        ],
    )


def _rows(values: dict[str, Any]) -> list[tuple[str, str]]:
    """The members of a record that are set, as text."""
    return [
        (name, value if isinstance(value, str) else _pretty(value))
        for name, value in values.items()
        if value not in ("", None, [], {})
    ]


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
