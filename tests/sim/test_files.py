"""YAML that people write: exact values, a line for everything, errors that name file, line and key."""

from decimal import Decimal
from pathlib import Path

import pytest

from sim.errors import BadFileError, InputError
from sim.files import check, dotted, parse_yaml, read_yaml

SCHEMA = {
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string"},
        "kind": {"enum": ["inpatient", "outpatient"]},
        "ratio": {"type": "number", "minimum": 0, "maximum": 1},
        "steps": {
            "type": "array",
            "items": {
                "oneOf": [
                    {
                        "type": "object",
                        "required": ["send"],
                        "additionalProperties": False,
                        "properties": {"send": {"type": "string"}, "expect": {"enum": ["accepted", "refused"]}},
                    },
                    {"type": "string"},
                ]
            },
        },
    },
}


def problems(text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        check(parse_yaml(text, "plan.yaml"), SCHEMA)
    return str(caught.value).splitlines()


def test_codes_keep_their_zeros_and_numbers_their_digits() -> None:
    """YAML 1.2: 010, yes and 12:30 are strings; a number with a point is a Decimal with its digits."""
    data = parse_yaml("[010, yes, 12:30, 1.50, 3, true, ~, '7']").data
    assert ["010", "yes", "12:30", Decimal("1.50"), 3, True, None, "7"] == data
    assert str(data[3]) == "1.50"


def test_all_problems_come_at_once_in_order_of_line() -> None:
    """Each with file, line, key, and the nearest valid name where a name is wrong."""
    found = problems("nam: x\nkind: outpatien\nsteps:\n  - send: '2201'\n    expct: refused\n")
    assert [
        "plan.yaml, line 1, key nam: unknown key nam; allowed here: kind, name, ratio, steps (nearest valid name: name)",
        "plan.yaml, line 1, key name: the key name is missing",
        "plan.yaml, line 2, key kind: 'outpatien' is not one of: inpatient, outpatient (nearest valid name: outpatient)",
        "plan.yaml, line 5, key steps[0].expct: unknown key expct; allowed here: expect, send (nearest valid name: expect)",
    ] == found


def test_each_missing_key_is_named() -> None:
    """Two missing keys are two problems, not one said twice."""
    schema = {"type": "object", "required": ["a", "it's", "c"]}
    with pytest.raises(BadFileError) as caught:
        check(parse_yaml("a: 1\n", "f.yaml"), schema)
    assert ["c", "it's"] == sorted(p.place.key for p in caught.value.problems)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb: [1\n", 3, "not valid YAML"),
        ("a: 1\nb: 2\na: 3\n", 3, "first on line 1"),
        ("a: &x 1\nb: *x\n", 1, "aliases"),
        ("a: !!python/object:os.system x\n", 1, "tags are not allowed"),
        ("a: !!binary aGk=\n", 1, "tags are not allowed"),
    ],
)
def test_what_is_not_plain_yaml_is_refused_with_its_line(text: str, line: int, words: str) -> None:
    """Broken syntax, duplicate keys, aliases (a bomb needs them) and tags (code needs them)."""
    with pytest.raises(InputError) as caught:
        parse_yaml(text, "f.yaml")
    assert f"line {line}" in str(caught.value)
    assert words in str(caught.value)


def test_a_missing_file_and_a_foreign_encoding_are_said_plainly(tmp_path: Path) -> None:
    """What, where; never a traceback."""
    with pytest.raises(InputError, match="not found"):
        read_yaml(tmp_path / "none.yaml")
    file = tmp_path / "gbk.yaml"
    file.write_bytes("name: 北京".encode("gbk"))
    with pytest.raises(InputError, match="not UTF-8"):
        read_yaml(file)


def test_an_error_is_shown_in_chinese_too() -> None:
    """Same facts, other language."""
    with pytest.raises(BadFileError) as caught:
        check(parse_yaml("name: 1\n", "p.yaml"), SCHEMA)
    assert "p.yaml 第 1 行，键 name" in caught.value.show("zh")


def test_paths_are_shown_as_people_write_them() -> None:
    """Dots between names, brackets around positions."""
    assert "steps[2].send" == dotted(("steps", 2, "send"))
