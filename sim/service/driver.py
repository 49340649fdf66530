"""Driving the parties of one process when others live elsewhere: what leaves goes over a link, once it is durable."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sim.platform import Answer, Lost, Outbound, Recovery, Reference
from sim.platform.sql import Conflict
from sim.service.clock import Clock
from sim.service.links import Links

R = TypeVar("R")
TRIES = 20
"""How often a message is begun again when another process of the same database was faster."""


class Driver:
    """Runs what parties do. Between two questions nothing else happens to a party: a step never waits."""

    def __init__(
        self, reference: Reference, links: Links, clock: Clock, durable: Callable[[], Awaitable[None]]
    ) -> None:
        self.reference = reference
        self.links = links
        self.clock = clock
        self.durable = durable

    async def call(self, message: dict[str, Any], now: datetime, at: str) -> dict[str, Any]:
        """The reply of a party. Raises Conflict when other processes were faster each time."""
        for _ in range(TRIES):
            try:
                return await self._drive(self.reference.parties[at].handle(message, now), now)
            except Conflict:
                continue
        return await self._drive(self.reference.parties[at].handle(message, now), now)

    async def recover(self, now: datetime, older_than: timedelta) -> Recovery:
        """See `Reference.recover`. Once a question finds no answer, the others are left for the next time."""
        found = Recovery()
        for party in self.reference.parties.values():
            found += await self._drive(party.recover(now, older_than), now, patient=False)
        return found

    async def _drive(self, work: Generator[Outbound, Answer | Lost, R], now: datetime, patient: bool = True) -> R:
        answer: Answer | Lost | None = None
        while True:
            try:
                question = next(work) if answer is None else work.send(answer)
            except StopIteration as stop:
                result: R = stop.value
                return result
            if isinstance(answer, Lost) and not patient:
                continue
            answer = await self._ask(question, now)

    async def _ask(self, question: Outbound, now: datetime) -> Answer | Lost:
        if question.to in self.reference.parties:
            return Answer(await self.call(question.message, now, question.to))
        await self.durable()
        return await self.links.ask(question)
