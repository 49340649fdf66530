"""Every limit of the platforms and the service: its value, and the key that sets it."""

from __future__ import annotations

from datetime import timedelta

from attrs import frozen

from sim.interface import wire
from sim.interface.signature import WINDOW
from sim.platform import journal
from sim.platform.office import packing, transfer
from sim.platform.province import PROBLEMS_TOLD
from sim.platform.sql import address
from sim.service import body, driver, gateway, operator, pages, recent, server, story
from sim.service.settings import Between, Limits


@frozen
class Limit:
    """One limit. ``name`` finds its meaning, ``key`` is the one of the settings file that changes it."""

    name: str
    value: str
    key: str = ""


def limits() -> tuple[Limit, ...]:
    """All of them, from the code."""
    given, between = Limits(), Between()
    return (
        Limit("body", _bytes(given.body_bytes), "limits.body_bytes"),
        Limit("body_time", _seconds(given.body_seconds), "limits.body_seconds"),
        Limit("drained", _bytes(body.DRAIN)),
        Limit("depth", f"{wire.MAX_DEPTH:,}"),
        Limit("rate", "∞" if given.per_second is None else f"{given.per_second:,}", "limits.per_second"),
        Limit("burst", f"{given.burst:,}", "limits.burst"),
        Limit("clients", f"{gateway.CLIENTS:,}"),
        Limit("window", _seconds(WINDOW // timedelta(seconds=1)), "gateway.window_seconds"),
        Limit("nonces", f"{gateway.REMEMBERED:,}"),
        Limit("problems", f"{PROBLEMS_TOLD:,}"),
        Limit("replies", f"{journal.REPLIES_KEPT:,}"),
        Limit("large_read", _bytes(journal.LARGEST_READ_KEPT)),
        Limit("zip", _bytes(packing.MOST_ZIPPED)),
        Limit("text", _bytes(packing.MOST_TEXT)),
        Limit("rows", f"{packing.MOST_ROWS:,}"),
        Limit("files", f"{transfer.MOST_FILES:,}"),
        Limit("file_days", f"{transfer.KEPT.days:,} d"),
        Limit("attempt", _seconds(between.attempt_seconds), "between.attempt_seconds"),
        Limit("patience", _seconds(between.patience_seconds), "between.patience_seconds"),
        Limit("recover", _seconds(between.recover_seconds), "between.recover_seconds"),
        Limit("tries", f"{driver.TRIES:,}"),
        Limit("lock", _seconds(address.PATIENCE)),
        Limit("hung", _seconds(address.HUNG)),
        Limit("stop", _seconds(server.PATIENCE)),
        Limit("recent", f"{recent.KEPT:,}"),
        Limit("shown", f"{pages.SHOWN:,}"),
        Limit("listed", f"{story.LISTED:,}"),
        Limit("refresh", _seconds(operator.REFRESH)),
    )


def _bytes(count: int) -> str:
    for unit, size in (("MiB", 1 << 20), ("KiB", 1 << 10)):
        if count % size == 0 and count >= size:
            return f"{count // size:,} {unit}"
    return f"{count:,} B"


def _seconds(count: int) -> str:
    return f"{count:,} s"
