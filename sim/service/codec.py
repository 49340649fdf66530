"""From the bytes of a request to a message in the interface's own form, and from a reply to the bytes that go out.

All variants of the wire end here: neither the platforms nor the pages know of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from attrs import frozen

from sim.interface import Interface, crypto, leniency, wire
from sim.interface.leniency import Leniency
from sim.interface.protection import ANYBODY, Protection, fits, signed
from sim.lang import Text, say
from sim.service.settings import WireForm


class Turned(Exception):  # noqa: N818 - a refusal, not an error
    """A body that is no acceptable message: why, and as much of the message as could be read."""

    def __init__(self, text: Text, message: dict[str, Any], used: tuple[Leniency, ...] = ()) -> None:
        super().__init__(text)
        self.text = text
        self.message = message
        self.used = used


@frozen
class Opened:
    """A message in the interface's own form, and the leniencies that it took to read it."""

    message: dict[str, Any]
    used: tuple[Leniency, ...]


class Codec:
    """Reads and writes for one interface and one way of setting up the wire."""

    def __init__(self, interface: Interface, form: WireForm, protection: Protection) -> None:
        self.interface = interface
        self.form = form
        self.protection = protection
        self._guarded = protection.signature != "none" or protection.cipher is not None

    def open(self, body: bytes, content_type: str = "application/json", expect: str = "") -> Opened:
        """Read a request. Raises Turned."""
        used = leniency.from_headers(content_type, expect)
        message: dict[str, Any] = {}
        try:
            if len(body) > wire.MAX_BYTES:
                raise wire.WireError(say("wire.too_large", size=len(body), limit=wire.MAX_BYTES))
            utf8, more = leniency.text_of(body)
            used += more
            message = wire.decode(utf8)
            if self._guarded:
                message, more = self._unprotected(utf8.decode(), message)
                used += more
            reading = leniency.read(self.interface, message, nulls=self._guarded or b"null" in utf8)
        except wire.WireError as error:
            raise Turned(error.text, message, tuple(used)) from None
        found = (*used, *reading.used)
        if self.form.refused:
            for each in found:
                if each.name in self.form.refused:
                    raise Turned(say("service.not_lenient", told=each.text()), reading.message, found)
        return Opened(reading.message, found)

    def close(self, reply: dict[str, Any]) -> bytes:
        """Write a reply."""
        if self.form.plain and not self._guarded:
            return wire.encode(reply)
        made = _as_text(reply) if self.form.amounts == "string" else dict(reply)
        if self.form.infcode == "string":
            made["infcode"] = str(made["infcode"])
        if self._guarded:
            self._protect(made)
        if self.form.output == "text" and not isinstance(made["output"], str):
            made["output"] = wire.encode(made["output"]).decode()
        body = wire.encode(made)
        return body.decode().encode("gb18030") if self.form.charset == "gbk" else body

    def _unprotected(self, body: str, message: dict[str, Any]) -> tuple[dict[str, Any], list[Leniency]]:
        """The message with its ``input`` decrypted, once its signature has been found to be right."""
        reading = leniency.opened(message) if self.protection.cipher is None else leniency.Reading(message)
        message = reading.message
        content = message.get("input")
        if self.protection.cipher is not None:
            if not isinstance(content, str):
                raise Turned(say("protection.not_encrypted"), message)
            try:
                text = self.protection.cipher.decrypt(content).decode()
            except (crypto.CryptoError, UnicodeDecodeError) as error:
                raise Turned(say("protection.not_decrypted", problem=str(error)[:40]), message) from None
            opened = {**message, "input": wire.decode(text.encode())}
        else:
            opened = message
            given = next((leniency.value for leniency in reading.used if leniency.name == "capital_input"), "input")
            text = crypto.member_text(body, given) or ""
            if any(each.name == "input_as_text" for each in reading.used):
                text = str(wire.DECODER.decode(text))
        self._check(text.encode(), opened)
        return opened, list(reading.used)

    def _check(self, content: bytes, message: dict[str, Any]) -> None:
        kind, given = self.protection.signature, message.get("cainfo")
        if kind == "none":
            return
        if not isinstance(given, str) or not given:
            raise Turned(say("protection.not_signed"), message)
        keys = self.protection.public_keys
        key = keys.get(str(message.get("fixmedins_code"))) or keys.get(ANYBODY)
        if key is None and kind != "sm3-input":
            raise Turned(say("protection.no_public_key", code=str(message.get("fixmedins_code"))[:20]), message)
        if not fits(kind, given, content, message, key or ""):
            raise Turned(say("protection.wrong_signature", kind=kind), message)

    def _protect(self, reply: dict[str, Any]) -> None:
        """Sign and encrypt the ``output``."""
        text = wire.encode(reply["output"])
        reply |= signed(self.protection, text, reply)
        if self.protection.cipher is not None:
            reply |= {"enctype": "SM4", "output": self.protection.cipher.encrypt(text)}


def _as_text(value: Any) -> Any:
    """The same with every number with a point as text."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dict):
        return {name: _as_text(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_as_text(each) for each in value]
    return value


def protect(message: Mapping[str, Any], protection: Protection) -> dict[str, Any]:
    """A request signed and encrypted as a client does it; ``private_key`` is then the client's own."""
    text = wire.encode(message["input"])
    made = {**message, **signed(protection, text, message)}
    if protection.cipher is not None:
        made |= {"encType": "SM4", "input": protection.cipher.encrypt(text)}
    return made
