"""A finding in lines of text, for reports that are not pages."""

from __future__ import annotations

from conformance.report import words
from conformance.result import Finding
from sim.lang import Lang, say


def finding_lines(finding: Finding, lang: Lang) -> tuple[str, ...]:
    """A finding as lines: what and which clause; where; expected; actual; why. The first stands for the whole."""
    look = finding.observation
    severity = words.SEVERITIES[finding.severity]
    if finding.waiver is not None:
        severity = say("report.waived_finding", severity=severity, owner=finding.waiver.owner)
    head = f"{severity.show(lang)}: {finding.clause.id} ({finding.clause.level}) {finding.clause.text.show(lang)}"
    found = [head]
    if look.seq or look.path:
        where = f"#{look.seq} {look.path} {look.label}" if look.seq else f"{look.path} {look.label}"
        run = words.RUNS[look.run].show(lang) if look.run in ("control", "fault") else ""
        found.append("  ".join(part for part in (where.strip(), run, look.step) if part))
    if look.expected is not None:
        found.append(f"{say('report.expected').show(lang)}: {look.expected.show(lang)}")
    if look.actual is not None:
        found.append(f"{say('report.actual').show(lang)}: {look.actual.show(lang)}")
    if look.why is not None:
        found.append(look.why.show(lang))
    return tuple(found)
