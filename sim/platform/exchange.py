"""What passes between a party's generator and whoever drives it."""

from __future__ import annotations

from collections.abc import Generator
from datetime import datetime
from typing import Any, TypeAlias

from attrs import field, frozen

HUB = "hub"
"""The name of the national hub among the parties."""


@frozen
class Outbound:
    """A message that a party must have answered before it can go on. ``to``: ``"hub"`` or a province code."""

    to: str
    message: dict[str, Any] = field(hash=False)


@frozen
class Answer:
    """The reply to an `Outbound`; ``at`` is when it came, if later than the message being handled."""

    message: dict[str, Any] = field(hash=False)
    at: datetime | None = None


@frozen
class Lost:
    """No usable reply came to an `Outbound`: whether it was carried out is not known."""

    at: datetime | None = None


Steps: TypeAlias = Generator[Outbound, "Answer | Lost", dict[str, Any]]
"""A handler under way; it returns a reply (a party) or an ``output`` (a handler)."""
