"""Cashiers: what a hospital's desk sends for a visit, and what people at it do when no answer comes."""

from __future__ import annotations

import re
from collections.abc import Generator
from datetime import timedelta
from functools import cache
from typing import Any

from sim.interface import envelope
from sim.lang import templates
from sim.platform import Institution, Person, Reference
from tests.campaigns.net import START, Message, Net, spawn
from tests.sim.platform.platform_desk import ITEMS, Desk

OPEN = ("unanswered", "settlement.busy", "message.reversed")
"""Refusals that say nothing definite about the visit: the sender looks again."""
EFFECTS = ("2207", "2304", "2208", "2305", "2601")


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    texts = templates()
    parts = ([re.escape(part) for part in re.split(r"\{[a-z_]+\}", texts[f"platform.{key}"]["zh"])] for key in OPEN)
    return tuple(re.compile(".*".join(part), re.DOTALL) for part in parts)


def accepted(reply: Message | None) -> bool:
    """Whether an answer came and says success."""
    return reply is not None and envelope.is_accepted(reply)


def is_open(reply: Message | None) -> bool:
    """Whether the sender does not know the outcome: no answer, or one that leaves it open."""
    return reply is None or (
        not accepted(reply) and any(pattern.fullmatch(str(reply["err_msg"])) for pattern in _patterns())
    )


Talk = Generator["int | Message", "Message | None", Any]


class Cashier(Desk):
    """One visit at one desk. Contents are those of the platform's own tests; numbers and behaviour are ours."""

    def __init__(self, net: Net, ref: Reference, name: str, number: int, patient: Person, hospital: Institution):
        n = net.chance.below(6, name, "goods")
        super().__init__(ref, patient, hospital, ITEMS[6 : 9 + n], batch="B1")
        self.net = net
        self.name = name
        self.number = number
        self.serial = 0
        self.sent: list[Message] = []
        """Messages with an effect on money, in the order of their making."""
        self.answers: dict[str, Message] = {}
        """msgid -> the last answer that this desk got."""

    def message(self, infno: str, content: dict[str, Any], **changes: Any) -> Message:
        """A new message with a number of its own."""
        self.now = START + timedelta(seconds=self.net.loop.now // 1000)
        self.serial += 1
        made = envelope.request(
            infno,
            msgid=envelope.msgid(self.hospital.fixmedins_code, START, self.number * 100 + self.serial),
            sender=envelope.Sender(self.hospital.fixmedins_code, self.hospital.fixmedins_name, self.hospital.admdvs),
            insuplc_admdvs="" if infno in ("9001", "1101") else self.place,
            sign_no="",
            at=self.now,
            input=content,
        )
        if infno in EFFECTS:
            self.sent.append(made)
        return {**made, **changes}

    def may(self, what: str, probability: float) -> bool:
        """A decision of this cashier, taken anew each time."""
        return self.net.chance.happens(probability, self.name, what, self.serial)

    def wait(self, what: str, most: int) -> int:
        """Some milliseconds."""
        return 500 + self.net.chance.below(most, self.name, what, self.serial)

    # --- the visit ---------------------------------------------------------------------------------------------------

    def visit(self) -> Talk:
        """Everything from the door to the till."""
        yield self.wait("arrives", 240_000)
        stay = self.net.chance.happens(0.3, self.name, "stay")
        self.kind = "inpatient" if stay else "outpatient"
        reply = yield from self.insist("2401" if stay else "2201", self.admission() if stay else self.registration())
        if not accepted(reply):
            return
        self.mdtrt_id = reply["output"]["result" if stay else "data"]["mdtrt_id"]
        if not stay and not accepted((yield from self.insist("2203", self.description()))):
            return
        reply = yield from self.insist("2301" if stay else "2204", self.lines())
        if not accepted(reply):
            return
        self.rows = reply["output"]["result"]
        if stay and not accepted((yield from self.insist("2402", self.leaving()))):
            return
        yield from self.till()

    def insist(self, infno: str, content: dict[str, Any]) -> Talk:
        """The same message until there is a definite answer."""
        message, reply = self.message(infno, content), None
        for _ in range(15):
            reply = yield message
            if reply is not None and not is_open(reply):
                return reply
            yield self.wait("again", 20_000)
        return reply

    def tell(self, message: Message, wait: int = 0) -> None:
        """Send something beside what is going on, and only note its answer."""

        def beside() -> Talk:
            yield wait
            reply = yield message
            self.note(message, reply)

        spawn(self.net, f"{self.name}'", self.ref.entry(message), beside())

    def note(self, message: Message, reply: Message | None) -> None:
        """Keep the newest answer."""
        if reply is not None:
            self.answers[message["msgid"]] = reply

    def till(self) -> Talk:
        """Settle, in up to five attempts, and perhaps cancel."""
        faults = self.net.faults
        infno = "2304" if self.kind == "inpatient" else "2207"
        message = self.message(infno, self.settlement())
        for _ in range(5):
            if self.may("double click", faults.rivals):
                self.tell(message, self.wait("click", 900))
            if self.may("second cashier", faults.rivals / 2):
                self.tell(self.message(infno, self.settlement()), self.wait("second", 3_000))
            if self.may("hasty", faults.reversal / 4):
                self.tell(self.message("2601", self.reversal(message)), self.wait("hasty.wait", 400))
            reply = yield message
            self.note(message, reply)
            if accepted(reply):
                self.setl_id = reply["output"]["setlinfo"]["setl_id"]
                if self.may("cancel", faults.cancel):
                    yield from self.cancel()
                return
            yield self.wait("think", 30_000)
            if self.may("reverse", faults.reversal):
                yield from self.undo(message)
                message = self.message(infno, self.settlement())
            elif self.may("new number", faults.impatience):
                message = self.message(infno, self.settlement())

    def undo(self, original: Message) -> Talk:
        """Reverse, and again until something definite is heard or patience ends."""
        reversal = self.message("2601", self.reversal(original))
        for _ in range(3):
            reply = yield reversal
            self.note(reversal, reply)
            if not is_open(reply):
                return
            yield self.wait("undo", 20_000)

    def cancel(self) -> Talk:
        """Cancel what was settled; sometimes reverse the cancellation."""
        message = self.message("2305" if self.kind == "inpatient" else "2208", self.cancellation())
        for _ in range(3):
            yield self.wait("cancel", 20_000)
            if self.may("double cancel", self.net.faults.rivals):
                self.tell(message, self.wait("click", 900))
            reply = yield message
            self.note(message, reply)
            if self.may("undo cancel", self.net.faults.reversal / 2):
                yield from self.undo(message)
                return
            if not is_open(reply):
                return

    def resolve(self) -> Talk:
        """What a careful desk does at the end of the day: repeat whatever it sent until every answer is definite."""
        for _ in range(len(self.sent) + 1):
            for message in self.sent:
                self.note(message, (yield message))


__all__ = ["Cashier", "accepted", "is_open"]
