"""Counters and the local patients who use them too.

Local patients are generated only on days on which an out-of-town patient is due at the desk, and only until the last of
them has left it: first come, first served means that nobody later can make them wait. The numbers are those of
generating everybody, as long as queues drain overnight; that is checked on every simulated day, and whoever is left is
carried over and told.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from typing import Any

import simpy

from sim.world import draws
from sim.world.demand import Visit
from sim.world.record import Leftover
from sim.world.setup import DAY, LOCAL_KINDS, Desk, Hospital, Setup, visit_id
from sim.world.visit import DECLARATION

Draw = Callable[[int, int, str, int], float]
"""A uniform number from (seed, visit, purpose, index)."""


class Desks:
    """All desks of a run. ``everybody`` generates local patients whole days long: the slow twin of the rule above."""

    def __init__(self, env: simpy.Environment, setup: Setup, seed: int, draw: Draw, everybody: bool = False) -> None:
        self._env = env
        self._setup = setup
        self._seed = seed
        self._draw = draw
        self._everybody = everybody
        self._resources: dict[tuple[int, str], simpy.Resource] = {}
        self._due: dict[tuple[int, str, int], int] = {}
        self.leftovers: list[Leftover] = []
        self.local_patients = 0

    def open(self, visits: Iterable[Visit]) -> None:
        """Start the days on which these visits are due."""
        hospitals: dict[int, Hospital] = {}
        for visit in visits:
            hospitals[visit.hospital.number] = visit.hospital
            for desk in DECLARATION[visit.kind].desks:
                key = (visit.hospital.number, desk, visit.day(desk))
                self._due[key] = self._due.get(key, 0) + 1
        for number, desk, day in sorted(self._due):
            self._env.process(self._day(hospitals[number], hospitals[number].desks[desk], day))

    def resource(self, hospital: Hospital, desk: str) -> simpy.Resource:
        """The counters of one desk."""
        key = (hospital.number, desk)
        found = self._resources.get(key)
        if found is None:
            found = self._resources[key] = simpy.Resource(self._env, hospital.desks[desk].counters)
        return found

    def done(self, visit: Visit, desk: str) -> None:
        """A visit will not come to a desk (again)."""
        self._due[visit.hospital.number, desk, visit.day(desk)] -= 1

    def _day(self, hospital: Hospital, desk: Desk, day: int) -> Generator[simpy.Event, Any, None]:
        env, due, key = self._env, self._due, (hospital.number, desk.name, day)
        resource = self.resource(hospital, desk.name)
        at = day * DAY + self._setup.opens
        end = day * DAY + self._setup.closes
        if at > env.now:
            yield env.timeout(at - env.now)
        mean = 1.0 / desk.local_rate if desk.local_rate > 0.0 else 0.0
        n = 0
        while mean and (due[key] or self._everybody):
            chance = visit_id(LOCAL_KINDS[desk.name], hospital.number, day, n)
            gap = draws.exponential(mean, self._draw(self._seed, chance, "local.gap", 0))
            at = at + gap
            if at >= end:
                break
            yield env.timeout(gap)
            self._come(resource, desk.local_hold.draw(self._draw(self._seed, chance, "local.hold", 0)))
            n += 1
        self.local_patients += n
        midnight = (day + 1) * DAY
        if midnight > env.now:
            yield env.timeout(midnight - env.now)
        people = resource.count + len(resource.queue)
        if people:
            date = self._setup.date_of(day).isoformat()
            self.leftovers.append(Leftover(hospital.code, desk.name, date, people))

    def _come(self, resource: simpy.Resource, hold: float) -> None:
        """One local patient waits, holds a counter, leaves. A process for each would cost twice as much."""
        request = resource.request()

        def leave(_: simpy.Event) -> None:
            resource.release(request)

        def served(_: simpy.Event) -> None:
            self._env.timeout(hold).callbacks.append(leave)

        request.callbacks.append(served)
