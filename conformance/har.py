"""HTTP Archives (HAR 1.2), as browsers, proxies and gateways export them, read as a conversation.

Only entries that look like interface messages are taken. A HAR keeps bodies as its recorder had unpacked and decoded
them, not as they went over the line; what a recorder left out is marked as not recorded, never taken for empty.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonschema_rs

from conformance.conversation import Conversation, Exchange, Outcome, Raw
from sim import interface
from sim.errors import BadFileError, InputError, Place
from sim.files import dotted
from sim.interface import wire
from sim.lang import say

LARGEST = 256 * 1024 * 1024
"""The largest archive that is read, in bytes."""
SHOWN = 20
"""How many problems of one archive are told."""
CHINA = timezone(timedelta(hours=8), "CST")

_HEADERS: Mapping[str, Any] = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["name", "value"],
        "properties": {"name": {"type": "string"}, "value": {"type": "string"}},
    },
}
_CONTENT: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "text": {"type": "string"},
        "encoding": {"type": "string"},
        "size": {"type": "number"},
        "mimeType": {"type": "string"},
    },
}
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "required": ["log"],
    "properties": {
        "log": {
            "type": "object",
            "required": ["entries"],
            "properties": {
                "entries": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["startedDateTime", "request", "response"],
                        "properties": {
                            "startedDateTime": {"type": "string"},
                            "time": {"type": ["number", "null"]},
                            "request": {
                                "type": "object",
                                "required": ["method", "url"],
                                "properties": {
                                    "method": {"type": "string"},
                                    "url": {"type": "string"},
                                    "headers": _HEADERS,
                                    "postData": {"anyOf": [{"type": "null"}, _CONTENT]},
                                },
                            },
                            "response": {
                                "type": "object",
                                "required": ["status"],
                                "properties": {
                                    "status": {"type": "integer"},
                                    "headers": _HEADERS,
                                    "content": _CONTENT,
                                    "_error": {"type": ["string", "null"]},
                                },
                            },
                        },
                    },
                }
            },
        }
    },
}
"""The part of HAR 1.2 that is read; everything else in an archive is left alone."""


@cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(dict(SCHEMA))


def read_har(file: Path) -> Conversation:
    """The interface messages of an archive, in order of sending.

    Raises InputError or BadFileError with file and path in the JSON: missing, larger than ``LARGEST``, no HAR, a body
    or a time that cannot be read, or no entry that looks like an interface message.
    """
    entries = _entries(file)
    found: list[tuple[datetime, int, Exchange]] = []
    problems: list[InputError] = []
    for number, entry in enumerate(entries):
        try:
            exchange = _exchange(entry, file, number)
        except InputError as error:
            problems.append(error)
            continue
        if exchange is not None:
            found.append((datetime.fromisoformat(exchange.sent_at), number, exchange))
    if problems:
        raise BadFileError(problems[:SHOWN])
    if not found:
        raise InputError(say("har.no_message", count=len(entries)), Place(str(file)))
    found.sort(key=lambda one: one[:2])
    return Conversation(tuple(_numbered(exchange, seq) for seq, (_, _, exchange) in enumerate(found, 1)))


def _numbered(exchange: Exchange, seq: int) -> Exchange:
    return Exchange(
        seq=seq,
        sender=exchange.sender,
        receiver=exchange.receiver,
        sent_at=exchange.sent_at,
        request=exchange.request,
        outcome=exchange.outcome,
        answered_at=exchange.answered_at,
        reply=exchange.reply,
        note=exchange.note,
    )


def _entries(file: Path) -> list[Mapping[str, Any]]:
    place = Place(str(file))
    try:
        with file.open("rb") as opened:
            raw = opened.read(LARGEST + 1)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        raise InputError(say("file.not_found", file=str(file))) from None
    if len(raw) > LARGEST:
        raise InputError(say("pack.file_too_large", limit=LARGEST), place)
    try:
        data = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InputError(say("file.not_utf8", byte=error.start), place) from None
    except json.JSONDecodeError as error:
        raise InputError(say("har.not_json", problem=error.msg), Place(str(file), error.lineno)) from None
    except RecursionError:
        raise InputError(say("har.not_json", problem="nested too deeply"), place) from None
    problems = []
    for found in _validator().iter_errors(data):
        where = Place(str(file), None, dotted(found.instance_path))
        problems.append(InputError(say("file.wrong_value", problem=found.message[:200]), where))
        if len(problems) == SHOWN:
            break
    if problems:
        raise BadFileError(problems)
    entries: list[Mapping[str, Any]] = data["log"]["entries"]
    return entries


def _exchange(entry: Mapping[str, Any], file: Path, number: int) -> Exchange | None:
    """One entry, or None when it is no interface message."""
    at = ("log", "entries", number)
    request, response = entry["request"], entry["response"]
    if request["method"].upper() != "POST":
        return None
    body = _body(request.get("postData") or {}, file, *at, "request", "postData")
    sent = Raw(body or b"", _headers(request, body), None, request["url"], body is not None)
    named = urlsplit(request["url"]).path.rpartition("/")[2] in interface.interface().transactions
    if not named and not _is_message(sent.body):
        return None
    started = _moment(entry["startedDateTime"], file, *at, "startedDateTime")
    took = entry.get("time")
    lasted = timedelta(milliseconds=max(0.0, min(float(took), 1e10))) if took is not None else timedelta(0)
    outcome = _outcome(response)
    reply = None
    if outcome == "answered":
        came = _body(response.get("content") or {}, file, *at, "response", "content")
        reply = Raw(came or b"", _headers(response, came), response["status"], "", came is not None)
    return Exchange(
        seq=0,
        sender="hospital",
        receiver="platform",
        sent_at=_stamp(started),
        request=sent,
        outcome=outcome,
        answered_at=_stamp(started + lasted) if outcome == "answered" else None,
        reply=reply,
        note=str(response.get("_error") or "")[:200],
    )


def _is_message(body: bytes) -> bool:
    try:
        return isinstance(wire.decode(body).get("infno"), str)
    except wire.WireError:
        return b'"infno"' in body[: wire.MAX_BYTES]  # broken, but meant as one: for the judge to say


def _body(content: Mapping[str, Any], file: Path, *at: str | int) -> bytes | None:
    """The body; None when the recorder did not keep it, although there was one."""
    text = content.get("text")
    if text is None:
        return b"" if content.get("size") == 0 else None
    if content.get("encoding") == "base64":
        try:
            return base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise InputError(say("har.not_base64"), Place(str(file), None, dotted((*at, "text")))) from None
    return str(text).encode("utf-8", "surrogatepass")


def _headers(half: Mapping[str, Any], body: bytes | None) -> tuple[tuple[str, str], ...]:
    """The headers; the body stands unpacked in an archive, so the header that says it is packed would be wrong."""
    kept = ((one["name"], one["value"]) for one in half.get("headers", ()))
    return tuple(one for one in kept if body is None or one[0].lower() != "content-encoding")


def _outcome(response: Mapping[str, Any]) -> Outcome:
    """A status of 0, or less, is how recorders write that no answer came."""
    if response["status"] > 0:
        return "answered"
    told = str(response.get("_error") or "").lower()
    if "timed_out" in told or "timeout" in told or "timed out" in told:
        return "timeout"
    return "unreachable" if any(word in told for word in ("refused", "not_resolved", "unreachable")) else "broken"


def _moment(value: str, file: Path, *at: str | int) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise InputError(say("har.no_time", value=value[:40]), Place(str(file), None, dotted(at))) from None
    return moment.replace(tzinfo=CHINA) if moment.tzinfo is None else moment.astimezone(CHINA)


def _stamp(at: datetime) -> str:
    """As every watcher writes it: China Standard Time, without a zone mark."""
    return at.replace(tzinfo=None).isoformat(timespec="milliseconds")
