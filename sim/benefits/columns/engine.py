"""Columns in, columns out: compiling programs into arrays, and running the kernel over claims."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from attrs import frozen

from sim.benefits.accumulators import COUNTERS, Accumulators
from sim.benefits.case import Case
from sim.benefits.closing import FUNDS
from sim.benefits.columns.program import WIDTH, compile_case
from sim.benefits.policy import Policy
from sim.errors import InputError
from sim.lang import say

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Whole = NDArray[np.int64]


def needed(name: str) -> Any:
    """A library of the ``planning`` extra, or an error that says how to get it."""
    try:
        return import_module(name)
    except ImportError as error:
        text = say("benefits.columns.not_installed", name=error.name or name)
        raise InputError(text) from None


@frozen(eq=False)
class Compiled:
    """Programs as arrays: operations, bands, and where each program's care is counted."""

    ops: Whole
    first_op: Whole
    op_count: Whole
    bands: Whole
    counted: Whole
    account: Whole


@frozen(eq=False)
class Claims:
    """Claims in order of time, one entry each.

    ``plan`` indexes the compiled cases, ``row`` the state's rows (a person and year); ``total`` and ``in_scope`` are
    fen; ``use_account`` says whether the personal account is asked to pay.
    """

    plan: Whole
    row: Whole
    total: Whole
    in_scope: Whole
    use_account: NDArray[np.bool_]


@frozen(eq=False)
class State:
    """Counters ``used``, int64[rows, counters] in the order of `COUNTERS`, and account ``balances``, int64[rows].

    Settling changes it in place.
    """

    used: Whole
    balances: Whole

    @classmethod
    def fresh(cls, rows: int) -> State:
        """Nothing used, empty accounts."""
        np = needed("numpy")
        return cls(np.zeros((rows, len(COUNTERS)), np.int64), np.zeros(rows, np.int64))

    def accumulators(self, row: int, year: int) -> Accumulators:
        """One row as the scalar engine's counters."""
        return Accumulators(year, *(int(value) for value in self.used[row]))


@frozen(eq=False)
class Settled:
    """One entry a claim, fen: the fields of setlinfo by name (`column`)."""

    claims: Claims
    out: Whole
    funds: Whole

    def column(self, name: str) -> Whole:
        """A field of setlinfo for every claim: the funds, act_pay_dedc, pool_prop_selfpay (basis points),
        fund_pay_sumamt, acct_pay, psn_part_amt, psn_cash_pay, medfee_sumamt, inscp_scp_amt."""
        if name in FUNDS:
            return self.funds[:, FUNDS.index(name)]
        if name in _OUT:
            return self.out[:, _OUT.index(name)]
        if name == "medfee_sumamt":
            return self.claims.total
        if name == "inscp_scp_amt":
            return self.claims.in_scope
        person: Whole = self.claims.total - self.column("fund_pay_sumamt")
        if name == "psn_part_amt":
            return person
        if name == "psn_cash_pay":
            return person - self.column("acct_pay")
        raise KeyError(name)


_OUT = ("act_pay_dedc", "pool_prop_selfpay", "fund_pay_sumamt", "acct_pay")


def compile_columns(cases: Sequence[tuple[Policy, Case]]) -> Compiled:
    """Compile kinds of cases; a claim names its kind by the position in ``cases``.

    The date of a case does not matter, its other fields do. Raises InputError for a reading or mechanism that columns
    do not have (rounding line by line, interim settlements), and when numpy or numba is not installed.
    """
    np = needed("numpy")
    programs = [compile_case(policy, case) for policy, case in cases]
    ops: list[tuple[int, ...]] = []
    bands: list[tuple[int, int, int]] = []
    first_op: list[int] = []
    for program in programs:
        first_op.append(len(ops))
        for op in program.ops:
            ops.append((*op[: WIDTH - 2], op[WIDTH - 2] + len(bands), op[WIDTH - 1]))
        bands += program.bands
    return Compiled(
        np.array(ops, np.int64).reshape(-1, WIDTH),
        np.array(first_op, np.int64),
        np.array([len(p.ops) for p in programs], np.int64),
        np.array(bands, np.int64).reshape(-1, 3),
        np.array([p.counters for p in programs], np.int64).reshape(-1, 5),
        np.array([p.account for p in programs], np.int64),
    )


def settle_columns(compiled: Compiled, claims: Claims, state: State) -> Settled:
    """Settle claims in order; ``state`` moves along.

    Raises InputError when an index, a length or an amount does not fit. Where one passes what 64 bits can hold the
    claims before it have been settled, and the state is to be thrown away.
    """
    np = needed("numpy")
    kernel = needed("sim.benefits.columns.kernel")
    count = len(claims.plan)
    for name, size in (("plan", len(compiled.first_op)), ("row", len(state.used))):
        column = getattr(claims, name)
        if len(column) != count or (count and (column.min() < 0 or column.max() >= size)):
            raise InputError(say("benefits.columns.index", name=name, size=size))
    for name in ("total", "in_scope", "use_account"):
        if len(getattr(claims, name)) != count:
            raise InputError(say("benefits.columns.index", name=name, size=count))
    if count and (claims.in_scope.min() < 0 or (claims.total < claims.in_scope).any()):
        raise InputError(say("benefits.columns.amounts"))
    out, funds = np.zeros((count, len(_OUT)), np.int64), np.zeros((count, len(FUNDS)), np.int64)
    wrong = kernel.settle_all(
        compiled.ops,
        compiled.first_op,
        compiled.op_count,
        compiled.bands,
        compiled.counted,
        compiled.account,
        claims.plan,
        claims.row,
        claims.total,
        claims.in_scope,
        claims.use_account,
        state.used,
        state.balances,
        out,
        funds,
    )
    if wrong >= 0:
        raise InputError(say("benefits.columns.too_large", index=int(wrong)))
    return Settled(claims, out, funds)
