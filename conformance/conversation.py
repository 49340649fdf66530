"""A conversation: the exchanges between two parties in order, the one shape that every way of watching produces.

On disk it is JSON Lines, one exchange a line, bodies as they were sent (text when UTF-8, else base64).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

import orjson
from attrs import field, frozen

from conformance.collector import collector_paused
from sim.errors import InputError, Place
from sim.interface import wire
from sim.interface.crypto import with_member
from sim.lang import Text, plain, say

Outcome = Literal["answered", "timeout", "unreachable", "broken"]
"""How the transport ended: a whole HTTP answer, none in time, no connection, or a connection that broke off."""


PASSED = "passed"
"""What a gateway found of a signature in which nothing was wrong."""
LONGEST_LINE = 64 * 1024 * 1024
"""The longest line of a conversation file that is read, in bytes; both bodies at their limit, in base64, fit."""


@frozen(slots=False)
class Raw:
    """One HTTP message as sent: the body byte for byte, headers in order.

    ``recorded`` is False when a watcher did not keep the body: nothing can be said about it. Where the content of a
    body is encrypted, ``opened`` is the member that holds it and its plain text, so that the message can be read and
    judged without any key; ``unopened`` is why it could not be decrypted.
    """

    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    status: int | None = None
    target: str = ""
    recorded: bool = True
    opened: tuple[str, str] | None = None
    unopened: str = ""

    @cached_property
    def message(self) -> Mapping[str, Any] | None:
        """The JSON object in the body, decrypted, numbers with a point as Decimal; None when it is not one."""
        try:
            message = wire.decode(self.body)
            return message if self.opened is None else wire.decode(self._plain(*self.opened))
        except wire.WireError:
            return None

    def _plain(self, member: str, text: str) -> bytes:
        return with_member(self.body.decode("utf-8-sig"), member, text).encode("utf-8", "surrogatepass")

    def to_json(self) -> dict[str, Any]:
        """The JSON form of one line's half."""
        try:
            body: dict[str, str] = {"text": self.body.decode("utf-8")}
        except UnicodeDecodeError:
            body = {"base64": base64.b64encode(self.body).decode("ascii")}
        found: dict[str, Any] = {"headers": [list(h) for h in self.headers], **body}
        if self.status is not None:
            found["status"] = self.status
        if self.target:
            found["target"] = self.target
        if not self.recorded:
            found["recorded"] = False
        if self.opened is not None:
            found["opened"] = dict([self.opened])
        if self.unopened:
            found["unopened"] = self.unopened
        return found

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The reverse of `to_json`. Raises KeyError or ValueError on another shape."""
        body = data["text"].encode("utf-8") if "text" in data else base64.b64decode(data["base64"], validate=True)
        headers = tuple([(str(name), str(value)) for name, value in data.get("headers", ())])
        recorded, opened = data.get("recorded", True) is not False, data.get("opened")
        if opened is not None:
            ((member, text),) = opened.items()
            opened = (str(member), str(text))
        status, target, unopened = data.get("status"), data.get("target", ""), str(data.get("unopened", ""))
        return cls(body, headers, status, target, recorded, opened, unopened)


@frozen(slots=False)
class Exchange:
    """One request and what came back. ``scenario``, ``run`` and ``step`` say what it was sent for, if known.

    ``run`` is ``"plain"`` or, for a negative scenario, ``"control"`` (without the fault) or ``"fault"``.
    Times are ISO 8601 with milliseconds, of the watcher's clock. ``reply`` is what reached the sender; ``truth``, where
    that is something else and the watcher knows it, is what the receiver had answered. ``gateway``: what a gateway
    found of the signature in the headers: `PASSED`, or the reason why it was turned away with what was at fault.
    """

    seq: int
    sender: str
    receiver: str
    sent_at: str
    request: Raw
    outcome: Outcome
    answered_at: str | None = None
    reply: Raw | None = None
    scenario: str = ""
    run: str = "plain"
    step: str = ""
    note: str = ""
    truth: Raw | None = None
    gateway: str = ""

    @property
    def infno(self) -> str:
        """The transaction number the request names, or an empty string."""
        message = self.request.message
        return str(message.get("infno", "")) if message else ""

    def to_json(self) -> dict[str, Any]:
        """One line of a conversation file."""
        return {
            "seq": self.seq,
            "sender": self.sender,
            "receiver": self.receiver,
            "sent_at": self.sent_at,
            "answered_at": self.answered_at,
            "outcome": self.outcome,
            "scenario": self.scenario,
            "run": self.run,
            "step": self.step,
            "note": self.note,
            "request": self.request.to_json(),
            "reply": self.reply.to_json() if self.reply else None,
            **({"truth": self.truth.to_json()} if self.truth else {}),
            **({"gateway": self.gateway} if self.gateway else {}),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The reverse of `to_json`. Raises KeyError, TypeError or ValueError on another shape."""
        if data["outcome"] not in ("answered", "timeout", "unreachable", "broken"):
            raise ValueError(f"outcome {data['outcome']!r}")
        reply, truth = data.get("reply"), data.get("truth")
        return cls(
            seq=int(data["seq"]),
            sender=data["sender"],
            receiver=data["receiver"],
            sent_at=data["sent_at"],
            answered_at=data.get("answered_at"),
            outcome=data["outcome"],
            scenario=data.get("scenario", ""),
            run=data.get("run", "plain"),
            step=data.get("step", ""),
            note=data.get("note", ""),
            request=Raw.from_json(data["request"]),
            reply=Raw.from_json(reply) if reply is not None else None,
            truth=Raw.from_json(truth) if truth is not None else None,
            gateway=str(data.get("gateway", "")),
        )


def _in_order(exchanges: Iterable[Exchange]) -> tuple[Exchange, ...]:
    return tuple(exchanges)


@frozen
class Conversation:
    """Exchanges in order of sending."""

    exchanges: tuple[Exchange, ...] = field(converter=_in_order)

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self.exchanges)

    def __len__(self) -> int:
        return len(self.exchanges)


def line(exchange: Exchange) -> bytes:
    """One line of a conversation file, with its end."""
    data = exchange.to_json()
    try:
        return f"{json.dumps(data, ensure_ascii=False)}\n".encode()
    except UnicodeEncodeError:  # a header with bytes that are no UTF-8, kept as half characters
        return f"{json.dumps(data)}\n".encode()


def write(conversation: Iterable[Exchange], file: Path) -> None:
    """Write a conversation as JSON Lines."""
    with file.open("wb") as out:
        out.writelines(map(line, conversation))


def read(file: Path) -> Conversation:
    """Read a conversation, in order of sending. Raises InputError with file and line for a line that is not an
    exchange."""
    found: list[Exchange] = []
    try:
        with collector_paused(), file.open("rb") as opened:
            for number, one in enumerate(iter(lambda: opened.readline(LONGEST_LINE + 1), b""), 1):
                if one.strip():
                    found.append(parse(one, Place(str(file), number)))
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        raise InputError(say("file.not_found", file=str(file))) from None
    numbers = {exchange.seq for exchange in found}
    if len(numbers) == len(found):  # a watcher writes an exchange when it ends; a later one may have ended before
        found.sort(key=lambda exchange: exchange.seq)
    return Conversation(tuple(found))


def _loaded(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:  # half characters, which `line` may have kept; or no JSON at all, which json tells
        return json.loads(text)


def parse(one: bytes, place: Place) -> Exchange:
    """One line. Raises InputError at the place when it is not an exchange."""
    if len(one) > LONGEST_LINE:
        raise InputError(say("conversation.long_line", limit=LONGEST_LINE), place)
    try:
        text = one.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(say("file.not_utf8", byte=error.start), place) from None
    try:
        return Exchange.from_json(_loaded(text))
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise InputError(say("conversation.bad_line", problem=_problem(error)), place) from None


def _problem(error: Exception) -> Text:
    if isinstance(error, json.JSONDecodeError):
        return say("conversation.not_json", column=error.colno, problem=error.msg)
    if isinstance(error, KeyError):
        return say("conversation.missing", name=str(error.args[0]))
    told = f"{type(error).__name__}: {error}"
    return plain(told, told)
