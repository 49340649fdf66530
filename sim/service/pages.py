"""The operator's page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
from attrs import frozen

from sim.interface import Interface, wire
from sim.lang import Lang, say
from sim.page import render
from sim.platform import HUB, Reference
from sim.platform.records import ACCOUNTS, CLAIMS, SETTLEMENTS, VISITS
from sim.service.recent import Recent

SHOWN = 50
"""How many of the last messages the page lists; the JSON has them all."""


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


def operator_page(reference: Reference, interface: Interface, recent: Recent, now: datetime, lang: Lang) -> str:
    """The page as HTML: counts by party and transaction, and the last messages, masked."""
    parties = [
        PartyRow(
            code=party.code,
            visits=party.store.count(VISITS),
            settlements=party.store.count(SETTLEMENTS),
            claims=party.store.count(CLAIMS),
            accounts=party.store.count(ACCOUNTS),
        )
        for name, party in reference.parties.items()
        if name != HUB
    ]
    counts = [
        (infno, _name(interface, infno), recent.accepted[infno], recent.refused[infno])
        for infno in sorted({*recent.accepted, *recent.refused})
    ]
    messages = [
        {
            **entry,
            "name": _name(interface, entry["infno"]),
            "asked": _pretty(entry["request"]),
            "told": _pretty(entry["reply"]),
        }
        for entry in recent.shown()[:SHOWN]
    ]
    return render(
        "operator.html",
        package="sim.service",
        lang=lang,
        title=say("service.page.title"),
        now=now.isoformat(sep=" ", timespec="seconds"),
        total=recent.total,
        connected=len(reference.setting.connected),
        people=len(reference.setting.people),
        institutions=len(reference.setting.institutions),
        interface=interface,
        parties=[row for row in parties if row.anything],
        counts=counts,
        messages=messages,
    )


def _name(interface: Interface, infno: str) -> Any:
    return interface.transactions[infno].name if infno in interface.transactions else ""


def _pretty(message: dict[str, Any]) -> str:
    return orjson.dumps(orjson.loads(wire.encode(message)), option=orjson.OPT_INDENT_2).decode()
