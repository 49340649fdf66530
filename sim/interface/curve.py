"""Points of the SM2 curve (GB/T 32918.5), multiplied fast enough that every message of a run is signed and checked.

`gmalg` divides at every step of a multiplication. Here a point's multiples by every digit of a number to the base 16
are worked out once (what signs and is checked are few keys and many messages), and a multiplication is 64 additions
without a division. Tests hold it against `gmalg`'s own. Neither hides a key from somebody who measures its time.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

PRIME = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = PRIME - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
BASE = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
"""Of the group; a private key lies between 1 and two less than it."""
DIGITS = 64
KEYS = 64
"""How many points' multiples are kept."""

Point = tuple[int, int]
_Projective = tuple[int, int, int]
"""x and y times the square and the cube of the third, which is 0 at infinity."""
_INFINITY: _Projective = (1, 1, 0)


def multiply(times: int, point: Point) -> Point | None:
    """A point of the curve added to itself; None for the point at infinity."""
    sum_ = _INFINITY
    table = _multiples(point)
    for position in range(DIGITS):
        digit = times >> 4 * position & 15
        if digit:
            sum_ = _plus(sum_, table[position][digit - 1])
    return None if sum_[2] == 0 else _plain([sum_])[0]


@lru_cache(KEYS)
def _multiples(point: Point) -> Sequence[Sequence[Point]]:
    """For each position of a digit the point times 1 to 15 times the position's worth."""
    table: list[list[Point]] = []
    for _ in range(DIGITS):
        row: list[_Projective] = [(*point, 1)]
        for _ in range(15):
            row.append(_plus(row[-1], point))
        *plain, point = _plain(row)
        table.append(plain)
    return table


def _plus(left: _Projective, right: Point) -> _Projective:
    x1, y1, z1 = left
    x2, y2 = right
    if z1 == 0:
        return x2, y2, 1
    square = z1 * z1 % PRIME
    h = (x2 * square - x1) % PRIME
    r = (y2 * square * z1 - y1) % PRIME
    if h == 0:
        return _twice(x2, y2) if r == 0 else _INFINITY
    h2 = h * h % PRIME
    h3, v = h * h2 % PRIME, x1 * h2 % PRIME
    x3 = (r * r - h3 - 2 * v) % PRIME
    return x3, (r * (v - x3) - y1 * h3) % PRIME, z1 * h % PRIME


def _twice(x: int, y: int) -> _Projective:
    square = y * y % PRIME
    s, m = 4 * x * square % PRIME, 3 * x * x + A
    doubled = (m * m - 2 * s) % PRIME
    return doubled, (m * (s - doubled) - 8 * square * square) % PRIME, 2 * y % PRIME


def _plain(points: Sequence[_Projective]) -> list[Point]:
    """Without the third number, with one division for all; none of them lies at infinity."""
    products = [1]
    for _, _, z in points:
        products.append(products[-1] * z % PRIME)
    inverse = pow(products[-1], -1, PRIME)
    found: list[Point] = []
    for (x, y, z), before in zip(reversed(points), reversed(products[:-1]), strict=True):
        one = inverse * before % PRIME
        inverse = inverse * z % PRIME
        square = one * one % PRIME
        found.append((x * square % PRIME, y * square * one % PRIME))
    return found[::-1]
