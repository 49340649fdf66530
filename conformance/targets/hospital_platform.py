"""The platform that a hospital system under test talks to: the reference behind a port, watched, with trouble on order.

What the hospital got and what the platform did are two things once an answer is lost, and the judge needs both: the
exchange's ``reply`` is what reached the hospital, its ``truth`` what the platform had answered, where that is something
else. ``note`` names the trouble: after ``trouble:lost:before`` there is no truth, the message was never handled.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import datetime
from typing import TYPE_CHECKING, Any

from attrs import define, evolve, field

from conformance.conversation import Exchange, Outcome, Raw
from conformance.drive.scenario import Trouble
from conformance.profile import Profile
from conformance.scenario.compose import changed
from conformance.targets.hospital_gateway import NotingGate, SteadyCodec, settings_of
from conformance.targets.sealed import opened_exchange
from sim import interface
from sim.interface import envelope, wire
from sim.interface.crypto import Sm4
from sim.platform.catalogue import items
from sim.platform.people import Person
from sim.platform.readings import Readings
from sim.platform.reference import Reference, reference
from sim.service.app import Application
from sim.service.entrance import Cut, Entrance
from sim.service.faults import Fault, FaultPlan, Faults, Kind
from sim.service.service import Asked, Service

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

Clock = Callable[[], datetime]
MOST = 2_000
"""Messages during one order that are looked at; a hospital needs some ten."""
OUTCOMES: Mapping[str, Outcome] = {"lost": "broken", "silent": "timeout", "half": "broken"}
"""How the transport ends for the hospital, by kind of trouble; otherwise a whole HTTP answer comes."""


def people_of(profile: Profile) -> tuple[Person, ...]:
    """The people of a profile with all the numbers that a platform has of them."""
    return tuple(_complete(person, number) for number, person in enumerate(profile.people, 1))


def platform_for(profile: Profile) -> Reference:
    """The reference with the people, institutions and items of a profile, strict where a hospital must do its part:
    messages need a sign-in."""
    named = ((item, profile.items.get(item.code)) for item in items())
    own = [evolve(item, code=mine.code) for item, mine in named if mine is not None and mine.code != item.code]
    return reference(
        people=people_of(profile),
        catalogue=(*items(), *own),
        institutions=profile.institutions,
        interface=profile.interface,
        readings=Readings(sign_in_required=True),
    )


def _complete(person: Person, number: int) -> Person:
    """A declared person with the numbers that a platform must have and a profile need not tell."""
    known = not person.psn_no.startswith("unknown:")
    return evolve(
        person,
        psn_no=person.psn_no if known else f"{person.insuplc_admdvs}99{number:012d}",
        token=person.token or f"ECT99{number:019d}",
        card_no=person.card_no or f"X99{number:06d}",
    )


@define
class _Heard:
    """One request while it is being handled."""

    seq: int
    at: datetime
    scenario: str
    step: str
    path: str
    body: bytearray = field(factory=bytearray)
    headers: tuple[tuple[str, str], ...] = ()
    trouble: Trouble | None = None
    truth: bytes | None = None
    sent: bytearray = field(factory=bytearray)
    status: int = 200
    sent_headers: tuple[tuple[str, str], ...] = ()
    gone: bool = False
    gateway: str = ""


_HEARD: ContextVar[_Heard] = ContextVar("heard")


class Desk:
    """What is going on: scenario, act, trouble due; and everything said so far. Shared with the server's thread."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.scenario = ""
        self.step = ""
        self.exchanges: list[Exchange] = []
        self.cipher: Sm4 | None = None
        self._count = itertools.count(1)
        self._trouble: list[list[Any]] = []
        self._lock = threading.Condition()
        self._under_way = 0
        self._heard = 0

    @property
    def flooded(self) -> bool:
        """Whether more messages came during the present act than anybody needs: what comes now is turned away."""
        return self._heard >= MOST

    def number(self) -> int:
        """The number of the next exchange."""
        return next(self._count)

    def begin(self, scenario: str, step: str, trouble: tuple[Trouble, ...] = ()) -> None:
        """An act begins: what comes from now on belongs to it."""
        with self._lock:
            self.scenario, self.step = scenario, step
            self._trouble = [[one, 0, 0] for one in trouble]
            self._heard = 0

    def due(self, infno: str) -> Trouble | None:
        """The trouble that hits a message of this transaction, if any; counted."""
        with self._lock:
            for row in self._trouble:
                one: Trouble = row[0]
                if one.infno != infno:
                    continue
                row[1] += 1
                if row[1] > one.skip and row[2] < one.times:
                    row[2] += 1
                    return one
        return None

    def arrive(self, scope: Scope) -> _Heard:
        """A request comes in."""
        with self._lock:
            self._under_way += 1
            self._heard += 1
            return _Heard(
                self.number(), self.clock(), self.scenario, self.step, scope["path"], headers=_text(scope["headers"])
            )

    def leave(self, heard: _Heard) -> None:
        """It has been answered, or not."""
        exchange = exchange_of(heard, self.clock())
        if self.cipher is not None:
            exchange = opened_exchange(exchange, self.cipher)
        with self._lock:
            self.exchanges.append(exchange)
            self._under_way -= 1
            self._lock.notify_all()

    def quiet(self, seconds: float) -> bool:
        """Wait until nothing is under way, at most so long."""
        until = time.monotonic() + seconds
        with self._lock:
            while self._under_way:
                left = until - time.monotonic()
                if left <= 0 or not self._lock.wait(left):
                    return not self._under_way
        return True


def exchange_of(heard: _Heard, now: datetime) -> Exchange:
    """What the conversation tells of a request."""
    trouble = heard.trouble
    outcome = OUTCOMES.get(trouble.kind, "answered") if trouble is not None else "answered"
    if outcome == "answered" and heard.gone:
        outcome = "timeout"
    sent = bytes(heard.sent)
    reply = Raw(sent, heard.sent_headers, heard.status) if sent and not heard.gone else None
    hidden = heard.truth is not None and (reply is None or reply.body != heard.truth)
    return Exchange(
        seq=heard.seq,
        sender="hospital",
        receiver="platform",
        sent_at=heard.at.isoformat(timespec="milliseconds"),
        request=Raw(bytes(heard.body), heard.headers, None, heard.path),
        outcome=outcome,
        answered_at=now.isoformat(timespec="milliseconds") if outcome == "answered" else None,
        reply=reply,
        scenario=heard.scenario,
        step=heard.step,
        note=f"trouble:{trouble.name}" if trouble else "",
        truth=Raw(heard.truth, (), 200) if hidden and heard.truth is not None else None,
        gateway=heard.gateway,
    )


def _text(headers: Any) -> tuple[tuple[str, str], ...]:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)


class _Witness(Service):
    """The service, which also notes what the platform answered, says no on order and changes answers on order."""

    desk: Desk

    def ask(self, body: bytes, path: str, content_type: str, expect: str) -> Asked:
        """See `Service`."""
        asked = super().ask(body, path, content_type, expect)
        heard = _HEARD.get()
        if asked.told is not None:
            return asked
        heard.trouble = trouble = self.desk.due(str(asked.message.get("infno")))
        if trouble is None or trouble.kind != "refuse":
            return asked
        now = self.clock()
        number = envelope.refmsgid("000000", now, heard.seq)
        told = envelope.refused(refmsgid=number, received=now, responded=now, err_msg=trouble.text)
        return evolve(asked, told=told)

    def handle(self, asked: Asked, fault: str = "") -> dict[str, Any]:
        """See `Service`."""
        reply = super().handle(asked, fault)
        heard = _HEARD.get()
        if heard.trouble is not None and heard.trouble.kind == "alter" and envelope.is_accepted(reply):
            reply = changed(dict(reply), heard.trouble.changes, (), None)
        heard.truth = self.codec.close(reply)
        return reply


_WHOLE: Mapping[str, Kind] = {"half": "half_body", "doubled": "duplicate", "misnamed": "wrong_msgid"}


class _Plan(FaultPlan):
    """Trouble of the act as faults of the service."""

    def next(self, message: Any) -> Fault | None:  # noqa: ARG002 - found when the message was read
        """See `FaultPlan`."""
        trouble = _HEARD.get().trouble
        if trouble is None or trouble.kind in ("refuse", "alter"):
            return None
        stage = trouble.stage
        if trouble.kind == "lost":
            return Fault("reset", stage=stage)
        if trouble.kind == "silent":
            return Fault("hang", stage=stage, seconds=trouble.seconds)
        if trouble.kind == "slow":
            return Fault("delay", seconds=trouble.seconds)
        if trouble.kind == "html":
            return Fault("html", stage=stage)
        return Fault(_WHOLE[trouble.kind])


def _note(found: str) -> None:
    """What the gateway found of the headers of the request under way."""
    _HEARD.get().gateway = found


class _Tee:
    """Sends on, and keeps what was sent. Looks like the server's own method, whose connection a fault may end."""

    def __init__(self, send: Send, heard: _Heard) -> None:
        self.__self__ = getattr(send, "__self__", None)
        self._send = send
        self._heard = heard

    async def __call__(self, message: Message) -> None:
        """One part of the answer."""
        heard = self._heard
        if message["type"] == "http.response.start":
            heard.gone = bool(getattr(self.__self__, "disconnected", False))
            heard.status, heard.sent_headers = message["status"], _text(message.get("headers", ()))
        else:
            heard.sent += message.get("body", b"")
        await self._send(message)


class Watching(Application):
    """The application of the reference, watched."""

    def __init__(self, whole: Reference, desk: Desk, profile: Profile) -> None:
        settings = settings_of(profile)
        witness = _Witness(whole, interface.interface(profile.interface), desk.clock, settings)
        witness.codec = SteadyCodec(witness.interface, settings.wire, settings.protection)
        witness.desk = desk
        desk.cipher = settings.protection.cipher
        super().__init__(witness)
        self._desk = desk
        self._entrance = Entrance(witness, _Plan(Faults()), "")
        if settings.gateway is not None:
            self._entrance.headers = NotingGate(settings.gateway, _note)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; only messages are watched."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await super().__call__(scope, receive, send)
            return
        if self._desk.flooded:
            await send({"type": "http.response.start", "status": 503, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body", "body": b""})
            return
        heard = self._desk.arrive(scope)
        token = _HEARD.set(heard)

        async def listen() -> Message:
            part = await receive()
            if part["type"] == "http.request" and len(heard.body) <= wire.MAX_BYTES:
                heard.body += part.get("body", b"")
            return part

        try:
            await self._entrance.take(scope, listen, _Tee(send, heard))
        except Cut:
            pass
        finally:
            _HEARD.reset(token)
            self._desk.leave(heard)


__all__ = ["Desk", "Watching", "exchange_of", "people_of", "platform_for"]
