"""Reading a request: its body up to the limit, and the transaction that its path may name."""

from __future__ import annotations

import re
from collections.abc import Collection

from starlette.requests import Request

from sim.interface import wire
from sim.lang import say

DRAIN = 16 * wire.MAX_BYTES
"""How much of a body that is too large is read and thrown away, so that its sender gets to read the refusal."""
_GLUED = re.compile(r"(?:^|[^0-9])([0-9]{4,6}[A-Z]?)$")


async def read(request: Request) -> bytes:
    """The whole body. Raises WireError when it is larger than the interface allows; no more than that is kept."""
    kept: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= wire.MAX_BYTES:
            kept.append(chunk)
        else:
            kept.clear()
            if size > DRAIN:
                break
    if size > wire.MAX_BYTES:
        raise wire.WireError(say("wire.too_large", size=size, limit=wire.MAX_BYTES))
    return b"".join(kept)


def named_by(path: str, known: Collection[str]) -> str | None:
    """The transaction that a path names: its last segment, or the end of it (``poc-hsa-hgs-2207``)."""
    found = _GLUED.search(path.rstrip("/").rsplit("/", 1)[-1])
    return found[1] if found and found[1] in known else None
