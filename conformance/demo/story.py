"""The demonstration: each part is the same code that the single commands run."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from conformance.mutants import mutant
from conformance.pack import load_pack
from conformance.profile import Profile
from conformance.report import words, write
from conformance.result import RunResult
from conformance.run import certify_platform
from sim import planning
from sim.errors import HarnessError
from sim.interface import wire
from sim.lang import Lang, Text, say
from sim.page import render
from sim.platform.reference import Reference
from sim.service import application, china_time, running
from sim.world.transport import Blocking

PLAN = "demo-day"
PACK = "outpatient"
FAULT = "deductible_charged_twice"
"""The fault that is planted: a mutant of the suite, so that its being caught is also a test."""


def run_demo(out: Path, lang: Lang, tell: Callable[[Text], None]) -> int:
    """Run the story, write ``report.html`` and the detailed reports into ``out``; the exit code.

    0 when the reference passed and the planted fault was found; anything else raises HarnessError.
    """
    planted = mutant(FAULT)
    # The platform keeps real time, so the day that is simulated is today.
    plan = planning.starting(planning.read_plan(PLAN), china_time().date())
    with running(application(planning.platform(plan))) as url:
        tell(say("demo.step.serving", url=url))
        day = _simulate(plan, url, out / "day", lang, tell)
        good = _certify(url, out / "good", lang)
        tell(say("demo.step.good", verdict=words.VERDICTS[good.verdict]))
    faulty = _certify_faulty(planted.build(), out / "faulty", lang)
    cause = faulty.groups[0].cause if faulty.groups else say("demo.none")
    tell(say("demo.step.faulty", verdict=words.VERDICTS[faulty.verdict], cause=cause))
    page = out / "report.html"
    page.write_text(_page(lang, url, day, good, faulty, planted.title), encoding="utf-8")
    tell(say("demo.step.report", path=page))
    if (good.verdict, faulty.verdict) != ("passed", "failed") or good.findings:
        raise HarnessError(say("demo.not_as_it_should"))
    return 0


def _simulate(
    plan: planning.Plan, url: str, out: Path, lang: Lang, tell: Callable[[Text], None]
) -> tuple[planning.Row, ...]:
    caller = _Caller(url)
    run = planning.simulate(plan, transport=Blocking(caller.call))
    planning.write(run, out, lang)
    records = run.replications[0].results.records
    settled = sum(record.outcome == "settled" for record in records)
    tell(say("demo.step.day", visits=len(records), settled=settled))
    return planning.summary(run)


def _certify(url: str, out: Path, lang: Lang) -> RunResult:
    command = ("yidi", "certify", "platform", "--target", url)
    result = certify_platform(url, Profile(), (load_pack(PACK),), command=command)
    write(result, out, lang)
    return result


def _certify_faulty(platform: Reference, out: Path, lang: Lang) -> RunResult:
    with running(application(platform)) as url:
        return _certify(url, out, lang)


class _Caller:
    """One connection that is kept open; SimPy waits for each answer."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)

    def call(self, message: dict[str, Any]) -> dict[str, Any]:
        """POST a message and return the reply."""
        self.connection.request("POST", "/", wire.encode(message), {"Content-Type": "application/json"})
        return wire.decode(self.connection.getresponse().read())


def _page(lang: Lang, url: str, day: tuple[planning.Row, ...], good: RunResult, faulty: RunResult, fault: Text) -> str:
    runs = (
        (say("demo.good"), say("demo.good_note"), good, "good"),
        (say("demo.faulty"), say("demo.faulty_note", fault=fault), faulty, "faulty"),
    )
    return render(
        "demo.html",
        package="conformance.demo",
        lang=lang,
        title=say("demo.title"),
        url=url,
        day=[(row.name, row.value) for row in day],
        runs=runs,
        words=words,
    )
