"""Judging a recorded run, every check, against validating the same messages with jsonschema-rs and nothing else."""

from __future__ import annotations

from conformance.judge import judge
from conformance.mutants import right
from conformance.pack import load_pack
from conformance.profile import Profile
from sim.interface import interface, validate
from tests.benchmarks.measure import Bench, Side


def benches() -> list[Bench]:
    """Exchanges a second on one core, from parsed conversation to observations."""
    pack = load_pack("outpatient")
    profile = Profile()
    conversation = right([pack], profile).conversation
    iface = interface()
    known = iface.transactions

    def validated() -> None:
        for exchange in conversation:
            if exchange.infno in known:
                validate(iface, exchange.infno, "request", exchange.request.message or {})
                if exchange.reply is not None:
                    validate(iface, exchange.infno, "reply", exchange.reply.message or {})

    count = len(conversation)
    return [
        Bench(
            "judge the pack outpatient",
            "exchanges",
            Side("all checks", lambda: judge(conversation, profile, pack.scenarios), count),
            Side("schema validation alone", validated, count),
        )
    ]
