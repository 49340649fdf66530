"""The month's clearing in a campaign: every step, driven by somebody who crashes and begins again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from attrs import define

from sim.platform import Readings, Store
from sim.platform.clearing import Clearing
from tests.campaigns.host import Breakable, Crash, Fuse
from tests.campaigns.net import Net
from tests.campaigns.watch import Watch

MARCH, APRIL = "2024-03", "2024-04"
END = date(2024, 12, 31)
MOST = 400
"""Accesses to the stores before a crash, at most."""
TRIES = 6
"""After so many crashes a run is left to come to its end."""


@define(eq=False)
class Months:
    """Clears both months of a campaign. ``view``: how the clearing sees the stores, where a fault is planted in it."""

    net: Net
    disks: Mapping[str, Store]
    watch: Watch
    readings: Readings
    view: Callable[[Store], Any] = lambda store: store

    def run(self) -> None:
        """March, then April, each until it is through."""
        for month in (MARCH, APRIL):
            for n in range(TRIES):
                fails = n < TRIES - 1 and self.net.chance.happens(self.net.faults.crash, month, "clearing crash", n)
                at = 1 + self.net.chance.below(MOST, month, "clearing crash.at", n)
                fuse = Fuse(at if fails else -1, self.net.chance.happens(0.5, month, "clearing after", n))
                stores = {name: self.view(Breakable(disk, fuse)) for name, disk in self.disks.items()}
                through = self._attempt(Clearing(stores, readings=self.readings), month)
                self._look(month, through)
                if through:
                    break

    def _attempt(self, clearing: Clearing, month: str) -> bool:
        try:
            clearing.run(month, END)
        except Crash:
            for disk in self.disks.values():
                disk.rollback()
            self.net.note("crash", "clearing", "clearing", note=month)
            return False
        self.net.note("cleared", "clearing", "clearing", note=month)
        return True

    def _look(self, month: str, through: bool) -> None:
        """While a step is half done only its own document may differ between parties; afterwards none."""
        self.watch.month = "" if through else month
        self.watch.look()
