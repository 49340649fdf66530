"""The reference platforms on a database: what they answer does not depend on where they keep what they know."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from platform_desk import Desk, person, world

from sim.interface import wire
from sim.platform import Reference
from sim.platform.sql import Database, open_store


class Recorded:
    """A reference that remembers every message it was sent, with the time and its reply as bytes."""

    def __init__(self, ref: Reference) -> None:
        self.ref = ref
        self.calls: list[tuple[dict[str, Any], Any, bytes]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.ref, name)

    def call(self, message: dict[str, Any], now: Any) -> dict[str, Any]:
        reply = self.ref.call(message, now)
        self.calls.append((message, now, wire.encode(reply)))
        return reply


@pytest.fixture(scope="module")
def story():
    """Visits of a local and an out-of-town patient, with a retry, a cancellation, a reversal and refusals."""
    recorded = Recorded(world())
    for place in ("110000", "520100"):
        desk = Desk(recorded, person(place)).ready()  # type: ignore[arg-type]
        desk.ok("2206", desk.asked())
        settle = desk.message("2207", desk.settlement())
        desk.setl_id = desk.call(settle)["output"]["setlinfo"]["setl_id"]
        desk.call(settle)
        desk.send("2207", desk.settlement())
        desk.send("5203", {"data": {**desk.whose(), "setl_id": desk.setl_id}})
        desk.used()
        desk.ok("2208", desk.cancellation())
        again = desk.message("2207", desk.settlement())
        desk.call(again)
        desk.send("2601", desk.reversal(again))
        desk.send("2601", desk.reversal({**again, "msgid": again["msgid"][:-4] + "9999"}))
        desk.now += timedelta(days=1)
        stay = Desk(recorded, person(place))  # type: ignore[arg-type]
        stay.now = desk.now
        stay.ready_to_leave().settle()
        stay.used()
        stay.balance()
    return recorded.calls


def told(database: Database, calls: Any, restart: Any = None) -> list[bytes]:
    """The replies to the same messages, of platforms on a database."""
    ref = world(store=database)
    found = []
    for number, (message, now, _) in enumerate(calls):
        if restart is not None and number % 5 == 4:
            database.close()
            database = restart()
            ref = world(store=database)
        found.append(wire.encode(ref.call(message, now)))
    database.close()
    return found


def test_every_reply_is_the_same_to_the_byte(story, empty):
    """Amounts, numbers, texts and the order of fields."""
    assert [reply for _, _, reply in story] == told(open_store(empty), story)


def test_restarts_change_no_reply(story, empty):
    """A new process every few messages goes on where the one before stopped."""
    assert [reply for _, _, reply in story] == told(open_store(empty), story, lambda: open_store(empty))


def test_commits_in_groups_change_no_reply(story, sqlite):
    """Nothing is made durable until the end."""
    assert [reply for _, _, reply in story] == told(open_store(sqlite(), group=True), story)
