"""What scenarios expect: a right message is accepted, the one fault of a minimal pair is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from conformance.checks.days import days_around
from conformance.checks.look import Look, text
from conformance.checks.sink import Sink, shown
from conformance.scenario.model import Scenario
from sim.lang import say


def judge_expectations(looks: Sequence[Look], sink: Sink) -> None:
    """Every message of a scenario. A refusal proves its reason only if the same message without the fault went well."""
    controlled = {
        (look.exchange.scenario, look.exchange.step): look.yes for look in looks if look.exchange.run == "control"
    }
    begun: dict[str, str] = {}
    for look in looks:
        first = begun.setdefault(look.exchange.scenario, look.exchange.sent_at)
        if not look.faulty:
            if look.expect == "accepted" and look.original is None:
                _accepted(look, first, sink)
        elif look.scenario is not None:
            _refused(look, look.scenario, controlled, first, sink)


def _overtaken(look: Look, first: str) -> bool:
    """Whether midnight may have come since the scenario began: sign-ins, days and months end then, and what was right
    before it may be refused after it."""
    return len(days_around(first, look.exchange.sent_at, look.exchange.answered_at)) > 1


def _accepted(look: Look, first: str, sink: Sink) -> None:
    if look.yes:
        sink.ok("expectation.accepted", "LIFE-ACCEPT", look)
        return
    if look.yes is False and look.exchange.scenario and _overtaken(look, first):
        sink.note("not_judged", "expectation.accepted", "LIFE-ACCEPT", look, why=say("judge.midnight"))
        return
    refused = text((look.reply or {}).get("err_msg"))
    cause = say("cause.right_refused", infno=look.infno) if look.yes is False else say("cause.empty_reply")
    sink.verdict(
        False,
        "expectation.accepted",
        "LIFE-ACCEPT",
        look,
        "infcode",
        "交易状态码",
        "0",
        shown(refused) if look.yes is False else say("judge.no_verdict"),
        say("judge.right_request"),
        cause,
    )


def _refused(
    look: Look, scenario: Scenario, controlled: Mapping[tuple[str, str], bool | None], first: str, sink: Sink
) -> None:
    clause = scenario.requirements[0]
    if look.yes and _overtaken(look, first):
        sink.note("not_judged", "expectation.refused", clause, look, why=say("judge.midnight"))
        return
    twin = scenario.fault.step if scenario.fault else ""
    control = controlled.get((look.exchange.scenario, twin))
    if look.yes is False and control is not True:
        sink.note("not_judged", "expectation.refused", clause, look, why=say("judge.control_failed"))
        return
    actual = say("judge.acceptance") if look.yes else say("judge.no_verdict")
    sink.verdict(
        look.yes is False,
        "expectation.refused",
        clause,
        look,
        "infcode",
        "交易状态码",
        say("judge.refusal"),
        actual,
        scenario.title,
        say("cause.wrong_accepted", title=scenario.title) if look.yes else None,
    )
