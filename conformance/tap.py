"""In between: a reverse proxy that passes everything on as it came and records each exchange as it ends.

What goes on unchanged: method, path and query, header names and values in order, body bytes (compressed ones stay so),
status and reason. What does not: the headers that belong to one connection only (RFC 9110, 7.6.1), ``Expect``, which
the proxy answers itself, and a choice between length and chunks where the sender's HTTP version asks for the other.

The file has the messages as sent, with the identities in them: it is confidential and made readable by its owner only.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import stat
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
from aiohttp import hdrs, web
from attrs import define, field, frozen
from multidict import CIMultiDict
from yarl import URL

from conformance.conversation import Exchange, Outcome, Raw, line, parse
from conformance.targets.platform import CHINA
from sim.errors import InputError, Place
from sim.interface import wire
from sim.lang import say

ONE_CONNECTION = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "expect"}
)
"""Headers that say something of one connection only, besides those that ``Connection`` names."""
LONGEST_HEADER = 64 * 1024
CHUNK = 64 * 1024
CAME = web.RequestKey("came", frozenset[str])
"""The names of the headers that came with the upstream's reply, in lower case."""
LATE = "the reply came when the sender had gone"
_BROKEN = (aiohttp.ClientError, OSError)


@frozen
class Limits:
    """``connect_ms`` until the upstream takes the connection, ``reply_ms`` between two pieces of its reply,
    ``record_bytes`` of a body that are kept at most (a longer one is passed on whole and marked as not recorded),
    ``stop_ms`` for what is under way when the proxy is told to stop."""

    connect_ms: int = 5_000
    reply_ms: int = 120_000
    record_bytes: int = wire.MAX_BYTES
    stop_ms: int = 5_000


def tap(
    listen: str,
    upstream: str,
    out: Path,
    *,
    limits: Limits | None = None,
    announce: Callable[[str], None] | None = None,
) -> int:
    """Pass on and record until SIGTERM or SIGINT; returns how many exchanges were recorded.

    ``listen`` is ``HOST:PORT`` (port 0 takes a free one), ``upstream`` an http or https URL whose path goes before each
    request's own. ``announce`` is told ``ready URL`` once requests are taken; without one it is printed.
    Raises InputError: an address or URL that is none, a port that is taken, a file that cannot be written or holds
    something else.
    """
    return asyncio.run(_until_told(listen, upstream, out, limits or Limits(), announce or _print))


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def _until_told(listen: str, upstream: str, out: Path, limits: Limits, announce: Callable[[str], None]) -> int:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    async with tapping(listen, upstream, out, limits=limits) as running:
        announce(f"ready {running.url}")
        await told.wait()
    return running.recorded


@frozen
class Running:
    """A proxy at work: its URL, and how much it has recorded."""

    url: str
    _book: _Book

    @property
    def recorded(self) -> int:
        """Exchanges written so far in this run."""
        return self._book.written


@contextlib.asynccontextmanager
async def tapping(listen: str, upstream: str, out: Path, *, limits: Limits | None = None) -> AsyncIterator[Running]:
    """The same for the time of a block, in the running loop."""
    chosen = limits or Limits()
    host, port = address(listen)
    target = _upstream(upstream)
    book = _Book.open(out)
    try:
        timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=chosen.connect_ms / 1000, sock_read=chosen.reply_ms / 1000
        )
        async with aiohttp.ClientSession(
            timeout=timeout,
            # a connection kept from before may be closed at any moment, and a message must not be sent twice for that
            connector=aiohttp.TCPConnector(limit=0, force_close=True),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            skip_auto_headers=(hdrs.USER_AGENT, hdrs.ACCEPT, hdrs.ACCEPT_ENCODING, hdrs.CONTENT_TYPE),
            max_line_size=LONGEST_HEADER,
            max_field_size=LONGEST_HEADER,
        ) as session:
            proxy = _Proxy(session, target, book, chosen)
            app = web.Application()
            app.router.add_route("*", "/{rest:.*}", proxy.pass_on)
            app.on_response_prepare.append(_nothing_added)
            runner = web.AppRunner(
                app,
                access_log=None,
                auto_decompress=False,
                max_line_size=LONGEST_HEADER,
                max_field_size=LONGEST_HEADER,
                shutdown_timeout=chosen.stop_ms / 1000,
            )
            await runner.setup()
            try:
                try:
                    await web.TCPSite(runner, host, port).start()
                except OSError as error:
                    text = say("service.cannot_listen", host=host, port=port, problem=str(error.strerror))
                    raise InputError(text) from None
                taken = runner.addresses[0]
                shown = f"[{taken[0]}]" if ":" in taken[0] else taken[0]
                yield Running(f"http://{shown}:{taken[1]}", book)
            finally:
                await runner.cleanup()
    finally:
        book.close()


def address(listen: str) -> tuple[str, int]:
    """``"127.0.0.1:8080"`` or ``"[::1]:8080"`` as host and port. Raises InputError for anything else."""
    host, colon, port = listen.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        host = ""
    if not colon or not host or not port.isdecimal() or int(port) > 65535:
        raise InputError(say("tap.bad_listen", listen=listen))
    return host, int(port)


def _upstream(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise InputError(say("run.bad_url" if url else "run.no_url", url=url))
    return url.rstrip("/")


@define
class _Book:
    """The file: one write an exchange, so that a crash loses at most what was under way."""

    handle: int
    next: int
    written: int = 0

    @classmethod
    def open(cls, file: Path) -> _Book:
        """Open for going on. Raises InputError when the file cannot be written, or is no conversation."""
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError as error:
            raise InputError(say("file.cannot_write", file=str(file), problem=str(error.strerror))) from None
        try:
            if stat.S_ISREG(os.fstat(handle).st_mode):
                os.fchmod(handle, 0o600)
            return cls(handle, _go_on(handle, file))
        except BaseException:
            os.close(handle)
            raise

    def number(self) -> int:
        """The number of the next exchange, in order of sending."""
        self.next += 1
        return self.next - 1

    def add(self, exchange: Exchange) -> None:
        """Append one exchange. A disk that is full is told on standard error and does not stop the traffic."""
        content = line(exchange)
        try:
            if os.write(self.handle, content) != len(content):
                raise OSError(0, "not written whole")
            self.written += 1
        except OSError as error:
            told = say("tap.not_written", seq=exchange.seq, problem=str(error.strerror))
            sys.stderr.write(f"{told.show('zh')} / {told.show('en')}\n")

    def close(self) -> None:
        """Close the file."""
        os.close(self.handle)


def _go_on(handle: int, file: Path) -> int:
    """The first free number of a file that may have exchanges already; a last line that broke off is removed."""
    highest, whole = 0, 0
    with os.fdopen(os.dup(handle), "rb") as opened:
        opened.seek(0)
        for number, one in enumerate(opened, 1):
            if not one.endswith(b"\n"):
                os.ftruncate(handle, whole)
                break
            whole += len(one)
            if one.strip():
                highest = max(highest, parse(one, Place(str(file), number)).seq)
    return highest + 1


async def _nothing_added(request: web.BaseRequest, response: web.StreamResponse) -> None:
    """A server adds headers of its own before it sends; only those that came, and what rules the connection, go out."""
    came = request.get(CAME)
    if came is not None:
        for name in (hdrs.SERVER, hdrs.DATE, hdrs.CONTENT_TYPE):
            if name.lower() not in came:
                response.headers.popall(name, None)


@define
class _Kept:
    """A body on its way, as much of it as is kept."""

    limit: int
    body: bytearray = field(factory=bytearray)
    size: int = 0

    def take(self, piece: bytes) -> None:
        """Note a piece."""
        self.size += len(piece)
        if self.size <= self.limit:
            self.body += piece
        else:
            self.body.clear()

    def raw(self, headers: tuple[tuple[str, str], ...], status: int | None = None, target: str = "") -> Raw:
        """The message with this body."""
        return Raw(bytes(self.body), headers, status, target, self.size <= self.limit)


Headers = tuple[tuple[str, str], ...]


def _headers(raw: tuple[tuple[bytes, bytes], ...]) -> Headers:
    return tuple(
        (name.decode("utf-8", "surrogateescape"), value.decode("utf-8", "surrogateescape")) for name, value in raw
    )


def passed_on(headers: Headers) -> CIMultiDict[str]:
    """The headers without those of one connection, names and order kept."""
    named = {one.strip().lower() for name, value in headers if name.lower() == "connection" for one in value.split(",")}
    gone = ONE_CONNECTION | named
    return CIMultiDict((name, value) for name, value in headers if name.lower() not in gone)


def _one_spelling(headers: CIMultiDict[str]) -> CIMultiDict[str]:
    """The client keeps one value of a name that comes in two spellings; in the first spelling it keeps them all."""
    first: dict[str, str] = {}
    return CIMultiDict((first.setdefault(name.lower(), name), value) for name, value in headers.items())


class _Proxy:
    """Carries exchanges, several at a time."""

    def __init__(self, session: aiohttp.ClientSession, upstream: str, book: _Book, limits: Limits) -> None:
        self.session = session
        self.upstream = upstream
        self.receiver = urlsplit(upstream).netloc
        self.book = book
        self.limits = limits

    async def pass_on(self, request: web.Request) -> web.StreamResponse:
        """One exchange."""
        one = _One(self, request)
        try:
            return await one.carry()
        except asyncio.CancelledError:
            one.stopped = True
            one.end("broken", "the tap was stopped")
            raise
        finally:
            one.record()


class _One:
    """One exchange under way."""

    def __init__(self, proxy: _Proxy, request: web.Request) -> None:
        self.proxy = proxy
        self.request = request
        self.seq = proxy.book.number()
        self.sent_at = _now()
        self.headers = _headers(request.raw_headers)
        self.sent = _Kept(proxy.limits.record_bytes)
        self.came = _Kept(proxy.limits.record_bytes)
        self.answer: aiohttp.ClientResponse | None = None
        self.answered_at: str | None = None
        self.outcome: Outcome = "broken"
        self.note = ""
        self.gone = False
        self.stopped = False

    def end(self, outcome: Outcome, note: str = "") -> None:
        """How it ended."""
        self.outcome, self.note = outcome, note

    async def carry(self) -> web.StreamResponse:
        """There and back. Where no answer comes, the sender gets 502 or 504, or the connection breaks as it broke."""
        request = self.request
        path = request.raw_path if request.raw_path.startswith("/") else request.rel_url.raw_path_qs
        url = URL(self.proxy.upstream + path, encoded=True)
        headers = _one_spelling(passed_on(self.headers))
        body = self._pieces() if request.body_exists else None
        response: web.StreamResponse | None = None
        try:
            async with self.proxy.session.request(
                request.method, url, headers=headers, data=body, allow_redirects=False
            ) as answer:
                self.answer = answer
                came = _headers(answer.raw_headers)
                back = passed_on(came)
                response = web.StreamResponse(status=answer.status, reason=answer.reason, headers=back)
                request[CAME] = frozenset(name.lower() for name in back)
                await self._give(response.prepare(request))
                async for piece in answer.content.iter_any():
                    self.came.take(piece)
                    await self._give(response.write(piece))
                self.answered_at = _now()
                await self._give(response.write_eof())
                if self.gone:
                    self.end("timeout", LATE)
                else:
                    self.end("answered")
                return response
        except (TimeoutError, aiohttp.ServerTimeoutError) as error:
            connecting = isinstance(error, aiohttp.ConnectionTimeoutError)
            self.end("unreachable" if connecting else "timeout", type(error).__name__)
        except aiohttp.ClientConnectorError as error:
            self.end("unreachable", type(error).__name__)
        except (*_BROKEN, ValueError, UnicodeError) as error:
            self.end("broken", type(error).__name__)
        if response is not None and response.prepared:
            if request.transport is not None:
                request.transport.abort()
            return response
        status = 504 if self.outcome == "timeout" else 502
        return web.Response(status=status, text=f"yidi tap: {self.outcome} ({self.note})\n")

    async def _give(self, work: Awaitable[object]) -> None:
        """Give something to the sender. One that has gone does not end the exchange: what the upstream did counts."""
        if self.gone or self.request.transport is None:
            self.gone = True
            if asyncio.iscoroutine(work):
                work.close()
            return
        try:
            await work
        except _BROKEN:
            self.gone = True

    async def _pieces(self) -> AsyncIterator[bytes]:
        async for piece in self.request.content.iter_any():
            self.sent.take(piece)
            yield piece

    def record(self) -> None:
        """Write it down, once."""
        answer = self.answer
        reply = None if answer is None else self.came.raw(_headers(answer.raw_headers), answer.status)
        if self.stopped:
            reply = Raw(b"", recorded=False)  # there may have been one: nobody waited for it
        self.proxy.book.add(
            Exchange(
                seq=self.seq,
                sender=self.request.remote or "hospital",
                receiver=self.proxy.receiver,
                sent_at=self.sent_at,
                request=self.sent.raw(self.headers, None, f"{self.request.method} {self.request.raw_path}"),
                outcome=self.outcome,
                answered_at=self.answered_at,
                reply=reply,
                note=self.note,
            )
        )


def _now() -> str:
    return datetime.now(CHINA).replace(tzinfo=None).isoformat(timespec="milliseconds")
