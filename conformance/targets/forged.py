"""Requests whose signature is not right, in the headers or over the body, to see what a target refuses: only what the
profile promises is asked."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from conformance.profile import Profile, Signing
from conformance.targets.sealed import Sealed, SealedTransport, Sealer, over_http
from conformance.targets.transport import HttpTransport, Sent, Transport
from sim.interface import curve, wire

NOTE = "signature: "
"""How an exchange says what is wrong with the signature in its headers."""
BODY_NOTE = "protection: "
"""How an exchange says what is wrong with the protection of its body."""
CONTROL = f"{BODY_NOTE}control"
"""The same message with nothing wrong: a refusal of the others proves something only if this one was accepted."""
OLD = timedelta(days=1)
"""Farther back than every window in use."""


async def all_forged(
    transport: Transport, profile: Profile, infno: str, message: Callable[[], Mapping[str, Any]], now: datetime
) -> list[tuple[str, Sent]]:
    """Send a harmless request with each fault that the target promises to refuse; each with the note that tells it.
    ``message`` makes the request anew, under a message id of its own."""
    found: list[tuple[str, Sent]] = []
    http = over_http(transport)
    if profile.signing is not None and http is not None:
        sealed = Sealed(bare(message()))
        if isinstance(transport, SealedTransport):
            sealed = transport.sealer.seal(sealed.body)
        for promise, sent in (await forged(http, profile.signing, infno, sealed.body, now)).items():
            opened = transport.noted(sent, sealed) if isinstance(transport, SealedTransport) else sent
            found.append((f"{NOTE}{promise}", opened))
    if isinstance(transport, SealedTransport):
        found += await forged_bodies(transport, infno, message)
    return found


async def forged(
    transport: HttpTransport, signing: Signing, infno: str, body: bytes, now: datetime
) -> Mapping[str, Sent]:
    """Send one harmless request with each fault that the gateway promises to refuse; by promise."""
    found: dict[str, Sent] = {}
    if "unsigned_refused" in signing.promises:
        found["unsigned_refused"] = await transport.post(infno, body, {})
    if "wrong_refused" in signing.promises:
        found["wrong_refused"] = await transport.post(infno, body, spoiled(transport.signature(infno, now)))
    if "old_refused" in signing.promises:
        found["old_refused"] = await transport.post(infno, body, transport.signature(infno, now - OLD))
    if "replay_refused" in signing.promises:
        headers = transport.signature(infno, now)
        await transport.post(infno, body, headers)
        found["replay_refused"] = await transport.post(infno, body, headers)
    return found


def spoiled(headers: Mapping[str, str]) -> Mapping[str, str]:
    """The same headers with a signature that differs in its first character."""
    name = next(key for key in headers if key.endswith("signature"))
    return {**headers, name: _other(headers[name])}


async def forged_bodies(
    transport: SealedTransport, infno: str, message: Callable[[], Mapping[str, Any]]
) -> list[tuple[str, Sent]]:
    """The request as it must be, then with each fault of its protection that the target promises to refuse."""
    sealer, promises = transport.sealer, transport.sealer.sealing.promises
    found = [(CONTROL, await transport.carry(infno, sealer.seal(bare(message()))))]
    for promise, spoil in SPOILED.items():
        if promise in promises:
            found.append((f"{BODY_NOTE}{promise}", await transport.carry(infno, spoil(sealer, bare(message())))))
    return found


def bare(message: Mapping[str, Any]) -> bytes:
    """A message without what protected it, as bytes."""
    made = {name: value for name, value in message.items() if name != "encType"}
    return wire.encode({**made, "cainfo": "", "signtype": ""})


def _unsigned(sealer: Sealer, body: bytes) -> Sealed:
    return sealer.dress(body, {})


def _wrong(sealer: Sealer, body: bytes) -> Sealed:
    """A signature that is one, by a key that nobody knows; of a digest another one."""
    signature = sealer.signature(body, f"{secrets.randbelow(curve.ORDER - 2) + 1:064x}")
    if sealer.sealing.signature == "sm3-input":
        signature = {**signature, "cainfo": _other(signature["cainfo"])}
    return sealer.dress(body, signature)


def _altered(sealer: Sealer, body: bytes) -> Sealed:
    """The signature of another message: one value that it covers was changed afterwards."""
    message = wire.decode(body)
    covered = message
    if sealer.sealing.signature != "sm2-fields":
        covered = next(node for node in message["input"].values() if isinstance(node, dict))
    texts = [name for name, value in covered.items() if isinstance(value, str) and value]
    name = "opter_name" if covered is message else texts[-1]
    covered[name] = covered[name][:-1] + _other(covered[name][-1:])
    return sealer.dress(wire.encode(message), sealer.signature(body))


def _plain(sealer: Sealer, body: bytes) -> Sealed:
    return sealer.dress(body, sealer.signature(body), encrypt=False)


SPOILED: Mapping[str, Callable[[Sealer, bytes], Sealed]] = {
    "unsigned_refused": _unsigned,
    "wrong_refused": _wrong,
    "altered_refused": _altered,
    "plain_refused": _plain,
}
"""How a body is made that the target promises to refuse, by promise."""


def _other(text: str) -> str:
    """The same text with another first character."""
    return ("1" if text.startswith("0") else "0") + text[1:]
