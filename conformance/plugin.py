"""The pytest plugin: ``pytest --yidi-target URL --yidi-pack outpatient -n 2``, one test item a scenario.

A red finding fails its item, a fault of the harness or a target that is not there is an error, a scenario that does
not apply is skipped. As on the command line, silence is never success: when nothing was checked, or when a waiver is
stale or expired, the session fails. Without ``--yidi-target`` the plugin does nothing and imports nothing.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conformance.pack import Pack
    from conformance.profile import Profile
    from conformance.result import RunResult
    from conformance.scenario.model import Scenario

PREFIX = "yidi"
WAIVER = "yidi.waiver"
SERIALS_TAKEN = "yidi_serials_taken"
SERIALS = 10_000
"""Message ids end in four digits; the workers of a session share them out."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options."""
    group = parser.getgroup("yidi", "conformance of cross-province settlement")
    group.addoption("--yidi-target", metavar="URL", help="the platform to drive; turns every scenario into a test")
    group.addoption("--yidi-pack", metavar="NAME", action="append", default=[], help="a pack, by name or folder")
    group.addoption("--yidi-profile", metavar="FILE", help="how the target is reached and what it promises")
    group.addoption("--yidi-lang", metavar="zh|en", help="the language of findings; default from the environment")


def pytest_configure(config: pytest.Config) -> None:
    """Take part only when a target is named."""
    if config.getoption("yidi_target"):
        config.pluginmanager.register(Suite(config), "yidi-suite")
    elif config.getoption("yidi_pack") or config.getoption("yidi_profile"):
        raise pytest.UsageError("--yidi-pack and --yidi-profile need --yidi-target URL")


class ScenarioFailed(Exception):  # noqa: N818 - the target failed, which is no error of the program
    """Red findings; the message is what the user reads."""


class NotTrusted(Exception):  # noqa: N818 - the same
    """No verdict: the harness failed, or the target was not there."""


class Suite:
    """One session: makes the items, and at its end looks at what no item can see alone."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.judged = 0
        self.skipped = 0
        self.waivers: dict[str, set[str]] = {}

    @cached_property
    def lang(self) -> Any:
        """The language of findings."""
        from sim.lang import choose_lang

        return choose_lang(self.config.getoption("yidi_lang"))

    @cached_property
    def profile(self) -> Profile:
        """The profile named, or the standard one."""
        from conformance.profile import Profile, read_profile

        file = self.config.getoption("yidi_profile")
        return read_profile(Path(file)) if file else Profile()

    @cached_property
    def packs(self) -> tuple[Pack, ...]:
        """The packs named, or all that come with the project and speak the profile's interface."""
        from conformance.pack import load_pack, packs

        named = self.config.getoption("yidi_pack")
        found = [load_pack(name) for name in named or packs(self.profile.role)]
        return tuple(p for p in found if named or self.profile.interface in p.interfaces)

    @pytest.hookimpl(tryfirst=True)  # before -k and -m choose
    def pytest_collection_modifyitems(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        """Add an item for every scenario."""
        from conformance.run import select
        from sim.errors import InputError

        try:
            select(self.packs, (), self.profile)
        except InputError as error:
            raise pytest.UsageError(error.show(self.lang)) from None
        for pack in self.packs:
            collector = PackCollector.from_parent(session, name=f"{PREFIX}/{pack.name}", suite=self, pack=pack)
            items.extend(collector.collect())

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count what was judged, here and, under xdist, by every worker."""
        if not report.nodeid.startswith(f"{PREFIX}/"):
            return
        self.skipped += report.skipped
        self.judged += report.when == "call" or report.failed
        for name, value in report.user_properties if report.when == "teardown" else ():
            if name == WAIVER:
                check, _, state = str(value).rpartition("=")
                self.waivers.setdefault(check, set()).add(state)

    @property
    def bad_waivers(self) -> list[tuple[str, str]]:
        """Waivers that are expired, or whose subject was judged and never failed in the whole session."""
        bad: list[tuple[str, str]] = []
        for check, states in sorted(self.waivers.items()):
            if "expired" in states:
                bad.append((check, "expired"))
            elif "stale" in states and "used" not in states:
                bad.append((check, "stale"))
        return bad

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Nothing checked, and bad waivers, are not success."""
        if hasattr(self.config, "workerinput") or exitstatus != pytest.ExitCode.OK:
            return
        if self.bad_waivers:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        elif self.skipped and not self.judged:
            session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say why a session without a failed item is red all the same."""
        from conformance.report.words import VERDICTS, WAIVER_STATES

        for check, state in self.bad_waivers:
            word = next(text for name, text in WAIVER_STATES.items() if name == state)
            terminalreporter.write_line(f"yidi: {check}: {word.show(self.lang)}", red=True)
        if self.skipped and not self.judged:
            terminalreporter.write_line(f"yidi: {VERDICTS['nothing_checked'].show(self.lang)}", red=True)


class PackCollector(pytest.Collector):
    """A pack."""

    def __init__(self, suite: Suite, pack: Pack, **more: Any) -> None:
        super().__init__(nodeid=f"{PREFIX}/{pack.name}", **more)
        self.suite = suite
        self.pack = pack

    def collect(self) -> list[pytest.Item]:
        """An item for every scenario, in the pack's order, which is the same in every worker."""
        return [
            ScenarioItem.from_parent(self, name=scenario.id, suite=self.suite, pack=self.pack, position=position)
            for position, scenario in enumerate(self.pack.scenarios)
        ]


class ScenarioItem(pytest.Item):
    """A scenario. It is played while setting up, so that a fault of ours is an error and not a failed test."""

    def __init__(self, suite: Suite, pack: Pack, position: int, **more: Any) -> None:
        super().__init__(**more)
        self.suite = suite
        self.pack = pack
        self.position = position
        self.result: RunResult | None = None

    def setup(self) -> None:
        """Play and judge the scenario."""
        from attrs import evolve

        from conformance.run import certify_platform

        url = str(self.config.getoption("yidi_target"))
        _take_serials(self.config, url, self.suite.profile)
        scenario = self.pack.scenarios[self.position]
        cast = _cast(scenario, self.suite.profile, self.position)
        profile = evolve(self.suite.profile, people=cast) if cast else self.suite.profile
        with _alone(self.config, [person.certno for person in cast]):
            result = certify_platform(
                url, profile, [self.pack], only=[self.name], workers=1, command=self._command(url)
            )
        self.result = result
        for waiver in result.waiver_states:
            self.user_properties.append((WAIVER, f"{waiver.waiver.check}={waiver.state}"))
        (played,) = result.scenarios
        if result.harness_errors or played.status == "harness_failed":
            raise NotTrusted("\n".join(f"{f.text.show(self.suite.lang)}\n{f.detail}" for f in result.harness_errors))
        if result.conversation and all(e.outcome == "unreachable" for e in result.conversation):
            raise NotTrusted(played.reason.show(self.suite.lang) if played.reason else url)
        if played.status == "not_run":
            pytest.skip(played.reason.show(self.suite.lang) if played.reason else "")

    def runtest(self) -> None:
        """Fail by the red findings of the scenario, and by those that belong to none."""
        from conformance.report.masking import presentable
        from conformance.report.sentences import finding_lines

        assert self.result is not None  # noqa: S101 - setup has run
        shown = presentable(self.result)
        (played,) = shown.scenarios
        red = [f for f in shown.errors if f.observation.scenario in (self.name, "")]
        if not red and shown.outcome(played) != "failed":
            return
        lines = ["\n".join(finding_lines(f, self.suite.lang)) for f in red]
        if not red and played.reason is not None:
            lines.append(played.reason.show(self.suite.lang))
        raise ScenarioFailed("\n\n".join((*lines, shown.repeat(self.name))))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The findings, without a traceback of this program."""
        if isinstance(excinfo.value, ScenarioFailed | NotTrusted):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        """How pytest names the item."""
        return self.path, None, self.nodeid

    def _command(self, url: str) -> list[str]:
        named = self.config.getoption("yidi_pack")
        pack = next((name for name in named if Path(name).name == self.pack.name), self.pack.name)
        profile = self.config.getoption("yidi_profile")
        command = ["yidi", "certify", "platform", "--target", url, "--pack", pack]
        return [*command, "--profile", str(profile)] if profile else command


def _cast(scenario: Scenario, profile: Profile, position: int) -> tuple[Any, ...]:
    """People who can play a scenario, begun elsewhere in the list for every scenario so that workers seldom want the
    same; none when nobody fits."""
    from conformance.targets.platform import china_time

    people = profile.people
    start = position % len(people) if people else 0
    turned = (*people[start:], *people[:start])
    today = china_time().date()
    for institution in profile.institutions:
        if scenario.institution.level not in (None, institution.level):
            continue
        cast: list[Any] = []
        for _, need in scenario.people:
            patient = cast[0] if cast else None
            found = next((p for p in turned if p not in cast and need.fits(p, institution, today, patient)), None)
            if found is None:
                break
            cast.append(found)
        else:
            return tuple(cast)
    return ()


def _worker(config: pytest.Config) -> dict[str, Any]:
    found: dict[str, Any] = getattr(config, "workerinput", {})
    return found


def _take_serials(config: pytest.Config, url: str, profile: Profile) -> None:
    """Let each xdist worker number its messages in a range of its own: two processes must not use one message id."""
    worker = _worker(config)
    if not worker or worker.get(SERIALS_TAKEN):
        return
    from conformance.run import reach
    from conformance.targets.platform import Recorder, china_time

    recorder = Recorder(reach(url, profile), china_time)
    start = int(worker["workerid"].removeprefix("gw")) * SERIALS // int(worker["workercount"])
    while recorder.number() % SERIALS != start:
        pass
    worker[SERIALS_TAKEN] = True


@contextmanager
def _alone(config: pytest.Config, certnos: list[str]) -> Iterator[None]:
    """Hold people while a scenario runs, so that no other worker changes their counters meanwhile."""
    worker = _worker(config)
    if not worker:
        yield
        return
    folder = Path(tempfile.gettempdir()) / f"yidi-{worker['testrunuid']}"
    folder.mkdir(exist_ok=True)
    with ExitStack() as held:
        for certno in sorted(certnos):  # everybody in one order: nobody waits in a circle
            held.enter_context(_lock(folder / sha256(certno.encode()).hexdigest()[:16]))
        yield


@contextmanager
def _lock(file: Path) -> Iterator[None]:
    """A lock that the operating system lets go when its holder dies."""
    with file.open("a+b") as handle:
        while not _try_lock(handle):
            time.sleep(0.01)
        yield


if sys.platform == "win32":
    import msvcrt

    def _try_lock(handle: IO[bytes]) -> bool:
        try:
            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _try_lock(handle: IO[bytes]) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
