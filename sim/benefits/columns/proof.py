"""Both engines over many generated claims, compared fen by fen.

    python -m sim.benefits.columns.proof [CLAIMS] [SEED]

Every policy of the project, people with a year of visits each, in order of time. Prints what was compared and exits 1
on the first difference.
"""

from __future__ import annotations

import sys
from time import perf_counter
from typing import Any

import numpy as np

from sim.benefits.accumulators import COUNTERS, Accumulators
from sim.benefits.case import LEVELS, Care, Case, Filing
from sim.benefits.closing import FUNDS
from sim.benefits.columns.engine import Claims, State, compile_columns, settle_columns
from sim.benefits.line import LineShare
from sim.benefits.load import policies
from sim.benefits.policy import Policy
from sim.benefits.settle import settle

VISITS = 8
"""Claims of one person in a year."""
CARES = (Care.INPATIENT, Care.OUTPATIENT, Care.CHRONIC, Care.PHARMACY)


def kinds() -> list[tuple[Policy, Case]]:
    """Kinds of cases: every policy, care, level and filing of several kinds of people."""
    found = []
    for chosen in policies():
        for care in CARES:
            for n, filing in enumerate(Filing):
                for retired in (False, True):
                    level = LEVELS[(n + retired) % len(LEVELS)]
                    away = "" if filing is Filing.LOCAL else "520000"
                    disease = "diabetes" if care is Care.CHRONIC else ""
                    case = Case(
                        care,
                        level,
                        chosen.start,
                        retired,
                        70 if retired else 40,
                        filing,
                        civil_servant=n % 2 == 0,
                        needy=n % 3 == 0,
                        treated_in=away,
                        disease=disease,
                        aid_group="subsistence" if n % 3 == 0 else "none",
                        veteran=n == 1,
                    )
                    found.append((chosen, case))
    return found


def generated(count: int, seed: int, each: list[tuple[Policy, Case]]) -> Claims:
    """Claims of people who stay with one policy; long-tailed amounts, a third of the claims ask for the account."""
    chance: Any = np.random.Generator(np.random.Philox(seed))
    per_policy = len(each) // len(policies())
    people = -(-count // VISITS)
    pool = np.repeat(chance.integers(0, len(policies()), people), VISITS)[:count]
    plan = pool * per_policy + chance.integers(0, per_policy, count)
    scope = np.minimum(chance.lognormal(12.5, 2.0, count), 5e8).astype(np.int64)
    total = scope + np.minimum(chance.lognormal(9.0, 2.0, count), 5e7).astype(np.int64)
    row = np.arange(count, dtype=np.int64) // VISITS
    return Claims(plan.astype(np.int64), row, total, scope, chance.integers(0, 3, count) == 0)


def scalar(claims: Claims, each: list[tuple[Policy, Case]], balance: int) -> tuple[Any, Any]:
    """The same by the scalar engine: (funds, other amounts) as arrays."""
    count = len(claims.plan)
    funds = np.zeros((count, len(FUNDS)), np.int64)
    out = np.zeros((count, 4), np.int64)
    person, before, left = -1, Accumulators(0), balance
    columns = (claims.plan, claims.row, claims.total, claims.in_scope, claims.use_account)
    for n, (plan, row, total, scope, use) in enumerate(zip(*(c.tolist() for c in columns), strict=True)):
        chosen, case = each[plan]
        if row != person:
            person, before, left = row, Accumulators(case.on.year), balance
        elif before.year != case.on.year:  # another version of the policy; the person's year goes on
            before = Accumulators(case.on.year, *(getattr(before, name) for name in COUNTERS))
        share = LineShare(1, total, total - scope, 0, 0, scope, 0)
        done = settle(chosen, case, (share,), before, left, use, explain=False)
        amounts = done.amounts
        before, left = done.accumulators, amounts["balc"]
        funds[n] = [amounts[name] for name in FUNDS]
        out[n] = [amounts[name] for name in ("act_pay_dedc", "pool_prop_selfpay", "fund_pay_sumamt", "acct_pay")]
    return funds, out


def main(arguments: list[str]) -> int:
    """Compare; 0 when every fen is the same."""
    count = int(arguments[0]) if arguments else 1_000_000
    seed = int(arguments[1]) if len(arguments) > 1 else 1
    each = kinds()
    compiled, claims = compile_columns(each), generated(count, seed, each)
    balance = 200_000
    rows = int(claims.row[-1]) + 1
    settle_columns(compiled, generated(8, seed, each), State.fresh(1))  # compiles
    state = State.fresh(rows)
    state.balances[:] = balance
    start = perf_counter()
    done = settle_columns(compiled, claims, state)
    fast = perf_counter() - start
    start = perf_counter()
    funds, out = scalar(claims, each, balance)
    slow = perf_counter() - start
    same = (done.funds == funds).all(axis=1) & (done.out == out).all(axis=1)
    sys.stdout.write(
        f"{count} claims of {rows} people under {len(policies())} policies, {len(each)} kinds of case, seed {seed}\n"
        f"columns {count / fast:,.0f} claims/s, scalar {count / slow:,.0f} claims/s\n"
        f"different: {int((~same).sum())}\n"
    )
    return 0 if same.all() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
