"""Which side is explored: a platform at an address, or a hospital system that is driven."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from conformance.drive import driver_for
from conformance.explore.hospital import explore_hospital
from conformance.explore.platform import explore_platform
from conformance.explore.search import Explored
from conformance.profile import Profile
from sim.errors import InputError
from sim.lang import say


def explore(
    target: str,
    drive: str,
    drive_url: str,
    profile: Profile,
    *,
    examples: int,
    seed: int,
    on_progress: Callable[[], None] | None = None,
    command: Sequence[str] = (),
) -> Explored:
    """Explore what the command line names. Raises InputError when it names both sides."""
    if not drive and not drive_url:
        return explore_platform(
            target or profile.url, profile, examples=examples, seed=seed, on_progress=on_progress, command=command
        )
    if target:
        raise InputError(say("hospital.explore.no_sides"))
    driver = driver_for(drive, drive_url)
    return explore_hospital(driver, profile, examples=examples, seed=seed, on_progress=on_progress, command=command)
