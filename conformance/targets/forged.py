"""Requests whose signature is not right, to see what a gateway refuses: only what the profile promises is asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from conformance.profile import Signing
from conformance.targets.transport import HttpTransport, Sent

NOTE = "signature: "
"""How an exchange says what is wrong with its signature."""
OLD = timedelta(days=1)
"""Farther back than every window in use."""


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
    other = "1" if headers[name].startswith("0") else "0"
    return {**headers, name: f"{other}{headers[name][1:]}"}
