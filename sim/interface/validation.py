"""Every problem of one message against the dictionary, each with its place, what was expected and what came.

`validate` runs on jsonschema-rs, `validate_reference` on jsonschema. Both only find *where* something is wrong; what it
is, is told by one function from the dictionary and the value itself, so that they cannot differ in words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Context, Decimal, localcontext
from functools import cache
from typing import Any, TypeAlias

import jsonschema
import jsonschema_rs
from attrs import frozen

from sim.files import dotted
from sim.interface.describe import expected_text
from sim.interface.layout import places
from sim.interface.model import Direction, Field, Interface, Node
from sim.interface.schemas import EMPTY, Numbers, code_list, is_number, pattern_name, schema
from sim.lang import Text, say

ABSENT = "∅"
"""How a value that was not sent is shown."""
_SHOWN = 60

Steps: TypeAlias = tuple[str | int, ...]
Raw: TypeAlias = tuple[Steps, str]
"""What a validator reports: where, and the keyword that failed. A missing member is reported at its own place."""


@frozen
class Problem:
    """One thing wrong in a message.

    ``path`` is dotted with list positions from 0 (``input.feedetail[2].cnt``); ``label`` is the Chinese label;
    ``rule`` one of required, type, length, code, code_regional (a list that differs by province), format, decimals,
    range, infno; ``actual`` the value as JSON, cut short, or ``∅`` for one that was not sent.
    """

    path: str
    field: str
    label: str
    rule: str
    expected: Text
    actual: str

    def text(self) -> Text:
        """The whole sentence."""
        label = f"{self.path} {self.label}".strip()
        return say("interface.problem", place=label, expected=self.expected, actual=self.actual)


def validate(
    iface: Interface, infno: str, direction: Direction, message: Mapping[str, Any], numbers: Numbers = "number"
) -> list[Problem]:
    """All problems of a message, in path order; an empty list means that it conforms.

    ``numbers`` says how numbers must be written: ``number``, ``string`` or ``either``. Raises InputError for an unknown
    transaction.
    """
    if _quick(iface, infno, direction, numbers).is_valid(message):
        return []
    raw = (_fast_raw(error) for error in _fast(iface, infno, direction, numbers).iter_errors(message))
    return _Judge(iface, infno, direction, numbers).problems(message, raw)


def validate_reference(
    iface: Interface, infno: str, direction: Direction, message: Mapping[str, Any], numbers: Numbers = "number"
) -> list[Problem]:
    """The same as `validate` by another validator and much slower: what the fast one is tested against."""
    validator = _reference(iface, infno, direction, numbers)
    with localcontext(Context(prec=200)):  # a remainder of two far apart numbers needs more than the usual 28 digits
        raw = [found for error in validator.iter_errors(message) for found in _reference_raw(error)]
    return _Judge(iface, infno, direction, numbers).problems(message, raw)


@cache
def _fast(iface: Interface, infno: str, direction: Direction, numbers: Numbers) -> jsonschema_rs.Draft202012Validator:
    made = schema(iface, infno, direction, numbers)
    return jsonschema_rs.Draft202012Validator(made, pattern_options=jsonschema_rs.RegexOptions())


@cache
def _quick(iface: Interface, infno: str, direction: Direction, numbers: Numbers) -> jsonschema_rs.Draft202012Validator:
    """For conforming messages only: exact decimal arithmetic in the validator is most of its time, so numbers are
    compared here instead. It may refuse what is right (then the full schema decides), never accept what is wrong."""
    made = _numbers_apart(schema(iface, infno, direction, numbers))
    return jsonschema_rs.Draft202012Validator(
        made, pattern_options=jsonschema_rs.RegexOptions(), keywords={"withinDigits": _WithinDigits}
    )


class _WithinDigits:
    """A keyword ``[bound, step]`` in place of exclusiveMaximum, exclusiveMinimum and multipleOf."""

    __slots__ = ("bound", "low", "step")

    def __init__(self, _parent: Any, value: Any, _path: Any) -> None:
        self.bound = Decimal(value[0])
        self.low = -self.bound
        self.step = Decimal(value[1])

    def validate(self, value: Any) -> None:
        """Raises for a number that is too large or has too many decimals."""
        if value is None or type(value) is str:
            return
        if not self.low < value < self.bound or value % self.step:
            raise ValueError("not within the digits of its field")


def _numbers_apart(part: Any) -> Any:
    if isinstance(part, list):
        return [_numbers_apart(one) for one in part]
    if not isinstance(part, dict):
        return part
    if isinstance(part.get("multipleOf"), Decimal) and "exclusiveMaximum" in part:
        kept = {k: v for k, v in part.items() if k not in ("multipleOf", "exclusiveMaximum", "exclusiveMinimum")}
        return {**kept, "withinDigits": [str(part["exclusiveMaximum"]), str(part["multipleOf"])]}
    return {key: _numbers_apart(value) for key, value in part.items()}


@cache
def _reference(iface: Interface, infno: str, direction: Direction, numbers: Numbers) -> Any:
    made = schema(iface, infno, direction, numbers)
    extend: Any = jsonschema.validators.extend
    return extend(jsonschema.Draft202012Validator, {"pattern": _pattern})(made)


def _pattern(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[jsonschema.ValidationError]:
    """``$`` is the very end of the string, as ECMA 262 has it; Python's also matches before a last line feed."""
    if isinstance(instance, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), instance):
        yield jsonschema.ValidationError(f"{instance!r} does not match {pattern!r}")


def _fast_raw(error: Any) -> Raw:
    at, keyword = tuple(error.instance_path), error.kind.name
    return ((*at, error.kind.property), keyword) if keyword == "required" else (at, keyword)


def _reference_raw(error: Any) -> Iterator[Raw]:
    at, keyword = tuple(error.absolute_path), error.validator
    if keyword != "required":
        yield at, keyword
        return
    for name in error.validator_value:  # the error itself tells the missing name in its prose only
        if name not in error.instance:
            yield (*at, name), keyword


class _Judge:
    """Tells what is wrong at the places a validator found."""

    def __init__(self, iface: Interface, infno: str, direction: Direction, numbers: Numbers) -> None:
        self.iface = iface
        self.infno = infno
        self.direction = direction
        self.numbers = numbers
        self.places = places(iface, infno, direction)

    def problems(self, message: Mapping[str, Any], raw: Iterable[Raw]) -> list[Problem]:
        """One problem for each place and rule; a value of the wrong type has no other fault."""
        found: dict[Steps, dict[str, Problem]] = {}
        for at, keyword in raw:
            problem = self.problem(message, at, keyword)
            found.setdefault(at, {})[problem.rule] = problem
        ordered = sorted(found.items(), key=lambda item: [(isinstance(s, str), s) for s in item[0]])
        return [problem for _, rules in ordered for _, problem in sorted(rules.items())]

    def problem(self, message: Mapping[str, Any], at: Steps, keyword: str) -> Problem:
        """What is wrong at a place where a keyword failed."""
        where = self.places.get(tuple(step for step in at if isinstance(step, str)))
        value = _value(message, at)
        rule = self.rule(where, value, keyword, row=bool(at) and isinstance(at[-1], int))
        name = next((step for step in reversed(at) if isinstance(step, str)), "")
        return Problem(
            path=dotted(at),
            field=name,
            label=where.zh if isinstance(where, Field) else "",
            rule=rule,
            expected=expected_text(self.iface, self.infno, self.direction, self.numbers, where, rule, at),
            actual=shown(value),
        )

    def rule(self, where: Field | Node | None, value: Any, keyword: str, *, row: bool) -> str:
        """The rule that a value breaks."""
        if value is _MISSING or value in EMPTY or (keyword == "minItems" and value == []):
            return "type" if row else "required"
        if not isinstance(where, Field) or not self.of_right_type(where, value):
            return "type"
        if where.name == "infno":
            return "infno"
        if is_number(where):
            return self.number_rule(where, value, keyword)
        codes = code_list(self.iface, where)
        if keyword == "enum" and codes:
            return "code_regional" if codes.regional else "code"
        shaped = pattern_name(where, self.direction) or (codes and codes.pattern)
        return "length" if keyword == "maxLength" and not shaped else "format"  # a shape has its length in it

    def of_right_type(self, field: Field, value: Any) -> bool:
        """Whether a value is of the JSON type that its field asks for."""
        if is_number(field):
            if isinstance(value, str):
                return self.numbers != "number" and _NUMBER.fullmatch(value) is not None
            return self.numbers != "string" and isinstance(value, int | Decimal | float) and not isinstance(value, bool)
        if field.type in ("boolean", "object", "list"):
            return False  # a wrong type is the only fault such a value can have
        return isinstance(value, str)

    def number_rule(self, field: Field, value: Any, keyword: str) -> str:
        """Too large, or too many decimals. A string has one pattern for both, so the value itself is asked."""
        if keyword == "multipleOf":
            return "decimals"
        precision = field.length[0] if isinstance(field.length, tuple) else field.length
        if precision is not None and abs(Decimal(value)) >= 10 ** (precision - field.decimals):
            return "range"
        return "decimals"


_NUMBER = re.compile(r"-?[0-9]+(?:[.][0-9]+)?")
_MISSING: Any = object()


def _value(message: Any, at: Steps) -> Any:
    for step in at:
        try:
            message = message[step]
        except (KeyError, IndexError, TypeError):
            return _MISSING
    return message


def shown(value: Any) -> str:
    """A value as JSON, cut to some 60 characters; ``∅`` for one that was not sent."""
    if value is _MISSING:
        return ABSENT
    text = str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
