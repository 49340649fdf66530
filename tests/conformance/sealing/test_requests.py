"""What goes over the wire where bodies are sealed: what is signed, what is left as it is."""

import asyncio
from typing import Any

import pytest

from conformance.conversation import Raw
from conformance.pack import load_pack
from conformance.profile import Profile
from conformance.run import certify_platform
from conformance.targets.platform import china_time
from conformance.targets.sealed import SealedTransport, Sealer
from conformance.targets.transport import InProcessTransport
from sim.interface import crypto, interface, wire
from sim.interface.protection import fits
from sim.platform import reference
from sim.service.codec import Codec, Turned
from sim.service.settings import Settings
from tests.conformance.sealing.sealed import KEY, OURS, broken, right, sealing


def carried(sent: list[bytes]) -> SealedTransport:
    """A transport that notes what would go over the wire and answers nothing that is a message."""

    def note(body: bytes) -> dict[str, Any]:
        sent.append(body)
        return {}

    return SealedTransport(InProcessTransport(lambda _, __: {}, china_time, read=note), Sealer(sealing()))


def test_the_same_body_goes_out_in_the_same_bytes() -> None:
    """A repetition repeats its signature too; another body has another."""
    sent: list[bytes] = []
    transport = carried(sent)
    body = wire.encode({"infno": "1101", "cainfo": "", "input": {"data": {"a": 1}}})

    async def send() -> None:
        for each in (body, body, body.replace(b"1101", b"1102")):
            await transport.send("1101", each)

    asyncio.run(send())
    assert sent[0] == sent[1] != sent[2]


def test_a_sealed_body_keeps_every_other_character() -> None:
    """White space and escapes stay, and the signature is over the text as it stands."""
    body = ' {\n "infno" : "1101", "input": {"data" :{"n":"\\u6d4b"}} , "cainfo": "" }\n'
    sealed = Sealer(sealing()).seal(body.encode())
    assert ("input", '{"data" :{"n":"\\u6d4b"}}') == sealed.opened
    message = wire.decode(sealed.body)
    content = crypto.Sm4(KEY).decrypt(message["input"])
    assert fits("sm2-input", message["cainfo"], content, message, crypto.public_key(OURS))
    back = crypto.with_member(sealed.body.decode(), "input", content.decode())
    assert f'{body[:-2]},"signtype":"SM2","encType":"SM4"}}\n' == crypto.with_member(back, "cainfo", '""')
    assert Raw(sealed.body, opened=sealed.opened).message == {**message, "input": {"data": {"n": "测"}}}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"a":1,"a":2}', b'{"infno":"1101","input":{}'])
def test_what_is_no_message_goes_out_as_it_is(body: bytes) -> None:
    """A scenario that spoils a body has spoiled it for good."""
    assert (body, None) == ((sealed := Sealer(sealing()).seal(body)).body, sealed.opened)


def test_a_signature_that_a_scenario_gave_is_left() -> None:
    """It wants to see what the platform makes of it."""
    sealed = Sealer(sealing()).seal(b'{"infno":"1101","cainfo":"made up","input":{}}')
    assert "made up" == wire.decode(sealed.body)["cainfo"]


def test_spoiled_bodies_are_signed_before_they_are_spoiled_or_as_they_stand() -> None:
    """Malformed bodies over a protected wire: each scenario goes as without it, so nothing that should be accepted was
    refused for lack of a signature; and a body that was cut bears its signature, which is not its second fault."""
    codec = Codec(interface(), Settings().wire, right())

    def read_body(body: bytes) -> dict[str, Any]:
        try:
            return codec.open(body).message
        except Turned as turned:
            raise wire.WireError(turned.text) from None

    inner = InProcessTransport(reference().call, china_time, read=read_body, write=codec.close)
    only = ["MAL-001", "MAL-002", "MAL-003", "MAL-N01"]
    profile = Profile(protection=sealing())
    transport = SealedTransport(inner, Sealer(sealing()))
    result = certify_platform(transport, profile, [load_pack("malformed")], only=only)
    assert ("passed", set()) == (result.verdict, broken(result))
    assert ["passed"] * 4 == [scenario.status for scenario in result.scenarios]
    cut = next(e for e in result.conversation if e.run == "fault" and e.request.message is None)
    assert b'"cainfo":"M' in cut.request.body
