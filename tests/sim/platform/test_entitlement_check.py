"""2001: what the check promises, a settlement keeps."""

from typing import Any

import pytest
from attrs import evolve
from counter import BEIJING, DISEASE, GUIYANG, SHOP, Counter
from platform_desk import person, says, world

from sim.benefits import policies
from sim.benefits.load import funds
from sim.platform import persons, reference

EMPLOYEE, RESIDENT = person("110000"), person("110000", "1501")
SUSPENDED = next(p for p in persons() if p.insuplc_admdvs == "110000" and p.psn_insu_stas == "2")
BY_CODE = {fund.code: fund for fund in funds().values()}
PEOPLE = [
    next(p for p in persons() if (p.insuplc_admdvs, p.psn_type, p.psn_insu_stas) == (place, psn_type, "1"))
    for place in ("110000", "520100", "500000")
    for psn_type in ("1101", "1201", "1501")
]


def rows_of(counter: Counter, med_type: str, **more: Any) -> dict[str, dict[str, Any]]:
    rows = counter.ok("2001", counter.asked_for(med_type, **more))["trtinfo"]
    assert len(rows) == len({row["fund_pay_type"] for row in rows})
    return {row["fund_pay_type"]: row for row in rows}


def test_a_standing_person_enjoys_pool_and_account():
    """One row a fund, without a reason; a resident has no account."""
    counter = Counter(world(), EMPLOYEE)
    rows = rows_of(counter, "11")
    assert {"310100", "310200"} == set(rows)
    assert {"1"} == {row["trt_enjymnt_flag"] for row in rows.values()}
    assert "310200" not in rows_of(Counter(world(), RESIDENT), "11")


@pytest.mark.parametrize(
    ("patient", "more", "reason"),
    [
        (SUSPENDED, {}, "参保状态为 2"),
        (EMPLOYEE, {"begntime": "1999-01-01 00:00:00"}, "早于参保日期"),
        (EMPLOYEE, {"med_type": "14", "dise_codg": "M01600"}, "未备案门诊慢特病病种 M01600"),
    ],
)
def test_no_fund_pays_and_the_reason_is_told(patient, more, reason):
    """Every row says no, for that reason; the same question without the fault is answered with yes."""
    counter = Counter(world(), patient)
    rows = rows_of(counter, **{"med_type": "11", **more})
    assert rows
    for row in rows.values():
        assert "0" == row["trt_enjymnt_flag"]
        assert reason in row["trt_chk_rslt"]
    assert "1" in {row["trt_enjymnt_flag"] for row in rows_of(Counter(world(), EMPLOYEE), "11").values()}


def test_an_empty_account_pays_nothing():
    """The account's own row says so, the pool's does not."""
    poor = evolve(EMPLOYEE, balance=0)
    rows = rows_of(Counter(world(people=[poor]), poor), "11")
    assert ["1", "0"] == [rows[code]["trt_enjymnt_flag"] for code in ("310100", "310200")]


def test_a_chronic_filing_opens_the_pool_for_its_days():
    """The row prints the filing's own period."""
    patient = evolve(EMPLOYEE, insuplc_admdvs="520100", chronic=())
    counter = Counter(world(people=[patient]), patient)
    counter.file("2503", counter.chronic(enddate="2024-12-31"))
    asked = {"med_type": "14", "dise_codg": DISEASE}
    assert {"0"} == {row["trt_enjymnt_flag"] for row in rows_of(counter, **asked).values()}
    row = rows_of(counter.later(), **asked)["310100"]
    assert ("1", "2024-03-05", "2024-12-31") == (row["trt_enjymnt_flag"], row["begndate"], row["enddate"])


def test_unfiled_care_is_told():
    """A hint beside the yes; none for the filed, at home, or in an emergency."""
    unfiled = evolve(EMPLOYEE, filings=())
    ref = world(people=[unfiled])
    hints = {
        "out of town": rows_of(Counter(ref, unfiled), "11"),
        "emergency": rows_of(Counter(ref, unfiled), "13"),
        "at home": rows_of(Counter(ref, unfiled, BEIJING), "11"),
    }
    assert {"out of town": True, "emergency": False, "at home": False} == {
        name: "未办理异地就医备案" in rows["310100"]["trt_chk_rslt"] for name, rows in hints.items()
    }


@pytest.mark.parametrize("patient", PEOPLE, ids=[f"{p.insuplc_admdvs}-{p.psn_type}" for p in PEOPLE])
@pytest.mark.parametrize("hospital", [GUIYANG, BEIJING], ids=["Guiyang", "Beijing"])
@pytest.mark.parametrize("kind", ["outpatient", "inpatient"])
def test_what_the_check_rules_out_pays_nothing(patient, hospital, kind):
    """Under the real policies: every fund that pays in the settlement was flagged 1 before it."""
    counter = Counter(reference(), patient, hospital)
    rows = rows_of(counter, "11" if kind == "outpatient" else "21")
    counter.ready() if kind == "outpatient" else counter.ready_to_leave()
    reply = counter.ok("2207" if kind == "outpatient" else "2304", counter.settlement())
    paying = {row["fund_pay_type"] for row in reply["setldetail"] if row["fund_payamt"]}
    assert paying <= {code for code, row in rows.items() if row["trt_enjymnt_flag"] == "1"}
    allowed = {use.fund.code for p in policies() for uses in p.care.values() for use in uses if use.fund}
    assert set(rows) <= allowed | {"310200"}
    assert all((row["trt_chk_rslt"] != "") or row["trt_enjymnt_flag"] == "1" for row in rows.values())


def test_the_check_leaves_no_trace():
    """Asked many times, account and counters are as before."""
    counter = Counter(world(), EMPLOYEE)
    before = counter.balance(), counter.used()
    for _ in range(3):
        rows_of(counter, "11")
    assert before == (counter.balance(), counter.used())


def test_one_fault_is_refused_for_its_reason():
    """Institution, insurance, period: each fault has its reason, the good question after them is answered."""
    counter = Counter(world(), EMPLOYEE)
    for reason, changes in (
        ("institution.unknown", {"fixmedins_code": "H99999999999"}),
        ("institution.elsewhere", {"fixmedins_code": BEIJING.fixmedins_code}),
        ("person.insutype", {"insutype": "390"}),
        ("person.unknown", {"psn_no": "1"}),
        ("period.ends_early", {"endtime": "2024-03-04 00:00:00"}),
    ):
        refused = counter.send("2001", counter.asked_for("11", **changes))
        assert says(refused, reason), refused["err_msg"]
    rows_of(counter, "11")


def test_a_pharmacy_is_asked_about_as_one():
    """The check of a purchase is answered too."""
    counter = Counter(world(), EMPLOYEE)
    assert "310100" in rows_of(counter, "41", fixmedins_code=SHOP.fixmedins_code)
