"""Checking a file of messages: one JSON message, or JSON Lines of messages or of exchanges.

A line may be a request (it names its transaction by ``infno``), a reply (it has ``infcode`` but names no transaction),
or an exchange ``{"request": ..., "reply": ...}`` that holds both; there a half is a message, or a recorded body
``{"text": "..."}`` or ``{"base64": "..."}`` as conversations are kept.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from sim.errors import InputError, Place
from sim.interface import wire
from sim.interface.lines import lines_of
from sim.interface.load import transaction
from sim.interface.model import Direction, Interface
from sim.interface.schemas import Numbers
from sim.interface.validation import Problem, validate
from sim.lang import Text, say


@frozen
class Found:
    """A problem of a message in a file: where the message, or the value in it, stands, and what is wrong."""

    place: Place
    infno: str
    direction: Direction
    problem: Problem

    def text(self) -> Text:
        """The whole sentence, place first."""
        where = Place(self.place.file, self.place.line)  # the problem itself names the field
        return say("interface.found", place=where.text(), problem=self.problem.text())


@frozen
class Checked:
    """The outcome for a file: how many messages were looked at, and what is wrong with them."""

    messages: int
    found: tuple[Found, ...]


@frozen
class _Message:
    line: int
    infno: str
    direction: Direction
    data: Mapping[str, Any]
    lines: Mapping[tuple[str | int, ...], int]


def check_file(iface: Interface, file: Path, infno: str | None = None, numbers: Numbers = "number") -> Checked:
    """Check every message of a file.

    ``infno`` names the transaction of replies that stand alone. Raises InputError with file and line for what is no
    message at all, for a reply whose transaction is not known, and for a transaction the interface does not have.
    """
    name = str(file)
    try:
        body = file.read_bytes()
    except (FileNotFoundError, IsADirectoryError):
        raise InputError(say("file.not_found", file=name)) from None
    messages = [m for line, raw in _records(body) for m in _messages(raw, Place(name, line), infno)]
    found: list[Found] = []
    for message in messages:
        if not message.infno:
            raise InputError(say("interface.no_infno"), Place(name, message.line, "infno"))
        try:
            transaction(iface, message.infno)
        except InputError as error:
            raise InputError(error.text, Place(name, message.line, "infno"), error.nearest) from None
        for problem in validate(iface, message.infno, message.direction, message.data, numbers):
            place = Place(name, message.line + _line(message.lines, problem.path), problem.path)
            found.append(Found(place, message.infno, message.direction, problem))
    return Checked(len(messages), tuple(found))


def _records(body: bytes) -> Iterator[tuple[int, bytes]]:
    """The file as one record if it is one JSON object, else line by line; with the line each begins on."""
    filled = [(number, line) for number, line in enumerate(body.splitlines(), 1) if line.strip()]
    if len(filled) < 2 or _is_object(body):
        yield (1, body)
    elif not _is_object(filled[0][1]) and filled[0][1].strip() in (b"{", b"["):
        yield (1, body)  # meant as one message over several lines, and broken: its own error is the useful one
    else:
        yield from filled


def _is_object(body: bytes) -> bool:
    try:
        wire.decode(body)
    except wire.WireError:
        return False
    return True


def _messages(raw: bytes, place: Place, infno: str | None) -> Iterator[_Message]:
    record = _decoded(raw, place)
    lines = lines_of(raw.decode("utf-8-sig"))
    line = place.line or 1
    if isinstance(record.get("request"), dict):
        request = _half(record["request"], Place(place.file, line, "request"))
        number = str(request.get("infno") or infno or "")
        yield _Message(line, number, "request", request, _inside(lines, "request"))
        if isinstance(record.get("reply"), dict):
            reply = _half(record["reply"], Place(place.file, line, "reply"))
            yield _Message(line, number, "reply", reply, _inside(lines, "reply"))
    elif "infcode" in record:
        if infno is None:
            raise InputError(say("interface.reply_without_infno"), place)
        yield _Message(line, infno, "reply", record, lines)
    elif "infno" in record or "input" in record:
        yield _Message(line, str(record.get("infno") or infno or ""), "request", record, lines)
    else:
        raise InputError(say("interface.neither"), place)


def _decoded(raw: bytes, place: Place) -> dict[str, Any]:
    try:
        return wire.decode(raw)
    except wire.WireError as error:
        raise InputError(error.text, place) from None


def _half(half: dict[str, Any], place: Place) -> dict[str, Any]:
    """A message, or the body of a recorded one."""
    if isinstance(half.get("text"), str):
        return _decoded(half["text"].encode("utf-8"), place)
    if isinstance(half.get("base64"), str):
        try:
            return _decoded(base64.b64decode(half["base64"], validate=True), place)
        except binascii.Error:
            raise InputError(say("interface.bad_base64"), place) from None
    return half


def _inside(lines: Mapping[tuple[str | int, ...], int], name: str) -> dict[tuple[str | int, ...], int]:
    return {path[1:]: line for path, line in lines.items() if path[:1] == (name,)}


def _line(lines: Mapping[tuple[str | int, ...], int], path: str) -> int:
    """Lines below the record's first at which the value, or the nearest thing around it, stands."""
    steps: list[str | int] = []
    for part in path.replace("[", ".[").split("."):
        steps.append(int(part[1:-1]) if part.startswith("[") else part)
    while steps and tuple(steps) not in lines:
        steps.pop()
    return lines.get(tuple(steps), 0)
