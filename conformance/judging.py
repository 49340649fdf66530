"""Judging a conversation from disk: the same checks over recorded traffic."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from attrs import evolve

from conformance.checks.hospital.facts import is_order
from conformance.compression import unpacked
from conformance.conversation import Conversation, read
from conformance.evidence.basis import Basis
from conformance.har import read_har
from conformance.judge import Explanations, judge
from conformance.pack import Pack
from conformance.profile import Profile
from conformance.requirements import clauses_for
from conformance.result import PackUsed, RunResult
from conformance.run import versions
from conformance.targets.hospital_gateway import looked_at
from conformance.targets.platform import CHINA
from conformance.targets.sealed import all_opened


def judge_file(
    file: Path, profile: Profile | None = None, packs: Iterable[Pack] = (), *, command: Sequence[str] = ()
) -> RunResult:
    """Judge a recorded conversation: this project's JSON Lines, or HAR (``*.har``). ``packs`` tell what the scenarios
    named in it expect. Compressed bodies are judged unpacked, where the other side had allowed them; encrypted ones
    opened, and headers that a hospital signed looked at, where the keys that the profile names are at hand. A recording
    that holds orders to a hospital system is judged as one of a hospital under test, whatever the profile says.

    Raises InputError with file and place for what is not an exchange.
    """
    chosen, used = profile or Profile(), tuple(packs)
    conversation = all_opened(read_file(file), chosen.protection)
    if any(is_order(exchange) for exchange in conversation):
        chosen = evolve(chosen, role="hospital")
    if chosen.role == "hospital":
        conversation = looked_at(conversation, chosen.signing)
    started = _now()
    scenarios = [scenario for pack in used for scenario in pack.scenarios]
    return RunResult(
        target=str(file),
        role=chosen.role,
        interface=chosen.interface,
        started=started,
        observations=judge(conversation, chosen, scenarios),
        explanations=Explanations(conversation, chosen),
        finished=_now(),
        profile=chosen.summary(),
        packs=tuple(PackUsed(pack.name, pack.version) for pack in used),
        versions=versions(),
        command=tuple(command),
        conversation=conversation,
        waivers=chosen.waivers,
        clauses=clauses_for(chosen.role),
        basis=Basis(chosen, used),
    )


def read_file(file: Path) -> Conversation:
    """Read a recorded conversation, JSON Lines or HAR, with compressed bodies unpacked. Raises InputError as above."""
    return unpacked(read_har(file) if file.suffix.lower() == ".har" else read(file))


def _now() -> str:
    return datetime.now(CHINA).isoformat(timespec="milliseconds")
