"""Intents: what a treatment place has asked of another party and not yet heard the end of.

An intent is durable before its question leaves and goes in the transaction that books the answer. What is left of them
after a crash, or after an answer that never came, is exactly what is in doubt; recovery asks the same question again,
to the letter, and the insured place answers it once however often it comes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from attrs import field, frozen

from sim.platform import relay
from sim.platform.exchange import Outbound
from sim.platform.store import Store, Table


@frozen
class Intent:
    """A hospital's message under way: ``request`` as it came, ``place`` and ``relay`` what this place added to it."""

    sender: str
    msgid: str
    serial: int
    at: datetime
    to: str
    place: str
    request: Mapping[str, Any] = field(hash=False)
    relay: Mapping[str, Any] = field(hash=False)

    @property
    def question(self) -> Outbound:
        """What was asked, the same each time."""
        return Outbound(self.to, relay.extend(self.request, self.place, self.relay))

    def rests(self, now: datetime, older_than: timedelta) -> bool:
        """Whether it has lain long enough to be taken up; with no time at all, always, whatever the clocks say."""
        return not older_than or now - self.at >= older_than


INTENTS = Table("intents", Intent, ("sender", "msgid"))


def keep(store: Store, request: Mapping[str, Any], question: Outbound, at: datetime) -> Outbound:
    """Note what is about to be asked. When it was asked before, gives back the question as it was then."""
    sender, msgid = str(request["fixmedins_code"]), str(request["msgid"])
    earlier = store.get(INTENTS, sender, msgid)
    if earlier is not None:
        return earlier.question
    place, added = question.message["insuplc_admdvs"], question.message["input"]["relay"]
    store.put(INTENTS, Intent(sender, msgid, store.next("intent"), at, question.to, place, request, added))
    return question


def drop(store: Store, sender: str, msgid: str) -> None:
    """Nothing is in doubt any more."""
    store.delete(INTENTS, sender, msgid)


def left_open(store: Store) -> list[Intent]:
    """Every intent, in the order in which they were made."""
    return sorted(store.all(INTENTS), key=lambda intent: intent.serial)


def being_reversed(store: Store, sender: str, msgid: str) -> bool:
    """Whether a reversal of that message is under way, so that nobody knows yet whether it will stand."""
    return any(
        intent.sender == sender
        and intent.request["infno"] == relay.REVERSAL
        and str(intent.request["input"]["data"]["omsgid"]) == msgid
        for intent in store.all(INTENTS)
    )


@frozen
class Recovery:
    """What recovery did: the msgids whose outcome is now known, and those still in doubt (or too young to be asked)."""

    resolved: tuple[str, ...] = ()
    open: tuple[str, ...] = ()

    def __add__(self, other: Recovery) -> Recovery:
        return Recovery(self.resolved + other.resolved, self.open + other.open)
