"""A settlement as a flow: nothing appears, nothing vanishes, and the ends are the settlement's own amounts."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from attrs import evolve
from drawn_bills import BILLS, explained, flow, large_stay, line, refunds, unfiled_stay
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.benefits import Accumulators, Care, Case, Filing, Policy, policies, policy, unsettle
from sim.benefits.explain import Explained, settle_bill
from sim.drawing import Flow, FlowError, Link, check, flow_of
from sim.drawing.sharing import draw_from
from sim.resources import fixtures

POLICIES = [one for one in policies() if one.covers(one.start)]
EXAMPLES = sorted(Path(str(fixtures("bills"))).glob("*.yaml"))
CARES = ("inpatient", "outpatient", "emergency", "chronic", "pharmacy")


def sums(of: Flow) -> list[int]:
    """What stands between the columns, and at the end."""
    last = len(of.headings) - 1
    return [of.cut(n) for n in range(last)] + [sum(node.amount for node in of.nodes if node.column == last)]


def ends_agree(done: Explained, of: Flow) -> bool:
    """The last column holds what the funds, account and cash pay."""
    amounts = done.settlement.amounts
    last = [node for node in of.nodes if node.column == len(of.headings) - 1]
    funds = sum(node.amount for node in last if node.kind == "fund")
    own = sum(node.amount for node in last if node.kind == "person")
    return (funds, own) == (amounts["fund_pay_sumamt"], amounts["psn_part_amt"])


@st.composite
def bills(draw: st.DrawFn) -> Explained:
    """A bill of some cost under any policy."""
    rules: Policy = draw(st.sampled_from(POLICIES))
    case = Case(
        draw(st.sampled_from(CARES)),
        draw(st.sampled_from(("community", "L1", "L2", "L3"))),
        rules.start,
        retired=draw(st.booleans()),
        age=draw(st.sampled_from((30, 72))),
        filing=draw(st.sampled_from(list(Filing))),
        civil_servant=draw(st.booleans()),
        needy=draw(st.booleans()),
        aid_group=draw(st.sampled_from(("none", "destitute"))),
        unit_scheme=draw(st.booleans()),
        veteran=draw(st.booleans()),
        treated_in="130000",
    )
    lines = tuple(
        line(number, draw(st.sampled_from(("01", "02", "03"))), draw(st.integers(0, 400_000)), draw(st.integers(0, 99)))
        for number in range(1, draw(st.integers(1, 4)) + 1)
    )
    used = Accumulators(
        rules.start.year,
        pool_paid=draw(st.sampled_from((0, 9_999_999, 30_000_000))),
        outpatient_paid=draw(st.sampled_from((0, 199_999))),
        critical_base=draw(st.sampled_from((0, 3_000_000))),
    )
    return explained(rules, case, lines, used, balance=draw(st.sampled_from((0, 1, 700_000))))


@settings(max_examples=150)
@given(bills())
def test_what_comes_in_goes_out_under_every_policy(done: Explained) -> None:
    """Every column carries the whole bill, every node passes on what it gets, the ends are the amounts settled."""
    found = flow_of(done.settlement, done.policy, done.bill.case, done.bill.lines)
    total = done.settlement.amounts["medfee_sumamt"]
    if found is None:
        assert 0 == total
        return
    check(found)
    assert {total} == set(sums(found))
    assert ends_agree(done, found)
    assert all(link.amount > 0 for link in found.links)
    assert all(node.amount > 0 for node in found.nodes)


@pytest.mark.parametrize("name", BILLS)
def test_nothing_in_the_flow_is_zero_or_named_twice(name: str) -> None:
    """Zero flows are left out; two nodes of one column never have one name."""
    found = flow(BILLS[name]())
    names = [(node.column, node.name.show("en"), node.name.show("zh")) for node in found.nodes]
    assert len(set(names)) == len(names)
    assert 0 not in {link.amount for link in found.links}


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_every_example_bill_is_drawn(file: Path) -> None:
    """Each kind of bill that the project shows, with the ends that were settled."""
    done = settle_bill(file)
    found = flow(done)
    assert {done.settlement.amounts["medfee_sumamt"]} == set(sums(found))
    assert ends_agree(done, found)


def test_a_stay_over_new_year_is_one_drawing_of_both_years(tmp_path: Path) -> None:
    """Bands, caps and deductibles of both years add up; a cap reached in the first year is drawn as one."""
    text = next(file for file in EXAMPLES if file.stem == "new-year-split").read_text(encoding="utf-8")
    assert "pool_paid: 15895.00" in text
    file = tmp_path / "bill.yaml"
    file.write_text(text.replace("pool_paid: 15895.00", "pool_paid: 95895.00"), encoding="utf-8")
    done = settle_bill(file)
    steps = done.settlement.steps
    found = flow(done)
    over = sum(step.inputs["over"] for step in steps if "over" in step.inputs)
    assert 0 < over == found.node("over_cap").amount
    assert done.settlement.amounts["act_pay_dedc"] == found.node("deductible").amount
    bands = sum(step.result for step in steps if step.clause.endswith(".bands"))
    assert bands == over + sum(node.amount for node in found.nodes if node.id.startswith("band."))
    assert ["Band at 85%"] == [node.name.show("en") for node in found.nodes if node.id.startswith("band.")]


def test_a_flow_that_loses_a_fen_is_refused() -> None:
    """The check sees an amount changed, a link gone, a link twice, and one that leads nowhere."""
    good = flow(large_stay())
    check(good)
    for number, link in enumerate(good.links):
        others = good.links[:number] + good.links[number + 1 :]
        for wrong in (
            (*others, evolve(link, amount=link.amount + 1)),
            others,
            (*good.links, link),
            (*others, Link(link.source, link.source, link.amount)),
        ):
            with pytest.raises(FlowError):
                check(evolve(good, links=wrong))


def test_each_layer_is_paid_out_of_what_the_rules_say() -> None:
    """The pool pays from its bands, the large-amount fund from the cost above the cap, later layers from the rest."""
    found = flow(large_stay())
    into = {node.name.show("en"): {one.source for one in found.links if one.target == node.id} for node in found.nodes}
    assert {"band.9100"} == into["employee pool"]
    assert {"over_cap"} == into["employee large-amount fund"]
    assert {"left"} == into["unified supplement for retired people"] == into["employee critical-illness insurance"]
    assert {"person"} == into["Personal account"] == into["The person's cash"]


def test_cost_is_cut_as_the_steps_say() -> None:
    """Out-of-town first self-pay, deductible, bands and cap stand with the amounts of their steps."""
    done = unfiled_stay()
    found = flow(done)
    step = {step.clause.rsplit(".", 1)[1]: step for step in done.settlement.steps}
    assert step["out_of_town_first_self_pay"].result == found.node("out.0").amount
    assert done.settlement.amounts["act_pay_dedc"] == found.node("deductible").amount
    assert step["pool_payment"].inputs["over"] == found.node("over_cap").amount
    bands = sum(one.result for one in done.settlement.steps if one.clause.endswith(".bands"))
    shown = sum(node.amount for node in found.nodes if node.id.startswith("band."))
    assert bands == shown + found.node("over_cap").amount


def test_refunds_are_taken_off_their_class_and_named() -> None:
    """A class stands with what is left after refunds, and says how much was given back."""
    done = refunds()
    found = flow(done)
    first = [node for node in found.nodes if node.column == 0]
    assert [180_600, 7_510] == [node.amount for node in first]
    assert ["1204.00", "33.33"] == [node.name.show("en").rsplit(" ", 1)[1].rstrip(")") for node in first]


def test_a_refund_under_another_class_makes_the_bill_one_node() -> None:
    """Where a class would fall below nothing, the bill is not cut by class."""
    on = date(2024, 6, 3)
    lines = (line(1, "01", 100, times=3), line(2, "02", 100, times=-1, refund_of=1, share=0))
    found = flow(explained(policy("chengdu-resident", on), Case("outpatient", "L2", on), lines))
    assert ["class.bill"] == [node.id for node in found.nodes if node.column == 0]


def test_care_a_pool_does_not_pay_flows_to_the_person() -> None:
    """Without rules for the care, all in-scope cost is the person's, and the drawing says why."""
    rules = policy("shandong-resident-cii-2014", date(2014, 6, 3))
    assert Care.OUTPATIENT not in rules.care
    done = explained(rules, Case("outpatient", "L2", date(2014, 6, 3)), (line(1, "01", 50),))
    assert ["class.01", "inscp_scp_amt", "uncovered", "person"] == [node.id for node in flow(done).nodes]


def test_a_bill_of_nothing_and_a_cancellation_are_not_drawn() -> None:
    """There is nothing to share, or it flows back."""
    on = date(2024, 6, 3)
    rules = policy("beijing-employee", on)
    nothing = explained(rules, Case("outpatient", "L3", on), (line(1, "01", 0),))
    assert flow_of(nothing.settlement, rules, nothing.bill.case, nothing.bill.lines) is None
    done = large_stay()
    back = unsettle(done.settlement, done.settlement.accumulators)
    assert flow_of(back, done.policy, done.bill.case, done.bill.lines) is None


def test_without_lines_the_bill_is_one_node() -> None:
    """The classes are drawn only where they are known."""
    done = large_stay()
    found = flow_of(done.settlement, done.policy, done.bill.case)
    assert found is not None
    assert ["class.bill"] == [node.id for node in found.nodes if node.column == 0]


AMOUNTS = st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000)), min_size=1, max_size=5)


@given(AMOUNTS, st.data())
def test_what_is_drawn_from_parts_sums_and_fits(parts: list[tuple[int, int]], data: st.DataObject) -> None:
    """The parts sum to the amount, none gives more than it holds, and wishes come before mere room."""
    wishes, rooms = [w for w, _ in parts], [r for _, r in parts]
    amount = data.draw(st.integers(0, sum(rooms)))
    taken = draw_from(amount, wishes, rooms)
    assert amount == sum(taken)
    assert all(0 <= part <= room for part, room in zip(taken, rooms, strict=True))
    wanted = [min(wish, room) for wish, room in parts]
    if amount >= sum(wanted):
        assert all(part >= wish for part, wish in zip(taken, wanted, strict=True))
    with pytest.raises(ValueError, match="less"):
        draw_from(sum(rooms) + 1, wishes, rooms)
