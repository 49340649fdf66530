"""A simulated day with real messages against bare SimPy processes of as many events and no platform behind them."""

from __future__ import annotations

import simpy

from sim import planning
from tests.benchmarks.measure import Bench, Side

EVENTS = 16


def _bare(visits: int) -> None:
    """The same number of processes, each holding a counter and passing through 16 scheduled events."""
    env = simpy.Environment()
    counter = simpy.Resource(env, capacity=4)

    def visit() -> simpy.events.ProcessGenerator:
        with counter.request() as turn:
            yield turn
            for _ in range(EVENTS):
                yield env.timeout(1.0)

    for _ in range(visits):
        env.process(visit())
    env.run()


def benches() -> list[Bench]:
    """Visits a second, the platforms' work and the records included on our side."""
    plan = planning.read_plan("demo-day")
    visits = len(planning.simulate(plan).replications[0].results.records)
    return [
        Bench(
            "simulate demo-day, in process",
            "visits",
            Side("yidi", lambda: planning.simulate(plan), visits),
            Side("bare SimPy", lambda: _bare(visits), visits),
        )
    ]
