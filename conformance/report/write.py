"""Writes all reports of a run into a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

from conformance import conversation
from conformance.report import html, json_report, junit
from conformance.result import RunResult
from sim.lang import Lang


@frozen
class Paths:
    """Where the reports of a run are."""

    html: Path
    junit: Path
    json: Path
    conversation: Path

    def __iter__(self) -> Iterator[Path]:
        return iter((self.html, self.junit, self.json, self.conversation))


def write(result: RunResult, out_dir: Path, lang: Lang = "en", *, masked: bool = True) -> Paths:
    """Write ``report.html``, ``junit.xml``, ``report.json`` and ``evidence/conversation.jsonl``; makes the folder.

    All are made before any is written, so that a fault leaves no half report. Only the reports are masked: the
    conversation is kept as it was sent, since it is what can be judged again.
    """
    paths = Paths(
        html=out_dir / "report.html",
        junit=out_dir / "junit.xml",
        json=out_dir / "report.json",
        conversation=out_dir / "evidence" / "conversation.jsonl",
    )
    made = (
        (paths.html, html.page(result, lang, masked=masked).encode("utf-8")),
        (paths.junit, junit.document(result, lang, masked=masked)),
        (paths.json, json_report.document(result, masked=masked).encode("utf-8")),
    )
    paths.conversation.parent.mkdir(parents=True, exist_ok=True)
    for path, content in made:
        path.write_bytes(content)
    conversation.write(result.conversation, paths.conversation)
    return paths
