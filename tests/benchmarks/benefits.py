"""Settlement three ways: by the scalar engine, in columns, and by the same rule written by hand with `decimal`.

The Decimal side (`tests.benchmarks.benefits_decimal`) knows this one rule and nothing else: no policy file, no
explanation, no identities but one, no setldetail. All sides must agree to the fen before anything is measured.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import cache
from time import process_time

import numpy as np
from attrs import frozen

from sim.benefits import Accumulators, Case, Line, Policy, policy, settle, split_all
from sim.benefits.closing import FUNDS, check_closes
from sim.benefits.columns import Claims, Compiled, Settled, State, compile_columns, settle_columns
from sim.benefits.columns.proof import generated, kinds
from sim.benefits.columns.proof import scalar as scalar_over_all
from sim.benefits.line import LineShare, multiply
from sim.benefits.sheet import Rule, Sheet
from tests.benchmarks.benefits_decimal import BILL, DAY, Year, stay, stay_of_lines
from tests.benchmarks.measure import Bench, Side

settling = sys.modules["sim.benefits.settle"]  # the package's own `settle` is the function
Moves = Sequence[tuple[Callable[[Sheet, Rule], None], Rule]]
STAYS = 4
"""Stays of one person in a year."""
MANY, FEW = 400_000, 8_000
"""Claims of one round in columns, and one by one."""
BALANCE = 50_000
STAYS_KEPT, EVERYWHERE = "settle stays, the year's counters kept", "settle care of all kinds under every policy"
CASE = Case("inpatient", "L3", DAY, filing="referral", treated_in="520000")


def beijing() -> Policy:
    """The policy whose rule the Decimal side repeats."""
    return policy("beijing-employee", DAY)


# A bill of three lines, split and settled


def lines() -> list[Line]:
    """The bill as fee lines."""
    found = []
    for number, (level, price, count, limit) in enumerate(BILL, 1):
        p, q = int(Decimal(price) * 10**6), int(Decimal(count) * 10**4)
        top = int(Decimal(limit) * 10**6) if limit else None
        found.append(Line(number, f"X{number}", level, "09", p, q, multiply(p, q), top))
    return found


def split_and_settle(times: int) -> dict[str, int]:
    """Split and settle, explanation off."""
    chosen, bill, before = beijing(), lines(), Accumulators(2024, stays=1, pool_paid=8_000_000)
    for _ in range(times):
        shares = split_all(bill, chosen, explain=False)
        done = settle(chosen, CASE, shares, before, BALANCE, True, explain=False)
    return dict(done.amounts)


def split_and_settle_by_decimal(times: int) -> dict[str, Decimal]:
    """The same by decimal arithmetic."""
    for _ in range(times):
        done = stay_of_lines(Year(Decimal(BALANCE) / 100, stays=1, pool_paid=Decimal(80000)))
    return done


# Stays of many people, one after the other, with the year's counters


@frozen(eq=False)
class Course:
    """Claims of one kind of case, compiled."""

    compiled: Compiled
    claims: Claims


@cache
def course() -> Course:
    """Stays of people with long-tailed bills: a fifth of the years passes the pool's cap, a third uses the account."""
    chance = np.random.Generator(np.random.Philox(7))
    scope = np.minimum(chance.lognormal(14.6, 1.1, MANY), 5e8).astype(np.int64)
    total = scope + np.minimum(chance.lognormal(10.0, 1.5, MANY), 5e7).astype(np.int64)
    row = np.arange(MANY, dtype=np.int64) // STAYS
    plan = np.zeros(MANY, np.int64)
    return Course(
        compile_columns([(beijing(), CASE)]), Claims(plan, row, total, scope, chance.integers(0, 3, MANY) == 0)
    )


Rows = list[tuple[int, ...]]
SHOWN = ("act_pay_dedc", "hifp_pay", "hifob_pay", "fund_pay_sumamt", "acct_pay", "psn_cash_pay")


def in_columns() -> Settled:
    """All claims, counters and account balances starting afresh."""
    state = State.fresh(MANY // STAYS)
    state.balances[:] = BALANCE
    return settle_columns(course().compiled, course().claims, state)


def first_rows(done: Settled) -> Rows:
    """The first few of them as rows."""
    return list(zip(*(done.column(name)[:FEW].tolist() for name in SHOWN), strict=True))


def one_by_one() -> Rows:
    """The first few claims by the scalar engine."""
    found, chosen, person = [], beijing(), -1
    before, left = Accumulators(2024), BALANCE
    for row, total, scope, use in few():
        if row != person:
            person, before, left = row, Accumulators(2024), BALANCE
        share = LineShare(1, total, total - scope, 0, 0, scope, 0)
        done = settle(chosen, CASE, (share,), before, left, use, explain=False)
        amounts = done.amounts
        before, left = done.accumulators, amounts["balc"]
        found.append(tuple(amounts[name] for name in SHOWN))
    return found


def by_decimal() -> list[dict[str, Decimal]]:
    """The same by decimal arithmetic."""
    found, person = [], -1
    year = Year(Decimal(0))
    for row, total, scope, use in decimals():
        if row != person:
            person, year = row, Year(Decimal(BALANCE) / 100)
        found.append(stay(total, scope, use, year))
    return found


@cache
def few() -> list[tuple[int, int, int, bool]]:
    """Row, total, in scope, account, of the first few claims."""
    c = course().claims
    return list(zip(*(column[:FEW].tolist() for column in (c.row, c.total, c.in_scope, c.use_account)), strict=True))


@cache
def decimals() -> list[tuple[int, Decimal, Decimal, bool]]:
    """The same, amounts in yuan."""
    return [(row, Decimal(total) / 100, Decimal(scope) / 100, use) for row, total, scope, use in few()]


# Every policy, every kind of case


@cache
def everything() -> tuple[Course, Claims]:
    """Generated claims under every policy, for care that it pays, and the first few of them."""
    each = kinds()
    made = generated(4 * MANY, 1, each)
    paid = np.array([case.care in chosen.care for chosen, case in each])
    claims = taken(made, np.flatnonzero(paid[made.plan])[:MANY])
    return Course(compile_columns(each), claims), taken(claims, slice(0, FEW))


def taken(claims: Claims, which: np.ndarray | slice) -> Claims:
    """Some of the claims, in their order."""
    c = claims
    return Claims(c.plan[which], c.row[which], c.total[which], c.in_scope[which], c.use_account[which])


def all_in_columns(claims: Claims) -> np.ndarray:
    """Claims under every policy in columns: what each fund pays."""
    state = State.fresh(int(claims.row[-1]) + 1)
    state.balances[:] = BALANCE
    return settle_columns(everything()[0].compiled, claims, state).funds


def all_one_by_one() -> np.ndarray:
    """The first few by the scalar engine."""
    funds, _ = scalar_over_all(everything()[1], kinds(), BALANCE)
    return np.asarray(funds)


def agreed() -> None:
    """Stop when any two sides differ in any amount."""
    mine, other = split_and_settle(1), split_and_settle_by_decimal(1)
    wrong = {name: (mine[name], value) for name, value in other.items() if mine[name] != value * 100}
    assert not wrong, wrong
    rows = one_by_one()
    assert first_rows(in_columns()) == rows
    assert [tuple(int(row[name] * 100) for name in SHOWN) for row in by_decimal()] == rows
    assert sum(row[SHOWN.index("hifob_pay")] > 0 for row in rows) > FEW // 20  # the cap is passed often enough
    assert (all_in_columns(everything()[1]) == all_one_by_one()).all()
    assert all_in_columns(everything()[1]).shape == (FEW, len(FUNDS))


def benches() -> list[Bench]:
    """Five comparisons, after all sides agreed; seconds are those of one processor core."""
    agreed()
    scalar = Side("scalar", one_by_one, FEW)
    decimal = Side("decimal", by_decimal, FEW)
    columns = Side("columns", in_columns, MANY)
    bill = Side("scalar", lambda: split_and_settle(5000), 5000)
    bill_by_decimal = Side("decimal", lambda: split_and_settle_by_decimal(4000), 4000)
    all_columns = Side("columns", lambda: all_in_columns(everything()[0].claims), MANY)
    all_scalar = Side("scalar", all_one_by_one, FEW)
    return [
        Bench("split and settle a stay of three lines", "settlements", bill, bill_by_decimal, process_time),
        Bench(STAYS_KEPT, "claims", scalar, decimal, process_time),
        Bench(STAYS_KEPT, "claims", columns, scalar, process_time),
        Bench(STAYS_KEPT, "claims", columns, decimal, process_time),
        Bench(EVERYWHERE, "claims", all_columns, all_scalar, process_time),
    ]


# Where the time of one settlement goes


def phases() -> list[tuple[str, float]]:
    """Parts of splitting and settling the bill of three lines with their microseconds, and the whole."""
    chosen, bill, before = beijing(), lines(), Accumulators(2024, stays=1, pool_paid=8_000_000)
    shares = split_all(bill, chosen, explain=False)
    done = settle(chosen, CASE, shares, before, BALANCE, True, explain=False)
    rows = [(row.fund_pay_type, row.fund_payamt) for row in done.details]
    moves = chosen.plan(CASE).moves
    worked = sheet_of(done.amounts["medfee_sumamt"], done.amounts["inscp_scp_amt"], before, shares, moves)
    parts: dict[str, Callable[[], object]] = {
        "split three lines": lambda: split_all(bill, chosen, explain=False),
        "look the rules up": lambda: chosen.plan(CASE),
        f"{len(moves)} mechanisms": lambda: sheet_of(worked.total, worked.in_scope, before, shares, moves),
        "setldetail": lambda: settling._details(worked, BALANCE, 0),
        "counters": lambda: settling._after(before, worked),
        "check the identities": lambda: check_closes(done.amounts, rows),
        "settle": lambda: settle(chosen, CASE, shares, before, BALANCE, True, explain=False),
        "settle, explained": lambda: settle(chosen, CASE, shares, before, BALANCE, True),
    }
    times = {name: micros(part) for name, part in parts.items()}
    whole, told = times.pop("settle"), times.pop("settle, explained")
    split_time, *inside = times.values()
    rest = {"amounts and the settlement itself": whole - sum(inside)}
    return [*times.items(), *rest.items(), ("together", split_time + whole), ("explaining, when asked", told - whole)]


def sheet_of(total: int, scope: int, before: Accumulators, shares: Sequence[LineShare], moves: Moves) -> Sheet:
    """The sheet after all mechanisms."""
    sheet = Sheet(CASE, before, total, scope, False, shares)
    for move, rule in moves:
        move(sheet, rule)
    return sheet


def micros(part: Callable[[], object], times: int = 3000, rounds: int = 9) -> float:
    """Microseconds of processor time, the quickest of some rounds: what other work on the machine adds is left out."""
    found = []
    for _ in range(rounds):
        start = process_time()
        for _ in range(times):
            part()
        found.append((process_time() - start) / times * 1e6)
    return min(found)
