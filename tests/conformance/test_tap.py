"""The tap: what passes through it is what would have passed without it, and everything is on record."""

import asyncio
import gzip
import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from conformance.conversation import Conversation, read
from conformance.judging import judge_file
from conformance.pack import Pack
from conformance.profile import Profile
from conformance.run import certify_platform
from conformance.tap import Limits, address, passed_on, tapping
from sim.errors import InputError
from sim.platform.reference import reference
from sim.service import application, running

HERE = "127.0.0.1:0"
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def bare(talk: Talk) -> AsyncIterator[str]:
    """A server that sees and sends bytes, with nothing between them and the test."""

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(one, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def exchange(url: str, sent: bytes) -> bytes:
    """Raw bytes to a URL's host, everything that comes back until the connection ends."""
    host, _, port = url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(sent)
    await writer.drain()
    came = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    return came


async def whole_request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next((int(h.split(b":")[1]) for h in head.split(b"\r\n") if h.lower().startswith(b"content-length")), 0)
    return head + await reader.readexactly(length)


PACKED = gzip.compress(b'{"infno": "1101"}')
REQUEST = (
    b"PUT /fsi/%%E5%%8C%%BB/../a//b?x=1&y=%%2F&x=2 HTTP/1.1\r\nHost: platform.example\r\nX-TIF-Nonce: Aa\r\nX-TIF-Nonce: bB\r\n"
    b"Cookie: a=b\r\nContent-Type: application/json;charset=GBK\r\nContent-Encoding: gzip\r\nConnection: close, X-Hop\r\n"
    b"X-Hop: 1\r\nAccept-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(PACKED)
) + PACKED
ANSWER = (
    b"HTTP/1.1 207 Quite So\r\nX-Odd-Case: One\r\nx-odd-case: two\r\nSet-Cookie: a=1; Path=/\r\nSet-Cookie: b=2\r\n"
    b"Content-Encoding: gzip\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(PACKED)
) + PACKED


def parts(message: bytes) -> tuple[bytes, set[bytes], bytes]:
    head, _, body = message.partition(b"\r\n\r\n")
    first, *headers = head.split(b"\r\n")
    return first, {h for h in headers if not h.lower().startswith((b"connection:", b"x-hop:"))}, body


def test_method_path_headers_and_bodies_pass_unchanged(tmp_path: Path) -> None:
    """Byte for byte in both directions, compressed bodies too, names in the case they came in, nothing added."""
    seen: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await whole_request(reader))
        writer.write(ANSWER)
        await writer.drain()

    async def story() -> bytes:
        async with bare(talk) as url, tapping(HERE, url, tmp_path / "t.jsonl") as tap:
            return await exchange(tap.url, REQUEST)

    assert parts(ANSWER) == parts(asyncio.run(story()))
    assert [parts(REQUEST)] == [parts(one) for one in seen]
    [kept] = read(tmp_path / "t.jsonl")
    assert (PACKED, PACKED, 207) == (kept.request.body, kept.reply.body, kept.reply.status)
    assert ("X-TIF-Nonce", "Aa") in kept.request.headers
    assert 0o600 == stat.S_IMODE((tmp_path / "t.jsonl").stat().st_mode)


def test_a_proxy_that_touches_a_header_would_be_seen() -> None:
    """The comparison itself: another case, a header more, a body repacked."""
    for changed in (
        ANSWER.replace(b"X-Odd-Case", b"x-odd-case"),
        ANSWER.replace(b"Content-Length", b"Server: t\r\nContent-Length"),
        ANSWER + b" ",
        ANSWER.replace(b"Quite So", b"Multi-Status"),
    ):
        assert parts(ANSWER) != parts(changed)


def test_headers_of_one_connection_stay_there() -> None:
    """Those of RFC 9110 and those that Connection names; all others keep name and order."""
    came = (("Connection", "keep-alive, X-Mine"), ("x-mine", "1"), ("TE", "x"), ("B", "1"), ("b", "2"), ("Host", "h"))
    assert [("B", "1"), ("b", "2"), ("Host", "h")] == list(passed_on(came).items())


def test_certifying_through_the_tap_is_certifying(outpatient: Pack, tmp_path: Path) -> None:
    """The verdict is the same, and so is what is judged from the tap's own record."""
    only = ("OUT-001", "OUT-N01", "OUT-010", "OUT-017")
    file = tmp_path / "t.jsonl"

    async def story(url: str) -> Any:
        async with tapping(HERE, f"{url}/fsi", file) as tap:
            return await asyncio.to_thread(
                certify_platform, f"{tap.url}/api", Profile(path="infno"), [outpatient], only=only
            )

    with running(application(reference())) as url:
        result = asyncio.run(story(url))
    assert "passed" == result.verdict
    kept = read(file)
    # conversations run side by side: the order in which they reach the tap is nobody's promise
    assert sorted(e.request.body for e in result.conversation) == sorted(e.request.body for e in kept)
    assert {e.request.body: e.reply.body for e in result.conversation} == {e.request.body: e.reply.body for e in kept}
    judged = judge_file(file)
    assert "passed" == judged.verdict
    assert {"exact.funds"} <= {o.check for o in judged.observations if o.status == "pass"}
    assert not [o for o in judged.observations if o.check.startswith("expectation")]


def test_many_at_once_keep_their_order_and_their_replies(tmp_path: Path) -> None:
    """Numbered as they were sent, though they end in another order; each with its own reply."""

    async def answer(request: web.Request) -> web.Response:
        number = int(await request.text())
        await asyncio.sleep((20 - number) * 0.01)
        return web.Response(text=f"reply {number}")

    async def story() -> None:
        async with upstream(answer) as url, tapping(HERE, url, tmp_path / "t.jsonl") as tap:
            async with aiohttp.ClientSession() as session:

                async def one(number: int) -> None:
                    await asyncio.sleep(number * 0.002)
                    async with session.post(tap.url, data=str(number)) as reply:
                        assert f"reply {number}" == await reply.text()

                await asyncio.gather(*map(one, range(20)))
            assert 20 == tap.recorded

    asyncio.run(story())
    lines = [json.loads(row)["seq"] for row in (tmp_path / "t.jsonl").read_text().splitlines()]
    assert sorted(lines) != lines, "they ended in the order they began, so this test would prove nothing"
    kept = read(tmp_path / "t.jsonl")
    assert list(range(1, 21)) == [e.seq for e in kept]
    assert all(e.reply and e.reply.body == b"reply " + e.request.body for e in kept)


@asynccontextmanager
async def upstream(answer: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    app = web.Application(client_max_size=2**30)
    app.router.add_route("*", "/{rest:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def post(url: str, body: bytes = b"{}", patience: float = 10) -> tuple[int, bytes]:
    """A status and a body; 0 when the connection broke."""
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=patience)) as session,
            session.post(url, data=body) as reply,
        ):
            return reply.status, await reply.read()
    except (aiohttp.ClientError, TimeoutError):
        return 0, b""


def test_a_body_beyond_the_limit_passes_whole_and_is_marked(tmp_path: Path) -> None:
    """Nothing of it is kept, nothing is said of it: it is not judged, neither passed nor failed."""
    large = b'{"infno":"1101","x":"' + b"x" * 50_000 + b'"}'

    async def echo(request: web.Request) -> web.Response:
        return web.Response(body=await request.read())

    async def story() -> tuple[int, bytes]:
        limits = Limits(record_bytes=10_000)
        async with upstream(echo) as url, tapping(HERE, url, tmp_path / "t.jsonl", limits=limits) as tap:
            return await post(tap.url, large)

    assert (200, large) == asyncio.run(story())
    assert (tmp_path / "t.jsonl").stat().st_size < 3_000
    [kept] = read(tmp_path / "t.jsonl")
    assert (False, False, "answered") == (kept.request.recorded, kept.reply.recorded, kept.outcome)
    statuses = {o.status for o in judge_file(tmp_path / "t.jsonl").observations if o.check == "envelope.json"}
    assert {"not_judged"} == statuses


async def dies(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Takes the request and hangs up."""
    await whole_request(reader)


async def dies_midway(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Promises a hundred bytes and hangs up after ten."""
    await whole_request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789")
    await writer.drain()


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Takes the request and says nothing."""
    await whole_request(reader)
    await asyncio.sleep(3)


async def no_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers with rubbish."""
    await whole_request(reader)
    writer.write(b"\x00\x01rubbish\r\n\r\n")
    await writer.drain()


@pytest.mark.parametrize(
    ("talk", "outcome", "status"),
    [(dies, "broken", 502), (dies_midway, "broken", 0), (silent, "timeout", 504), (no_http, "broken", 502)],
)
def test_an_upstream_that_fails_is_recorded_as_it_failed(talk: Talk, outcome: str, status: int, tmp_path: Path) -> None:
    """The sender learns of it, the record says how, and the tap goes on."""

    async def story() -> tuple[int, int]:
        limits = Limits(reply_ms=300)
        async with bare(talk) as url, tapping(HERE, url, tmp_path / "t.jsonl", limits=limits) as tap:
            return (await post(tap.url))[0], (await post(tap.url))[0]

    assert (status, status) == asyncio.run(story())
    assert [outcome, outcome] == [e.outcome for e in read(tmp_path / "t.jsonl")]


def test_nobody_there(tmp_path: Path) -> None:
    """An upstream that cannot be reached."""

    async def story() -> int:
        async with tapping(HERE, "http://127.0.0.1:9", tmp_path / "t.jsonl") as tap:
            return (await post(tap.url))[0]

    assert 502 == asyncio.run(story())
    [kept] = read(tmp_path / "t.jsonl")
    assert ("unreachable", None) == (kept.outcome, kept.reply)


def test_what_the_upstream_did_is_kept_though_the_sender_has_gone(tmp_path: Path) -> None:
    """A lost answer: the record has it, says that it was late, and nobody is blamed for it."""

    async def slow(request: web.Request) -> web.Response:
        await asyncio.sleep(0.5)
        return web.Response(text='{"infcode": 0}')

    async def story() -> None:
        async with upstream(slow) as url, tapping(HERE, url, tmp_path / "t.jsonl") as tap:
            assert (0, b"") == await post(tap.url, patience=0.1)
            for _ in range(50):
                await asyncio.sleep(0.05)
                if tap.recorded:
                    return

    asyncio.run(story())
    [kept] = read(tmp_path / "t.jsonl")
    assert ("timeout", b'{"infcode": 0}') == (kept.outcome, kept.reply and kept.reply.body)
    statuses = [o.status for o in judge_file(tmp_path / "t.jsonl").observations if o.check == "envelope.answered"]
    assert ["not_judged"] == statuses


def test_a_record_is_gone_on_with_and_a_torn_line_removed(tmp_path: Path) -> None:
    """A second run appends with the next number; what a crash left half written goes."""
    file = tmp_path / "t.jsonl"

    async def hello(request: web.Request) -> web.Response:
        return web.Response(text="hello")

    async def story() -> None:
        async with upstream(hello) as url:
            for _ in range(2):
                async with tapping(HERE, url, file) as tap:
                    await post(tap.url)
                with file.open("ab") as out:
                    out.write(b'{"seq": 9, "torn')
            async with tapping(HERE, url, file) as tap:
                await post(tap.url)

    asyncio.run(story())
    assert [1, 2, 3] == [e.seq for e in read(file)]


def test_a_file_that_is_something_else_is_left_alone(tmp_path: Path) -> None:
    """Nothing is appended to a file that holds no conversation."""
    file = tmp_path / "notes.txt"
    file.write_text("shopping list\n")

    async def story() -> None:
        async with tapping(HERE, "http://127.0.0.1:9", file):
            pass

    with pytest.raises(InputError, match=r"notes.txt, line 1"):
        asyncio.run(story())
    assert "shopping list\n" == file.read_text()


@pytest.mark.parametrize("listen", ["", "8080", ":8080", "localhost", "host:http", "::1:80", "h:70000"])
def test_what_is_no_address_is_refused(listen: str) -> None:
    """HOST:PORT, with brackets around an IPv6 address."""
    with pytest.raises(InputError, match="HOST:PORT"):
        address(listen)
    assert ("::1", 80) == address("[::1]:80")


def test_sigterm_ends_it_cleanly_with_everything_on_record(tmp_path: Path) -> None:
    """The program prints where it is, takes requests, and ends with 0 on SIGTERM; what it saw is in the file."""
    file = tmp_path / "t.jsonl"
    code = "import sys; from pathlib import Path; from conformance.tap import tap; tap('127.0.0.1:0', sys.argv[1], Path(sys.argv[2]))"
    with running(application(reference())) as url:
        command = [sys.executable, "-c", code, url, str(file)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ}) as process:
            assert process.stdout is not None
            ready = process.stdout.readline().split()
            assert "ready" == ready[0]
            status, _ = asyncio.run(post(ready[1], b"{}"))
            process.send_signal(signal.SIGTERM)
            assert 0 == process.wait(10)
    assert 0 < status
    assert 1 == len(read(file))


def test_a_stop_waits_a_while_and_blames_nobody(tmp_path: Path) -> None:
    """What was under way is on record as not known."""

    async def story() -> None:
        limits = Limits(stop_ms=100)
        async with bare(silent) as url:
            async with tapping(HERE, url, tmp_path / "t.jsonl", limits=limits) as tap:
                waiting = asyncio.create_task(post(tap.url))
                await asyncio.sleep(0.2)
            assert 0 == (await waiting)[0]

    asyncio.run(story())
    kept: Conversation = read(tmp_path / "t.jsonl")
    assert ["broken"] == [e.outcome for e in kept]
    statuses = [o.status for o in judge_file(tmp_path / "t.jsonl").observations if o.check == "envelope.answered"]
    assert ["not_judged"] == statuses
