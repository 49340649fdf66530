"""Bodies that are no messages, told as what was done to one that is: each way of `spoil.SPOILS`, backwards."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator

from attrs import evolve

from conformance.conversation import Exchange
from conformance.scenario.spoil import BOM, SPOILS
from sim.interface import wire

Spoil = tuple[str, int]
LARGEST = wire.MAX_BYTES
_EXTENSION = b',"exp_content_ext":'
_INFNO = re.compile(rb'"infno"\s*:\s*"([0-9]{4}[A-Z]?)"')


def readable(exchanges: Iterable[Exchange]) -> tuple[tuple[Exchange, ...], dict[int, Spoil]]:
    """The exchanges with readable bodies, and what had been done to those that were not.

    Of a body that was cut off only the transaction is known; a scenario then cuts off its own message.
    """
    found: list[Exchange] = []
    spoils: dict[int, Spoil] = {}
    for exchange in exchanges:
        request = exchange.request
        if request.recorded and request.message is None:
            told = _told(request.body)
            if told is not None:
                body, spoils[exchange.seq] = told
                found.append(evolve(exchange, request=evolve(request, body=body)))
                continue
        found.append(exchange)
    return tuple(found), spoils


def _told(body: bytes) -> tuple[bytes, Spoil] | None:
    for name, count, before in _ways(body):
        if before is None or not _is_message(before):
            continue
        if SPOILS[name](before, count) == body or name in _LOOSE:
            return before, (name, max(1, count))
    return _nothing_left(body)


_LOOSE = frozenset({"gzip", "form", "single_quotes", "not_utf8", "half_character", "key_twice", "nested", "padded"})
"""Ways whose result may have been written otherwise: other digits of a checksum, other places in the body."""


def _ways(body: bytes) -> Iterator[tuple[str, int, bytes | None]]:
    """Every way, and the body that there was before, if it was done to this one."""
    yield "bom", 1, body[len(BOM) :] if body.startswith(BOM) else None
    yield "gbk", 1, _recoded(body, "gb18030")
    yield "utf16", 1, _recoded(body, "utf-16")
    yield "gzip", 1, _unpacked(body)
    yield "list", 1, body[1:-1] if body.startswith(b"[") else None
    yield "twice", 1, body[: len(body) // 2] if body[: len(body) // 2] == body[len(body) // 2 :] else None
    yield "trailing_comma", 1, body[:-2] + b"}" if body.endswith(b",}") else None
    yield "single_quotes", 1, body.replace(b"'", b'"') if b'"' not in body else None
    yield "form", 1, body[len(b"data=") :] if body.startswith(b"data=") else None
    yield "key_twice", 1, _without(body, rb',"infno":"1101"\}\Z')
    yield "not_utf8", 1, _without(body, rb',"exp_content_ext":"\xff\xfe"\}\Z')
    yield "not_a_number", 1, _without(body, rb',"exp_content_ext":NaN\}\Z')
    yield "half_character", 1, _without(body, rb',"exp_content_ext":"\\ud800"\}\Z')
    head, found, tail = body.partition(_EXTENSION)
    if found:
        nested = tail.startswith(b"[")
        yield ("nested" if nested else "padded"), (tail.count(b"[") if nested else len(tail)), head + b"}"
    yield from (("cut", count, body + end) for count, end in enumerate((b"}", b"}}", b"]}}"), 1))


def _nothing_left(body: bytes) -> tuple[bytes, Spoil] | None:
    """Bodies in which nothing is left of a message, or only its beginning."""
    asked = _INFNO.search(body[:2000])
    begun = json.dumps({"infno": asked[1].decode() if asked else ""}).encode()
    kinds: dict[str, Callable[[bytes], bool]] = {
        "empty": lambda one: not one,
        "blank": lambda one: not one.strip(),
        "null": lambda one: one.strip() == b"null",
        "string": lambda one: one[:1] == one[-1:] == b'"',
        "number": lambda one: one.strip().isdigit(),
        "xml": lambda one: one.lstrip()[:1] == b"<",
    }
    kind = next((name for name, test in kinds.items() if test(body)), "")
    if kind:
        return b"{}", (kind, 1)
    return (begun, ("cut", max(2, len(body) // 2))) if body.startswith(b"{") and asked else None


def _is_message(body: bytes) -> bool:
    try:
        return bool(wire.decode(body))
    except wire.WireError:
        return False


def _recoded(body: bytes, encoding: str) -> bytes | None:
    try:
        return body.decode(encoding).encode()
    except UnicodeError:
        return None


def _unpacked(body: bytes) -> bytes | None:
    """At most as much as a message may have: a small body that unfolds into a huge one is left."""
    if not body.startswith(b"\x1f\x8b"):
        return None
    try:
        return zlib.decompressobj(wbits=31).decompress(body, LARGEST)
    except (zlib.error, gzip.BadGzipFile, EOFError):
        return None


def _without(body: bytes, pattern: bytes) -> bytes | None:
    found = re.search(pattern, body)
    return body[: found.start()] + b"}" if found else None
