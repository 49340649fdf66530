"""One seed lived and audited; and of a seed that fails, the smallest world that still does."""

from __future__ import annotations

from collections import Counter

from attrs import evolve, field, frozen

from tests.campaigns.auditor import audit, heard, recovered
from tests.campaigns.disks import Disks, memory
from tests.campaigns.faults import KINDS, Faults
from tests.campaigns.net import Event
from tests.campaigns.planted import BUGS, NONE
from tests.campaigns.world import VISITS, live

COUNTED = ("sent", "lost", "late", "doubled", "gave_up", "crash")
"""Events of which a campaign tells how many there were."""


@frozen
class Seed:
    """What to run: everything that replays a world. ``bug`` names one of `planted.BUGS`."""

    number: int
    without: tuple[str, ...] = ()
    only: tuple[int, ...] | None = None
    bug: str = ""

    @property
    def options(self) -> str:
        """The options that replay it."""
        parts = [f"--seeds 1 --start {self.number}"]
        parts += [f"--without {','.join(self.without)}"] if self.without else []
        parts += [f"--only {','.join(map(str, self.only))}"] if self.only is not None else []
        parts += [f"--bug {self.bug}"] if self.bug else []
        return " ".join(parts)


@frozen
class Outcome:
    """What came of it. ``found``: (what it is about, what is wrong); ``counts`` of events and of settlements' fates."""

    seed: Seed
    found: tuple[tuple[str, str], ...]
    counts: Counter[str] = field(hash=False)
    log: list[Event] = field(hash=False)

    @property
    def trace(self) -> str:
        """Everything that happened, an event a line."""
        return "".join(event.line() + "\n" for event in self.log)

    @property
    def abouts(self) -> list[str]:
        """What the findings are about, each once."""
        return list(dict.fromkeys(about for about, _ in self.found if about))


def run(seed: Seed, disks: Disks = memory) -> Outcome:
    """Live a world and audit it."""
    only = None if seed.only is None else frozenset(seed.only)
    with disks(seed.number) as disk:
        bug = BUGS.get(seed.bug, NONE)
        past = live(seed.number, Faults().without(*seed.without), bug.build, only, disk, recovered, bug.view)
        found = audit(past)
    counts = Counter(event.what for event in past.log if event.what in COUNTED)
    counts["visits"] = len(past.cashiers)
    counts["events"] = len(past.log)
    counts.update(due.fate for due in heard(past.log)[0].dues.values())
    counts["found by reconciliation"] = sum(len(office.found) for office in past.offices)
    return Outcome(seed, tuple(found), counts, past.log)


def smallest(failing: Outcome) -> Outcome:
    """The same failure with as few visits and kinds of trouble as it needs, one left out after the other."""
    best, before = failing, None
    while best.seed != before:
        before = best.seed
        for n in range(VISITS) if before.only is None else before.only:
            rest = tuple(each for each in best.seed.only or range(VISITS) if each != n)
            best = _still(best, evolve(best.seed, only=rest)) if rest else best
        for kind in KINDS:
            if kind not in best.seed.without:
                best = _still(best, evolve(best.seed, without=(*best.seed.without, kind)))
    return best


def _still(best: Outcome, seed: Seed) -> Outcome:
    """The smaller world, if it fails as well."""
    tried = run(seed)
    return tried if tried.found else best
