"""The gateway in front of the platforms: headers, replays, rate, token. What it refuses never reaches a platform.

Its refusals look as those of real gateways do: ``{"code": 401, "message": ...}``, no envelope and no ``infcode``.
"""

from __future__ import annotations

import hmac
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime, timedelta

import orjson
from attrs import define, field, frozen

from sim.interface.signature import Rejected, check
from sim.lang import Lang, Text, say
from sim.service.settings import Gateway, Limits

REMEMBERED = 1_000_000
"""Nonces kept at most; older ones are also kept out by the time window."""
CLIENTS = 10_000
"""Clients whose rate is watched at a time."""


@frozen
class Refusal:
    """An answer of the gateway itself."""

    status: int
    text: Text

    def body(self, lang: Lang) -> bytes:
        """``{"code": status, "message": ...}``."""
        return orjson.dumps({"code": self.status, "message": self.text.show(lang)})


@define
class HeaderGate:
    """Checks the headers of each request, and remembers what must not come twice."""

    setting: Gateway
    _seen: OrderedDict[tuple[str, str], datetime] = field(factory=OrderedDict)

    def refuse(self, headers: Mapping[str, str], now: datetime) -> Refusal | None:
        """The refusal of a request with these headers (names in lower case); None when it may pass."""
        found = self.fault(headers, now)
        return Refusal(self.setting.status, say(f"gateway.{found.reason}", detail=found.detail)) if found else None

    def fault(self, headers: Mapping[str, str], now: datetime) -> Rejected | None:
        """What is wrong with these headers; None when nothing is. Those of a good request must not come again."""
        found = check(
            self.setting.scheme,
            headers,
            self.setting.keys,
            now,
            unit=self.setting.unit,
            window=self.setting.window,
        )
        if isinstance(found, Rejected):
            return found
        if not self.setting.remembered:
            return None
        self._forget(now - 2 * self.setting.window)
        key = (found.key, found.once)
        if key in self._seen:
            return Rejected("replayed", found.once[:40])
        self._seen[key] = now
        return None

    def _forget(self, before: datetime) -> None:
        """What came so long ago that its timestamp is outside the window by now."""
        while self._seen:
            key, at = next(iter(self._seen.items()))
            if at >= before and len(self._seen) < REMEMBERED:
                return
            del self._seen[key]


@define
class RateGate:
    """So many messages a second for each client address, and a few at once: a bucket that fills steadily."""

    limits: Limits
    _buckets: OrderedDict[str, tuple[int, datetime]] = field(factory=OrderedDict)

    def refuse(self, client: str, now: datetime) -> Refusal | None:
        """The refusal of one more message of this client; None when it may pass."""
        rate = self.limits.per_second
        if rate is None:
            return None
        full = self.limits.burst * 1000
        left, at = self._buckets.pop(client, (full, now))
        left = min(full, left + max(0, (now - at) // timedelta(milliseconds=1)) * rate)
        allowed = left >= 1000  # in thousandths of a message
        self._buckets[client] = (left - 1000 if allowed else left, now)
        if len(self._buckets) > CLIENTS:
            self._buckets.popitem(last=False)
        return None if allowed else Refusal(429, say("gateway.too_many", rate=rate))


def same(token: str, given: str) -> bool:
    """Whether a token is the right one, in a time that does not tell how much of it is."""
    return hmac.compare_digest(token.encode(), given.encode())
