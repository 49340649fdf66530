"""Medical assistance (医疗救助): the identities of a person, on the day of the visit, decide the group that is paid."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
import yaml
from attrs import evolve
from counter import Counter
from platform_desk import ITEMS, Desk

from sim.benefits import Case
from sim.benefits.case import GROUPS
from sim.interface import interface
from sim.money import parse
from sim.platform import Person, persons, reference
from sim.platform.identities import Identity, Standing, possible, standing, standings, strongest
from sim.resources import fixtures

AID = "610100"
ULANQAB = [p for p in persons() if p.insuplc_admdvs == "150900"]
MINIMUM = ULANQAB[0]
SHARES = {"at_risk": Decimal("0.7"), "subsistence": Decimal("0.8"), "destitute": Decimal("1")}
STENT = next(item for item in ITEMS if item.code == "SZ99000055")
DAY = date(2024, 3, 5)


def holding(*identities: Identity, of: Person = MINIMUM) -> Person:
    return evolve(of, identities=identities)


def settled(who: Person, infno: str = "2304") -> dict[str, Any]:
    """The answer to the settlement of a stay of this person, referred to Guiyang, on `DAY`."""
    desk = Desk(reference(people=[who]), who, goods=[STENT]).ready_to_leave()
    return desk.ok(infno, desk.settlement() if infno == "2304" else desk.asked())


def aid(output: dict[str, Any]) -> Decimal:
    return output["setlinfo"]["maf_pay"]


@pytest.mark.parametrize(("code", "group"), [("2303", "subsistence"), ("2304", "destitute"), ("2301", "destitute")])
def test_aid_pays_its_share_of_what_the_other_funds_leave(code: str, group: str) -> None:
    """By the group of the code, trial and settlement alike; its row is among the funds, and everything closes."""
    for infno in ("2303", "2304"):
        output = settled(holding(Identity(code, date(2022, 1, 1))), infno)
        head = output["setlinfo"]
        without = settled(holding(), infno)["setlinfo"]
        pool = without["hifp_pay"] + without["hifmi_pay"]
        assert (head["hifp_pay"], head["hifmi_pay"]) == (without["hifp_pay"], without["hifmi_pay"])
        # what is in scope out of the province: four fifths of it, the rest is the person's first
        left = head["inscp_scp_amt"] * Decimal("0.8") - pool
        assert (left * SHARES[group]).quantize(Decimal("0.01")) == head["maf_pay"] > 0
        assert [head["maf_pay"]] == [r["fund_payamt"] for r in output["setldetail"] if r["fund_pay_type"] == AID]
        assert head["fund_pay_sumamt"] == pool + head["maf_pay"] == sum(r["fund_payamt"] for r in output["setldetail"])
        assert head["psn_part_amt"] == head["psn_cash_pay"] == head["medfee_sumamt"] - head["fund_pay_sumamt"]


@pytest.mark.parametrize(
    ("begins", "ends", "pays"),
    [
        (DAY, DAY, True),
        (date(2022, 1, 1), None, True),
        (date(2022, 1, 1), date(2024, 3, 4), False),
        (date(2024, 3, 6), None, False),
    ],
)
def test_an_identity_counts_from_its_first_day_to_its_last(begins: date, ends: date | None, pays: bool) -> None:
    """Both included; before and after it nobody is aided, nor does the check of 2001 promise it."""
    who = holding(Identity("2303", begins, ends))
    assert pays == (aid(settled(who)) > 0)
    counter = Counter(reference(people=[who]), who)
    rows = counter.ok("2001", counter.asked_for("21"))["trtinfo"]
    assert [str(int(pays))] == [row["trt_enjymnt_flag"] for row in rows if row["fund_pay_type"] == AID]


def test_1101_shows_every_identity_with_its_days() -> None:
    """Also the one that has ended; whoever is under medical assistance since ever has the code 23 first."""
    who = holding(Identity("2303", date(2021, 1, 1), date(2022, 12, 31)), Identity("2304", date(2023, 1, 1)))
    who = evolve(who, needy=True, psn_insu_date=date(2001, 1, 1))
    desk = Desk(reference(people=[who]), who)
    rows = desk.ok("1101", {"data": desk.shown()})["idetinfo"]
    assert [
        ("23", "2001-01-01 00:00:00", ""),
        ("2303", "2021-01-01 00:00:00", "2022-12-31 23:59:59"),
        ("2304", "2023-01-01 00:00:00", ""),
    ] == [(row["psn_idet_type"], row["begntime"], row["endtime"]) for row in rows]


def test_of_several_identities_the_better_paid_counts() -> None:
    """In whatever order they stand; one that does not hold counts for nothing."""
    minimum, destitute = Identity("2303", date(2022, 1, 1)), Identity("2304", date(2022, 1, 1))
    best = aid(settled(holding(destitute)))
    assert best == aid(settled(holding(minimum, destitute))) == aid(settled(holding(destitute, minimum)))
    over = evolve(destitute, to_day=date(2023, 1, 1))
    assert best > aid(settled(holding(minimum))) == aid(settled(holding(over, minimum)))


def test_the_better_paid_group_is_the_policy_s_not_the_poorer_one() -> None:
    """A policy may pay a group more that stands lower in the list."""

    class Paid:
        def __init__(self, group: str) -> None:
            self.amounts = {"maf_pay": {"subsistence": 500}.get(group, 100)}

    case = Case("inpatient", "L3", DAY)
    held = Standing(True, frozenset(GROUPS[1:]))
    chosen, _ = strongest(case, held, lambda one: Paid(one.aid_group))  # type: ignore[arg-type, return-value]
    assert ("subsistence", True) == (chosen.aid_group, chosen.needy)


@pytest.mark.parametrize("code", ["23", "2305", "2306", "2360", "02", "97", "05"])
def test_a_code_that_names_no_group_is_not_aided(code: str) -> None:
    """The reference guesses none, though whoever judges others must hold every group possible where it is open."""
    assert 0 == aid(settled(holding(Identity(code, date(2022, 1, 1)))))
    groups = {one.groups for one in possible(code)}
    assert (1 if code == "05" else len(GROUPS)) == len(groups)


def test_what_is_cancelled_is_given_back_to_the_year() -> None:
    """AID_BASE and AID_PAY of 5206 grow by the stay, the next one goes on from there, and a cancellation takes off."""
    desk = Desk(reference(people=[MINIMUM]), MINIMUM, goods=[STENT]).ready_to_leave()
    head = desk.settle()
    used = desk.used()
    assert head["maf_pay"] == used["2024.AID_PAY"] > 0
    assert parse(used["2024.AID_BASE"]) == parse(head["maf_pay"]) * 10 // 8
    desk.ok("2305", desk.cancellation())
    assert not [name for name in desk.used() if name.startswith("2024.AID")]


def test_other_care_and_unreferred_care_is_not_aided() -> None:
    """The pool's rules for medical aid are those of stays; care out of town without a referral is not paid at all."""
    unfiled = evolve(MINIMUM, filings=())
    assert 0 == aid(settled(unfiled))
    desk = Desk(reference(people=[MINIMUM]), MINIMUM).ready()
    assert 0 == desk.settle()["maf_pay"]


def test_what_codes_mean_has_a_source_and_is_in_the_code_list() -> None:
    """Every code is one of the interface's; what decides is a group; what it says is said of somewhere."""
    data = yaml.safe_load(fixtures("people", "identities.yaml").read_text("utf-8"))
    known = interface().codelists["psn_idet_type"].values
    assert set(data["codes"]) | set(data["without"]["codes"]) <= set(known)
    assert not set(data["codes"]) & set(data["without"]["codes"])
    for row in (*data["codes"].values(), data["without"], *data["rules"]):
        assert {"found", "recalled", "derived", "reference"} >= {row["provenance"]}
        assert {"high", "medium", "low"} >= {row["confidence"]}
        assert set(row["source"].split(",")) <= set(data["sources"])
    assert {None, *GROUPS[2:]} == {row["group"] for row in data["codes"].values()}


def test_several_identities_mean_everything_that_their_meanings_give_together() -> None:
    """A code that decides adds to each meaning of one that does not; none leaves what nobody's has."""
    assert (Standing(),) == standings(())
    both = standings([possible("2304"), possible("23")])
    assert {frozenset({"destitute"}), frozenset({"destitute", "at_risk"}), frozenset({"destitute", "subsistence"})} == {
        one.groups for one in both
    }
    assert Standing(True, frozenset({"destitute"})) == standing([Identity("2304", DAY)], DAY)
    assert Standing() == standing([Identity("2304", DAY)], date(2024, 3, 4))


def test_the_people_show_every_case() -> None:
    """Groups that are paid, one whose identity ended, one with two, and one where the pool pays no medical aid."""
    today = datetime(2026, 1, 1).date()
    shown = {one.psn_no: standing(one.held, today) for one in persons() if one.identities}
    assert 5 == len(shown)
    assert {
        frozenset(),
        frozenset({"subsistence"}),
        frozenset({"destitute"}),
        frozenset({"subsistence", "destitute"}),
    } == {one.groups for one in shown.values()}
    assert {"150900", "360100"} == {one.insuplc_admdvs for one in persons() if one.identities}
