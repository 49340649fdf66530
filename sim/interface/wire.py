"""Messages to and from bytes: the only place where a body is parsed or written.

Numbers with a point or an exponent become `decimal.Decimal`, digit for digit; no float ever appears. A body that two
readers could understand differently (a key twice in one object, NaN, half a surrogate pair) is refused rather than read
in one of the possible ways.
"""

from __future__ import annotations

import json
from decimal import Decimal
from functools import lru_cache
from typing import Any, NoReturn

import orjson

from sim.lang import Text, say

MAX_BYTES = 4 * 1024 * 1024
"""The largest body that is read."""
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
MAX_DEPTH = 32
"""The deepest nesting of objects and lists that is read; the interface itself never needs more than eight levels."""
MAX_DIGITS = 40
"""The longest number that is read; the interface's longest has 16 digits."""


class WireError(ValueError):
    """A body that is not an interface message; ``text`` says why, for a person."""

    def __init__(self, text: Text) -> None:
        super().__init__(text)
        self.text = text

    def __str__(self) -> str:
        return self.text.show("en")


def decode(body: bytes, limit: int = MAX_BYTES) -> dict[str, Any]:
    """A body as a message. Raises WireError: empty, too large, not UTF-8, not JSON, key twice, no object, too deep.

    A byte order mark is tolerated. Integers become ``int``, other numbers ``Decimal``. ``limit`` is the largest body
    that is read, in bytes.
    """
    if len(body) > limit:
        raise WireError(say("wire.too_large", size=len(body), limit=limit))
    try:
        text = body.removeprefix(BYTE_ORDER_MARK).decode()
    except UnicodeDecodeError as error:
        raise WireError(say("wire.not_utf8", byte=error.start)) from None
    if not text.strip():
        raise WireError(say("wire.empty"))
    try:
        message = DECODER.decode(text)
    except json.JSONDecodeError as error:
        problem = f"{error.msg} (line {error.lineno}, column {error.colno})"
        raise WireError(say("wire.not_json", problem=problem)) from None
    except RecursionError:
        raise WireError(say("wire.too_deep", limit=MAX_DEPTH)) from None
    if not isinstance(message, dict):
        raise WireError(say("wire.not_object", kind=_KINDS.get(type(message), "number")))
    if text.count("{") + text.count("[") > MAX_DEPTH and _deeper(message, MAX_DEPTH):
        raise WireError(say("wire.too_deep", limit=MAX_DEPTH))
    if "\\u" in text:
        _refuse_half_characters(body)
    return message


class Sealed(dict[str, Any]):
    """A message that will not change any more, with its body: `encode` gives that body again without work.

    A settlement's reply is written into a journal and then sent; sealing it makes that one piece of work. Whoever
    changes a message makes a new one of it first (``{**message, ...}`` is not sealed).
    """

    __slots__ = ("body",)
    body: bytes


def seal(message: dict[str, Any], body: bytes | None = None) -> Sealed:
    """The message sealed; ``body`` is what it was read from, where that is at hand."""
    if type(message) is Sealed:
        return message
    sealed = Sealed(message)
    # What orjson returns keeps its whole working space, several times its length; a copy is as long as it is.
    sealed.body = bytes(memoryview(encode(message))) if body is None else body
    return sealed


def encode(message: dict[str, Any]) -> bytes:
    """A message as a UTF-8 body; a Decimal keeps its digits (``Decimal("4.50")`` is written ``4.50``).

    Raises TypeError for a value that JSON does not have, such as NaN or a date.
    """
    if type(message) is Sealed:
        return message.body
    return _written(message)


def pretty(value: Any) -> str:
    """A message, or a part of one, for a person to read: indented, numbers with their digits."""
    return _written(value, orjson.OPT_INDENT_2).decode()


def _written(value: Any, option: int = 0) -> bytes:
    try:
        return orjson.dumps(value, default=_number, option=option)
    except TypeError as error:
        if "64-bit" not in str(error):
            raise
        return orjson.dumps(_long_integers_apart(value), default=_number, option=option)


_KINDS = {list: "list", str: "string", bool: "boolean", type(None): "null"}


def _number(value: Any) -> orjson.Fragment:
    if type(value) is Decimal:
        text = str(value)
        if "E" not in text and text[-1].isdigit() and len(text) <= MAX_DIGITS:  # plain digits: nearly every amount
            return orjson.Fragment(text)
    if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) <= MAX_DIGITS:
        return orjson.Fragment(format(value, "f"))
    raise TypeError(f"not a JSON value: {value!r}")


def _long_integers_apart(value: Any) -> Any:
    """orjson writes integers of up to 64 bits only; longer ones go the way of a Decimal."""
    if isinstance(value, dict):
        return {key: _long_integers_apart(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_long_integers_apart(one) for one in value]
    return Decimal(value) if type(value) is int and value.bit_length() > 63 else value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise WireError(say("wire.duplicate_key", key=key))
            seen.add(key)
    return found


@lru_cache(maxsize=8192)  # the same amounts come again and again, 0.00 most of all
def _fraction(literal: str) -> Decimal:
    number = Decimal(literal)
    if len(literal) > MAX_DIGITS + 8 or abs(number.adjusted()) > MAX_DIGITS:
        raise WireError(say("wire.number_too_long", number=literal[:20]))
    return number


def _whole(literal: str) -> int:
    if len(literal) > MAX_DIGITS:
        raise WireError(say("wire.number_too_long", number=literal[:20]))
    return int(literal)


def _constant(literal: str) -> NoReturn:
    raise WireError(say("wire.not_a_number", literal=literal))


DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_float=_fraction, parse_int=_whole, parse_constant=_constant)


def _deeper(value: Any, limit: int) -> bool:
    """Whether containers nest deeper than ``limit``, the outermost counting as one."""
    level = [value]
    for _ in range(limit):
        level = [
            child
            for container in level
            for child in (container.values() if type(container) is dict else container)
            if type(child) is dict or type(child) is list
        ]
        if not level:
            return False
    return True


def _refuse_half_characters(body: bytes) -> None:
    """An escape such as ``\\ud800`` alone is no character; it could not be written back or stored."""
    try:
        orjson.loads(body.removeprefix(BYTE_ORDER_MARK))
    except orjson.JSONDecodeError as error:
        if "surrogate" in str(error):
            raise WireError(say("wire.half_character")) from None
