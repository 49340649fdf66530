"""Reading a request: its body up to the limit, and the transaction that its path may name."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection
from typing import TYPE_CHECKING

from sim.interface import wire
from sim.lang import say

if TYPE_CHECKING:
    from starlette.types import Receive

DRAIN = 16 * wire.MAX_BYTES
"""How much of a body that is too large is read and thrown away, so that its sender gets to read the refusal."""
_GLUED = re.compile(r"(?:^|[^0-9])([0-9]{4,6}[A-Z]?)$")


class Gone(Exception):  # noqa: N818 - a signal, not an error
    """The client closed the connection before its request was whole."""


async def read(receive: Receive, limit: int = wire.MAX_BYTES, seconds: float = 30) -> bytes:
    """The whole body. Raises WireError when it is larger than the limit (no more than that is kept), TimeoutError when
    it has not come in time, Gone when the client left."""
    async with asyncio.timeout(seconds):
        message = await receive()
        if message["type"] == "http.request" and not message.get("more_body"):
            whole: bytes = message.get("body", b"")
            size, kept = len(whole), [whole]
        else:
            size, kept = await _rest(receive, limit, message)
    if size > limit:
        raise wire.WireError(say("wire.too_large", size=size, limit=limit))
    return b"".join(kept)


async def _rest(receive: Receive, limit: int, message: object) -> tuple[int, list[bytes]]:
    kept: list[bytes] = []
    size = 0
    while True:
        assert isinstance(message, dict)  # noqa: S101 - what ASGI promises
        if message["type"] == "http.disconnect":
            raise Gone
        chunk = message.get("body", b"")
        size += len(chunk)
        if size <= limit:
            kept.append(chunk)
        else:
            kept.clear()
        if not message.get("more_body") or size > DRAIN:
            return size, kept
        message = await receive()


def named_by(path: str, known: Collection[str]) -> str | None:
    """The transaction that a path names: its last segment, or the end of it (``poc-hsa-hgs-2207``)."""
    found = _GLUED.search(path.rstrip("/").rsplit("/", 1)[-1])
    return found[1] if found and found[1] in known else None
