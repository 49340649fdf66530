"""Ways to carry one message to a target: real HTTP, bounded in time and size; or a call in this process."""

from __future__ import annotations

import asyncio
import io
import itertools
import os
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Protocol, Self

import aiohttp
from attrs import field, frozen

from conformance.conversation import Outcome, Raw
from conformance.profile import Signing
from sim.interface import envelope, wire
from sim.interface.signature import CHINA, TimeUnit

LARGE = 1 << 20
"""Bodies above this size are sent in pieces, so that sending one does not hold everything else up."""
NOBODY = "000000"
"""Stands for the division in the number of a reply that no province gave."""
_REFUSALS = itertools.count(secrets.randbelow(10**9))
CONTENT_TYPE = ("Content-Type", "application/json; charset=utf-8")
USUAL = (CONTENT_TYPE, ("Accept-Encoding", "identity"))


@frozen
class Sent:
    """What became of a message: the request as it left, how it ended, the reply if there was a whole one."""

    request: Raw
    outcome: Outcome
    reply: Raw | None = None
    note: str = ""


class Transport(Protocol):
    """Something that carries messages. Used as an async context manager."""

    @property
    def target(self) -> str:
        """What is reached, for people."""
        ...

    async def send(self, infno: str, body: bytes, headers: Mapping[str, str] | None = None) -> Sent:
        """Carry one body there and what came back here. Never raises for what the target does. ``headers`` come beside
        or instead of the usual ones, where there are any."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class HttpTransport:
    """POST to a URL. No redirects, no decompression beyond the limit, no more than ``wire.MAX_BYTES`` of a reply, and
    ``reply_ms`` for the whole exchange however slowly bytes drip."""

    def __init__(
        self,
        url: str,
        path: str = "as_is",
        connect_ms: int = 5_000,
        reply_ms: int = 30_000,
        signing: Signing | None = None,
    ) -> None:
        self._url = url
        self._path = path
        self._connect = connect_ms / 1000
        self._whole = reply_ms / 1000
        self._signing = signing
        self._signed_at = datetime.min
        self._session: aiohttp.ClientSession | None = None

    @property
    def target(self) -> str:
        """The URL."""
        return self._url

    async def __aenter__(self) -> Self:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=self._connect)  # the whole has its limit in `post`
        self._session = aiohttp.ClientSession(
            timeout=timeout,
            connector=aiohttp.TCPConnector(limit=64),
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def send(self, infno: str, body: bytes, headers: Mapping[str, str] | None = None) -> Sent:
        """One POST, signed as the profile says."""
        return await self.post(infno, body, {**self.signature(infno), **(headers or {})})

    def signature(self, infno: str, at: datetime | None = None) -> Mapping[str, str]:
        """The headers that sign one request, made now or ``at`` another moment of China Standard Time."""
        if self._signing is None:
            return {}
        return self._signing.headers(infno, at or self._moment(self._signing.unit), secrets.token_hex(16))

    def _moment(self, unit: TimeUnit) -> datetime:
        """Now, but later than ever before: where a scheme has no nonce, two requests of one moment sign alike."""
        step = timedelta(**{unit: 1})
        self._signed_at = max(datetime.now(CHINA).replace(tzinfo=None), self._signed_at + step)
        return self._signed_at

    async def post(self, infno: str, body: bytes, signature: Mapping[str, str]) -> Sent:
        """One POST with these headers besides the usual ones."""
        assert self._session is not None  # noqa: S101 - used outside `async with` is a mistake in this program
        url = f"{self._url.rstrip('/')}/{infno}" if self._path == "infno" else self._url
        given = {name.lower() for name in signature}
        headers = (*(one for one in USUAL if one[0].lower() not in given), *signature.items()) if given else USUAL
        request = Raw(body, headers, None, url)
        data = body if len(body) <= LARGE else io.BytesIO(body)
        try:
            async with (
                asyncio.timeout(self._whole),
                self._session.post(url, data=data, headers=dict(request.headers), allow_redirects=False) as response,
            ):
                read = bytearray()
                too_large = False
                async for chunk in response.content.iter_any():
                    read += chunk
                    if len(read) > wire.MAX_BYTES:
                        too_large = True
                        break
                came = tuple((str(name), str(value)) for name, value in response.headers.items())
                reply = Raw(bytes(read[: wire.MAX_BYTES]), came, response.status)
                if too_large:
                    response.close()
                    return Sent(request, "broken", reply, "reply too large")
                return Sent(request, "answered", reply)
        except TimeoutError:
            return Sent(request, "timeout", note="no whole reply in time")
        except aiohttp.ClientSSLError as error:  # somebody is there, but cannot show who they are
            why = getattr(error, "certificate_error", error)
            return Sent(request, "broken", note=f"TLS: {getattr(why, 'verify_message', '') or type(why).__name__}")
        except aiohttp.ClientConnectorError as error:
            code = error.os_error.errno  # as words: the error's own often hold an address twice
            why = os.strerror(code) if code and code > 0 else error.strerror
            return Sent(request, "unreachable", note=why or type(error).__name__)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Sent(request, "broken", note=type(error).__name__)


Read = Callable[[bytes], dict[str, Any]]
Call = Callable[[dict[str, Any], datetime], Mapping[str, Any]]


@frozen
class InProcessTransport:
    """A platform in this process: the same bytes, without a socket. ``clock`` gives the platform its time; ``read`` is
    its reader of bodies, ``write`` its writer of replies."""

    call: Call
    clock: Callable[[], datetime]
    target: str = field(default="in process")
    read: Read = field(default=wire.decode)
    write: Callable[[dict[str, Any]], bytes] = field(default=wire.encode)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    async def send(self, infno: str, body: bytes, headers: Mapping[str, str] | None = None) -> Sent:  # noqa: ARG002
        """One call; the platform sees what a reader makes of the bytes, and its reply is written to bytes again. The
        number is in the body, and there are no headers here."""
        request = Raw(body, (CONTENT_TYPE,), None, self.target)
        try:
            reply = self._answer(body)
        except Exception as error:  # the platform crashed: over HTTP this would be a status of 500
            return Sent(request, "broken", note=type(error).__name__)
        return Sent(request, "answered", Raw(self.write(dict(reply)), (CONTENT_TYPE,), 200))

    def _answer(self, body: bytes) -> Mapping[str, Any]:
        """What cannot be read is refused, as the service does."""
        now = self.clock()
        try:
            message = self.read(body)
        except wire.WireError as error:
            refmsgid = envelope.refmsgid(NOBODY, now, next(_REFUSALS))
            return envelope.refused(refmsgid=refmsgid, received=now, responded=now, err_msg=error.text.show("zh"))
        return self.call(message, now)
