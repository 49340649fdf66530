"""Request headers of a recording: which mean something when the message is said again, and which hold a secret.

A pack is handed on, so a header is carried only when nothing speaks against it: its name does not tell of a credential,
and its value is made of plain words and short numbers. Everything else is left out, by name, with the reason.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal

from attrs import field, frozen

from sim.interface.signature import HEADERS

Reason = Literal["signature", "secret", "way", "value", "unwritable"]
REASONS: tuple[Reason, ...] = ("secret", "signature", "value", "unwritable", "way")
"""Why a header is left out, what is worth looking at first: it may hold a secret; it signs a request; its value might
be a secret or tell somebody; a scenario cannot write it; it belongs to the way of the message, or to who plays it."""
WAY = frozenset(
    {
        *("host", "content-length", "transfer-encoding", "te", "trailer", "connection", "keep-alive", "upgrade"),
        *("proxy-connection", "accept-encoding", "user-agent", "date", "origin", "referer", "via", "forwarded"),
        *("x-real-ip", "x-client-ip", "dnt", "priority", "upgrade-insecure-requests", "http2-settings"),
    }
)
"""What a client, its connection or somebody in between sets, whatever the message is."""
WAY_BEGINS = (":", "sec-", "x-forwarded-", "x-envoy-", "cf-")
SIGNATURE_BEGINS = ("_api_", "x-tif-", "x-ca-")
"""How the headers of gateways' signatures begin; those of the schemes that are known are among them."""
ONCE = frozenset({"x-tif-timestamp", "x-tif-nonce", "x-tif-signature", "_api_timestamp", "_api_signature", "_api_name"})
"""Of these, what is good for one request only, or names the transaction."""
SECRET_WORDS = (
    *("auth", "token", "secret", "passw", "passcode", "passphrase", "credential", "cookie", "session", "signature"),
    *("apikey", "accesskey", "jwt", "bearer", "saml", "csrf", "xsrf", "ticket", "login", "cert", "license", "licence"),
    *("nonce", "digest", "hmac", "private", "encrypt"),
)
SECRET_PARTS = frozenset(
    {
        *("key", "ak", "sk", "pwd", "pass", "pin", "otp", "sid", "sign", "sig", "mac", "hash", "user", "username"),
        *("account", "salt", "timestamp", "paasid"),
    }
)
"""Words of a name that tell of a credential: anywhere in it, and between its dashes."""
USUAL: Mapping[str, frozenset[str]] = {
    "content-type": frozenset({"application/json", "application/json;charset=utf-8"}),
    "accept": frozenset({"*/*"}),
}
"""What is sent anyway."""
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_VALUE = re.compile(r"[\x20-\x7e]*")
_APART = re.compile(r"[ ,;:=/.*_+\"()-]+")
_PLAIN = re.compile(
    r"[A-Z]?[a-z]{1,19}|[A-Z]{1,20}|[0-9]{1,6}|v[0-9]{1,3}|(?:gb|utf|ucs|big|cp|latin)[0-9]{1,5}", re.ASCII
)
_SHORTEST = 6
LONGEST = 40
HIDDEN = "***"
"""The longest name that is told, and what stands for one that is not."""


@frozen
class Sorted:
    """The headers of one request: ``carried`` as a step has them, ``left`` with the reason of each; what is sent anyway
    is in neither."""

    carried: Mapping[str, str] = field(factory=dict)
    left: Mapping[str, Reason] = field(factory=dict)


def sort(headers: Iterable[tuple[str, str]], told_in: Callable[[str], bool]) -> Sorted:
    """Sort the headers of a request. ``told_in``: whether a text tells somebody, or a secret of the recording."""
    given = [(name, value.strip()) for name, value in headers]
    often = Counter(name.lower() for name, _ in given)
    carried: dict[str, str] = {}
    left: dict[str, Reason] = {}
    for name, value in given:
        why = _reason(name, value, often[name.lower()], told_in)
        if why is not None:
            left[name if len(name) <= LONGEST and not told_in(name) else HIDDEN] = why
        elif "".join(value.split()).lower() not in USUAL.get(name.lower(), ()):
            carried[name] = value
    return Sorted(carried, left)


def secrets_in(headers: Iterable[tuple[str, str]]) -> Iterator[str]:
    """The credentials in headers, in pieces: they must stand nowhere else either. Among them are plain words, which say
    nothing in a longer text."""
    for name, value in headers:
        if kind(name) in ("secret", "signature") and name.lower() not in ONCE:
            pieces = (value.strip(), *re.split(r"[\s,;=]+", value))
            yield from (piece for piece in pieces if len(piece) >= _SHORTEST)


def kind(name: str) -> Reason | None:
    """Why a header is left out whatever its value is, if its name says so."""
    low = name.lower()
    if low.startswith(SIGNATURE_BEGINS) or any(low in names for names in HEADERS.values()):
        return "signature"
    if low in WAY or low.startswith(WAY_BEGINS):
        return "way"
    joined = re.sub(r"[^a-z0-9]", "", low)
    parts = re.split(r"[^a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower())
    if any(word in joined for word in SECRET_WORDS) or not SECRET_PARTS.isdisjoint(parts):
        return "secret"
    return None


def plain(value: str) -> bool:
    """Whether a value is only words as people write them and short numbers: no key, token or number of anybody is."""
    return all(_PLAIN.fullmatch(word) for word in _APART.split(value) if word)


def _reason(name: str, value: str, often: int, told_in: Callable[[str], bool]) -> Reason | None:
    by_name = kind(name)
    if by_name is not None:
        return by_name
    if often > 1 or not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
        return "unwritable"
    fit = len(name) <= LONGEST and plain(value) and not told_in(name) and not told_in(value)
    return None if fit else "value"


__all__ = ["REASONS", "Reason", "Sorted", "kind", "plain", "secrets_in", "sort"]
