"""3260, 3261, 3262: the month's detail, its confirmation, and taking that back until the month is declared."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from clearing_desk import GUIZHOU, MARCH, PEKING, Story, day
from platform_desk import BEIJING, OTHER, Desk, person, says, world

from sim.platform import Readings
from sim.platform.clearing import month_of
from sim.platform.clearing_records import MONTH_CONFIRMATIONS
from sim.platform.records import SETTLEMENTS

FEN = Decimal("0.01")
END = date(2024, 12, 31)
YEAR_MONTH = {"trt_year": "2024", "trt_month": "03"}


class Office:
    """The institution's back office in April, and the story of its March."""

    def __init__(self, n: int = 3, **readings: bool) -> None:
        self.story = Story(world(readings=Readings(**readings)))
        self.desks = [self.story.settle(day(3, number)) for number in range(1, n + 1)]
        self.desk = Desk(self.story.ref)
        self.desk.now = day(4, 2)
        self.desk.sign_in()

    def fetch(self, startrow: int = 1, **changes: Any) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.desk.ok("3260", {"data": {**YEAR_MONTH, "startrow": startrow, **changes}})[
            "data"
        ]
        return rows

    def content(self, rows: list[dict[str, Any]] | None = None, **changes: Any) -> dict[str, Any]:
        """The input of 3261, confirming what was fetched."""
        names = ("certno", "mdtrt_id", "mdtrt_setl_time", "setl_sn", "medfee_sumamt", "optins_pay_sumamt", "cnfm_flag")
        found = self.fetch() if rows is None else rows
        detail = [{name: row[name] for name in names if name in row} for row in found]
        return {"data": {**YEAR_MONTH, "totalrow": len(detail), **changes}, "detail": detail}

    def confirm(self, rows: list[dict[str, Any]] | None = None) -> str:
        message = self.desk.message("3261", self.content(rows))
        reply = self.desk.call(message)
        assert reply["infcode"] == 0, reply["err_msg"]
        return str(message["msgid"])

    def roll_back(self, otransid: str) -> dict[str, Any]:
        return self.desk.send("3262", {"data": {**YEAR_MONTH, "otransid": otransid}})

    def declare(self) -> None:
        self.story.clearing.run(MARCH, date(2024, 4, 20))


# --- 3260 ------------------------------------------------------------------------------------------------------------


def test_the_detail_is_the_months_lines_of_people_from_elsewhere():
    """Both lines of a refund, nothing reversed, nobody of the place itself, no other institution's, no other month's."""
    office = Office()
    story = office.story
    story.cancel(office.desks[0], day(3, 20))
    story.reverse(office.desks[1], day(3, 21), declared=False)
    story.settle(day(3, 9), "520100")
    story.settle(day(3, 10), PEKING, OTHER)
    story.settle(day(3, 11), PEKING, BEIJING)
    story.settle(day(4, 1))
    rows = office.fetch()
    refund = story.ref.parties[GUIZHOU].store.get(SETTLEMENTS, office.desks[0].setl_id).refund_id
    assert [office.desks[0].setl_id, office.desks[2].setl_id, refund] == [row["setl_sn"] for row in rows]
    assert [1, 2, 3] == [row["seqno"] for row in rows]
    assert rows[0]["optins_pay_sumamt"] == -rows[2]["optins_pay_sumamt"]
    head = office.desks[2].head
    assert head["fund_pay_sumamt"] + head["acct_pay"] == rows[1]["optins_pay_sumamt"]
    assert (office.desks[2].patient.certno, head["medfee_sumamt"]) == (rows[1]["certno"], rows[1]["medfee_sumamt"])


def test_rows_come_a_hundred_at_a_time(monkeypatch):
    """Any start gives the rest; a page ends where the next begins; beyond the last there are none."""
    from sim.platform.office import confirmation

    monkeypatch.setattr(confirmation, "PAGE", 2)
    office = Office(3)
    whole = [desk.setl_id for desk in office.desks]
    assert whole[:2] == [row["setl_sn"] for row in office.fetch(1)]
    assert [(3, whole[2])] == [(row["seqno"], row["setl_sn"]) for row in office.fetch(3)]
    assert [] == office.fetch(4)
    assert says(office.desk.send("3260", {"data": {**YEAR_MONTH, "startrow": 0}}), "clearing.startrow")


def test_a_month_that_lasts_or_is_none_is_refused_by_all_three():
    """On its last day refused, the day after accepted."""
    office = Office()
    rows = office.fetch()
    last = {"3260": {"data": {**YEAR_MONTH, "startrow": 1}}, "3261": office.content(rows)}
    last["3262"] = {"data": {**YEAR_MONTH, "otransid": "1"}}
    office.desk.now = day(3, 31, 23)
    for infno, content in last.items():
        assert says(office.desk.send(infno, content), "clearing.not_over")
        wrong = {**content, "data": {**content["data"], "trt_month": "13"}}
        assert not says(office.desk.send(infno, wrong), "clearing.not_over")
        assert 0 != office.desk.send(infno, wrong)["infcode"]
    office.desk.now = day(4, 1, 0)
    office.fetch()


def test_without_the_account_only_the_funds_part_is_cleared():
    """The other reading of optins_pay_sumamt."""
    office = Office(1, account_cleared=False)
    assert office.desks[0].head["fund_pay_sumamt"] == office.fetch()[0]["optins_pay_sumamt"]


# --- 3261 ------------------------------------------------------------------------------------------------------------


def test_a_month_is_confirmed_once_and_a_repetition_is_the_same_answer():
    """The message again: its reply again; another message: refused, naming the first."""
    office = Office()
    message = office.desk.message("3261", office.content())
    first = office.desk.call(message)
    assert first == office.desk.call(message)
    again = office.desk.send("3261", office.content())
    assert says(again, "clearing.confirmed")
    assert message["msgid"] in again["err_msg"]
    assert 1 == office.story.ref.parties[GUIZHOU].store.count(MONTH_CONFIRMATIONS)


BAD: dict[str, tuple[str, Any]] = {
    "totalrow": ("clearing.row_count", lambda c: {**c, "data": {**c["data"], "totalrow": 4}}),
    "a row less": ("clearing.not_whole", lambda c: {"data": {**c["data"], "totalrow": 2}, "detail": c["detail"][:2]}),
    "twice": ("clearing.row_twice", lambda c: {**c, "detail": [*c["detail"][:2], c["detail"][0]]}),
    "unknown": ("clearing.row_unknown", lambda c: _first(c, setl_sn="1")),
    "certno": ("clearing.row_differs", lambda c: _first(c, certno="1")),
    "visit": ("clearing.row_differs", lambda c: _first(c, mdtrt_id="1")),
    "time": ("clearing.row_differs", lambda c: _first(c, mdtrt_setl_time="2024-03-01 00:00:00")),
    "total": ("clearing.row_amount", lambda c: _first(c, medfee_sumamt=c["detail"][0]["medfee_sumamt"] + FEN)),
    "paid": ("clearing.row_amount", lambda c: _first(c, optins_pay_sumamt=c["detail"][0]["optins_pay_sumamt"] - FEN)),
    "flag": ("clearing.flag", lambda c: _first(c, cnfm_flag="2")),
    "month": ("clearing.no_lines", lambda c: {**c, "data": {**c["data"], "trt_month": "02"}}),
}


def _first(content: dict[str, Any], **changes: Any) -> dict[str, Any]:
    rows = content["detail"]
    return {**content, "detail": [{**rows[0], **changes}, *rows[1:]]}


@pytest.mark.parametrize("name", BAD)
def test_one_fault_is_refused_for_its_reason(name):
    """Nothing is kept of it, and the good message is accepted after it."""
    office = Office()
    reason, spoil = BAD[name]
    assert says(office.desk.send("3261", spoil(office.content())), reason)
    office.confirm()


def test_another_institution_cannot_confirm_these_lines():
    """They are not in its month."""
    office = Office()
    content = office.content()
    office.story.settle(day(3, 9), PEKING, OTHER)
    other = Desk(office.story.ref, hospital=OTHER)
    other.now = day(4, 2)
    assert says(other.send("3261", {**content, "detail": content["detail"]}), "clearing.row_unknown")


def test_a_contested_line_waits_until_it_is_confirmed_after_all():
    """March leaves it out; a second 3261 for it alone, after the declaration, lets April take it."""
    office = Office()
    rows = office.fetch()
    office.confirm([{**rows[0], "cnfm_flag": "0"}, {**rows[1], "cnfm_flag": "1"}, rows[2]])
    office.story.clearing.run(MARCH, END)
    month = month_of(office.story.clearing, MARCH)
    assert ({rows[0]["setl_sn"]: "contested"}, 2) == ({e.line: e.reason for e in month.left}, month.rows[0].count)
    assert says(office.desk.send("3261", office.content(rows)), "clearing.declared")
    again = office.confirm([rows[0]])
    assert 1 == month_of(office.story.clearing, "2024-04").rows[0].carried
    assert 0 == office.roll_back(again)["infcode"]
    office.confirm([rows[0]])
    office.story.clearing.run("2024-04", END)
    assert says(office.roll_back(again), "clearing.rolled_back")


def test_by_the_other_reading_some_lines_can_be_confirmed_and_then_the_others():
    """The same line twice is refused; apart they are accepted."""
    office = Office(whole_month_confirmed=False)
    rows = office.fetch()
    office.confirm(rows[:1])
    assert says(office.desk.send("3261", office.content(rows)), "clearing.confirmed")
    office.confirm(rows[1:])


def test_by_the_other_reading_only_what_was_confirmed_is_declared():
    """The others wait as unconfirmed."""
    office = Office(whole_month_confirmed=False, confirmation_required=True)
    rows = office.fetch()
    office.confirm(rows[:1])
    month = month_of(office.story.clearing, MARCH)
    assert ([rows[0]["setl_sn"]], {"unconfirmed"}) == ([e.line for e in month.lines], {e.reason for e in month.left})


# --- 3262 ------------------------------------------------------------------------------------------------------------


def test_a_confirmation_is_taken_back_until_the_month_is_declared():
    """Then it can be made anew; after the declaration it stands."""
    office = Office()
    rows = office.fetch()
    first = office.confirm([{**rows[0], "cnfm_flag": "0"}, *rows[1:]])
    assert 1 == len(month_of(office.story.clearing, MARCH).left)
    assert 0 == office.roll_back(first)["infcode"]
    assert 0 == len(month_of(office.story.clearing, MARCH).left)
    assert says(office.roll_back(first), "clearing.rolled_back")
    second = office.confirm()
    office.declare()
    assert says(office.roll_back(second), "clearing.declared")


def test_what_was_never_confirmed_cannot_be_taken_back():
    """An unknown number, another month's, another institution's: refused."""
    office = Office()
    number = office.confirm()
    assert says(office.roll_back("1"), "clearing.no_confirmation")
    other = Desk(office.story.ref, person(PEKING, n=9), hospital=OTHER)
    other.now = day(4, 2)
    for desk, month in ((office.desk, "02"), (other, "03")):
        reply = desk.send("3262", {"data": {**YEAR_MONTH, "trt_month": month, "otransid": number}})
        assert says(reply, "clearing.no_confirmation")
    assert 0 == office.roll_back(number)["infcode"]


def test_the_roll_back_repeated_is_answered_again():
    """The same message has the same answer and no second effect."""
    office = Office()
    message = office.desk.message("3262", {"data": {**YEAR_MONTH, "otransid": office.confirm()}})
    first = office.desk.call(message)
    second = office.confirm()
    assert first == office.desk.call(message)
    kept = office.story.ref.parties[GUIZHOU].store.get(MONTH_CONFIRMATIONS, office.desk.hospital.fixmedins_code, second)
    assert kept == evolve(kept, withdrawn_at=None)
