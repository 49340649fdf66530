"""One experiment: a plan, run once or several times, with what is needed to judge and repeat it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from functools import cache
from multiprocessing import get_context
from typing import Any, Protocol

from attrs import evolve, frozen

from sim.benefits import Policy, policy_for
from sim.errors import InputError, nearest
from sim.lang import say
from sim.planning.plan import Plan
from sim.planning.published import Comparison, compare
from sim.platform.people import institutions, persons
from sim.platform.reference import Reference, reference
from sim.platform.sql import open_store
from sim.platform.store import Store
from sim.world import engine
from sim.world.draws import bits
from sim.world.engine import Crowd
from sim.world.record import Record, Results
from sim.world.transport import InProcess, OnExchange, Transport

ENGINES = ("simpy",)
"""Engines of this version. ``compiled`` is known by name and refused: it is not part of it."""


class OnLeave(Protocol):
    """Told of every visit that is over, for progress displays: its record and how many are expected in all."""

    def __call__(self, record: Record, expected: int, /) -> None: ...


@frozen
class Replication:
    """One run of the world. ``setting_up`` and ``running`` in seconds of wall time."""

    number: int
    seed: int
    results: Results
    setting_up: float
    running: float


@frozen
class Run:
    """What `simulate` gives: everything that tables and report are made from."""

    plan: Plan
    seed: int
    engine: str
    replications: tuple[Replication, ...]
    comparisons: tuple[Comparison, ...]

    @property
    def records(self) -> tuple[tuple[int, Record], ...]:
        """All records with the number of their replication."""
        return tuple((each.number, record) for each in self.replications for record in each.results.records)


def simulate(
    plan: Plan,
    seed: int | None = None,
    replications: int = 1,
    *,
    engine_name: str = "simpy",
    workers: int = 1,
    transport: Transport | None = None,
    on_exchange: OnExchange | None = None,
    on_leave: OnLeave | None = None,
    db: str = "",
) -> Run:
    """Run a plan. The same plan and seed give the same records, however many workers there are.

    ``seed`` replaces the plan's. ``transport`` carries the messages elsewhere than to a reference in this process (use
    `platform` to build the one the patients are known to); ``on_exchange`` sees every message. Both need one worker.
    ``db``: the address of a database that keeps what the platforms hold at the end, for one replication.
    Raises InputError for an engine that is not there, an unsuitable number, a database that cannot be used, or a
    hospital that cannot sign in.
    """
    _check(engine_name, replications, workers, seed)
    base = plan.seed if seed is None else seed
    if db and transport is None:
        if replications > 1:
            raise InputError(say("planning.out_of_range", name="--replications", value=replications, least=1, most=1))
        with open_store(db, durable=False) as database:
            way = InProcess(platform(plan, base, checked=False, store=database))
            return simulate(
                plan, seed, engine_name=engine_name, transport=way, on_exchange=on_exchange, on_leave=on_leave
            )
    seeds = [seed_of(base, number) for number in range(replications)]
    alone = workers == 1 or replications == 1 or transport is not None or on_exchange is not None
    if alone:
        done = [_run(plan, n, s, transport, on_exchange, on_leave) for n, s in enumerate(seeds)]
    else:
        with ProcessPoolExecutor(min(workers, replications), mp_context=get_context("spawn")) as pool:
            done = list(pool.map(_run, [plan] * replications, range(replications), seeds))
    results = [each.results for each in done]
    return Run(plan, base, engine_name, tuple(done), compare(plan, results))


def seed_of(seed: int, replication: int) -> int:
    """The seed of a replication: the first one keeps the seed, so that it can be repeated alone."""
    return seed if replication == 0 else bits(seed, replication, "replication")


def platform(
    plan: Plan, seed: int | None = None, *, checked: bool = True, store: Callable[[str], Store] | None = None
) -> Reference:
    """The reference platforms that know the plan's hospitals and patients, besides those of the fixtures.

    For a demonstration over HTTP: serve this one, and give `simulate` a transport that calls it. ``store`` makes the
    store of a party from its name; memory by default.
    """
    return _platform(plan, engine.crowd(plan.setup, plan.seed if seed is None else seed), checked, store)


def _platform(plan: Plan, crowd: Crowd, checked: bool, store: Callable[[str], Store] | None = None) -> Reference:
    houses = {house.code: house.institution for house in plan.setup.hospitals}
    houses |= {each.fixmedins_code: each for each in institutions()}
    return reference(
        people=[*persons(), *crowd.persons.values()],
        institutions=houses.values(),
        policies=rules(plan),
        checked=checked,
        store=store,
    )


def rules(plan: Plan) -> Callable[[str, str, date], Policy]:
    """The benefit rules of a plan by place, insurance and day, with the date that stands in for earlier ones.

    Rules that stand in are taken as in force from the first day of the plan.
    """

    @cache
    def rule(admdvs: str, insutype: str, on: date) -> Policy:
        found = policy_for(admdvs, insutype, plan.setup.rules_on(on))
        return evolve(found, start=on) if on < found.start else found

    return rule


def _run(
    plan: Plan,
    number: int,
    seed: int,
    transport: Transport | None = None,
    on_exchange: OnExchange | None = None,
    on_leave: OnLeave | None = None,
) -> Replication:
    begun = time.perf_counter()
    crowd = engine.crowd(plan.setup, seed)
    way = InProcess(_platform(plan, crowd, checked=False)) if transport is None else transport
    ready = time.perf_counter()
    told: Callable[[Record], None] | None = None
    if on_leave is not None:
        expected = len(crowd.visits)
        tell = on_leave

        def told(record: Record) -> None:
            tell(record, expected)

    results = engine.run(plan.setup, seed, way, crowd, on_exchange=on_exchange, on_leave=told)
    return Replication(number, seed, results, ready - begun, time.perf_counter() - ready)


def _check(engine_name: str, replications: int, workers: int, seed: int | None) -> None:
    if engine_name == "compiled":
        raise InputError(say("planning.engine_missing", use=ENGINES[0]))
    if engine_name not in ENGINES:
        text = say("planning.engine_unknown", name=engine_name, known=", ".join(ENGINES))
        raise InputError(text, nearest=nearest(engine_name, ENGINES))
    for name, value, most in (("--replications", replications, 10_000), ("--workers", workers, 1_024)):
        if not 1 <= value <= most:
            raise InputError(say("planning.out_of_range", name=name, value=value, least=1, most=most))
    if seed is not None and not 0 <= seed < 1 << 64:
        raise InputError(say("planning.out_of_range", name="--seed", value=seed, least=0, most=(1 << 64) - 1))


def timings(run: Run) -> Mapping[str, Any]:
    """How long a run took, in seconds, and how many visits a second of running that is."""
    running = sum(each.running for each in run.replications)
    visits = sum(len(each.results.records) for each in run.replications)
    return {
        "setting_up_s": round(sum(each.setting_up for each in run.replications), 3),
        "running_s": round(running, 3),
        "visits_per_s": round(visits / running, 1) if running else None,
    }
