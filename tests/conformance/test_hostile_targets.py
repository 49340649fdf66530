"""A hostile target costs bounded time and memory, and what it does becomes a finding about the target."""

import asyncio
import gzip
import os
import ssl
import sys
import time
import tracemalloc
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from conformance.conversation import Conversation, Exchange
from conformance.judge import judge
from conformance.profile import Profile
from conformance.targets.transport import HttpTransport, Sent
from sim.interface import wire

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
MIB = 1024 * 1024
BOMB = gzip.compress(b" " * (64 * MIB))


async def endless(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A body that never ends."""
    writer.write(OK + b"Connection: close\r\n\r\n{")
    while True:
        writer.write(b" " * 65536)
        await writer.drain()


async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A byte now and then, so that no single read times out."""
    writer.write(OK + b"Content-Length: 1000000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.02)


async def endless_head(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Headers that never end."""
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-More: " + b"a" * 4000 + b"\r\n")
        await writer.drain()


async def redirect(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Go somewhere else."""
    writer.write(b"HTTP/1.1 307 Temporary\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")
    await writer.drain()


async def bomb(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A few kilobytes that would unpack to much more than may be read."""
    writer.write(OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB) + BOMB)
    await writer.drain()


async def rubbish(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """No HTTP at all."""
    writer.write(bytes(range(256)) * 4)
    await writer.drain()


async def binary(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A body that is no text."""
    writer.write(OK + b"Content-Length: 256\r\n\r\n" + bytes(range(256)))
    await writer.drain()


async def deep(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Lists within lists."""
    body = b"[" * 100_000 + b"]" * 100_000
    writer.write(OK + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    await writer.drain()


async def half(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Less than was announced."""
    writer.write(OK + b"Content-Length: 100\r\n\r\n{")
    await writer.drain()


async def _ask(answer: Answer, scheme: str = "http") -> Sent:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await answer(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        async with HttpTransport(f"{scheme}://127.0.0.1:{port}/", connect_ms=500, reply_ms=400) as transport:
            return await transport.send("9001", b'{"infno":"9001"}')
    finally:
        server.close()


@pytest.mark.parametrize(
    ("answer", "clause"),
    [
        (endless, "ENV-ANSWERED"),
        (drip, "ENV-ANSWERED"),
        (endless_head, "ENV-ANSWERED"),
        (redirect, "ENV-HTTP"),
        (bomb, "ENV-JSON"),
        (rubbish, "ENV-ANSWERED"),
        (binary, "ENV-JSON"),
        (deep, "ENV-JSON"),
        (half, "ENV-ANSWERED"),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_it_costs_little_and_becomes_a_finding(answer: Answer, clause: str) -> None:
    """Within two seconds and a few times the longest message, and the judge says which clause is broken."""
    tracemalloc.start()
    begun = time.monotonic()
    sent = asyncio.run(_ask(answer))
    took, (_, peak) = time.monotonic() - begun, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert took < 2
    assert peak < 5 * wire.MAX_BYTES + 8 * MIB
    assert clause in judged(sent)


def judged(sent: Sent) -> set[str]:
    """The clauses that are broken."""
    exchange = Exchange(
        1, "hospital", "platform", "2024-03-05T09:00:00.000", sent.request, sent.outcome, reply=sent.reply
    )
    found = judge(Conversation((exchange,)), Profile())
    return {o.clause for o in found if o.status == "fail"}


def test_where_encryption_is_promised_plain_text_is_not_spoken() -> None:
    """A server that is no TLS server gives no answer; somebody is there all the same."""
    sent = asyncio.run(_ask(binary, scheme="https"))
    assert sent.outcome in ("broken", "timeout")
    assert sent.reply is None
    assert "ENV-ANSWERED" in judged(sent)


# --- certificates ---


def certificate(folder: Path, name: str, days: tuple[int, int]) -> Path:
    """A self-signed certificate with its key in one file, valid from and to so many days from now."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / f"{name}.pem"
    file.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return file


ASK = """
import asyncio, sys
from conformance.targets.transport import HttpTransport

async def ask():
    async with HttpTransport(sys.argv[1], connect_ms=2000, reply_ms=2000) as transport:
        return await transport.send("9001", b"{}")

sent = asyncio.run(ask())
print(sent.outcome, sent.note)
"""


async def _asked_over_tls(file: Path, trusted: Path) -> str:
    """What a process that trusts one certificate gets from a server that shows another (or the same)."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK + b"Content-Length: 2\r\n\r\n{}")
        writer.close()

    shown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shown.load_cert_chain(file)
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=shown)
    port = server.sockets[0].getsockname()[1]
    try:
        asked = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", ASK, f"https://localhost:{port}/"),
            env={**os.environ, "SSL_CERT_FILE": str(trusted)},
            cwd=Path(__file__).parents[2],
            stdout=asyncio.subprocess.PIPE,
        )
        told, _ = await asked.communicate()
        return told.decode().strip()
    finally:
        server.close()


@pytest.mark.parametrize(
    ("name", "days", "trust", "told"),
    [
        ("localhost", (-1, 1), True, "answered"),
        ("localhost", (-1, 1), False, "broken TLS: self-signed certificate"),
        ("localhost", (-3, -2), True, "broken TLS: certificate has expired"),
        ("elsewhere.invalid", (-1, 1), True, "broken TLS: Hostname mismatch"),
    ],
)
def test_a_certificate_that_proves_nothing_is_a_broken_answer(
    name: str, days: tuple[int, int], trust: bool, told: str, tmp_path: Path
) -> None:
    """Not trusted, expired, for another name: no message is answered, and the note says why; a good one is taken."""
    file = certificate(tmp_path, name, days)
    trusted = file if trust else certificate(tmp_path, "other.invalid", (-1, 1))
    assert asyncio.run(_asked_over_tls(file, trusted)).startswith(told)
