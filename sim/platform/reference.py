"""The reference platforms together, and the simplest way to drive them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Literal, Protocol, TypeAlias, TypeVar

from attrs import field, frozen

from sim.benefits import policy_for
from sim.interface import Interface
from sim.interface import interface as interface_by_name
from sim.lang import Lang
from sim.platform import catalogue as catalogues
from sim.platform import people as peoples
from sim.platform import regions as all_regions
from sim.platform.exchange import HUB, Answer, Lost, Outbound
from sim.platform.hub import Hub
from sim.platform.insured import INSURED
from sim.platform.intents import Recovery
from sim.platform.journal import REPLIES_KEPT
from sim.platform.people import Institution, People, Person
from sim.platform.province import Province
from sim.platform.readings import Readings
from sim.platform.setting import Handler, Policies, Setting
from sim.platform.store import MemoryStore, Store
from sim.platform.treatment import TREATMENT

R = TypeVar("R")
Role = Literal["treatment", "insured", "hub"]
Handlers: TypeAlias = Mapping[Role, Mapping[str, Handler]]
"""Handlers that replace or add single ones, by role and ``infno``."""


class Party(Protocol):
    """A province or the hub."""

    code: str
    name: str
    store: Store

    def handle(self, message: dict[str, Any], now: datetime) -> Generator[Outbound, Answer | Lost, dict[str, Any]]:
        """Handle one message: yields what it must ask elsewhere, returns the reply."""
        ...

    def recover(
        self, now: datetime, older_than: timedelta = timedelta(0)
    ) -> Generator[Outbound, Answer | Lost, Recovery]:
        """Resolve what a crash or a lost answer left in doubt; yields like `handle`."""
        ...


@frozen
class Reference:
    """All parties of the reference, by name: every connected province, and ``"hub"``."""

    parties: Mapping[str, Party] = field(hash=False)
    setting: Setting

    def entry(self, message: Mapping[str, Any]) -> str:
        """The party to which a hospital's message goes.

        The province of ``mdtrtarea_admvs``; for a message that names none of ours, the province of its institution, or
        the first one there is: it will refuse the message with the reason.
        """
        area = message.get("mdtrtarea_admvs")
        province = all_regions.province_of(area if isinstance(area, str) else "")
        if province in self.parties:
            return province
        code = message.get("fixmedins_code")
        known = self.setting.institutions.get(code) if isinstance(code, str) else None
        if known is not None and known.province in self.parties:
            return known.province
        return min(self.parties)

    def call(self, message: dict[str, Any], now: datetime, at: str | None = None) -> dict[str, Any]:
        """Have a message handled in one go and return the reply. ``at`` names the party, else `entry` decides."""
        return self._drive(self.parties[at or self.entry(message)].handle(message, now), now)

    def recover(self, now: datetime, older_than: timedelta = timedelta(0)) -> Recovery:
        """Have every party resolve what it has in doubt, in one go; see `Province.recover`.

        Two rounds: the end of a reversal can leave the message that it was to reverse in doubt again.
        """
        first = self._recover(now, older_than)
        if not first.open:
            return first
        second = self._recover(now, older_than)
        return Recovery(first.resolved + second.resolved, second.open)

    def _recover(self, now: datetime, older_than: timedelta) -> Recovery:
        parties = self.parties.values()
        return sum((self._drive(party.recover(now, older_than), now) for party in parties), Recovery())

    def _drive(self, work: Generator[Outbound, Answer | Lost, R], now: datetime) -> R:
        try:
            outbound = next(work)
            while True:
                here = outbound.to in self.parties
                outbound = work.send(Answer(self.call(outbound.message, now, outbound.to)) if here else Lost())
        except StopIteration as stop:
            result: R = stop.value
            return result


def reference(
    *,
    people: Iterable[Person] | None = None,
    institutions: Iterable[Institution] | None = None,
    catalogue: Iterable[catalogues.Item] | None = None,
    regions: Sequence[all_regions.Region] | None = None,
    policies: Policies | None = None,
    store: Callable[[str], Store] | None = None,
    handlers: Handlers | None = None,
    interface: Interface | str = "national",
    readings: Readings | None = None,
    checked: bool = True,
    replies_kept: int = REPLIES_KEPT,
    lang: Lang = "zh",
    here: Collection[str] | None = None,
) -> Reference:
    """Build the reference platforms. Everything has a default from the fixtures.

    ``interface`` is one, or its name. ``store`` makes the store of a party from its name. ``policies`` finds the policy
    of an insured place, an insurance type and a day. ``handlers`` replaces or adds single handlers by role. ``checked``
    False leaves out the check of incoming messages against the interface. ``replies_kept``: see `Journal`. ``lang`` is
    the language of ``err_msg`` and ``warn_msg``. ``here``: the parties to build, where others run elsewhere; all of
    them by default.
    """
    chosen = all_regions.regions() if regions is None else regions
    hospitals = (*peoples.institutions(), *peoples.pharmacies()) if institutions is None else institutions
    setting = Setting(
        interface=interface_by_name(interface) if isinstance(interface, str) else interface,
        people=People(peoples.persons() if people is None else people),
        institutions={each.fixmedins_code: each for each in hospitals},
        catalogue=catalogues.Catalogue(catalogues.items() if catalogue is None else catalogue),
        policies=policies or _policy_for,
        connected=frozenset(region.code for region in chosen),
        readings=readings or Readings(),
        checked=checked,
        replies_kept=replies_kept,
        lang=lang,
    )
    make = store or (lambda _: MemoryStore())
    replaced: Handlers = handlers or {}
    treatment = {**TREATMENT, **replaced.get("treatment", {})}
    insured = {**INSURED, **replaced.get("insured", {})}
    wanted = {*setting.connected, HUB} if here is None else here
    parties: dict[str, Party] = {
        code: Province(code, make(code), setting, treatment, insured)
        for code in sorted(setting.connected)
        if code in wanted
    }
    if HUB in wanted:
        parties[HUB] = Hub(make(HUB), setting, replaced.get("hub"))
    return Reference(parties, setting)


@lru_cache(maxsize=4096)
def _policy_for(admdvs: str, insutype: str, on: date) -> Any:
    return policy_for(admdvs, insutype, on)
