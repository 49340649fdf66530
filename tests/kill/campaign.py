"""Rounds of load, each with one server killed in the middle and started again on what it had written."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

from attrs import define, field
from load import Cashier, once
from processes import THERE, Process, started
from reconcile import in_doubt, wrong
from topologies import Topology

from sim.platform import Reference, persons, reference

THREADS = 8
QUIET = 20
"""Seconds in which everything must be resolved once the load has ended."""


@define
class Campaign:
    """The servers under load. ``gives_up``: the chance that a cashier does not repeat an unanswered message."""

    topology: Topology
    seed: int
    gives_up: float = 0.3
    ref: Reference = field(factory=reference)
    cashiers: list[Cashier] = field(factory=list)
    kills: int = 0

    def round(self, number: int) -> list[str]:
        """One round: what is wrong afterwards, when all is quiet."""
        chance = Random(f"{self.seed}/{number}")  # noqa: S311 - no secret
        victims = list(self.topology.processes.values())
        victim = victims[number % len(victims)]
        cashiers = [self._cashier(n, chance) for n in range(THREADS)]
        self.cashiers += cashiers
        failures: list[BaseException] = []
        threads = [threading.Thread(target=_guarded, args=(each, failures)) for each in cashiers]
        for thread in threads:
            thread.start()
        _until_busy(cashiers)
        time.sleep(chance.random() * 0.6)
        self._kill(victim, chance)
        for each in cashiers:
            each.over.set()
        for thread in threads:
            thread.join()
        found = [f"a cashier failed: {failure!r}" for failure in failures]
        return found + self._quiet(cashiers)

    def _cashier(self, n: int, chance: Random) -> Cashier:
        home = THERE if n % 4 else "520000"
        people = [p for p in persons() if (p.province, p.psn_insu_stas, p.insutype) == (home, "1", "310")]
        return Cashier(self.ref, chance.choice(people), self.topology.urls, chance_of(chance), self.gives_up)

    def _kill(self, victim: Process, chance: Random) -> None:
        victim.kill()
        self.kills += 1
        time.sleep(chance.random() * 0.3)
        victim.start()

    def _quiet(self, cashiers: list[Cashier]) -> list[str]:
        """Wait until nothing is in doubt, then look at everything."""
        end = time.monotonic() + QUIET
        while time.monotonic() < end:
            with self.topology.stores() as stores:
                if not in_doubt(stores):
                    break
            time.sleep(0.1)
        found = []
        for cashier in cashiers:
            for message, body in cashier.told[-3:]:
                again = once(self.topology.urls[0], message)
                if again != body and message["msgid"] not in cashier.undone:
                    found.append(f"{message['msgid']} was told {body!r}, now {again!r}")
        with self.topology.stores() as stores:
            return found + wrong(stores, self.cashiers)

    @property
    def sent(self) -> int:
        """Messages that cashiers made."""
        return sum(each.sent for each in self.cashiers)

    @property
    def visits(self) -> int:
        """Visits that came to be."""
        return sum(len(each.visits) for each in self.cashiers)


def _until_busy(cashiers: list[Cashier]) -> None:
    """Wait until there have been as many visits as cashiers; how long that takes depends on the machine."""
    end = time.monotonic() + QUIET
    while time.monotonic() < end and sum(len(each.visits) for each in cashiers) < len(cashiers):
        time.sleep(0.02)


def chance_of(other: Random) -> Random:
    """A source of its own for one cashier."""
    return Random(other.random())  # noqa: S311 - no secret


def _guarded(cashier: Cashier, failures: list[BaseException]) -> None:
    try:
        cashier.work()
    except BaseException as error:
        failures.append(error)


@contextmanager
def campaign(topology: Topology, seed: int = 1, gives_up: float = 0.3) -> Iterator[Campaign]:
    """A campaign on running servers."""
    with started(topology.processes):
        yield Campaign(topology, seed, gives_up)
