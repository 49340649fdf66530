"""Replies of a platform that signs and encrypts: the signature is there and right, the content encrypted and readable.

Signatures are checked over the plain text that was recorded, with the platform's public key: no secret is needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from conformance.checks.look import Look
from conformance.checks.sink import Sink
from conformance.conversation import Raw
from conformance.observation import Observation, Status
from conformance.sealing import Sealing
from sim.interface import crypto, wire
from sim.interface.protection import fits
from sim.lang import Text, say

CAINFO, OUTPUT = ("cainfo", "数字签名信息"), ("output", "交易输出")
WHY: Mapping[str, Text] = {
    "wrong padding": say("sealing.why.padding"),
    "not UTF-8": say("sealing.why.text"),
    "not JSON": say("sealing.why.json"),
}
"""What kept a content from being read once it had been decrypted; anything else is no cipher text at all."""

AROUND = frozenset({"ENV", "SEC"})
"""The families of clauses that need no content."""
SAID = frozenset({"expectation.accepted", "expectation.refused"})
"""Checks of whether a reply says yes or no, which stands beside the content."""


def unopened(look: Look) -> bool:
    """Whether the reply holds cipher text that nobody could read: nothing can be said about its content."""
    reply = look.exchange.reply
    return reply is not None and reply.opened is None and _is_cipher_text(_output(look))


def judge_sealing(looks: Sequence[Look], sealing: Sealing, sink: Sink) -> None:
    """Every reply that is a message and says yes or no."""
    for look in looks:
        if look.reply is None or look.yes is None:
            continue
        if sealing.encrypts:
            _encrypted(look, sink)
        if sealing.signs_replies:
            _signed(look, look.reply, sealing, sink)


def without_content(observations: Iterable[Observation], looks: Iterable[Look]) -> Iterator[Observation]:
    """The observations, where a content could not be read with nothing said for or against what is in it."""
    closed = {look.seq for look in looks if unopened(look)}
    for one in observations:
        if one.seq in closed and one.clause.partition("-")[0] not in AROUND and one.check not in SAID:
            why = say("sealing.not_opened")
            yield one._replace(status="not_judged", expected=None, actual=None, why=why, cause=None)
        else:
            yield one


def _output(look: Look) -> Any:
    return look.reply.get("output") if look.reply is not None else None


def _is_cipher_text(output: Any) -> bool:
    return isinstance(output, str) and output != "" and crypto.is_cipher_text(output)


def _encrypted(look: Look, sink: Sink) -> None:
    raw, output = look.exchange.reply, _output(look)
    if raw is None or (raw.opened is None and output in (None, "", {}, [])):
        return  # there is nothing that could be encrypted
    good = raw.opened is not None or _is_cipher_text(output)
    expected, cause = say("sealing.cipher_text"), say("sealing.cause.plain")
    actual = say("sealing.plain_text")
    check, clause = "security.reply_encrypted", "SEC-REPLY-ENCRYPTED"
    if not sink.verdict(good, check, clause, look, *OUTPUT, expected, actual, None, cause):
        return
    check, clause = "security.reply_opens", "SEC-REPLY-OPENS"
    if raw.opened is not None:
        sink.ok(check, clause, look)
    elif raw.unopened:
        why, cause = WHY.get(raw.unopened, say("sealing.why.padding")), say("sealing.cause.key")
        sink.note("fail", check, clause, look, *OUTPUT, say("sealing.readable"), why, None, cause)
    else:
        sink.note("not_judged", check, clause, look, why=say("sealing.not_opened"))


def _signed(look: Look, reply: Mapping[str, Any], sealing: Sealing, sink: Sink) -> None:
    given = reply.get("cainfo")
    check, clause = "security.reply_signed", "SEC-REPLY-SIGNED"
    if not isinstance(given, str) or not given:
        # a refusal may come from before the place that signs; a reply that something was done may not
        status: Status = "fail" if look.yes else "leniency"
        expected, actual, cause = say("sealing.a_signature"), say("judge.absent"), say("sealing.cause.unsigned")
        sink.note(status, check, clause, look, *CAINFO, expected, actual, None, cause if look.yes else None)
        return
    sink.ok(check, clause, look)
    check, clause = "security.reply_signature", "SEC-REPLY-SIGNATURE"
    if sealing.signature != "sm2-fields" and unopened(look):
        sink.note("not_judged", check, clause, look, why=say("sealing.not_opened"))
        return
    raw = look.exchange.reply
    content = b"" if raw is None else signed_text(raw, "output")
    good = fits(sealing.signature, given, content, reply, sealing.public_key)
    expected, actual = say("sealing.right_signature", kind=sealing.signature), say("sealing.other_signature")
    sink.verdict(good, check, clause, look, *CAINFO, expected, actual, None, say("sealing.cause.signature"))


def signed_text(raw: Raw, member: str) -> bytes:
    """The text that is signed: of the input or output as it stands in the body, or as it was before it was
    encrypted."""
    text = raw.opened[1] if raw.opened else crypto.member_text(raw.body.decode("utf-8-sig"), member) or ""
    return str(wire.DECODER.decode(text)).encode() if text.startswith('"') else text.encode()
