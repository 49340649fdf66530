"""The run as JSON, for programs. Its form is published in ``schema.json``; texts are in Chinese and English."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from attrs import asdict

from conformance.observation import Clause, Observation
from conformance.report import words
from conformance.report.masking import presentable
from conformance.result import Finding, RunResult, ScenarioResult, Waiver
from sim.lang import Text

FORMAT = "yidi-report/1"
"""The name and version of the form; the number changes when a reader of the old one could be misled."""


@cache
def schema() -> Mapping[str, Any]:
    """The published JSON Schema (2020-12)."""
    found: dict[str, Any] = json.loads(files("conformance.report").joinpath("schema.json").read_text("utf-8"))
    return found


def document(result: RunResult, *, masked: bool = True) -> str:
    """The run as JSON text."""
    return written(presentable(result, masked=masked), masked)


def written(shown: RunResult, masked: bool) -> str:
    """The same of a result that is presentable already, with personal values ``masked`` or not."""
    return json.dumps(_data(shown, masked), ensure_ascii=False, indent=1) + "\n"


def data(result: RunResult, *, masked: bool = True) -> dict[str, Any]:
    """The run as plain JSON values."""
    return _data(presentable(result, masked=masked, bodies=False), masked)


def _data(shown: RunResult, masked: bool) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "verdict": shown.verdict,
        "exit_code": shown.exit_code,
        "partial": shown.partial,
        "partial_reason": _text(shown.partial_reason),
        "strict": shown.strict,
        "masked": masked,
        "target": shown.target,
        "role": shown.role,
        "interface": shown.interface,
        "profile": {
            "name": shown.profile.name,
            "digest": shown.profile.digest,
            "rows": [{"name": name.both(), "value": value} for name, value in shown.profile.rows],
        },
        "packs": [{"name": pack.name, "version": pack.version} for pack in shown.packs],
        "versions": dict(shown.versions),
        **({"evidence_key": shown.evidence_key} if shown.evidence_key else {}),
        "started": shown.started,
        "finished": shown.finished,
        "seed": shown.seed,
        "command": list(shown.command),
        "counts": asdict(words.counts(shown)),
        "groups": [
            {"cause": g.cause.both(), "severity": g.severity, "findings": [f.number for f in g.findings]}
            for g in shown.groups
        ],
        "findings": [_finding(f, shown) for f in shown.all_findings],
        "scenarios": [_scenario(s, shown) for s in shown.scenarios],
        "coverage": [
            {
                "clause": row.clause.id,
                "level": row.clause.level,
                "state": row.state,
                "passed": row.passed,
                "failed": row.failed,
                "not_judged": row.not_judged,
                "lenient": row.lenient,
                "checks": list(row.checks),
            }
            for row in shown.coverage
        ],
        "leniencies": [_observation(o) for o in shown.leniencies],
        "readings": [_observation(o) for o in shown.readings],
        "not_judged": [_observation(o) for o in shown.not_judged],
        "untestable": [
            {"clause": _clause(row.clause), "why": [why.both() for why in shown.reasons(row.clause.id)]}
            for row in shown.red_untestable
        ],
        "waivers": [{**_waiver(w.waiver), "state": w.state, "count": w.count} for w in shown.waiver_states],
        "harness_errors": [
            {"text": fault.text.both(), "scenario": fault.scenario, "detail": fault.detail}
            for fault in shown.harness_errors
        ],
    }


def _finding(finding: Finding, result: RunResult) -> dict[str, Any]:
    return {
        "number": finding.number,
        "severity": finding.severity,
        "waived": finding.waiver is not None,
        **_observation(finding.observation),
        "clause": _clause(finding.clause),
        "repeat": result.repeat(finding.observation.scenario),
    }


def _observation(o: Observation) -> dict[str, Any]:
    return {
        "check": o.check,
        "clause": o.clause,
        "basis": o.basis,
        "seq": o.seq,
        "scenario": o.scenario,
        "run": o.run,
        "step": o.step,
        "path": o.path,
        "label": o.label,
        "expected": _text(o.expected),
        "actual": _text(o.actual),
        "why": _text(o.why),
        "cause": _text(o.cause),
    }


def _scenario(s: ScenarioResult, result: RunResult) -> dict[str, Any]:
    return {
        "id": s.id,
        "pack": s.pack,
        "title": s.title.both(),
        "negative": s.negative,
        "status": result.outcome(s),
        "reason": _text(s.reason),
        "milliseconds": s.milliseconds,
        "findings": [f.number for f in result.findings_of(s.id)],
        "exchanges": [e.seq for e in result.exchanges_of(s.id)],
    }


def _clause(clause: Clause) -> dict[str, Any]:
    return {
        "id": clause.id,
        "level": clause.level,
        "text": clause.text.both(),
        "source": clause.source,
        "section": clause.section,
    }


def _waiver(waiver: Waiver) -> dict[str, Any]:
    return {"check": waiver.check, "reason": waiver.reason, "owner": waiver.owner, "until": waiver.until}


def _text(text: Text | None) -> dict[str, str] | None:
    return None if text is None else text.both()
