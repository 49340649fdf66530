"""Certifying a platform: scenarios played, the conversation judged, everything in one `RunResult`."""

from __future__ import annotations

import asyncio
import platform as machine
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from urllib.parse import urlsplit

from attrs import evolve

from conformance.collector import collector_paused
from conformance.evidence.basis import Basis
from conformance.judge import Explanations, judge
from conformance.pack import Pack
from conformance.profile import Profile
from conformance.requirements import clause, clauses_for
from conformance.result import PackUsed, RunResult, ScenarioResult
from conformance.scenario.model import Scenario
from conformance.targets.platform import CHINA, Clock, Played, Watched, china_time, watch
from conformance.targets.sealed import SealedTransport, Sealer
from conformance.targets.transport import HttpTransport, Transport
from sim.errors import InputError, nearest
from sim.lang import say

WORKERS = 8
"""Scenarios played at a time unless asked otherwise."""


def certify_platform(
    target: str | Transport,
    profile: Profile,
    packs: Sequence[Pack],
    *,
    only: Iterable[str] = (),
    workers: int = WORKERS,
    clock: Clock = china_time,
    on_progress: Callable[[Played], None] | None = None,
    stopped: Callable[[], bool] = lambda: False,
    command: Sequence[str] = (),
    strict: bool = False,
) -> RunResult:
    """Drive a platform by packs and judge what was said.

    ``target`` is a URL or a transport; ``only`` names scenarios (all otherwise); ``stopped`` is asked between messages
    and ends the run early, with a result that says it is partial. Raises InputError for a scenario that does not exist.
    """
    profile = evolve(profile, role="platform")
    chosen = select(packs, only, profile)
    transport = reach(target, profile) if isinstance(target, str) else target
    started = _now()
    with collector_paused():
        watched = asyncio.run(
            watch(transport, profile, chosen, workers=workers, clock=clock, on_progress=on_progress, stopped=stopped)
        )
    return result_of(watched, transport.target, profile, packs, started, command=command, strict=strict)


def reach(url: str, profile: Profile) -> Transport:
    """The way to a URL that a profile describes. Raises InputError for what is not an http or https address, and for
    keys of the profile that cannot be used."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError(say("run.bad_url" if url else "run.no_url", url=url))
    http = HttpTransport(url, profile.path, profile.connect_ms, profile.reply_ms, profile.signing)
    return http if profile.protection is None else SealedTransport(http, Sealer(profile.protection))


def select(packs: Sequence[Pack], only: Iterable[str], profile: Profile) -> tuple[Scenario, ...]:
    """The scenarios to play. Raises InputError for a name that no pack has, or a pack for another interface or role."""
    for pack in packs:
        if pack.role != profile.role:
            raise InputError(say("hospital.run.other_role", pack=pack.name, role=say(f"hospital.role.{pack.role}")))
        if profile.interface not in pack.interfaces:
            text = say("pack.other_interface", pack=pack.name, interface=profile.interface)
            raise InputError(text)
    everything = [scenario for pack in packs for scenario in pack.scenarios]
    wanted = set(only)
    known = {scenario.id for scenario in everything}
    for name in sorted(wanted - known):
        text = say("pack.no_scenario", id=name, pack=", ".join(p.name for p in packs))
        raise InputError(text, nearest=nearest(name, known))
    return tuple(s for s in everything if not wanted or s.id in wanted)


def result_of(
    watched: Watched,
    target: str,
    profile: Profile,
    packs: Sequence[Pack],
    started: str,
    *,
    command: Sequence[str] = (),
    strict: bool = False,
) -> RunResult:
    """Judge what was watched."""
    scenarios = [played.scenario for played in watched.played]
    observations = judge(watched.conversation, profile, scenarios) if watched.reachable else ()
    explanations = Explanations(watched.conversation, profile) if watched.reachable else {}
    owner = {scenario.id: pack.name for pack in packs for scenario in pack.scenarios}
    partial = watched.stopped
    return RunResult(
        target=target,
        role=profile.role,
        interface=profile.interface,
        started=started,
        finished=_now(),
        profile=profile.summary(),
        packs=tuple(PackUsed(pack.name, pack.version) for pack in packs),
        versions=versions(),
        command=tuple(command),
        scenarios=tuple(_scenario(played, owner, strict) for played in watched.played),
        conversation=watched.conversation,
        observations=observations,
        harness_errors=watched.faults,
        partial=partial,
        partial_reason=say("run.stopped") if partial else None,
        strict=strict,
        driven=True,
        waivers=profile.waivers,
        clauses=clauses_for(profile.role),
        explanations=explanations,
        basis=Basis(profile, tuple(packs)),
    )


def versions() -> tuple[tuple[str, str], ...]:
    """What this run stands on."""
    names = ("yidi", "aiohttp", "jsonschema-rs")
    return (("python", machine.python_version()), *((name, _version(name)) for name in names))


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "0"


def _scenario(played: Played, owner: dict[str, str], strict: bool) -> ScenarioResult:
    """A fault that was accepted is told by its finding; a clause that only SHOULD hold does not fail the scenario."""
    scenario, status = played.scenario, played.status
    mild = scenario.negative and clause(scenario.requirements[0]).level != "MUST" and not strict
    if status == "failed" and mild and played.stopped_at == scenario.faulty_step:
        status = "passed"
    return ScenarioResult(
        id=scenario.id,
        title=scenario.title,
        status=status,
        pack=owner.get(scenario.id, ""),
        negative=scenario.negative,
        reason=played.reason,
        milliseconds=played.milliseconds,
    )


def _now() -> str:
    return datetime.now(CHINA).isoformat(timespec="milliseconds")
