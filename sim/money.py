"""Money is whole fen. Yuan with two decimals exist only at the edge: here they are read, written and rounded.

Ratios are whole basis points (1/10000, the interface's (5,4)), quantities whole 1/10000, unit prices whole
1/1000000 yuan, so every product is an integer and rounding happens exactly once, half up, in `divide`.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Context, Decimal, InvalidOperation

from sim.errors import InputError
from sim.lang import say

FULL = 10_000
"""A ratio of one, in basis points."""

LARGEST = 10**16 - 1
"""The largest amount the interface can carry: 16 digits, two of them decimals."""

_NOTHING = Decimal("0.00")
_DIGITS = Context(prec=40)
_PLAIN = 40
"""Powers of ten between which a number can be moved without thought; everything else takes the slow way."""


class MoneyError(InputError):
    """An amount that cannot be read."""


def parse(value: str | int | Decimal) -> int:
    """Yuan (``"12.30"``, ``Decimal("12.3")``, ``12``) to fen. Floats are not accepted.

    Raises MoneyError for anything that is not a decimal number, has more than two decimals, or is too large.
    """
    fen = scaled(value, 2)
    if abs(fen) > LARGEST:
        raise MoneyError(say("money.too_large", value=value))
    return fen


def scaled(value: str | int | Decimal, decimals: int) -> int:
    """A decimal number as a whole number of ``10**-decimals``; more decimals than that raise MoneyError.

    ``scaled("0.05", 4) == 500`` basis points; ``scaled("4.52", 6)`` is a unit price in 1/1000000 yuan.
    """
    if type(value) is Decimal and value.is_finite() and -_PLAIN < value.adjusted() < _PLAIN:
        if not value:
            return 0
        moved = value.scaleb(decimals, _DIGITS)  # the usual case, several times faster than taking digits apart
        units = int(moved)
        if units == moved and moved.scaleb(-decimals, _DIGITS) == value:  # nothing was rounded away
            return units
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise MoneyError(say("money.not_a_number", value=repr(value)))
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise MoneyError(say("money.not_a_number", value=repr(value))) from None
    sign, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int):  # NaN and infinities carry a letter there
        raise MoneyError(say("money.not_a_number", value=repr(value)))
    if len(digits) > 40 or abs(exponent) > 40:  # before any power of ten, so that 1e999999 costs nothing
        raise MoneyError(say("money.too_large" if exponent >= 0 else "money.too_many_decimals", value=value))
    whole: int = int("".join(map(str, digits)))
    shift = exponent + decimals
    if shift >= 0:
        whole *= int(10**shift)
    else:
        whole, rest = divmod(whole, int(10**-shift))
        if rest:
            raise MoneyError(say("money.too_many_decimals", value=value))
    return -whole if sign else whole


def show(fen: int) -> str:
    """Fen as yuan with two decimals: ``show(-5) == "-0.05"``."""
    sign, size = ("-", -fen) if fen < 0 else ("", fen)
    return f"{sign}{size // 100}.{size % 100:02d}"


def wire(fen: int) -> Decimal:
    """Fen as the decimal number that a message carries."""
    return Decimal(fen).scaleb(-2) if fen else _NOTHING  # most amounts of a settlement are zero


def divide(numerator: int, denominator: int) -> int:
    """The quotient rounded half up away from zero: the only rounding of money there is."""
    if denominator <= 0:
        raise ZeroDivisionError("denominator must be positive")
    if numerator < 0:
        return -((denominator - 2 * numerator) // (2 * denominator))
    return (2 * numerator + denominator) // (2 * denominator)


def take(fen: int, ratio: int) -> int:
    """The part of an amount by a ratio in basis points: ``take(452, 500) == 23``."""
    return divide(fen * ratio, FULL)


def share_out(fen: int, weights: Sequence[int]) -> list[int]:
    """Split an amount in proportion to non-negative weights so that the parts sum to it exactly.

    The fen left over by rounding down go to the largest remainders, the earlier part first on ties.
    Raises ValueError when no weight is positive and there is something to share.
    """
    total = sum(weights)
    if any(w < 0 for w in weights) or (total == 0 and fen != 0):
        raise ValueError("weights must be non-negative and not all zero")
    if fen == 0:
        return [0] * len(weights)
    sign, size = (-1, -fen) if fen < 0 else (1, fen)
    parts = [size * w // total for w in weights]
    order = sorted(range(len(weights)), key=lambda i: (-(size * weights[i] % total), i))
    for i in order[: size - sum(parts)]:
        parts[i] += 1
    return [sign * part for part in parts]
