"""Exploring a platform: conversations are made up until one fails, and the shortest that fails the same way is kept."""

from __future__ import annotations

import itertools
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import hypothesis
from attrs import evolve
from hypothesis.stateful import run_state_machine_as_test

from conformance.explore.machine import machine
from conformance.explore.search import Explored, Found, Search, effort, steady
from conformance.explore.talk import WRONG, Sketch, before, name_of, numbered, simpler
from conformance.explore.world import Cast, Move, Row
from conformance.pack import Pack
from conformance.profile import Profile
from conformance.result import RunResult
from conformance.run import certify_platform, reach
from conformance.scenario.compose import dig
from conformance.scenario.model import InstitutionNeed, PersonNeed
from conformance.targets.platform import Clock, china_time
from conformance.targets.transport import Transport
from sim.errors import InputError
from sim.interface import Interface, interface
from sim.lang import say

STEPS = 18
"""Choices in a conversation at most."""
SHRINKS = 250
"""Conversations played at most to make a failing one shorter."""
PEOPLE: Sequence[Row] = (
    {"insurance": "employee", "account": True},
    {"insurance": "resident"},
    {"insurance": "employee", "retired": True},
    {"insurance": "employee", "retired": False, "account": True},
    {"insurance": "employee", "filing": "none"},
    {"insurance": "resident", "filing": "long_term"},
    {"insurance": "employee", "place": "local"},
    {"insurance": "employee", "disease": "any", "account": True},
    {"insurance": "resident", "disease": "any"},
)
"""Whom conversations are about, the simplest first."""
OTHERS: Sequence[Row | None] = (
    None,
    {"insurance": "employee", "account": True},
    {"insurance": "resident"},
    {"insurance": "employee", "place": "local"},
    {"insurance": "employee", "suspended": True},
)
"""Who else is there."""
PLACES: Sequence[tuple[Row | None, Row | None]] = (
    (None, None),
    ({"kind": "pharmacy"}, None),
    (None, {"near": "same_province"}),
    (None, {"near": "other_province"}),
    (None, {"kind": "pharmacy"}),
    ({"level": "community"}, {"near": "same_province"}),
)
"""Where: the first institution and the second."""


def explore_platform(
    target: str | Transport | Callable[[], Transport],
    profile: Profile,
    *,
    examples: int = 100,
    seed: int = 0,
    clock: Clock = china_time,
    on_progress: Callable[[], None] | None = None,
    stopped: Callable[[], bool] = lambda: False,
    command: Sequence[str] = (),
) -> Explored:
    """Play ``examples`` conversations made from ``seed``, or fewer if one fails. A ``target`` that is called for each
    conversation is one that remembers none of those before.

    Raises InputError when the profile has nobody for any conversation, or ``target`` is no address.
    """
    reached = reach(target, profile) if isinstance(target, str) else target
    casts = _casts(profile, clock().date())
    if not casts or not profile.items:
        raise InputError(say("explore.nobody"))
    iface = interface(profile.interface)
    item = min(profile.items)

    uses: Counter[str] = Counter()
    tried: set[str] = set()

    def as_certified(pack: Pack, played: Profile = profile) -> RunResult:
        transport = reached() if callable(reached) else reached
        result = certify_platform(transport, played, [pack], workers=1, clock=clock, stopped=stopped, command=command)
        uses.update(_read(result))
        return result

    def certify(pack: Pack, _: int) -> RunResult:
        # whoever played least comes first: accounts and yearly limits are used up slowly, and what a wrong target keeps
        # of somebody is not met again soon
        people = sorted(profile.people, key=lambda person: uses[person.certno])
        return as_certified(pack, evolve(profile, people=tuple(people)))

    def shorter(sketch: Sketch, result: RunResult) -> Iterator[Sketch]:
        for one in _smaller(sketch, _failed_at(sketch, result), casts, item, profile.features, iface):
            if str(one) not in tried:
                tried.add(str(one))
                yield one

    with tempfile.TemporaryDirectory(prefix="yidi-explore-") as folder:
        search = Search[Sketch](
            folder=Path(folder),
            role="platform",
            interface=profile.interface,
            title=say("explore.pack"),
            scenarios=lambda sketch: sketch.talk(profile.features, iface).scenarios(),
            certify=certify,
            simpler=shorter,
            most=SHRINKS,
            stopped=stopped,
            on_progress=on_progress,
            confirm=as_certified,
        )
        made = machine(search.play, casts, sorted(profile.items), profile.features, iface)
        try:
            with steady():
                most = effort(examples, stateful_step_count=STEPS)
                run_state_machine_as_test(hypothesis.seed(seed)(made), settings=most)
        except Found:
            search.shorten()
        return search.outcome()


def _read(result: RunResult) -> set[str]:
    """The identity numbers of those who took part."""
    asked = (exchange.request.message or {} for exchange in result.conversation if exchange.infno == "1101")
    found = (dig(message, "input", "data", "mdtrt_cert_no") for message in asked)
    return {number for number in found if isinstance(number, str)}


def _failed_at(sketch: Sketch, result: RunResult) -> Move | None:
    """The move in which it showed first."""
    first = next((finding.observation for finding in result.errors), None)
    if first is None:
        return None
    step, wrongs = first.step.partition("/")[0], [move for move in sketch.moves if move.wrong]
    if step == WRONG:
        return wrongs[int(first.scenario.rpartition("N")[2]) - 1]
    return next((move for move in sketch.moves if step == name_of(move)), None)


def _smaller(
    sketch: Sketch, at: Move | None, casts: Sequence[Cast], item: str, promised: Mapping[str, bool], iface: Interface
) -> Iterator[Sketch]:
    """Simpler sketches without the moves that may no longer follow, as far as they are smaller."""
    bold = before(sketch, at) if at is not None else ()
    for one in (*bold, *simpler(sketch, casts, item)):
        made = numbered(evolve(one, moves=tuple(one.talk(promised, iface).moves)))
        if _size(made, casts, item) < _size(sketch, casts, item):
            yield made


def _casts(profile: Profile, on: date) -> list[Cast]:
    """Whom and where the target has, the simplest first."""
    every = itertools.product(PLACES, OTHERS, PEOPLE)
    made = (Cast(person, other, first, second) for (first, second), other, person in every)
    return [cast for cast in made if _possible(cast, profile, on)]


def _possible(cast: Cast, profile: Profile, on: date) -> bool:
    """Whether everybody and every institution needed is there."""
    first, second = InstitutionNeed(**cast.institution or {}), InstitutionNeed(**cast.second or {})
    for place in filter(first.fits, profile.places):
        if cast.second is not None and not any(second.fits(one, place) for one in profile.places):
            continue
        fitting = [
            {person.certno for person in profile.people if PersonNeed(**need).fits(person, place, on)}
            for need in cast.people.values()
        ]
        if all(fitting) and len(set.union(*fitting)) >= len(fitting):
            return True
    return False


def _size(sketch: Sketch, casts: Sequence[Cast], item: str) -> tuple[int, ...]:
    """What is made smaller: moves, lines, values that are not the simplest, who and where."""
    bills = [row for move in sketch.moves for row in move.bill]
    return (
        len(sketch.moves),
        len(bills),
        sum(len(move.flags) for move in sketch.moves)
        + sum((row["quantity"] != 1) + (row["item"] != item) for row in bills),
        casts.index(sketch.cast),
    )
