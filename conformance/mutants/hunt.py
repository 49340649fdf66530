"""Running the suite against its mutants: who catches what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from attrs import field, frozen

from conformance.mutants.known import Mutant
from conformance.pack import Pack
from conformance.profile import Profile
from conformance.result import RunResult
from conformance.run import certify_platform
from conformance.targets.platform import Clock, china_time
from conformance.targets.transport import InProcessTransport
from sim.lang import Text
from sim.platform.reference import Reference, reference


class Known(Protocol):
    """A known-bad implementation, of either side."""

    @property
    def id(self) -> str:
        """Its name."""
        ...

    @property
    def title(self) -> Text:
        """What is wrong with it."""
        ...


@frozen
class Caught:
    """A mutant and the checks that found something: check to number of findings."""

    mutant: Known
    by: Mapping[str, int] = field(hash=False)
    verdict: str = ""

    @property
    def survived(self) -> bool:
        """Whether nothing was found."""
        return not self.by


def run_against(
    platform: Reference, packs: Sequence[Pack], profile: Profile | None = None, clock: Clock = china_time
) -> RunResult:
    """Certify a platform in this process."""
    return certify_platform(InProcessTransport(platform.call, clock), profile or Profile(), packs, clock=clock)


def right(packs: Sequence[Pack], profile: Profile | None = None) -> RunResult:
    """The run against the unfaulted reference, which must find nothing."""
    chosen = profile or Profile()
    return run_against(reference(interface=chosen.interface), packs, chosen)


def run_mutant(
    mutant: Mutant, packs: Sequence[Pack], profile: Profile | None = None, only: Iterable[str] = ()
) -> RunResult:
    """Certify a mutant in this process."""
    transport = InProcessTransport(mutant.build().call, china_time, read=mutant.read, write=mutant.write)
    return certify_platform(transport, profile or Profile(), packs, only=only)


def hunt(
    packs: Sequence[Pack],
    mutants: Sequence[Mutant],
    profile: Profile | None = None,
    on_progress: Callable[[Caught], None] | None = None,
    whole: bool = False,
) -> tuple[Caught, ...]:
    """Run packs against each mutant and tell which checks caught it: only the scenarios that are named to catch it,
    where the packs have them, or with ``whole`` everything."""
    found: list[Caught] = []
    there = {scenario.id for pack in packs for scenario in pack.scenarios}
    for one in mutants:
        named = () if whole or not there.issuperset(one.scenarios) else one.scenarios
        result = run_mutant(one, packs, profile, named)
        by = Counter(finding.observation.check for finding in result.findings)
        caught = Caught(one, dict(sorted(by.items())), result.verdict)
        found.append(caught)
        if on_progress is not None:
            on_progress(caught)
    return tuple(found)
