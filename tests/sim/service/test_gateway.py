"""The gateway and the protection of the body, through the application."""

import asyncio
from datetime import timedelta

import httpx
import pytest
from platform_desk import NOW, Desk, world

from sim.interface import crypto, wire
from sim.interface.protection import Protection
from sim.interface.signature import sign
from sim.service import Settings, application
from sim.service.codec import protect
from sim.service.gateway import HeaderGate, RateGate
from sim.service.settings import Gateway, Limits

PRIVATE, OURS = "11" * 32, "22" * 32
KEYS = {"default": crypto.public_key(PRIVATE)}
SM4 = crypto.Sm4("0123456789abcdeffedcba9876543210")


class Moment:
    """A clock that is moved by hand."""

    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


def setup(clock=lambda: NOW, token="", **settings):
    return application(world(), clock=clock, settings=Settings(**settings), token=token)


def post(app, body, headers=(), path="/", **more):
    async def go():
        transport = httpx.ASGITransport(app, **more)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
            return await http.post(path, content=body, headers={"content-type": "application/json", **dict(headers)})

    return asyncio.run(go())


def query(app):
    desk = Desk(app.state.service.reference)
    return desk.message("1101", {"data": desk.shown()})


@pytest.mark.parametrize("unit", ["seconds", "milliseconds"])
@pytest.mark.parametrize("scheme", ["csb", "tif"])
def test_only_a_signed_message_passes(scheme, unit):
    """A minimal pair: the same body with and without its headers; the refusal is the gateway's own, not an envelope."""
    app = setup(gateway=Gateway(scheme, {"AK": "secret"}, unit))
    body = wire.encode(query(app))
    headers = sign(scheme, "AK", "secret", NOW, unit=unit, name="1101", nonce="1")
    assert 0 == post(app, body, headers).json()["infcode"]
    refused = post(app, body)
    assert (401, {"code", "message"}) == (refused.status_code, set(refused.json()))
    assert 401 == refused.json()["code"]
    assert 1 == app.state.service.recent.total


def test_a_refused_message_can_be_sent_again_with_the_right_headers():
    """The gateway uses no message number up."""
    app = setup(gateway=Gateway("tif", {"AK": "secret"}))
    body = wire.encode(query(app))
    assert 401 == post(app, body, sign("tif", "AK", "wrong", NOW, unit="seconds", name="1101", nonce="1")).status_code
    assert (
        0 == post(app, body, sign("tif", "AK", "secret", NOW, unit="seconds", name="1101", nonce="1")).json()["infcode"]
    )


@pytest.mark.parametrize("scheme", ["csb", "tif"])
def test_a_replayed_request_is_refused_until_its_time_is_over(scheme):
    """The same headers twice; with another nonce or time it passes; unless the gateway does not remember."""
    clock = Moment()
    gate = HeaderGate(Gateway(scheme, {"AK": "secret"}))
    first = sign(scheme, "AK", "secret", NOW, unit="seconds", name="1101", nonce="1")
    assert gate.refuse(first, clock()) is None
    assert "gateway.replayed" == gate.refuse(first, clock()).text.key
    later = sign(scheme, "AK", "secret", NOW + timedelta(seconds=1), unit="seconds", name="1101", nonce="2")
    assert gate.refuse(later, clock()) is None
    forgetful = HeaderGate(Gateway(scheme, {"AK": "secret"}, remembered=False))
    assert [None, None] == [forgetful.refuse(first, clock()) for _ in range(2)]


def test_what_is_remembered_does_not_grow_for_ever():
    """A nonce is forgotten only when its timestamp is outside the window anyway."""
    gate = HeaderGate(Gateway("tif", {"AK": "secret"}))
    for minute in range(300):
        now = NOW + timedelta(minutes=minute)
        assert (
            gate.refuse(sign("tif", "AK", "secret", now, unit="seconds", name="1101", nonce=str(minute)), now) is None
        )
        assert len(gate._seen) <= 62
    early = sign("tif", "AK", "secret", NOW, unit="seconds", name="1101", nonce="0")
    assert "gateway.outside_window" == gate.refuse(early, now).text.key


def test_the_rate_is_limited_by_client():
    """A burst, then so many a second; another client is not concerned."""
    gate = RateGate(Limits(per_second=10, burst=5))
    assert [None] * 5 == [gate.refuse("a", NOW) for _ in range(5)]
    assert 429 == gate.refuse("a", NOW).status
    assert gate.refuse("b", NOW) is None
    half_a_second = NOW + timedelta(milliseconds=500)
    assert [True] * 5 + [False] == [gate.refuse("a", half_a_second) is None for _ in range(6)]


def test_a_body_over_the_set_limit_is_refused_in_the_envelope():
    """Smaller than the interface's own limit."""
    app = setup(limits=Limits(body_bytes=100))
    assert "100" in post(app, b"x" * 101).json()["err_msg"]


def test_a_token_opens_messages_and_pages():
    """In a header, as a bearer, in the address; else 401 without an envelope."""
    app = setup(token="sesame")  # noqa: S106
    body = wire.encode(query(app))
    assert 401 == post(app, body).status_code
    assert 401 == post(app, body, {"x-yidi-token": "wrong"}).status_code
    ways = [({"x-yidi-token": "sesame"}, "/"), ({"authorization": "Bearer sesame"}, "/"), ({}, "/1101?token=sesame")]
    assert [0] * 3 == [post(app, body, headers, path).json()["infcode"] for headers, path in ways]


@pytest.mark.parametrize("cipher", [None, SM4], ids=["open", "encrypted"])
@pytest.mark.parametrize("signature", ["sm2-input", "sm2-fields", "sm3-input"])
def test_a_protected_message_is_opened_and_answered_protected(signature, cipher):
    """The reply is signed by the platform over its own output and can be opened by the client."""
    app = setup(protection=Protection(signature, KEYS, OURS, cipher=cipher))
    message = protect(query(app), Protection(signature, private_key=PRIVATE, cipher=cipher))
    reply = post(app, wire.encode(message)).json()
    assert 0 == reply["infcode"], reply
    if cipher is not None:
        text = cipher.decrypt(reply["output"])
        assert "SM4" == reply["enctype"]
    else:
        text = crypto.member_text(
            wire.encode(wire.decode(post(app, wire.encode(message)).content)).decode(), "output"
        ).encode()
    assert b"insuinfo" in text
    if signature == "sm2-input":
        assert crypto.sm2_verify(text, reply["cainfo"], crypto.public_key(OURS))
    elif signature == "sm3-input":
        assert crypto.sm3(text) == reply["cainfo"]


def test_a_changed_or_unsigned_message_is_refused_for_that_reason():
    """One digit of the input, no signature, another's key, plain text where cipher text is asked for."""
    app = setup(protection=Protection("sm2-input", KEYS))
    message = protect(query(app), Protection("sm2-input", private_key=PRIVATE))
    changed = wire.encode(message).replace(b'"mdtrt_cert_type":"01"', b'"mdtrt_cert_type":"02"')
    assert changed != wire.encode(message)
    assert "cainfo" in post(app, changed).json()["err_msg"]
    assert "cainfo" in post(app, wire.encode({**message, "cainfo": ""})).json()["err_msg"]
    other = protect(query(app), Protection("sm2-input", private_key=OURS))
    assert -1 == post(app, wire.encode(other)).json()["infcode"]
    locked = setup(protection=Protection(cipher=SM4))
    assert "SM4" in post(locked, wire.encode(query(locked))).json()["err_msg"]
    assert -1 == post(locked, wire.encode({**query(locked), "input": "AAAA"})).json()["infcode"]


def test_a_signature_covers_the_text_as_it_was_written():
    """Spaces inside the signed input do no harm, nor does an input that is itself text."""
    app = setup(protection=Protection("sm3-input"))
    message = query(app)
    text = wire.pretty(message["input"])
    head = wire.encode({**message, "cainfo": crypto.sm3(text.encode()), "input": 0}).decode()
    spaced = head.replace('"input":0', f'"input": {text} ')
    assert 0 == post(app, spaced.encode()).json()["infcode"]
    as_text = {**query(app), "cainfo": crypto.sm3(text.encode()), "input": text}
    assert 0 == post(app, wire.encode(as_text)).json()["infcode"]
