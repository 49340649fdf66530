"""Certifying a hospital system: acts given to it, its messages answered by the reference, everything judged."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from attrs import evolve

from conformance.drive.drivers import Driver
from conformance.pack import Pack
from conformance.profile import Profile
from conformance.result import RunResult
from conformance.run import result_of, select
from conformance.targets.hospital import ANSWER_SECONDS, Watcher
from conformance.targets.hospital_platform import Clock, Desk, Watching, people_of, platform_for
from conformance.targets.platform import CHINA, Played, china_time
from sim.errors import InputError
from sim.lang import say
from sim.service.server import running

_ADDRESS = re.compile(r"^(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<host>[^:\[\]/\s]+)):(?P<port>\d{1,5})$")


def certify_hospital(
    listen: str,
    driver: Driver,
    profile: Profile,
    packs: Sequence[Pack],
    *,
    only: Iterable[str] = (),
    url: str = "",
    answer_seconds: float = ANSWER_SECONDS,
    clock: Clock = china_time,
    on_progress: Callable[[Played], None] | None = None,
    stopped: Callable[[], bool] = lambda: False,
    command: Sequence[str] = (),
    strict: bool = False,
) -> RunResult:
    """Drive a hospital system by packs and judge what it said to the platform and to its operator.

    ``listen`` is ``HOST:PORT`` (port 0 takes a free one); ``url`` is what the hospital is told, where it reaches that
    port by another name. ``only`` names scenarios. ``answer_seconds`` bounds each order. ``stopped`` is asked between
    orders and ends the run early, with a result that says it is partial. The driver is closed at the end. Raises
    InputError for a bad address, a port that is taken, a scenario or pack that does not fit.
    """
    host, port = address(listen)
    profile = evolve(profile, role="hospital")
    chosen = select(packs, only, profile)
    desk, whole = Desk(clock), platform_for(profile)
    started = datetime.now(CHINA).isoformat(timespec="milliseconds")
    try:
        with running(Watching(whole, desk, profile), host, port) as own:
            watcher = Watcher(
                desk,
                driver,
                profile,
                people_of(profile),
                url or own,
                seconds=answer_seconds,
                on_progress=on_progress,
                stopped=stopped,
            )
            watched = watcher.all(chosen)
    finally:
        driver.close()
    return result_of(watched, driver.target, profile, packs, started, command=command, strict=strict)


def address(listen: str) -> tuple[str, int]:
    """``"127.0.0.1:8080"`` or ``"[::1]:8080"`` as host and port. Raises InputError."""
    found = _ADDRESS.match(listen)
    if found is None or int(found["port"]) > 65535:
        raise InputError(say("hospital.run.bad_listen", given=listen))
    return found["six"] or found["host"], int(found["port"])
