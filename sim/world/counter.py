"""What the counters of the hospitals say: signing in, numbering messages, losing some, waiting for replies."""

from __future__ import annotations

from collections.abc import Callable, Generator
from datetime import datetime
from typing import Any

import simpy

from sim.errors import InputError
from sim.interface import envelope
from sim.lang import say
from sim.world import messages
from sim.world.desks import Draw
from sim.world.life import Life
from sim.world.setup import DAY, Hospital, Setup
from sim.world.transport import OnExchange, Times, Transport, Way
from sim.world.visit import MESSAGES

REVERSIBLE = ("2207", "2304", "2401")
"""Transactions that a visit reverses by 2601 when their reply is lost; the latest one sent is meant."""


class Counter:
    """Sends the messages of all visits through one transport."""

    def __init__(
        self,
        env: simpy.Environment,
        setup: Setup,
        seed: int,
        draw: Draw,
        transport: Transport,
        on_exchange: OnExchange | None = None,
    ) -> None:
        self._env = env
        self._setup = setup
        self._seed = seed
        self._draw = draw
        self._transport = transport
        self._on_exchange = on_exchange
        self._sign_nos: dict[tuple[int, int], str] = {}
        self._serials: dict[int, int] = {}
        self.messages = 0

    def send(self, life: Life, infno: str) -> Generator[simpy.Event, Any, str]:
        """Send one message of a visit and wait; returns ``accepted``, ``refused`` or ``lost``."""
        if infno == "2601":
            life.talk.reversing = next(name for name in REVERSIBLE if name in life.talk.last)
            life.reversals += 1
        hospital = life.visit.hospital
        sign_no = self._sign_no(hospital)
        sent = self._env.now
        request = messages.request(infno, life.talk, self._now(), self._serial(hospital), sign_no)
        life.messages += 1
        self.messages += 1
        loss = self._loss(life, infno)
        reply: dict[str, Any] | None = None
        if loss != "request":
            reply = yield from self._drive(self._transport.send(request, self._now, self._hops(life)))
        if loss:
            life.lost += 1
            reply = None
            patience = self._setup.durations["timeout"].mean - (self._env.now - sent)
            if patience > 0.0:
                yield self._env.timeout(patience)
        self._tell(request, reply, sent)
        if reply is None:
            return "lost"
        if envelope.is_accepted(reply):
            messages.keep(infno, life.talk, reply)
            return "accepted"
        if infno != "2601":
            life.refused_infno, life.refusal_text = infno, str(reply.get("err_msg") or "")
        return "refused"

    def _drive(self, way: Way) -> Generator[simpy.Event, Any, dict[str, Any]]:
        while True:
            try:
                seconds = next(way)
            except StopIteration as stop:
                reply: dict[str, Any] = stop.value
                return reply
            yield self._env.timeout(seconds)

    def _loss(self, life: Life, infno: str) -> str:
        """Which half of an exchange is lost, if any: ``request``, ``reply`` or nothing."""
        probability = self._setup.chances.get("loss", 0.0)
        if not probability or not MESSAGES[infno].again:
            return ""
        u = self._draw(self._seed, life.visit.id, "fault.loss", life.next_index("fault.loss"))
        return "request" if u < probability / 2.0 else "reply" if u < probability else ""

    def _hops(self, life: Life) -> Callable[[str], float]:
        def hop(link: str) -> float:
            purpose = f"link.{link}"
            u = self._draw(self._seed, life.visit.id, purpose, life.next_index(purpose))
            return self._setup.durations[purpose].draw(u)

        return hop

    def _now(self) -> datetime:
        return self._setup.moment(self._env.now)

    def _serial(self, hospital: Hospital) -> int:
        serial = self._serials.get(hospital.number, 0) % 9999 + 1
        self._serials[hospital.number] = serial
        return serial

    def _tell(self, request: dict[str, Any], reply: dict[str, Any] | None, sent: float) -> None:
        if self._on_exchange is not None:
            self._on_exchange(request, reply, Times(self._setup.moment(sent), self._now()))

    def _sign_no(self, hospital: Hospital) -> str:
        """The sign-in of a hospital for the day; made before the first message of the day, in no time."""
        key = (hospital.number, int(self._env.now // DAY))
        found = self._sign_nos.get(key)
        if found is not None:
            return found
        by = messages.sender(hospital.institution)
        now = self._now()
        request = envelope.request(
            "9001",
            msgid=envelope.msgid(by.fixmedins_code, now, self._serial(hospital)),
            sender=by,
            at=now,
            input=messages.sign_in(hospital.institution),
        )
        reply = _at_once(self._transport.send(request, self._now, lambda _: 0.0))
        self.messages += 1
        self._tell(request, reply, self._env.now)
        if not envelope.is_accepted(reply):
            raise InputError(say("world.sign_in_refused", hospital=hospital.code, problem=reply.get("err_msg")))
        sign_no: str = reply["output"]["signinoutb"]["sign_no"]
        self._sign_nos[key] = sign_no
        return sign_no


def _at_once(way: Way) -> dict[str, Any]:
    while True:
        try:
            next(way)
        except StopIteration as stop:
            reply: dict[str, Any] = stop.value
            return reply
