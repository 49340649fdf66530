"""The way of a message: through parties in this process with a latency per link, or out through one blocking call.

A transport is driven: it yields seconds that pass and returns the reply. It never draws; ``hop`` gives the next latency
of a link of this visit.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from datetime import datetime
from typing import Any, Protocol

from attrs import frozen

from sim.platform.exchange import HUB, Answer, Steps
from sim.world.visit import MESSAGES

Link = str
"""``hospital`` (hospital to treatment province), ``hub`` (province to hub), ``insured`` (hub to insured province)."""

Way = Generator[float, None, dict[str, Any]]
"""Yields seconds that pass; returns the reply."""


@frozen
class Times:
    """When an exchange began and ended, in simulated time."""

    sent: datetime
    answered: datetime


OnExchange = Callable[[dict[str, Any], dict[str, Any] | None, Times], None]
"""Told of every exchange: request, reply (None when none came) and times."""


class Transport(Protocol):
    """Carries one message and brings the reply."""

    def send(self, message: dict[str, Any], now: Callable[[], datetime], hop: Callable[[Link], float], /) -> Way:
        """See the module. The second argument, now, is the simulated time at the moment of the call."""
        ...


class Party(Protocol):
    """What the in-process transport needs of a platform."""

    def handle(self, message: dict[str, Any], now: datetime) -> Steps:
        """A handler: yields what it must ask elsewhere, returns the reply."""
        ...


class Parties(Protocol):
    """What it needs of a reference: the parties by name and the way in."""

    @property
    def parties(self) -> Any:
        """Province code or ``hub`` to party."""
        ...

    def entry(self, message: dict[str, Any]) -> str:
        """The party that a hospital's message goes to."""
        ...


class InProcess:
    """Drives the parties of a reference; handlers of several visits may wait for answers at the same time."""

    def __init__(self, reference: Parties) -> None:
        self._reference = reference

    def send(self, message: dict[str, Any], now: Callable[[], datetime], hop: Callable[[Link], float]) -> Way:
        """See `Transport`."""
        yield hop("hospital")
        reply = yield from self._at(self._reference.entry(message), message, now, hop)
        yield hop("hospital")
        return reply

    def _at(self, name: str, message: dict[str, Any], now: Callable[[], datetime], hop: Callable[[Link], float]) -> Way:
        work = self._reference.parties[name].handle(message, now())
        answer: Answer | None = None
        while True:
            try:
                outbound = next(work) if answer is None else work.send(answer)
            except StopIteration as stop:
                reply: dict[str, Any] = stop.value
                return reply
            link = "hub" if outbound.to == HUB else "insured"
            yield hop(link)
            reply = yield from self._at(outbound.to, outbound.message, now, hop)
            yield hop(link)
            answer = Answer(reply, now())


def links(message: dict[str, Any]) -> tuple[Link, ...]:
    """The links that an accepted message crosses on its way there, as declared."""
    declared = MESSAGES[message["infno"]]
    here = declared.route == "treatment" or message["input"].get("data", {}).get("oinfno") in declared.here
    return ("hospital",) if here else ("hospital", "hub", "insured")


class Blocking:
    """One blocking call (real HTTP). Simulated time passes by the declared route, as it would in process."""

    def __init__(self, call: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        self._call = call

    def send(self, message: dict[str, Any], _: Callable[[], datetime], hop: Callable[[Link], float]) -> Way:
        """See `Transport`."""
        route = links(message)
        for link in route:
            yield hop(link)
        reply = self._call(message)
        for link in reversed(route):
            yield hop(link)
        return reply
