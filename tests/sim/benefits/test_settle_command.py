"""`yidi settle BILL`: every example bill settles and closes; every kind of bad input is one clear error, nothing else."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import fields

import yidi
from sim.benefits import Case, read_bill
from sim.benefits.bill import SCHEMA
from sim.benefits.bill_schema import PERSON
from sim.benefits.closing import FUNDS, PARTS
from sim.resources import fixtures

BILLS = sorted(Path(str(fixtures("bills"))).glob("*.yaml"))
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs the command line as the console script does: exit code, standard output, standard error."""
    monkeypatch.setattr(yidi, "LANG", "en")

    def run(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["yidi", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            yidi.main()
        out, err = capsys.readouterr()
        return int(str(ended.value.code)), out, err

    return run


# Every example


@pytest.mark.parametrize("file", BILLS, ids=lambda f: f.stem)
def test_an_example_bill_settles_and_closes(file: Path, command: Command) -> None:
    """The identities of the interface, worked out here from what the command prints; nobody pays a negative amount."""
    code, out, err = command("settle", file, "--json")
    assert (0, "") == (code, err)
    data = json.loads(out)
    got = {name: Decimal(value) for name, value in data["amounts"].items()}
    total, fund, person = got["medfee_sumamt"], got["fund_pay_sumamt"], got["psn_part_amt"]
    assert total == sum(got[name] for name in PARTS) == fund + person
    assert fund == sum(got[name] for name in FUNDS)
    assert person == got["acct_pay"] + got["psn_cash_pay"]
    assert all(value >= 0 for value in got.values())
    assert fund <= got["inscp_scp_amt"]
    rows = {row["fund_pay_type"]: Decimal(row["fund_payamt"]) for row in data["setldetail"]}
    assert fund + got["acct_pay"] == sum(rows.values())
    for part, name in (
        ("det_item_fee_sumamt", "medfee_sumamt"),
        ("inscp_scp_amt", "inscp_scp_amt"),
        ("preselfpay_amt", "preselfpay_amt"),
        ("fulamt_ownpay_amt", "fulamt_ownpay_amt"),
        ("overlmt_amt", "overlmt_selfpay"),
    ):
        assert got[name] == sum(Decimal(line[part]) for line in data["lines"])
    assert data["steps"]


def test_the_examples_have_every_kind_of_care_and_every_field() -> None:
    """Each field of a case differs from its default somewhere, each key of a bill occurs in some example."""
    cases = [read_bill(file).case for file in BILLS]
    assert {"outpatient", "emergency", "chronic", "inpatient", "pharmacy"} == {str(case.care) for case in cases}
    plain = Case("inpatient", "L3", cases[0].on)
    unused = {a.name for a in fields(Case) if all(getattr(c, a.name) == getattr(plain, a.name) for c in cases)}
    assert {"unit_scheme"} == unused  # no pool of the project pays for a unit's scheme
    keys = {key for file in BILLS for key in read_bill(file).document.data}  # type: ignore[union-attr]
    assert set(SCHEMA["properties"]) == keys


def test_a_bill_can_say_every_field_of_a_case() -> None:
    """A field added to `Case` must get a key in the bill."""
    elsewhere = {"transfer_deductible"}  # of the key transfer
    known = {*SCHEMA["properties"], *PERSON, *elsewhere}
    assert set() == {a.name for a in fields(Case)} - known


def test_a_split_stay_shows_both_years(command: Command) -> None:
    """The steps of each year, under that year's clause; dated lines in the year of their day."""
    data = json.loads(command("settle", fixtures("bills", "new-year-split.yaml"), "--json")[1])
    steps = {step["clause"]: step for step in data["steps"] if ".year_end." in step["clause"]}
    assert ["beijing-employee.year_end.2024", "beijing-employee.year_end.2025"] == list(steps)
    assert [(10, 15), (5, 15)] == [(s["inputs"]["days"], s["inputs"]["of"]) for s in steps.values()]
    assert [2_000_001 + 206_000, 1_000_000 + 82_400] == [s["result"] for s in steps.values()]


def test_imported_material_bears_its_own_share(command: Command) -> None:
    """Half of the imported one is first self-pay, a fifth of the other."""
    data = json.loads(command("settle", fixtures("bills", "imported-material.yaml"), "--json")[1])
    assert ["6300.00", "2520.00"] == [line["preselfpay_amt"] for line in data["lines"]]


def test_the_years_of_a_split_stay_sum_to_it(command: Command) -> None:
    """Printed year by year; as data every amount but balance and ratio adds up; a whole stay has no years."""
    bill = fixtures("bills", "new-year-split.yaml")
    data = json.loads(command("settle", bill, "--json")[1])
    assert [2024, 2025] == [year["year"] for year in data["years"]]
    for name, value in data["amounts"].items():
        if name not in ("balc", "pool_prop_selfpay"):
            assert Decimal(value) == sum(Decimal(year[name]) for year in data["years"])
    text = command("settle", bill)[1]
    assert "  2024: medfee_sumamt 22060.01, inscp_scp_amt 21854.01, act_pay_dedc 650.00, " in text
    assert [] == json.loads(command("settle", fixtures("bills", "new-year-whole.yaml"), "--json")[1])["years"]


def test_the_family_account_pays_after_the_own_one(command: Command) -> None:
    """35.00 of the person's own, the rest from the family member's."""
    data = json.loads(command("settle", fixtures("bills", "mutual-aid-account.yaml"), "--json")[1])
    rows = {row["fund_pay_type"]: row["fund_payamt"] for row in data["setldetail"]}
    assert ("35.00", "88.48") == (rows["310200"], data["amounts"]["acct_mulaid_pay"])
    assert "0.00" == data["amounts"]["psn_cash_pay"]


# What each field does


RICH = """\
title: {zh: 一次住院, en: a stay}
policy: beijing-employee
on: "2025-01-10"
care: inpatient
level: L3
filing: long_term
treated_in: "520000"
account: {balance: 50.00, use: true}
person: {age: 45}
used: {stays: 1, pool_paid: 100.00}
lines:
  - {med_list_codg: A, chrgitm_lv: "01", pric: 6000.25, cnt: 2, det_item_fee_sumamt: 12000.50}
  - {feedetl_sn: 7, med_list_codg: B, chrgitm_lv: "02", pric: 45.2, cnt: 15}
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{age: 45}", "{age: 65, retired: true}"),
        ("stays: 1, ", ""),
        ("pool_paid: 100.00", "pool_paid: 99000.00"),
        ("level: L3", "level: L3\ninterim: {total: 9000.00, in_scope: 8000.00, deductible: 1300.00}"),
        ("level: L3", "level: L3\nreadings: {transfer: halved}\ntransfer: {deductible: 0}"),
        ("level: L3", "level: L3\nreadings: {year_end: split}\nadmitted: '2024-12-20'"),
        ("filing: long_term", "filing: other_temporary"),
        ("use: true", "use: false"),
        ("use: true", "use: true, family: {balance: 9.00, use: true}"),
        ("cnt: 15", "cnt: 15, selfpay_prop: 0.3"),
        ("care: inpatient", "care: outpatient"),
    ],
)
def test_a_field_changes_what_is_paid(old: str, new: str, tmp_path: Path, command: Command) -> None:
    """None of them is read and forgotten."""

    def amounts(text: str) -> dict[str, str]:
        file = tmp_path / "bill.yaml"
        file.write_text(text, encoding="utf-8")
        code, out, err = command("settle", file, "--json")
        assert (0, "") == (code, err)
        found: dict[str, str] = json.loads(out)["amounts"]
        return found

    assert 1 == RICH.count(old)
    assert amounts(RICH) != amounts(RICH.replace(old, new))


# Bad input


NEGATIVE = """
  - {feedetl_sn: 11, med_list_codg: R, chrgitm_lv: "01", pric: 0.025, cnt: 2}
  - {feedetl_sn: 12, init_feedetl_sn: 11, med_list_codg: R, chrgitm_lv: "01", pric: 0.025, cnt: -1}
  - {feedetl_sn: 13, init_feedetl_sn: 11, med_list_codg: R, chrgitm_lv: "01", pric: 0.025, cnt: -1}
"""
SPLIT = "level: L3\nreadings: {year_end: split}\nadmitted: '2024-12-20'"
# (what is wrong, text replaced, replacement, line of the file, key, parts of the message)
BAD: list[tuple[str, str, str, int, str, tuple[str, ...]]] = [
    ("unknown policy", "beijing-employee", "bejing-employee", 2, "policy", ("nearest valid name: beijing-employee",)),
    ("no version on the day", "2025-01-10", "1999-01-10", 2, "policy", ("2023-01-01", "1999-01-10")),
    ("unknown class", '"02"', '"04"', 13, "lines[1].chrgitm_lv", ("01, 02, 03",)),
    ("unknown care", "care: inpatient", "care: inpatent", 4, "care", ("nearest valid name: inpatient",)),
    ("unknown level", "level: L3", "level: L33", 5, "level", ("nearest valid name: L3",)),
    ("unknown filing", "long_term", "longterm", 6, "filing", ("nearest valid name: long_term",)),
    ("unknown place", '"520000"', '"52"', 7, "treated_in", ("52",)),
    ("unknown disease", "level: L3", "disease: diabete\nlevel: L3", 5, "disease", ("nearest valid name: diabetes",)),
    ("unknown group", "age: 45", "age: 45, aid_group: destitut", 9, "person.aid_group", ("name: destitute",)),
    ("unknown counter", "pool_paid", "pool_payed", 10, "used.pool_payed", ("nearest valid name: pool_paid",)),
    (
        "unknown reading",
        "level: L3",
        "readings: {year_end: spilt}\nlevel: L3",
        5,
        "readings.year_end",
        ("name: split",),
    ),
    ("unknown point", "level: L3", "readings: {yearend: split}\nlevel: L3", 5, "readings.yearend", ("year_end",)),
    ("unknown field", "care:", "caer:", 4, "caer", ("nearest valid name: care",)),
    ("unknown field of a line", "cnt: 15", "cn: 15", 13, "lines[1].cn", ("nearest valid name: cnt",)),
    ("unknown field of the person", "age:", "ages:", 9, "person.ages", ("nearest valid name: age",)),
    ("unknown field of the account", "use: true", "uses: true", 8, "account.uses", ("nearest valid name: use",)),
    ("missing field", 'on: "2025-01-10"\n', "", 1, "on", ("on",)),
    ("missing field of a line", "pric: 45.2, ", "", 13, "lines[1].pric", ("pric",)),
    ("no lines", RICH[RICH.index("lines:") :], "lines: []\n", 11, "lines", ()),
    ("not multiplied out", "12000.50", "12000.51", 12, "lines[0].det_item_fee_sumamt", ("line 1", "12000.50")),
    ("three decimals", "12000.50", "12000.505", 12, "lines[0].det_item_fee_sumamt", ("two decimals",)),
    ("three decimals of a counter", "100.00", "100.005", 10, "used.pool_paid", ("two decimals",)),
    ("three decimals of an account", "50.00", "50.001", 8, "account.balance", ("two decimals",)),
    ("price with seven decimals", "45.2,", "45.1234567,", 13, "lines[1].pric", ("6 decimals",)),
    ("quantity with five decimals", "cnt: 15", "cnt: 1.00001", 13, "lines[1].cnt", ("4 decimals",)),
    ("negative price", "45.2,", "-45.2,", 13, "lines[1].pric", ("line 7", "negative")),
    ("negative account", "50.00", "-50.00", 8, "account.balance", ("negative",)),
    ("negative counter", "100.00", "-100.00", 10, "used.pool_paid", ("-100",)),
    ("negative total", RICH[RICH.index("\n  - {med") :], NEGATIVE, 11, "lines", ("negative", "-0.01")),
    ("class share above 1", "cnt: 15", "cnt: 15, selfpay_prop: 1.2", 13, "lines[1].selfpay_prop", ("line 7", "120%")),
    ("a number twice", "feedetl_sn: 7", "feedetl_sn: 1", 13, "lines[1].feedetl_sn", ("line 1", "twice")),
    ("refund of nothing", "cnt: 15", "cnt: -15", 13, "lines[1].init_feedetl_sn", ("line 7", "refund")),
    ("a day that is none", "2025-01-10", "2025-02-30", 3, "on", ("yyyy-MM-dd",)),
    ("a day not written so", "2025-01-10", "10.1.2025", 3, "on", ("10.1.2025",)),
    ("admitted after", "level: L3", "admitted: '2025-01-11'\nlevel: L3", 5, "admitted", ("2025-01-11",)),
    (
        "a visit is not admitted",
        "care: inpatient",
        "admitted: '2025-01-01'\ncare: outpatient",
        4,
        "admitted",
        ("stay",),
    ),
    (
        "a visit has no transfer",
        "care: inpatient",
        "transfer: {deductible: 1}\ncare: chronic",
        4,
        "transfer",
        ("stay",),
    ),
    (
        "interim parts above their whole",
        "level: L3",
        "interim: {total: 5, in_scope: 6, deductible: 0}\nlevel: L3",
        5,
        "interim.in_scope",
        ("total",),
    ),
    ("earlier year is this one", "used:", 'used_earlier: {"2025": {}}\nused:', 10, "used_earlier.2025", ("2025",)),
    ("a fee outside the stay", "level: L3", SPLIT, 14, "lines[0].fee_ocur_time", ("line 1", "2024-12-20")),
]


@pytest.mark.parametrize(("old", "new", "line", "key", "says"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_bad_input_is_one_error_and_nothing_is_computed(
    old: str, new: str, line: int, key: str, says: tuple[str, ...], tmp_path: Path, command: Command
) -> None:
    """Exit 2, nothing on standard output, no page written; the error names file, line, key and the rule."""
    assert 1 == RICH.count(old)
    text = RICH.replace(old, new)
    if "fee_ocur" in key:
        text = text.replace("{med_list_codg: A", "{fee_ocur_time: '2024-12-19', med_list_codg: A")
    file, page = tmp_path / "bill.yaml", tmp_path / "page.html"
    file.write_text(text, encoding="utf-8")
    code, out, err = command("settle", file, "--out", page)
    assert (2, "") == (code, out)
    assert not page.exists()
    said = [problem for problem in err.splitlines() if f"{file}, line {line}, key {key}:" in problem]
    assert 1 == len(said), err
    for part in says:
        assert part in said[0]
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--policy", "beijing-employe"), "nearest valid name: beijing-employee"),
        (("--on", "1999-01-01"), "2023-01-01"),
        (("--on", "2025-13-01"), "2025-13-01"),
        (("--policy", "hangzhou-employee", "--on", "2024-01-01"), "2025-01-01"),
    ],
)
def test_bad_options_are_named(words: tuple[str, ...], says: str, tmp_path: Path, command: Command) -> None:
    """The policy or day that does not exist, and what does."""
    file = tmp_path / "bill.yaml"
    file.write_text(RICH, encoding="utf-8")
    code, out, err = command("settle", file, *words)
    assert (2, "") == (code, out)
    assert says in err


POLICY = """\
id: my-employee
pool: {zh: 我, en: mine}
admdvs: "990100"
insutype: "310"
versions:
- from: "2024-01-01"
  class_b: {share: {value: 0.1, source: REFERENCE, provenance: reference, confidence: low}}
  account: {pays: personal_share, source: REFERENCE, provenance: reference, confidence: low}
  care:
    inpatient:
    - use: bands
      counted: in_scope
      over: stay
      bands:
      - {from: 0, to: 5000, ratio: {value: 0.8, source: REFERENCE, provenance: reference, confidence: low}}
      - {from: 5000, to: null, ratio: {value: 0.9, source: REFERENCE, provenance: reference, confidence: low}}
    - use: pool_payment
      fund: employee_pool
"""


def test_a_policy_of_ones_own_settles_a_bill(tmp_path: Path, command: Command) -> None:
    """A file in place of an id: 5,000 at 80%, 7,610.70 at 90%."""
    bill, own = tmp_path / "bill.yaml", tmp_path / "mine.yaml"
    bill.write_text(RICH, encoding="utf-8")
    own.write_text(POLICY, encoding="utf-8")
    code, out, _ = command("settle", bill, "--policy", own, "--json")
    data = json.loads(out)
    assert (0, "my-employee") == (code, data["policy"]["id"])
    scope = Decimal(data["amounts"]["inscp_scp_amt"])
    assert Decimal("4000") + (scope - 5000) * Decimal("0.9") == Decimal(data["amounts"]["hifp_pay"])


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "says"),
    [
        ("from: 5000", "from: 4000", 16, "versions[0].care.inpatient[0].bands[1].from", "overlaps"),
        ("from: 5000", "from: 6000", 16, "versions[0].care.inpatient[0].bands[1].from", "gap"),
        ("value: 0.1,", "value: 1.1,", 7, "versions[0].class_b.share.value", "above 1"),
        ("value: 0.8,", "value: 0.80001,", 15, "versions[0].care.inpatient[0].bands[0].ratio.value", "4 decimals"),
        ("to: 5000", "to: 5000.005", 15, "versions[0].care.inpatient[0].bands[0].to", "two decimals"),
        ("value: 0.9,", "value: -0.9,", 16, "versions[0].care.inpatient[0].bands[1].ratio.value", "negative"),
        ("use: bands", "use: band", 11, "versions[0].care.inpatient[0].use", "nearest valid name: bands"),
        ("class_b:", "classb:", 7, "versions[0].classb", "nearest valid name: class_b"),
        ('insutype: "310"', 'insutype: "311"', 4, "insutype", "310"),
        ('"2024-01-01"', '"2024-13-01"', 6, "versions[0].from", "2024-13-01"),
    ],
)
def test_a_bad_policy_is_refused_by_the_command(
    old: str, new: str, line: int, key: str, says: str, tmp_path: Path, command: Command
) -> None:
    """Exit 2, nothing computed; the policy's file, line and key, and the rule."""
    bill, own = tmp_path / "bill.yaml", tmp_path / "mine.yaml"
    bill.write_text(RICH, encoding="utf-8")
    assert 1 == POLICY.count(old)
    own.write_text(POLICY.replace(old, new), encoding="utf-8")
    code, out, err = command("settle", bill, "--policy", own)
    assert (2, "") == (code, out)
    said = [problem for problem in err.splitlines() if f"{own}, line {line}, key {key}:" in problem]
    assert said, err
    assert says in said[0]


def test_a_policy_file_that_is_not_there_or_not_yet_in_force(tmp_path: Path, command: Command) -> None:
    """The file, or the dates that its versions have."""
    bill, own = tmp_path / "bill.yaml", tmp_path / "mine.yaml"
    bill.write_text(RICH, encoding="utf-8")
    own.write_text(POLICY.replace('"2024-01-01"', '"2030-01-01"'), encoding="utf-8")
    assert "nowhere.yaml" in command("settle", bill, "--policy", tmp_path / "nowhere.yaml")[2]
    code, out, err = command("settle", bill, "--policy", own)
    assert (2, "") == (code, out)
    assert "2030-01-01" in err


@pytest.mark.parametrize("text", ["", "[]", "just words", "a: [", "a: 1\na: 2\n", "a: &x 1\n", "title: 1e999999999\n"])
def test_what_is_no_bill_at_all_is_refused(text: str, tmp_path: Path, command: Command) -> None:
    """Empty, a list, a word, not YAML, a key twice, an anchor, a number beyond measure."""
    file = tmp_path / "bill.yaml"
    file.write_text(text, encoding="utf-8")
    code, out, err = command("settle", file)
    assert (2, "") == (code, out)
    assert "bill.yaml" in err
    assert "Traceback" not in err


def test_a_bad_bill_is_no_better_in_a_comparison(tmp_path: Path, command: Command) -> None:
    """`--explain-difference` names the same place."""
    file, reply = tmp_path / "bill.yaml", tmp_path / "reply.json"
    file.write_text(RICH.replace("12000.50", "12000.51"), encoding="utf-8")
    reply.write_text(json.dumps({"setlinfo": {"medfee_sumamt": 5}}), encoding="utf-8")
    code, out, err = command("settle", file, "--explain-difference", reply)
    assert (2, "") == (code, out)
    assert "line 12, key lines[0].det_item_fee_sumamt" in err


def test_a_split_stay_is_compared_by_the_command(tmp_path: Path, command: Command) -> None:
    """A reply that settled the stay whole is explained by just that."""
    bill = Path(str(fixtures("bills", "new-year-split.yaml")))
    whole = tmp_path / "bill.yaml"
    whole.write_text(
        bill.read_text(encoding="utf-8").replace("year_end: split", "year_end: discharge"), encoding="utf-8"
    )
    reply: dict[str, Any] = {"setlinfo": json.loads(command("settle", whole, "--json")[1])["amounts"]}
    (tmp_path / "reply.json").write_text(json.dumps(reply), encoding="utf-8")
    code, out, _ = command("settle", bill, "--explain-difference", tmp_path / "reply.json", "--json")
    assert 1 == code
    assert ["year_end_otherwise"] == [cause["name"] for cause in json.loads(out)["causes"]]
