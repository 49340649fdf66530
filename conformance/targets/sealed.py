"""A way to a target that wants signed and encrypted bodies: messages are sealed on their way out and opened on their
way in.

What is recorded is what went over the wire, with the plain text of the content beside it: the judge reads the message
and checks the platform's signature over it without any secret. Whether a signature is right is for the judge; a wrong
one stops nothing here, so that everything else is seen too.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from attrs import evolve, frozen

from conformance.conversation import Conversation, Exchange, Raw
from conformance.sealing import Sealing
from conformance.targets.transport import HttpTransport, Sent, Transport
from sim.interface import crypto, wire
from sim.interface.crypto import Sm4
from sim.interface.protection import ANYBODY, Protection, signed

REMEMBERED = 4_096
"""How many of the last messages are sent in the same bytes when they are sent again: a signature has a nonce."""


@frozen
class Sealed:
    """A body as it goes out, and the plain text of its input where that is encrypted in it."""

    body: bytes
    opened: tuple[str, str] | None = None


class Sealer:
    """Signs and encrypts for the institutions of a profile. Raises InputError for keys that cannot be used."""

    def __init__(self, sealing: Sealing) -> None:
        self.sealing = sealing
        self._by_code = sealing.protections()
        self._cipher = next(iter(self._by_code.values())).cipher

    def seal(self, body: bytes) -> Sealed:
        """A message signed and encrypted. What is no message is left as it is: nothing of it could be signed. One that
        bears a signature already was given it on purpose, and keeps it."""
        try:
            message = wire.decode(body)
        except wire.WireError:
            return Sealed(body)
        return self.dress(body, {} if message.get("cainfo") else self.signature(body))

    def signature(self, body: bytes, key: str = "") -> Mapping[str, str]:
        """The members that sign a message; ``key`` is another private key than the institution's own."""
        message = wire.decode(body)
        protection = self._for(str(message.get("fixmedins_code")))
        used = evolve(protection, private_key=key) if key else protection
        return signed(used, (crypto.member_text(body.decode(), "input") or "").encode(), message)

    def dress(self, body: bytes, signature: Mapping[str, str], encrypt: bool = True) -> Sealed:
        """A message with the members that sign it and its input encrypted; every other character stays as it was."""
        text = body.decode()
        for name, value in signature.items():
            text = crypto.with_member(text, name, f'"{value}"')
        content = crypto.member_text(text, "input")
        if self._cipher is None or not encrypt or content is None:
            return Sealed(text.encode())
        text = crypto.with_member(text, "input", f'"{self._cipher.encrypt(content.encode())}"')
        return Sealed(crypto.with_member(text, "encType", '"SM4"').encode(), ("input", content))

    def open(self, reply: Raw) -> Raw:
        """A reply with the plain text of its output beside it, or with what kept it from being opened."""
        return reply if self._cipher is None else opened(reply, "output", self._cipher)

    def _for(self, code: str) -> Protection:
        """An institution's own; for one that there is none for, such as a made-up one, the first: somebody's key."""
        return self._by_code.get(code) or self._by_code.get(ANYBODY) or next(iter(self._by_code.values()))


def opened(raw: Raw, member: str, cipher: Sm4) -> Raw:
    """A message with the plain text of its input or output beside it, or with what kept it from being opened. One that
    was opened already, or holds no cipher text, is left as it is."""
    content = raw.message.get(member) if raw.opened is None and raw.message is not None else None
    if not isinstance(content, str) or not content:
        return raw
    try:
        made = evolve(raw, opened=(member, cipher.decrypt(content).decode()), unopened="")
    except crypto.CryptoError as error:
        return evolve(raw, unopened=str(error))
    except UnicodeDecodeError:
        return evolve(raw, unopened="not UTF-8")
    return made if made.message is not None else evolve(raw, unopened="not JSON")


def all_opened(conversation: Conversation, sealing: Sealing | None) -> Conversation:
    """What somebody in between recorded of sealed messages, opened if the key is at hand. Raises InputError for a key
    that cannot be used."""
    if sealing is None or not sealing.at_hand:
        return conversation
    cipher = sealing.cipher()
    if cipher is None:
        return conversation

    return Conversation(tuple(opened_exchange(exchange, cipher) for exchange in conversation))


def opened_exchange(exchange: Exchange, cipher: Sm4) -> Exchange:
    """An exchange with the plain text of everything in it that was encrypted."""

    def output(raw: Raw | None) -> Raw | None:
        return None if raw is None else opened(raw, "output", cipher)

    return evolve(
        exchange,
        request=opened(exchange.request, "input", cipher),
        reply=output(exchange.reply),
        truth=output(exchange.truth),
    )


class SealedTransport:
    """Another transport, with sealed messages."""

    def __init__(self, inner: Transport, sealer: Sealer) -> None:
        self.inner = inner
        self.sealer = sealer
        self._sealed: OrderedDict[bytes, Sealed] = OrderedDict()

    @property
    def target(self) -> str:
        """What is reached, for people."""
        return self.inner.target

    async def __aenter__(self) -> Self:
        await self.inner.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.inner.__aexit__(kind, error, trace)

    async def send(self, infno: str, body: bytes, headers: Mapping[str, str] | None = None) -> Sent:
        """Seal one body, carry it there, and open what came back."""
        return await self.carry(infno, self._seal(body), headers)

    async def carry(self, infno: str, sealed: Sealed, headers: Mapping[str, str] | None = None) -> Sent:
        """The same for a body that was sealed elsewhere, or made to look so."""
        given = (infno, sealed.body, headers) if headers else (infno, sealed.body)
        return self.noted(await self.inner.send(*given), sealed)

    def noted(self, sent: Sent, sealed: Sealed) -> Sent:
        """What was sent and came back, with the plain text of both beside them."""
        reply = None if sent.reply is None else self.sealer.open(sent.reply)
        return evolve(sent, request=evolve(sent.request, opened=sealed.opened), reply=reply)

    def _seal(self, body: bytes) -> Sealed:
        sealed = self._sealed.pop(body, None) or self.sealer.seal(body)
        self._sealed[body] = sealed
        if len(self._sealed) > REMEMBERED:
            self._sealed.popitem(last=False)
        return sealed


def over_http(transport: Transport) -> HttpTransport | None:
    """The transport that makes the requests, sealed or not; None where the target is not on a port."""
    inner = transport.inner if isinstance(transport, SealedTransport) else transport
    return inner if isinstance(inner, HttpTransport) else None
