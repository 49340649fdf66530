"""A platform under test: the suite is the hospital. Plays scenarios side by side, no person in two at a time."""

from __future__ import annotations

import asyncio
import itertools
import secrets
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from typing import Any

from attrs import field, frozen

from conformance.conversation import Conversation, Exchange
from conformance.profile import Profile
from conformance.result import HarnessFault, ScenarioStatus
from conformance.scenario.model import PATIENT, PersonNeed, Scenario, Step
from conformance.targets.forged import all_forged
from conformance.targets.midnight import pauses
from conformance.targets.player import Player, Purpose, accepted
from conformance.targets.sealed import over_http
from conformance.targets.transport import Sent, Transport
from sim import interface
from sim.errors import YidiError
from sim.interface import envelope
from sim.lang import Text, plain, say
from sim.platform.people import Institution, Person

CHINA = timezone(timedelta(hours=8), "CST")
Clock = Callable[[], datetime]
_SERIAL = itertools.count(secrets.randbelow(10_000))
"""One count for the whole process, begun anywhere: two runs in one second do not use the same message ids."""


def china_time() -> datetime:
    """The wall clock in China Standard Time, without a zone mark: what messages carry."""
    return datetime.now(CHINA).replace(tzinfo=None)


@frozen
class Played:
    """How a scenario went on the wire; ``stopped_at`` names the step that did not go as it must. Whether what was said
    was right is for the judge."""

    scenario: Scenario
    status: ScenarioStatus
    reason: Text | None = None
    milliseconds: int = 0
    stopped_at: str = ""


@frozen
class Watched:
    """A run: everything said, how each scenario went, what failed in this program, whether the target was there."""

    conversation: Conversation = field(repr=False)  # asyncio prints what a task returns, even when nobody looks
    played: tuple[Played, ...] = field(repr=False)
    faults: tuple[HarnessFault, ...]
    reachable: bool
    stopped: bool


class Recorder:
    """Sends and records. One for a run; exchanges are numbered in order of sending. ``unreachable``: why the target
    was not reached, the last time that it was not."""

    def __init__(self, transport: Transport, clock: Clock, sender: str = "hospital") -> None:
        self._transport = transport
        self._clock = clock
        self._sender = sender
        self._count = itertools.count(1)
        self.exchanges: list[Exchange] = []
        self.unreachable = ""

    def now(self) -> datetime:
        """The hospital's clock."""
        return self._clock()

    def msgid(self, institution: str) -> str:
        """A message id never used."""
        return envelope.msgid(institution, self._clock(), next(_SERIAL) % 10_000)

    def number(self) -> int:
        """A number never given out in this process."""
        return next(_SERIAL) % 10**8

    async def say(
        self, infno: str, body: bytes, purpose: Purpose, headers: Mapping[str, str] | None = None
    ) -> Exchange:
        """Send one body and record what came."""
        seq = next(self._count)
        sent_at = self._clock()
        sent = await (self._transport.send(infno, body, headers) if headers else self._transport.send(infno, body))
        return self._keep(seq, sent_at, sent, purpose)

    def note(self, sent: Sent, note: str) -> Exchange:
        """Record what was sent by other means, outside every scenario."""
        return self._keep(next(self._count), self._clock(), sent, Purpose(note=note))

    def _keep(self, seq: int, sent_at: datetime, sent: Sent, purpose: Purpose) -> Exchange:
        answered = self._clock()
        if sent.outcome == "unreachable":
            self.unreachable = sent.note
        exchange = Exchange(
            seq=seq,
            sender=self._sender,
            receiver="platform",
            sent_at=_stamp(sent_at),
            request=sent.request,
            outcome=sent.outcome,
            answered_at=_stamp(answered) if sent.outcome == "answered" else None,
            reply=sent.reply,
            scenario=purpose.scenario,
            run=purpose.run,
            step=purpose.step,
            note=purpose.note or sent.note,
        )
        self.exchanges.append(exchange)
        return exchange


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")


@frozen
class _Lent:
    """Who plays a scenario, and where. ``second`` is the other institution, if the scenario has one."""

    cast: Mapping[str, Person]
    first: Institution
    second: Institution | None = None
    alone: bool = False

    @property
    def places(self) -> tuple[Institution, ...]:
        """The institutions."""
        return (self.first, self.second) if self.second is not None else (self.first,)


class _Lending:
    """The people and institutions of a profile, lent to scenarios: each person to one at a time, an institution to
    many, or to one that must be alone there."""

    def __init__(self, profile: Profile, on: datetime) -> None:
        self._profile = profile
        self._places = profile.places
        self._on = on.date()
        self._lent: set[str] = set()
        self._guests: Counter[str] = Counter()
        self._closed: set[str] = set()
        self._turns: Counter[str] = Counter()
        self._uses: Counter[str] = Counter()
        self._fitting: dict[tuple[PersonNeed, str, str], Sequence[Person]] = {}
        self._possible: dict[Any, bool] = {}
        self._back = asyncio.Condition()

    def possible(self, scenario: Scenario) -> bool:
        """Whether everybody and every institution needed exist at all."""
        need = (scenario.people, scenario.institution, scenario.second)
        if need not in self._possible:
            self._possible[need] = self._find(scenario, set(), set()) is not None
        return self._possible[need]

    def _find(self, scenario: Scenario, busy: set[str], closed: set[str]) -> _Lent | None:
        """The first institution that fits and for which everybody needed is there; where one must be alone, they take
        turns, from the last one on."""
        need = scenario.institution
        places = self._places[::-1] if need.alone else self._places
        firsts = [one for one in places if need.fits(one) and one.fixmedins_code not in closed]
        if need.alone:
            firsts = sorted(firsts, key=lambda one: self._turns[one.fixmedins_code])
        for first in firsts:
            second = self._second(scenario, first, closed)
            if scenario.second is not None and second is None:
                continue
            cast = self._cast(scenario, first, busy)
            if cast is not None:
                return _Lent(cast, first, second, need.alone)
        return None

    def _second(self, scenario: Scenario, first: Institution, closed: set[str]) -> Institution | None:
        need = scenario.second
        if need is None:
            return None
        return next((o for o in self._places if need.fits(o, first) and o.fixmedins_code not in closed), None)

    def _cast(self, scenario: Scenario, institution: Institution, busy: set[str]) -> dict[str, Person] | None:
        cast: dict[str, Person] = {}
        for role, need in scenario.people:
            taken = busy | {person.certno for person in cast.values()}
            patient = cast.get(PATIENT)
            fitting = [one for one in self._who_fit(need, institution, patient) if one.certno not in taken]
            if not fitting:
                return None
            # whoever played least: the counters of the year are then used up slowly, and rules about them stay visible
            cast[role] = min(fitting, key=lambda p: self._uses[p.certno])
        return cast

    def _who_fit(self, need: PersonNeed, institution: Institution, patient: Person | None) -> Sequence[Person]:
        """Everybody who can play a part, busy or not: asked again and again while scenarios wait for their people."""
        key = (need, institution.province, patient.certno if patient is not None else "")
        if key not in self._fitting:
            people = self._profile.people
            self._fitting[key] = [one for one in people if need.fits(one, institution, self._on, patient)]
        return self._fitting[key]

    async def lend(self, scenario: Scenario) -> _Lent:
        """Wait until everybody and every place needed is free, and take them together, so that two scenarios never
        wait for each other."""
        async with self._back:
            while True:
                lent = self._find(scenario, self._lent, self._closed)
                if lent is not None and not (lent.alone and self._guests[lent.first.fixmedins_code]):
                    break
                await self._back.wait()
            self._lent |= {person.certno for person in lent.cast.values()}
            self._uses.update(person.certno for person in lent.cast.values())
            self._guests.update(place.fixmedins_code for place in lent.places)
            if lent.alone:
                self._closed.add(lent.first.fixmedins_code)
                self._turns[lent.first.fixmedins_code] += 1
            return lent

    async def give_back(self, lent: _Lent) -> None:
        """They are free again."""
        async with self._back:
            self._lent -= {person.certno for person in lent.cast.values()}
            self._guests.subtract(place.fixmedins_code for place in lent.places)
            self._closed -= {lent.first.fixmedins_code} if lent.alone else set()
            self._back.notify_all()


async def watch(
    transport: Transport,
    profile: Profile,
    scenarios: Sequence[Scenario],
    *,
    workers: int = 8,
    clock: Clock = china_time,
    on_progress: Callable[[Played], None] | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Watched:
    """Play scenarios against a platform. ``workers``: how many at a time. ``stopped`` is asked between messages."""
    run = _Run(transport, profile, clock, on_progress, stopped)
    async with transport:
        return await run.all(scenarios, workers)


class _Run:
    def __init__(
        self,
        transport: Transport,
        profile: Profile,
        clock: Clock,
        on_progress: Callable[[Played], None] | None,
        stopped: Callable[[], bool],
    ) -> None:
        self.profile = profile
        self.transport = transport
        self.recorder = Recorder(transport, clock)
        self.iface = interface.interface(profile.interface)
        self.lending = _Lending(profile, clock())
        self.on_progress = on_progress
        self.stopped = stopped
        self.sign_nos: dict[tuple[str, date], str] = {}
        self.signing = asyncio.Lock()
        self.played: list[Played] = []
        self.faults: list[HarnessFault] = []

    async def all(self, scenarios: Sequence[Scenario], workers: int) -> Watched:
        """Sign in first: where nobody answers, nothing else is tried."""
        if scenarios:
            try:
                await self._sign_in(self.profile.institutions[0])
            except YidiError as error:
                self._fault(error, "")
        await self._forge()
        reachable = any(exchange.outcome != "unreachable" for exchange in self.recorder.exchanges)
        if not reachable:
            reason = say("run.unreachable", problem=self.recorder.unreachable)
            for scenario in scenarios:
                self._done(Played(scenario, "not_run", reason))
        else:
            queue = iter(scenarios)
            await asyncio.gather(*(self._work(queue) for _ in range(max(1, workers))))
        ordered: list[Exchange] = sorted(self.recorder.exchanges, key=lambda e: e.seq)
        played = tuple(sorted(self.played, key=lambda p: p.scenario.id))
        return Watched(Conversation(tuple(ordered)), played, tuple(self.faults), reachable, self.stopped())

    async def _forge(self) -> None:
        """Ask the target for what it promises to refuse, with the sign-in that it had accepted."""
        first = next(iter(self.recorder.exchanges), None)
        if first is None or first.outcome == "unreachable":
            return
        said, code = first.request.message or {}, self.profile.institutions[0].fixmedins_code

        def again() -> dict[str, Any]:
            return {**said, "msgid": self.recorder.msgid(code)}

        for note, sent in await all_forged(self.transport, self.profile, first.infno, again, self.recorder.now()):
            self.recorder.note(sent, note)

    async def _work(self, queue: Iterator[Scenario]) -> None:
        for scenario in queue:
            if self.stopped():
                self._done(Played(scenario, "not_run", say("run.stopped")))
            else:
                await self._scenario(scenario)

    async def _scenario(self, scenario: Scenario) -> None:
        lacking = [name for name in scenario.features if not self.profile.promises(name)]
        if lacking:
            self._done(Played(scenario, "not_run", say("run.feature", features=", ".join(lacking))))
            return
        if scenario.needs_http and over_http(self.transport) is None:
            self._done(Played(scenario, "not_run", say("run.needs_http")))
            return
        if not self.lending.possible(scenario):
            self._done(Played(scenario, "not_run", say("run.nobody")))
            return
        lent = await self.lending.lend(scenario)
        for seconds in pauses(self.recorder.now):
            await asyncio.sleep(0 if self.stopped() else seconds)
        begun, day = time.monotonic(), self.recorder.now().date()
        status: ScenarioStatus = "passed"
        reason: Text | None = None
        stopped_at = ""
        try:
            sign_no = await self._sign_in(lent.first)
            second = (lent.second, await self._sign_in(lent.second)) if lent.second is not None else None
            for kind in scenario.runs:
                player = Player(
                    scenario,
                    kind,
                    lent.cast,
                    lent.first,
                    self.profile,
                    self.iface,
                    self.recorder,
                    sign_no,
                    self.stopped,
                    second,
                )
                reason = await player.play()
                if reason is not None:
                    status = "not_run" if self.stopped() else "failed"
                    stopped_at = player.at
                    if status == "failed" and self.recorder.now().date() != day:
                        status, reason = "not_run", say("run.midnight")
                    break
        except YidiError as error:
            self._fault(error, scenario.id)
            status, reason = "harness_failed", error.text
        except Exception as error:  # whatever it is, it is ours: the transport never raises for the target
            text = plain(f"{type(error).__name__}: {error}", f"{type(error).__name__}: {error}")
            self.faults.append(HarnessFault(text, scenario.id, traceback.format_exc()))
            status, reason = "harness_failed", text
        finally:
            await self.lending.give_back(lent)
        self._done(Played(scenario, status, reason, round((time.monotonic() - begun) * 1000), stopped_at))

    async def _sign_in(self, institution: Institution) -> str:
        """One sign-in an institution and day; what it gives stands in every later message."""
        code = institution.fixmedins_code, self.recorder.now().date()
        async with self.signing:
            if code not in self.sign_nos:
                desk = Scenario("", plain("", ""), (), ())
                step = Step("sign_in", send="9001")
                person = self.profile.people[0]
                player = Player(
                    desk, "plain", {"patient": person}, institution, self.profile, self.iface, self.recorder
                )
                message, body = player.message(step)
                exchange = await self.recorder.say(str(message["infno"]), body, Purpose(step="sign_in", note="session"))
                reply = exchange.reply.message if exchange.reply and accepted(exchange) else None
                output = (reply or {}).get("output")
                node = output.get("signinoutb") if isinstance(output, dict) else None
                self.sign_nos[code] = str(node.get("sign_no") or "") if isinstance(node, dict) else ""
            return self.sign_nos[code]

    def _fault(self, error: YidiError, scenario: str) -> None:
        self.faults.append(HarnessFault(error.text, scenario, error.show("en")))

    def _done(self, played: Played) -> None:
        self.played.append(played)
        if self.on_progress is not None:
            self.on_progress(played)
