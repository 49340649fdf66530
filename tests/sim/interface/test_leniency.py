"""Leniencies: each departure is read as what it means, told by its name, and nothing else is told."""

import json

import pytest

from sim.interface import interface, wire
from sim.interface.leniency import LENIENCIES, VERSION, from_headers, numbers_of, opened, read, text_of
from sim.lang import templates

IFACE = interface()
GOOD = {
    "infno": "2206",
    "infver": VERSION,
    "fixmedins_code": "H52010000001",
    "input": {"data": {"medfee_sumamt": 12, "psn_no": "1", "med_type": "11"}},
}
CHANGES = {
    "null_text": ({"sign_no": "null"}, {"sign_no": ""}),
    "null_value": ({"sign_no": None}, {"sign_no": None}),
    "number_as_text": ({"input": {"data": {"medfee_sumamt": "12"}}}, {"input": {"data": {"medfee_sumamt": "12"}}}),
    "empty_number": ({"input": {"data": {"medfee_sumamt": ""}}}, {"input": {"data": {"medfee_sumamt": ""}}}),
    "long_institution_code": ({"fixmedins_code": "H5201000000199"}, {"fixmedins_code": "H52010000001"}),
    "other_version": ({"infver": "1.0"}, {"infver": "1.0"}),
    "input_as_text": ({"input": json.dumps(GOOD["input"])}, {"input": GOOD["input"]}),
}


def test_a_message_as_the_interface_has_it_needs_no_leniency():
    """Nothing is told and nothing is changed."""
    reading = read(IFACE, GOOD)
    assert (GOOD, ()) == (reading.message, reading.used)


@pytest.mark.parametrize("name", CHANGES)
def test_each_departure_is_read_and_told(name):
    """A minimal pair with the message above; the form that comes out is the interface's."""
    change, expected = CHANGES[name]
    reading = read(IFACE, {**GOOD, **change})
    assert [name] == [each.name for each in reading.used]
    assert {**GOOD, **expected} == reading.message


def test_input_under_a_capital_letter_is_found():
    """Any mixture of capitals; the order of the members stays."""
    message = {"infno": "1101", "Input": {"data": {}}, "sign_no": ""}
    reading = opened(message)
    assert ["infno", "input", "sign_no"] == list(reading.message)
    assert [("capital_input", "Input")] == [(each.name, each.value) for each in reading.used]


def test_text_of_input_that_is_no_message_is_refused():
    """The same errors as for a whole body."""
    with pytest.raises(wire.WireError):
        opened({"input": '{"a": 1, "a": 2}'})


def test_codes_that_look_like_numbers_are_no_numbers():
    """Only fields that the dictionary says are numbers count: med_type is a code."""
    assert {"medfee_sumamt"} <= numbers_of(IFACE, "2206")
    assert not {"med_type", "psn_no"} & numbers_of(IFACE, "2206")
    assert frozenset() == numbers_of(IFACE, "0000")


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ('{"a": "中"}'.encode(), []),
        ('{"a": "中"}'.encode("gbk"), ["gbk_body"]),
        (b"\xef\xbb\xbf{}", ["byte_order_mark"]),
    ],
)
def test_the_text_of_a_body_is_found(body, names):
    """UTF-8 comes out, without the mark."""
    text, used = text_of(body)
    assert names == [each.name for each in used]
    assert text.decode() in ('{"a": "中"}', "{}")


def test_what_is_neither_utf8_nor_gbk_is_refused():
    """0xFF begins no character of either."""
    with pytest.raises(wire.WireError):
        text_of(b'{"a": "\xff"}')


@pytest.mark.parametrize(
    ("content_type", "expect", "names"),
    [
        ("application/json", "", []),
        ("application/json; charset=utf-8", "", []),
        ("Application/JSON", "", []),
        ("text/plain", "", ["text_plain"]),
        ("", "", ["text_plain"]),
        ("application/json", "100-continue", ["expect_continue"]),
    ],
)
def test_headers_are_told(content_type, expect, names):
    """Content type and expectation."""
    assert names == [each.name for each in from_headers(content_type, expect)]


def test_every_leniency_has_its_sentence_and_its_name():
    """Both texts exist, and the settings' schema knows all of them."""
    from sim.service.settings import schema

    for name in LENIENCIES:
        assert {f"leniency.{name}", f"leniency.name.{name}"} <= set(templates())
    assert set(LENIENCIES) == set(schema()["properties"]["wire"]["properties"]["leniencies"]["properties"])
