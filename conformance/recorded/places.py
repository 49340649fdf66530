"""The institutions of a conversation: those that the profile declares, and what messages tell about any other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from attrs import evolve, frozen

from conformance.conversation import Exchange
from conformance.profile import Profile
from conformance.recorded.reading import text_of
from conformance.scenario.effects import effect_of
from conformance.targets.player import accepted
from sim.platform.people import HOSPITAL, PHARMACY, Department, Institution, Named

NOBODY = "H00000000000"
SHOP = "2103"
"""The transaction of a pharmacy that opens nothing."""


@frozen
class Places:
    """By code. One that is not declared has a name, a division and a kind; nobody knows its level."""

    profile: Profile
    strangers: Mapping[str, Institution]

    @classmethod
    def of(cls, exchanges: Iterable[Exchange], profile: Profile) -> Places:
        """Read every message, what is accepted first."""
        found: dict[str, Institution] = {}
        listed = sorted(exchanges, key=lambda one: accepted(one) is not True)
        for exchange in listed:
            for place in _told(exchange):
                known = found.setdefault(place.fixmedins_code, place)
                if place.fixmedins_type == PHARMACY and accepted(exchange):
                    found[place.fixmedins_code] = evolve(known, fixmedins_type=PHARMACY)
        return cls(profile, found)

    def of_code(self, code: Any) -> Institution:
        """Whoever has a code, even one that stands in no message."""
        declared = self.profile.institution(code) if isinstance(code, str) else None
        return declared or self.strangers.get(str(code or "")) or _stranger(str(code or ""), "", "", HOSPITAL)

    def declared(self, code: str) -> bool:
        """Whether the profile has it."""
        return self.profile.institution(code) is not None


def _told(exchange: Exchange) -> Iterator[Institution]:
    """Who sends a message, and where a patient is transferred to."""
    message = exchange.request.message or {}
    code = message.get("fixmedins_code")
    if isinstance(code, str) and code:
        sells = exchange.infno == SHOP or effect_of(exchange.infno).opens == "pharmacy"
        name, division = message.get("fixmedins_name"), message.get("mdtrtarea_admvs")
        yield _stranger(code, str(name or ""), str(division or ""), PHARMACY if sells else HOSPITAL)
    there = text_of(message, "reflin_medins_no")
    if there and accepted(exchange):
        yield _stranger(there, text_of(message, "reflin_medins_name"), text_of(message, "mdtrtarea_admdvs"), HOSPITAL)


def _stranger(code: str, name: str, admdvs: str, kind: str) -> Institution:
    staff = (Named("0001", "-"),)
    return Institution(code or NOBODY, name or "-", admdvs, "", "", (Department("01", "-", "A01"),), staff, staff, kind)
