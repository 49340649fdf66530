"""The SM2 curve (GB/T 32918.5). Its points are multiplied by `fastecdsa`: `gmalg`'s own way divides at every step, too
slow where every message of a run is signed and checked. Neither hides a key from somebody who measures its time."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

PRIME = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = PRIME - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
BASE = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
"""Of the group; a private key lies between 1 and two less than it."""

Point = tuple[int, int]


def multiply(times: int, point: Point) -> Point | None:
    """A point of the curve added to itself; None for the point at infinity. Raises ValueError for one that is not on
    the curve."""
    times %= ORDER
    if times == 0:
        return None
    found = times * import_module("fastecdsa.point").Point(*point, _curve())
    return found.x, found.y


@cache
def _curve() -> Any:
    return import_module("fastecdsa.curve").Curve("SM2", PRIME, A, B, ORDER, *BASE)
