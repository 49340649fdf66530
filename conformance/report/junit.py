"""JUnit XML, for continuous integration: a test case for every scenario, and one for what belongs to none."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from conformance.report import words
from conformance.report.masking import presentable
from conformance.report.sentences import finding_lines
from conformance.result import Finding, HarnessFault, RunResult, ScenarioResult
from sim.lang import Lang, say

CONVERSATION = "conversation"
"""The name of the test case that carries what belongs to no single scenario."""


def document(result: RunResult, lang: Lang = "en", *, masked: bool = True) -> bytes:
    """The run as JUnit XML in UTF-8. A red finding fails its test case; warnings and waived ones go to its output."""
    return written(presentable(result, masked=masked, bodies=False), lang)


def written(shown: RunResult, lang: Lang) -> bytes:
    """The same of a result that is presentable already."""
    suite = ET.Element("testsuite", name=f"yidi {shown.role}", timestamp=shown.started)
    properties = ET.SubElement(suite, "properties")
    for name, value in _properties(shown):
        ET.SubElement(properties, "property", name=name, value=value)
    for scenario in shown.scenarios:
        _case(suite, shown, scenario, lang)
    _rest(suite, shown, lang)
    cases = suite.findall("testcase")
    totals = {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": str(sum(case.find("error") is not None for case in cases)),
        "skipped": str(sum(case.find("skipped") is not None for case in cases)),
        "time": _seconds(sum(s.milliseconds for s in shown.scenarios)),
    }
    for name, value in totals.items():
        suite.set(name, value)
    root = ET.Element("testsuites", {"name": "yidi", **totals})
    root.append(suite)
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _properties(result: RunResult) -> Iterable[tuple[str, str]]:
    yield "target", result.target
    yield "verdict", result.verdict
    yield "interface", result.interface
    yield "profile", result.profile.name
    yield "seed", str(result.seed)
    yield "partial", str(result.partial).lower()
    yield from (("pack", f"{pack.name} {pack.version}") for pack in result.packs)
    yield from ((f"version.{name}", version) for name, version in result.versions)


def _case(suite: ET.Element, result: RunResult, scenario: ScenarioResult, lang: Lang) -> None:
    case = ET.SubElement(
        suite,
        "testcase",
        classname=scenario.pack or "yidi",
        name=scenario.id,
        time=_seconds(scenario.milliseconds),
    )
    outcome = result.outcome(scenario)
    reason = scenario.reason.show(lang) if scenario.reason is not None else ""
    faults = [f for f in result.harness_errors if f.scenario == scenario.id]
    if outcome == "not_run":
        ET.SubElement(case, "skipped", message=reason)
    elif outcome == "harness_failed" or faults:
        message = reason or words.STATUSES["harness_failed"].show(lang)
        ET.SubElement(case, "error", type="harness", message=message).text = _faults(faults, lang)
    own = result.findings_of(scenario.id)
    red = [f for f in own if f.severity == "error" and f.waiver is None]
    if outcome == "failed":
        _failure(case, red, reason, result, lang)
    _output(case, [f for f in own if f not in red], lang)


def _rest(suite: ET.Element, result: RunResult, lang: Lang) -> None:
    """What belongs to no scenario of the run: checks of the whole conversation, harness faults, waivers, emptiness."""
    known = {s.id for s in result.scenarios}
    case = ET.SubElement(suite, "testcase", classname="yidi", name=CONVERSATION, time=_seconds(0))
    faults = [f for f in result.harness_errors if f.scenario not in known]
    if faults:
        ET.SubElement(case, "error", type="harness", message=faults[0].text.show(lang)).text = _faults(faults, lang)
    if not result.checked:
        message = words.VERDICTS["nothing_checked"].show(lang)
        ET.SubElement(case, "error", type="nothing_checked", message=message)
    if result.partial:
        ET.SubElement(case, "error", type="incomplete", message=say("report.partial").show(lang))
    own = [f for f in result.all_findings if f.observation.scenario not in known]
    red = [f for f in own if f.severity == "error" and f.waiver is None]
    if red:
        _failure(case, red, "", result, lang)
    for bad in result.bad_waivers:
        message = f"{words.WAIVER_STATES[bad.state].show(lang)}: {bad.waiver.check} ({bad.waiver.owner})"
        ET.SubElement(case, "failure", type="waiver", message=message)
    for row in result.red_untestable:
        message = f"{words.STATES['not_judged'].show(lang)}: {row.clause.id} {row.clause.text.show(lang)}"
        why = "\n".join(one.show(lang) for one in result.reasons(row.clause.id))
        ET.SubElement(case, "failure", type="untestable", message=message).text = why
    _output(case, [f for f in own if f not in red], lang)


def _failure(case: ET.Element, red: list[Finding], reason: str, result: RunResult, lang: Lang) -> None:
    first = red[0] if red else None
    message = finding_lines(first, lang)[0] if first is not None else reason
    failure = ET.SubElement(case, "failure", type=first.clause.id if first is not None else "scenario", message=message)
    lines = [line for finding in red for line in (*finding_lines(finding, lang), "")]
    command = result.repeat(first.observation.scenario if first is not None else "")
    failure.text = "\n".join(line for line in (reason, *lines, command) if line is not None).strip()


def _output(case: ET.Element, findings: list[Finding], lang: Lang) -> None:
    if findings:
        lines = [line for finding in findings for line in (*finding_lines(finding, lang), "")]
        ET.SubElement(case, "system-out").text = "\n".join(lines).strip()


def _faults(faults: list[HarnessFault], lang: Lang) -> str:
    return "\n".join(f"{fault.text.show(lang)}\n{fault.detail}".strip() for fault in faults)


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds // 1000}.{milliseconds % 1000:03d}"
