"""Settlement: what is refused, what closes, how account and details come out."""

from __future__ import annotations

from datetime import date

import pytest
from attrs import evolve
from benefits_workshop import DAY, flat, in_scope, line, made, number

from sim.benefits import Accumulators, Case, ClosureError, broken, check_closes, policy, settle, split, split_all
from sim.benefits.case import LEVELS
from sim.benefits.mechanisms import cost_at
from sim.errors import InputError
from sim.money import divide

BEIJING = policy("beijing-employee", DAY)
RESIDENT = policy("guiyang-resident", DAY)
STAY = Case("inpatient", "L3", DAY)
# Heads as recorded from platforms, fen; S5 and S6 with their setldetail rows.
RECORDED = {
    "S1": {"medfee_sumamt": 7856, "fulamt_ownpay_amt": 15, "preselfpay_amt": 7841, "act_pay_dedc": 7841, "psn_part_amt": 7856, "psn_cash_pay": 7856},
    "S2": {"medfee_sumamt": 452, "preselfpay_amt": 23, "inscp_scp_amt": 429, "act_pay_dedc": 429, "psn_part_amt": 452, "acct_pay": 452},
    "S5": {"medfee_sumamt": 2344246, "fulamt_ownpay_amt": 253397, "overlmt_selfpay": 139689, "preselfpay_amt": 70344, "inscp_scp_amt": 1880816, "hifob_pay": 1878539, "fund_pay_sumamt": 1878539, "psn_part_amt": 415206, "acct_pay": 17004, "psn_cash_pay": 398202, "hosp_part_amt": 50501},
    "S8": {"medfee_sumamt": 579253, "fulamt_ownpay_amt": 29620, "preselfpay_amt": 52261, "inscp_scp_amt": 497372, "act_pay_dedc": 80000, "hifp_pay": 310654, "fund_pay_sumamt": 310654, "psn_part_amt": 268599, "psn_cash_pay": 268599},
}  # fmt: skip
ROWS = {"S2": [("310200", 452)], "S5": [("330101", 1878539), ("999996", 50501), ("310201", 17004)]}


@pytest.mark.parametrize("sample", RECORDED)
def test_recorded_heads_close(sample: str) -> None:
    """Heads recorded from real platforms keep every identity."""
    check_closes(RECORDED[sample], ROWS.get(sample))


@pytest.mark.parametrize(
    ("name", "identity"),
    [
        ("medfee_sumamt", {"A1", "A4", "A5"}),
        ("preselfpay_amt", {"A1"}),
        ("hifob_pay", {"A2"}),
        ("fund_pay_sumamt", {"A2", "A4", "A5", "A6"}),
        ("psn_part_amt", {"A3", "A4"}),
        ("acct_pay", {"A3", "A5"}),
        ("psn_cash_pay", {"A3", "A5"}),
        ("hosp_part_amt", {"A4", "A5"}),
    ],
)
def test_one_fen_off_is_a_violation(name: str, identity: set[str]) -> None:
    """Any single amount that is one fen off breaks exactly the identities it stands in."""
    head = {**RECORDED["S5"], name: RECORDED["S5"][name] + 1}
    assert identity == {b.identity for b in broken(head, ROWS["S5"])}
    with pytest.raises(ClosureError, match="A"):
        check_closes(head, ROWS["S5"])


@pytest.mark.parametrize(
    ("name", "value", "identity"),
    [
        ("acct_mulaid_pay", 17005, "A8"),
        ("pool_prop_selfpay", 10001, "A9"),
        ("act_pay_dedc", 1880816 + 70344 + 1, "A10"),
    ],
)
def test_bounds_are_kept(name: str, value: int, identity: str) -> None:
    """The shared account is part of the account, the ratio at most one, the deductible within its scope."""
    assert [identity] == [b.identity for b in broken({**RECORDED["S5"], name: value})]
    assert [] == list(broken({**RECORDED["S5"], name: value - 1}))


def test_a_row_missing_in_setldetail_is_seen() -> None:
    """A6: the rows that are neither account nor hospital sum to the funds' payment."""
    assert ["A6"] == [b.identity for b in broken(RECORDED["S5"], ROWS["S5"][1:])]


@pytest.mark.parametrize(
    ("balance", "use", "account"),
    [(0, True, 0), (100_000, True, 100_000), (900_000, True, 410_500), (900_000, False, 0)],
)
def test_the_account_pays_the_personal_share_as_far_as_it_goes(balance: int, use: bool, account: int) -> None:
    """Never more than the balance or the share, and only when asked; A7 holds."""
    done = settle(BEIJING, STAY, split_all(in_scope(2_000_000), BEIJING), Accumulators(2024), balance, use)
    assert (account, 410_500 - account) == (done.amounts["acct_pay"], done.amounts["psn_cash_pay"])
    assert balance - account == done.amounts["balc"]
    assert ([("310200", account)] if account else []) == [
        (d.fund_pay_type, d.fund_payamt) for d in done.details if d.fund_pay_type == "310200"
    ]


def test_residents_have_no_account_to_use() -> None:
    """A policy may say that the account pays nothing."""
    done = settle(RESIDENT, STAY, split_all(in_scope(2_000_000), RESIDENT), Accumulators(2024), 500_000, True)
    assert (0, 500_000) == (done.amounts["acct_pay"], done.amounts["balc"])


def test_details_name_funds_by_the_interface_s_codes() -> None:
    """Each fund that pays has its row; resident critical illness is 390200 and stands in hifmi_pay."""
    done = settle(RESIDENT, STAY, split_all(in_scope(10_000_000), RESIDENT), Accumulators(2024))
    rows = {d.fund_pay_type: d.fund_payamt for d in done.details}
    assert {"390100": done.amounts["hifp_pay"], "390200": done.amounts["hifmi_pay"]} == rows
    assert done.amounts["hifmi_pay"] > 0


def test_the_head_is_what_a_message_carries() -> None:
    """Yuan with two decimals; the ratio as a ratio."""
    head = settle(BEIJING, STAY, split_all(in_scope(2_000_000), BEIJING), Accumulators(2024)).head()
    assert ("15895.00", "0.8500", "0.00") == tuple(str(head[k]) for k in ("hifp_pay", "pool_prop_selfpay", "maf_pay"))


def test_the_ratio_is_the_mean_over_the_bands() -> None:
    """Two bands of equal size at 0.8 and 0.9 give 0.85."""
    bands = [
        {"from": 0, "to": 1000, "ratio": number(1)},
        {"from": 1000, "to": None, "ratio": number(0)},
    ]
    moves = [
        {"use": "bands", "counted": "in_scope", "over": "stay", "bands": bands},
        {"use": "pool_payment", "fund": "employee_pool"},
    ]
    chosen = made({"inpatient": moves})
    done = settle(chosen, STAY, split_all(in_scope(200_000), chosen), Accumulators(2024))
    assert 5_000 == done.amounts["pool_prop_selfpay"]


@pytest.mark.parametrize("ratio", [1, 3_000, 3_333, 8_500, 10_000])
@pytest.mark.parametrize("payment", [0, 1, 2, 7])
def test_the_cost_at_a_cap_is_the_largest_on_which_no_more_is_due(ratio: int, payment: int) -> None:
    """Found here by trying every fen; a smaller one would take back cost already shared when the cap is crossed."""
    first = 5
    parts = [(first, 5_000 * 10_000), (200_000, ratio * 10_000)]

    def due(cost: int) -> int:
        return divide(min(cost, first) * 5_000 + max(0, cost - first) * ratio, 10_000)

    assert cost_at(parts, payment) == max(cost for cost in range(first + 200_001) if due(cost) <= payment)


def test_not_paid_care_is_the_person_s() -> None:
    """Where a pool refuses unfiled care nothing is paid, and no deductible is used up."""
    refused = number({"local": 0, "long_term": 0, "referral": 0, "emergency": 0, "other_temporary": 1, "unfiled": 1})
    moves = [
        {"use": "not_paid", "refused": refused},
        {"use": "deductible_per_year", "amount": number(500)},
        {"use": "bands", "counted": "over_deductible", "over": "stay", "bands": flat(1)},
        {"use": "pool_payment", "fund": "employee_pool"},
    ]
    chosen = made({"inpatient": moves})
    shares = split_all(in_scope(200_000), chosen)
    paid = settle(chosen, evolve(STAY, filing="referral"), shares, Accumulators(2024))
    unpaid = settle(chosen, evolve(STAY, filing="unfiled"), shares, Accumulators(2024))
    assert (150_000, 0) == (paid.amounts["hifp_pay"], unpaid.amounts["fund_pay_sumamt"])
    assert (200_000, 0) == (unpaid.amounts["psn_part_amt"], unpaid.accumulators.inpatient_deductible)


@pytest.mark.parametrize("level", LEVELS)
def test_every_level_of_every_table_is_known(level: str) -> None:
    """Community and township fall back to the first class where a pool does not name them."""
    done = settle(BEIJING, evolve(STAY, level=level), split_all(in_scope(2_000_000), BEIJING), Accumulators(2024))
    assert {"L2": 1_626_900, "L3": 1_589_500, "L3_province": 1_589_500}.get(level, 1_683_000) == done.amounts[
        "hifp_pay"
    ]


@pytest.mark.parametrize(
    ("case", "shares", "before", "says"),
    [
        (evolve(STAY, on=date(2022, 6, 1)), in_scope(100), Accumulators(2022), "2022-06-01"),
        (STAY, in_scope(100), Accumulators(2023), "2023.*2024-06-01"),
        (STAY, [evolve(in_scope(100)[0], quantity=-10_000, amount=-100)], Accumulators(2024), "inscp_scp_amt.*-1.00"),
        (STAY, [line(1, "03", "5", "-1")], Accumulators(2024), "fulamt_ownpay_amt.*-5.00"),
    ],
    ids=["outside the policy", "another year", "negative total", "negative own pay"],
)
def test_what_makes_no_sense_is_refused(case: Case, shares: list, before: Accumulators, says: str) -> None:  # type: ignore[type-arg]
    """Nothing is computed; the error says what does not fit."""
    with pytest.raises(InputError, match=says):
        settle(BEIJING, case, [split(one, BEIJING) for one in shares], before)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"level": "L4"}, "L4.*L1, L2, L3"),
        ({"level": "comunity"}, "nearest valid name: community"),
        ({"age": 151}, "151"),
        ({"age": -1}, "-1"),
    ],
)
def test_a_case_that_cannot_be_is_refused(change: dict[str, object], says: str) -> None:
    """Unknown level, impossible age."""
    with pytest.raises(InputError, match=says):
        evolve(STAY, **change)


def test_an_unknown_counter_code_is_refused_with_the_nearest() -> None:
    """Rows of 5206 from elsewhere must use the known codes."""
    with pytest.raises(InputError, match=r"POOL_PAI.*nearest valid name: POOL_PAY"):
        Accumulators.from_rows(2024, [("POOL_PAI", 1)])


def test_counters_start_anew_with_the_year() -> None:
    """The counters at a date are those of its year."""
    used = Accumulators(2024, stays=2)
    assert used is used.at(date(2024, 12, 31))
    assert Accumulators(2025) == used.at(date(2025, 1, 1))
