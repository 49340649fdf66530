"""Chance: every draw is a pure function of (seed, visit, purpose, index).

Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw (SC 2011), checked against the known answers
published with Random123. The key is the 64-bit seed; the counter is the visit id (64 bits), the purpose (32 bits) and
an index (32 bits), so no draw depends on what was drawn before it or on the order of events.

Only ``+ - * /`` and ``log``, ``sqrt``, ``exp`` touch the numbers, in a fixed order, so a compiled engine gives the same
bits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

_MASK = 0xFFFFFFFF
_MULTIPLIER_0 = 0xD2511F53
_MULTIPLIER_1 = 0xCD9E8D57
_WEYL_0 = 0x9E3779B9
_WEYL_1 = 0xBB67AE85

PURPOSES = {
    "replication": 1,
    "arrival.count": 2,
    "arrival.time": 3,
    "local.gap": 4,
    "local.hold": 5,
    "origin": 6,
    "person": 7,
    "person.detail": 8,
    "filing": 9,
    "credential": 10,
    "bill.total": 11,
    "bill.class": 12,
    "bill.weight": 13,
    "bill.lines": 14,
    "stay.days": 15,
    "reader.time": 20,
    "reader.failure": 21,
    "desk.register": 22,
    "desk.doctor": 23,
    "desk.enter": 24,
    "desk.agree": 25,
    "desk.pay": 26,
    "desk.admit": 27,
    "desk.discharge": 28,
    "link.hospital": 30,
    "link.hub": 31,
    "link.insured": 32,
    "fault.loss": 33,
    "account": 40,
    "institution.level": 41,
    "institution.join": 42,
}
"""What may be drawn, each with its number for ever: a number is never used again, a new purpose takes a new one."""


def philox(counter: tuple[int, int, int, int], key: tuple[int, int]) -> tuple[int, int, int, int]:
    """Ten rounds of Philox4x32: four 32-bit words from a counter and a key of 32-bit words, least significant first."""
    c0, c1, c2, c3 = counter
    for k0, k1 in _round_keys(key):
        p0 = _MULTIPLIER_0 * c0
        p1 = _MULTIPLIER_1 * c2
        c0 = (p1 >> 32) ^ c1 ^ k0
        c2 = (p0 >> 32) ^ c3 ^ k1
        c1 = p1 & _MASK
        c3 = p0 & _MASK
    return c0, c1, c2, c3


@lru_cache(maxsize=64)
def _round_keys(key: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    """The key of each round; the same for all draws of a run."""
    return tuple(((key[0] + n * _WEYL_0) & _MASK, (key[1] + n * _WEYL_1) & _MASK) for n in range(10))


def bits(seed: int, visit: int, purpose: str, index: int = 0) -> int:
    """64 random bits. Raises KeyError for an unregistered purpose, ValueError for a number outside its range."""
    if not (0 <= seed < 1 << 64 and 0 <= visit < 1 << 64 and 0 <= index < 1 << 32):
        raise ValueError(f"seed and visit are 64-bit, index is 32-bit: {seed}, {visit}, {index}")
    counter = (visit & _MASK, visit >> 32, PURPOSES[purpose], index)
    low, high, _, _ = philox(counter, (seed & _MASK, seed >> 32))
    return high << 32 | low


def uniform(seed: int, visit: int, purpose: str, index: int = 0) -> float:
    """A number strictly between 0 and 1, one of 2**52 equally spaced ones: neither end can come out by rounding."""
    return ((bits(seed, visit, purpose, index) >> 12) + 0.5) * 2.0**-52


def exponential(mean: float, u: float) -> float:
    """An exponential time with a mean, from a uniform number."""
    return -mean * math.log(u)


def lognormal(mean: float, sigma: float, u: float) -> float:
    """A lognormal number with an arithmetic mean and the standard deviation of its logarithm, from a uniform number."""
    return math.exp(math.log(mean) - sigma * sigma / 2.0 + sigma * normal(u))


def choice(weights: Sequence[float], u: float) -> int:
    """The position chosen by weights (not negative, not all zero), from a uniform number.

    A weight of zero is never chosen. Raises ValueError when nothing can be chosen.
    """
    total = 0.0
    for weight in weights:
        if weight < 0.0:
            raise ValueError("a weight is negative")
        total = total + weight
    if total <= 0.0:
        raise ValueError("no weight is positive")
    point = u * total
    reached = 0.0
    last = 0
    for position, weight in enumerate(weights):
        if weight > 0.0:
            reached = reached + weight
            last = position
            if point < reached:
                return position
    return last


_POISSON_STEP = 500.0
"""Inversion starts at exp(-mean), which must stay far from underflow; larger means are drawn in parts."""


def poisson(mean: float, seed: int, visit: int, purpose: str) -> int:
    """A Poisson count by inversion; a mean above 500 is the sum of several counts, indices 0, 1, 2 ...

    For one seed the count never falls when the mean rises within one part: plans with more demand keep their visits.
    """
    count = 0
    index = 0
    while mean > 0.0:
        part = mean if mean < _POISSON_STEP else _POISSON_STEP
        count += _poisson_inverse(part, uniform(seed, visit, purpose, index))
        mean = mean - part
        index += 1
    return count


def _poisson_inverse(mean: float, u: float) -> int:
    term = math.exp(-mean)
    reached = term
    count = 0
    while reached < u and term > 0.0:
        count += 1
        term = term * mean / count
        reached = reached + term
    return count


# Wichura, Algorithm AS 241 (Applied Statistics 37, 1988), PPND16: numerators and denominators, highest power first.
_CENTRE = (
    (
        2509.0809287301226727,
        33430.575583588128105,
        67265.770927008700853,
        45921.953931549871457,
        13731.693765509461125,
        1971.5909503065514427,
        133.14166789178437745,
        3.387132872796366608,
    ),
    (
        5226.495278852854561,
        28729.085735721942674,
        39307.89580009271061,
        21213.794301586595867,
        5394.1960214247511077,
        687.1870074920579083,
        42.313330701600911252,
        1.0,
    ),
)
_MIDDLE = (
    (
        7.7454501427834140764e-4,
        0.0227238449892691845833,
        0.24178072517745061177,
        1.27045825245236838258,
        3.64784832476320460504,
        5.7694972214606914055,
        4.6303378461565452959,
        1.42343711074968357734,
    ),
    (
        1.05075007164441684324e-9,
        5.475938084995344946e-4,
        0.0151986665636164571966,
        0.14810397642748007459,
        0.68976733498510000455,
        1.6763848301838038494,
        2.05319162663775882187,
        1.0,
    ),
)
_TAIL = (
    (
        2.01033439929228813265e-7,
        2.71155556874348757815e-5,
        0.0012426609473880784386,
        0.026532189526576123093,
        0.29656057182850489123,
        1.7848265399172913358,
        5.4637849111641143699,
        6.6579046435011037772,
    ),
    (
        2.04426310338993978564e-15,
        1.4215117583164458887e-7,
        1.8463183175100546818e-5,
        7.868691311456132591e-4,
        0.0148753612908506148525,
        0.13692988092273580531,
        0.59983220655588793769,
        1.0,
    ),
)


def normal(u: float) -> float:
    """The standard normal number that has the probability ``u`` below it (Wichura's AS 241, about 16 digits)."""
    q = u - 0.5
    if -0.425 <= q <= 0.425:
        r = 0.180625 - q * q
        return q * _ratio(_CENTRE, r)
    r = math.sqrt(-math.log(u if q < 0.0 else 1.0 - u))
    found = _ratio(_MIDDLE, r - 1.6) if r <= 5.0 else _ratio(_TAIL, r - 5.0)
    return -found if q < 0.0 else found


def _ratio(polynomials: tuple[tuple[float, ...], tuple[float, ...]], r: float) -> float:
    above = 0.0
    below = 0.0
    for a, b in zip(*polynomials, strict=True):
        above = above * r + a
        below = below * r + b
    return above / below
