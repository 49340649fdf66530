"""Bills as files, and the explanation of their settlement."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from sim.benefits.bill import read_bill
from sim.benefits.explain import as_data, as_text, settle_bill
from sim.errors import InputError
from sim.resources import fixtures

BILLS = sorted(Path(str(fixtures("bills"))).glob("*.yaml"))
GOOD = """\
title: {zh: 一张账单, en: a bill}
policy: beijing-employee
on: "2024-03-15"
care: inpatient
level: L3
person: {age: 45}
used: {stays: 1, pool_paid: 100.00}
lines:
  - {med_list_codg: A, chrgitm_lv: "01", pric: 60.25, cnt: 2, det_item_fee_sumamt: 120.50}
  - {med_list_codg: B, chrgitm_lv: "02", pric: 45.2, cnt: 15}
"""
# (what is wrong, text replaced, replacement, line, key, part of the message)
BAD = [
    ("does not multiply out", "120.50", "120.51", 9, "lines[0].det_item_fee_sumamt", "120.51"),
    ("three decimals", "120.50", "120.505", 9, "lines[0].det_item_fee_sumamt", "two decimals"),
    ("price with seven decimals", "45.2,", "45.1234567,", 10, "lines[1].pric", "6 decimals"),
    ("quantity with five decimals", "cnt: 15", "cnt: 1.00001", 10, "lines[1].cnt", "4 decimals"),
    ("unknown class", 'chrgitm_lv: "02"', 'chrgitm_lv: "05"', 10, "lines[1].chrgitm_lv", "03"),
    ("unknown key", "cnt: 15", "count: 15", 10, "lines[1]", "cnt"),
    ("no price", "pric: 45.2, ", "", 10, "lines[1].pric", "pric"),
    ("negative price", "pric: 45.2", "pric: -45.2", 10, "lines[1].pric", "negative"),
    ("share above one", "cnt: 15", "cnt: 15, selfpay_prop: 1.2", 10, "lines[1].selfpay_prop", "120%"),
    ("refund of nothing", "cnt: 15", "cnt: -15", 10, "lines[1].init_feedetl_sn", "refund"),
    ("number twice", "- {med_list_codg: B", "- {feedetl_sn: 1, med_list_codg: B", 10, "lines[1].feedetl_sn", "twice"),
    ("unknown level", "level: L3", "level: L5", 5, "level", "L5"),
    ("a day that is none", "2024-03-15", "2024-02-30", 3, "on", "2024-02-30"),
    ("unknown counter", "pool_paid", "pool_pay", 7, "used.pool_pay", "pool_paid"),
    ("half a stay", "stays: 1,", "stays: 1.5,", 7, "used.stays", "decimals"),
    ("a word for a truth", "age: 45", "age: 45, retired: yes", 6, "person.retired", "boolean"),
    ("an impossible age", "age: 45", "age: 200", 6, "person.age", "150"),
]


def write(folder: Path, text: str) -> Path:
    file = folder / "bill.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_there_are_sample_bills_of_every_kind() -> None:
    """Classes, limit, restricted item, refund, deductible and cap crossed, out of town."""
    bills = [read_bill(file) for file in BILLS]
    lines = [one for bill in bills for one in bill.lines]
    assert {"01", "02", "03"} == {one.chrgitm_lv for one in lines}
    assert any(one.limit is not None and one.limit < one.price for one in lines)
    assert {True, None} <= {one.approved for one in lines if one.restricted}
    assert any(one.quantity < 0 for one in lines)
    assert any(bill.case.treated_in for bill in bills)
    done = [settle_bill(file) for file in BILLS]
    clauses = {step.clause for one in done for step in one.steps if "cap" in step.inputs}
    assert clauses
    crossed = [d for d in done if 0 < d.settlement.amounts["act_pay_dedc"] < d.settlement.amounts["inscp_scp_amt"]]
    assert any(d.bill.used.outpatient_deductible for d in crossed)


@pytest.mark.parametrize("file", BILLS, ids=lambda f: f.stem)
def test_a_sample_bill_is_explained_in_both_languages(file: Path) -> None:
    """Every step with its clause and every closing sum is printed; as data it is plain JSON with yuan as text."""
    done = settle_bill(file)
    zh, en = as_text(done, "zh"), as_text(done, "en")
    data = json.loads(json.dumps(as_data(done)))
    assert [step.clause for step in done.steps] == [row["clause"] for row in data["steps"]]
    for step in done.steps:
        assert step.clause in zh
        assert step.text.show("zh") in zh
        assert step.text.show("en") in en
    assert ["A1", "A2", "A3", "A4", "A5", "A6"] == [row["id"] for row in data["closing"]]
    assert all(row["left"] == row["right"] for row in data["closing"])
    total = sum(Decimal(row["det_item_fee_sumamt"]) for row in data["lines"])
    assert Decimal(data["amounts"]["medfee_sumamt"]) == total
    assert all(
        str(value).isdigit() or isinstance(value, int) for row in data["steps"] for value in row["inputs"].values()
    )


def test_another_policy_and_date_can_be_named(tmp_path: Path) -> None:
    """The bill's own policy and date are defaults."""
    file = write(tmp_path, GOOD)
    assert "beijing-employee" == settle_bill(file).policy.id
    other = settle_bill(file, "guiyang-employee", date(2025, 1, 2))
    assert ("guiyang-employee", date(2025, 1, 2), 2025) == (
        other.policy.id,
        other.bill.case.on,
        other.bill.used.year,
    )


def test_the_good_bill_is_good(tmp_path: Path) -> None:
    """What the bad ones differ from is settled."""
    done = settle_bill(write(tmp_path, GOOD)).settlement.amounts
    assert (79_850, 6_780, 65_000) == (done["medfee_sumamt"], done["preselfpay_amt"], done["act_pay_dedc"])


@pytest.mark.parametrize(("old", "new", "line", "key", "says"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_a_bad_bill_is_refused_with_file_line_and_key(
    tmp_path: Path, old: str, new: str, line: int, key: str, says: str
) -> None:
    """One fault in the good bill: the error names the file, the line, the key and the rule."""
    assert 1 == GOOD.count(old)
    file = write(tmp_path, GOOD.replace(old, new))
    with pytest.raises(InputError) as caught:
        settle_bill(file)
    place = caught.value.place
    assert place is not None
    assert (str(file), line) == (place.file, place.line), caught.value
    assert key in place.key
    assert says in caught.value.show("en")
    assert caught.value.show("zh") != caught.value.show("en")


def test_a_missing_bill_or_policy_is_named(tmp_path: Path) -> None:
    """The file that is not there, the policy with its nearest name."""
    with pytest.raises(InputError, match=r"nowhere\.yaml"):
        settle_bill(tmp_path / "nowhere.yaml")
    with pytest.raises(InputError, match="nearest valid name: guiyang-employee"):
        settle_bill(write(tmp_path, GOOD), "guiyan-employee")
