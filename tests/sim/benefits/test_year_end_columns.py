"""Stays over New Year in columns: two claims, equal to the scalar engine's two parts to the fen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from attrs import evolve
from benefits_scenes import layered, made_policies
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.benefits import Accumulators, Case, LineShare, Policy, policies
from sim.benefits.change import with_readings
from sim.benefits.closing import FUNDS
from sim.benefits.columns import State, Stays, by_year, compile_columns, settle_columns
from sim.benefits.year_end import settle_by_year
from sim.errors import InputError

np = pytest.importorskip("numpy")
pytest.importorskip("numba")

FIRST = 2023
NAMES = (*FUNDS, "act_pay_dedc", "fund_pay_sumamt", "acct_pay", "psn_cash_pay", "medfee_sumamt", "inscp_scp_amt")
Row = tuple[date, int, int, int]
"""A stay: admitted, days, in scope, beyond it (fen)."""
ROWS = st.lists(
    st.tuples(
        st.dates(date(FIRST, 1, 1), date(FIRST + 1, 12, 31)),
        st.integers(0, 60) | st.integers(300, 365),
        st.integers(0, 30_000_000) | st.integers(0, 20),
        st.integers(0, 100_000),
    ),
    min_size=1,
    max_size=5,
)


def stays(rows: Sequence[Row], split: bool = True) -> Stays:
    """Columns of stays of one person."""
    count = len(rows)
    begins = np.array([row[0] for row in rows], "datetime64[D]")
    scope = np.array([row[2] for row in rows], np.int64)
    return Stays(
        np.zeros(count, np.int64),
        np.zeros(count, np.int64),
        begins,
        begins + np.array([row[1] for row in rows], "timedelta64[D]"),
        np.full(count, split),
        scope + np.array([row[3] for row in rows], np.int64),
        scope,
        np.ones(count, np.bool_),
    )


TABLE = np.zeros((1, 3), np.int64)
STATE_ROWS = np.array([[0, 1, 2]], np.int64)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(policies()) | made_policies() | layered(), ROWS, st.booleans(), st.integers(0, 500_000))
def test_stays_by_year_equal_the_scalar_engine(chosen: Policy, rows: list[Row], split: bool, balance: int) -> None:
    """Any policy, stays of any length in any order: amounts of each stay, counters of every year, the balance."""
    chosen = evolve(chosen, start=date(FIRST, 1, 1), end=None)
    chosen = with_readings(chosen, year_end="split" if split else "discharge")
    case = Case("inpatient", "L3", date(FIRST, 1, 1))
    made = by_year(stays(rows, split), TABLE, STATE_ROWS, FIRST)
    state = State.fresh(3)
    used = {FIRST + n: Accumulators(FIRST + n) for n in range(3)}
    left, at, claims = balance, 0, made.claims
    compiled = compile_columns([(chosen, case)])
    for n, (admitted, days, scope, rest) in enumerate(rows):
        whole = evolve(case, admitted=admitted, on=admitted + timedelta(days=days))
        share = LineShare(1, scope + rest, rest, 0, 0, scope, 0)
        right = settle_by_year(lambda _: chosen, whole, (share,), used, left, True, explain=False)
        parts = right.parts or (right,)
        these = slice(at, at + len(parts))
        at += len(parts)
        one = type(claims)(*(getattr(claims, c)[these] for c in ("plan", "row", "total", "in_scope", "use_account")))
        state.balances[:] = left
        balances = []
        for part, k in zip(parts, range(len(one.plan)), strict=True):
            single = type(one)(
                *(getattr(one, c)[k : k + 1] for c in ("plan", "row", "total", "in_scope", "use_account"))
            )
            done = settle_columns(compiled, single, state)
            balances.append(int(state.balances[single.row[0]]))
            state.balances[:] = balances[-1]
            assert {name: part.amounts[name] for name in NAMES} == {name: int(done.column(name)[0]) for name in NAMES}
        assert [n] * len(parts) == made.stay[these].tolist()
        used.update({part.accumulators.year: part.accumulators for part in parts})
        left = right.amounts["balc"]
        assert balances[-1] == left
    assert at == len(claims.plan)
    assert list(used.values()) == [state.accumulators(n, FIRST + n) for n in range(3)]


def test_claims_are_summed_over_each_stay() -> None:
    """Two stays, one of them over New Year: three claims in the order of the stays, two sums."""
    rows = [(date(2024, 5, 1), 3, 70, 0), (date(2023, 12, 22), 15, 1_500, 150)]
    made = by_year(stays(rows), TABLE, STATE_ROWS, FIRST)
    assert [70, 1_000, 500] == made.claims.in_scope.tolist()
    assert [1, 10, 5] == made.days.tolist()
    assert [1, 0, 1] == made.claims.row.tolist()
    assert [70, 1_650] == made.per_stay(made.claims.total).tolist()


@pytest.mark.parametrize(
    ("row", "first_year", "says"),
    [
        ((date(2023, 5, 1), -1, 5, 0), FIRST, "before it begins"),
        ((date(2022, 12, 31), 5, 5, 0), FIRST, "year"),
        ((date(2023, 12, 31), 5, 5, 0), 2021, "year"),
        ((date(2023, 12, 31), 5, 40_000_000_001, 0), FIRST, "400 million"),
    ],
)
def test_stays_that_do_not_fit_are_refused(row: Row, first_year: int, says: str) -> None:
    """Dates the wrong way round, years without a table, amounts too large: the error names the stay."""
    with pytest.raises(InputError, match=says):
        by_year(stays([row]), TABLE, STATE_ROWS, first_year)


def test_a_stay_to_be_split_is_not_compiled_whole() -> None:
    """The error says what to do."""
    chosen = with_readings(policies()[0], year_end="split")
    case = Case("inpatient", "L3", date(2025, 1, 5), admitted=date(2024, 12, 5))
    with pytest.raises(InputError, match="by_year"):
        compile_columns([(chosen, case)])


def test_no_stays_are_no_error() -> None:
    """Empty columns in, empty columns out."""
    made: Any = by_year(stays([]), TABLE, STATE_ROWS, FIRST)
    assert [] == made.claims.plan.tolist() == made.per_stay(made.claims.total).tolist()
