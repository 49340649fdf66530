"""3203 and 3204: an institution asks to be paid for a month that is over, once, with the sums of the books."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from office_desk import Office
from platform_desk import NOW, OTHER, Desk, says, world

FEN = Decimal("0.01")
APRIL = datetime(2024, 4, 2, 9, 0, 0)


def month(n: int = 2, cancelled: bool = False) -> Office:
    """March is over, with so many settlements in it."""
    office = Office(world())
    for number in range(n):
        office.visit(number)
    if cancelled:
        desk, _ = office.visit(n)
        office.cancel(desk)
    office.desk.now = APRIL
    return office


def asked(office: Office, **changes: Any) -> dict[str, Any]:
    sums = office.sums("medfee_sumamt", "fund_pay_sumamt", "acct_pay", "psn_cash_pay")
    data = {
        "clr_type": "11",
        "clr_way": "1",
        "setlym": "202403",
        "psntime": len(office.lines),
        "medfee_sumamt": sums["medfee_sumamt"],
        "med_sumfee": sums["medfee_sumamt"],
        "fund_appy_sum": sums["fund_pay_sumamt"],
        "cash_payamt": sums["psn_cash_pay"],
        "acct_pay": sums["acct_pay"],
        "begndate": "2024-03-01",
        "enddate": "2024-03-31",
    }
    return {"data": {**data, **changes}}


@pytest.mark.parametrize("cancelled", [False, True])
def test_a_month_is_asked_for_once(cancelled):
    """The first request has a number; a second for the same days names it; after 3204 it can be made anew."""
    office = month(cancelled=cancelled)
    number = office.desk.ok("3203", asked(office))["result"]["clr_appy_evt_id"]
    again = office.desk.send("3203", asked(office))
    assert says(again, "clearing.requested")
    assert number in again["err_msg"]
    office.desk.ok("3204", {"data": {"clr_appy_evt_id": number}})
    assert number != office.desk.ok("3203", asked(office))["result"]["clr_appy_evt_id"]


def test_days_and_types_that_do_not_meet_are_apart():
    """The first half, then the second; another clearing type beside them; a period that meets one is refused."""
    office = month()
    first = {"begndate": "2024-03-01", "enddate": "2024-03-15"}
    office.desk.ok("3203", asked(office, **first))
    lines, office.lines = office.lines, []
    office.desk.ok("3203", asked(office, begndate="2024-03-16"))
    office.desk.ok("3203", asked(office, clr_type="21"))
    office.lines = lines
    assert says(office.desk.send("3203", asked(office, enddate="2024-03-05")), "clearing.requested")


@pytest.mark.parametrize("name", ["medfee_sumamt", "med_sumfee", "fund_appy_sum", "cash_payamt", "acct_pay", "psntime"])
def test_a_sum_that_is_not_the_books_is_refused_and_named(name):
    """One sum off by the least there is; the right ones are accepted."""
    office = month()
    right = asked(office)["data"][name]
    reply = office.desk.send("3203", asked(office, **{name: right + (1 if name == "psntime" else FEN)}))
    assert says(reply, "clearing.sum")
    assert name in reply["err_msg"]
    office.desk.ok("3203", asked(office))


BAD = [
    ("clearing.other_month", {"begndate": "2024-02-29"}),
    ("clearing.other_month", {"enddate": "2024-04-01"}),
    ("clearing.other_month", {"setlym": "202402"}),
    ("office.period", {"begndate": "2024-03-31", "enddate": "2024-03-01"}),
    ("schema.violated", {"setlym": "202413"}),
]


@pytest.mark.parametrize(("reason", "changes"), BAD)
def test_one_fault_is_refused_for_its_reason(reason, changes):
    """The good request is accepted after it."""
    office = month()
    assert says(office.desk.send("3203", asked(office, **changes)), reason)
    office.desk.ok("3203", asked(office))


def test_a_month_that_is_not_over_cannot_be_asked_for():
    """On its last day it is refused, the day after accepted."""
    office = month()
    office.desk.now = NOW.replace(day=31)
    assert says(office.desk.send("3203", asked(office)), "clearing.not_over")
    office.desk.now = APRIL.replace(day=1)
    office.desk.ok("3203", asked(office))


def test_a_request_is_withdrawn_once_by_whoever_made_it():
    """Unknown, another institution's, withdrawn already: refused."""
    office = month()
    number = office.desk.ok("3203", asked(office))["result"]["clr_appy_evt_id"]
    other = Desk(office.ref, hospital=OTHER)
    for desk, asked_for in ((office.desk, "1"), (other, number)):
        assert says(desk.send("3204", {"data": {"clr_appy_evt_id": asked_for}}), "clearing.unknown")
    office.desk.ok("3204", {"data": {"clr_appy_evt_id": number}})
    assert says(office.desk.send("3204", {"data": {"clr_appy_evt_id": number}}), "clearing.withdrawn")


def test_a_province_that_gave_it_up_says_so():
    """Hunan abolished both."""
    desk = Desk(world(interface="hunan"))
    assert says(desk.send("3204", {"data": {"clr_appy_evt_id": "1"}}), "infno.abolished")
    assert says(Desk(world()).send("3204", {"data": {"clr_appy_evt_id": "1"}}), "clearing.unknown")
