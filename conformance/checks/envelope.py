"""Around every reply: readable at all, its numbers and times, the reason of a refusal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from conformance.checks.look import Look, text
from conformance.checks.sink import Sink, shown
from conformance.conversation import Exchange
from conformance.profile import Profile
from sim.interface import wire
from sim.lang import say

LONGEST = 200
"""The most characters of err_msg."""


def judge_envelope(looks: Sequence[Look], profile: Profile, sink: Sink) -> None:
    """Every exchange by itself, then what only shows over all of them."""
    seen: dict[str, Look] = {}
    for look in looks:
        if _readable(look, sink) and look.reply is not None:
            _code(look, look.reply, profile, sink)
            _numbers(look, look.reply, seen, sink)
            _times(look, look.reply, sink)
    _reasons(looks, sink)


def _readable(look: Look, sink: Sink) -> bool:
    exchange = look.exchange
    if exchange.outcome != "answered" and _unknowable(exchange):
        sink.note("not_judged", "envelope.answered", "ENV-ANSWERED", look, why=say("evidence.answer_not_seen"))
        return False
    if exchange.outcome != "answered":
        actual = shown(f"{exchange.outcome} {exchange.note}".strip())
        expected, cause = say("judge.an_answer"), say("cause.no_answer")
        sink.note("fail", "envelope.answered", "ENV-ANSWERED", look, "", "", expected, actual, None, cause)
        return False
    sink.ok("envelope.answered", "ENV-ANSWERED", look)
    status = exchange.reply.status if exchange.reply else None
    if status == 200:
        sink.ok("envelope.http", "ENV-HTTP", look)
    elif status is not None:
        cause = say("cause.http")
        sink.note("fail", "envelope.http", "ENV-HTTP", look, "HTTP", "", shown("200"), shown(status), None, cause)
    if look.reply is not None:
        sink.ok("envelope.json", "ENV-JSON", look)
        return True
    if exchange.reply is not None and not exchange.reply.recorded:
        sink.note("not_judged", "envelope.json", "ENV-JSON", look, why=say("evidence.body_not_recorded"))
        return False
    why = say("judge.no_message")
    if exchange.reply is not None:
        try:
            wire.decode(exchange.reply.body)
        except wire.WireError as error:
            why = error.text
    actual = shown(exchange.reply.body[:60] if exchange.reply else b"")
    expected, cause = say("judge.json_object"), say("cause.json")
    sink.note("fail", "envelope.json", "ENV-JSON", look, "", "", expected, actual, why, cause)
    return False


def _unknowable(exchange: Exchange) -> bool:
    """Nobody waited for the answer: it came when the sender had gone, or the watcher was stopped."""
    reply = exchange.reply
    return reply is not None and (exchange.outcome == "timeout" or not reply.recorded)


def _code(look: Look, reply: Mapping[str, Any], profile: Profile, sink: Sink) -> None:
    code, at = reply.get("infcode"), ("infcode", "交易状态码")
    if look.yes is None:
        expected, cause = say("judge.infcode"), say("cause.empty_reply")
        sink.note("fail", "envelope.infcode", "ENV-INFCODE", look, *at, expected, say("judge.absent"), None, cause)
        return
    sink.ok("envelope.infcode", "ENV-INFCODE", look)
    number = isinstance(code, int) and not isinstance(code, bool)
    check, clause = "envelope.infcode_form", "ENV-INFCODE-FORM"
    if number if profile.infcode == "number" else isinstance(code, str):
        sink.ok(check, clause, look)
    elif number or (isinstance(code, str) and code.lstrip("-").isdigit()):
        sink.note("leniency", check, clause, look, *at, shown(profile.infcode), shown(code))
    else:
        sink.note("fail", check, clause, look, *at, say("judge.infcode"), shown(code))
    if look.yes is False:
        _reason(look, text(reply.get("err_msg")), sink)


def _reason(look: Look, told: str, sink: Sink) -> None:
    at = ("err_msg", "错误信息")
    expected, absent, cause = say("judge.a_reason"), say("judge.absent"), say("cause.no_reason")
    sink.verdict(bool(told.strip()), "envelope.err_msg", "ENV-ERRMSG", look, *at, expected, absent, None, cause)
    check, clause = "envelope.err_msg_length", "ENV-ERRMSG-LENGTH"
    sink.verdict(len(told) <= LONGEST, check, clause, look, *at, f"<= {LONGEST}", len(told))


def _numbers(look: Look, reply: Mapping[str, Any], seen: dict[str, Look], sink: Sink) -> None:
    ref, at = text(reply.get("inf_refmsgid")), ("inf_refmsgid", "接收方报文ID")
    if len(ref) == 30 and ref.isascii() and ref.isdigit() and _is_moment(ref[6:20]):
        sink.ok("envelope.refmsgid", "ENV-REFMSGID", look)
    else:
        actual, cause = shown(ref), say("cause.refmsgid")
        if not ref:
            actual, cause = say("judge.absent"), say("cause.empty_reply")
        expected = say("judge.refmsgid")
        sink.note("fail", "envelope.refmsgid", "ENV-REFMSGID", look, *at, expected, actual, None, cause)
    if not ref or look.original is not None:
        return
    check, clause = "envelope.refmsgid_unique", "ENV-REFMSGID-UNIQUE"
    if seen.setdefault(ref, look) is look:
        sink.ok(check, clause, look)
    else:
        sink.note("fail", check, clause, look, *at, say("judge.unique"), shown(ref), None, say("cause.refmsgid"))


def _times(look: Look, reply: Mapping[str, Any], sink: Sink) -> None:
    received, responded = text(reply.get("refmsg_time")), text(reply.get("respond_time"))
    for name, label, value in (("refmsg_time", "接收报文时间", received), ("respond_time", "响应报文时间", responded)):
        if len(value) == 17 and value.isascii() and value.isdigit() and _is_moment(value[:14]):
            sink.ok("envelope.time_form", "ENV-TIME-FORM", look)
        elif value:
            form, cause = shown("yyyyMMddHHmmssSSS"), say("cause.times")
            sink.note("fail", "envelope.time_form", "ENV-TIME-FORM", look, name, label, form, shown(value), None, cause)
    if len(received) == len(responded) == 17:
        check, clause = "envelope.time_order", "ENV-TIME-ORDER"
        if received <= responded:
            sink.ok(check, clause, look)
        else:
            at, expected = ("respond_time", "响应报文时间"), shown(f">= {received}")
            sink.note("fail", check, clause, look, *at, expected, shown(responded), None, say("cause.times"))


@lru_cache(maxsize=4096)  # many replies tell the same second
def _is_moment(digits: str) -> bool:
    """Whether ``yyyyMMddHHmmss`` names a moment that exists."""
    try:
        datetime(
            int(digits[:4]), int(digits[4:6]), int(digits[6:8]), int(digits[8:10]), int(digits[10:12]), int(digits[12:])
        )
    except ValueError:
        return False
    return True


def _reasons(looks: Sequence[Look], sink: Sink) -> None:
    """A target that tells every refusal in the same words tells nothing: said once, as a warning."""
    refused = [look for look in looks if look.yes is False and look.faulty and look.reply]
    scenarios = {look.exchange.scenario for look in refused}
    if len(scenarios) < 3:
        return
    told = {text(look.reply.get("err_msg")) for look in refused if look.reply}
    last = refused[-1]
    sink.verdict(
        len(told) > 1,
        "envelope.reasons_differ",
        "ENV-REASONS",
        last,
        "err_msg",
        "错误信息",
        say("judge.different_reasons", count=len(scenarios)),
        next(iter(told)),
        say("judge.same_reason_why"),
    )
