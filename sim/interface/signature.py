"""Signatures in the headers of a request, as the gateways in front of real platforms ask for: making and checking.

``csb`` (headers ``_api_*``): base64 of HMAC-SHA1 over the other four headers, sorted by name, ``name=value`` joined
with ``&``. ``tif`` (headers ``x-tif-*``): hexadecimal SHA-256 over timestamp, secret, nonce and timestamp.
Timestamps count seconds or milliseconds since 1970, by province.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Literal

from attrs import frozen

Scheme = Literal["csb", "tif"]
TimeUnit = Literal["seconds", "milliseconds"]
Reason = Literal["header_missing", "outside_window", "unknown_key", "signature_differs", "replayed"]

CHINA = timezone(timedelta(hours=8))
WINDOW = timedelta(minutes=30)
"""How far a timestamp may be from the receiver's time, either way, unless it is set otherwise."""

CSB = ("_api_name", "_api_version", "_api_timestamp", "_api_access_key", "_api_signature")
TIF = ("x-tif-paasid", "x-tif-timestamp", "x-tif-nonce", "x-tif-signature")
HEADERS: Mapping[Scheme, tuple[str, ...]] = {"csb": CSB, "tif": TIF}
"""The headers that each scheme requires."""


@frozen
class Signed:
    """What the headers of a request claim: who signs, when, and what must never come twice."""

    key: str
    at: datetime
    once: str


@frozen
class Rejected:
    """Why a gateway turns a request away; ``detail`` names the header where one is at fault."""

    reason: Reason
    detail: str = ""


def timestamp(at: datetime, unit: TimeUnit) -> str:
    """A time (China Standard Time, without a zone) as the digits of a header."""
    passed = at.replace(tzinfo=CHINA) - datetime(1970, 1, 1, tzinfo=UTC)
    return str(passed // timedelta(**{unit: 1}))


def sign(
    scheme: Scheme, key: str, secret: str, at: datetime, *, unit: TimeUnit, name: str = "", nonce: str = ""
) -> dict[str, str]:
    """The headers of one request.

    ``key`` is the access key or paasid; ``name`` the service, as a rule the infno (csb); ``nonce`` must be new for
    every request (tif).
    """
    stamp = timestamp(at, unit)
    if scheme == "csb":
        told = {"_api_name": name, "_api_version": "1.0.0", "_api_timestamp": stamp, "_api_access_key": key}
        return {**told, "_api_signature": csb_signature(told, secret)}
    told = {"x-tif-paasid": key, "x-tif-timestamp": stamp, "x-tif-nonce": nonce}
    return {**told, "x-tif-signature": tif_signature(stamp, secret, nonce)}


def csb_signature(headers: Mapping[str, str], secret: str) -> str:
    """The value of ``_api_signature`` for the other headers of the scheme."""
    text = "&".join(f"{name}={headers[name]}" for name in sorted(CSB[:-1]))
    return base64.b64encode(hmac.digest(secret.encode(), text.encode(), "sha1")).decode()


def tif_signature(stamp: str, secret: str, nonce: str) -> str:
    """The value of ``x-tif-signature``."""
    return hashlib.sha256(f"{stamp}{secret}{nonce}{stamp}".encode()).hexdigest()


def check(
    scheme: Scheme,
    headers: Mapping[str, str],
    secrets: Mapping[str, str],
    now: datetime,
    *,
    unit: TimeUnit,
    window: timedelta = WINDOW,
) -> Signed | Rejected:
    """Check the headers of one request; names are looked up in lower case.

    ``secrets``: the secret of each access key. Whether a request was seen before is for the caller to remember, by
    ``Signed.once``.
    """
    missing = next((name for name in HEADERS[scheme] if not headers.get(name)), None)
    if missing is not None:
        return Rejected("header_missing", missing)
    key = headers[HEADERS[scheme][3 if scheme == "csb" else 0]]
    stamp = headers[HEADERS[scheme][2 if scheme == "csb" else 1]]
    at = _time(stamp, unit)
    if at is None or not abs(at - now) <= window:
        return Rejected("outside_window", stamp[:20])
    secret = secrets.get(key)
    if secret is None:
        return Rejected("unknown_key", key[:40])
    if scheme == "csb":
        expected, given = csb_signature(headers, secret), headers["_api_signature"]
        once = given  # the scheme has no nonce: the signature itself must not come twice for one body
    else:
        expected, given = tif_signature(stamp, secret, headers["x-tif-nonce"]), headers["x-tif-signature"].lower()
        once = headers["x-tif-nonce"]
    if not hmac.compare_digest(expected.encode(), given.encode()):
        return Rejected("signature_differs")
    return Signed(key, at, once)


def _time(stamp: str, unit: TimeUnit) -> datetime | None:
    """The time of a header; None when it is no such number. Digits of the wrong unit lie far outside every window."""
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 14):
        return None
    try:
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(**{unit: int(stamp)})
    except OverflowError:
        return None
    return at.astimezone(CHINA).replace(tzinfo=None)
