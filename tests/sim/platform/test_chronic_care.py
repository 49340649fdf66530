"""Care of a filed chronic disease (门诊慢特病): from filing to settlement and the record of drugs."""

from datetime import date, datetime
from typing import Any

import pytest
from attrs import evolve
from counter import BEIJING, DISEASE, GUIYANG, SECOND, SHOP, Counter, shop
from platform_desk import ITEMS, NOW, HalfPolicy, person, says, world

from sim.benefits import Care, Case
from sim.benefits.case import DISEASES
from sim.benefits.policy import Plan
from sim.interface import interface
from sim.platform import Lost
from sim.platform.agency import decide
from sim.platform.chronic import MED_TYPES, diseases, name_of, settled_across
from sim.platform.insured.benefit import compute, printed
from sim.platform.insured.entitlement import entitled
from sim.platform.treatment.prints import DRUGS

LOCAL = evolve(person("520100"), filings=(), chronic=())
FILED = evolve(person(), chronic=(DISEASE,))
DRUG_CODES = [item.code for item in ITEMS[6:12] if item.list_type in DRUGS]


class Watching(HalfPolicy):
    """The test policy, remembering the cases."""

    def __init__(self) -> None:
        self.cases: list[Case] = []

    def plan(self, case: Any) -> Plan:
        self.cases.append(case)
        return super().plan(case)


def desk(patient: Any = LOCAL, hospital: Any = GUIYANG, **given: Any) -> Counter:
    return Counter(world(people=[patient, person("520100", n=1)], **given), patient, hospital).sign_in()


def test_from_filing_to_settlement():
    """Identified and filed, not settled before the approval, settled after it, and the drugs are on record."""
    policy = Watching()
    counter = desk(policies=lambda *_: policy)
    number = counter.file("2503", counter.chronic())
    counter.chronic_visit()
    assert says(counter.send("2206", counter.asked(med_type="14")), "chronic.not_approved")
    assert says(counter.send("2207", counter.chronic_settlement()), "chronic.not_approved")
    decide(counter.insured, number, True, counter.now)
    head = counter.ok("2207", counter.chronic_settlement())["setlinfo"]
    assert Care.CHRONIC is policy.cases[-1].care
    assert "hypertension" == policy.cases[-1].disease
    assert "14" == head["med_type"]
    rows = counter.ok("5205", counter.mine(**counter.period()))["feedetail"]
    assert DRUG_CODES == [row["med_list_codg"] for row in rows]


def test_the_visit_must_name_its_disease():
    """2203 of a chronic visit without dise_codg is refused, with it accepted; other visits need none.

    The interface itself asks for it with med_type 14; the platform with every type of chronic care.
    """
    counter = desk().register()
    assert says(counter.send("2203", counter.description(med_type="14")), "schema.violated")
    counter = desk(checked=False).register()
    for med_type in MED_TYPES:
        assert says(counter.send("2203", counter.description(med_type=med_type)), "chronic.no_disease")
    counter.describe(med_type="14", dise_codg=DISEASE, dise_name="示例病种")
    counter.describe()


def test_a_filing_holds_for_its_disease_and_its_days():
    """Another disease, the day before and the day after are refused, each for its reason."""
    counter = desk()
    number = counter.file("2503", counter.chronic(begndate="2024-03-04", enddate="2024-03-05"))
    decide(counter.insured, number, True, counter.now)
    counter.chronic_visit("M01600")
    assert says(counter.send("2207", counter.chronic_settlement()), "person.no_chronic")
    for day, valid in ((3, False), (4, True), (5, True), (6, False)):
        visit = Counter(counter.ref, LOCAL)
        visit.now = datetime(2024, 3, day, 9)
        visit.chronic_visit()
        reply = visit.send("2207", visit.chronic_settlement())
        assert valid == (reply["infcode"] == 0)
        assert valid or says(reply, "chronic.not_valid")


def test_across_provinces_only_the_national_diseases():
    """The five from 2021, ten from the end of 2024; a disease of a pool's own list only at home."""
    for code, accepted in (("M03900", True), ("M05300", False), ("M99900", False)):
        counter = desk(evolve(person(), chronic=(code,))).chronic_visit(code)
        reply = counter.send("2207", counter.chronic_settlement())
        assert accepted == (reply["infcode"] == 0)
        assert accepted or says(reply, "chronic.not_across")
        home = desk(evolve(person(), chronic=(code,)), BEIJING).chronic_visit(code)
        home.ok("2207", home.chronic_settlement())
    assert [False, True] == [settled_across("M05300", day) for day in (date(2024, 11, 30), date(2024, 12, 1))]
    assert settled_across("M00503", NOW.date())  # a local subcode of a national disease


def test_designated_institutions_bind_chronic_care():
    """Once designated in a province, care elsewhere in it is refused; care of another kind, or elsewhere, is not."""
    counter = desk(FILED)
    number = counter.file("2505", counter.designation(SECOND))
    counter.chronic_visit()
    counter.ok("2206", counter.asked(med_type="14"))
    decide(counter.insured, number, True, counter.now)
    assert says(counter.send("2207", counter.chronic_settlement()), "chronic.not_designated")
    chosen = Counter(counter.ref, FILED, SECOND).chronic_visit()
    chosen.ok("2207", chosen.chronic_settlement())
    home = Counter(counter.ref, FILED, BEIJING).chronic_visit()
    home.ok("2207", home.chronic_settlement())
    Counter(counter.ref, FILED).ready().settle()


def test_drugs_are_on_record_wherever_they_were_bought():
    """A hospital's and a pharmacy's, of two provinces, in order of time; nothing of ordinary care or cancelled bills."""
    first = desk(FILED).chronic_visit()
    first.setl_id = first.ok("2207", first.chronic_settlement())["setlinfo"]["setl_id"]
    home = Counter(first.ref, FILED, BEIJING).later().chronic_visit()
    home.ok("2207", home.chronic_settlement())
    pharmacy = shop(FILED, first.ref).later(2)
    pharmacy.ok("2102", pharmacy.sale(med_type="14", dise_codg=DISEASE))
    Counter(first.ref, FILED).ready().settle()
    seen = Counter(first.ref, FILED, SECOND).later(3)
    rows = seen.ok("5205", seen.mine(**seen.period()))["feedetail"]
    where = [GUIYANG.fixmedins_code] * len(DRUG_CODES) + [BEIJING.fixmedins_code] * len(DRUG_CODES)
    assert [*where, *[SHOP.fixmedins_code] * 3] == [row["fixmedins_code"] for row in rows]
    sold = pharmacy.sale()["drugdetail"][0]
    names = ("feedetl_sn", "fee_ocur_time", "med_list_codg", "medins_list_codg", "cnt", "pric")
    assert {name: sold[name] for name in names} == {name: rows[-3][name] for name in names}
    assert SHOP.fixmedins_name == rows[-1]["fixmedins_name"]
    first.ok("2208", first.cancellation())
    assert len(rows) - len(DRUG_CODES) == len(seen.ok("5205", seen.mine(**seen.period()))["feedetail"])
    only = {"begntime": "2024-03-06 00:00:00", "endtime": "2024-03-06 23:59:59"}
    assert {BEIJING.fixmedins_code} == {r["fixmedins_code"] for r in seen.ok("5205", seen.mine(**only))["feedetail"]}
    backwards = {"begntime": "2024-03-06 00:00:00", "endtime": "2024-03-05 00:00:00"}
    assert says(seen.send("5205", seen.mine(**backwards)), "period.ends_early")


def test_a_lost_chronic_settlement_is_completed():
    """What goes along with it is the same the second time, so the insured place recognises it."""
    counter = desk(FILED).chronic_visit()
    message = counter.message("2207", counter.chronic_settlement())
    work = counter.ref.parties["520000"].handle(message, counter.now)
    ask = next(work)
    first = counter.ref.call(ask.message, counter.now, ask.to)
    with pytest.raises(StopIteration):
        work.send(Lost())
    again = counter.call(message)
    assert first["output"]["setlinfo"]["acct_pay"] == again["output"]["setlinfo"]["acct_pay"]
    assert len(DRUG_CODES) == len(counter.ok("5205", counter.mine(**counter.period()))["feedetail"])


def test_a_platform_that_asks_for_no_filing_is_caught():
    """The refusals above are seen to be missing where the entitlement alone is checked."""

    def lenient(context: Any) -> Any:
        context.message["input"]["relay"]["case"]["med_type"] = "11"
        entitled(context, context.node())
        return printed(context, compute(context))

    counter = desk(handlers={"insured": {"2206": lenient}}).chronic_visit()
    assert not says(counter.send("2206", counter.asked(med_type="14")), "person.no_chronic")


def test_the_list_of_diseases_is_the_one_the_benefits_know():
    """One list of codes; med_type values are the interface's; a code of a pool's own list has no national name."""
    assert set(DISEASES.values()) == set(diseases())
    assert set(MED_TYPES) <= set(interface().codelists["med_type"].values)
    assert ["高血压", "高血压", "M99900"] == [name_of(code) for code in ("M03900", "M03901", "M99900")]
