"""One message from its bytes to the bytes of its reply, without a socket: what the server does between the two."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Mapping
from datetime import datetime
from time import perf_counter
from typing import Any

from attrs import frozen

from sim.interface import Interface, envelope, wire
from sim.interface.leniency import Leniency
from sim.lang import Text, say
from sim.platform import Reference
from sim.platform.sql import Conflict, Database, Unavailable
from sim.service.body import named_by
from sim.service.clock import Clock
from sim.service.codec import Codec, Turned
from sim.service.recent import Recent
from sim.service.settings import Settings

log = logging.getLogger(__name__)

DIVISION = "000000"
"""The division under which the service itself numbers its refusals: no place of the country."""
TRIES = 20
"""How often a message is begun again when another process of the same database was faster."""


@frozen
class Asked:
    """A message that came in: its form is right, and it may go to the platforms. ``told`` is the reply to one whose
    form is wrong, or which may not."""

    path: str
    message: dict[str, Any]
    used: tuple[Leniency, ...] = ()
    told: dict[str, Any] | None = None


class Service:
    """The reference behind HTTP, with the memory of its last messages. ``database``: what keeps its stores, if any."""

    def __init__(
        self,
        reference: Reference,
        interface: Interface,
        clock: Clock,
        settings: Settings | None = None,
        database: Database | None = None,
    ) -> None:
        self.reference = reference
        self.interface = interface
        self.clock = clock
        self.settings = settings or Settings()
        self.database = database
        self.codec = Codec(interface, self.settings.wire, self.settings.protection)
        self.recent = Recent(frozenset(interface.transactions))
        self._serial = itertools.count(1)

    def answer(self, body: bytes, path: str = "/", content_type: str = "application/json", expect: str = "") -> bytes:
        """A body to the body of its reply. Whatever comes, the answer is an interface reply."""
        asked = self.ask(body, path, content_type, expect)
        return self.codec.close(self.handle(asked))

    def ask(self, body: bytes, path: str, content_type: str, expect: str) -> Asked:
        """Read a body. Nothing reaches a platform yet."""
        try:
            opened = self.codec.open(body, content_type, expect)
        except Turned as turned:
            return Asked(
                path, turned.message, turned.used, self._refused(turned.message, turned.text, path, turned.used)
            )
        message, used = opened.message, opened.used
        if self._is_relayed(message):
            return Asked(path, message, used, self._refused(message, say("service.relayed"), path, used))
        named = named_by(path, self.interface.transactions)
        if named is not None and message.get("infno") not in (named, None, ""):
            reason = say("service.other_path", path=named, body=str(message.get("infno"))[:20])
            return Asked(path, message, used, self._refused(message, reason, path, used))
        return Asked(path, message, used)

    def handle(self, asked: Asked, fault: str = "") -> dict[str, Any]:
        """The reply, in the interface's own form. ``fault`` is noted with the message.

        Raises Unavailable when the database failed: what became of the message is then not known.
        """
        if asked.told is not None:
            return asked.told
        started, now = perf_counter(), self.clock()
        try:
            reply = wire.seal(self._call(asked.message, now))
        except Unavailable:  # whether it was carried out is not known, so no reply may say that it was not
            raise
        except Exception:
            log.exception("a message could not be handled")
            return self._refused(asked.message, say("service.internal"), asked.path, asked.used)
        self.recent.add(now, (perf_counter() - started) * 1000, asked.path, asked.message, reply, asked.used, fault)
        return reply

    def note_lost(self, asked: Asked, fault: str) -> None:
        """Note a message that a fault kept from the platforms."""
        self.recent.add(self.clock(), 0.0, asked.path, asked.message, {}, asked.used, fault)

    def turn_away(self, reason: Text, path: str) -> bytes:
        """The reply to a body that could not be read at all."""
        return self.codec.close(self._refused({}, reason, path))

    def _call(self, message: dict[str, Any], now: datetime) -> dict[str, Any]:
        for _ in range(TRIES):
            try:
                return self.reference.call(message, now)
            except Conflict:
                continue
        return self.reference.call(message, now)

    @staticmethod
    def _is_relayed(message: Mapping[str, Any]) -> bool:
        content = message.get("input")
        return isinstance(content, dict) and "relay" in content

    def _refused(
        self, message: Mapping[str, Any], reason: Text, path: str, used: tuple[Leniency, ...] = ()
    ) -> dict[str, Any]:
        now = self.clock()
        number = envelope.refmsgid(DIVISION, now, next(self._serial) % 10**10)
        told = reason.show(self.reference.setting.lang)
        reply = envelope.refused(refmsgid=number, received=now, responded=now, err_msg=told)
        self.recent.add(now, 0.0, path, message, reply, used)
        return reply
