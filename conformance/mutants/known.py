"""The register of known-bad platforms: each with what is wrong, where that shows, and which check must see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import field, frozen

from sim.interface import wire
from sim.lang import Text, say
from sim.platform.reference import Reference

Build = Callable[[], Reference]
Read = Callable[[bytes], dict[str, Any]]
Write = Callable[[dict[str, Any]], bytes]


@frozen
class Mutant:
    """A known-bad platform. ``build()`` makes a fresh one; ``read`` and ``write`` are its reader of bodies and its
    writer of replies. ``check`` finds its fault in ``scenarios``."""

    id: str
    title: Text
    build: Build = field(hash=False)
    scenarios: tuple[str, ...] = ()
    check: str = ""
    read: Read = field(default=wire.decode, hash=False)
    write: Write = field(default=wire.encode, hash=False)


REGISTER: dict[str, Mutant] = {}
"""Every known-bad platform by id."""


def known(scenarios: str, check: str) -> Callable[[Build], Build]:
    """Register what a function builds under the function's name; its line is ``mutant.<name>`` in the texts.
    ``scenarios``: their ids, with a blank in between."""

    def keep(build: Build) -> Build:
        add(build.__name__, build, scenarios, check)
        return build

    return keep


def add(
    name: str,
    build: Build,
    scenarios: str,
    check: str,
    title: Text | None = None,
    read: Read = wire.decode,
    write: Write = wire.encode,
) -> None:
    """Register one; see `known`. Raises ValueError for a name that repeats."""
    if name in REGISTER:
        raise ValueError(f"two known-bad platforms are called {name}")
    REGISTER[name] = Mutant(name, title or say(f"mutant.{name}"), build, tuple(scenarios.split()), check, read, write)


def register() -> Mapping[str, Mutant]:
    """All that were registered, in order of id."""
    return dict(sorted(REGISTER.items()))
