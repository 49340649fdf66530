"""What is kept of a known-bad hospital client."""

from __future__ import annotations

from collections.abc import Callable

from attrs import field, frozen

from conformance.example.hospital_client import Hospital
from conformance.profile import Profile
from sim.lang import Text


@frozen
class HospitalMutant:
    """A known-bad hospital client. ``build()`` makes a fresh one; ``check`` finds its fault in ``scenarios``.
    ``profile``: that of the gateway which it is behind, if it is."""

    id: str
    title: Text
    build: Callable[[], Hospital] = field(hash=False)
    scenarios: tuple[str, ...]
    check: str
    profile: Profile | None = field(default=None, hash=False)


Clients = tuple[tuple[type[Hospital], str, str], ...]
"""Clients, each with the check that must see its fault (less its room), and a scenario in which it does."""


def called(client: type[Hospital]) -> str:
    """``RetriesUnderNewIds`` as ``hospital_retries_under_new_ids``."""
    return "hospital" + "".join(f"_{char.lower()}" if char.isupper() else char for char in client.__name__)
