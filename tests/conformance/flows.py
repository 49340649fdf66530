"""Known-good conversations of every business flow: hospitals' desks speak to the reference, and all of it is kept."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from attrs import define, field

sys.path.append(str(Path(__file__).parents[1] / "sim" / "platform"))

from counter import BEIJING, COMMUNITY, SHOP, Counter
from office_desk import DAY, Office
from platform_desk import ITEMS, Desk, person

from conformance.conversation import Conversation, Exchange, Raw
from sim.interface import wire
from sim.platform import Reference, reference


@define
class Recording:
    """The reference, with everything that is said to it written down."""

    reference: Reference = field(factory=reference)
    exchanges: list[Exchange] = field(factory=list)

    @property
    def parties(self) -> Any:
        return self.reference.parties

    def call(self, message: dict[str, Any], now: datetime) -> dict[str, Any]:
        reply = self.reference.call(message, now)
        at = now.isoformat(timespec="milliseconds")
        request, answer = Raw(wire.encode(message)), Raw(wire.encode(dict(reply)), (), 200)
        seq = len(self.exchanges) + 1
        self.exchanges.append(Exchange(seq, "hospital", "platform", at, request, "answered", at, answer))
        return reply

    @property
    def conversation(self) -> Conversation:
        return Conversation(tuple(self.exchanges))


def read(desk: Desk) -> None:
    """What a judge needs to know of a person."""
    desk.ok("1101", {"data": desk.shown()})
    desk.ok("5206", {"data": {"psn_no": desk.patient.psn_no}})


def inpatient(ref: Any, place: str = "110000", **given: Any) -> None:
    """A stay: lines, one given back, trial, discharge, settlement, cancellation, and all of it undone."""
    desk = Desk(ref, person(place), **given).sign_in()
    desk.admit().upload()
    first = desk.rows[0]
    back = desk.line(90, desk.goods[0], -2, init_feedetl_sn=first["feedetl_sn"])
    desk.rows += desk.ok("2301", {"feedetail": [back]})["result"]
    read(desk)
    desk.ok("2303", desk.asked())
    desk.discharge()
    desk.settle()
    read(desk)
    desk.ok("5203", {"data": {**desk.whose(), "setl_id": desk.setl_id}})
    desk.ok("2305", desk.cancellation())
    read(desk)
    desk.settle()
    read(desk)
    desk.ok("2305", desk.cancellation())
    read(desk)
    desk.ok("2405", {"data": desk.whose()})
    desk.ok("2302", {"data": [{**desk.whose(), "feedetl_sn": "0000"}]})
    desk.ok("2404", {"data": desk.whose()})
    desk.ok("9002", {"signOut": {"sign_no": desk.sign_no, "opter_no": "1"}})


def interim(ref: Any) -> None:
    """A stay that is settled in parts."""
    desk = Desk(ref, person("110000", n=1)).sign_in()
    desk.admit().upload()
    read(desk)
    desk.ok("2303", desk.asked(mid_setl_flag="1"))
    desk.setl_id = desk.ok("2304", desk.settlement(mid_setl_flag="1"))["setlinfo"]["setl_id"]
    read(desk)
    row = desk.line(70, ITEMS[7], 2)
    desk.rows = desk.ok("2301", {"feedetail": [row]})["result"]
    desk.discharge()
    desk.ok("2303", desk.asked())
    desk.settle()
    read(desk)


def outpatient(ref: Any, place: str = "110000") -> None:
    """A visit, its trial, settlement and cancellation, and the settlement once more, reversed by 2601."""
    desk = Desk(ref, person(place, n=1))
    desk.ready()
    read(desk)
    desk.ok("2206", desk.asked())
    desk.settle()
    read(desk)
    desk.ok("2208", desk.cancellation())
    read(desk)
    again = desk.message("2207", desk.settlement())
    desk.call(again)
    read(desk)
    desk.ok("2601", desk.reversal(again))
    read(desk)
    desk.ok("2205", {"data": {**desk.whose(), "chrg_bchno": "0000"}})
    desk.ok("2202", {"data": {**desk.whose(), "ipt_otp_no": "O1"}})


def pharmacy(ref: Any, place: str = "520100") -> None:
    """A sale and its cancellation."""
    desk = Counter(ref, person(place), SHOP).sign_in()
    read(desk)
    desk.ok("2101", desk.sale())
    desk.sell()
    read(desk)
    desk.ok("2103", desk.cancellation())
    read(desk)


def chronic(ref: Any) -> None:
    """A chronic disease is filed, approved the next day, treated and asked for."""
    desk = Counter(ref, person("520100", n=1), COMMUNITY).sign_in()
    desk.file("2503", desk.chronic())
    number = desk.file("2503", desk.chronic("M05300"))
    desk.ok("2504", desk.withdrawal(number))
    desk.later()
    desk.ok("5301", {"data": {"psn_no": desk.patient.psn_no}})
    desk.chronic_visit()
    read(desk)
    desk.ok("2206", desk.asked(med_type="14"))
    desk.setl_id = desk.ok("2207", desk.chronic_settlement())["setlinfo"]["setl_id"]
    read(desk)


def filing(ref: Any) -> None:
    """A referral to another province and a designation, asked for and withdrawn."""
    desk = Counter(ref, person("520100", n=2)).sign_in()
    number = desk.file("2501", desk.transfer())
    read(desk)
    desk.ok("2502", desk.withdrawal(number))
    chosen = desk.file("2505", desk.designation())
    desk.ok("5302", {"data": {"psn_no": desk.patient.psn_no, "biz_appy_type": "01"}})
    desk.ok("2506", desk.withdrawal(chosen))


def referred(ref: Any) -> None:
    """Whoever is referred to another province is treated there as referred."""
    at_home = Counter(ref, person("520100", n=3)).sign_in()
    at_home.file("2501", at_home.transfer())
    away = Desk(ref, person("520100", n=3), BEIJING)
    read(away)
    away.ready_to_leave()
    read(away)
    away.ok("2303", away.asked())
    away.settle()
    read(away)


def reconciliation(ref: Any) -> None:
    """A day's books: equal, then with a planted difference found by file."""
    office = Office(ref)
    office.visit()
    desk, _ = office.visit(1)
    office.cancel(desk)
    office.reconcile()
    office.compare()
    office.visit(2, lose=True)
    office.reconcile()
    office.compare()


FLOWS: Mapping[str, Callable[..., None]] = {
    "outpatient": outpatient,
    "outpatient_local": lambda ref: outpatient(ref, "520100"),
    "inpatient": inpatient,
    "inpatient_local": lambda ref: inpatient(ref, "520100"),
    "interim": interim,
    "pharmacy": pharmacy,
    "chronic": chronic,
    "filing": filing,
    "referred": referred,
    "reconciliation": reconciliation,
}


def recorded(name: str) -> Conversation:
    """One flow against a fresh reference."""
    recording = Recording()
    FLOWS[name](recording)
    return recording.conversation


__all__ = ["DAY", "FLOWS", "Recording", "recorded"]
