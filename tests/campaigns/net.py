"""Simulated time, a network that loses, delays and doubles, and parties that crash at any instruction.

Time is a heap of events of our own and not SimPy: a crash must make processes vanish without running another line of
theirs, and the order of events of one millisecond must be ours for a seed to replay exactly. That is twenty lines.

A party that crashes keeps what its store had made durable and nothing else. Between two accesses to the store nothing
durable changes, so a crash at any instruction is the same as one before or after an access: there it is raised.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Generator
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any, TypeAlias

from attrs import define, field, frozen

from sim.platform import Answer, Lost, Outbound, Party, Store
from tests.campaigns.chance import Chance
from tests.campaigns.faults import Faults

Message: TypeAlias = dict[str, Any]
START = datetime(2024, 3, 5, 9, 0, 0)
TIMEOUT = {"desk": 60_000, "province": 25_000, "hub": 12_000}
"""How long each waits for an answer, in milliseconds."""


class Crash(BaseException):
    """The party has stopped at this very instruction: no handler of errors may see it."""


class Breakable:
    """A store whose party crashes at the n-th access, counted from its start; afterwards nothing can be reached."""

    def __init__(self, inner: Store, at: int, after: bool) -> None:
        self.inner = inner
        self.left = at
        self.after = after
        self.dead = False

    def __getattr__(self, name: str) -> Any:
        real = getattr(self.inner, name)
        if not callable(real):
            return real

        def access(*values: Any) -> Any:
            if self.dead:
                raise Crash
            self.left -= 1
            if self.left == 0 and not self.after:
                raise Crash
            result = real(*values)
            if self.left == 0:
                raise Crash
            return result

        return access


@frozen
class Event:
    """Something that a tap on the wire sees, or (crash, start) the party's operator.

    ``what``: sent, delivered, answered (it left the party), received, gave_up, crash, start.
    """

    at: int
    what: str
    source: str
    target: str
    message: Message = field(factory=dict, hash=False)
    reply: Message | None = field(default=None, hash=False)

    def line(self) -> str:
        """The event in one line, for the trace."""
        body = json.dumps(self.reply if self.reply is not None else self.message, default=str, sort_keys=True)
        number = f"{self.message.get('infno', '')} {self.message.get('msgid', '')}"
        mark = blake2b(body.encode(), digest_size=8).hexdigest()
        return f"{self.at} {self.what} {self.source}>{self.target} {number} {mark}"


@define
class Loop:
    """The events to come, in order of time and, within a millisecond, of their making."""

    now: int = 0
    count: int = 0
    heap: list[tuple[int, int, Callable[[], None]]] = field(factory=list)

    def after(self, wait: int, act: Callable[[], None]) -> None:
        """Do something later."""
        self.count += 1
        heapq.heappush(self.heap, (self.now + wait, self.count, act))

    def run(self, most: int) -> None:
        """Until nothing is left. Raises RuntimeError when that takes more events than it may."""
        for _ in range(most):
            if not self.heap:
                return
            self.now, _, act = heapq.heappop(self.heap)
            act()
        raise RuntimeError(f"still busy after {most} events")


@define(eq=False)
class Host:
    """A party's machine: its disk stays, what is on it runs and crashes."""

    net: Net
    name: str
    disk: Store
    start: Callable[[str, Store], Party]
    starts: int = 0
    party: Party | None = None
    clock: int = 0

    def boot(self) -> None:
        """Start, from what is durable."""
        self.starts += 1
        chance, faults, n = self.net.chance, self.net.faults, self.starts
        fails = not self.net.healed and chance.happens(faults.crash, self.name, "crash", n)
        at = 1 + chance.below(60 if chance.happens(0.3, self.name, "soon", n) else 1500, self.name, "crash.at", n)
        store = Breakable(self.disk, at if fails else -1, chance.happens(0.5, self.name, "crash.after", n))
        drifts = chance.happens(faults.drift, self.name, "drift", n)
        self.clock = chance.below(360, self.name, "clock", n) - 180 if drifts else 0
        self.party = self.start(self.name, store)  # type: ignore[arg-type]
        self.net.log.append(Event(self.net.loop.now, "start", self.name, self.name))

    def crash(self) -> None:
        """Stop at once, and come back a while later."""
        if self.party is None:
            return
        store: Any = self.party.store
        store.dead = True
        self.party = None
        self.disk.rollback()
        self.net.log.append(Event(self.net.loop.now, "crash", self.name, self.name))
        self.net.loop.after(2_000 + self.net.chance.below(40_000, self.name, "down", self.starts), self.boot)

    @property
    def now(self) -> datetime:
        """What the party's clock says."""
        return START + timedelta(milliseconds=self.net.loop.now - self.net.loop.now % 1000, seconds=self.clock)

    def handle(self, source: str, message: Message, back: Callable[[Message], None]) -> None:
        """A request has come in."""
        self.net.log.append(Event(self.net.loop.now, "delivered", source, self.name, message))
        if self.party is None:
            return
        work = self.party.handle(message, self.now)
        self._step(work, None, source, message, back)

    def _step(
        self, work: Any, value: Answer | Lost | None, source: str, message: Message, back: Callable[[Message], None]
    ) -> None:
        party = self.party
        try:
            ask = next(work) if value is None else work.send(value)
        except StopIteration as stop:
            self.net.log.append(Event(self.net.loop.now, "answered", self.name, source, message, stop.value))
            back(stop.value)
            return
        except Crash:
            self.crash()
            return

        def go_on(reply: Message | None) -> None:
            if self.party is party:  # else the one who asked is gone
                answer = Lost(self.now) if reply is None else Answer(reply, self.now)
                self._step(work, answer, source, message, back)

        self.net.request(self.name, ask.to, ask.message, go_on)


@define(eq=False)
class Net:
    """The wires between desks and parties, and everything that can happen on them."""

    chance: Chance
    faults: Faults
    loop: Loop = field(factory=Loop)
    hosts: dict[str, Host] = field(factory=dict)
    log: list[Event] = field(factory=list)
    healed: bool = False
    travels: dict[str, int] = field(factory=dict)

    def request(self, source: str, target: str, message: Message, done: Callable[[Message | None], None]) -> None:
        """Send a request and wait; ``done`` gets the first answer, or None when none came in time."""
        self.log.append(Event(self.loop.now, "sent", source, target, message))
        over = [False]
        kind = "hub" if source == "hub" else "province" if source in self.hosts else "desk"

        def receive(reply: Message) -> None:
            if not over[0]:
                over[0] = True
                self.log.append(Event(self.loop.now, "received", target, source, message, reply))
                done(reply)

        def give_up() -> None:
            if not over[0]:
                over[0] = True
                self.log.append(Event(self.loop.now, "gave_up", source, target, message))
                done(None)

        def arrive() -> None:
            self.hosts[target].handle(source, message, lambda reply: self.travel(name, "back", lambda: receive(reply)))

        name = f"{source}>{target} {message['fixmedins_code']} {message['msgid']}"
        self.travel(name, "there", arrive)
        self.loop.after(TIMEOUT[kind], give_up)

    def travel(self, name: str, way: str, arrive: Callable[[], None]) -> None:
        """Something travels: it arrives once, late, twice or never."""
        key = f"{name} {way}"
        n = self.travels[key] = self.travels.get(key, -1) + 1
        chance, faults = self.chance, self.faults
        wait = 20 + chance.below(180, key, "wait", n)
        if self.healed:
            self.loop.after(wait, arrive)
            return
        if chance.happens(faults.loss, key, "loss", n):
            return
        if chance.happens(faults.late, key, "late", n):
            wait += chance.below(120_000, key, "late.by", n)
        self.loop.after(wait, arrive)
        if chance.happens(faults.double, key, "double", n):
            self.loop.after(wait + chance.below(90_000, key, "double.by", n), arrive)

    def digest(self) -> str:
        """A fingerprint of everything that happened."""
        mark = blake2b(digest_size=16)
        for event in self.log:
            mark.update(event.line().encode() + b"\n")
        return mark.hexdigest()


Process: TypeAlias = Generator["int | Message", "Message | None", None]
"""What a cashier does: yields milliseconds to wait, or a message to send, and gets the answer or None."""


def spawn(net: Net, name: str, target: str, work: Process, ended: Callable[[], None] = lambda: None) -> None:
    """Run a process from now on; ``name`` is the desk, ``target`` the province that it talks to."""

    def step(value: Message | None, first: bool = False) -> None:
        try:
            wanted = next(work) if first else work.send(value)
        except StopIteration:
            ended()
            return
        if isinstance(wanted, int):
            net.loop.after(wanted, lambda: step(None))
        else:
            net.request(name, target, wanted, step)

    step(None, first=True)


__all__ = ["START", "Breakable", "Crash", "Event", "Host", "Loop", "Message", "Net", "Outbound", "Process", "spawn"]
