"""What a run of the suite produced, and what follows from it: findings, verdict, exit code, coverage.

A `RunResult` holds facts; everything derived is a pure function of them, so that the console, JUnit XML, JSON, HTML
and the pytest plugin cannot disagree.

How the verdict is reached, the first that applies:

1. ``harness_failed`` (exit 3): the harness failed somewhere. Findings are still listed, but a vendor is never blamed
   by a run that cannot be trusted whole.
2. ``nothing_checked`` (exit 4): nothing was looked at. Silence is never success.
3. ``failed`` (exit 1): a red finding, a scenario that did not go as it must, or a waiver that is expired or stale.
4. ``incomplete`` (exit 4): the run was cut short and found nothing until then.
5. ``passed`` (exit 0).

A broken MUST is red; a broken SHOULD or MAY is a warning and leaves the verdict as it is, unless the run is
``strict``, which also makes a MUST clause red that was looked at, could never be judged and is not waived. A clause
that is not in the register counts as MUST. A waived finding is listed apart and is not red. A waiver is stale when
what it waives was judged in this run and held; one whose check was not reached is neither used nor stale.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from attrs import field, frozen

from conformance.conversation import Conversation, Exchange
from conformance.observation import Clause, Level, Observation
from sim.drawing import Flow
from sim.lang import Text, plain, say

if TYPE_CHECKING:
    from conformance.evidence.basis import Basis

Verdict = Literal["passed", "failed", "nothing_checked", "harness_failed", "incomplete"]
ScenarioStatus = Literal["passed", "failed", "not_run", "harness_failed"]
Severity = Literal["error", "warning"]
CoverageState = Literal["held", "broken", "not_judged", "not_reached", "excluded"]
WaiverState = Literal["used", "not_reached", "stale", "expired"]

EXIT_CODES: Mapping[Verdict, int] = {
    "passed": 0,
    "failed": 1,
    "harness_failed": 3,
    "nothing_checked": 4,
    "incomplete": 4,
}


EXACT = "EXACT-FUNDS"
"""The clause under which funds are reckoned by a declared policy."""
RELATIONS = "REL-"
"""How clauses begin that hold for every policy."""


@frozen
class Waiver:
    """A finding that the profile accepts for a while. ``check`` is a check's name or a clause id; ``until`` is an
    ISO date, the last day on which it counts."""

    check: str
    reason: str
    owner: str
    until: str


@frozen
class PackUsed:
    """A scenario pack that took part."""

    name: str
    version: str


@frozen
class ProfileSummary:
    """The profile that was judged against: its name, the digest of its content, and what it promises, row by row."""

    name: str = ""
    digest: str = ""
    rows: tuple[tuple[Text, str], ...] = ()


@frozen
class ScenarioResult:
    """How one scenario went. ``reason`` says why it failed or was not run; ``milliseconds`` is wall time."""

    id: str
    title: Text
    status: ScenarioStatus
    pack: str = ""
    negative: bool = False
    reason: Text | None = None
    milliseconds: int = 0


@frozen
class HarnessFault:
    """A failure of this program, not of the target. ``detail`` may be a traceback."""

    text: Text
    scenario: str = ""
    detail: str = ""


@frozen
class ExplainedStep:
    """One step of the reference's settlement: what was done, the field it gives (or none), the fen, the source."""

    text: Text
    result: int | None = None
    name: str = ""
    clause: str = ""
    source: str = ""


@frozen
class Explanation:
    """The reference's own settlement of what the exchange ``seq`` asked for: every amount (fen, by the interface's
    name), the steps that led there, and how the bill flows into shares. Reports show it beside the target's answer."""

    seq: int
    amounts: Mapping[str, int]
    steps: tuple[ExplainedStep, ...] = ()
    flow: Flow | None = None


@frozen
class Finding:
    """A failed observation with the clause it breaks. ``number`` counts findings of the run from 1."""

    number: int
    observation: Observation
    clause: Clause
    severity: Severity
    waiver: Waiver | None = None


@frozen
class Group:
    """Findings that probably have one cause, worst first among the groups of a run."""

    cause: Text
    severity: Severity
    findings: tuple[Finding, ...]

    @property
    def scenarios(self) -> tuple[str, ...]:
        """The scenarios touched, in order of appearance."""
        return tuple(dict.fromkeys(f.observation.scenario for f in self.findings if f.observation.scenario))


@frozen
class ClauseCoverage:
    """How often a clause was looked at, and with what outcome."""

    clause: Clause
    passed: int
    failed: int
    not_judged: int
    lenient: int
    checks: tuple[str, ...]

    @property
    def state(self) -> CoverageState:
        """One word for the row. A clause that an observation reached is never shown as excluded."""
        if self.failed:
            return "broken"
        if self.passed or self.lenient:
            return "held"
        if self.not_judged:
            return "not_judged"
        return "excluded" if self.clause.excluded is not None else "not_reached"


@frozen
class UsedWaiver:
    """A waiver and what became of it in this run; ``count`` is the number of findings it covers."""

    waiver: Waiver
    state: WaiverState
    count: int


NOBODYS = frozenset({"judge.policy_unknown", "judge.midnight", "run.feature"})
"""Reasons not to judge that are nobody's lack."""


def _without(command: Sequence[str], *options: str) -> Iterator[str]:
    """A command line without some options and their values."""
    words = iter(command)
    for word in words:
        name, _, value = word.partition("=")
        if name not in options:
            yield word
        elif not value:
            next(words, None)


@frozen(slots=False)
class RunResult:
    """All that a certification run produced.

    ``started`` and ``finished`` are ISO 8601. ``versions`` are (name, version) of the tool and what it stands on.
    ``command`` is the argument list that repeats the run. ``driven``: the suite itself chose what was said, so that a
    clause it could not judge is its own lack and red; of a recording nobody can ask more than it holds. ``clauses`` is
    the register, by clause id. ``basis`` is what it was judged by, kept as evidence; ``evidence_key`` the public key
    that signs that evidence, once it is written.
    """

    target: str
    role: str
    interface: str
    started: str
    finished: str
    seed: int = 0
    profile: ProfileSummary = field(default=ProfileSummary())
    packs: tuple[PackUsed, ...] = ()
    versions: tuple[tuple[str, str], ...] = ()
    command: tuple[str, ...] = ()
    scenarios: tuple[ScenarioResult, ...] = ()
    conversation: Conversation = field(default=Conversation(()))
    observations: tuple[Observation, ...] = ()
    harness_errors: tuple[HarnessFault, ...] = ()
    partial: bool = False
    partial_reason: Text | None = None
    strict: bool = False
    driven: bool = False
    waivers: tuple[Waiver, ...] = ()
    clauses: Mapping[str, Clause] = field(factory=dict)
    explanations: Mapping[int, Explanation] = field(factory=dict)
    basis: Basis | None = field(default=None, repr=False)
    evidence_key: str = ""

    @cached_property
    def all_findings(self) -> tuple[Finding, ...]:
        """Every failed observation, in the order they were made, waived ones too."""
        failed = (o for o in self.observations if o.status == "fail")
        return tuple(self._finding(number, o) for number, o in enumerate(failed, 1))

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings that stand: failed and not waived, red ones and warnings."""
        return tuple(f for f in self.all_findings if f.waiver is None)

    @property
    def waived(self) -> tuple[Finding, ...]:
        """The findings that a valid waiver covers."""
        return tuple(f for f in self.all_findings if f.waiver is not None)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The red findings."""
        return tuple(f for f in self.findings if f.severity == "error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings that do not change the verdict."""
        return tuple(f for f in self.findings if f.severity == "warning")

    @property
    def leniencies(self) -> tuple[Observation, ...]:
        """Where the target's reading of an open point was met and accepted."""
        return tuple(o for o in self.observations if o.status == "leniency")

    @property
    def readings(self) -> tuple[Observation, ...]:
        """Which reading of each open point was met: one observation a reading, ``actual`` says which."""
        return tuple(o for o in self.observations if o.check.startswith("reading."))

    @property
    def not_judged(self) -> tuple[Observation, ...]:
        """What was looked at and could not be known."""
        return tuple(o for o in self.observations if o.status == "not_judged")

    @property
    def untestable(self) -> tuple[ClauseCoverage, ...]:
        """MUST clauses that were looked at and could never be judged, unless a waiver covers them, the profile itself
        says that the policy is unknown or a feature not promised, or midnight came in between. Relations stand in for a
        policy that is not known: where exact amounts were judged, nothing is lost without them."""
        declared = {o.clause for o in self.not_judged if o.why is not None and o.why.key in NOBODYS}
        waived = {o.clause for o in self.not_judged for w in self.waivers if _names(w, o) and not self._expired(w)}
        exact = any(o.clause == EXACT and o.status != "not_judged" for o in self.observations)
        return tuple(
            row
            for row in self.coverage
            if row.state == "not_judged"
            and row.clause.level == "MUST"
            and row.clause.id not in declared | waived
            and not (exact and row.clause.id.startswith(RELATIONS))
        )

    @property
    def red_untestable(self) -> tuple[ClauseCoverage, ...]:
        """The untestable clauses that fail the run: always where the suite drove the target, else in a strict run."""
        return self.untestable if self.strict or self.driven else ()

    def reasons(self, clause: str) -> tuple[Text, ...]:
        """Why a clause was not judged, each reason once."""
        return tuple(dict.fromkeys(o.why for o in self.not_judged if o.clause == clause and o.why is not None))

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The standing findings by likely cause: red groups first, then the order in which they were met."""
        return group(self.findings)

    @cached_property
    def coverage(self) -> tuple[ClauseCoverage, ...]:
        """One row a clause of the register or met in an observation, in order of clause id."""
        counts: dict[str, Counter[str]] = {}
        checks: dict[str, set[str]] = {}
        for (clause, check, status), times in Counter((o.clause, o.check, o.status) for o in self.observations).items():
            counts.setdefault(clause, Counter())[status] += times
            checks.setdefault(clause, set()).add(check)
        return tuple(
            ClauseCoverage(
                clause=self.clause(name),
                passed=counts.get(name, Counter())["pass"],
                failed=counts.get(name, Counter())["fail"],
                not_judged=counts.get(name, Counter())["not_judged"],
                lenient=counts.get(name, Counter())["leniency"],
                checks=tuple(sorted(checks.get(name, ()))),
            )
            for name in sorted({*self.clauses, *counts})
        )

    @cached_property
    def waiver_states(self) -> tuple[UsedWaiver, ...]:
        """Each waiver of the profile: used, not reached, stale or expired."""
        used = Counter(f.waiver for f in self.waived)
        return tuple(UsedWaiver(w, self._waiver_state(w, used[w]), used[w]) for w in self.waivers)

    @property
    def bad_waivers(self) -> tuple[UsedWaiver, ...]:
        """Waivers that are red: stale or expired."""
        return tuple(w for w in self.waiver_states if w.state in ("stale", "expired"))

    @property
    def checked(self) -> bool:
        """Whether anything at all was judged."""
        return any(o.status != "not_judged" for o in self.observations) or any(
            s.status in ("passed", "failed") for s in self.scenarios
        )

    @property
    def verdict(self) -> Verdict:
        """The whole run in one word; the module says how it is reached."""
        if self.harness_errors or any(s.status == "harness_failed" for s in self.scenarios):
            return "harness_failed"
        if not self.checked:
            return "nothing_checked"
        if (
            self.errors
            or self.bad_waivers
            or any(self.outcome(s) == "failed" for s in self.scenarios)
            or self.red_untestable
        ):
            return "failed"
        return "incomplete" if self.partial else "passed"

    @property
    def exit_code(self) -> int:
        """The exit code of the command line for this verdict; a partial run never gives 0."""
        return EXIT_CODES[self.verdict]

    def clause(self, name: str) -> Clause:
        """A clause of the register; one that is not there counts as MUST and says so."""
        return self.clauses.get(name) or Clause(name, "MUST", say("report.clause_unknown", clause=name), "")

    def outcome(self, scenario: ScenarioResult) -> ScenarioStatus:
        """How a scenario counts: a red finding fails it even if its steps went through; one that failed with nothing
        but waived findings passed. A warning alone neither fails a scenario nor excuses one that failed."""
        if scenario.status in ("harness_failed", "not_run"):
            return scenario.status
        own = self.findings_of(scenario.id)
        if any(f.severity == "error" and f.waiver is None for f in own):
            return "failed"
        return "passed" if any(f.waiver is not None for f in own) else scenario.status

    def findings_of(self, scenario: str) -> tuple[Finding, ...]:
        """All findings of a scenario, waived ones too; with ``""``, those of no single scenario."""
        return self._by_scenario.get(scenario, ())

    def exchanges_of(self, scenario: str) -> tuple[Exchange, ...]:
        """A scenario's part of the conversation; with ``""``, what was exchanged for no single scenario."""
        return self._exchanges.get(scenario, ())

    def repeat(self, scenario: str = "") -> str:
        """The command line that repeats the run, or one scenario of it where the suite chose what was said. The report
        of one scenario is not to be written over the one in hand, so ``--out`` is left out."""
        if not scenario or not self.driven or not self.command:
            return shlex.join(self.command)
        return shlex.join([*_without(self.command, "--out", "--scenario"), "--scenario", scenario])

    @cached_property
    def _by_scenario(self) -> Mapping[str, tuple[Finding, ...]]:
        found: dict[str, list[Finding]] = {}
        for f in self.all_findings:
            found.setdefault(f.observation.scenario, []).append(f)
        return {name: tuple(fs) for name, fs in found.items()}

    @cached_property
    def _exchanges(self) -> Mapping[str, tuple[Exchange, ...]]:
        found: dict[str, list[Exchange]] = {}
        for exchange in self.conversation:
            found.setdefault(exchange.scenario, []).append(exchange)
        return {name: tuple(es) for name, es in found.items()}

    def _finding(self, number: int, observation: Observation) -> Finding:
        clause = self.clause(observation.clause)
        waiver = next((w for w in self.waivers if _names(w, observation) and not self._expired(w)), None)
        return Finding(number, observation, clause, severity(clause.level, self.strict), waiver)

    def _expired(self, waiver: Waiver) -> bool:
        return waiver.until < self.started[:10]

    def _waiver_state(self, waiver: Waiver, count: int) -> WaiverState:
        if self._expired(waiver):
            return "expired"
        if count:
            return "used"
        if any(_names(waiver, o) for o in self.not_judged):
            held = any(_names(waiver, o) and o.status != "not_judged" for o in self.observations)
            return "stale" if held else "used"
        judged = any(_names(waiver, o) and o.status in ("pass", "leniency", "fail") for o in self.observations)
        return "stale" if judged else "not_reached"


def severity(level: Level, strict: bool = False) -> Severity:
    """What breaking a clause of this level means: MUST is an error, SHOULD and MAY warnings unless strict."""
    return "error" if strict or level == "MUST" else "warning"


def group(findings: Iterable[Finding]) -> tuple[Group, ...]:
    """Findings by likely cause; those without one by the check and clause that failed."""
    found: dict[tuple[str, ...], list[Finding]] = {}
    for finding in findings:
        o = finding.observation
        key = ("", o.check, o.clause) if o.cause is None else (o.cause.show("zh"), o.cause.show("en"))
        found.setdefault(key, []).append(finding)
    groups = [Group(_cause(members[0]), _worst(members), tuple(members)) for members in found.values()]
    return tuple(sorted(groups, key=lambda g: g.severity != "error"))


def _cause(finding: Finding) -> Text:
    cause = finding.observation.cause
    if cause is not None:
        return cause
    return plain(finding.clause.text.show("zh"), finding.clause.text.show("en"))


def _worst(findings: Iterable[Finding]) -> Severity:
    return "error" if any(f.severity == "error" for f in findings) else "warning"


def _names(waiver: Waiver, observation: Observation) -> bool:
    return waiver.check in (observation.check, observation.clause)
