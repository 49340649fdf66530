"""Exploring a platform: conversations are made up until one fails, and the shortest that fails the same way is kept."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import hypothesis
from attrs import evolve, frozen
from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from conformance.explore.machine import machine
from conformance.explore.talk import Row, Sketch, Talk, simpler
from conformance.pack import MANIFEST, Pack, load_pack
from conformance.profile import Profile
from conformance.result import RunResult
from conformance.run import certify_platform, reach
from conformance.scenario.dump import as_yaml
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


@frozen
class Explored:
    """What came of it. ``conversations`` were played, with ``messages`` in all; ``result`` is the run of the shortest
    failing one, or of the last that was played; ``pack`` holds the failing one as files."""

    conversations: int
    messages: int
    failed: bool
    result: RunResult
    pack: Pack

    @property
    def steps(self) -> int:
        """How many steps, or acts of a hospital, the failing one takes."""
        return max(len(getattr(scenario, "acts", ()) or scenario.steps) for scenario in self.pack.scenarios)

    def write(self, folder: Path) -> Path:
        """The failing conversation as a pack in ``folder/pack``. Raises InputError when there is one already."""
        pack = folder / "pack"
        if (pack / MANIFEST).exists():
            raise InputError(say("recorded.pack_exists", folder=str(pack)))
        pack.mkdir(parents=True, exist_ok=True)
        for name, content in self.pack.files:
            (pack / name).write_bytes(content)
        return pack


class _Found(BaseException):
    """A conversation fails: enough was made up. No Exception, or Hypothesis would play it again: a target remembers."""


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
    with tempfile.TemporaryDirectory(prefix="yidi-explore-") as folder:
        desk = _Desk(transport, profile, clock, Path(folder), stopped, command, on_progress)
        try:
            _make_up(
                hypothesis.seed(seed)(machine(desk.play, people, sorted(profile.items), profile.features)), examples
            )
        except _Found:
            desk.shorten(people, min(profile.items))
    return desk.outcome()


def _make_up(made: type[RuleBasedStateMachine], examples: int) -> None:
    search = settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        verbosity=Verbosity.quiet,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(made, settings=search)


def _somebody(need: dict[str, Any], profile: Profile, now: datetime) -> bool:
    wanted = PersonNeed(**need)
    return any(wanted.fits(p, place, now.date()) for place in profile.institutions for p in profile.people)


class _Desk:
    """Plays conversations and keeps the shortest that failed as the first one did."""

    def __init__(
        self,
        transport: Transport,
        profile: Profile,
        clock: Clock,
        folder: Path,
        stopped: Callable[[], bool],
        command: Sequence[str],
        on_progress: Callable[[], None] | None,
    ) -> None:
        self.transport, self.profile, self.clock = transport, profile, clock
        self.folder, self.stopped, self.command, self.on_progress = folder, stopped, command, on_progress
        self.conversations = self.messages = 0
        self.cause = ""
        self.failing: tuple[Sketch, RunResult, Pack] | None = None
        self.last: tuple[RunResult, Pack] | None = None

    def play(self, sketch: Sketch) -> None:
        """Play what was made up. Raises _Found when it fails."""
        if self.stopped() or (self.last is not None and self.last[0].verdict == "nothing_checked"):
            return
        if self.on_progress is not None:
            self.on_progress()
        if self._fails(sketch):
            raise _Found

    def shorten(self, needs: Sequence[Row], item: str) -> None:
        """Say less as long as it still fails for the same cause."""
        left = SHRINKS
        shorter = True
        while shorter and self.failing is not None:
            shorter = False
            now = self.failing[0]
            for sketch in simpler(now, needs, item):
                if left == 0 or self.stopped():
                    return
                made = evolve(sketch, moves=tuple(sketch.talk().moves))  # without what may no longer follow
                if _size(made, needs, item) >= _size(now, needs, item):
                    continue
                left -= 1
                if self._fails(made):
                    shorter = True
                    break

    def _fails(self, sketch: Sketch) -> bool:
        """Whether a conversation fails in the way of the first failure, whatever that was."""
        pack = self._written(sketch.talk())
        turn = self.conversations % len(self.profile.people)
        result = certify_platform(
            self.transport,
            # another first person each time: accounts and yearly limits are used up slowly, and stay visible
            evolve(self.profile, people=self.profile.people[turn:] + self.profile.people[:turn]),
            [pack],
            workers=1,
            clock=self.clock,
            stopped=self.stopped,
            command=self.command,
        )
        self.conversations += 1
        self.messages += len(result.conversation)
        self.last = (result, pack)
        causes = _causes(result)
        if not causes or (self.cause and self.cause not in causes):
            return False
        self.cause = self.cause or causes[0]
        self.failing = (sketch, result, pack)
        return True

    def _written(self, talk: Talk) -> Pack:
        """As files and read again: what is played is what the files say."""
        for old in self.folder.iterdir():
            old.unlink()
        manifest = {
            "name": "explored",
            "version": "1",
            "role": "platform",
            "interfaces": [self.profile.interface],
            "title": say("explore.pack").both(),
        }
        (self.folder / MANIFEST).write_text(as_yaml(manifest), "utf-8")
        for scenario in talk.scenarios():
            (self.folder / f"{scenario['id'].lower()}.yaml").write_text(as_yaml(scenario), "utf-8")
        return load_pack(self.folder)

    def outcome(self) -> Explored:
        """What came of everything played."""
        if self.failing is not None:
            _, result, pack = self.failing
        elif self.last is not None:
            result, pack = self.last
        else:
            raise InputError(say("explore.nothing"))
        return Explored(self.conversations, self.messages, self.failing is not None, result, pack)


def _size(sketch: Sketch, needs: Sequence[Row], item: str) -> tuple[int, ...]:
    """What is made smaller: moves and whether something is wrong, lines, values that are not the simplest, who."""
    bills = [row for move in sketch.moves for row in move.bill]
    return (
        len(sketch.moves) + (sketch.wrong is not None),
        len(bills),
        sum(move.flag for move in sketch.moves) + sum((row["quantity"] != 1) + (row["item"] != item) for row in bills),
        needs.index(sketch.need),
    )


def _causes(result: RunResult) -> list[str]:
    """Why a run fails: the checks with red findings, or that a scenario did not go as it must."""
    if result.verdict == "harness_failed":
        return ["harness"]
    checks = list(dict.fromkeys(finding.observation.check for finding in result.errors))
    stuck = [f"stuck:{one.id}" for one in result.scenarios if one.status == "failed"]
    return checks or stuck
