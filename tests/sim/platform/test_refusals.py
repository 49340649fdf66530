"""Every refusal, as a minimal pair: the same conversation without the one fault is accepted.

A case is (reason, state before, message, what spoils it). `spoil` gets the desk and the good message and returns the
bad one; that the good one is accepted right after shows that only the fault was refused, and that it left no trace.
"""

from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from platform_desk import BEIJING, GUIYANG, ITEMS, NOW, OTHER, Desk, person, says, world

from sim.platform import MemoryStore, Readings, institutions, persons, regions

Message = dict[str, Any]
OUT, STAY = "outpatient", "inpatient"
CARD = next(p for p in persons() if p.psn_no != person().psn_no)
SUSPENDED = next(p for p in persons() if p.insuplc_admdvs == "110000" and p.psn_insu_stas == "2")


def at(message: Message, path: str, value: Any) -> Message:
    """The message with one value changed; ``path`` is dotted, numbers are list positions; ``...`` removes it."""
    key, _, rest = path.partition(".")
    step: Any = int(key) if key.isdigit() else key
    copy: Any = list(message) if isinstance(message, list) else dict(message)
    if rest:
        copy[step] = at(copy[step], rest, value)
    elif value is ...:
        del copy[step]
    else:
        copy[step] = value
    return copy


def changed(path: str, value: Any) -> Callable[[Desk, Message], Message]:
    return lambda desk, message: at(message, path, value(desk) if callable(value) else value)


def other_visit(desk: Desk) -> str:
    """A visit of another person at the same hospital."""
    return Desk(desk.ref, person(n=1)).register().mdtrt_id


def foreign_visit(desk: Desk) -> str:
    """A visit of the same person at another hospital."""
    return Desk(desk.ref, hospital=OTHER).register().mdtrt_id


def cancelled_visit(desk: Desk) -> str:
    gone = Desk(desk.ref).register()
    gone.ok("2202", {"data": {**gone.whose(), "ipt_otp_no": "O1"}})
    return gone.mdtrt_id


def stay(desk: Desk) -> str:
    return Desk(desk.ref).admit().mdtrt_id


# state before the message -> how to get there
STATES: dict[str, Callable[[Desk], Any]] = {
    "nothing": lambda desk: desk.sign_in(),
    "registered": lambda desk: desk.sign_in().register(),
    "described": lambda desk: desk.sign_in().register().describe(),
    "uploaded": lambda desk: desk.ready(),
    "settled": lambda desk: desk.ready().settle(),
    "admitted": lambda desk: desk.sign_in().admit(),
    "stay uploaded": lambda desk: desk.sign_in().admit().upload(),
    "discharged": lambda desk: desk.ready_to_leave(),
    "stay settled": lambda desk: desk.ready_to_leave().settle(),
}
# infno -> its content
GOOD: dict[str, Callable[[Desk], Message]] = {
    "9002": lambda desk: {"signOut": {"sign_no": desk.sign_no, "opter_no": "1"}},
    "1101": lambda desk: {"data": desk.shown()},
    "2201": Desk.registration,
    "2202": lambda desk: {"data": {**desk.whose(), "ipt_otp_no": "O1"}},
    "2203": Desk.description,
    "2204": Desk.lines,
    "2205": lambda desk: {"data": {**desk.whose(), "chrg_bchno": desk.batch}},
    "2206": Desk.asked,
    "2207": Desk.settlement,
    "2208": Desk.cancellation,
    "2401": Desk.admission,
    "2402": Desk.leaving,
    "2404": lambda desk: {"data": desk.whose()},
    "2405": lambda desk: {"data": desk.whose()},
    "2301": Desk.lines,
    "2302": lambda desk: {"data": [{**desk.whose(), "feedetl_sn": "1"}]},
    "2303": Desk.asked,
    "2304": Desk.settlement,
    "2305": Desk.cancellation,
    "5203": Desk.cancellation,
    "5206": lambda desk: {"data": {"psn_no": desk.patient.psn_no}},
}

CASES: list[tuple[str, str, str, Callable[[Desk, Message], Message]]] = [
    # the gate
    ("infno.unknown", "nothing", "1101", changed("infno", "X")),
    ("infno.unknown_near", "nothing", "1101", changed("infno", "1102")),
    ("schema.violated", "nothing", "1101", changed("input.data.mdtrt_cert_type", ...)),
    ("schema.violated", "uploaded", "2207", changed("input.data.medfee_sumamt", "many")),
    ("schema.violated", "uploaded", "2207", changed("msgid", "1")),
    ("institution.unknown", "nothing", "1101", changed("fixmedins_code", "H99999999999")),
    ("institution.elsewhere", "nothing", "1101", changed("fixmedins_code", BEIJING.fixmedins_code)),
    ("institution.elsewhere", "nothing", "1101", changed("mdtrtarea_admvs", "110000")),
    # the insured place
    ("schema.violated", "nothing", "2201", changed("insuplc_admdvs", "11000X")),
    ("place.not_connected", "nothing", "2201", changed("insuplc_admdvs", "990000")),
    ("place.not_connected", "nothing", "1101", changed("insuplc_admdvs", "990000")),
    ("place.not_persons", "nothing", "2201", changed("insuplc_admdvs", "110100")),
    ("person.unknown", "nothing", "2201", changed("insuplc_admdvs", "500000")),
    ("place.not_visits", "described", "2204", changed("insuplc_admdvs", "110100")),
    ("place.not_visits", "uploaded", "2207", changed("insuplc_admdvs", "500000")),
    # the person
    ("person.unknown", "nothing", "2201", changed("input.data.psn_no", "1")),
    ("person.unknown", "nothing", "5206", changed("input.data.psn_no", "1")),
    ("person.unknown_credential", "nothing", "1101", changed("input.data.mdtrt_cert_no", "1")),
    ("person.mismatch", "nothing", "1101", changed("input.data.certno", "1")),
    ("person.insutype", "nothing", "2201", changed("input.data.insutype", "390")),
    ("person.insutype", "uploaded", "2207", changed("input.data.insutype", "390")),
    ("credential.kind", "nothing", "1101", changed("input.data.mdtrt_cert_type", "04")),
    ("credential.kind", "nothing", "2201", changed("input.data.mdtrt_cert_type", "04")),
    ("credential.not_persons", "nothing", "2201", changed("input.data.mdtrt_cert_no", CARD.token)),
    ("credential.not_persons", "uploaded", "2206", changed("input.data.mdtrt_cert_no", CARD.token)),
    ("credential.not_persons", "uploaded", "2207", changed("input.data.mdtrt_cert_no", CARD.token)),
    ("credential.not_persons", "discharged", "2304", changed("input.data.mdtrt_cert_no", CARD.token)),
    (
        "credential.card_sn",
        "nothing",
        "1101",
        lambda desk, message: at(
            message,
            "input.data",
            {"mdtrt_cert_type": "03", "mdtrt_cert_no": desk.patient.card_no, "card_sn": CARD.card_sn},
        ),
    ),
    (
        "credential.card_sn",
        "uploaded",
        "2207",
        lambda desk, message: at(
            at(at(message, "input.data.mdtrt_cert_type", "03"), "input.data.mdtrt_cert_no", desk.patient.card_no),
            "input.data.card_sn",
            CARD.card_sn,
        ),
    ),
    ("account.shared", "uploaded", "2207", changed("input.data.acct_used_flag", "2")),
    # sign-in
    ("sign_in.none_today", "nothing", "9002", changed("input.signOut.sign_no", "1")),
    ("sign_in.none_today", "nothing", "9002", changed("input.signOut.opter_no", "2")),
    # visits
    ("schema.violated", "nothing", "2201", changed("input.data.begntime", "2024-02-30 09:00:00")),
    ("visit.unknown", "registered", "2203", changed("input.mdtrtinfo.mdtrt_id", "1")),
    ("visit.unknown", "uploaded", "2207", changed("input.data.mdtrt_id", "1")),
    ("visit.other_institution", "registered", "2203", changed("input.mdtrtinfo.mdtrt_id", foreign_visit)),
    ("visit.other_person", "registered", "2203", changed("input.mdtrtinfo.mdtrt_id", other_visit)),
    ("visit.other_person", "registered", "2203", changed("input.mdtrtinfo.psn_no", CARD.psn_no)),
    ("visit.other_kind", "registered", "2203", changed("input.mdtrtinfo.mdtrt_id", stay)),
    ("visit.cancelled", "registered", "2203", changed("input.mdtrtinfo.mdtrt_id", cancelled_visit)),
    ("visit.other_number", "registered", "2202", changed("input.data.ipt_otp_no", "O2")),
    ("visit.no_diagnosis_left", "registered", "2203", changed("input.diseinfo.0.vali_flag", "0")),
    ("visit.other_med_type", "uploaded", "2203", changed("input.mdtrtinfo.med_type", "13")),
    ("visit.other_med_type", "uploaded", "2207", changed("input.data.med_type", "13")),
    ("stay.ends_early", "admitted", "2402", changed("input.dscginfo.endtime", "2024-03-04 09:00:00")),
    # lines
    ("line.unknown_code", "described", "2204", changed("input.feedetail.0.med_list_codg", "X")),
    ("line.product", "described", "2204", changed("input.feedetail.1.det_item_fee_sumamt", Decimal("1.00"))),
    ("line.duplicate", "described", "2204", changed("input.feedetail.1.feedetl_sn", "1")),
    ("line.quantity", "described", "2204", lambda _, m: at(at(m, "input.feedetail.0.cnt", 0), "input.feedetail.0.det_item_fee_sumamt", 0)),
    ("line.other_visit", "described", "2204", changed("input.feedetail.1.mdtrt_id", other_visit)),
    ("line.refund_of_what", "admitted", "2301", lambda d, m: at(m, "input.feedetail", [d.line(9, ITEMS[6], -1, init_feedetl_sn="8")])),
    ("line.unknown", "stay uploaded", "2302", changed("input.data.0.feedetl_sn", "99")),
    ("batch.empty", "uploaded", "2205", changed("input.data.chrg_bchno", "B9")),
    # settlements
    ("settlement.total", "uploaded", "2206", changed("input.data.medfee_sumamt", Decimal("1.00"))),
    ("settlement.total", "uploaded", "2207", changed("input.data.medfee_sumamt", Decimal("1.00"))),
    ("settlement.total", "discharged", "2304", changed("input.data.medfee_sumamt", Decimal("1.00"))),
    *[
        ("settlement.part", state, infno, changed(f"input.data.{name}", Decimal("0.01")))
        for state, infno in (("uploaded", "2207"), ("discharged", "2304"))
        for name in ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt")
    ],
    ("settlement.no_lines", "uploaded", "2207", changed("input.data.chrg_bchno", "B9")),
    ("settlement.unknown", "settled", "2208", changed("input.data.setl_id", "1")),
    ("settlement.unknown", "settled", "5203", changed("input.data.setl_id", "1")),
    ("settlement.unknown", "stay settled", "2305", changed("input.data.setl_id", "1")),
    ("visit.other_person", "settled", "2208", changed("input.data.psn_no", CARD.psn_no)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("reason", "state", "infno", "spoil"), CASES, ids=[f"{i}-{c[2]}-{c[0]}" for i, c in enumerate(CASES)]
)
def test_one_fault_is_refused_for_its_reason_and_nothing_else_is(reason, state, infno, spoil):
    """The spoiled message is refused with that reason; the good one, sent after it, is accepted."""
    desk = Desk(world())
    STATES[state](desk)
    good = desk.message(infno, GOOD[infno](desk))
    bad = spoil(desk, {**good, "msgid": desk.message(infno, {})["msgid"]})
    refused = desk.call(bad)
    assert says(refused, reason), refused["err_msg"]
    accepted = desk.call(good)
    assert 0 == accepted["infcode"], accepted["err_msg"]


ORDER: list[tuple[str, str, str]] = [
    # state in which the message is too early or too late, and the reason
    ("visit.not_described", "registered", "2204"),
    ("visit.not_described", "registered", "2207"),
    ("settlement.no_lines", "described", "2207"),
    ("settlement.no_lines", "described", "2206"),
    ("settlement.no_lines", "admitted", "2303"),
    ("settlement.done", "settled", "2204"),
    ("settlement.done", "settled", "2206"),
    ("settlement.done", "settled", "2207"),
    ("settlement.done", "stay settled", "2301"),
    ("settlement.done", "stay settled", "2304"),
    ("stay.not_discharged", "stay uploaded", "2304"),
    ("stay.not_discharged", "stay uploaded", "2405"),
    ("stay.discharged", "discharged", "2402"),
    ("stay.discharged", "discharged", "2404"),
    ("visit.has_lines", "uploaded", "2202"),
    ("visit.has_lines", "stay uploaded", "2404"),
    ("visit.has_settlement", "settled", "2202"),
    ("visit.has_settlement", "stay settled", "2405"),
    ("batch.settled", "settled", "2205"),
    ("batch.empty", "described", "2205"),
    ("line.settled", "stay settled", "2302"),
    ("line.duplicate", "uploaded", "2204"),
]


@pytest.mark.parametrize(("reason", "state", "infno"), ORDER)
def test_a_message_out_of_order_is_refused(reason, state, infno):
    """What is right at another time is refused here with the reason; `test_stories` shows the right time."""
    desk = Desk(world())
    STATES[state](desk)
    reply = desk.send(infno, GOOD[infno](desk))
    assert says(reply, reason), reply["err_msg"]


def test_a_second_settlement_names_the_first():
    """The refusal tells the setl_id that a lost answer would have told."""
    desk = Desk(world()).ready()
    first = desk.settle()["setl_id"]
    assert first in desk.send("2207", desk.settlement())["err_msg"]


def test_a_settlement_is_cancelled_once():
    """A second 2208 is refused, and gives nothing back."""
    desk = Desk(world()).ready()
    desk.settle()
    desk.ok("2208", desk.cancellation())
    before = desk.balance(), desk.used()
    assert says(desk.send("2208", desk.cancellation()), "settlement.cancelled")
    assert before == (desk.balance(), desk.used())


def test_a_suspended_insurance_does_not_pay():
    """Suspended people are identified, with their status, and refused treatment on the insurance."""
    desk = Desk(world(), SUSPENDED).sign_in()
    assert "2" == desk.ok("1101", {"data": desk.shown()})["insuinfo"][0]["psn_insu_stas"]
    assert says(desk.send("2201", desk.registration()), "person.suspended")
    assert says(desk.send("2401", desk.admission()), "person.suspended")


def test_an_insurance_suspended_during_the_visit_does_not_pay():
    """The insured place looks again when it settles."""
    stores: dict[str, MemoryStore] = defaultdict(MemoryStore)
    desk = Desk(world(store=stores.__getitem__)).ready()
    standing, stopped = desk.ref, evolve(desk.patient, psn_insu_stas="2")
    desk.ref = world(store=stores.__getitem__, people=[stopped])
    assert says(desk.send("2207", desk.settlement()), "person.suspended")
    desk.ref = standing
    desk.settle()


def test_chronic_care_needs_the_entitlement():
    """med_type 14 with a disease that the insured place has not certified is refused, with a certified one paid."""
    patient = next(p for p in persons() if p.chronic and p.insuplc_admdvs == "110000" and p.psn_insu_stas == "1")
    for disease, accepted in ((patient.chronic[0], True), ("M99999", False)):
        desk = Desk(world(), patient).sign_in().register()
        desk.describe(med_type="14", dise_codg=disease, dise_name="示例病种")
        desk.rows = desk.ok(
            "2204", {"feedetail": [{**row, "dise_codg": disease} for row in desk.lines()["feedetail"]]}
        )["result"]
        reply = desk.send("2207", desk.settlement(med_type="14"))
        assert accepted == (reply["infcode"] == 0)
        assert accepted or says(reply, "person.no_chronic")


def test_a_missing_insured_place_is_refused():
    """A message with a person number and no insured place is refused, by schema or by the platform."""
    for checked in (True, False):
        desk = Desk(world(checked=checked)).sign_in()
        reply = desk.send("2201", desk.registration(), insuplc_admdvs="")
        assert -1 == reply["infcode"]
        assert "insuplc_admdvs" in reply["err_msg"]


def test_what_the_schema_would_stop_is_refused_without_it_too():
    """With the check of messages off, a malformed place and an impossible time still have their refusal."""
    desk = Desk(world(checked=False)).sign_in()
    assert says(desk.send("2201", desk.registration(), insuplc_admdvs="11000X"), "place.malformed")
    impossible = at(desk.registration(), "data.begntime", "2024-02-30 09:00:00")
    assert says(desk.send("2201", impossible), "time.impossible")
    desk.register()


def test_a_region_that_is_not_connected_is_refused():
    """Without Beijing among the regions its people cannot be treated; 1101 says so too."""
    few = [region for region in regions() if region.code != "110000"]
    desk = Desk(world(regions=few)).sign_in()
    assert says(desk.send("2201", desk.registration()), "place.not_connected")
    assert says(desk.send("1101", {"data": desk.shown()}), "place.not_connected")


def test_a_known_transaction_that_is_not_carried_out_says_so():
    """Not yet supported is another reason than unknown."""
    desk = Desk(world(checked=False, interface="hunan")).sign_in()
    assert says(desk.send("7101", {"data": {}}), "infno.unsupported")


def test_a_refund_is_bounded_by_its_line():
    """A refund of another item, or of more than is left, is refused; up to that it is accepted."""
    desk = Desk(world(), goods=ITEMS[6:8]).sign_in().admit().upload()

    def refund(number: int, item: int, cnt: int, of: str = "1") -> dict[str, Any]:
        return {"feedetail": [desk.line(number, ITEMS[item], cnt, init_feedetl_sn=of)]}

    assert says(desk.send("2301", refund(3, 7, -1)), "line.refund_other_item")
    assert says(desk.send("2301", refund(3, 6, -11)), "line.refund_too_much")
    desk.ok("2301", refund(3, 6, -6))
    assert says(desk.send("2301", refund(4, 6, -5)), "line.refund_too_much")
    desk.ok("2301", refund(4, 6, -4))
    assert says(desk.send("2302", {"data": [{**desk.whose(), "feedetl_sn": "1"}]}), "line.has_refund")


def test_what_can_be_reversed():
    """2601: another institution's, another person's, another transaction's, a refused or unknown message is refused."""
    ref = world()
    desk = Desk(ref).ready()
    refused = desk.message("2207", desk.settlement(medfee_sumamt=Decimal("1.00")))
    desk.call(refused)
    settle = desk.message("2207", desk.settlement())
    desk.call(settle)
    upload = desk.message("2204", {"feedetail": [desk.line(99, ITEMS[6], chrg_bchno="B2")]})
    desk.call(upload)
    assert says(desk.send("2601", desk.reversal(upload)), "reversal.not_reversible")
    assert says(desk.send("2601", desk.reversal(refused)), "reversal.refused_message")
    assert says(desk.send("2601", desk.reversal(settle, oinfno="2304")), "reversal.other_infno")
    assert says(desk.send("2601", desk.reversal(settle, psn_no=CARD.psn_no)), "reversal.other_person")
    assert says(
        desk.send("2601", desk.reversal({**settle, "msgid": desk.message("2207", {})["msgid"]})), "reversal.unknown"
    )
    assert says(Desk(ref, hospital=OTHER).send("2601", desk.reversal(settle)), "reversal.unknown")
    desk.ok("2601", desk.reversal(settle))


def test_a_cancelled_settlement_cannot_be_reversed_too():
    """Nothing is given back twice by two different means."""
    desk = Desk(world()).ready()
    settle = desk.message("2207", desk.settlement())
    desk.setl_id = desk.call(settle)["output"]["setlinfo"]["setl_id"]
    desk.ok("2208", desk.cancellation())
    before = desk.balance(), desk.used()
    assert says(desk.send("2601", desk.reversal(settle)), "settlement.cancelled")
    assert before == (desk.balance(), desk.used())


def test_a_cancellation_stands_once_the_lines_have_another_fate():
    """2601 of 2208 is refused when the lines were settled anew, withdrawn, or joined by others."""
    for fate, reason in (("settled", "settled_again"), ("withdrawn", "lines_changed"), ("joined", "lines_changed")):
        desk = Desk(world()).ready()
        desk.settle()
        cancel = desk.message("2208", desk.cancellation())
        desk.call(cancel)
        if fate == "settled":
            desk.settle()
        elif fate == "withdrawn":
            desk.ok("2205", {"data": {**desk.whose(), "chrg_bchno": desk.batch}})
        else:
            desk.ok("2204", {"feedetail": [desk.line(99, ITEMS[6])]})
        assert says(desk.send("2601", desk.reversal(cancel)), f"reversal.{reason}")


def test_an_admission_with_lines_cannot_be_reversed():
    """2601 of 2401 is refused while there is anything to lose."""
    desk = Desk(world()).sign_in()
    admission = desk.message("2401", desk.admission())
    desk.mdtrt_id = desk.call(admission)["output"]["result"]["mdtrt_id"]
    desk.kind = "inpatient"
    desk.upload()
    assert says(desk.send("2601", desk.reversal(admission)), "visit.has_lines")


def test_readings_can_be_chosen():
    """Each switch changes exactly the behaviour it names."""
    strict = Desk(world(readings=Readings(sign_in_required=True)))
    assert says(strict.send("2201", strict.registration()), "sign_in.required")
    strict.sign_in().register()

    free = Desk(world(readings=Readings(discharge_first=False))).sign_in().admit().upload()
    free.settle()

    one = Desk(world(readings=Readings(one_call_a_batch=True))).ready()
    assert says(one.send("2204", {"feedetail": [one.line(99, ITEMS[6])]}), "batch.uploaded")

    again = Desk(world(readings=Readings(repeated_reversal_refused=True))).ready()
    settle = again.message("2207", again.settlement())
    again.call(settle)
    again.ok("2601", again.reversal(settle))
    assert says(again.send("2601", again.reversal(settle)), "reversal.repeated")

    lenient = Desk(world(readings=Readings(unknown_reversal_refused=False))).ready()
    late = lenient.message("2207", lenient.settlement())
    lenient.ok("2601", lenient.reversal(late))
    assert says(lenient.call(late), "message.reversed")


def test_times_of_yesterday_do_not_sign_in():
    """A sign-in holds for its day."""
    desk = Desk(world()).sign_in()
    desk.now = NOW + timedelta(days=1)
    assert desk.send("1101", {"data": desk.shown()})["warn_msg"]
    assert GUIYANG in institutions()


def test_refusals_have_their_say_in_english():
    """``lang`` chooses the language of err_msg."""
    desk = Desk(world(lang="en")).sign_in()
    assert (
        "does not exist"
        in desk.send("2203", {**desk.description(), "mdtrtinfo": {**desk.description()["mdtrtinfo"], "mdtrt_id": "1"}})[
            "err_msg"
        ]
    )
