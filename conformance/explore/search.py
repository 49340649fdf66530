"""What both sides of exploring share: made-up cases are played as packs until one fails, and the failing one is made
smaller as long as it fails for the same cause."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Generic, TypeVar

from attrs import define, field, frozen
from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis.internal.conjecture.providers import HypothesisProvider

from conformance.pack import MANIFEST, Pack, load_pack
from conformance.result import RunResult
from conformance.scenario.dump import as_yaml
from sim.errors import InputError
from sim.lang import Text, say

Case = TypeVar("Case")


@frozen
class Explored:
    """What came of it. ``conversations`` were played, with ``messages`` in all; ``result`` is the run of the shortest
    failing one, or of the last that was played; ``pack`` holds the failing one as files, ``steps`` long. ``repeats``:
    it failed again when it was played again."""

    conversations: int
    messages: int
    failed: bool
    result: RunResult
    pack: Pack
    repeats: bool = True

    @property
    def exit_code(self) -> int:
        """The exit code of the command line. A clause that one conversation could not judge alone is no failure: only
        what was found is, and that nothing was checked."""
        passed = not self.failed and self.result.verdict in ("passed", "failed")
        return 0 if passed else self.result.exit_code

    @property
    def steps(self) -> int:
        """The length of the longest scenario."""
        return max(map(_length, self.pack.scenarios))

    def write(self, folder: Path) -> Path:
        """The failing conversation as a pack in ``folder/pack``. Raises InputError when there is one already."""
        pack = folder / "pack"
        if (pack / MANIFEST).exists():
            raise InputError(say("recorded.pack_exists", folder=str(pack)))
        pack.mkdir(parents=True, exist_ok=True)
        for name, content in self.pack.files:
            (pack / name).write_bytes(content)
        return pack


class Found(BaseException):
    """A case fails: enough was made up. No Exception, or Hypothesis would play it again: a target remembers."""


@define
class Search(Generic[Case]):
    """Plays cases and keeps the smallest that failed as the first one did.

    ``scenarios`` puts a case into words; ``certify`` plays a pack, given how many were played before; ``simpler``
    yields cases that say less, the boldest first, given how the case failed. ``folder`` is where packs are written,
    ``most`` how many may be tried to make a failing one smaller. ``confirm``: what fails must fail again when it is
    played as its pack will be; it may have failed for who took part, or for what was said before.
    """

    folder: Path
    role: str
    interface: str
    title: Text
    scenarios: Callable[[Case], Iterable[Mapping[str, Any]]]
    certify: Callable[[Pack, int], RunResult]
    simpler: Callable[[Case, RunResult], Iterator[Case]]
    most: int
    stopped: Callable[[], bool]
    on_progress: Callable[[], None] | None = None
    confirm: Callable[[Pack], RunResult] | None = None
    _once: tuple[RunResult, Pack] | None = field(default=None, init=False)
    _played: int = field(default=0, init=False)
    _messages: int = field(default=0, init=False)
    _cause: str = field(default="", init=False)
    _failing: tuple[Case, RunResult, Pack] | None = field(default=None, init=False)
    _last: tuple[RunResult, Pack] | None = field(default=None, init=False)

    def play(self, case: Case) -> None:
        """Play what was made up. Raises Found when it fails."""
        if self.stopped() or (self._last is not None and self._last[0].verdict == "nothing_checked"):
            return
        if self.on_progress is not None:
            self.on_progress()
        if self._fails(case):
            raise Found

    def shorten(self) -> None:
        """Say less as long as it still fails for the same cause."""
        left, shorter = self.most, True
        while shorter and self._failing is not None:
            shorter = False
            case, result, _ = self._failing
            for less in self.simpler(case, result):
                if left == 0 or self.stopped():
                    return
                left -= 1
                if self._fails(less):
                    shorter = True
                    break

    def outcome(self) -> Explored:
        """What came of everything played. Raises InputError when nothing was."""
        if self._failing is not None:
            _, result, pack = self._failing
        elif self._once is not None:
            result, pack = self._once
        elif self._last is not None:
            result, pack = self._last
        else:
            raise InputError(say("explore.nothing"))
        failed, repeats = self._failing is not None or self._once is not None, self._failing is not None
        return Explored(self._played, self._messages, failed, result, pack, repeats)

    def _fails(self, case: Case) -> bool:
        pack = self._written(case)
        result, causes = self._kept(self.certify(pack, self._played), pack)
        if not causes:
            return False
        if self.confirm is not None:
            self._once = self._once or (result, pack)
            result, same = self._kept(self.confirm(pack), pack)
            causes = [cause for cause in causes if cause in same]
            if not causes:
                return False
        self._cause = self._cause or causes[0]
        self._failing = (case, result, pack)
        return True

    def _kept(self, result: RunResult, pack: Pack) -> tuple[RunResult, list[str]]:
        """A run, and why it fails: only what it first failed for counts."""
        self._played += 1
        self._messages += len(result.conversation)
        self._last = (result, pack)
        return result, [cause for cause in _causes(result) if self._cause in ("", cause)]

    def _written(self, case: Case) -> Pack:
        """As files and read again: what is played is what the files say."""
        for old in self.folder.iterdir():
            old.unlink()
        manifest = {
            "name": "explored",
            "version": "1",
            "role": self.role,
            "interfaces": [self.interface],
            "title": self.title.both(),
        }
        (self.folder / MANIFEST).write_text(as_yaml(manifest), "utf-8")
        for scenario in self.scenarios(case):
            (self.folder / f"{scenario['id'].lower()}.yaml").write_text(as_yaml(dict(scenario)), "utf-8")
        return load_pack(self.folder)


@contextmanager
def steady() -> Iterator[None]:
    """While cases are made up: a seed means the same in every program.

    Hypothesis likes to draw constants that it finds in the source of whatever modules are loaded. There is no setting
    against that, so the method that does it is put out of action; where it does not exist, there is nothing to do.
    """
    name = "_maybe_draw_constant"
    kept = getattr(HypothesisProvider, name, None)
    if kept is None:
        yield
        return
    setattr(HypothesisProvider, name, lambda *_, **__: None)
    try:
        yield
    finally:
        setattr(HypothesisProvider, name, kept)


def effort(examples: int, **more: Any) -> settings:
    """How Hypothesis makes cases up: nothing kept between runs, nothing said, and no shrinking of its own."""
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        verbosity=Verbosity.quiet,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
        **more,
    )


def _length(scenario: Any) -> int:
    """Steps of a platform's scenario, acts of a hospital's."""
    return len(getattr(scenario, "acts", ()) or scenario.steps)


def _causes(result: RunResult) -> list[str]:
    """Why a run fails: the checks with red findings, or that a scenario did not go as it must."""
    if result.verdict == "harness_failed":
        return ["harness"]
    checks = list(dict.fromkeys(finding.observation.check for finding in result.errors))
    stuck = [f"stuck:{one.id}" for one in result.scenarios if one.status == "failed"]
    return checks or stuck
