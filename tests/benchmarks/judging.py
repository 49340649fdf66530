"""Judging recorded runs, and certifying a platform over HTTP from the first message to the verdict.

Judging is compared with reading and validating the same messages with jsonschema-rs and nothing else; seconds are those
of one core. Certifying drives one server process, the reference in memory, from this one: two cores. It is compared
with the same bodies, sent by a bare client with as many in flight to an application that only echoes. A run that does
not pass is not measured.
"""

from __future__ import annotations

import asyncio
import atexit
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from time import process_time

import aiohttp

from conformance import conversation
from conformance.conversation import Exchange
from conformance.judge import judge
from conformance.mutants import right
from conformance.pack import Pack, load_pack, packs
from conformance.profile import Profile
from conformance.run import WORKERS, certify_platform
from sim.interface import interface, validate
from tests.benchmarks.measure import Bench, Side
from tests.benchmarks.platforms import ECHO, PLATFORMS, Served


def benches() -> list[Bench]:
    """From parsed messages, from disk, and end to end."""
    outpatient, profile = load_pack("outpatient"), Profile()
    everything = [load_pack(name) for name in packs("platform", profile.interface)]
    folder = tempfile.TemporaryDirectory(prefix="yidi-bench-")
    atexit.register(folder.cleanup)
    return [
        parsed(outpatient, profile),
        from_disk(everything, profile, Path(folder.name) / "conversation.jsonl"),
        end_to_end(everything, profile),
    ]


def parsed(pack: Pack, profile: Profile) -> Bench:
    """One pack, from messages in memory to observations."""
    talk = right([pack], profile).conversation
    return Bench(
        "judge the pack outpatient",
        "exchanges",
        Side("all checks", lambda: judge(talk, profile, pack.scenarios), len(talk)),
        Side("schema validation alone", lambda: validated(talk), len(talk)),
        process_time,
    )


def from_disk(everything: Sequence[Pack], profile: Profile, file: Path) -> Bench:
    """Every pack, from a file to observations; the platform answered in this process when it was recorded."""
    talk = right(everything, profile).conversation
    conversation.write(talk, file)
    scenarios = [scenario for pack in everything for scenario in pack.scenarios]
    return Bench(
        "judge every pack from disk",
        "exchanges",
        Side("all checks", lambda: judge(conversation.read(file), profile, scenarios), len(talk)),
        Side("reading and schema validation alone", lambda: validated(conversation.read(file)), len(talk)),
        process_time,
    )


def validated(talk: Iterable[Exchange]) -> None:
    """Both messages of every exchange against the dictionary."""
    iface = interface()
    for exchange in talk:
        if exchange.infno in iface.transactions:
            validate(iface, exchange.infno, "request", exchange.request.message or {})
            if exchange.reply is not None:
                validate(iface, exchange.infno, "reply", exchange.reply.message or {})


def end_to_end(everything: Sequence[Pack], profile: Profile) -> Bench:
    """Every pack over HTTP: composed, sent, recorded, judged, with a verdict."""
    platform, echo = Served(PLATFORMS), Served(ECHO)
    first = certify_platform(platform.url, profile, everything)
    bodies = [exchange.request.body for exchange in first.conversation]

    def certify() -> None:
        assert "passed" == certify_platform(platform.url, profile, everything).verdict

    return Bench(
        "certify a platform by every pack over HTTP",
        "exchanges",
        Side("play, record and judge", certify, len(bodies)),
        Side("bare client and echo", lambda: asyncio.run(sent(echo.url, bodies)), len(bodies)),
    )


async def sent(url: str, bodies: Iterable[bytes]) -> None:
    """Send bodies, as many at a time as a run plays scenarios."""
    left = iter(bodies)

    async def one_after_the_other() -> None:
        for body in left:
            async with session.post(url, data=body) as answer:
                await answer.read()

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=WORKERS)) as session:
        await asyncio.gather(*(one_after_the_other() for _ in range(WORKERS)))
