"""The journal of messages: what makes a repeated message harmless and a changed one visible."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from attrs import evolve

from sim.interface import wire
from sim.platform.records import Message, MessageState
from sim.platform.refusal import refuse
from sim.platform.store import Store, Table


def digest(message: Mapping[str, Any]) -> str:
    """A fingerprint of the content; the order of keys and the way of writing a number's last zeros do not matter, nor
    does the signature: SM2 signs the same content differently each time."""
    if message.get("cainfo"):
        message = {**message, "cainfo": ""}
    try:
        canonical = orjson.dumps(message, default=_plain, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # an integer longer than 64 bits; such a message is refused later, but must not stop us here
        canonical = json.dumps(message, default=_plain, sort_keys=True).encode()
    return hashlib.blake2b(canonical, digest_size=16).hexdigest()


REPLIES_KEPT = 100_000
"""How many replies to hospitals a province keeps at least; at 10 messages a second nearly three hours of them."""

READS = frozenset({"1304", "1312", "1316", "1317", "1318", "1319", "9102"})
"""Transactions with large replies and no effect: a repetition whose reply is not at hand is simply handled again."""
LARGEST_READ_KEPT = 32 * 1024
"""The largest reply to one of them that is kept, in bytes."""

DROPPED = b"-"
"""Stands where a reply was that is not kept any more."""


class Journal:
    """The messages of one table, by sender and msgid.

    A message stays known for ever: its number cannot be used again, neither for the same content nor for another.
    Only the *reply*, most of what it occupies, is dropped once ``kept`` later messages of this process have been
    closed; a repetition is then refused as handled before, with no second effect. Of `READS` a large reply is not kept
    at all, and a repetition of one whose reply is gone is handled again. ``kept`` None keeps every reply:
    between provinces, where an interrupted settlement is completed from the stored reply at any later time.
    """

    def __init__(self, store: Store, table: Table[Message], kept: int | None = None) -> None:
        self.store = store
        self.table = table
        self.kept = kept
        self._closed: deque[tuple[str, str]] = deque()

    def known(self, sender: str, msgid: str) -> Message | None:
        """What is known of a message."""
        return self.store.get(self.table, sender, msgid)

    def repeated(self, sender: str, msgid: str, content: str, uses_up: bool) -> dict[str, Any] | None:
        """The stored reply when the message was answered before; None when it is to be handled.

        Refuses a message that was reversed, or whose msgid carried other content. ``uses_up``: whether a refusal uses
        up the msgid, so that it is repeated and not tried again.
        """
        known = self.known(sender, msgid)
        if known is None:
            return None
        if known.state == "reversed":
            raise refuse("message.reversed", msgid=msgid)
        if known.state == "refused" and not uses_up:
            return None
        if known.digest != content:
            raise refuse("message.other_body", msgid=msgid)
        if known.reply == DROPPED and known.infno in READS:
            return None
        return self.answered(known) if known.state in ("done", "refused") else None

    @staticmethod
    def answered(known: Message) -> wire.Sealed:
        """The reply that a message got. Refuses when it is not kept any more."""
        if known.reply == DROPPED:
            raise refuse("message.reply_dropped", msgid=known.msgid)
        return wire.seal(wire.decode(known.reply, limit=len(known.reply)), known.reply)

    def open(self, sender: str, msgid: str, infno: str, content: str, at: datetime) -> None:
        """Note that a message is being handled, before anything leaves because of it."""
        self.store.put(self.table, Message(sender, msgid, infno, content, "open", at, self.store.next("journal")))

    def close(
        self, sender: str, msgid: str, infno: str, content: str, at: datetime, reply: dict[str, Any], reason: str = ""
    ) -> wire.Sealed:
        """Keep the reply and give it back sealed. ``reason`` is the key of the refusal, empty for an acceptance."""
        state: MessageState = "refused" if reason else "done"
        serial = self.store.next("journal")
        sealed = wire.seal(reply)
        large = infno in READS and len(sealed.body) > LARGEST_READ_KEPT
        body = DROPPED if large else sealed.body
        self.store.put(self.table, Message(sender, msgid, infno, content, state, at, serial, body, reason))
        if self.kept is not None:
            self._closed.append((sender, msgid))
            if len(self._closed) > self.kept:
                self._drop(*self._closed.popleft())
        return sealed

    def _drop(self, sender: str, msgid: str) -> None:
        known = self.known(sender, msgid)
        if known is not None and known.reply:
            self.store.put(self.table, evolve(known, reply=DROPPED))

    def reverse(self, sender: str, msgid: str, infno: str, at: datetime, of: str = "") -> None:
        """Note that a message is reversed, whether or not it was ever seen. ``of``: the number of the record it was
        about, where the record itself forgets the message."""
        known = self.known(sender, msgid)
        if known is None:
            known = Message(sender, msgid, infno, "", "reversed", at, self.store.next("journal"))
        self.store.put(self.table, evolve(known, state="reversed", reason=of or known.reason))

    def restore(self, message: Message) -> None:
        """Take a reversal back: the message counts again as it did."""
        self.store.put(self.table, message)


def _plain(value: Any) -> str:
    return format(value.normalize(), "f")
