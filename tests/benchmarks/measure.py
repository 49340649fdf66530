"""How speed is measured: two sides alternating in one run, the median of the ratios, never an absolute promise."""

from __future__ import annotations

import gc
import statistics
from collections.abc import Callable
from time import perf_counter

from attrs import frozen

ROUNDS = 7


@frozen
class Side:
    """One side of a comparison: its name, and a callable that does ``count`` units of work once."""

    name: str
    run: Callable[[], object]
    count: int


@frozen
class Bench:
    """A figure: what is counted, our side, and the named other it is compared with in the same run.

    ``clock`` tells seconds: the wall's, or for what one process computes alone `time.process_time`, the processor's,
    which other work on the machine disturbs less.
    """

    title: str
    unit: str
    ours: Side
    other: Side
    clock: Callable[[], float] = perf_counter


@frozen
class Measured:
    """Units a second of both sides (medians) and the median of the per-round ratios."""

    bench: Bench
    ours: float
    other: float
    ratio: float
    low: float
    high: float


def measure(bench: Bench, rounds: int = ROUNDS) -> Measured:
    """Run both sides alternately after one warm-up each; garbage is collected before, not during, a round."""
    bench.ours.run()
    bench.other.run()
    ours, other = [], []
    for _ in range(rounds):
        ours.append(_rate(bench.ours, bench.clock))
        other.append(_rate(bench.other, bench.clock))
    ratios = sorted(a / b for a, b in zip(ours, other, strict=True))
    return Measured(
        bench, statistics.median(ours), statistics.median(other), statistics.median(ratios), ratios[0], ratios[-1]
    )


def _rate(side: Side, clock: Callable[[], float]) -> float:
    gc.collect()
    gc.disable()
    try:
        start = clock()
        side.run()
        return side.count / (clock() - start)
    finally:
        gc.enable()
