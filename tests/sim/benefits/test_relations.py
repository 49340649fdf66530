"""Relations that hold for every policy: those of the project, and made-up ones that mix mechanisms freely."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from attrs import evolve
from benefits_scenes import SHARES, Scene, bills, scenes
from benefits_workshop import flat, in_scope, made, number
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sim.benefits import COUNTERS, Accumulators, Care, Case, Line, give_back, settle, split_all, unsettle

BOUNDED = settings(max_examples=150, deadline=None)
FUNDS = ("hifp_pay", "cvlserv_pay", "hifes_pay", "hifmi_pay", "hifob_pay", "maf_pay", "oth_pay", "hifdm_pay")


@BOUNDED
@given(scenes(), bills())
def test_every_sum_closes(scene: Scene, lines: list[Line]) -> None:
    """The interface's identities, worked out here once more from the lines and the rows."""
    done = scene.settle(lines)
    a = done.amounts
    assert sum(line.amount for line in lines) == a["medfee_sumamt"]
    assert a["medfee_sumamt"] == (
        a["fulamt_ownpay_amt"] + a["overlmt_selfpay"] + a["preselfpay_amt"] + a["inscp_scp_amt"]
    )
    assert a["fund_pay_sumamt"] == sum(a[name] for name in FUNDS)
    assert a["medfee_sumamt"] == a["fund_pay_sumamt"] + a["acct_pay"] + a["psn_cash_pay"]
    assert a["psn_part_amt"] == a["acct_pay"] + a["psn_cash_pay"]
    assert a["balc"] == scene.balance - a["acct_pay"]
    assert a["fund_pay_sumamt"] == sum(d.fund_payamt for d in done.details if d.fund_pay_type != "310200")


@BOUNDED
@given(scenes(), bills())
def test_nobody_pays_a_negative_amount_and_funds_pay_in_scope_cost_only(scene: Scene, lines: list[Line]) -> None:
    """No amount is below zero; funds and deductible stay within what is in scope."""
    a = scene.settle(lines).amounts
    assert {name: value for name, value in a.items() if value < 0} == {}
    assert a["act_pay_dedc"] <= a["inscp_scp_amt"]
    assert a["fund_pay_sumamt"] <= a["inscp_scp_amt"]
    assert 0 <= a["pool_prop_selfpay"] <= 10_000


@BOUNDED
@given(scenes(), bills(), st.randoms(use_true_random=False))
def test_the_order_of_lines_is_irrelevant(scene: Scene, lines: list[Line], chance: Any) -> None:
    """Shuffled lines give the same amounts and counters."""
    shuffled = list(lines)
    chance.shuffle(shuffled)
    first, second = scene.settle(lines), scene.settle(shuffled)
    assert first.amounts == second.amounts
    assert first.accumulators == second.accumulators


@BOUNDED
@given(scenes(), bills(), st.integers(1, 5_000_000))
def test_a_wholly_self_paid_line_moves_only_self_pay(scene: Scene, lines: list[Line], fen: int) -> None:
    """A class C line more: total, own pay and the personal share grow by it, nothing else moves.

    A deductible that is a share of the bill's total is the one exception, by its own rule.
    """
    assume(not scene.uses("deductible_share_of_total"))
    scene = evolve(scene, use_account=False)
    extra = Line(99, "C", "03", "14", fen * 10_000, 10_000, fen)
    before, after = scene.settle(lines).amounts, scene.settle([*lines, extra]).amounts
    moved = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    assert moved == dict.fromkeys(("medfee_sumamt", "fulamt_ownpay_amt", "psn_part_amt", "psn_cash_pay"), fen)


@BOUNDED
@given(scenes(), st.integers(0, 30_000_000), st.integers(0, 5_000_000) | st.integers(0, 3))
def test_more_cost_in_scope_never_lowers_what_funds_pay(scene: Scene, fen: int, more: int) -> None:
    """The funds' payment is monotone in the in-scope cost, also by single fen, across edges and caps."""
    less, greater = scene.settle(in_scope(fen)), scene.settle(in_scope(fen + more))
    assert (
        less.amounts["fund_pay_sumamt"] <= greater.amounts["fund_pay_sumamt"] <= less.amounts["fund_pay_sumamt"] + more
    )


@BOUNDED
@given(scenes(), bills())
def test_no_fund_passes_its_cap(scene: Scene, lines: list[Line]) -> None:
    """What a capped fund has paid in the year stays within the cap, whatever came before."""
    done = scene.settle(lines)
    stay = scene.case.care is Care.INPATIENT
    for move, rule in scene.policy.plan(scene.case).moves:
        cap = rule.numbers.get("cap")
        counter = {
            "pool_payment": "pool_paid" if stay else "outpatient_paid",
            "large_amount": "large_paid",
            "critical_illness": "critical_paid",
        }.get(move.__name__)
        if cap is not None and counter is not None:
            before, after = getattr(scene.before, counter), getattr(done.accumulators, counter)
            assert after == before or after <= cap


@BOUNDED
@given(scenes(), bills())
def test_settle_reverse_settle(scene: Scene, lines: list[Line]) -> None:
    """A reversal negates every amount and restores counters and balance; settling again gives the first result."""
    first = scene.settle(lines)
    reversal = unsettle(first, first.accumulators, first.amounts["balc"])
    assert reversal.accumulators == scene.before
    assert reversal.amounts["balc"] == scene.balance
    state = ("balc", "pool_prop_selfpay")
    assert {n: -v for n, v in first.amounts.items() if n not in state} == {
        n: v for n, v in reversal.amounts.items() if n not in state
    }
    again = scene.settle(lines, reversal.accumulators)
    assert again.amounts == first.amounts
    assert again.details == first.details


@BOUNDED
@given(scenes(), bills(), bills())
def test_giving_back_the_earlier_of_two_leaves_the_later(scene: Scene, one: list[Line], two: list[Line]) -> None:
    """Counters after both, less the first, are what the second added to the start."""
    first = scene.settle(one)
    second = scene.settle(two, first.accumulators)
    left = give_back(second.accumulators, first)
    for name in COUNTERS:
        added = getattr(second.accumulators, name) - getattr(first.accumulators, name)
        assert getattr(scene.before, name) + added == getattr(left, name)


@BOUNDED
@given(scenes(), bills())
def test_explaining_changes_no_amount(scene: Scene, lines: list[Line]) -> None:
    """The same amounts with and without steps; with them every fund payment has its step."""
    quiet = scene.settle(lines)
    shares = split_all(lines, scene.policy)
    told = settle(scene.policy, scene.case, shares, scene.before, scene.balance, scene.use_account)
    assert quiet.amounts == told.amounts
    assert quiet.accumulators == told.accumulators
    assert quiet.steps == ()
    results = [step.result for step in told.steps]
    assert all(d.fund_payamt in results for d in told.details if d.fund_pay_type != "310200")


@BOUNDED
@given(scenes(), bills())
def test_counters_survive_the_rows_of_query_5206(scene: Scene, lines: list[Line]) -> None:
    """Counters printed as (code, value) pairs and read again are the same; codes fit the interface."""
    after = scene.settle(lines).accumulators
    rows = after.to_rows()
    assert Accumulators.from_rows(after.year, rows) == after
    assert all(len(code) <= 10 for code, _ in rows)


@BOUNDED
@given(
    st.integers(1, 20_000_000),
    st.integers(0, 100),
    st.integers(0, 5_000),
    SHARES,
    st.sampled_from(["absolute", "over_deductible"]),
)
def test_critical_illness_pays_two_stays_what_it_pays_their_sum(
    fen: int, cut_at: int, threshold: int, ratio: Decimal, counted: str
) -> None:
    """The year's total decides, not the single bill."""
    start = threshold if counted == "absolute" else 0
    rule = {
        "use": "critical_illness",
        "counted": counted,
        "deductible": number(threshold),
        "bands": flat(ratio, start),
        "fund": "resident_critical",
    }
    chosen = made({"inpatient": [rule]})
    scene = Scene(chosen, Case("inpatient", "L3", chosen.start), Accumulators(2024), 0, False)
    part = fen * cut_at // 100
    first = scene.settle(in_scope(part))
    second = scene.settle(in_scope(fen - part), first.accumulators)
    whole = scene.settle(in_scope(fen))
    assert whole.accumulators.critical_paid == second.accumulators.critical_paid
    assert whole.amounts["hifmi_pay"] == first.amounts["hifmi_pay"] + second.amounts["hifmi_pay"]
