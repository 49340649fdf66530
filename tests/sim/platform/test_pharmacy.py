"""Sales of pharmacies: 2101, 2102, 2103, and what 2601 makes of them."""

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from counter import GUIYANG, OTHER_SHOP, SHOP, Counter, shop
from hypothesis import given, settings
from hypothesis import strategies as st
from platform_desk import ITEMS, person, says, world
from test_once import Travelling

from sim.money import parse, wire
from sim.platform import Lost, Reference, province_of
from sim.platform.records import ACCOUNTS, CLAIMS, LINES, SETTLEMENTS, VISITS
from sim.platform.treatment import TREATMENT
from sim.platform.treatment.cancel import give_back
from sim.platform.treatment.visit import visit_of

Message = dict[str, Any]
PARTS = ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt")
LINE_PARTS = ("fulamt_ownpay_amt", "overlmt_amt", "preselfpay_amt", "inscp_scp_amt")
PLACES = pytest.mark.parametrize("place", ["110000", "520100"])


def audit(counter: Counter) -> None:
    """Both sides hold the same valid sales, with their lines; the account has paid exactly for those."""
    ref, patient = counter.ref, counter.patient
    treatment, insured = ref.parties["520000"].store, ref.parties[province_of(counter.place)].store
    sales = {s.setl_id: s for s in treatment.all(SETTLEMENTS) if s.infno == "2102"}
    valid = {setl_id for setl_id, sale in sales.items() if sale.state == "valid"}
    claims = {c.setl_id: c for c in insured.all(CLAIMS) if c.state == "valid"}
    assert valid == set(claims)
    for setl_id, sale in sales.items():
        visit = treatment.get(VISITS, sale.mdtrt_id)
        assert visit is not None
        assert (setl_id in valid) == (visit.state == "open")
        held = {line.feedetl_sn for line in treatment.find(LINES, "visit", sale.mdtrt_id) if line.setl_id == setl_id}
        assert held == (set(sale.lines) if setl_id in valid else set())
    account = insured.get(ACCOUNTS, patient.psn_no, patient.insutype)
    balance = patient.balance if account is None else account.balance
    assert patient.balance - sum(claim.account for claim in claims.values()) == balance


@PLACES
def test_a_sale_from_trial_to_cancellation(place):
    """The trial says what the sale gives and leaves nothing; the cancellation gives it all back, with minus signs."""
    counter = shop(person(place)).sign_in()
    before = counter.balance(), counter.used()
    trial = counter.ok("2101", counter.sale())
    assert before == (counter.balance(), counter.used())
    assert {} == {s.setl_id: s for s in counter.ref.parties["520000"].store.all(SETTLEMENTS)}
    sale = counter.ok("2102", counter.sale())
    head = sale["setlinfo"]
    money = (*PARTS, "fund_pay_sumamt", "acct_pay", "psn_cash_pay", "balc", "medfee_sumamt")
    assert {name: trial["setlinfo"][name] for name in money} == {name: head[name] for name in money}
    assert "41" == head["clr_type"] == head["med_type"]
    assert (
        head["medfee_sumamt"]
        == sum(head[name] for name in PARTS)
        == sum(r["det_item_fee_sumamt"] for r in sale["detlcutinfo"])
    )
    assert [head[name] for name in PARTS] == [sum(row[n] for row in sale["detlcutinfo"]) for n in LINE_PARTS]
    assert before[0] - parse(head["acct_pay"]) == counter.balance()
    counter.mdtrt_id, counter.setl_id = head["mdtrt_id"], head["setl_id"]
    audit(counter)
    back = counter.ok("2103", counter.cancellation())["setlinfo"]
    assert {name: -head[name] for name in ("fund_pay_sumamt", "acct_pay", "medfee_sumamt", "psn_part_amt")} == {
        name: back[name] for name in ("fund_pay_sumamt", "acct_pay", "medfee_sumamt", "psn_part_amt")
    }
    assert before == (counter.balance(), counter.used())
    audit(counter)


def test_both_fall_with_the_cancellation():
    """After 2103 neither the settlement can be cancelled again nor the sale be seen; another sale is possible."""
    counter = shop().sign_in()
    counter.sell()
    counter.ok("2103", counter.cancellation())
    assert says(counter.send("2103", counter.cancellation()), "settlement.cancelled")
    assert [] == counter.ok("5201", counter.mine(**counter.period(), med_type="41"))["mdtrtinfo"]
    counter.sell()
    audit(counter)


def test_a_cancellation_that_keeps_the_lines_is_caught():
    """The audit of these tests sees a platform that cancels only the settlement."""

    def only_the_settlement(context: Any) -> Any:
        data = context.node()
        return (yield from give_back(context, data, visit_of(context, data, "pharmacy", cancelled=True)))

    counter = shop(ref=world(handlers={"treatment": {"2103": only_the_settlement}})).sign_in()
    counter.sell()
    counter.ok("2103", counter.cancellation())
    with pytest.raises(AssertionError):
        audit(counter)


@PLACES
def test_a_sale_reversed(place):
    """2601 of 2102 leaves no trace in account, counters or queries; of 2103 it leaves the sale as it was."""
    counter = shop(person(place)).sign_in()
    before = counter.balance(), counter.used()
    message = counter.message("2102", counter.sale())
    head = counter.call(message)["output"]["setlinfo"]
    counter.mdtrt_id, counter.setl_id = head["mdtrt_id"], head["setl_id"]
    after = counter.balance(), counter.used()
    cancel = counter.message("2103", counter.cancellation())
    counter.call(cancel)
    counter.ok("2601", counter.reversal(cancel))
    assert after == (counter.balance(), counter.used())
    audit(counter)
    rows = counter.ok("5204", counter.cancellation())
    assert head["medfee_sumamt"] == sum(row["det_item_fee_sumamt"] for row in rows)
    counter.ok("2601", counter.reversal(message))
    assert before == (counter.balance(), counter.used())
    assert says(counter.send("5203", counter.cancellation()), "settlement.unknown")
    assert says(counter.send("2103", counter.cancellation()), "settlement.unknown")
    audit(counter)
    counter.ok("2601", counter.reversal(message))  # a repeated reversal has no second effect
    assert before == (counter.balance(), counter.used())


@PLACES
@pytest.mark.parametrize("infno", ["2102", "2103"])
def test_repeated_messages_get_the_stored_reply(place, infno):
    """Same msgid and body: the very reply again, money moved once; another body: refused."""
    counter = shop(person(place)).sign_in()
    if infno == "2103":
        counter.sell()
    message = counter.message(infno, counter.sale() if infno == "2102" else counter.cancellation())
    first = counter.call(message)
    before = counter.balance(), counter.used()
    assert first == counter.call(message)
    assert before == (counter.balance(), counter.used())
    key = "druginfo" if infno == "2102" else "data"
    other = {**message, "input": {**message["input"], key: {**message["input"][key], "exp_content": "{}"}}}
    assert says(counter.call(other), "message.other_body")
    audit(counter)


@pytest.mark.parametrize("infno", ["2102", "2103"])
@pytest.mark.parametrize("lost_at", range(1, 5))
def test_whatever_is_lost_the_same_message_completes_it(infno, lost_at):
    """An ask or an answer is lost at any hop; the sender repeats the message, and one sale stands, or none."""
    counter = shop().sign_in()
    if infno == "2103":
        counter.sell()
    message = counter.message(infno, counter.sale() if infno == "2102" else counter.cancellation())
    way = Travelling(counter.ref, message, "520000")
    hop = 0
    while not way.over:
        way.step(counter.now, lose=hop == lost_at)
        hop += 1
    assert says(way.reply, "unanswered")
    reply = counter.call(message)
    assert 0 == reply["infcode"], reply["err_msg"]
    audit(counter)
    assert (infno == "2102") == bool(list(claims_of(counter.ref)))


def claims_of(ref: Reference) -> list[str]:
    return [claim.setl_id for claim in ref.parties["110000"].store.all(CLAIMS) if claim.state == "valid"]


@pytest.mark.parametrize("infno", ["2102", "2103"])
@pytest.mark.parametrize("hops", range(6))
def test_a_reversal_wins_over_an_original_under_way(infno, hops):
    """Reversed at any hop, the original ends refused, and both sides hold what they held before."""
    counter = shop().sign_in()
    if infno == "2103":
        counter.sell()
    held = claims_of(counter.ref)
    message = counter.message(infno, counter.sale() if infno == "2102" else counter.cancellation())
    way = Travelling(counter.ref, message, "520000")
    for _ in range(hops):
        if not way.over:
            way.step(counter.now)
    reversal = counter.message("2601", counter.reversal(message))
    counter.call(reversal)
    while not way.over:
        way.step(counter.now)
    counter.call(reversal)
    assert says(counter.call(message), "message.reversed")
    assert held == claims_of(counter.ref)
    audit(counter)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(["sell", "repeat", "cancel", "reverse sale", "reverse cancel"]), max_size=8))
def test_any_sequence_leaves_both_sides_agreeing(steps):
    """Whatever is sold, repeated, cancelled and reversed in any order, the audit holds after every message."""
    counter = shop().sign_in()
    sales: list[Message] = []
    cancels: list[Message] = []
    for step in steps:
        if step == "sell":
            message = counter.message("2102", counter.sale())
            sales.append(message)
            head = counter.call(message)["output"]["setlinfo"]
            counter.mdtrt_id, counter.setl_id = head["mdtrt_id"], head["setl_id"]
        elif step == "repeat" and sales:
            counter.call(sales[-1])
        elif step == "cancel" and counter.setl_id:
            cancels.append(counter.message("2103", counter.cancellation()))
            counter.call(cancels[-1])
        elif step == "reverse sale" and sales:
            counter.send("2601", counter.reversal(sales[-1]))
        elif step == "reverse cancel" and cancels:
            counter.send("2601", counter.reversal(cancels[-1]))
        audit(counter)


def test_a_refused_sale_leaves_nothing():
    """Refused by the insured place, neither visit nor settlement remains; a corrected sale goes through."""
    counter = shop().sign_in()
    assert says(counter.send("2102", counter.sale(mdtrt_cert_no=person(n=1).token)), "credential.not_persons")
    store = counter.ref.parties["520000"].store
    assert [0, 0, 0] == [store.count(table) for table in (VISITS, SETTLEMENTS, LINES)]
    counter.sell()


def bad_line(counter: Counter, at: int, **changes: Any) -> Message:
    content = counter.sale()
    content["drugdetail"][at] |= changes
    return content


REFUSALS: list[tuple[str, str, Any]] = [
    ("institution.not_pharmacy", "2102", lambda c: Counter(c.ref, c.patient, GUIYANG).message("2102", c.sale())),
    ("institution.not_pharmacy", "2101", lambda c: Counter(c.ref, c.patient, GUIYANG).message("2101", c.sale())),
    ("settlement.total", "2102", lambda c: c.sale(medfee_sumamt=Decimal("1.00"))),
    ("settlement.total", "2101", lambda c: c.sale(medfee_sumamt=Decimal("1.00"))),
    ("line.unknown_code", "2102", lambda c: bad_line(c, 0, med_list_codg="X")),
    ("line.product", "2102", lambda c: bad_line(c, 1, det_item_fee_sumamt=Decimal("1.00"))),
    ("line.duplicate", "2102", lambda c: bad_line(c, 1, feedetl_sn="1")),
    ("line.quantity", "2102", lambda c: bad_line(c, 0, cnt=-3, det_item_fee_sumamt=-wire(ITEMS[0].price * 3 // 10_000))),
    ("chronic.no_disease", "2102", lambda c: c.sale(med_type="14")),
    ("person.no_chronic", "2102", lambda c: c.sale(med_type="14", dise_codg="M03900")),
    ("person.insutype", "2102", lambda c: c.sale(insutype="390")),
    ("credential.not_persons", "2101", lambda c: c.sale(mdtrt_cert_no=person(n=1).token)),
    ("account.shared", "2102", lambda c: c.sale(acct_used_flag="2")),
    ("person.unknown", "2102", lambda c: c.sale(psn_no="1")),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "infno", "spoil"), REFUSALS, ids=[f"{r[1]}-{r[0]}" for r in REFUSALS])
def test_one_fault_is_refused_for_its_reason(reason, infno, spoil):
    """The spoiled sale is refused with that reason, the same one without the fault is accepted."""
    counter = shop().sign_in()
    content = spoil(counter)
    refused = counter.call(content) if "infno" in content else counter.send(infno, content)
    assert says(refused, reason), refused["err_msg"]
    counter.ok(infno, counter.sale())


def test_the_refusals_of_a_cancellation():
    """Another pharmacy's, another person's, a hospital's: each for its reason; the good one after them is accepted."""
    counter = shop().sign_in()
    counter.sell()
    other = shop(counter.patient, counter.ref, OTHER_SHOP)
    other.mdtrt_id, other.setl_id = counter.mdtrt_id, counter.setl_id
    assert says(other.send("2103", other.cancellation()), "visit.other_institution")
    assert says(counter.send("2103", counter.cancellation(psn_no=person(n=1).psn_no)), "visit.other_person")
    assert says(counter.send("2103", counter.cancellation(setl_id="1")), "settlement.unknown")
    assert says(counter.send("2103", counter.cancellation(mdtrt_id="1")), "visit.unknown")
    assert says(counter.send("2208", counter.cancellation()), "visit.other_kind")
    counter.ok("2103", counter.cancellation())


def test_a_pharmacy_treats_nobody():
    """Registration and admission are a hospital's."""
    counter = shop().sign_in()
    assert says(counter.send("2201", counter.registration()), "institution.not_hospital")
    assert says(counter.send("2401", counter.admission()), "institution.not_hospital")
    hospital = Counter(counter.ref, counter.patient, GUIYANG)
    hospital.ok("2201", hospital.registration())
    hospital.ok("2401", hospital.admission())


def test_an_institution_without_a_type_is_a_hospital():
    """Whoever brings institutions of his own need not say it."""
    assert "1" == evolve(GUIYANG, fixmedins_code="H52019900099").fixmedins_type
    assert "2" == SHOP.fixmedins_type


def test_a_lost_sale_is_not_shown_until_it_is_answered():
    """5201 and 5203 show a sale once the insured place has answered."""
    counter = shop().sign_in()
    message = counter.message("2102", counter.sale())
    work = counter.ref.parties["520000"].handle(message, counter.now)
    next(work)
    with pytest.raises(StopIteration):
        work.send(Lost())
    assert [] == counter.ok("5201", counter.mine(**counter.period(), med_type="41"))["mdtrtinfo"]
    counter.call(message)
    assert 1 == len(counter.ok("5201", counter.mine(**counter.period(), med_type="41"))["mdtrtinfo"])


def test_all_pharmacy_transactions_stand_in_the_table():
    """They are handlers like any other and can be replaced."""
    assert {"2101", "2102", "2103"} <= set(TREATMENT)
