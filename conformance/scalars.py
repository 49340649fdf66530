"""Every name and value of a message, for those who look for what identifies people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def scalars(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Names with their strings and numbers, those in lists under the list's name; no null, no true or false."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from scalars(inner, str(key))
    elif isinstance(value, list):
        for inner in value:
            yield from scalars(inner, name)
    elif value is not None and not isinstance(value, bool):
        yield name, value
