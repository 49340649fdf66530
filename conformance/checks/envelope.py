"""Around every reply: readable at all, its numbers and times, the reason of a refusal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from conformance.checks.look import Look, text
from conformance.checks.sink import Sink, shown
from conformance.profile import Profile
from sim.interface import wire
from sim.lang import say

LONGEST = 200
"""The most characters of err_msg."""


def judge_envelope(looks: Sequence[Look], profile: Profile, sink: Sink) -> None:
    """Every exchange by itself, then what only shows over all of them."""
    seen: dict[str, Look] = {}
    for look in looks:
        if not _readable(look, sink):
            continue
        _code(look, profile, sink)
        _times(look, seen, sink)
    _reasons(looks, sink)


def _readable(look: Look, sink: Sink) -> bool:
    exchange = look.exchange
    answered = sink.verdict(
        exchange.outcome == "answered",
        "envelope.answered",
        "ENV-ANSWERED",
        look,
        expected=say("judge.an_answer"),
        actual=f"{exchange.outcome} {exchange.note}".strip(),
        cause=say("cause.no_answer"),
    )
    if not answered:
        return False
    status = exchange.reply.status if exchange.reply else None
    if status is not None:
        cause = say("cause.http")
        sink.verdict(status == 200, "envelope.http", "ENV-HTTP", look, "HTTP", "", "200", status, cause=cause)
    if look.reply is not None:
        sink.ok("envelope.json", "ENV-JSON", look)
        return True
    why = say("judge.no_message")
    if exchange.reply is not None:
        try:
            wire.decode(exchange.reply.body)
        except wire.WireError as error:
            why = error.text
    body = exchange.reply.body[:60] if exchange.reply else b""
    sink.note(
        "fail", "envelope.json", "ENV-JSON", look, "", "", say("judge.json_object"), shown(body), why, say("cause.json")
    )
    return False


def _code(look: Look, profile: Profile, sink: Sink) -> None:
    reply = look.reply
    assert reply is not None  # noqa: S101 - only readable replies come here
    code = reply.get("infcode")
    present = sink.verdict(
        look.yes is not None,
        "envelope.infcode",
        "ENV-INFCODE",
        look,
        "infcode",
        "交易状态码",
        say("judge.infcode"),
        say("judge.absent"),
        cause=say("cause.empty_reply"),
    )
    if present:
        number = isinstance(code, int) and not isinstance(code, bool)
        right = number if profile.infcode == "number" else isinstance(code, str)
        if right:
            sink.ok("envelope.infcode_form", "ENV-INFCODE-FORM", look)
        elif number or (isinstance(code, str) and code.lstrip("-").isdigit()):
            form = shown(profile.infcode)
            sink.note(
                "leniency",
                "envelope.infcode_form",
                "ENV-INFCODE-FORM",
                look,
                "infcode",
                "交易状态码",
                form,
                shown(code),
            )
        else:
            expected = say("judge.infcode")
            sink.note(
                "fail",
                "envelope.infcode_form",
                "ENV-INFCODE-FORM",
                look,
                "infcode",
                "交易状态码",
                expected,
                shown(code),
            )
    if look.yes is False:
        told = text(reply.get("err_msg"))
        sink.verdict(
            bool(told.strip()),
            "envelope.err_msg",
            "ENV-ERRMSG",
            look,
            "err_msg",
            "错误信息",
            say("judge.a_reason"),
            say("judge.absent"),
            cause=say("cause.no_reason"),
        )
        sink.verdict(
            len(told) <= LONGEST,
            "envelope.err_msg_length",
            "ENV-ERRMSG-LENGTH",
            look,
            "err_msg",
            "错误信息",
            f"<= {LONGEST}",
            len(told),
        )


def _times(look: Look, seen: dict[str, Look], sink: Sink) -> None:
    reply = look.reply
    assert reply is not None  # noqa: S101
    ref = text(reply.get("inf_refmsgid"))
    formed = len(ref) == 30 and ref.isascii() and ref.isdigit() and _moment(ref[6:20]) is not None
    sink.verdict(
        formed,
        "envelope.refmsgid",
        "ENV-REFMSGID",
        look,
        "inf_refmsgid",
        "接收方报文ID",
        say("judge.refmsgid"),
        ref or say("judge.absent"),
        cause=say("cause.refmsgid") if ref else say("cause.empty_reply"),
    )
    first = seen.setdefault(ref, look) if ref else look
    if look.original is None and ref:
        sink.verdict(
            first is look,
            "envelope.refmsgid_unique",
            "ENV-REFMSGID-UNIQUE",
            look,
            "inf_refmsgid",
            "接收方报文ID",
            say("judge.unique"),
            ref,
            cause=say("cause.refmsgid"),
        )
    received, responded = text(reply.get("refmsg_time")), text(reply.get("respond_time"))
    for name, label, value in (("refmsg_time", "接收报文时间", received), ("respond_time", "响应报文时间", responded)):
        if value:
            right = len(value) == 17 and value.isascii() and value.isdigit() and _moment(value[:14]) is not None
            form, cause = "yyyyMMddHHmmssSSS", say("cause.times")
            sink.verdict(right, "envelope.time_form", "ENV-TIME-FORM", look, name, label, form, value, cause=cause)
    if len(received) == len(responded) == 17:
        expected, cause = f">= {received}", say("cause.times")
        sink.verdict(
            received <= responded,
            "envelope.time_order",
            "ENV-TIME-ORDER",
            look,
            "respond_time",
            "响应报文时间",
            expected,
            responded,
            cause=cause,
        )


def _moment(digits: str) -> datetime | None:
    try:
        return datetime.strptime(digits, "%Y%m%d%H%M%S")
    except ValueError:
        return None


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
