"""Compressed bodies of recorded traffic: unpacked for judging, within bounds."""

from __future__ import annotations

import zlib

from attrs import evolve

from conformance.conversation import Conversation, Exchange, Raw
from sim.interface import wire

CODINGS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""Content codings that can be unpacked, with the window bits that `zlib` takes for their headers."""


def unpacked(conversation: Conversation) -> Conversation:
    """The conversation with compressed bodies as they were before; a reply only where the request had allowed it.

    A body that cannot be unpacked, or not within ``wire.MAX_BYTES``, stays as it came: it is then no message.
    """
    return Conversation(tuple(map(_unpacked, conversation)))


def _unpacked(exchange: Exchange) -> Exchange:
    request, reply = _open(exchange.request), exchange.reply
    if reply is not None:
        allowed = ",".join(value.lower() for name, value in request.headers if name.lower() == "accept-encoding")
        coding = _coding(reply)
        if coding and (coding.removeprefix("x-") in allowed or "*" in allowed):
            reply = _open(reply)
    if request is exchange.request and reply is exchange.reply:
        return exchange
    return evolve(exchange, request=request, reply=reply)


def _coding(raw: Raw) -> str:
    return next((value.strip().lower() for name, value in raw.headers if name.lower() == "content-encoding"), "")


def _open(raw: Raw) -> Raw:
    """The message with its body unpacked and without the header that says it is packed."""
    bits = CODINGS.get(_coding(raw))
    if bits is None or not raw.body:
        return raw
    for window in (bits, -15) if bits == 15 else (bits,):  # deflate is sent with and without the zlib header
        unpacker = zlib.decompressobj(window)
        try:
            body = unpacker.decompress(raw.body, wire.MAX_BYTES + 1)
        except zlib.error:
            continue
        if len(body) > wire.MAX_BYTES or not unpacker.eof:
            return raw
        headers = tuple(header for header in raw.headers if header[0].lower() != "content-encoding")
        return evolve(raw, body=body, headers=headers)
    return raw
