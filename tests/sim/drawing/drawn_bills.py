"""Bills for the tests of drawings: settled and explained, without files."""

from __future__ import annotations

from datetime import date
from typing import Any

from sim.benefits import Accumulators, Case, Filing, Line, Policy, policy, settle, split_all
from sim.benefits.bill import Bill
from sim.benefits.explain import Explained
from sim.benefits.line import multiply
from sim.drawing import Flow, flow_of
from sim.lang import Text, plain


def line(number: int, level: str, yuan: int, cents: int = 0, times: int = 1, **more: Any) -> Line:
    """A line of so many yuan and cents, so many times."""
    price = (yuan * 100 + cents) * 10_000
    return Line(number, f"X{number}", level, "09", price, times * 10_000, multiply(price, times * 10_000), **more)


def explained(
    rules: Policy,
    case: Case,
    lines: tuple[Line, ...],
    used: Accumulators | None = None,
    balance: int = 0,
    title: Text | None = None,
    **more: Any,
) -> Explained:
    """A bill settled with every step; ``balance`` above zero asks the account to pay."""
    before = used or Accumulators(case.on.year)
    settled = settle(rules, case, split_all(lines, rules), before, balance, balance > 0, **more)
    bill = Bill(
        "a bill.yaml", title or plain("一张账单", "a bill"), rules.id, case, lines, before, balance, balance > 0
    )
    return Explained(bill, rules, settled)


def flow(done: Explained) -> Flow:
    """The flow of a bill that is not empty."""
    found = flow_of(done.settlement, done.policy, done.bill.case, done.bill.lines)
    assert found is not None
    return found


def small_visit() -> Explained:
    """An outpatient visit of a few yuan, one line of four cents."""
    on = date(2024, 6, 3)
    lines = (line(1, "01", 480), line(2, "02", 4, 52), line(3, "03", 0, 4))
    used = Accumulators(2024, outpatient_deductible=180_000)
    return explained(policy("beijing-employee", on), Case("outpatient", "L3", on), lines, used)


def large_stay() -> Explained:
    """A retired person's stay through the cap, large-amount fund, supplement, critical illness and account."""
    on = date(2024, 11, 2)
    case = Case("inpatient", "L3", on, retired=True, age=70)
    lines = (
        line(1, "01", 600, times=700),
        line(2, "02", 1600, times=90, limit=1500 * 10**6),
        line(3, "03", 3, 21, times=2),
    )
    used = Accumulators(2024, stays=1, pool_paid=8_500_000, inpatient_deductible=130_000, critical_base=2_000_000)
    return explained(policy("beijing-employee", on), case, lines, used, balance=500_000)


def unfiled_stay() -> Explained:
    """A civil servant's stay elsewhere without filing: first self-pay out of town, cap, large-amount, supplement."""
    on = date(2025, 6, 2)
    case = Case("inpatient", "L3", on, filing=Filing.UNFILED, treated_in="110000", civil_servant=True)
    lines = (line(1, "01", 900, times=700), line(2, "02", 1500, times=90), line(3, "03", 32_100, 21, times=2))
    return explained(policy("nanchang-employee", on), case, lines)


def refunds() -> Explained:
    """A line and half of it given back, beside others."""
    on = date(2024, 6, 3)
    lines = (
        line(1, "01", 602, times=5),
        line(2, "01", 602, times=-2, refund_of=1),
        line(3, "02", 33, 33),
        line(4, "02", 33, 33, times=-1, refund_of=3),
        line(5, "02", 75, 10),
    )
    return explained(policy("chengdu-resident", on), Case("inpatient", "L2", on), lines)


def family_account() -> Explained:
    """The own account runs out and a family member's goes on."""
    on = date(2024, 6, 3)
    case = Case("inpatient", "L2", on)
    return explained(
        policy("beijing-employee", on),
        case,
        (line(1, "01", 9000), line(2, "03", 800)),
        balance=30_000,
        family_balance=20_000,
        use_family=True,
    )


BILLS = {
    "small visit": small_visit,
    "large stay": large_stay,
    "unfiled stay": unfiled_stay,
    "refunds": refunds,
    "family account": family_account,
}
