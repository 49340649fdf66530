"""Known-bad platforms: what stands around a reply, how it is written, and which bodies are read."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from decimal import Decimal
from html import escape
from typing import Any

from conformance.mutants import build
from conformance.mutants.build import Message
from conformance.mutants.known import Read, Write, add, known
from sim.interface import wire
from sim.platform.context import Context
from sim.platform.people import persons
from sim.platform.reference import Reference, reference


@known("SMO-007", "envelope.infcode")
def answers_empty_object() -> Reference:
    """Every message is answered with an empty object."""
    return build.saying(lambda _, __: {})


@known("OUT-N03", "envelope.err_msg")
def refuses_without_reason() -> Reference:
    """Refusals say nothing."""

    def change(_: Message, reply: Message) -> Message:
        return reply if reply["infcode"] == 0 else {**reply, "err_msg": ""}

    return build.saying(change)


@known("OUT-N01 OUT-N03 OUT-N06 OUT-N09", "envelope.reasons_differ")
def refuses_in_one_text() -> Reference:
    """Every refusal is told in the same words."""

    def change(_: Message, reply: Message) -> Message:
        return reply if reply["infcode"] == 0 else {**reply, "err_msg": "系统错误"}

    return build.saying(change)


@known("OUT-024", "envelope.time_form")
def times_in_the_wrong_form() -> Reference:
    """Times around the reply carry separators."""

    def change(_: Message, reply: Message) -> Message:
        at = str(reply["respond_time"])
        return {**reply, "respond_time": f"{at[:4]}-{at[4:6]}-{at[6:8]} {at[8:10]}:{at[10:12]}"}

    return build.saying(change)


@known("OUT-024", "envelope.refmsgid")
def refmsgid_of_another_form() -> Reference:
    """inf_refmsgid is a random number."""
    return build.saying(lambda _, reply: {**reply, "inf_refmsgid": f"R{reply['inf_refmsgid'][-12:]}"})


@known("OUT-024", "envelope.refmsgid_unique")
def one_refmsgid_for_all() -> Reference:
    """Every reply has the same inf_refmsgid."""
    first: list[str] = []

    def change(_: Message, reply: Message) -> Message:
        first.append(str(reply["inf_refmsgid"]))
        return {**reply, "inf_refmsgid": first[0]}

    return build.saying(change)


@known("OUT-024", "envelope.time_order")
def answered_before_it_came() -> Reference:
    """Replies are dated before their requests came."""

    def change(_: Message, reply: Message) -> Message:
        return {**reply, "refmsg_time": f"29{str(reply['refmsg_time'])[2:]}"}

    return build.saying(change)


@known("OUT-N03", "envelope.err_msg_length")
def stack_trace_as_reason() -> Reference:
    """Refusals print a stack trace."""

    def change(_: Message, reply: Message) -> Message:
        return reply if reply["infcode"] == 0 else {**reply, "err_msg": "java.lang.NullPointerException at " * 20}

    return build.saying(change)


@known("MAL-N40", "envelope.answered")
def breaks_on_a_word_as_amount() -> Reference:
    """An amount that is a word ends the connection."""

    def change(message: Message, reply: Message) -> Message:
        if reply["infcode"] != 0 and "abc" in str(message):
            raise ValueError("not a number")
        return reply

    return build.saying(change)


@known("SEC-002", "query.text")
def texts_come_back_escaped() -> Reference:
    """Texts come back with HTML escapes."""

    def change(_: Context, output: dict[str, Any]) -> dict[str, Any]:
        for row in output["diseinfo"]:
            row["diag_name"] = escape(row["diag_name"])
        return output

    return build.with_treatment(("5202",), lambda handler: build.after(handler, change))


@known("SEC-001", "query.text")
def texts_are_cut_at_a_quote() -> Reference:
    """What follows a quotation mark is lost."""

    def change(_: Context, message: Message) -> None:
        for row in message["input"]["diseinfo"]:
            row["diag_name"] = row["diag_name"].partition("'")[0] or "-"

    return build.with_treatment(("2203",), lambda handler: build.before(handler, change))


@known("SEC-N13", "expectation.refused")
def credential_by_pattern() -> Reference:
    """A credential with a quotation mark finds the first person there is."""

    def change(_: Context, message: Message) -> None:
        data = message["input"]["data"]
        if "'" in data["mdtrt_cert_no"]:
            data["mdtrt_cert_no"] = persons()[0].certno

    return build.with_treatment(("1101",), lambda handler: build.before(handler, change))


@known("MAL-N32", "expectation.refused")
def bodies_not_checked() -> Reference:
    """Messages are not compared with the interface before they are handled."""
    return reference(checked=False)


# --- reading and writing bodies ---


def _lenient(body: bytes) -> dict[str, Any]:
    """Whatever a careless reader makes of it."""
    found: dict[str, Any] = json.loads(body.decode("utf-8-sig"), parse_float=Decimal)
    return found if isinstance(found, dict) else {}


def _replacing(body: bytes) -> dict[str, Any]:
    return wire.decode(body.decode("utf-8", "replace").encode())


def _python(body: bytes) -> dict[str, Any]:
    try:
        return wire.decode(body)
    except wire.WireError:
        found = ast.literal_eval(body.decode())
        return wire.decode(wire.encode(found))


def _first_message(body: bytes) -> dict[str, Any]:
    """What stands behind the first message is not read."""
    found, _ = json.JSONDecoder(parse_float=Decimal).raw_decode(body.decode())
    return dict(found)


def _deep(body: bytes) -> dict[str, Any]:
    """Recursion without an end."""
    found: dict[str, Any] = json.loads(body)
    return wire.decode(body) if found else found


def _closing(body: bytes) -> dict[str, Any]:
    """A body that was cut is closed by guessing."""
    try:
        return wire.decode(body)
    except wire.WireError:
        return wire.decode(body + b"}")


def _form(body: bytes) -> dict[str, Any]:
    return wire.decode(body.removeprefix(b"data="))


def _unbounded(body: bytes) -> dict[str, Any]:
    return wire.decode(body, limit=10**9)


def _in_a_list(body: bytes) -> dict[str, Any]:
    return wire.decode(body.strip(b"[]"))


def _not_empty(body: bytes) -> dict[str, Any]:
    if not body:
        raise IndexError("no first byte")
    return wire.decode(body)


READERS: Mapping[str, tuple[Read, str, str]] = {
    "last_key_wins": (_lenient, "MAL-N20", "expectation.refused"),
    "not_a_number_read": (_lenient, "MAL-N14", "expectation.refused"),
    "half_characters_kept": (_lenient, "MAL-N19", "expectation.refused"),
    "wrong_bytes_replaced": (_replacing, "MAL-N17", "expectation.refused"),
    "single_quotes_read": (_python, "MAL-N11", "expectation.refused"),
    "rest_of_the_body_ignored": (_first_message, "MAL-N09", "expectation.refused"),
    "recursion_without_end": (_deep, "MAL-N22", "envelope.answered"),
    "cut_bodies_completed": (_closing, "MAL-N01", "expectation.refused"),
    "forms_read": (_form, "MAL-N12", "expectation.refused"),
    "no_limit_of_size": (_unbounded, "MAL-N23", "expectation.refused"),
    "lists_unwrapped": (_in_a_list, "MAL-N05", "expectation.refused"),
    "breaks_on_an_empty_body": (_not_empty, "MAL-N03", "envelope.answered"),
}
"""Careless readers: a body that is none is read, or breaks the platform."""
for _name, (_read, _scenario, _check) in READERS.items():
    add(_name, reference, _scenario, _check, read=_read)

WRITERS: Mapping[str, tuple[Write, str, str]] = {
    "writes_gbk": (lambda reply: wire.encode(reply).decode().encode("gb18030"), "OUT-001", "envelope.json"),
    "writes_html": (lambda _: b"<html>502 Bad Gateway</html>", "SMO-007", "envelope.json"),
    "writes_nothing": (lambda _: b"", "SMO-007", "envelope.json"),
    "replies_cut_short": (lambda reply: wire.encode(reply)[:-1], "SMO-007", "envelope.json"),
    "replies_in_a_list": (lambda reply: b"[" + wire.encode(reply) + b"]", "SMO-007", "envelope.json"),
}
"""Careless writers."""
for _name, (_write, _scenario, _check) in WRITERS.items():
    add(_name, reference, _scenario, _check, write=_write)
