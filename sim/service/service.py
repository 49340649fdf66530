"""One message from its bytes to the bytes of its reply, without a socket: what the server does between the two."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any

from attrs import frozen

from sim.interface import Interface, envelope, wire
from sim.interface.leniency import Leniency
from sim.lang import Text, say
from sim.platform import Recovery, Reference
from sim.platform.sql import Conflict, Database, Unavailable
from sim.service.body import named_by
from sim.service.clock import Clock
from sim.service.codec import Codec, Turned
from sim.service.driver import TRIES, Driver
from sim.service.links import PATH, Links, Peers
from sim.service.recent import Recent
from sim.service.settings import Settings

log = logging.getLogger(__name__)

DIVISION = "000000"
"""The division under which the service itself numbers its refusals: no place of the country."""


@frozen
class Asked:
    """A message that came in: its form is right, and it may go to the platforms. ``told`` is the reply to one whose
    form is wrong, or which may not."""

    path: str
    message: dict[str, Any]
    used: tuple[Leniency, ...] = ()
    told: dict[str, Any] | None = None


class Service:
    """The reference behind HTTP, with the memory of its last messages.

    ``database``: what keeps its stores, if any. ``peers``: parties that run in other processes, if any.
    """

    def __init__(
        self,
        reference: Reference,
        interface: Interface,
        clock: Clock,
        settings: Settings | None = None,
        database: Database | None = None,
        peers: Peers | None = None,
    ) -> None:
        self.reference = reference
        self.interface = interface
        self.clock = clock
        self.settings = settings or Settings()
        self.database = database
        self.codec = Codec(interface, self.settings.wire, self.settings.protection)
        self.recent = Recent(frozenset(interface.transactions))
        self._serial = itertools.count(1)
        self._flushed: asyncio.Future[None] | None = None
        self.links = Links(peers, self.settings.between, clock) if peers is not None else None
        self._driver = Driver(reference, self.links, clock, self.durable) if self.links is not None else None

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
            return self._failed(asked)
        self.recent.add(now, (perf_counter() - started) * 1000, asked.path, asked.message, reply, asked.used, fault)
        return reply

    async def take(self, asked: Asked, fault: str = "") -> dict[str, Any]:
        """The same, where parties may run in other processes: others are handled while this one waits for them."""
        if self._driver is None or asked.told is not None:
            return self.handle(asked, fault)
        started, now = perf_counter(), self.clock()
        try:
            told = await self._driver.call(asked.message, now, self.reference.entry(asked.message))
            reply = wire.seal(told)
        except Unavailable:
            raise
        except Exception:
            return self._failed(asked)
        self.recent.add(now, (perf_counter() - started) * 1000, asked.path, asked.message, reply, asked.used, fault)
        return reply

    async def answer_party(self, party: str, message: dict[str, Any]) -> dict[str, Any]:
        """The durable reply of a party here to a question of one that runs elsewhere. Raises whatever went wrong."""
        started, now = perf_counter(), self.clock()
        if self._driver is None:
            reply = self._tried(lambda: self.reference.call(message, now, party))
        else:
            reply = await self._driver.call(message, now, party)
        await self.durable()
        self.recent.add(now, (perf_counter() - started) * 1000, PATH + party, message, reply)
        return reply

    async def recover(self, older_than: timedelta) -> Recovery:
        """Take up what is in doubt. Raises Conflict or Unavailable; whatever is left is taken up the next time."""
        now = self.clock()
        if self._driver is None:
            found = self.reference.recover(now, older_than)
        else:
            found = await self._driver.recover(now, older_than)
        await self.durable()
        if found.resolved or found.open:
            log.info("recovered %d messages, %d still in doubt", len(found.resolved), len(found.open))
        return found

    async def durable(self) -> None:
        """Wait until all that was committed is on the disk: once for all messages that are under way together."""
        if self.database is None:
            return
        if self._flushed is None:
            loop = asyncio.get_running_loop()
            self._flushed = loop.create_future()
            loop.call_soon(self._flush)
        await asyncio.shield(self._flushed)

    def _flush(self) -> None:
        waiting, self._flushed = self._flushed, None
        if waiting is None or self.database is None:
            return
        try:
            self.database.flush()
        except Exception as error:
            waiting.set_exception(error)
        else:
            waiting.set_result(None)

    def _failed(self, asked: Asked) -> dict[str, Any]:
        log.exception("a message could not be handled")
        return self._refused(asked.message, say("service.internal"), asked.path, asked.used)

    def note_lost(self, asked: Asked, fault: str) -> None:
        """Note a message that a fault kept from the platforms."""
        self.recent.add(self.clock(), 0.0, asked.path, asked.message, {}, asked.used, fault)

    def turn_away(self, reason: Text, path: str) -> bytes:
        """The reply to a body that could not be read at all."""
        return self.codec.close(self._refused({}, reason, path))

    def _call(self, message: dict[str, Any], now: datetime) -> dict[str, Any]:
        return self._tried(lambda: self.reference.call(message, now))

    @staticmethod
    def _tried(call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        for _ in range(TRIES):
            try:
                return call()
            except Conflict:
                continue
        return call()

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
