"""Whole visits, from sign-in to the last query."""

from decimal import Decimal

import pytest
from platform_desk import BEIJING, GUIYANG, ITEMS, PARTS, Desk, person, world

from sim.money import parse

PATIENTS = {
    "cross-province employee": person("110000", "1101"),
    "cross-province retired": person("110000", "1201"),
    "cross-province resident": person("500000", "1501"),
    "local employee": person("520100", "1101"),
    "local resident": person("520100", "1501"),
}
EVERYONE = pytest.mark.parametrize("patient", PATIENTS.values(), ids=PATIENTS)
MONEY = ("fund_pay_sumamt", "acct_pay", "psn_cash_pay")


@EVERYONE
def test_an_outpatient_visit_is_settled(patient):
    """The settlement prints the uploaded total, its parts, the patient, and what the account has left."""
    desk = Desk(world(), patient)
    opening = desk.sign_in().balance()
    desk.register().describe().upload()
    head = desk.settle()
    assert desk.total("det_item_fee_sumamt") == head["medfee_sumamt"] == sum(head[name] for name in MONEY)
    assert {name: desk.total(line) for name, line in PARTS.items()} == {name: head[name] for name in PARTS}
    assert (patient.psn_no, patient.psn_name, patient.certno) == (head["psn_no"], head["psn_name"], head["certno"])
    assert opening - parse(head["acct_pay"]) == parse(head["balc"]) == desk.balance()
    assert head["fund_pay_sumamt"] > 0


@EVERYONE
def test_a_stay_is_settled(patient):
    """Admission, lines, discharge and settlement; the trial before gave the same amounts."""
    desk = Desk(world(), patient).ready_to_leave()
    trial = desk.ok("2303", desk.settlement())["setlinfo"]
    head = desk.settle()
    assert {name: trial[name] for name in (*PARTS, *MONEY, "balc")} == {
        name: head[name] for name in (*PARTS, *MONEY, "balc")
    }
    assert "21" == head["clr_type"] == head["med_type"]


@EVERYONE
@pytest.mark.parametrize("kind", ["outpatient", "inpatient"])
def test_a_trial_leaves_no_trace(patient, kind):
    """After a trial counters and account are as before, and the settlement gives what the trial said."""
    desk = Desk(world(), patient)
    desk.ready() if kind == "outpatient" else desk.ready_to_leave()
    before = desk.balance(), desk.used()
    trial = desk.ok("2206" if kind == "outpatient" else "2303", desk.asked())
    assert before == (desk.balance(), desk.used())
    assert "" == trial["setlinfo"]["setl_id"]
    head = desk.settle()
    own = ("setl_id", "medins_setl_id")
    assert {k: v for k, v in trial["setlinfo"].items() if k not in own} == {
        k: v for k, v in head.items() if k not in own
    }


@EVERYONE
@pytest.mark.parametrize("kind", ["outpatient", "inpatient"])
@pytest.mark.parametrize("way", ["cancelled", "reversed"])
def test_what_a_settlement_took_is_given_back(patient, kind, way):
    """After 2208, 2305 or 2601 account and counters are as before, and the same lines can be settled again."""
    desk = Desk(world(), patient)
    desk.ready() if kind == "outpatient" else desk.ready_to_leave()
    before = desk.balance(), desk.used()
    settle = desk.message("2207" if kind == "outpatient" else "2304", desk.settlement())
    first = desk.call(settle)["output"]["setlinfo"]
    desk.setl_id = first["setl_id"]
    assert before != (desk.balance(), desk.used())
    if way == "cancelled":
        back = desk.ok("2208" if kind == "outpatient" else "2305", desk.cancellation())["setlinfo"]
        assert {name: -first[name] for name in MONEY} == {name: back[name] for name in MONEY}
        assert before[0] == parse(back["balc"])
    else:
        desk.ok("2601", desk.reversal(settle))
    assert before == (desk.balance(), desk.used())
    second = desk.settle()
    assert {name: first[name] for name in MONEY} == {name: second[name] for name in MONEY}
    assert first["setl_id"] != second["setl_id"]


@pytest.mark.parametrize("kind", ["outpatient", "inpatient"])
def test_a_reversed_cancellation_leaves_the_settlement_standing(kind):
    """2601 of 2208 or 2305: counters and account are as after the settlement, which can be cancelled once more."""
    desk = Desk(world())
    desk.ready() if kind == "outpatient" else desk.ready_to_leave()
    infno = "2208" if kind == "outpatient" else "2305"
    desk.settle()
    after = desk.balance(), desk.used()
    cancel = desk.message(infno, desk.cancellation())
    desk.call(cancel)
    desk.ok("2601", desk.reversal(cancel))
    assert after == (desk.balance(), desk.used())
    assert "0" == desk.ok("5203", desk.cancellation())["setlinfo"]["refd_setl_flag"]
    desk.ok(infno, desk.cancellation())


def test_counters_go_from_one_visit_to_the_next():
    """The deductible is charged once: the second visit of the year pays what the first left of it, which is nothing."""
    ref = world()
    first = Desk(ref).ready().settle()
    second = Desk(ref).ready().settle()
    assert Decimal("30.00") == first["act_pay_dedc"]
    assert Decimal("0.00") == second["act_pay_dedc"]
    assert second["fund_pay_sumamt"] > first["fund_pay_sumamt"]


def test_the_catalogue_is_the_treatment_places():
    """The same item is class B in Guizhou and class A in Beijing, whoever the patient is."""
    item = next(item for item in ITEMS if item.at("110000").chrgitm_lv == "01" and item.chrgitm_lv == "02")
    ref = world()
    answers = [Desk(ref, hospital=hospital, goods=[item]).ready().rows[0] for hospital in (GUIYANG, BEIJING)]
    assert [("02", Decimal("0.1000")), ("01", Decimal("0.0000"))] == [
        (row["chrgitm_lv"], row["selfpay_prop"]) for row in answers
    ]


def test_two_charge_batches_of_a_visit_are_settled_apart():
    """A settled batch does not stand in the way of the next one of the same visit."""
    desk = Desk(world(), goods=ITEMS[6:8]).ready()
    first = desk.settle()
    desk.batch = "B2"
    desk.rows = desk.ok("2204", {"feedetail": [desk.line(7, ITEMS[8])]})["result"]
    second = desk.settle()
    assert first["medfee_sumamt"] != second["medfee_sumamt"]
    assert {first["setl_id"], second["setl_id"]} == {
        desk.ok("5203", desk.cancellation(setl_id=setl_id))["setlinfo"]["setl_id"]
        for setl_id in (first["setl_id"], second["setl_id"])
    }


def test_a_stay_can_be_settled_in_parts():
    """An interim settlement takes the lines so far, the final one the rest; together they are the whole bill."""
    desk = Desk(world(), goods=ITEMS[6:8]).sign_in().admit().upload()
    interim = desk.ok("2304", desk.settlement(mid_setl_flag="1"))["setlinfo"]
    desk.rows = desk.ok("2301", {"feedetail": [desk.line(7, ITEMS[8])]})["result"]
    desk.discharge()
    final = desk.settle()
    assert final["medfee_sumamt"] == desk.total("det_item_fee_sumamt") != interim["medfee_sumamt"]


def test_a_refund_line_takes_back_part_of_a_line():
    """A line of a stay refunded in part: the settlement carries the difference."""
    desk = Desk(world(), goods=ITEMS[6:7]).sign_in().admit().upload()
    back = desk.line(2, ITEMS[6], cnt=-4, init_feedetl_sn="1")
    desk.rows += desk.ok("2301", {"feedetail": [back]})["result"]
    desk.discharge()
    assert Decimal(ITEMS[6].price * 6).scaleb(-6) == desk.settle()["medfee_sumamt"]


def test_withdrawn_lines_can_be_uploaded_again():
    """After 2205 and 2302 the numbers are free and the lines gone."""
    desk = Desk(world()).ready()
    desk.ok("2205", {"data": {**desk.whose(), "chrg_bchno": "0000"}})
    desk.upload().settle()
    stay = Desk(world()).sign_in().admit().upload()
    stay.ok("2302", {"data": [{**stay.whose(), "feedetl_sn": "0000"}]})
    stay.upload().discharge().settle()


def test_a_visit_without_lines_can_be_given_up():
    """2202, 2404 and 2405."""
    desk = Desk(world()).sign_in().register()
    desk.ok("2202", {"data": {**desk.whose(), "ipt_otp_no": "O1"}})
    stay = Desk(world()).sign_in().admit().discharge()
    stay.ok("2405", {"data": stay.whose()})
    stay.ok("2404", {"data": stay.whose()})


def test_a_reversed_admission_is_gone():
    """2601 of 2401."""
    desk = Desk(world()).sign_in()
    admission = desk.message("2401", desk.admission())
    desk.mdtrt_id = desk.call(admission)["output"]["result"]["mdtrt_id"]
    desk.kind = "inpatient"
    desk.ok("2601", desk.reversal(admission))
    assert -1 == desk.send("2402", desk.leaving())["infcode"]


def test_every_credential_finds_its_person():
    """1101 by electronic credential, identity number and card, of people here and elsewhere, with and without a place."""
    for patient in PATIENTS.values():
        desk = Desk(world(), patient).sign_in()
        for kind in ("01", "02", "03"):
            data = {"mdtrt_cert_type": kind, "mdtrt_cert_no": patient.credential(kind)}
            if kind == "03":
                data["card_sn"] = patient.card_sn
            for place in ("", "520100", patient.insuplc_admdvs):
                output = desk.ok("1101", {"data": data}, insuplc_admdvs=place)
                assert patient.psn_no == output["baseinfo"]["psn_no"]
                assert patient.insuplc_admdvs == output["insuinfo"][0]["insuplc_admdvs"]


def test_a_cancelled_settlement_and_its_negative_record_can_be_queried():
    """5203 of both: the same amounts with opposite signs, both flagged as refunded."""
    desk = Desk(world()).ready()
    desk.settle()
    refund = desk.ok("2208", desk.cancellation())["setlinfo"]["setl_id"]
    first = desk.ok("5203", desk.cancellation())["setlinfo"]
    second = desk.ok("5203", desk.cancellation(setl_id=refund))["setlinfo"]
    names = ("medfee_sumamt", "fund_pay_sumamt", "psn_pay", "acct_pay", "cash_payamt", "inscp_scp_amt")
    assert {name: -first[name] for name in names} == {name: second[name] for name in names}
    assert ["1", "1"] == [first["refd_setl_flag"], second["refd_setl_flag"]]
    assert "4" == first["pay_loc"]


def test_a_message_without_sign_in_is_answered_with_a_warning():
    """Rule 21: a missing, other day's or signed-out sign-in is a warning only."""
    desk = Desk(world())
    reply = desk.send("1101", {"data": desk.shown()})
    assert 0 == reply["infcode"]
    assert reply["warn_msg"]
    desk.sign_in()
    assert "warn_msg" not in desk.send("1101", {"data": desk.shown()})
    desk.ok("9002", {"signOut": {"sign_no": desk.sign_no, "opter_no": "1"}})
    assert desk.send("1101", {"data": desk.shown()})["warn_msg"]


def test_signing_in_twice_a_day_gives_the_same_number():
    """9001 is once for an operator and a day."""
    desk = Desk(world()).sign_in()
    first = desk.sign_no
    assert first == desk.sign_in().sign_no
    desk.now = desk.now.replace(day=6)
    assert first != desk.sign_in().sign_no


def test_the_a_forms_are_the_plain_ones():
    """2203A, 2206A, 2207A."""
    desk = Desk(world()).sign_in().register()
    desk.ok("2203A", desk.description())
    desk.upload()
    trial = desk.ok("2206A", desk.asked())["setlinfo"]
    assert trial["fund_pay_sumamt"] == desk.ok("2207A", desk.settlement())["setlinfo"]["fund_pay_sumamt"]
