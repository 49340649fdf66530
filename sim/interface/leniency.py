"""What real senders do beside the interface's letter, and reading it all the same.

Each departure is a *leniency* with a name. `read` puts a body into the interface's own form and tells every leniency it
needed, so that a receiver can accept it and note it, or refuse it by its name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from attrs import frozen

from sim.interface import wire
from sim.interface.layout import places
from sim.interface.model import Field, Interface
from sim.interface.schemas import is_number
from sim.lang import Text, say

VERSION = "V1.0"
"""How the interface itself spells its version."""
CODE_LENGTH = 12

LENIENCIES = (
    "gbk_body",
    "byte_order_mark",
    "text_plain",
    "expect_continue",
    "capital_input",
    "input_as_text",
    "null_text",
    "null_value",
    "empty_number",
    "number_as_text",
    "long_institution_code",
    "other_version",
)
"""All leniencies by name, in the order in which a message meets them."""


@frozen
class Leniency:
    """One leniency that a message needed; ``value`` is the field or text concerned."""

    name: str
    value: str = ""

    def text(self) -> Text:
        """The sentence that tells it."""
        return say(f"leniency.{self.name}", value=self.value, expected=VERSION)


@frozen
class Reading:
    """A message in the interface's own form, and what that took: each leniency once, with its first place."""

    message: dict[str, Any]
    used: tuple[Leniency, ...] = ()


def from_headers(content_type: str, expect: str) -> list[Leniency]:
    """The leniencies of the request around the body."""
    found = []
    kind = content_type.partition(";")[0].strip().lower()
    if kind != "application/json":
        found.append(Leniency("text_plain", kind[:40] or "∅"))
    if expect.lower() == "100-continue":
        found.append(Leniency("expect_continue"))
    return found


def text_of(body: bytes) -> tuple[bytes, list[Leniency]]:
    """The body in UTF-8 without a mark before it. Raises wire.WireError when it is neither UTF-8 nor GBK."""
    found = []
    if body.startswith(b"\xef\xbb\xbf"):
        body = body[3:]
        found.append(Leniency("byte_order_mark"))
    try:
        body.decode()
    except UnicodeDecodeError as error:
        try:
            body = body.decode("gb18030").encode()
        except UnicodeDecodeError:
            raise wire.WireError(say("wire.not_utf8", byte=error.start)) from None
        found.append(Leniency("gbk_body"))
    return body, found


def opened(message: dict[str, Any]) -> Reading:
    """The message with its ``input`` as an object under that name."""
    used: list[Leniency] = []
    if "input" not in message:
        spelled = next((name for name in message if name.lower() == "input"), None)
        if spelled is not None:
            message = {("input" if name == spelled else name): value for name, value in message.items()}
            used.append(Leniency("capital_input", spelled))
    content = message.get("input")
    if isinstance(content, str) and content.lstrip().startswith("{"):
        message = {**message, "input": wire.decode(content.encode())}
        used.append(Leniency("input_as_text"))
    return Reading(message, tuple(used))


def read(iface: Interface, message: dict[str, Any], *, nulls: bool = True) -> Reading:
    """A decoded message in the interface's own form. Raises wire.WireError when the text of ``input`` is no message.

    ``nulls`` False: the caller knows that the word null stands nowhere in the body, so nobody need look for it.
    """
    reading = opened(message)
    message, used = reading.message, {each.name: each for each in reading.used}
    for name, value in _values(message) if nulls else ():
        if value is None:
            used.setdefault("null_value", Leniency("null_value", name))
        elif value == "null":
            used.setdefault("null_text", Leniency("null_text", name))
    if "null_text" in used:
        message = _without_null(message)
    numbers = numbers_of(iface, str(message.get("infno")))
    content = message.get("input")
    if numbers and isinstance(content, dict):
        for name, value in _texts(content, numbers):
            kind = "number_as_text" if value else "empty_number"
            used.setdefault(kind, Leniency(kind, name))
    code = message.get("fixmedins_code")
    if isinstance(code, str) and len(code) == CODE_LENGTH + 2:
        message = {**message, "fixmedins_code": code[:CODE_LENGTH]}
        used["long_institution_code"] = Leniency("long_institution_code", code)
    version = message.get("infver")
    if isinstance(version, str) and version not in ("", VERSION):
        used["other_version"] = Leniency("other_version", version[:20])
    return Reading(message, tuple(used.values()))


@cache
def numbers_of(iface: Interface, infno: str) -> frozenset[str]:
    """The names of the fields of a request that are numbers; none for an unknown transaction."""
    if infno not in iface.transactions:
        return frozenset()
    found = places(iface, infno, "request").items()
    return frozenset(path[-1] for path, field in found if isinstance(field, Field) and is_number(field))


def _values(value: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every member that is null or the word null, with its name."""
    for name, each in value.items():
        if each is None or each == "null":
            yield name, each
        elif type(each) is dict:
            yield from _values(each)
        elif type(each) is list:
            for row in each:
                if type(row) is dict:
                    yield from _values(row)


def _texts(value: Mapping[str, Any], numbers: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Every number that is text, with its name."""
    for name, each in value.items():
        if type(each) is str:
            if name in numbers:
                yield name, each
        elif type(each) is dict:
            yield from _texts(each, numbers)
        elif type(each) is list:
            for row in each:
                if type(row) is dict:
                    yield from _texts(row, numbers)


def _without_null(value: Any) -> Any:
    if type(value) is dict:
        return {name: _without_null(each) for name, each in value.items()}
    if type(value) is list:
        return [_without_null(each) for each in value]
    return "" if value == "null" else value
