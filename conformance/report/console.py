"""The report for the terminal: the verdict, the findings by likely cause, counts, and where the files are."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.text import Text as Styled

from conformance.report import words
from conformance.report.masking import presentable
from conformance.report.sentences import finding_lines
from conformance.result import RunResult, Verdict
from sim.lang import Lang, Text, say

STYLES: dict[Verdict, str] = {
    "passed": "bold green",
    "failed": "bold red",
    "nothing_checked": "bold yellow",
    "harness_failed": "bold yellow",
    "incomplete": "bold yellow",
}
SIGNS = {"good": "✓", "bad": "✗", "warn": "!"}
SHOWN = 3
"""Findings shown of one group; the files have all of them."""


def show(
    result: RunResult, console: Console, lang: Lang = "en", files: Iterable[Path] = (), *, masked: bool = True
) -> None:
    """Print the run. Nothing from outside is taken for markup or reaches the terminal as a control character."""
    shown = presentable(result, masked=masked, bodies=False)
    counted = words.counts(shown)

    def line(text: Text | str, style: str = "", indent: int = 0) -> None:
        said = text if isinstance(text, str) else text.show(lang)
        for one in said.splitlines() or [""]:
            console.print(Styled(" " * indent + one, style=style), soft_wrap=True)

    sign = SIGNS[words.KINDS[shown.verdict]]
    line(f"{sign} {words.VERDICTS[shown.verdict].show(lang)}: {shown.target}", STYLES[shown.verdict])
    line(words.MEANINGS[shown.verdict], indent=2)
    line(
        say(
            "report.summary",
            passed=counted.passed,
            scenarios=counted.scenarios,
            findings=counted.findings,
            causes=counted.causes,
            warnings=counted.warnings,
        ),
        indent=2,
    )
    line(
        say(
            "report.seen",
            exchanges=counted.exchanges,
            looks=counted.looks,
            reached=counted.held + counted.broken,
            clauses=counted.clauses - counted.excluded,
        ),
        indent=2,
    )
    if counted.not_run:
        line(say("report.summary_not_run", count=counted.not_run), indent=2)
        for why, count in words.not_run(shown):
            line(say("report.not_run_why", count=count, reason=why), indent=4)
    if counted.waived:
        line(say("report.summary_waived", count=counted.waived), indent=2)
    if shown.partial:
        reason = "" if shown.partial_reason is None else f" {shown.partial_reason.show(lang)}"
        line(say("report.partial").show(lang) + reason, "bold", 2)
    for fault in shown.harness_errors:
        line("")
        line(f"{words.STATUSES['harness_failed'].show(lang)}: {fault.scenario} {fault.text.show(lang)}", "yellow")
    for number, group in enumerate(shown.groups, 1):
        style = "red" if group.severity == "error" else "yellow"
        line("")
        line(f"{number}. {words.SEVERITIES[group.severity].show(lang)}: {group.cause.show(lang)}", f"bold {style}")
        for finding in group.findings[:SHOWN]:
            head, *rest = finding_lines(finding, lang)
            where = finding.observation.scenario
            line(f"{head.split(': ', 1)[1]}{f'  [{where}]' if where else ''}", indent=3)
            for one in rest:
                line(one, indent=5)
        if len(group.findings) > SHOWN:
            line(say("report.more", count=len(group.findings) - SHOWN), indent=3)
        command = shown.repeat(group.scenarios[0] if group.scenarios else "")
        if command:
            line(f"{say('report.fact.repeat').show(lang)}: {command}", "dim", 3)
    silent = [s for s in shown.scenarios if shown.outcome(s) == "failed" and not shown.findings_of(s.id)]
    if silent:
        line("")
    for scenario in silent:
        reason = "" if scenario.reason is None else f": {scenario.reason.show(lang)}"
        line(f"{words.STATUSES['failed'].show(lang)} {scenario.id}{reason}", "red")
    for bad in shown.bad_waivers:
        line("")
        state = words.WAIVER_STATES[bad.state].show(lang)
        line(f"{say('report.waivers').show(lang)} {bad.waiver.check}: {state} ({bad.waiver.owner})", "red")
    for row in shown.red_untestable:
        line("")
        line(f"{words.STATES['not_judged'].show(lang)}: {row.clause.id} {row.clause.text.show(lang)}", "red")
        for why in shown.reasons(row.clause.id):
            line(why, indent=3)
    if shown.red_untestable:
        line(say("report.untestable_note"))
    paths = list(files)
    if paths:
        line("")
        line(say("report.files"))
        for path in paths:
            line(str(path), indent=2)
