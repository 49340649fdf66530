"""JSON text that gives back exactly what went in: a Decimal with its digits and exponent, an integer of any length.

Numbers with a point or an exponent are Decimals, all others integers. A Decimal without a point is written with the
exponent zero (``5E0``), so that it comes back as one. The order of keys is kept: a reply that is stored is printed as
it was. A float is refused wherever it hides.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from types import NoneType
from typing import Any

import orjson

_WHOLE = range(-(2**63), 2**63)
"""The integers that orjson writes; longer ones are written by hand."""
_DECODER = json.JSONDecoder(parse_float=Decimal)


def dump(value: Any) -> str:
    """JSON text of a value. Raises TypeError for what it cannot hold exactly: floats, NaN, dates, keys not str."""
    return orjson.dumps(_exact(value)).decode()


def load(text: str) -> Any:
    """The value of a text that `dump` wrote; tuples come back as lists."""
    return _DECODER.decode(text)


def _exact(value: Any) -> Any:
    kind = type(value)
    if kind is str or kind is bool or kind is NoneType:
        return value
    if kind is dict:
        return {key: _exact(each) for key, each in value.items()}
    if kind is list or kind is tuple:
        return [_exact(each) for each in value]
    if kind is int:
        return value if value in _WHOLE else orjson.Fragment(str(value))
    if kind is Decimal:
        return orjson.Fragment(_digits(value))
    if isinstance(value, Mapping):
        return {key: _exact(each) for key, each in value.items()}
    raise TypeError(f"cannot be kept exactly as JSON: {value!r:.80} ({kind.__name__})")


def _digits(value: Decimal) -> str:
    if not value.is_finite():
        raise TypeError(f"cannot be kept exactly as JSON: {value!r}")
    text = str(value)
    return text if "." in text or "E" in text else text + "E0"
