"""The gateway in front of the platform that is played for a hospital system: what the profile says of signatures in
headers and of the protection of bodies, as the settings of the reference server.

It checks, opens and seals with the server's own code. What it found of the headers is noted with each exchange, so that
the recording is judged without any secret.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from attrs import evolve

from conformance.conversation import PASSED, Conversation, Exchange
from conformance.profile import NONCES, Profile, Signing
from sim.interface.protection import Protection
from sim.interface.signature import CHINA, Rejected
from sim.service.codec import Codec
from sim.service.gateway import HeaderGate
from sim.service.settings import Gateway, Settings

_CLOSED: ContextVar[tuple[dict[str, Any], bytes] | None] = ContextVar("closed", default=None)


def settings_of(profile: Profile) -> Settings:
    """The settings of the platform that is played. Raises InputError for secrets and keys that are missing or wrong."""
    return Settings(
        gateway=None if profile.signing is None else _gateway(profile.signing),
        protection=Protection() if profile.protection is None else profile.protection.played(),
    )


def _gateway(signing: Signing) -> Gateway:
    """Only a nonce must not come twice: without one two right requests of one moment sign alike."""
    once = signing.scheme in NONCES
    return Gateway(signing.scheme, {signing.key: signing.secret()}, signing.unit, signing.window, remembered=once)


class NotingGate(HeaderGate):
    """A header gate that also tells what it found, in the words of `Exchange.gateway`."""

    def __init__(self, setting: Gateway, note: Callable[[str], None]) -> None:
        super().__init__(setting)
        self._note = note

    def fault(self, headers: Mapping[str, str], now: datetime) -> Rejected | None:
        """See `HeaderGate`."""
        found = super().fault(headers, now)
        self._note(told(found))
        return found


class SteadyCodec(Codec):
    """Writes each reply once: an SM2 signature differs every time, and what was sent is compared with what was
    answered. A reply is written within the task of its request."""

    def close(self, reply: dict[str, Any]) -> bytes:
        """See `Codec`."""
        kept = _CLOSED.get()
        if kept is None or kept[0] is not reply:
            kept = (reply, super().close(reply))
            _CLOSED.set(kept)
        return kept[1]


def told(found: Rejected | None) -> str:
    """What a gate found, as an exchange keeps it."""
    return PASSED if found is None else f"{found.reason} {found.detail}".rstrip()


def looked_at(conversation: Conversation, signing: Signing | None) -> Conversation:
    """What somebody in between recorded, with what a gateway would have found, if the secret is at hand."""
    if signing is None or not signing.at_hand:
        return conversation
    gate = HeaderGate(_gateway(signing))

    def one(exchange: Exchange) -> Exchange:
        at = _moment(exchange.sent_at)
        if exchange.gateway or exchange.sender == "patient" or at is None:
            return exchange
        headers = {name.lower(): value for name, value in exchange.request.headers}
        return evolve(exchange, gateway=told(gate.fault(headers, at)))

    return Conversation(tuple(map(one, conversation)))


def _moment(sent_at: str) -> datetime | None:
    """A recorded time as China Standard Time without a zone, which the header's timestamp is compared with."""
    try:
        at = datetime.fromisoformat(sent_at)
    except ValueError:  # whoever recorded did not say when, so nothing can be said of the time window
        return None
    return at if at.tzinfo is None else at.astimezone(CHINA).replace(tzinfo=None)
