"""One seeded world: provinces, hub, desks and patients, run until everything is quiet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from attrs import field, frozen

from sim.platform import HUB, MemoryStore, Party, Reference, Store, institutions, persons, reference, regions
from sim.platform.ledger import check
from tests.campaigns.cashier import Cashier
from tests.campaigns.chance import Chance
from tests.campaigns.faults import Faults
from tests.campaigns.net import Event, Host, Net, spawn
from tests.sim.platform.platform_desk import half

PROVINCES = ("110000", "520000", "500000", "510000")
VISITS = 14
DAY = 900_000
"""Visits begin in the first four minutes and outages happen in the first fifteen, in milliseconds."""
MOST_EVENTS = 400_000
Build: TypeAlias = Callable[[Callable[[str], Store]], Reference]
"""Makes the parties from the maker of their stores: the real ones, or ones with a planted fault."""


def real(store: Callable[[str], Store]) -> Reference:
    """The reference as it is."""
    return reference(store=store, regions=chosen(), policies=half, checked=False)


def chosen() -> list[Any]:
    """The regions of these worlds."""
    return [region for region in regions() if region.code in PROVINCES]


@frozen
class Past:
    """What remains of a world: everything on the wire, the disks, and what was wrong with ledgers on the way."""

    log: list[Event] = field(hash=False)
    stores: Mapping[str, Store] = field(hash=False)
    cashiers: tuple[Cashier, ...] = field(hash=False)
    reference: Reference
    breaks: tuple[str, ...]
    digest: str
    crashes: int


def live(
    seed: int,
    faults: Faults | None = None,
    build: Build = real,
    only: frozenset[int] | None = None,
    disk: Callable[[str], Store] = lambda _: MemoryStore(),
) -> Past:
    """Run a seed. ``only`` keeps some visits and leaves the others out; ``disk`` makes a party's durable store."""
    net = Net(Chance(seed), faults or Faults())
    disks = {name: disk(name) for name in (*PROVINCES, HUB)}
    watching = build(disks.__getitem__)

    def start(name: str, store: Store) -> Party:
        return build(lambda each: store if each == name else disks[each]).parties[name]

    for name, each in disks.items():
        net.hosts[name] = Host(net, name, each, start)
        net.hosts[name].boot()
    cashiers = tuple(_cashier(net, watching, n) for n in range(VISITS) if only is None or n in only)
    for cashier in cashiers:
        spawn(net, cashier.name, cashier.hospital.province, cashier.visit())
    for host in net.hosts.values():
        if net.chance.happens(net.faults.outage, host.name, "outage"):
            net.loop.after(net.chance.below(DAY, host.name, "outage.at"), host.crash)
    breaks: list[str] = []
    _watch(net, disks, breaks)
    net.loop.run(MOST_EVENTS)
    _heal(net, watching)
    for cashier in cashiers:  # one after the other: what each finds does not depend on the others any more
        spawn(net, cashier.name, cashier.hospital.province, cashier.resolve())
        net.loop.run(MOST_EVENTS)
    crashes = sum(event.what == "crash" for event in net.log)
    return Past(net.log, disks, cashiers, build(disks.__getitem__), tuple(breaks), net.digest(), crashes)


def _cashier(net: Net, ref: Reference, n: int) -> Cashier:
    chance, name = net.chance, f"visit {n}"
    hospitals = [each for each in institutions() if each.province in PROVINCES]
    people = [p for p in persons() if p.province in PROVINCES and p.psn_insu_stas == "1" and p.insutype == "310"]
    few = [people[chance.below(len(people), "people", "chosen", k)] for k in range(5)]
    patient = few[chance.below(len(few), name, "patient")]
    hospital = hospitals[chance.below(len(hospitals), name, "hospital")]
    return Cashier(net, ref, name, n + 1, patient, hospital)


def _watch(net: Net, disks: Mapping[str, Store], breaks: list[str]) -> None:
    """Look at the ledgers of all parties every half minute of the day."""

    def look() -> None:
        for found in check(disks):
            breaks.append(f"ledger at {net.loop.now} ms: {found}")
        if net.loop.heap:  # nothing else goes on: the day is over
            net.loop.after(30_000, look)

    net.loop.after(30_000, look)


def _heal(net: Net, watching: Reference) -> None:
    """The network works, every party is up, and parties that can recover do."""
    net.healed = True
    for host in net.hosts.values():
        host.crash()
    net.loop.run(MOST_EVENTS)
    recover = getattr(watching, "recover", None)
    if recover is not None:
        recover(max(host.now for host in net.hosts.values()))


__all__ = ["PROVINCES", "VISITS", "Build", "Past", "live", "real"]
