"""What a gateway promises to refuse: requests without a right signature, replayed ones, and old ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from conformance.checks.look import Look
from conformance.checks.sink import Sink
from conformance.targets.forged import NOTE
from sim.lang import say

CLAUSES: Mapping[str, str] = {
    "unsigned_refused": "SEC-UNSIGNED",
    "wrong_refused": "SEC-SIGNATURE",
    "old_refused": "SEC-OLD",
    "replay_refused": "SEC-REPLAY",
}


def is_forged(look: Look) -> bool:
    """Whether a request was sent with a fault in its signature."""
    return look.exchange.note.startswith(NOTE)


def judge_security(looks: Sequence[Look], sink: Sink) -> None:
    """Every request with a forged signature: it must not be carried out."""
    for look in looks:
        clause = CLAUSES.get(look.exchange.note.removeprefix(NOTE)) if is_forged(look) else None
        if clause is None:
            continue
        check = f"security.{clause[4:].lower()}"
        if look.exchange.outcome != "answered":
            sink.note("not_judged", check, clause, look, why=say("evidence.answer_not_seen"))
            continue
        expected, came, cause = say("judge.refusal"), say("judge.acceptance"), say("cause.signature")
        sink.verdict(look.yes is not True, check, clause, look, "HTTP", "", expected, came, None, cause)
