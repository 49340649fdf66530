"""Bodies as people read them: JSON laid out, anything else as it came, cut where it gets too long for a page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from attrs import frozen

from conformance.conversation import Raw

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
    pretty = lay_out(message) if message is not None else ""
    same = message is not None and _compact(message) == text
    return Shown(
        head=raw.target if raw.status is None else f"HTTP {raw.status}",
        headers=raw.headers,
        laid_out=pretty[:LONGEST],
        sent="" if same else text[:LONGEST],
        size=size,
        cut=max(len(pretty), len(text)) > LONGEST,
    )


def lay_out(message: Mapping[str, Any]) -> str:
    """A message as indented JSON in its own order, every number with the digits it came with."""
    return _lay_out(message, "")


def _lay_out(value: Any, indent: str) -> str:
    inner = indent + "  "
    if isinstance(value, Mapping) and value:
        rows = [f"{inner}{_scalar(str(k))}: {_lay_out(v, inner)}" for k, v in value.items()]
        return "{\n" + ",\n".join(rows) + f"\n{indent}}}"
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(inner + _lay_out(v, inner) for v in value) + f"\n{indent}]"
    return _scalar(value)


def _compact(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{_scalar(str(k))}:{_compact(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_compact, value)) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    return str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)
