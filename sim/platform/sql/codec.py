"""The types of record fields as columns: what kind of column, and the way of a value into it and out again.

A field is text (``str`` and Literals of it), an integer of 64 bits, a boolean, bytes, a date, a time without a zone,
or, for everything nested, JSON text (`sim.platform.sql.exact`). ``| None`` makes the column nullable.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

import attrs
from attrs import frozen

from sim.platform.sql.exact import dump, load

Kind = Literal["text", "integer", "boolean", "bytes", "date", "time", "json"]
Change: TypeAlias = Callable[[Any], Any] | None
"""A step on the way of a value; None where it stays as it is."""
LARGEST = 2**63 - 1

_SCALARS: Mapping[Any, Kind] = {
    str: "text",
    int: "integer",
    bool: "boolean",
    bytes: "bytes",
    date: "date",
    datetime: "time",
}
# Databases disagree about NUL in a text (PostgreSQL refuses it), so it is written as a noncharacter and a digit.
_ESCAPE, _NUL = "\ufdd0", "\x00"


@frozen
class Column:
    """One field as a column: `into` takes a value to the database, `out` brings it back.

    `into` raises TypeError or ValueError for a value that cannot be kept exactly.
    """

    name: str
    kind: Kind
    nullable: bool
    into: Callable[[Any], Any]
    out: Change


def columns(record: type[Any], native: bool) -> tuple[Column, ...]:
    """The columns of an attrs class, in the order of its fields.

    ``native``: the driver takes dates, times and booleans as they are; else they are texts and 0 or 1.
    Raises TypeError for a field type that cannot be kept exactly.
    """
    hints = get_type_hints(record)
    return tuple(_column(f"{record.__name__}.{f.name}", f.name, hints[f.name], native) for f in attrs.fields(record))


def _column(where: str, name: str, hint: Any, native: bool) -> Column:
    inner, nullable = _without_none(hint)
    kind = _kind(inner)
    if kind == "json":
        down, up = _nested(where, inner)
        into: Callable[[Any], Any] = dump if down is None else lambda value: dump(down(value))
        out: Change = load if up is None else lambda text: up(load(text))
    else:
        into, out = _INTO[kind], None
        if kind == "text":
            out = _from_text
        elif not native and kind in _FROM_PLAIN:
            plain = _TO_PLAIN[kind]
            into, out = _then(into, plain), _FROM_PLAIN[kind]
    return (
        Column(name, kind, nullable, _or_none(into), _or_none(out))
        if nullable
        else Column(name, kind, False, into, out)
    )


def _without_none(hint: Any) -> tuple[Any, bool]:
    if get_origin(hint) not in (Union, types.UnionType):
        return hint, False
    rest = tuple(arg for arg in get_args(hint) if arg is not types.NoneType)
    nullable = len(rest) < len(get_args(hint))
    return (rest[0] if len(rest) == 1 else Union[rest]), nullable  # noqa: UP007 - made at run time


def _kind(hint: Any) -> Kind:
    if get_origin(hint) is Literal and all(type(each) is str for each in get_args(hint)):
        return "text"
    return _SCALARS.get(hint, "json")


# --- scalars ---------------------------------------------------------------------------------------------------------


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("expected str")
    if _NUL in value or _ESCAPE in value:
        value = value.replace(_ESCAPE, _ESCAPE + "1").replace(_NUL, _ESCAPE + "0")
    return value if value.isascii() else _encodable(value)


def _encodable(value: str) -> str:
    value.encode()  # half a surrogate pair raises here, where it was put, not later when it is written
    return value


def _from_text(value: str) -> str:
    return value.replace(_ESCAPE + "0", _NUL).replace(_ESCAPE + "1", _ESCAPE) if _ESCAPE in value else value


def _integer(value: Any) -> int:
    if not isinstance(value, int):
        raise TypeError("expected int")
    if not -LARGEST - 1 <= value <= LARGEST:
        raise ValueError("longer than 64 bits")
    return int(value)


def _of(kind: type[Any]) -> Callable[[Any], Any]:
    def checked(value: Any) -> Any:
        if type(value) is not kind:
            raise TypeError(f"expected {kind.__name__}")
        return value

    return checked


def _time(value: Any) -> datetime:
    if type(value) is not datetime:
        raise TypeError("expected datetime")
    if value.tzinfo is not None:
        raise ValueError("expected a time without a zone")
    return value


_INTO: Mapping[Kind, Callable[[Any], Any]] = {
    "text": _text,
    "integer": _integer,
    "boolean": _of(bool),
    "bytes": _of(bytes),
    "date": _of(date),
    "time": _time,
}
_TO_PLAIN: Mapping[Kind, Callable[[Any], Any]] = {
    "boolean": int,
    "date": date.isoformat,
    "time": lambda at: at.isoformat(" ", "microseconds"),
}
_FROM_PLAIN: Mapping[Kind, Callable[[Any], Any]] = {
    "boolean": bool,
    "date": date.fromisoformat,
    "time": datetime.fromisoformat,
}


def _then(first: Callable[[Any], Any], second: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: second(first(value))


def _or_none(change: Change) -> Any:
    return None if change is None else lambda value: None if value is None else change(value)


# --- nested values, as JSON -------------------------------------------------------------------------------------------

_AS_IT_IS = (Any, str, int, bool, Decimal, types.NoneType)
Ways: TypeAlias = tuple[Change, Change]


def _nested(where: str, hint: Any) -> Ways:
    """How a value of a type becomes plain JSON data, and how it comes back."""
    hint, nullable = _without_none(hint)
    ways = _nested_value(where, hint)
    return (_or_none(ways[0]), _or_none(ways[1])) if nullable else ways


def _nested_value(where: str, hint: Any) -> Ways:
    origin, args = get_origin(hint), get_args(hint)
    if hint in _AS_IT_IS or (origin is Literal and all(type(each) in (str, int, bool) for each in args)):
        return None, None
    if hint is datetime:
        return (lambda at: _time(at).isoformat(" ", "microseconds")), datetime.fromisoformat
    if hint is date:
        return date.isoformat, date.fromisoformat
    if attrs.has(hint):
        return _record(where, hint)
    if origin is not None and isinstance(origin, type):
        if issubclass(origin, Mapping) and args and args[0] is str:
            down, up = _nested(where, args[1])
            return _values(down), _values(up)
        if issubclass(origin, tuple) and args[-1] is Ellipsis:
            return _each(list, *_nested(where, args[0])[:1]), _each(tuple, *_nested(where, args[0])[1:])
        if issubclass(origin, tuple):
            return _positions(list, where, args, 0), _positions(tuple, where, args, 1)
        if origin in (list, Sequence):
            return _each(list, *_nested(where, args[0])[:1]), _each(list, *_nested(where, args[0])[1:])
    raise TypeError(f"{where}: no way to keep a value of type {hint}")


def _values(change: Change) -> Change:
    return None if change is None else lambda given: {key: change(value) for key, value in given.items()}


def _each(make: type[Any], change: Change) -> Change:
    return make if change is None else lambda given: make(change(value) for value in given)


def _positions(make: type[Any], where: str, args: tuple[Any, ...], way: int) -> Change:
    changes = [_nested(where, arg)[way] for arg in args]

    def all_of(given: Any) -> Any:
        return make(value if c is None else c(value) for c, value in zip(changes, given, strict=True))

    return all_of


def _record(where: str, kind: type[Any]) -> Ways:
    hints = get_type_hints(kind)
    parts = [(f.name, f.alias or f.name, *_nested(f"{where}.{f.name}", hints[f.name])) for f in attrs.fields(kind)]

    def down(record: Any) -> dict[str, Any]:
        if type(record) is not kind:
            raise TypeError(f"expected {kind.__name__}")
        values = ((name, change, getattr(record, name)) for name, _, change, _ in parts)
        return {name: value if change is None else change(value) for name, change, value in values}

    def up(plain: Any) -> Any:
        return kind(**{at: plain[name] if change is None else change(plain[name]) for name, at, _, change in parts})

    return down, up
