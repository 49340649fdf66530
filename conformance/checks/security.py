"""What a target promises to refuse: requests without a right signature, replayed and old ones, unprotected bodies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from conformance.checks.look import Look, text
from conformance.checks.sink import Sink
from conformance.targets.forged import BODY_NOTE, CONTROL, NOTE
from sim.lang import say

CLAUSES: Mapping[str, str] = {
    f"{NOTE}unsigned_refused": "SEC-UNSIGNED",
    f"{NOTE}wrong_refused": "SEC-SIGNATURE",
    f"{NOTE}old_refused": "SEC-OLD",
    f"{NOTE}replay_refused": "SEC-REPLAY",
    f"{BODY_NOTE}unsigned_refused": "SEC-BODY-UNSIGNED",
    f"{BODY_NOTE}wrong_refused": "SEC-BODY-SIGNATURE",
    f"{BODY_NOTE}altered_refused": "SEC-BODY-ALTERED",
    f"{BODY_NOTE}plain_refused": "SEC-BODY-PLAIN",
}
"""The clause that is asked for, by the note of the exchange."""


def is_forged(look: Look) -> bool:
    """Whether a request was sent with a fault in its signature or protection."""
    note = look.exchange.note
    return note.startswith((NOTE, BODY_NOTE)) and note != CONTROL


def judge_security(looks: Sequence[Look], sink: Sink) -> None:
    """Every request with a forged signature: it must not be carried out. The one with nothing wrong must be."""
    controls = [look for look in looks if look.exchange.note == CONTROL and look.yes is not None]
    for look in controls:
        _control(look, sink)
    controlled = any(look.yes for look in controls)
    for look in looks:
        clause = CLAUSES.get(look.exchange.note)
        if clause is None:
            continue
        check = f"security.{clause[4:].lower().replace('-', '_')}"
        body = look.exchange.note.startswith(BODY_NOTE)
        if look.exchange.outcome != "answered":
            sink.note("not_judged", check, clause, look, why=say("evidence.answer_not_seen"))
            continue
        if body and not controlled:
            sink.note("not_judged", check, clause, look, why=say("judge.control_failed"))
            continue
        expected, came = say("judge.refusal"), say("judge.acceptance")
        cause = say("sealing.cause.unchecked") if body else say("cause.signature")
        at = "input" if body else "HTTP"
        sink.verdict(look.yes is not True, check, clause, look, at, "", expected, came, None, cause)


def _control(look: Look, sink: Sink) -> None:
    told, cause = text((look.reply or {}).get("err_msg")), say("sealing.cause.refused")
    at = ("infcode", "交易状态码")
    sink.verdict(look.yes is True, "expectation.accepted", "LIFE-ACCEPT", look, *at, "0", told, None, cause)
