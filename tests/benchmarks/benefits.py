"""Settlement of one stay, three fee lines and all layers, against the same rule written with `decimal`."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from sim.benefits import Accumulators, Case, Line, policy, settle, split_all
from sim.benefits.line import multiply
from tests.benchmarks.measure import Bench, Side

DAY = date(2024, 6, 1)
CENT = Decimal("0.01")
# class, unit price, quantity, price limit
BILL = (("01", "860.50", "40", None), ("02", "1250.00", "6.5", "1180.00"), ("03", "88.00", "5", None))
BANDS = ((Decimal(0), Decimal(30000), Decimal("0.85")), (Decimal(30000), Decimal(40000), Decimal("0.90")),
         (Decimal(40000), None, Decimal("0.95")))  # fmt: skip


def rounded(amount: Decimal) -> Decimal:
    """To whole fen, half up."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def by_decimal(pool_paid: Decimal, large_paid: Decimal, critical_base: Decimal, balance: Decimal) -> dict[str, Decimal]:
    """Beijing, employee, in service, tertiary hospital, first stay of the year, referred out of town (factor 0.9)."""
    total = own = over = first = scope = Decimal(0)
    for level, price, count, limit in BILL:
        p, q = Decimal(price), Decimal(count)
        amount = rounded(p * q)
        total += amount
        if level == "03":
            own += amount
            continue
        above = rounded(max(Decimal(0), p - Decimal(limit)) * q) if limit else Decimal(0)
        share = rounded((amount - above) * Decimal("0.10")) if level == "02" else Decimal(0)
        over, first, scope = over + above, first + share, scope + amount - above - share
    deductible = min(scope, Decimal(1300))
    parts = []
    for start, end, ratio in BANDS:
        low, high = max(deductible, start), scope if end is None else min(scope, end)
        if high > low:
            parts.append((high - low, ratio * Decimal("0.9")))
    due = rounded(sum((a * r for a, r in parts), Decimal(0)))
    pool = min(due, max(Decimal(0), Decimal(100000) - pool_paid))
    above_cap = Decimal(0)
    if pool < due:
        left, shared = pool, Decimal(0)
        for amount, ratio in parts:
            if amount * ratio > left:
                shared += left / ratio
                break
            left, shared = left - amount * ratio, shared + amount
        above_cap = rounded(scope - deductible - shared)
    large = min(rounded(above_cap * Decimal("0.85")), max(Decimal(0), Decimal(400000) - large_paid))
    base = scope - pool - large
    critical = critical_due(critical_base + base) - critical_due(critical_base)
    fund = pool + large + critical
    person = total - fund
    account = min(balance, person)
    assert total == own + over + first + scope
    return {"medfee_sumamt": total, "inscp_scp_amt": scope, "act_pay_dedc": deductible, "hifp_pay": pool,
            "hifob_pay": large + critical, "fund_pay_sumamt": fund, "psn_part_amt": person, "acct_pay": account,
            "psn_cash_pay": person - account}  # fmt: skip


def critical_due(base: Decimal) -> Decimal:
    """60 % of the first 50,000 above 30,404, 70 % of the rest."""
    above = max(Decimal(0), base - Decimal(30404))
    return rounded(
        min(above, Decimal(50000)) * Decimal("0.6") + max(Decimal(0), above - Decimal(50000)) * Decimal("0.7")
    )


def lines() -> list[Line]:
    """The bill as fee lines."""
    found = []
    for number, (level, price, count, limit) in enumerate(BILL, 1):
        p, q = int(Decimal(price) * 10**6), int(Decimal(count) * 10**4)
        top = int(Decimal(limit) * 10**6) if limit else None
        found.append(Line(number, f"X{number}", level, "09", p, q, multiply(p, q), top))
    return found


def ours(times: int) -> dict[str, int]:
    """Split and settle, explanation off."""
    chosen, bill, before = policy("beijing-employee", DAY), lines(), Accumulators(2024, pool_paid=8_000_000)
    case = Case("inpatient", "L3", DAY, filing="referral", treated_in="520000")
    for _ in range(times):
        shares = split_all(bill, chosen, explain=False)
        done = settle(chosen, case, shares, before, 50_000, True, explain=False)
    return dict(done.amounts)


def others(times: int) -> dict[str, Decimal]:
    """The same by decimal arithmetic."""
    for _ in range(times):
        done = by_decimal(Decimal(80000), Decimal(0), Decimal(0), Decimal(500))
    return done


def benches() -> list[Bench]:
    """One settlement with three lines; both sides must agree to the fen before anything is measured."""
    mine, other = ours(1), others(1)
    wrong = {name: (mine[name], value) for name, value in other.items() if mine[name] != value * 100}
    assert not wrong, wrong
    return [
        Bench(
            "settle a stay of three lines",
            "settlements",
            Side("sim.benefits", lambda: ours(5000), 5000),
            Side("decimal", lambda: others(2000), 2000),
        )
    ]
