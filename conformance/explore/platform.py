"""Exploring a platform: conversations are made up until one fails, and the shortest that fails the same way is kept."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import hypothesis
from attrs import evolve
from hypothesis.stateful import run_state_machine_as_test

from conformance.explore.machine import machine
from conformance.explore.search import Explored, Found, Search, effort
from conformance.explore.talk import Row, Sketch, simpler
from conformance.pack import Pack
from conformance.profile import Profile
from conformance.result import RunResult
from conformance.run import certify_platform, reach
from conformance.scenario.model import PersonNeed
from conformance.targets.platform import Clock, china_time
from conformance.targets.transport import Transport
from sim.errors import InputError
from sim.lang import say

STEPS = 18
"""Choices in a conversation at most."""
SHRINKS = 250
"""Conversations played at most to make a failing one shorter."""
PEOPLE: Sequence[dict[str, Any]] = (
    {"insurance": "employee", "account": True},
    {"insurance": "resident"},
    {"insurance": "employee", "retired": True},
    {"insurance": "employee", "retired": False, "account": True},
    {"insurance": "employee", "filing": "none"},
    {"insurance": "resident", "filing": "long_term"},
    {"insurance": "employee", "place": "local"},
)
"""Whom conversations are about, the simplest first; those whom the profile does not have are left out."""


def explore_platform(
    target: str | Transport,
    profile: Profile,
    *,
    examples: int = 100,
    seed: int = 0,
    clock: Clock = china_time,
    on_progress: Callable[[], None] | None = None,
    stopped: Callable[[], bool] = lambda: False,
    command: Sequence[str] = (),
) -> Explored:
    """Play ``examples`` conversations made from ``seed``, or fewer if one fails.

    Raises InputError when the profile has nobody for any conversation, or ``target`` is no address.
    """
    transport = reach(target, profile) if isinstance(target, str) else target
    people = [need for need in PEOPLE if _somebody(need, profile, clock())]
    if not people or not profile.items:
        raise InputError(say("explore.nobody"))
    item = min(profile.items)

    def certify(pack: Pack, played: int) -> RunResult:
        # another first person each time: accounts and yearly limits are used up slowly, and stay visible
        turn = played % len(profile.people)
        turned = evolve(profile, people=profile.people[turn:] + profile.people[:turn])
        return certify_platform(transport, turned, [pack], workers=1, clock=clock, stopped=stopped, command=command)

    with tempfile.TemporaryDirectory(prefix="yidi-explore-") as folder:
        search = Search[Sketch](
            folder=Path(folder),
            role="platform",
            interface=profile.interface,
            title=say("explore.pack"),
            scenarios=lambda sketch: sketch.talk().scenarios(),
            certify=certify,
            simpler=lambda sketch: _smaller(sketch, people, item),
            most=SHRINKS,
            stopped=stopped,
            on_progress=on_progress,
        )
        made = machine(search.play, people, sorted(profile.items), profile.features)
        try:
            run_state_machine_as_test(hypothesis.seed(seed)(made), settings=effort(examples, stateful_step_count=STEPS))
        except Found:
            search.shorten()
        return search.outcome()


def _smaller(sketch: Sketch, needs: Sequence[Row], item: str) -> Iterator[Sketch]:
    """Simpler sketches without the moves that may no longer follow, as far as they are smaller."""
    for one in simpler(sketch, needs, item):
        made = evolve(one, moves=tuple(one.talk().moves))
        if _size(made, needs, item) < _size(sketch, needs, item):
            yield made


def _somebody(need: dict[str, Any], profile: Profile, now: datetime) -> bool:
    wanted = PersonNeed(**need)
    return any(wanted.fits(p, place, now.date()) for place in profile.institutions for p in profile.people)


def _size(sketch: Sketch, needs: Sequence[Row], item: str) -> tuple[int, ...]:
    """What is made smaller: moves and whether something is wrong, lines, values that are not the simplest, who."""
    bills = [row for move in sketch.moves for row in move.bill]
    return (
        len(sketch.moves) + (sketch.wrong is not None),
        len(bills),
        sum(move.flag for move in sketch.moves) + sum((row["quantity"] != 1) + (row["item"] != item) for row in bills),
        needs.index(sketch.need),
    )
