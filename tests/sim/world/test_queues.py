"""Queues: the laws of queueing, re-derived from the records by an auditor that shares no code with the engine."""

from collections.abc import Callable, Sequence
from statistics import mean
from typing import Any

import pytest
from attrs import evolve

from sim.world import engine
from sim.world.record import Record, Results
from sim.world.setup import Duration, Setup

Make = Callable[..., Setup]


def run(setup: Setup, transport: Any, seed: int = 1, **more: Any) -> Results:
    return engine.run(setup, seed, transport, engine.crowd(setup, seed), **more)


def stays(records: Sequence[Record]) -> list[tuple[float, float, float, int]]:
    """Arrival, start of service, end and queue found of every visit to the outpatient counter."""
    return [
        (r.arrive_s, r.arrive_s + r.wait_s, r.left_s, r.queue_found)
        for r in sorted(records, key=lambda r: r.arrive_s)
        if r.kind == "outpatient"
    ]


def audit(visits: list[tuple[float, float, float, int]], counters: int) -> list[str]:
    """What is wrong with a first-come-first-served queue of one desk that only these visits use."""
    wrong = []
    for i, (came, served, left, found) in enumerate(visits):
        earlier = visits[:i]
        waiting = sum(s > came for _, s, _, _ in earlier)
        busy_then = sum(s <= served < e for _, s, e, _ in visits[:i] + visits[i + 1 :])
        if found != waiting:
            wrong.append("queue found")
        if any(s > served for _, s, _, _ in earlier):
            wrong.append("order")
        if busy_then >= counters:
            wrong.append("too many at once")
        if served > came and sum(s < served <= e for _, s, e, _ in earlier) < counters:
            wrong.append("waited at a free counter")
        if not came <= served <= left:
            wrong.append("time runs backwards")
    return wrong


@pytest.mark.parametrize("counters", [1, 2, 3])
def test_the_auditor_finds_a_fair_queue(make_setup: Make, accepts_everything: Any, counters: int) -> None:
    """First come first served, never more at once than counters, nobody waits at a free one, queues found are true."""
    setup = make_setup(hospitals=1, counters=counters, local_rate=0.0, per_day=150.0, inpatients=0.0, days=1)
    visits = stays(run(setup, accepts_everything()).records)
    assert 100 < len(visits)
    assert counters > 1 or any(served > came for came, served, _, _ in visits)
    assert [] == audit(visits, counters)


def test_the_auditor_sees_a_wrong_queue(make_setup: Make, accepts_everything: Any) -> None:
    """The same records fail when one counter fewer is declared, or when two patients change places."""
    setup = make_setup(hospitals=1, counters=2, local_rate=0.0, per_day=200.0, inpatients=0.0, days=1)
    visits = stays(run(setup, accepts_everything()).records)
    assert "too many at once" in audit(visits, 1)
    at = next(i for i, visit in enumerate(visits) if visit[3] >= 1)
    came, served, left, found = visits[at]
    before = visits[at - 1]
    swapped = [
        *visits[: at - 1],
        (before[0], served, left, before[3]),
        (came, before[1], before[2], found),
        *visits[at + 1 :],
    ]
    assert [] != audit(swapped, 2)


def test_littles_law_holds_exactly(make_setup: Make, accepts_everything: Any) -> None:
    """The area under the number of people present equals the sum of their times: L = lambda W, on the records."""
    setup = make_setup(hospitals=1, per_day=80.0, inpatients=0.0, days=1)
    visits = stays(run(setup, accepts_everything()).records)
    changes = sorted([(came, 1) for came, *_ in visits] + [(left, -1) for _, _, left, _ in visits])
    area, present = 0.0, 0
    for (at, step), (until, _) in zip(changes, [*changes[1:], changes[-1]], strict=True):
        present += step
        area += present * (until - at)
    assert 0 == present
    assert area == pytest.approx(sum(left - came for came, _, left, _ in visits), rel=1e-12)


def test_waits_are_those_of_an_m_m_1_queue(make_setup: Make, accepts_everything: Any) -> None:
    """Around the clock, local patients at utilisation 0.7: the mean wait of probes is rho / (mu - lambda)."""
    rate, hold = 0.7 / 60.0, 60.0
    setup = make_setup(
        hospitals=1,
        counters=1,
        local_rate=rate,
        local_hold=Duration("exponential", hold),
        per_day=30.0,
        inpatients=0.0,
        days=20,
        law="fixed",
        opens=0.0,
        closes=86_400.0,
    )
    instant = {name: Duration("fixed", 0.01) for name in setup.durations}
    setup = evolve(setup, durations={**instant, "timeout": Duration("fixed", 20.0)}, chances={})
    results = run(setup, accepts_everything(), everybody=True)
    assert 15_000 < results.local_patients
    assert mean(r.wait_s for r in results.records) == pytest.approx(0.7 / (1 / hold - rate), rel=0.15)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_generating_only_who_matters_changes_nothing(make_setup: Make, accepts_everything: Any, seed: int) -> None:
    """The shortcut of local patients and its slow twin give the same records."""
    setup = make_setup()
    quick = run(setup, accepts_everything(), seed)
    slow = run(setup, accepts_everything(), seed, everybody=True)
    assert quick.records == slow.records
    assert quick.local_patients < slow.local_patients
    assert () == quick.leftovers == slow.leftovers


def test_local_patients_are_what_makes_people_wait(make_setup: Make, accepts_everything: Any) -> None:
    """Without background load the same visits hardly wait."""
    with_load = run(make_setup(local_rate=0.014), accepts_everything())
    without = run(make_setup(local_rate=0.0), accepts_everything())
    assert mean(r.wait_s for r in with_load.records) > 5 * mean(r.wait_s for r in without.records)


@pytest.mark.parametrize("seed", range(1, 6))
def test_more_counters_never_make_anybody_wait_longer(make_setup: Make, accepts_everything: Any, seed: int) -> None:
    """With common random numbers this holds for each visit, not only on average."""
    few = run(make_setup(counters=1, local_rate=0.005, inpatients=0.0), accepts_everything(), seed)
    many = run(make_setup(counters=2, local_rate=0.005, inpatients=0.0), accepts_everything(), seed)
    assert [r.visit_id for r in few.records] == [r.visit_id for r in many.records]
    assert all(a.wait_s >= b.wait_s - 1e-6 for a, b in zip(few.records, many.records, strict=True))
    assert sum(r.wait_s for r in few.records) > sum(r.wait_s for r in many.records)


def test_a_queue_that_does_not_drain_is_told(make_setup: Make, accepts_everything: Any) -> None:
    """More local patients than the counter can serve: people are left at midnight, carried over, and counted."""
    setup = make_setup(hospitals=1, counters=1, local_rate=0.03, per_day=15.0, inpatients=0.0)
    results = run(setup, accepts_everything(), everybody=True)
    assert {"2024-03-04", "2024-03-05"} == {left.date for left in results.leftovers}
    assert all(left.people > 0 and left.desk == "counter" for left in results.leftovers)
    first_of_day_two = next(r for r in results.records if r.date == "2024-03-05")
    assert first_of_day_two.wait_s > 3600
