"""Simulated time, and a network that loses, delays and doubles.

Time is a heap of events of our own and not SimPy: a crash must make processes vanish without running another line of
theirs, and the order of events of one millisecond must be ours for a seed to replay exactly. That is twenty lines.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Generator
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import define, field, frozen

from tests.campaigns.chance import Chance
from tests.campaigns.faults import Faults

if TYPE_CHECKING:
    from tests.campaigns.host import Host

Message: TypeAlias = dict[str, Any]
START = datetime(2024, 3, 5, 9, 0, 0)
TIMEOUT = {"desk": 60_000, "province": 25_000, "hub": 12_000}
"""How long each waits for an answer, in milliseconds."""


@frozen
class Event:
    """Something that a tap on the wire sees, or that the party's operator does. ``at`` is milliseconds from the start.

    On the wire: ``sent``, ``delivered``, ``answered`` (the answer left the party), ``received``, ``gave_up``; with
    ``lost``, ``late`` and ``doubled`` for what becomes of a request (``reply`` None) or an answer on its way.
    At a party: ``start``, ``crash``, ``failed`` (``note`` says how).
    """

    at: int
    what: str
    source: str
    target: str
    message: Message = field(factory=dict, hash=False)
    reply: Message | None = field(default=None, hash=False)
    note: str = ""

    def line(self) -> str:
        """The event in one line, for the trace: a fingerprint stands for the content."""
        body = json.dumps(self.reply if self.reply is not None else self.message, default=str, sort_keys=True)
        number = f"{self.message.get('infno', '')} {self.message.get('msgid', '')}"
        mark = blake2b(body.encode(), digest_size=8).hexdigest()
        return f"{self.at} {self.what} {self.source}>{self.target} {number} {mark} {self.note}".rstrip()


@define
class Loop:
    """The events to come, in order of time and, within a millisecond, of their making.

    ``looked`` is called after each. What is only ``background`` (a party looking after itself) keeps no day going.
    """

    now: int = 0
    count: int = 0
    waiting: int = 0
    heap: list[tuple[int, int, bool, Callable[[], None]]] = field(factory=list)
    looked: Callable[[], None] = lambda: None

    def after(self, wait: int, act: Callable[[], None], background: bool = False) -> None:
        """Do something later."""
        self.count += 1
        self.waiting += not background
        heapq.heappush(self.heap, (self.now + wait, self.count, background, act))

    def run(self, most: int) -> None:
        """Until nothing is left that matters. Raises RuntimeError when that takes more events than it may."""
        for _ in range(most):
            if not self.waiting:
                return
            self.now, _, background, act = heapq.heappop(self.heap)
            self.waiting -= not background
            act()
            self.looked()
        raise RuntimeError(f"still busy after {most} events")

    def leap(self, at: int) -> None:
        """Go on at a later time; what a party would have done by itself until then is left out."""
        self.heap.clear()
        self.waiting = 0
        self.now = at


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

    def note(
        self,
        what: str,
        source: str,
        target: str,
        message: Message | None = None,
        reply: Message | None = None,
        note: str = "",
    ) -> None:
        """Write an event down."""
        self.log.append(Event(self.loop.now, what, source, target, message or {}, reply, note))

    @property
    def now(self) -> datetime:
        """The true time, to the second."""
        return START + timedelta(seconds=self.loop.now // 1000)

    def request(self, source: str, target: str, message: Message, done: Callable[[Message | None], None]) -> None:
        """Send a request and wait; ``done`` gets the first answer, or None when none came in time."""
        self.note("sent", source, target, message)
        over = [False]
        kind = "hub" if source == "hub" else "province" if source in self.hosts else "desk"
        name = f"{source}>{target} {message['fixmedins_code']} {message['msgid']}"

        def receive(reply: Message) -> None:
            if not over[0]:
                over[0] = True
                self.note("received", target, source, message, reply)
                done(reply)

        def give_up() -> None:
            if not over[0]:
                over[0] = True
                self.note("gave_up", source, target, message)
                done(None)

        def answer(reply: Message) -> None:
            self.note("answered", target, source, message, reply)
            self.travel(f"{name} back", (target, source, message, reply), lambda: receive(reply))

        self.travel(
            f"{name} there",
            (source, target, message, None),
            lambda: self.hosts[target].handle(source, message, answer),
        )
        self.loop.after(TIMEOUT[kind], give_up)

    def travel(self, key: str, what: tuple[str, str, Message, Message | None], arrive: Callable[[], None]) -> None:
        """Something travels: it arrives once, late, twice or never."""
        n = self.travels[key] = self.travels.get(key, -1) + 1
        chance, faults = self.chance, self.faults
        wait = 20 + chance.below(180, key, "wait", n)
        if self.healed:
            self.loop.after(wait, arrive)
            return
        if chance.happens(faults.loss, key, "loss", n):
            self.note("lost", *what)
            return
        if chance.happens(faults.late, key, "late", n):
            self.note("late", *what)
            wait += chance.below(120_000, key, "late.by", n)
        self.loop.after(wait, arrive)
        if chance.happens(faults.double, key, "double", n):
            self.note("doubled", *what)
            self.loop.after(wait + chance.below(90_000, key, "double.by", n), arrive)


Process: TypeAlias = Generator["int | Message", "Message | None", None]
"""What a desk does: yields milliseconds to wait, or a message to send, and gets the answer or None."""


def spawn(net: Net, name: str, target: str, work: Process) -> None:
    """Run a process from now on; ``name`` is the desk, ``target`` the province that it talks to."""

    def step(value: Message | None, first: bool = False) -> None:
        try:
            wanted = next(work) if first else work.send(value)
        except StopIteration:
            return
        if isinstance(wanted, int):
            net.loop.after(wanted, lambda: step(None))
        else:
            net.request(name, target, wanted, step)

    step(None, first=True)
