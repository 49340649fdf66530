"""Bodies as people read them: JSON laid out, anything else as it came, cut where it gets too long for a page."""

from __future__ import annotations

from attrs import frozen

from conformance.conversation import Raw
from sim.interface import wire

LONGEST = 24 * 1024
"""Characters of one body that a page shows; the recorded conversation has all of them."""


@frozen
class Shown:
    """One message for a page. ``laid_out`` is empty when the body is not a JSON object; ``sent`` is empty when the
    body is just what was laid out, without the white space."""

    head: str
    headers: tuple[tuple[str, str], ...]
    laid_out: str
    sent: str
    size: int
    cut: bool


def show(raw: Raw, size: int) -> Shown:
    """A message for a page; ``size`` is the number of bytes that really went over the line."""
    text = raw.body.decode("utf-8", "backslashreplace")
    message = raw.message
    pretty = wire.pretty(message) if message is not None else ""
    same = message is not None and wire.encode(dict(message)) == raw.body
    return Shown(
        head=raw.target if raw.status is None else f"HTTP {raw.status}",
        headers=raw.headers,
        laid_out=pretty[:LONGEST],
        sent="" if same else text[:LONGEST],
        size=size,
        cut=max(len(pretty), len(text)) > LONGEST,
    )
