"""Words that several reports share, as texts in both languages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from attrs import frozen

from conformance.result import CoverageState, RunResult, ScenarioStatus, Severity, Verdict, WaiverState
from sim.lang import Text, plain, say

VERDICTS: Mapping[Verdict, Text] = {
    "passed": say("report.verdict.passed"),
    "failed": say("report.verdict.failed"),
    "nothing_checked": say("report.verdict.nothing_checked"),
    "harness_failed": say("report.verdict.harness_failed"),
    "incomplete": say("report.verdict.incomplete"),
}
MEANINGS: Mapping[Verdict, Text] = {
    "passed": say("report.meaning.passed"),
    "failed": say("report.meaning.failed"),
    "nothing_checked": say("report.meaning.nothing_checked"),
    "harness_failed": say("report.meaning.harness_failed"),
    "incomplete": say("report.meaning.incomplete"),
}
KINDS: Mapping[Verdict, str] = {
    "passed": "good",
    "failed": "bad",
    "nothing_checked": "warn",
    "harness_failed": "warn",
    "incomplete": "warn",
}
"""The kind of badge for a verdict."""

STATUSES: Mapping[ScenarioStatus, Text] = {
    "passed": say("report.status.passed"),
    "failed": say("report.status.failed"),
    "not_run": say("report.status.not_run"),
    "harness_failed": say("report.status.harness_failed"),
}
STATUS_KINDS: Mapping[ScenarioStatus, str] = {
    "passed": "good",
    "failed": "bad",
    "not_run": "off",
    "harness_failed": "warn",
}
STATES: Mapping[CoverageState, Text] = {
    "held": say("report.state.held"),
    "broken": say("report.state.broken"),
    "not_judged": say("report.state.not_judged"),
    "not_reached": say("report.state.not_reached"),
    "excluded": say("report.state.excluded"),
}
STATE_KINDS: Mapping[CoverageState, str] = {
    "held": "good",
    "broken": "bad",
    "not_judged": "warn",
    "not_reached": "off",
    "excluded": "off",
}
WAIVER_STATES: Mapping[WaiverState, Text] = {
    "used": say("report.waiver.used"),
    "not_reached": say("report.waiver.not_reached"),
    "stale": say("report.waiver.stale"),
    "expired": say("report.waiver.expired"),
}
SEVERITIES: Mapping[Severity, Text] = {
    "error": say("report.severity.error"),
    "warning": say("report.severity.warning"),
}
BASES: Mapping[str, Text] = {
    "interface": say("report.basis.interface"),
    "exact": say("report.basis.exact"),
    "relation": say("report.basis.relation"),
    "life_cycle": say("report.basis.life_cycle"),
    "expectation": say("report.basis.expectation"),
    "reference": say("report.basis.reference"),
}
ROLES: Mapping[str, Text] = {
    "platform": say("report.role.platform"),
    "hospital": say("report.role.hospital"),
    "between": say("report.role.between"),
    "recording": say("report.role.recording"),
}
RUNS: Mapping[str, Text] = {
    "plain": say("report.run.plain"),
    "control": say("report.run.control"),
    "fault": say("report.run.fault"),
}


def role(name: str) -> Text:
    """A role in words; one that is not known by its own name."""
    return ROLES.get(name) or plain(name, name)


@frozen
class Counts:
    """The figures of a run that every report gives."""

    scenarios: int
    passed: int
    failed: int
    not_run: int
    harness_failed: int
    findings: int
    warnings: int
    waived: int
    causes: int
    exchanges: int
    clauses: int
    held: int
    broken: int
    not_judged: int
    not_reached: int
    excluded: int
    looks: int


def not_run(result: RunResult) -> tuple[tuple[Text, int], ...]:
    """Why scenarios were not run, with how many, the most first."""
    reasons = [s.reason for s in result.scenarios if result.outcome(s) == "not_run" and s.reason is not None]
    told = {reason.show("en"): reason for reason in reasons}
    times = Counter(reason.show("en") for reason in reasons)
    return tuple((told[words], count) for words, count in times.most_common())


def counts(result: RunResult) -> Counts:
    """Count a run."""
    outcomes = [result.outcome(s) for s in result.scenarios]
    states = [row.state for row in result.coverage]
    return Counts(
        scenarios=len(outcomes),
        passed=outcomes.count("passed"),
        failed=outcomes.count("failed"),
        not_run=outcomes.count("not_run"),
        harness_failed=outcomes.count("harness_failed"),
        findings=len(result.errors),
        warnings=len(result.warnings),
        waived=len(result.waived),
        causes=len(result.groups),
        exchanges=len(result.conversation),
        clauses=len(states),
        held=states.count("held"),
        broken=states.count("broken"),
        not_judged=states.count("not_judged"),
        not_reached=states.count("not_reached"),
        excluded=states.count("excluded"),
        looks=len(result.observations),
    )
