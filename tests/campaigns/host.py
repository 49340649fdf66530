"""A party's machine: what is on its disk stays, what runs on it crashes at any instruction and starts again.

A party that crashes keeps what its store had made durable and nothing else. Between two accesses to the store nothing
durable changes, so a crash at any instruction is the same as one before or after an access: there it is raised.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from datetime import datetime, timedelta
from typing import Any

from attrs import define, field

from sim.platform import Answer, Lost, Outbound, Party, Store
from tests.campaigns.net import START, Message, Net

EVERY = 40_000
"""How often a party takes up what it has in doubt, in milliseconds."""
PATIENCE = timedelta(seconds=25)
"""How old it must be by then."""
SOON, LATER = 60, 1500
"""Accesses to the store before a crash: at most, for one soon after a start and for any other."""


class Crash(BaseException):
    """The party has stopped at this very instruction: no handler of errors may see it."""


@define(eq=False)
class Fuse:
    """Counts accesses to stores; at the last of ``left`` whoever accesses crashes, before it or ``after``. -1: never."""

    left: int
    after: bool = False
    burnt: bool = False

    def access(self, real: Callable[..., Any], values: tuple[Any, ...]) -> Any:
        """One access. Afterwards nothing can be reached any more."""
        if self.burnt:
            raise Crash
        self.left -= 1
        self.burnt = self.left == 0
        if self.burnt and not self.after:
            raise Crash
        result = real(*values)
        if self.burnt:
            raise Crash
        return result


@define
class Breakable:
    """A store on a fuse."""

    inner: Store
    fuse: Fuse

    def __getattr__(self, name: str) -> Any:
        real, fuse = getattr(self.inner, name), self.fuse
        return lambda *values: fuse.access(real, values)


@define(eq=False)
class Host:
    """One machine. ``start`` makes the party from its name and store."""

    net: Net
    name: str
    disk: Store
    start: Callable[[str, Store], Party]
    starts: int = 0
    party: Party | None = None
    fuse: Fuse = field(factory=lambda: Fuse(-1))
    clock: int = 0
    recovering: bool = False
    in_doubt: tuple[str, ...] = ()
    """What the last recovery left open."""

    def boot(self) -> None:
        """Start, from what is durable, and take up what was in doubt."""
        if self.party is not None:
            return
        self.starts += 1
        chance, faults, n = self.net.chance, self.net.faults, self.starts
        fails = not self.net.healed and chance.happens(faults.crash, self.name, "crash", n)
        soon = chance.happens(0.3, self.name, "soon", n)
        at = 1 + chance.below(SOON if soon else LATER, self.name, "crash.at", n)
        self.fuse = Fuse(at if fails else -1, chance.happens(0.5, self.name, "crash.after", n))
        drifts = chance.happens(faults.drift, self.name, "drift", n)
        self.clock = chance.below(360, self.name, "clock", n) - 180 if drifts else 0
        self.party = self.start(self.name, Breakable(self.disk, self.fuse))
        self.recovering = False
        self.net.note("start", self.name, self.name, note=f"clock {self.clock:+d} s")
        self.recover()
        self._look_after_itself(self.party)

    def crash(self) -> None:
        """Stop at once, and come back a while later."""
        if self.party is None:
            return
        self.fuse.burnt = True
        self.party = None
        self.disk.rollback()
        self.net.note("crash", self.name, self.name)
        self.net.loop.after(2_000 + self.net.chance.below(40_000, self.name, "down", self.starts), self.boot)

    @property
    def now(self) -> datetime:
        """What the party's clock says."""
        return START + timedelta(seconds=self.net.loop.now // 1000 + self.clock)

    # --- what it does ------------------------------------------------------------------------------------------------

    def handle(self, source: str, message: Message, back: Callable[[Message], None]) -> None:
        """A request has come in."""
        self.net.note("delivered", source, self.name, message)
        if self.party is not None:
            self._run(self.party.handle(message, self.now), back, f"{message['infno']} {message['msgid']}")

    def recover(self, older_than: timedelta = timedelta(0)) -> None:
        """Take up what is in doubt."""
        if self.party is None or self.recovering:
            return
        self.recovering = True

        def done(found: Any) -> None:
            self.recovering = False
            self.in_doubt = found.open

        self._run(self.party.recover(self.now, older_than), done, "recovery")

    def _look_after_itself(self, party: Party) -> None:
        def look() -> None:
            if self.party is party:
                self.recover(PATIENCE)
                self.net.loop.after(EVERY, look, background=True)

        self.net.loop.after(EVERY, look, background=True)

    def _run(self, work: Generator[Outbound, Answer | Lost, Any], done: Callable[[Any], None], what: str) -> None:
        party = self.party

        def step(value: Answer | Lost | None) -> None:
            try:
                ask = next(work) if value is None else work.send(value)
            except StopIteration as stop:
                done(stop.value)
                return
            except Crash:
                self.crash()
                return
            except Exception as error:  # the party's own fault; who asked hears nothing
                self.recovering = False
                self.net.note("failed", self.name, self.name, note=f"{what}: {type(error).__name__}: {error}")
                return
            self.net.request(self.name, ask.to, ask.message, go_on)

        def go_on(reply: Message | None) -> None:
            if self.party is party:  # else the one who asked is gone
                step(Lost(self.now) if reply is None else Answer(reply, self.now))

        step(None)
