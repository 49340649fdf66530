"""Bodies to messages and back."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.interface import wire

amounts = st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**14), max_value=10**14)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | amounts | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=20,
)
messages = st.dictionaries(st.text(st.characters(codec="utf-8")), values, max_size=5)


def kinds(value: Any) -> Any:
    """The value with the type of every leaf beside it, so that 1 and Decimal("1") differ."""
    if isinstance(value, dict):
        return {key: kinds(one) for key, one in value.items()}
    if isinstance(value, list):
        return [kinds(one) for one in value]
    return (type(value), str(value))


@given(messages)
def test_a_message_survives_the_wire(message: dict[str, Any]) -> None:
    """decode(encode(m)) is m: same values, same types, same digits."""
    assert kinds(message) == kinds(wire.decode(wire.encode(message)))


@given(amounts)
def test_an_amount_keeps_its_digits(amount: Decimal) -> None:
    """What is written is the amount digit for digit; a reader that used floats would lose them."""
    assert b'{"a":%s}' % format(amount, "f").encode() == wire.encode({"a": amount})


@given(messages)
def test_the_body_is_json_that_any_reader_understands(message: dict[str, Any]) -> None:
    """Another JSON reader finds the same values."""
    assert message == json.loads(wire.encode(message), parse_float=Decimal)


@pytest.mark.parametrize("written", ["4.5", "4.50", "-0.05", "1e2", "1.5E-3", "123456789012345678.25"])
def test_a_number_with_a_point_or_exponent_is_a_decimal(written: str) -> None:
    """No float ever comes out of a body."""
    value = wire.decode(f'{{"a": {written}}}'.encode())["a"]
    assert isinstance(value, Decimal)
    assert Decimal(written) == value


@pytest.mark.parametrize(
    ("body", "key", "words"),
    [
        (b"", "wire.empty", "empty"),
        (b" \r\n\t", "wire.empty", "empty"),
        (b"\xef\xbb\xbf", "wire.empty", "empty"),
        (b"{" + b" " * wire.MAX_BYTES + b"}", "wire.too_large", "4194304"),
        ('{"name": "张三"}'.encode("gb18030"), "wire.not_utf8", "from byte 10"),
        ("{}".encode("utf-16"), "wire.not_utf8", "from byte 0"),
        (b"{", "wire.not_json", "line 1"),
        (b'{"a": 1,}', "wire.not_json", "line 1"),
        (b"{'a': 1}", "wire.not_json", "column 2"),
        (b'{"a": 1} {"b": 2}', "wire.not_json", "Extra data"),
        (b'{"a": 01}', "wire.not_json", "line 1"),
        (b'{"a": "\x01"}', "wire.not_json", "control character"),
        (b"<xml/>", "wire.not_json", "line 1"),
        (b"[]", "wire.not_object", "list"),
        (b'"text"', "wire.not_object", "string"),
        (b"12", "wire.not_object", "number"),
        (b"1.5", "wire.not_object", "number"),
        (b"true", "wire.not_object", "boolean"),
        (b"null", "wire.not_object", "null"),
        (b'{"a": NaN}', "wire.not_a_number", "NaN"),
        (b'{"a": -Infinity}', "wire.not_a_number", "-Infinity"),
        (b'{"pay": 1, "b": 2, "pay": 3}', "wire.duplicate_key", "pay"),
        (b'{"x": [{"pay": 1, "pay": 1}]}', "wire.duplicate_key", "pay"),
        (b'{"a": 1' + b"0" * 5000 + b"}", "wire.number_too_long", "1000"),
        (b'{"a": 1e999999999}', "wire.number_too_long", "1e999999999"),
        (b'{"a": 1e-999999999}', "wire.number_too_long", "1e-999999999"),
        (b'{"a": 0.' + b"1" * 100 + b"}", "wire.number_too_long", "0.111"),
        (b'{"a":' + b"[" * 40 + b"]" * 40 + b"}", "wire.too_deep", "32"),
        (b'{"a":' * 40 + b"1" + b"}" * 40, "wire.too_deep", "32"),
        (b'{"a":' + b"[" * 1_000_000 + b"]" * 1_000_000 + b"}", "wire.too_deep", "32"),
        (b'{"a": "\\ud83d"}', "wire.half_character", "surrogate"),
        (b'{"a": "\\ude00\\ud83d"}', "wire.half_character", "surrogate"),
    ],
)
def test_a_malformed_body_is_refused_with_its_reason(body: bytes, key: str, words: str) -> None:
    """Each way to be no message has its own text, in both languages."""
    with pytest.raises(wire.WireError) as caught:
        wire.decode(body)
    assert key == caught.value.text.key
    assert words in str(caught.value)
    assert caught.value.text.show("zh") != caught.value.text.show("en")


@given(st.binary(max_size=200) | st.text(max_size=100).map(lambda t: t.encode("utf-8", "surrogatepass")))
def test_any_bytes_give_a_message_or_a_reason(body: bytes) -> None:
    """Nothing but a dict or a WireError comes out of decode."""
    outcome: object
    try:
        outcome = wire.decode(body)
    except wire.WireError as error:
        outcome = error.text.show("zh")
    assert isinstance(outcome, dict | str)


def test_nesting_is_counted_from_the_message_itself() -> None:
    """32 levels pass, 33 do not, however many containers stand side by side."""
    limit = wire.MAX_DEPTH
    assert wire.decode(b'{"a":' + b"[" * (limit - 1) + b"]" * (limit - 1) + b"}")
    with pytest.raises(wire.WireError):
        wire.decode(b'{"a":' + b"[" * limit + b"]" * limit + b"}")
    assert 500 == len(wire.decode(json.dumps({"a": [{}] * 500}).encode())["a"])


def test_a_byte_order_mark_and_escaped_characters_are_read() -> None:
    """What real clients send: a mark in front, Chinese as escapes, pairs of surrogates."""
    assert {"a": "中😀"} == wire.decode(b'\xef\xbb\xbf{"a": "\\u4e2d\\ud83d\\ude00"}')


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity"), Decimal("1e999"), object(), {1, 2}])
def test_what_json_does_not_have_is_not_written(value: Any) -> None:
    """encode never writes something that decode would refuse."""
    with pytest.raises(TypeError):
        wire.encode({"a": value})
