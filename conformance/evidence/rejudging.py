"""Judging a bundle again, from what is in it and this program's rules."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import evolve

from conformance.conversation import Conversation
from conformance.evidence.basis import Basis
from conformance.evidence.bundle import PROFILE
from conformance.judge import judge
from conformance.pack import load_pack
from conformance.profile import Profile, read_profile
from conformance.requirements import clauses_for
from conformance.result import HarnessFault, PackUsed, RunResult, ScenarioResult, Waiver
from sim.errors import InputError
from sim.lang import plain, say


def rejudge(root: Path, run: Mapping[str, Any], conversation: Conversation) -> RunResult:
    """The result as it comes out now. ``run`` is the content of ``run.json``.

    Raises InputError when the profile or a pack is not in the bundle or cannot be read.
    """
    profile = evolve(_profile(root, run["profile"]["kind"]), role=run["role"])
    packs = []
    for pack in run["packs"]:
        if not pack["folder"]:
            raise InputError(say("evidence.no_pack", pack=pack["name"]))
        packs.append(load_pack(root / pack["folder"]))
    scenarios = [scenario for pack in packs for scenario in pack.scenarios]
    return RunResult(
        target=run["target"],
        role=run["role"],
        interface=run["interface"],
        started=run["started"],
        finished=run["finished"],
        profile=profile.summary(),
        packs=tuple(PackUsed(pack.name, pack.version) for pack in packs),
        scenarios=tuple(_scenario(row) for row in run["scenarios"]),
        conversation=conversation,
        observations=judge(conversation, profile, scenarios) if run["judged"] else (),
        harness_errors=tuple(HarnessFault(plain(**row["text"]), row["scenario"]) for row in run["harness_errors"]),
        partial=run["partial"],
        strict=run["strict"],
        driven=run["driven"],
        waivers=tuple(Waiver(**row) for row in run["waivers"]),
        clauses=clauses_for(run["role"]),
        basis=Basis(profile, tuple(packs)),
    )


def _profile(root: Path, kind: str) -> Profile:
    if kind == "unknown":
        raise InputError(say("evidence.no_profile"))
    return read_profile(root / PROFILE, PROFILE) if kind == "file" else Profile()


def _scenario(row: Mapping[str, Any]) -> ScenarioResult:
    reason = row["reason"]
    return ScenarioResult(
        id=row["id"],
        title=plain(**row["title"]),
        status=row["status"],
        pack=row["pack"],
        negative=row["negative"],
        reason=plain(**reason) if reason else None,
        milliseconds=row["milliseconds"],
    )
