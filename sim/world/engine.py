"""SimPy runs the declaration of `sim.world.visit`: one process a visit, one resource a desk."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any

import simpy
from attrs import field, frozen

from sim.benefits import policy_for
from sim.platform import catalogue
from sim.platform.people import Person
from sim.platform.regions import province_of
from sim.world import draws
from sim.world.bills import Shelf, lines, shelf
from sim.world.counter import Counter
from sim.world.demand import Visit, people, visits
from sim.world.desks import Desks, Draw
from sim.world.life import Life, record
from sim.world.messages import Talk
from sim.world.record import Record, Results
from sim.world.setup import DAY, Setup
from sim.world.transport import OnExchange, Transport
from sim.world.visit import CREDENTIALS, DECLARATION, Stage

Process = Generator[simpy.Event, Any, None]
Step = Generator[simpy.Event, Any, str]


@frozen
class Crowd:
    """The visits of a run and the persons who make them (by pool name and number), known before it starts."""

    visits: tuple[Visit, ...]
    persons: Mapping[tuple[str, int], Person] = field(hash=False)


def crowd(setup: Setup, seed: int) -> Crowd:
    """Everybody who will come from out of town."""
    coming = visits(setup, seed)
    return Crowd(tuple(coming), people(setup, seed, coming))


def run(
    setup: Setup,
    seed: int,
    transport: Transport,
    crowd: Crowd,
    *,
    on_exchange: OnExchange | None = None,
    on_leave: Callable[[Record], None] | None = None,
    draw: Draw = draws.uniform,
    everybody: bool = False,
) -> Results:
    """Simulate a period until everybody has left.

    ``draw`` is where chance comes from, ``everybody`` switches off the shortcut of `sim.world.desks`; both are for
    tests. Raises InputError when a hospital cannot sign in.
    """
    return _World(setup, seed, transport, crowd, on_exchange, on_leave, draw, everybody).run()


class _World:
    def __init__(
        self,
        setup: Setup,
        seed: int,
        transport: Transport,
        crowd: Crowd,
        on_exchange: OnExchange | None,
        on_leave: Callable[[Record], None] | None,
        draw: Draw,
        everybody: bool,
    ) -> None:
        self.setup = setup
        self.seed = seed
        self.crowd = crowd
        self.draw = draw
        self.on_leave = on_leave
        self.env = simpy.Environment()
        self.desks = Desks(self.env, setup, seed, draw, everybody)
        self.counter = Counter(self.env, setup, seed, draw, transport, on_exchange)
        self.stages = {name: {s.name: s for s in kind.stages} for name, kind in DECLARATION.items()}
        self.steps: Mapping[str, Callable[[Life, Stage], Step]] = {
            "acquire": self._acquire,
            "release": self._release,
            "delay": self._delay,
            "until": self._until,
            "message": lambda life, stage: self.counter.send(life, stage.uses),
        }
        self.instants: Mapping[str, Callable[[Life, Stage], str]] = {
            "chance": self._chance,
            "count": self._count,
            "switch": _switch,
        }
        self.shelves: dict[str, Shelf] = {}
        self.policies: dict[tuple[Any, ...], str] = {}
        self.records: list[Record] = []

    def run(self) -> Results:
        self.desks.open(self.crowd.visits)
        self.env.process(self._arrivals(self.crowd.visits))
        self.env.run()
        return Results(
            records=tuple(sorted(self.records, key=lambda record: (record.arrive_s, record.visit_id))),
            leftovers=tuple(sorted(self.desks.leftovers, key=lambda left: (left.date, left.hospital, left.desk))),
            people=len(self.crowd.persons),
            local_patients=self.desks.local_patients,
            messages=self.counter.messages,
        )

    def _arrivals(self, coming: Sequence[Visit]) -> Process:
        for visit in coming:
            if visit.arrive > self.env.now:
                yield self.env.timeout(visit.arrive - self.env.now)
            self.env.process(self._live(visit))

    def _live(self, visit: Visit) -> Process:
        life = self._begin(visit)
        kind = DECLARATION[visit.kind]
        stages = self.stages[visit.kind]
        stage = stages[kind.first]
        while stage.kind != "end":
            instant = self.instants.get(stage.kind)
            way = instant(life, stage) if instant else (yield from self.steps[stage.kind](life, stage))
            if stage.mark and way in ("next", "accepted"):
                life.marks[stage.mark] = self.env.now
            stage = stages[stage.ways[way]]
        for desk in kind.desks:
            if desk not in life.waits:  # left before it came to this desk
                self.desks.done(visit, desk)
        done = record(self.setup, life, stage.uses, self._policy(visit))
        self.records.append(done)
        if self.on_leave is not None:
            self.on_leave(done)

    def _begin(self, visit: Visit) -> Life:
        flow = next(flow for flow in self.setup.flows if flow.kind == visit.kind)
        province = province_of(visit.hospital.institution.admdvs)
        if province not in self.shelves:
            self.shelves[province] = shelf(catalogue.Catalogue(catalogue.items()).at(province))
        bill = lines(flow.bill, self.shelves[province], self.seed, visit.id)
        who = self.crowd.persons[visit.origin.name, visit.person]
        talk = Talk(visit, who, bill, self.setup.moment(self.env.now), CREDENTIALS[visit.credential])
        return Life(visit, talk, visit.credential)

    def _next(self, life: Life, purpose: str) -> float:
        return self.draw(self.seed, life.visit.id, purpose, life.next_index(purpose))

    def _acquire(self, life: Life, stage: Stage) -> Step:
        resource = self.desks.resource(life.visit.hospital, stage.uses)
        came = self.env.now
        life.queues[stage.uses] = len(resource.queue)
        life.desk = stage.uses
        life.request = resource.request()
        yield life.request
        life.since = self.env.now
        life.waits[stage.uses] = life.since - came
        return "next"

    def _release(self, life: Life, _: Stage) -> Step:
        if life.request is not None:
            resource = self.desks.resource(life.visit.hospital, life.desk)
            life.held += self.env.now - life.since
            self.desks.done(life.visit, life.desk)
            yield resource.release(life.request)
            life.request = None
        return "next"

    def _delay(self, life: Life, stage: Stage) -> Step:
        duration = self.setup.durations[_uses(life, stage)]
        yield self.env.timeout(duration.draw(self._next(life, stage.purpose)))
        return "next"

    def _until(self, life: Life, stage: Stage) -> Step:
        moment: float = {"midstay": life.visit.midstay, "discharge": life.visit.discharge}[stage.uses]
        if moment > self.env.now:
            yield self.env.timeout(moment - self.env.now)
        return "next"

    def _chance(self, life: Life, stage: Stage) -> str:
        happens = self._next(life, stage.purpose) < self.setup.chances.get(_uses(life, stage), 0.0)
        if happens and stage.purpose == "reader.failure":
            life.unread += 1
        return "yes" if happens else "no"

    def _count(self, life: Life, stage: Stage) -> str:
        life.passes[stage.name] = life.passes.get(stage.name, 0) + 1
        return "again" if life.passes[stage.name] <= self.setup.limits[stage.uses] else "enough"

    def _policy(self, visit: Visit) -> str:
        on = self.setup.rules_on(self.setup.date_of(int(visit.arrive // DAY)))
        key = (visit.origin.admdvs, visit.origin.insutype, on)
        if key not in self.policies:
            self.policies[key] = policy_for(*key).id
        return self.policies[key]


def _switch(life: Life, _: Stage) -> str:
    """The next credential in turn, with all counts at nought again; none when every one has been tried."""
    life.credential = (life.credential + 1) % len(CREDENTIALS)
    if life.credential == life.visit.credential:
        return "none"
    life.talk.credential = CREDENTIALS[life.credential]
    life.passes.clear()
    return "next"


def _uses(life: Life, stage: Stage) -> str:
    return f"{stage.uses}.{life.talk.credential}" if stage.by == "credential" else stage.uses
