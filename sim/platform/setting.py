"""What all parties of one reference share and never change."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from datetime import date
from typing import Any, TypeAlias

from attrs import field, frozen

from sim.benefits import Policy
from sim.interface import Interface
from sim.lang import Lang
from sim.platform.catalogue import Catalogue
from sim.platform.journal import REPLIES_KEPT
from sim.platform.people import Institution, People
from sim.platform.readings import Readings

Policies: TypeAlias = Callable[[str, str, date], Policy]
"""The policy of an insured place (division code), an insurance type and a day; raises InputError when there is none."""


@frozen
class Setting:
    """The shared knowledge of the parties.

    ``replies_kept``: how many replies to hospitals each province keeps to answer repetitions with (`Journal`).
    ``connected``: the provinces that can be reached. ``checked``: whether incoming messages are checked against the
    interface (switched off where a simulation sends only messages that were checked before).
    """

    interface: Interface
    people: People
    institutions: Mapping[str, Institution] = field(hash=False)
    catalogue: Catalogue
    policies: Policies
    connected: frozenset[str]
    readings: Readings
    checked: bool = True
    replies_kept: int = REPLIES_KEPT
    lang: Lang = "zh"


Output: TypeAlias = Any
"""An object, or a list where the interface gives the rows no node (5204)."""
Work: TypeAlias = "Generator[Any, Any, Output] | Output"
Handler: TypeAlias = Callable[[Any], Work]
"""Handles one transaction in one role: takes a `Context`, returns the ``output`` or a generator that returns it."""
