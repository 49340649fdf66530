"""Digests: of files, of a conversation link by link, of what was observed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal

from conformance.observation import Observation
from sim.interface import crypto
from sim.lang import Text

Algorithm = Literal["sha256", "sm3"]
ALGORITHMS: Mapping[str, Callable[[bytes], str]] = {
    "sha256": lambda data: hashlib.sha256(data).hexdigest(),
    "sm3": crypto.sm3,
}
"""How the bytes of a file become a hexadecimal digest."""


def digest(data: bytes, algorithm: str = "sha256") -> str:
    """The digest of some bytes, hexadecimal, lower case. SM3 raises InputError where its library is missing."""
    return ALGORITHMS[algorithm](data)


def link(before: str, line: bytes, algorithm: str = "sha256") -> str:
    """The digest of a line that follows another: over the digest before it (hexadecimal) and its own bytes.

    The first line follows an empty string.
    """
    return digest(before.encode() + line, algorithm)


def chain(lines: Iterable[bytes], algorithm: str = "sha256") -> Iterator[str]:
    """The link of every line, in order."""
    before = ""
    for line in lines:
        before = link(before, line, algorithm)
        yield before


def of_observations(observations: Iterable[Observation]) -> str:
    """One SHA-256 over everything observed, in order; sentences count by key and values, not by their wording."""
    rows = [
        (o.check, o.clause, o.status, o.basis, o.seq, o.scenario, o.run, o.step)
        if o.status == "pass"
        else (
            *(o.check, o.clause, o.status, o.basis, o.seq, o.scenario, o.run, o.step),
            *(o.path, o.label, o.expected, o.actual, o.why, o.cause),
        )
        for o in observations
    ]
    return hashlib.sha256(json.dumps(rows, default=_plain, separators=(",", ":")).encode()).hexdigest()


def _plain(value: Any) -> Any:
    return (value.key, dict(value.args)) if isinstance(value, Text) else str(value)
