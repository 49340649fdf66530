"""The way to parties that run in other processes: a question goes out over HTTP, signed, and is repeated when it fails.

What is repeated is the same message with the same msgid, so the other side carries it out once. When no answer can be
had in time the question is `Lost`: the party that asked keeps its intent and resolves it later.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import aiohttp
from attrs import frozen
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_exponential

from sim.interface import wire
from sim.platform import Answer, Lost, Outbound
from sim.service.clock import Clock
from sim.service.gateway import same
from sim.service.settings import Between

log = logging.getLogger(__name__)

PATH = "/.yidi/relay/"
"""Where a party takes questions of others; its name follows."""
FROM, TIME, SIGNATURE = "x-yidi-from", "x-yidi-time", "x-yidi-signature"
WINDOW = timedelta(minutes=5)
"""How far the clocks of two parties may be apart."""
LARGEST = 4 * wire.MAX_BYTES
"""A relayed message is a hospital's with what the treatment place adds."""


class NoAnswerError(Exception):
    """An answer that says nothing about the message: an error page, half a body, a signature that is not right."""


FAILURES = (aiohttp.ClientError, TimeoutError, NoAnswerError)


def sign(key: str, *parts: str | bytes) -> str:
    """HMAC-SHA256 of the parts, each with its length before it."""
    made = hmac.new(key.encode(), digestmod=hashlib.sha256)
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        made.update(len(data).to_bytes(8, "big") + data)
    return made.hexdigest()


def headers_of(key: str, here: str, there: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers of a question; without a key nothing is signed."""
    time = at.isoformat()
    signed = {SIGNATURE: sign(key, here, there, time, body)} if key else {}
    return {"content-type": "application/json; charset=utf-8", FROM: here, TIME: time, **signed}


def sound(key: str, there: str, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
    """Whether a question to ``there`` carries the right signature and a time near enough; always without a key."""
    if not key:
        return True
    time = headers.get(TIME, "")
    try:
        apart = abs(now - datetime.fromisoformat(time))
    except (ValueError, TypeError):
        return False
    right = sign(key, headers.get(FROM, ""), there, time, body)
    return apart <= WINDOW and same(right, headers.get(SIGNATURE, ""))


@frozen
class Peers:
    """Who is asked where: ``here`` is the party of this process, ``urls`` the address of each other, ``key`` shared."""

    here: str
    urls: Mapping[str, str]
    key: str = ""


class Links:
    """The client side, for one event loop."""

    def __init__(self, peers: Peers, between: Between, clock: Clock) -> None:
        self.peers = peers
        self.between = between
        self.clock = clock
        self._session: aiohttp.ClientSession | None = None

    async def ask(self, question: Outbound) -> Answer | Lost:
        """The answer; Lost when none came within the patience of the settings."""
        url = self.peers.urls.get(question.to)
        body = wire.encode(question.message)
        try:
            if url is None:
                raise NoAnswerError("its address is not known")
            return Answer(
                await self._until_answered(url.rstrip("/") + PATH + question.to, question.to, body), self.clock()
            )
        except FAILURES as error:
            log.warning(
                "%s: no answer to %s: %s",
                question.to,
                question.message.get("infno"),
                str(error) or type(error).__name__,
            )
        return Lost(self.clock())

    async def _until_answered(self, url: str, to: str, body: bytes) -> dict[str, Any]:
        """Bounded by the attempts themselves: a timeout around them could be swallowed by one that ends just then."""
        attempts = AsyncRetrying(
            retry=retry_if_exception_type(FAILURES),
            wait=wait_exponential(multiplier=0.05, max=1),
            stop=stop_after_delay(self.between.patience_seconds),
            reraise=True,
        )
        return await attempts(self._once, url, to, body)

    async def _once(self, url: str, to: str, body: bytes) -> dict[str, Any]:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(self.between.attempt_seconds))
        key, here = self.peers.key, self.peers.here
        headers = headers_of(key, here, to, self.clock(), body)
        async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
            told = await _read(answer)
            if answer.status != 200:
                raise NoAnswerError(f"status {answer.status}")
            if key and not same(sign(key, to, here, headers[SIGNATURE], told), answer.headers.get(SIGNATURE, "")):
                raise NoAnswerError("the answer is not signed by it")
        try:
            return wire.decode(told, limit=LARGEST)
        except wire.WireError as error:
            raise NoAnswerError(error.text.show("en")) from None

    async def close(self) -> None:
        """Let the connections go."""
        if self._session is not None:
            await self._session.close()
            self._session = None


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in answer.content.iter_any():
        body += chunk
        if len(body) > LARGEST:
            raise NoAnswerError("the answer is too large")
    return bytes(body)
