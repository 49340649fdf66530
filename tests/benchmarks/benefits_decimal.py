"""One rule written by hand with `decimal`: a Beijing employee in service, tertiary hospital, referred out of town."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from attrs import define

DAY = date(2024, 6, 1)
CENT = Decimal("0.01")
ALMOST_HALF = Decimal("0.0049999999")
"""Less than half a fen by the least that ratios can tell: what may be added to a payment that is not to round up."""
# class, unit price, quantity, price limit
BILL = (("01", "860.50", "40", None), ("02", "1250.00", "6.5", "1180.00"), ("03", "88.00", "5", None))
FACTOR = Decimal("0.9")
BANDS = ((Decimal(0), Decimal(30000), Decimal("0.85")), (Decimal(30000), Decimal(40000), Decimal("0.90")),
         (Decimal(40000), None, Decimal("0.95")))  # fmt: skip
POOL_CAP, LARGE_CAP, LARGE_RATIO = Decimal(100000), Decimal(400000), Decimal("0.85")
ZERO = Decimal(0)


@define
class Year:
    """What a person has used up this year; settling moves it."""

    balance: Decimal
    stays: int = 0
    pool_paid: Decimal = ZERO
    large_paid: Decimal = ZERO
    critical_base: Decimal = ZERO
    critical_paid: Decimal = ZERO
    deductible: Decimal = ZERO
    in_scope: Decimal = ZERO


def rounded(amount: Decimal) -> Decimal:
    """To whole fen, half up."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def critical_due(base: Decimal) -> Decimal:
    """60 % of the first 50,000 above 30,404, 70 % of the rest."""
    above = max(ZERO, base - Decimal(30404))
    return rounded(min(above, Decimal(50000)) * Decimal("0.6") + max(ZERO, above - Decimal(50000)) * Decimal("0.7"))


def stay(total: Decimal, scope: Decimal, use_account: bool, year: Year) -> dict[str, Decimal]:
    """From scope to shares."""
    deductible = min(scope, Decimal(1300) if year.stays == 0 else Decimal(650))
    parts = []
    for start, end, ratio in BANDS:
        low, high = max(deductible, start), scope if end is None else min(scope, end)
        if high > low:
            parts.append((high - low, ratio * FACTOR))
    due = rounded(sum((a * r for a, r in parts), ZERO))
    pool = min(due, max(ZERO, POOL_CAP - year.pool_paid))
    above_cap = ZERO
    if pool < due:
        left, shared = pool + ALMOST_HALF, ZERO
        for amount, ratio in parts:
            if amount * ratio > left:
                shared += (left / ratio).quantize(CENT, ROUND_DOWN)
                break
            left, shared = left - amount * ratio, shared + amount
        above_cap = scope - deductible - shared
    large = min(rounded(above_cap * LARGE_RATIO), max(ZERO, LARGE_CAP - year.large_paid))
    base = scope - pool - large
    critical = critical_due(year.critical_base + base) - critical_due(year.critical_base)
    fund = pool + large + critical
    person = total - fund
    account = min(year.balance, person) if use_account else ZERO
    year.stays += 1
    year.deductible += deductible
    year.in_scope += scope
    year.pool_paid += pool
    year.large_paid += large
    year.critical_base += base
    year.critical_paid += critical
    year.balance -= account
    return {"medfee_sumamt": total, "inscp_scp_amt": scope, "act_pay_dedc": deductible, "hifp_pay": pool,
            "hifob_pay": large + critical, "fund_pay_sumamt": fund, "psn_part_amt": person, "acct_pay": account,
            "psn_cash_pay": person - account}  # fmt: skip


def stay_of_lines(year: Year) -> dict[str, Decimal]:
    """The bill of three lines, split and settled."""
    total = own = over = first = scope = ZERO
    for level, price, count, limit in BILL:
        p, q = Decimal(price), Decimal(count)
        amount = rounded(p * q)
        total += amount
        if level == "03":
            own += amount
            continue
        above = rounded(max(ZERO, p - Decimal(limit)) * q) if limit else ZERO
        share = rounded((amount - above) * Decimal("0.10")) if level == "02" else ZERO
        over, first, scope = over + above, first + share, scope + amount - above - share
    assert total == own + over + first + scope
    return stay(total, scope, True, year)
