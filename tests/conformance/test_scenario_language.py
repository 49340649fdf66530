"""The scenario language: what is read, what is refused, and that it holds no code."""

import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.pack import Pack
from conformance.scenario import Scenario, schema
from conformance.scenario.load import parse_scenario, path_of
from sim.errors import InputError
from sim.files import dotted, parse_yaml

HEAD = "id: T-1\ntitle: {zh: 试, en: t}\nrequirements: [LIFE-ACCEPT]\n"


def read(text: str) -> Scenario:
    return parse_scenario(parse_yaml(HEAD + text, "t.yaml"))


def test_the_schema_is_a_schema() -> None:
    """It is published, so it must be valid itself."""
    jsonschema.Draft202012Validator.check_schema(dict(schema()))
    assert json.dumps(dict(schema()))


def test_steps_are_named_by_their_transaction() -> None:
    """The second of a kind gets a number, so that every step can be named."""
    scenario = read("steps:\n  - {send: 1101}\n  - {send: 2207}\n  - {send: 2207}\n  - {repeat: 2207}\n")
    assert ["1101", "2207", "2207_2", "repeat_2207"] == [step.name for step in scenario.steps]
    assert "same_reply" == scenario.steps[3].expect


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("steps:\n  - {send: 22070}\n", 5, "nearest valid name: 2207"),
        ("steps:\n  - {sned: 2207}\n", 5, "nearest valid name: send"),
        ("steps:\n  - {send: 2207, repeat: 1}\n", 5, "exactly one of"),
        ("steps:\n  - {repeat: 2207}\n", 5, "2207"),
        ("steps:\n  - {send: 2201, name: visit}\n  - {again: vist}\n", 6, "nearest valid name: visit"),
        ("steps:\n  - send: 2204\n    bill: [{item: XZ9900001}]\n", 6, "nearest valid name: XZ990000"),
        ("steps:\n  - send: 2204\n    bill: [{item: XZ99000001, quantity: 0}]\n", 6, "quantity"),
        ("steps:\n  - send: 2206\n    set: {input.data.x: {plus: 0.001}}\n", 6, "input.data.x"),
        ("steps:\n  - send: 2206\n    set: {'a..b': 1}\n", 6, "a..b"),
        ("steps:\n  - {send: 1101, person: other}\n", 5, "second person"),
        ("steps:\n  - {send: 1101, name: a}\n  - {send: 1101, name: a}\n", 6, "line 6"),
        ("needs:\n  features: [cancel]\nsteps:\n  - {send: 1101}\n", 5, "features[0]"),
        ("needs:\n  person: {insurance: employe}\nsteps:\n  - {send: 1101}\n", 5, "nearest valid name: employee"),
        ("base: X-1\n", 4, "base and fault"),
        ("base: X-1\nfault: {step: 2207, set: {a: 1, b: 2}}\n", 5, "exactly one fault"),
        ("base: X-1\nfault: {step: 2207, set: {a: 1}, remove: [b]}\n", 5, "exactly one fault"),
        ("steps:\n  - {send: 1101}\nrun: !!python/object:os.system {}\n", 6, "tags"),
    ],
)
def test_a_mistake_names_line_key_and_what_was_meant(text: str, line: int, says: str) -> None:
    """File, line, what was expected, the nearest valid name."""
    with pytest.raises(InputError) as caught:
        read(text)
    shown = caught.value.show("en")
    assert "t.yaml" in shown
    assert f"line {line}" in shown
    assert says in shown


names = st.from_regex(r"[a-z_]{1,8}", fullmatch=True)


@given(st.lists(st.tuples(names, st.lists(st.integers(0, 20), max_size=2)), min_size=1, max_size=5))
def test_a_path_is_read_as_it_is_written(parts: list[tuple[str, list[int]]]) -> None:
    """`path_of` undoes `dotted`."""
    path = tuple(step for name, numbers in parts for step in (name, *numbers))
    assert path == path_of(dotted(path))


def test_a_pair_differs_in_the_faulty_step_alone(outpatient: Pack) -> None:
    """Control and fault are the same conversation up to the fault, and one step is faulty."""
    negatives = [scenario for scenario in outpatient.scenarios if scenario.negative]
    for scenario in negatives:
        control, fault = list(scenario.steps_of("control")), list(scenario.steps_of("fault"))
        assert [scenario.faulty_step] == [step.name for step in fault if step.faulty], scenario.id
        assert not any(step.faulty for step in control)
        before = next(number for number, step in enumerate(fault) if step.faulty)
        assert control[:before] == fault[:before]
        assert "refused" == fault[before].expect


def test_a_third_of_the_pack_is_negative(outpatient: Pack) -> None:
    """At least eighteen scenarios, at least a third of them bound to a refusal."""
    negative = sum(scenario.negative for scenario in outpatient.scenarios)
    assert len(outpatient.scenarios) >= 18
    assert 3 * negative >= len(outpatient.scenarios)
