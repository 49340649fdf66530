"""One seeded world: provinces, hub, hospitals and patients, from a morning in March to the clearing in May.

1. A day in which everything goes wrong that can.
2. The network heals, every party starts anew and recovers by itself. No desk has said anything yet.
3. Desks repeat what they have no definite answer to; offices reconcile, and reverse what only the province knows.
4. A month later, everything going wrong again: cancellations, and the month's detail is fetched and confirmed (3260 to
   3262). Then 2 and 3 again.
5. March and April are cleared, by somebody who crashes on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from functools import cache
from itertools import pairwise
from typing import Any, TypeAlias

from attrs import define, evolve, field, frozen

from sim.platform import (
    HUB,
    MemoryStore,
    Party,
    Person,
    Reference,
    Store,
    institutions,
    persons,
    pharmacies,
    reference,
    regions,
)
from sim.platform.people import PHARMACY
from tests.campaigns.cashier import Cashier, Clerk, Talk
from tests.campaigns.chance import Chance
from tests.campaigns.faults import Faults
from tests.campaigns.host import Host
from tests.campaigns.month import Months
from tests.campaigns.net import Event, Net, spawn
from tests.campaigns.office import Office
from tests.campaigns.seller import Seller
from tests.campaigns.watch import Watch
from tests.sim.platform.platform_desk import half

PROVINCES = ("110000", "520000", "500000", "510000")
PLACES = (*institutions(), *pharmacies())
VISITS = 14
PATIENTS = 5
SHORT = 150_000
"""Opening balances are below this, in fen."""
DAY = 900_000
"""Visits begin in the first four minutes and outages happen in the first fifteen, in milliseconds."""
LATER = 28 * 86_400_000
"""From the day in March to the one in April."""
MOST_EVENTS = 30_000
"""Of one part of a world; some ten times what one needs."""
ROUNDS = 3
"""Recoveries on a healed network after which nothing may be in doubt."""
OFFICES = 80
"""The number of the first office among all clerks."""
Build: TypeAlias = Callable[[Callable[[str], Store]], Reference]
"""Makes the parties from the maker of their stores: the real ones, or ones with a planted fault."""


@cache
def people() -> tuple[Person, ...]:
    """The persons of these worlds: their accounts are short of money and shared with a relative of the same place, so
    that settlements get into each other's way."""
    ours = [evolve(each, balance=each.balance % SHORT) for each in persons() if each.province in PROVINCES]
    relatives: dict[tuple[str, str], list[Person]] = {}
    for each in ours:
        if each.psn_insu_stas == "1":
            relatives.setdefault((each.insuplc_admdvs, each.insutype), []).append(each)
    shared = {a.psn_no: b.psn_no for each in relatives.values() for a, b in pairwise(each)}
    return tuple(evolve(each, family=shared.get(each.psn_no, "")) for each in ours)


def real(store: Callable[[str], Store]) -> Reference:
    """The reference as it is."""
    return reference(store=store, regions=chosen(), people=people(), policies=half, checked=False)


def chosen() -> list[Any]:
    """The regions of these worlds."""
    return [region for region in regions() if region.code in PROVINCES]


@frozen
class Past:
    """What remains of a world: everything on the wire, the disks, and who was there.

    ``found``: what was wrong on the way.
    """

    log: list[Event] = field(hash=False)
    stores: Mapping[str, Store] = field(hash=False)
    cashiers: tuple[Cashier, ...] = field(hash=False)
    offices: tuple[Office, ...] = field(hash=False)
    reference: Reference
    found: tuple[tuple[str, str], ...]

    @property
    def crashes(self) -> int:
        """How often somebody crashed."""
        return sum(event.what == "crash" for event in self.log)


@define(eq=False)
class World:
    """A world being lived. ``recovered`` is called each time when the parties have recovered by themselves."""

    net: Net
    disks: Mapping[str, Store]
    build: Build
    only: frozenset[int] | None
    recovered: Callable[[Net, Mapping[str, Store]], list[tuple[str, str]]]
    view: Callable[[Store], Any]
    ref: Reference = field(init=False)
    watch: Watch = field(init=False)
    cashiers: tuple[Cashier, ...] = field(init=False)
    offices: tuple[Office, ...] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.ref = self.build(self.disks.__getitem__)
        self.watch = Watch(self.net, self.disks)
        self.net.loop.looked = self.watch.look
        self.cashiers = tuple(_cashier(self.net, self.ref, n) for n in range(VISITS) if self._wanted(n))
        desks: dict[str, list[Cashier]] = {}
        for cashier in self.cashiers:
            desks.setdefault(cashier.hospital.fixmedins_code, []).append(cashier)
        self.offices = tuple(
            Office(self.net, self.ref, OFFICES + n, desks[each.fixmedins_code][0].hospital, desks[each.fixmedins_code])
            for n, each in enumerate(PLACES)
            if each.fixmedins_code in desks
        )

    def _wanted(self, n: int) -> bool:
        return self.only is None or n in self.only

    def live(self) -> None:
        """From the morning to the clearing."""
        for name, disk in self.disks.items():
            self.net.hosts[name] = Host(self.net, name, disk, self._start)
            self.net.hosts[name].boot()
        self._trouble("March", {cashier: cashier.visit() for cashier in self.cashiers})
        self._order()
        self.net.loop.leap(LATER)
        self.net.healed = False
        for host in self.net.hosts.values():
            host.crash()
        work: dict[Clerk, Talk] = {cashier: cashier.afterwards() for cashier in self.cashiers}
        self._trouble("April", work | {office: office.month() for office in self.offices})
        self._order()
        Months(self.net, self.disks, self.watch, self.ref.setting.readings, self.view).run()

    def _start(self, name: str, store: Store) -> Party:
        return self.build(lambda each: store if each == name else self.disks[each]).parties[name]

    def _trouble(self, name: str, work: Mapping[Any, Generator[Any, Any, Any]]) -> None:
        """Clerks work while everything goes wrong."""
        chance, loop = self.net.chance, self.net.loop
        for host in self.net.hosts.values():
            if chance.happens(self.net.faults.outage, host.name, f"outage {name}"):
                loop.after(chance.below(DAY, host.name, f"outage.at {name}"), host.crash)
        for clerk, each in work.items():
            spawn(self.net, clerk.name, clerk.hospital.province, each)
        loop.run(MOST_EVENTS)

    def _order(self) -> None:
        """The network heals, parties recover, desks resolve, offices reconcile."""
        self.net.healed = True
        for host in self.net.hosts.values():
            host.crash()
        self.net.loop.run(MOST_EVENTS)
        for _ in range(ROUNDS):
            for host in self.net.hosts.values():
                host.recover()
            self.net.loop.run(MOST_EVENTS)
        self.watch.found += self.recovered(self.net, self.disks)
        for clerk in (*self.cashiers, *self.offices):  # one after the other: none depends on the others any more
            self._alone(clerk, clerk.resolve())
        for office in self.offices:
            self._alone(office, office.reconcile())

    def _alone(self, clerk: Clerk, work: Talk) -> None:
        spawn(self.net, clerk.name, clerk.hospital.province, work)
        self.net.loop.run(MOST_EVENTS)


def live(
    seed: int,
    faults: Faults | None = None,
    build: Build = real,
    only: frozenset[int] | None = None,
    disk: Callable[[str], Store] = lambda _: MemoryStore(),
    recovered: Callable[[Net, Mapping[str, Store]], list[tuple[str, str]]] = lambda *_: [],
    view: Callable[[Store], Any] = lambda store: store,
) -> Past:
    """Run a seed. ``only`` keeps some visits and leaves the others out; ``disk`` makes a party's durable store.

    ``recovered`` looks at the parties when they have recovered by themselves; ``view`` is how the month's clearing sees
    a store.
    """
    net = Net(Chance(seed), faults or Faults())
    disks = {name: disk(name) for name in (*PROVINCES, HUB)}
    world = World(net, disks, build, only, recovered, view)
    world.live()
    fresh = build(disks.__getitem__)
    return Past(net.log, disks, world.cashiers, world.offices, fresh, tuple(world.watch.found))


def _cashier(net: Net, ref: Reference, n: int) -> Cashier:
    chance, name = net.chance, f"visit {n}"
    hospitals = [each for each in PLACES if each.province in PROVINCES]
    standing = [each for each in people() if each.psn_insu_stas == "1" and each.insutype == "310"]
    few = [standing[chance.below(len(standing), "people", "chosen", k)] for k in range(PATIENTS)]
    patient = few[chance.below(len(few), name, "patient")]
    hospital = hospitals[chance.below(len(hospitals), name, "hospital")]
    kind = Seller if hospital.fixmedins_type == PHARMACY else Cashier
    return kind(net, ref, name, n + 1, patient, hospital)
