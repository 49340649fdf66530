"""Validation finds every problem at its place, and both validators find the same ones."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from decimal import Decimal
from random import Random
from typing import Any

import jsonschema
import jsonschema_rs
import pytest
from attrs import frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.files import dotted
from sim.interface import Direction, Field, Interface, Node, Numbers, interface, names, schema, validate
from sim.interface.examples import example
from sim.interface.layout import places
from sim.interface.model import ROOT
from sim.interface.schemas import code_list, is_number, pattern_name
from sim.interface.validation import validate_reference

Steps = tuple[str | int, ...]
CASES = [(name, infno) for name in names() for infno in interface(name).transactions]
directions: st.SearchStrategy[Direction] = st.sampled_from(["request", "reply"])
modes: st.SearchStrategy[Numbers] = st.sampled_from(["number", "string", "either"])


@frozen
class Sample:
    """A conforming message made from the dictionary."""

    iface: Interface
    infno: str
    direction: Direction
    numbers: Numbers
    chance: Random
    message: dict[str, Any]

    def problems(self, message: dict[str, Any]) -> list[tuple[str, str]]:
        """Path and rule of everything the fast validator finds."""
        found = validate(self.iface, self.infno, self.direction, message, self.numbers)
        return [(problem.path, problem.rule) for problem in found]

    def same(self, message: dict[str, Any]) -> None:
        """The slow validator finds the same problems, in the same words."""
        fast = validate(self.iface, self.infno, self.direction, message, self.numbers)
        assert fast == validate_reference(self.iface, self.infno, self.direction, message, self.numbers)

    def places(self) -> Iterator[tuple[Steps, Field | Node, Any]]:
        """Every value of the message that the dictionary knows."""
        known = places(self.iface, self.infno, self.direction)
        for at, value in walk(self.message, ()):
            where = known.get(tuple(step for step in at if isinstance(step, str)))
            if where is not None and isinstance(at[-1], str):
                yield at, where, value


def walk(value: Any, at: Steps) -> Iterator[tuple[Steps, Any]]:
    """Every value inside a message with its path."""
    if at:
        yield at, value
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, child in inside:
        yield from walk(child, (*at, step))


REMOVED: Any = object()


def put(message: dict[str, Any], at: Steps, value: Any) -> dict[str, Any]:
    """A copy of a message with one value replaced, or removed."""
    made = copy.deepcopy(message)
    parent: Any = made
    for step in at[:-1]:
        parent = parent[step]
    if value is REMOVED:
        parent.pop(at[-1])
    else:
        parent[at[-1]] = value
    return made


@st.composite
def samples(draw: st.DrawFn) -> Sample:
    """A conforming message of any transaction of any interface, either way, numbers written in any way."""
    name, infno = draw(st.sampled_from(CASES))
    direction, numbers = draw(directions), draw(modes)
    chance = Random(draw(st.integers(0, 2**32)))  # noqa: S311 - not for secrets
    iface = interface(name)
    return Sample(iface, infno, direction, numbers, chance, example(iface, infno, direction, chance, numbers))


def written(sample: Sample, number: Decimal) -> Any:
    """A number as the sample's messages write it."""
    return number if sample.numbers == "number" else format(number, "f")


def faults(sample: Sample, where: Field | Node, value: Any) -> list[tuple[Any, str]]:
    """Wrong values for a place, each with the rule that it breaks."""
    required = where.required and value not in ("", None)
    found: list[tuple[Any, str]] = [(REMOVED, "required"), ("", "required"), (None, "required")] if required else []
    if isinstance(where, Node):
        if where.name == ROOT:
            found = found[1:]  # without its other place, its fields are looked for directly
        swapped: list[tuple[Any, str]] = [(5, "type"), ("x", "type"), (True, "type")]
        if where.also is None:
            swapped.append(([] if where.kind == "object" else {"a": 1}, "type"))
        return [*found, *swapped]
    if where.type in ("object", "list", "boolean"):
        return [*found, (5, "type"), ("x", "type")]
    found += [([], "type"), ({"a": 1}, "type"), (True, "type"), ([{}], "type")]
    if is_number(where):
        return found + number_faults(sample, where)
    found += [(5, "type"), (Decimal("1.5"), "type")]
    codes = code_list(sample.iface, where)
    if codes and codes.values and not codes.open:
        rule = "code_regional" if codes.regional else "code"
        return [*found, ("~", rule), (next(iter(codes.values)) + " ", rule)]
    if codes and codes.pattern:
        return [*found, ("12345", "format"), ("１２３４５６", "format"), ("520100\n", "format")]
    if name := pattern_name(where, sample.direction):
        wrong = {"date": "2023-02-29", "date_or_datetime": "2024-13-01", "datetime": "2024-01-01 24:00:00"}
        return [*found, (wrong.get(name, "0"), "format"), ("x", "format"), (str(value) + "\n", "format")]
    if isinstance(where.length, int):
        found += [("长" * (where.length + 1), "length"), ("x" * (where.length + 30), "length")]
    return found


def number_faults(sample: Sample, where: Field) -> list[tuple[Any, str]]:
    """Wrong numbers."""
    found: list[tuple[Any, str]] = [("abc", "type"), ("1,5", "type"), ("1e3", "type")]
    found.append((Decimal("0"), "type") if sample.numbers == "string" else ("1.x", "type"))
    if where.length is not None:
        precision = where.length[0] if isinstance(where.length, tuple) else where.length
        beyond = Decimal(10 ** (precision - where.decimals))
        found += [(written(sample, beyond), "range"), (written(sample, -beyond), "range")]
    if where.length is not None or where.type == "integer":
        found.append((written(sample, Decimal((0, (1,), -where.decimals - 1))), "decimals"))
    return found


@settings(max_examples=150, deadline=None)
@given(samples())
def test_a_message_made_from_the_dictionary_conforms(sample: Sample) -> None:
    """Both validators find nothing; what a receiver does not know it ignores."""
    assert [] == sample.problems(sample.message)
    sample.same(sample.message)
    assert [] == sample.problems({**sample.message, "enc_type": ["SM4"], "x": {"y": 1.5}})


@settings(max_examples=250, deadline=None)
@given(samples(), st.integers(0, 10**6))
def test_one_fault_gives_one_problem_at_its_place(sample: Sample, pick: int) -> None:
    """Path and rule are exact, and nothing else is reported: no second error, no error of the parent."""
    options = [
        (at, wrong, rule)
        for at, where, value in sample.places()
        for wrong, rule in faults(sample, where, value)
        if at not in (("infno",), ("infcode",), ("input",), ("output",))
    ]
    at, wrong, rule = options[pick % len(options)]
    message = put(sample.message, at, wrong)
    assert [(dotted(at), rule)] == sample.problems(message)
    sample.same(message)


garbage = st.sampled_from(
    [REMOVED, "", None, 0, -1, 5, 10**20, True, False, "x", "~" * 500, "1.5", "-7", "2024-02-30", "a\n", [], {}, [{}], [5],
     [None], {"data": {}}, {"data": 5}, [[]], Decimal("0.0000001"), Decimal("-1E+15"), Decimal("1E-39"), 10**39]
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(samples(), st.lists(st.tuples(st.integers(0, 10**6), garbage), min_size=1, max_size=6))
def test_both_validators_find_the_same_in_any_mess(sample: Sample, changes: list[tuple[int, Any]]) -> None:
    """Whatever stands wherever: same problems, same order, same words; at least an answer, never a crash."""
    message = sample.message
    for pick, value in changes:
        paths = [at for at, _ in walk(message, ())]
        at = paths[pick % len(paths)] if paths else ()
        if at and not (value is REMOVED and isinstance(at[-1], int)):
            message = put(message, at, value)
    sample.same(message)


@pytest.mark.parametrize("name", names())
def test_schemas_are_valid(name: str) -> None:
    """JSON Schema 2020-12 for every transaction, direction and way of writing numbers."""
    for infno in interface(name).transactions:
        for numbers in ("number", "string", "either"):
            for direction in ("request", "reply"):
                jsonschema_rs.meta.validate(schema(interface(name), infno, direction, numbers))


@pytest.mark.parametrize("direction", ["request", "reply"])
def test_schemas_are_valid_for_the_reference_as_well(direction: Direction) -> None:
    """The same by the other library, for the national interface; and both would refuse a schema that is none."""
    for infno in interface().transactions:
        jsonschema.Draft202012Validator.check_schema(schema(interface(), infno, direction))
    bad = {**schema(interface(), "2207", direction), "type": "objekt"}
    with pytest.raises(jsonschema.SchemaError):
        jsonschema.Draft202012Validator.check_schema(bad)
    with pytest.raises(jsonschema_rs.ValidationError):
        jsonschema_rs.meta.validate(bad)
