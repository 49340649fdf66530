"""One conversation of one scenario, played by a hospital: composes each message, sends it, carries results forward."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from attrs import evolve, frozen

from conformance.conversation import Exchange, Raw
from conformance.profile import Profile
from conformance.scenario.compose import MissingValueError, changed
from conformance.scenario.effects import that_reckon
from conformance.scenario.model import PATIENT, Scenario, Step
from conformance.scenario.spoil import SPOILS
from conformance.targets.desk import SETTLES, Desk, Said, accepted
from conformance.targets.sealed import Sealer
from sim.errors import HarnessError
from sim.interface import Interface, envelope, validate, wire
from sim.lang import Text, say
from sim.platform.people import Institution, Person

NEEDS_COUNTERS = that_reckon("settle", "trial")
MOVES_COUNTERS = that_reckon("settle", "cancel", "reverse")
READS = ("1101", "5206")


@frozen
class Purpose:
    """What a message is said for: scenario, run and step as an exchange names them. ``note``: of a message that no
    scenario asks for, or whose answer is lost on purpose."""

    scenario: str = ""
    run: str = "plain"
    step: str = ""
    note: str = ""


class Line(Protocol):
    """What a player speaks through: sends a body and records the exchange."""

    async def say(
        self, infno: str, body: bytes, purpose: Purpose, headers: Mapping[str, str] | None = None
    ) -> Exchange:
        """Send and record."""
        ...

    def now(self) -> datetime:
        """The hospital's clock, China Standard Time."""
        ...

    def msgid(self, institution: str) -> str:
        """A message id that was never used."""
        ...

    def number(self) -> int:
        """A number that was never given out."""
        ...


class Player:
    """Plays one run (plain, control or fault) of a scenario with the people and institutions given to it."""

    def __init__(
        self,
        scenario: Scenario,
        run: str,
        people: Mapping[str, Person],
        institution: Institution,
        profile: Profile,
        iface: Interface,
        line: Line,
        sign_no: str = "",
        stopped: Callable[[], bool] = lambda: False,
        second: tuple[Institution, str] | None = None,
    ) -> None:
        self.scenario = scenario
        self.run = run
        self.profile = profile
        self.iface = iface
        self.line = line
        self.stopped = stopped
        self.sign_nos = {"first": sign_no} | ({"second": second[1]} if second else {})
        self.desk = Desk(people, {"first": institution} | ({"second": second[0]} if second else {}), profile, iface)
        self.at = ""

    @property
    def said(self) -> dict[str, Said]:
        """Every message by the name of its step."""
        return self.desk.said

    async def play(self) -> Text | None:
        """Play to the end, or to the first step that did not go as it must; returns the reason it stopped there."""
        for step in self.scenario.steps_of(self.run):
            self.at = step.name
            if self.stopped():
                return say("run.stopped")
            try:
                await self._read_before(step)
                message, body = self.message(step)
            except MissingValueError as missing:
                return say("run.missing_value", step=step.name, field=missing.field)
            if step.held:
                self.said[step.name] = Said(step, message, body, None)
                continue
            said = Said(step, message, body, await self._say(step, message, body))
            self.said[step.name] = said
            reason = self._unmet(said)
            if reason is not None:
                return reason
            if not step.lost:
                self._learn(said)
            await self._read_after(said)
        return None

    async def _say(self, step: Step, message: Mapping[str, Any], body: bytes) -> Exchange:
        """Send a step's body; with ``times`` so often at once, of which the first counts here."""
        infno = str(message.get("infno", "")) or step.send
        headers = dict(step.headers) or None
        names = [step.name, *(f"{step.name}/{number}" for number in range(2, step.times + 1))]
        sent = [
            self.line.say(infno, body, Purpose(self.scenario.id, self.run, name, "lost" if step.lost else ""), headers)
            for name in names
        ]
        return await sent[0] if len(sent) == 1 else (await asyncio.gather(*sent))[0]

    def _learn(self, said: Said) -> None:
        """What an accepted reply tells; a repeated message tells what its lost or held original could not."""
        if not accepted(said.exchange):
            return
        if not said.step.repeat:
            self.desk.absorb(said, self.line.now().date())
            return
        original = self.said[said.step.repeat]
        if original.step.lost or original.step.held:
            step = evolve(original.step, lost=False, held=False)
            heard = self.said[original.step.name] = evolve(original, step=step, exchange=said.exchange)
            self.desk.absorb(heard, self.line.now().date())

    def hear(self, said: Said) -> None:
        """Know what was said elsewhere as if it had been said here, and what later messages need of the reply."""
        self.said[said.step.name] = said
        if accepted(said.exchange) and not said.step.repeat:
            self.desk.absorb(said, self.line.now().date())

    def _unmet(self, said: Said) -> Text | None:
        yes = accepted(said.exchange)
        expect = said.step.expect
        name = said.step.name
        if said.step.lost or said.exchange is None:
            return None
        if yes is None and expect != "either":
            return say("run.no_answer", step=name, outcome=said.exchange.outcome)
        if expect == "accepted" and not yes:
            told = str((said.reply or {}).get("err_msg") or "")
            return say("run.not_accepted", step=name, told=told[:200])
        if expect == "refused" and yes:
            return say("run.not_refused", step=name)
        return None

    # --- reading the person's counters ------------------------------------------------------------------------------

    async def _read_before(self, step: Step) -> None:
        """Counters and balance must be known before a settlement: the target may have any history."""
        earlier = self.said.get(step.again) or self.said.get(step.repeat)
        infno = step.send or (str(earlier.message["infno"]) if earlier else "")
        known = self.desk.people[step.person]
        if infno in NEEDS_COUNTERS and not known.fresh and known.psn_no and not step.held:
            await self._read(step, f"{step.name}/before")

    async def _read_after(self, said: Said) -> None:
        """And after whatever may change them, also after what must not: a repeat, a refusal."""
        infno = str(said.message.get("infno", ""))
        matters = infno in MOVES_COUNTERS or said.step.faulty
        if matters and self.desk.people[said.step.person].psn_no and self.desk.people[PATIENT].psn_no:
            await self._read(said.step, f"{said.step.name}/after")

    async def _read(self, about: Step, name: str) -> None:
        for infno in READS:
            step = Step(name, send=infno, person=about.person, at=about.at)
            code = self.desk.places[step.at].fixmedins_code
            msgid, now = self.line.msgid(code), self.line.now()
            body = wire.encode(self.desk.reading(step, infno, msgid, self.sign_nos[step.at], now))
            exchange = await self.line.say(infno, body, Purpose(self.scenario.id, self.run, f"{name}/{infno}", "probe"))
            if not accepted(exchange):
                return
        self.desk.people[about.person].fresh = True

    # --- composing --------------------------------------------------------------------------------------------------

    def message(self, step: Step) -> tuple[Mapping[str, Any], bytes]:
        """The message of a step, and its bytes."""
        if step.repeat:
            earlier = self.said[step.repeat]
            return earlier.message, self._spoiled(step, earlier.body)
        now = self.line.now()
        if step.again:
            earlier = self.said[step.again]
            sender = self.desk.sender(step)
            fresh = {"msgid": self.line.msgid(sender.fixmedins_code), "inf_time": envelope.datetime19(now)}
            message: dict[str, Any] = {**earlier.message, **fresh}
        else:
            message = self._request(step)
        if step.msgid_of:
            message["msgid"] = self.said[step.msgid_of].message["msgid"]
        if not step.changes and not step.removed and not step.faulty:
            self._must_be_valid(step, message)
        changes = self.desk.changes(step, now)
        if changes or step.removed:
            message = changed(message, changes, step.removed, self.desk.look_up)
        return message, self._spoiled(step, wire.encode(message))

    def _spoiled(self, step: Step, body: bytes) -> bytes:
        """Spoiled as the step says. What is still a message then is signed as it stands, on its way out; what is none
        any more was signed before, or its lack of a signature would be a second fault."""
        if not step.body:
            return body
        made, sealing = SPOILS[step.body[0]](body, step.body[1]), self.profile.protection
        if sealing is None or Raw(made).message is not None:
            return made
        return SPOILS[step.body[0]](Sealer(sealing).seal(body).body, step.body[1])

    def _must_be_valid(self, step: Step, message: Mapping[str, Any]) -> None:
        problems = validate(
            self.iface, step.send or str(message["infno"]), "request", message, numbers=self.profile.amounts
        )
        if problems:
            raise HarnessError(say("run.own_request_invalid", step=step.name, problem=problems[0].text()))

    def _request(self, step: Step) -> dict[str, Any]:
        code = self.desk.places[step.at].fixmedins_code
        return self.desk.request(
            step, step.send, self.line.msgid(code), self.sign_nos[step.at], self.line.now(), self.line.number()
        )


__all__ = ["SETTLES", "Line", "Player", "Purpose", "Said", "accepted"]
