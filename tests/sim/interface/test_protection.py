"""The text of one member of a body, read and replaced without touching a character around it; signing and its twin."""

import pytest

from sim.interface import crypto, wire
from sim.interface.protection import Protection, fits, signed

PRIVATE = "11" * 32
BODY = '{ "infno" : "1101",\n "input": {"a":  [1, 2.50], "b": "}\\"{"} , "cainfo":""}'


def test_one_member_is_replaced_and_every_other_character_stays():
    """Spaces, escapes and braces inside texts do no harm; what is put in is read out again as it was."""
    assert '{"a":  [1, 2.50], "b": "}\\"{"}' == crypto.member_text(BODY, "input")
    changed = crypto.with_member(BODY, "input", '"cipher"')
    assert '{ "infno" : "1101",\n "input": "cipher" , "cainfo":""}' == changed
    assert BODY == crypto.with_member(changed, "input", crypto.member_text(BODY, "input"))


@pytest.mark.parametrize(
    ("body", "expected"), [("{}", '{"x":1}'), ('{"a":1}\n', '{"a":1,"x":1}\n'), ("{ }", '{ "x":1}')]
)
def test_a_member_that_is_not_there_is_put_at_the_end(body, expected):
    """The body stays a JSON object."""
    assert expected == crypto.with_member(body, "x", "1")
    assert 1 == wire.decode(expected.encode())["x"]


@pytest.mark.parametrize("kind", ["sm2-input", "sm2-fields", "sm3-input"])
def test_what_signs_fits_that_message_and_no_other(kind):
    """Changed content, changed fields or another key fit only where the kind does not cover them."""
    message = {"infno": "1101", "msgid": "1", "input": {"a": 1}}
    public, other = crypto.public_key(PRIVATE), crypto.public_key("22" * 32)
    given = signed(Protection(kind, private_key=PRIVATE), b'{"a":1}', message)["cainfo"]
    assert fits(kind, given, b'{"a":1}', message, public)
    assert (kind == "sm2-fields") == fits(kind, given, b'{"a":2}', message, public)
    assert (kind != "sm2-fields") == fits(kind, given, b'{"a":1}', {**message, "msgid": "2"}, public)
    assert (kind == "sm3-input") == fits(kind, given, b'{"a":1}', message, other)


def test_a_private_key_is_never_shown():
    """Neither where a setting is printed nor in a traceback that prints it."""
    shown = repr(Protection("sm2-input", private_key=PRIVATE, cipher=crypto.Sm4("22" * 16)))
    assert PRIVATE not in shown
    assert "22" * 16 not in shown
