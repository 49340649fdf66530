"""The loop over claims: every operation of a program on whole numbers, compiled by numba.

It follows `sim.benefits.mechanisms` step by step and is tested equal to it. All amounts are fen and not negative, so
that rounding half up is ``(2 n + d) // (2 d)``. Ratios of bands are 1/100000000, all others basis points.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from sim.benefits.columns.program import INDEX, LARGEST, NONE, Op

FINE = 100_000_000
FULL = 10_000
_HALF = (FINE - 1) // 2

FIRST_SELF_PAY, NOT_PAID = int(Op.FIRST_SELF_PAY), int(Op.NOT_PAID)
BY_STAY, DEDUCTIBLE, OF_YEAR = int(Op.DEDUCTIBLE_BY_STAY), int(Op.DEDUCTIBLE), int(Op.DEDUCTIBLE_OF_YEAR)
SHARE, BANDS, POOL, LARGE = int(Op.DEDUCTIBLE_SHARE), int(Op.BANDS), int(Op.POOL), int(Op.LARGE)
SUPPLEMENT, OF_COST, CRITICAL = int(Op.SUPPLEMENT), int(Op.OF_COST), int(Op.CRITICAL)
OF_REST, REST_OVER_YEAR, CEILING = int(Op.OF_REST), int(Op.REST_OVER_YEAR), int(Op.CEILING)
STAYS, POOL_PAID, LARGE_PAID = INDEX["stays"], INDEX["pool_paid"], INDEX["large_paid"]
CRITICAL_BASE, CRITICAL_PAID = INDEX["critical_base"], INDEX["critical_paid"]
_njit: Any = numba.njit(cache=True, error_model="numpy", boundscheck=False)
_inline: Any = numba.njit(cache=True, error_model="numpy", inline="always")


@_inline  # type: ignore[misc,unused-ignore]
def _take(amount, ratio):  # type: ignore[no-untyped-def]
    return (2 * amount * ratio + FULL) // (2 * FULL)


@_inline  # type: ignore[misc,unused-ignore]
def _to_fen(weighted):  # type: ignore[no-untyped-def]
    return (2 * weighted + FINE) // (2 * FINE)


@_njit  # type: ignore[misc,unused-ignore]
def _weigh(start, end, bands, at, count):  # type: ignore[no-untyped-def]
    """The stretch from start to end, weighted by the ratios of bands."""
    weighted = 0
    for b in range(at, at + count):
        low = max(start, bands[b, 0])
        high = min(end, bands[b, 1])
        if high > low:
            weighted += (high - low) * bands[b, 2]
    return weighted


@_njit  # type: ignore[misc,unused-ignore]
def _due(base, deductible, absolute, bands, at, count):  # type: ignore[no-untyped-def]
    """What is due on a year's base above a deductible."""
    if base <= deductible:
        return 0
    if absolute:
        return _to_fen(_weigh(deductible, base, bands, at, count))
    return _to_fen(_weigh(0, base - deductible, bands, at, count))


@_njit  # type: ignore[misc,unused-ignore]
def settle_all(  # type: ignore[no-untyped-def]
    ops, first_op, op_count, bands, counted, account_kind,
    plan, row, total, in_scope, use_account,
    used, balances, out, funds,
):  # fmt: skip
    """Settle every claim in order; counters and balances move on the way. Returns the index of a claim
    that is too large, or -1.

    ``out`` columns: act_pay_dedc, pool_prop_selfpay, fund_pay_sumamt, acct_pay; ``funds``: the fields of `FUNDS`.
    """
    amount_of, ratio_of = np.zeros(64, np.int64), np.zeros(64, np.int64)
    pay_of, field_of, counter_of = np.zeros(16, np.int64), np.zeros(16, np.int64), np.zeros(16, np.int64)
    for n in range(plan.shape[0]):
        p, r = plan[n], row[n]
        c_ded, c_scope, c_paid, c_disease, c_stays = (
            counted[p, 0],
            counted[p, 1],
            counted[p, 2],
            counted[p, 3],
            counted[p, 4],
        )
        scope = in_scope[n]
        cost = scope
        before_ded, before_scope = used[r, c_ded], used[r, c_scope]
        before_paid, before_disease = used[r, c_paid], np.int64(0)
        if c_disease != NONE:
            before_disease = used[r, c_disease]
        before_large, before_pool = used[r, LARGE_PAID], used[r, POOL_PAID]
        if total[n] > LARGEST or before_scope + scope > LARGEST or used[r, CRITICAL_BASE] + scope > LARGEST:
            return n
        ded = ratio = shared = over_cap = paid = pool = large = np.int64(0)
        parts = pays = 0
        for o in range(first_op[p], first_op[p] + op_count[p]):
            op = ops[o, 0]
            at, count = ops[o, 8], ops[o, 9]
            if op == BANDS:
                start = ded if ops[o, 1] else np.int64(0)
                if ops[o, 2]:
                    start += before_scope
                    if not ops[o, 1]:
                        start -= before_ded
                end = start + cost - ded
                parts = 0
                for b in range(at, at + count):
                    low = max(start, bands[b, 0])
                    high = min(end, bands[b, 1])
                    if high > low:
                        amount_of[parts], ratio_of[parts] = high - low, bands[b, 2]
                        parts += 1
            elif op == POOL:
                weighted = cost_in = due = np.int64(0)
                for i in range(parts):
                    part = amount_of[i] * ratio_of[i]
                    weighted += part
                    cost_in += amount_of[i]
                    if ops[o, 5]:
                        due += _to_fen(part)
                if not ops[o, 5]:
                    due = _to_fen(weighted)
                if ops[o, 4] != NONE:
                    due = max(due, min(_take(scope, ops[o, 4]), cost))
                pay, shared = due, cost_in
                for k in range(2):
                    cap = ops[o, 2 + k]
                    if cap == NONE:
                        continue
                    left = max(np.int64(0), cap - (before_disease if k else before_paid))
                    if pay > left:
                        pay = left
                        room, reached = left * FINE + _HALF, np.int64(0)
                        for i in range(parts):
                            part = amount_of[i] * ratio_of[i]
                            if part > room:
                                reached += room // ratio_of[i]
                                break
                            room -= part
                            reached += amount_of[i]
                        shared = min(shared, reached)
                over_cap = cost_in - shared
                if cost_in:
                    ratio = (2 * weighted + cost_in * FULL) // (2 * cost_in * FULL)
                pool += pay
                paid += pay
                if pay:
                    pay_of[pays], field_of[pays], counter_of[pays] = pay, ops[o, 1], -2
                    pays += 1
            elif op == CRITICAL:
                base = cost - paid
                before = used[r, CRITICAL_BASE]
                due = _due(before + base, ops[o, 2], ops[o, 4], bands, at, count)
                owed = _due(before, ops[o, 2], ops[o, 4], bands, at, count)
                if ops[o, 3] != NONE:
                    due, owed = min(due, ops[o, 3]), min(owed, ops[o, 3])
                pay = due - owed
                used[r, CRITICAL_BASE] += base
                used[r, CRITICAL_PAID] += pay
                paid += pay
                if pay:
                    pay_of[pays], field_of[pays], counter_of[pays] = pay, ops[o, 1], CRITICAL_PAID
                    pays += 1
            elif op == LARGE:
                pay = _take(over_cap, ops[o, 2])
                if ops[o, 3] != NONE:
                    pay = min(pay, max(np.int64(0), ops[o, 3] - before_large))
                if ops[o, 4] != NONE:
                    pay = min(pay, max(np.int64(0), ops[o, 4] - (before_large + before_pool + pool)))
                fine = ops[o, 2] * (FINE // FULL)
                room = pay * FINE + _HALF
                reached = room // fine if over_cap * fine > room else over_cap
                shared += reached
                over_cap -= reached
                large += pay
                paid += pay
                if pay:
                    pay_of[pays], field_of[pays], counter_of[pays] = pay, ops[o, 1], -3
                    pays += 1
            elif op == BY_STAY or op == DEDUCTIBLE or op == OF_YEAR or op == SHARE:  # noqa: SIM109 - compiled
                if op == BY_STAY:
                    left = ops[o, 1 + min(used[r, STAYS], 2)]
                elif op == DEDUCTIBLE:
                    left = ops[o, 1]
                elif op == OF_YEAR:
                    left = max(np.int64(0), ops[o, 1] - before_ded)
                else:
                    left = min(max(_take(total[n], ops[o, 1]), ops[o, 2]), ops[o, 3])
                    for _ in range(ops[o, 4]):
                        left = (left + 1) // 2
                    left = np.int64(0) if ops[o, 5] else max(np.int64(0), left - ops[o, 6])
                ded += min(cost - ded, left)
            elif op == SUPPLEMENT or op == OF_REST or op == OF_COST:  # noqa: SIM109 - compiled
                if op == SUPPLEMENT:
                    pay = _take(max(np.int64(0), shared - paid), ops[o, 2])
                elif op == OF_REST:
                    pay = _take(cost - paid, ops[o, 2])
                else:
                    pay = min(_take(cost - ded, ops[o, 2]), cost - paid)
                paid += pay
                if pay:
                    pay_of[pays], field_of[pays], counter_of[pays] = pay, ops[o, 1], -1
                    pays += 1
            elif op == REST_OVER_YEAR:
                rest = cost - paid
                before = used[r, ops[o, 2]] if ops[o, 4] else np.int64(0)
                due = _due(before + rest, ops[o, 5], 0, bands, at, count)
                owed = _due(before, ops[o, 5], 0, bands, at, count)
                if ops[o, 6] != NONE:
                    due, owed = min(due, ops[o, 6]), min(owed, ops[o, 6])
                pay = due - owed
                used[r, ops[o, 2]] += rest
                used[r, ops[o, 3]] += pay
                paid += pay
                if pay:
                    pay_of[pays], field_of[pays], counter_of[pays] = pay, ops[o, 1], ops[o, 3]
                    pays += 1
            elif op == FIRST_SELF_PAY:
                cost -= _take(cost, ops[o, 1])
            elif op == NOT_PAID:
                if ops[o, 1]:
                    cost = np.int64(0)
            else:  # CEILING
                limit = _take(scope, ops[o, 1])
                left = paid - limit
                i = pays - 1
                while left > 0 and i >= 0:
                    less = min(left, pay_of[i])
                    pay_of[i] -= less
                    if counter_of[i] == -2:
                        pool -= less
                    elif counter_of[i] == -3:
                        large -= less
                    elif counter_of[i] >= 0:
                        used[r, counter_of[i]] -= less
                    left -= less
                    i -= 1
                paid = min(paid, limit)
        for i in range(pays):
            funds[n, field_of[i]] += pay_of[i]
        used[r, c_ded] += ded
        used[r, c_scope] += cost
        used[r, c_paid] += pool
        if c_disease != NONE:
            used[r, c_disease] += pool
        if c_stays != NONE:
            used[r, c_stays] += 1
        used[r, LARGE_PAID] += large
        account = np.int64(0)
        if use_account[n] and account_kind[p]:
            payable = total[n] - paid if account_kind[p] == 1 else scope - paid
            account = min(balances[r], payable)
            balances[r] -= account
        out[n, 0], out[n, 1], out[n, 2], out[n, 3] = ded, ratio, paid, account
    return -1
