"""Two months of care between three provinces, and a recount of them that shares no code with the platform."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from attrs import define, field
from platform_desk import BEIJING, GUIYANG, Desk, person, world

from sim.money import parse
from sim.platform import Reference
from sim.platform.clearing import Clearing

GUIZHOU, PEKING, CHONGQING = "520000", "110000", "500000"
MARCH, APRIL, MAY = "2024-03", "2024-04", "2024-05"


def stores(ref: Reference) -> dict[str, Any]:
    return {name: party.store for name, party in ref.parties.items()}


@define
class Event:
    """Something that moved money between two provinces, as whoever caused it notes it."""

    setl_id: str
    month: str
    treated_in: str
    insured: str
    amount: int
    medfee: int
    count: int = 1


@define
class Story:
    """Patients come and go; ``events`` is the recount, kept by the test itself from the replies."""

    ref: Reference = field(factory=world)
    events: list[Event] = field(factory=list)
    used: dict[str, int] = field(factory=lambda: defaultdict(int))

    @property
    def clearing(self) -> Clearing:
        return Clearing(stores(self.ref), readings=self.ref.setting.readings)

    def settle(self, at: datetime, place: str = PEKING, hospital: Any = GUIYANG) -> Desk:
        """One outpatient from a province is settled."""
        n = self.used[place]
        self.used[place] += 1
        desk = Desk(self.ref, person(place, n=n), hospital=hospital)
        desk.now = at
        desk.ready()
        desk.settling = desk.message("2207", desk.settlement())
        desk.head = desk.call(desk.settling)["output"]["setlinfo"]
        desk.setl_id = desk.head["setl_id"]
        self.note(desk, 1)
        return desk

    def cancel(self, desk: Desk, at: datetime) -> str:
        """Cancelled: a negative line of its own."""
        desk.now = at
        head = desk.ok("2208", desk.cancellation())["setlinfo"]
        self.note(desk, -1)
        return str(head["setl_id"])

    def reverse(self, desk: Desk, at: datetime, declared: bool) -> None:
        """Reversed by 2601: as if it had never been, unless it had been declared."""
        desk.now = at
        desk.ok("2601", desk.reversal(desk.settling))
        if declared:
            self.note(desk, -1)
        else:
            self.events = [event for event in self.events if event.setl_id != desk.setl_id]

    @staticmethod
    def amount(desk: Desk) -> int:
        return parse(desk.head["fund_pay_sumamt"]) + parse(desk.head["acct_pay"])

    def note(self, desk: Desk, sign: int) -> None:
        event = Event(
            setl_id=desk.setl_id,
            month=f"{desk.now:%Y-%m}",
            treated_in=desk.hospital.province,
            insured=desk.patient.province,
            amount=sign * self.amount(desk),
            medfee=sign * parse(desk.head["medfee_sumamt"]),
        )
        self.events.append(event)

    def recount(self, month: str) -> dict[tuple[str, str], tuple[int, int, int]]:
        """Count, medfee and amount a pair of a month, from the events alone."""
        found: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
        for event in self.events:
            if event.month == month and event.treated_in != event.insured:
                row = found[event.treated_in, event.insured]
                row[0] += event.count
                row[1] += event.medfee
                row[2] += event.amount
        return {pair: (row[0], row[1], row[2]) for pair, row in found.items()}


def day(month: int, number: int, hour: int = 10) -> datetime:
    return datetime(2024, month, number, hour)


def spring() -> Story:
    """A new world in which `tell` happened."""
    story = Story()
    tell(story)
    return story


def tell(story: Story) -> None:
    """March: Guizhou treats three from Beijing and two from Chongqing, Beijing one of each and one of its own; of
    Guizhou's, one is cancelled in March and one in April; April has one more."""
    first = story.settle(day(3, 1))
    second = story.settle(day(3, 31, 23))
    story.settle(day(3, 10))
    story.settle(day(3, 11), CHONGQING)
    story.settle(day(3, 12), CHONGQING)
    story.settle(day(3, 13), CHONGQING, BEIJING)
    story.settle(day(3, 14), "520100", BEIJING)
    story.settle(day(3, 15), PEKING, BEIJING)
    story.cancel(first, day(3, 20))
    story.cancel(second, day(4, 1, 0))
    story.settle(day(4, 2))
