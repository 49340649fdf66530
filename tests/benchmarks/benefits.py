"""Full settlements: the engine without explanation against one policy's rule written out in Decimal, and with steps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from sim.benefits import Accumulators, Case, Line, LineShare, Policy, policy, settle, split_all
from sim.benefits.line import multiply
from tests.benchmarks.measure import Bench, Side

DAY = date(2024, 6, 1)
CASE = Case("inpatient", "L3", DAY, filing="referral", treated_in="520000")
CENT = Decimal("0.01")
BANDS = ((Decimal(0), Decimal(30_000), Decimal("0.85")), (Decimal(30_000), Decimal(40_000), Decimal("0.90")))
TOP = Decimal("0.95")
COUNT = 2_000


def lines() -> list[Line]:
    """A line each of class A, B and C; the stay passes all three bands."""
    rows = (("01", "09", 60_250_000, 6_000_000), ("02", "03", 45_200_000, 3_000_000), ("03", "14", 88_000_000, 50_000))
    return [Line(n, f"X{n}", lv, item, p, q, multiply(p, q)) for n, (lv, item, p, q) in enumerate(rows, 1)]


def by_decimal(shares: Sequence[LineShare], balance: Decimal) -> dict[str, Decimal]:
    """The same first stay of a Beijing employee on referral, and nothing else, in Decimal."""
    parts = [
        sum((Decimal(getattr(s, name)) for s in shares), Decimal(0)) / 100
        for name in ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt")
    ]
    in_scope, total = parts[3], sum(parts, Decimal(0))
    deductible = min(in_scope, Decimal(1_300))
    due = Decimal(0)
    for start, end, ratio in BANDS:
        due += max(Decimal(0), min(in_scope, end) - max(deductible, start)) * ratio * Decimal("0.9")
    due += max(Decimal(0), in_scope - Decimal(40_000)) * TOP * Decimal("0.9")
    pool = min(due.quantize(CENT, ROUND_HALF_UP), Decimal(100_000))
    base = in_scope - pool
    critical = (max(Decimal(0), base - Decimal(30_404)) * Decimal("0.6")).quantize(CENT, ROUND_HALF_UP)
    person = total - pool - critical
    account = min(balance, person)
    return {
        "medfee_sumamt": total,
        "act_pay_dedc": deductible,
        "hifp_pay": pool,
        "hifob_pay": critical,
        "fund_pay_sumamt": pool + critical,
        "psn_part_amt": person,
        "acct_pay": account,
        "psn_cash_pay": person - account,
        "balc": balance - account,
    }


def engine(chosen: Policy, shares: Sequence[LineShare], explain: bool) -> None:
    """Settle some thousand times."""
    before = Accumulators(DAY.year)
    for _ in range(COUNT):
        settle(chosen, CASE, shares, before, 200_000, True, explain=explain)


def decimals(shares: Sequence[LineShare]) -> None:
    """The same in Decimal."""
    for _ in range(COUNT):
        by_decimal(shares, Decimal(2_000))


def benches() -> list[Bench]:
    """Without and with explanation. Both sides must first agree to the fen, else the comparison says nothing."""
    chosen = policy("beijing-employee", DAY)
    shares = split_all(lines(), chosen, explain=False)
    amounts = settle(chosen, CASE, shares, Accumulators(DAY.year), 200_000, True).amounts
    for name, value in by_decimal(shares, Decimal(2_000)).items():
        if amounts[name] != value * 100:
            raise AssertionError(f"{name}: {amounts[name]} fen against {value} yuan")
    other = Side("one rule in Decimal, unchecked", lambda: decimals(shares), COUNT)
    return [
        Bench("settle", "settlements", Side("engine", lambda: engine(chosen, shares, False), COUNT), other),
        Bench("settle, explained", "settlements", Side("engine", lambda: engine(chosen, shares, True), COUNT), other),
    ]
