"""4101A and 4101: a settlement list is kept when it is of that settlement: person, days, funds, diagnoses."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest
from platform_desk import OTHER, Desk, person, says, world

from sim.interface import interface, validate
from sim.platform import MemoryStore

FEN = Decimal("0.01")


def left(**given_world: Any) -> Desk:
    """A patient who left and settled; the desk knows what was printed."""
    desk = Desk(world(**given_world)).ready_to_leave()
    output = desk.ok("2304", desk.settlement())
    desk.setl_id, desk.printed = output["setlinfo"]["setl_id"], output
    return desk


def listed(desk: Desk, **changes: Any) -> dict[str, Any]:
    info = {
        **desk.whose(),
        "setl_id": desk.setl_id,
        "medcasno": "M1",
        "ntly": "156",
        "prfs": "90",
        "patn_rlts": "01",
        "coner_addr": "示例地址",
        "coner_tel": "1",
        "adm_time": desk.time,
        "dscg_time": desk.time,
        "dscg_caty": "A03.01",
        "bill_code": "1",
        "bill_no": "1",
        "biz_sn": "1",
        "setl_begn_date": desk.time[:10],
        "setl_end_date": desk.time[:10],
        "medins_fill_dept": "示例科",
        "medins_fill_psn": "示例",
        **changes,
    }
    funds = [{k: row[k] for k in ("fund_pay_type", "fund_payamt")} for row in desk.printed["setldetail"]]
    diagnosis = {"diag_type": "1", "diag_code": "I25.100", "diag_name": "示例病", "adm_cond_type": "1"}
    return {"setlinfo": info, "payinfo": funds, "diseinfo": [{**diagnosis, "maindiag_flag": "1"}]}


def test_a_list_is_kept_and_can_be_corrected():
    """It has a number of nine digits; sent again it keeps the number; another settlement's has another."""
    desk = left()
    first = desk.ok("4101A", listed(desk))["data"]["setl_list_id"]
    assert 9 == len(first)
    assert first == desk.ok("4101A", listed(desk, coner_tel="2"))["data"]["setl_list_id"]
    other = Desk(desk.ref, person(n=1)).ready_to_leave()
    other.printed = other.ok("2304", other.settlement())
    other.setl_id = other.printed["setlinfo"]["setl_id"]
    assert first != other.ok("4101A", listed(other))["data"]["setl_list_id"]


def test_a_province_may_spell_it_4101():
    """The same layout under the older number."""
    stores: dict[str, MemoryStore] = defaultdict(MemoryStore)
    desk = left(store=stores.__getitem__)
    desk.ref = world(interface="hunan", store=stores.__getitem__)
    reply = desk.send("4101", listed(desk))
    assert [] == validate(interface("hunan"), "4101", "reply", reply)
    assert 0 == reply["infcode"], reply["err_msg"]


BAD: list[tuple[str, dict[str, Any]]] = [
    ("settlement.unknown", {"setl_id": "1"}),
    ("list.other_visit", {"mdtrt_id": "1"}),
    ("visit.other_person", {"psn_no": person(n=1).psn_no}),
    *[("list.day", {name: "2024-03-04"}) for name in ("setl_begn_date", "setl_end_date")],
    *[("list.day", {name: "2024-03-04 09:00:00"}) for name in ("adm_time", "dscg_time")],
    ("schema.violated", {"setl_begn_date": "2024-02-30"}),
]


@pytest.mark.parametrize(("reason", "changes"), BAD)
def test_one_fault_is_refused_for_its_reason(reason, changes):
    """The good list is accepted after it."""
    desk = left()
    reply = desk.send("4101A", listed(desk, **changes))
    assert says(reply, reason), reply["err_msg"]
    desk.ok("4101A", listed(desk))


def test_each_funds_sum_is_the_settlements():
    """One fen more, a fund too many, a fund missing: refused with the fund's code; split into two rows: accepted."""
    desk = left()
    good = listed(desk)
    paid = next(row for row in good["payinfo"] if row["fund_payamt"])
    rest = [row for row in good["payinfo"] if row is not paid]
    extra = {"fund_pay_type": "999900", "fund_payamt": FEN}
    more = {**paid, "fund_payamt": paid["fund_payamt"] + FEN}
    for rows, fund in (([*rest, more], paid), ([*good["payinfo"], extra], extra), (rest, paid)):
        reply = desk.send("4101A", {**good, "payinfo": rows})
        assert says(reply, "list.fund")
        assert fund["fund_pay_type"] in reply["err_msg"]
    parts = [{**paid, "fund_payamt": FEN}, {**paid, "fund_payamt": paid["fund_payamt"] - FEN}]
    desk.ok("4101A", {**good, "payinfo": [*rest, *parts]})


def test_there_is_one_main_diagnosis_and_none_twice():
    """None, two of a kind, the same one twice: refused; a Chinese main diagnosis beside the western one: accepted."""
    desk = left()
    good = listed(desk)
    (main,) = good["diseinfo"]
    second = {**main, "diag_code": "I10.x00"}
    for rows, reason in (
        ([{**main, "maindiag_flag": "0"}], "list.main_diagnosis"),
        ([main, second], "list.main_diagnosis"),
        ([main, {**main, "maindiag_flag": "0"}], "list.diagnosis_twice"),
    ):
        assert says(desk.send("4101A", {**good, "diseinfo": rows}), reason)
    chinese = {**main, "diag_type": "2", "diag_code": "A99.01"}
    desk.ok("4101A", {**good, "diseinfo": [main, {**second, "maindiag_flag": "0"}, chinese]})


def test_rows_of_another_settlement_are_refused():
    """Blood that belongs to another stay."""
    desk = left()
    blood = {"setl_List_bld_Id": "1", **desk.whose(), "setl_id": desk.setl_id, "bld_amt": 1}
    desk.ok("4101A", {**listed(desk), "bldinfo": [blood]})
    for name in ("psn_no", "mdtrt_id", "setl_id"):
        assert says(desk.send("4101A", {**listed(desk), "bldinfo": [{**blood, name: "1"}]}), "list.other")


def test_only_a_settlement_that_stands_has_a_list():
    """Cancelled or reversed, or another institution's: refused."""
    desk = left()
    other = Desk(desk.ref, hospital=OTHER)
    assert says(other.send("4101A", listed(desk)), "settlement.unknown")
    desk.ok("2305", desk.cancellation())
    assert says(desk.send("4101A", listed(desk)), "settlement.cancelled")
    again = Desk(world()).ready_to_leave()
    message = again.message("2304", again.settlement())
    again.printed = again.call(message)["output"]
    again.setl_id = again.printed["setlinfo"]["setl_id"]
    again.ok("2601", again.reversal(message))
    assert says(again.send("4101A", listed(again)), "settlement.unknown")


def test_an_outpatients_list_has_the_day_of_the_visit():
    """opsp_mdtrt_date and both days of settlement."""
    desk = Desk(world()).ready()
    desk.printed = desk.ok("2207", desk.settlement())
    desk.setl_id = desk.printed["setlinfo"]["setl_id"]
    assert says(desk.send("4101A", listed(desk, opsp_mdtrt_date="2024-03-04")), "list.day")
    desk.ok("4101A", listed(desk, opsp_mdtrt_date="2024-03-05", adm_time="", dscg_time=""))
