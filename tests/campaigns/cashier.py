"""Cashiers: what a hospital's desk sends for a visit, and what people at it do when no answer comes."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from types import MappingProxyType
from typing import Any

from sim.interface import envelope
from sim.platform import Institution, Person, Reference
from tests.campaigns.net import START, Message, Net, spawn
from tests.campaigns.told import CONFIRMS, EFFECTS, WITHDRAWS, Due, accepted, is_open, settled
from tests.sim.platform.platform_desk import ITEMS, Desk

KEPT = (*EFFECTS, CONFIRMS, WITHDRAWS)
NO_SIGN_IN = ("9001", "1101", "3201", "3202", "3260", "3261", "3262", "9101", "9102")
"""Messages that belong to no one patient's place of insurance."""
CANCELLED_BY = {"outpatient": "2208", "inpatient": "2305", "pharmacy": "2103"}
Talk = Generator["int | Message", "Message | None", Any]


class Clerk(Desk):
    """Somebody at a hospital who sends messages under numbers of his own and remembers what was answered."""

    def __init__(self, net: Net, ref: Reference, name: str, number: int, patient: Person, hospital: Institution):
        n = net.chance.below(6, name, "goods")
        super().__init__(ref, patient, hospital, ITEMS[6 : 9 + n], batch="B1")
        self.net = net
        self.name = name
        self.number = number
        self.serial = 0
        self.sent: list[Message] = []
        """Messages with an effect, in the order of their making, but for those that were forgotten."""
        self.answers: dict[str, tuple[Message, Message]] = {}
        """msgid -> a message with an effect and the last answer to it."""
        self.forgotten: dict[str, Message] = {}
        """msgid -> a message that nobody thinks of any more; it is still in the desk's own files."""

    def message(self, infno: str, content: dict[str, Any], **changes: Any) -> Message:
        """A new message with a number of its own."""
        self.now = self.net.now
        self.serial += 1
        made = envelope.request(
            infno,
            msgid=envelope.msgid(self.hospital.fixmedins_code, START, self.number * 100 + self.serial),
            sender=envelope.Sender(self.hospital.fixmedins_code, self.hospital.fixmedins_name, self.hospital.admdvs),
            insuplc_admdvs="" if infno in NO_SIGN_IN else self.place,
            sign_no="",
            at=self.now,
            input=content,
        )
        if infno in KEPT:
            self.sent.append(made)
        return {**made, **changes}

    def may(self, what: str, probability: float) -> bool:
        """A decision of this clerk, taken anew each time."""
        return self.net.chance.happens(probability, self.name, what, self.serial)

    def wait(self, what: str, most: int) -> int:
        """Some milliseconds."""
        return 500 + self.net.chance.below(most, self.name, what, self.serial)

    def insist(self, message: Message) -> Talk:
        """The same message until there is a definite answer, or patience ends."""
        reply = None
        for _ in range(15):
            reply = yield message
            self.note(message, reply)
            if not is_open(reply):
                return reply
            yield self.wait("again", 20_000)
        return reply

    def note(self, message: Message, reply: Message | None) -> None:
        """Keep the newest answer."""
        if reply is not None and message["infno"] in KEPT:
            self.answers[message["msgid"]] = (message, reply)

    def resolve(self) -> Talk:
        """What a careful desk does at the end of the day: repeat whatever it sent until every answer is definite."""
        for _ in range(len(self.sent) + 1):
            for message in self.sent:
                self.note(message, (yield message))
            if not any(is_open(self.answers[message["msgid"]][1]) for message in self.sent):
                return

    def believes(self) -> dict[str, Due]:
        """The settlements that this clerk knows of, by setl_id."""
        return settled(((m, r) for m, r in self.answers.values() if accepted(r)), self.hospital.province)


class Cashier(Clerk):
    """One visit at one desk. Contents are those of the platform's own tests; numbers and behaviour are ours."""

    paying: Mapping[str, str] = MappingProxyType({})

    def settlement(self, **changes: Any) -> dict[str, Any]:
        """With the own account, or the family's too."""
        return super().settlement(**{**self.paying, **changes})

    def visit(self) -> Talk:
        """Everything from the door to the till."""
        yield self.wait("arrives", 240_000)
        stay = self.net.chance.happens(0.3, self.name, "stay")
        self.kind = "inpatient" if stay else "outpatient"
        reply = yield from self.ask("2401" if stay else "2201", self.admission() if stay else self.registration())
        if not accepted(reply):
            return
        self.mdtrt_id = reply["output"]["result" if stay else "data"]["mdtrt_id"]
        if not stay and not accepted((yield from self.ask("2203", self.description()))):
            return
        reply = yield from self.ask("2301" if stay else "2204", self.lines())
        if not accepted(reply):
            return
        self.rows = reply["output"]["result"]
        if stay and not accepted((yield from self.ask("2402", self.leaving()))):
            return
        yield from self.till()

    def ask(self, infno: str, content: dict[str, Any]) -> Talk:
        """A new message, until there is a definite answer."""
        return (yield from self.insist(self.message(infno, content)))

    def tell(self, message: Message, wait: int) -> None:
        """Send something beside what is going on, and only note its answer."""

        def beside() -> Talk:
            yield wait
            self.note(message, (yield message))

        spawn(self.net, f"{self.name}'", self.hospital.province, beside())

    def till(self) -> Talk:
        """Settle, in up to five attempts, and perhaps cancel."""
        faults = self.net.faults
        family = self.patient.family and self.net.chance.happens(0.4, self.name, "family")
        self.paying = {"acct_used_flag": "2" if family else "1"}
        message = self.settling()
        for _ in range(5):
            if self.may("double click", faults.rivals):
                self.tell(message, self.wait("click", 900))
            if self.may("second cashier", faults.rivals / 2):
                self.tell(self.settling(), self.wait("second", 3_000))
            if self.may("hasty", faults.reversal / 4):
                self.tell(self.message("2601", self.reversal(message)), self.wait("hasty.wait", 400))
            reply = yield message
            self.note(message, reply)
            if accepted(reply):
                head = reply["output"]["setlinfo"]  # type: ignore[index]
                self.setl_id, self.mdtrt_id = head["setl_id"], head["mdtrt_id"]
                if self.may("cancel", faults.cancel):
                    yield from self.cancel()
                return
            if is_open(reply) and self.may("abandon", faults.abandon):
                self.forget(message)
                return
            yield self.wait("think", 30_000)
            if self.may("reverse", faults.reversal):
                yield from self.undo(message)
                message = self.settling()
            elif self.may("new number", faults.impatience):
                message = self.settling()

    def settling(self) -> Message:
        """A new message that settles."""
        return self.message("2304" if self.kind == "inpatient" else "2207", self.settlement())

    def forget(self, message: Message) -> None:
        """Nobody at the desk thinks of this message any more."""
        self.forgotten[message["msgid"]] = message
        self.sent = [each for each in self.sent if each["msgid"] != message["msgid"]]

    def undo(self, original: Message) -> Talk:
        """Reverse, and again until something definite is heard or patience ends."""
        reversal = self.message("2601", self.reversal(original))
        if self.may("second reversal", self.net.faults.rivals):
            self.tell(self.message("2601", self.reversal(original)), self.wait("second reversal.wait", 3_000))
        for _ in range(3):
            reply = yield reversal
            self.note(reversal, reply)
            if not is_open(reply):
                return
            yield self.wait("undo", 20_000)

    def cancel(self) -> Talk:
        """Cancel what was settled; sometimes reverse the cancellation."""
        message = self.message(CANCELLED_BY[self.kind], self.cancellation())
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
            if self.may("abandon", self.net.faults.abandon):
                self.forget(message)
                return

    def afterwards(self) -> Talk:
        """A month later the patient comes back, and what was settled is cancelled."""
        stands = [due for due in self.believes().values() if due.fate == "valid"]
        if not stands or not self.net.chance.happens(self.net.faults.afterwards, self.name, "afterwards"):
            return
        yield self.wait("afterwards", 240_000)
        self.setl_id, self.mdtrt_id = stands[0].setl_id, stands[0].mdtrt_id
        yield from self.cancel()
