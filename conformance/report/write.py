"""Writes all reports of a run into a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from attrs import evolve, frozen

from conformance.collector import collector_paused
from conformance.evidence import Seal, signer, write_bundle
from conformance.report import badge, html, json_report, junit
from conformance.report.masking import presentable
from conformance.result import RunResult
from sim.lang import Lang


@frozen
class Paths:
    """Where the reports of a run are."""

    html: Path
    junit: Path
    json: Path
    badge: Path
    conversation: Path
    manifest: Path

    def __iter__(self) -> Iterator[Path]:
        return iter((self.html, self.junit, self.json, self.badge, self.conversation, self.manifest))


def write(
    result: RunResult, out_dir: Path, lang: Lang = "en", *, masked: bool = True, seal: Seal | None = None
) -> Paths:
    """Write the reports, the badge and the bundle ``evidence/``; makes the folder.

    All are made before any is written, so that a fault leaves no half report. Only the reports are masked: the
    conversation is kept as it was sent, since it is what can be judged again. ``seal`` chooses the evidence's digest
    and key. Raises InputError for a key that cannot be used.
    """
    signing = signer(seal or Seal())
    result = evolve(result, evidence_key=f"{signing.scheme} {signing.public_key}")
    paths = Paths(
        html=out_dir / "report.html",
        junit=out_dir / "junit.xml",
        json=out_dir / "report.json",
        badge=out_dir / "badge.svg",
        conversation=out_dir / "evidence" / "conversation.jsonl",
        manifest=out_dir / "evidence" / "manifest.json",
    )
    with collector_paused():
        shown = presentable(result, masked=masked)
        made = (
            (paths.html, html.written(shown, html.sizes_of(result), lang, masked).encode("utf-8")),
            (paths.junit, junit.written(shown, lang)),
            (paths.json, json_report.written(shown, masked).encode("utf-8")),
            (paths.badge, badge.document(result, lang)),
        )
    paths.conversation.parent.mkdir(parents=True, exist_ok=True)
    for path, content in made:
        path.write_bytes(content)
    reports = {path.name: content for path, content in made}
    write_bundle(result, paths.manifest.parent, seal=seal, signing=signing, reports=reports)
    return paths
