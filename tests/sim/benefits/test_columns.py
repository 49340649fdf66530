"""Columns equal the scalar engine to the fen, for every policy, any history, any order of mechanisms."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve
from benefits_scenes import Scene, layered, made_policies, scenes
from benefits_workshop import DAY, in_scope
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.benefits import LEVELS, Accumulators, Care, Case, Filing, Policy, policies, policy, settle, split_all
from sim.benefits.case import DISEASES, GROUPS, Interim
from sim.benefits.change import with_readings
from sim.benefits.closing import FUNDS
from sim.benefits.columns import Claims, State, compile_columns, settle_columns
from sim.errors import InputError

np = pytest.importorskip("numpy")
pytest.importorskip("numba")

NAMES = (
    *FUNDS,
    "act_pay_dedc",
    "pool_prop_selfpay",
    "fund_pay_sumamt",
    "acct_pay",
    "psn_part_amt",
    "psn_cash_pay",
    "medfee_sumamt",
    "inscp_scp_amt",
)


def claims(plan: Sequence[int], row: Sequence[int], total: Sequence[int], scope: Sequence[int], use: Any) -> Claims:
    """Columns from sequences."""

    def whole(values: Sequence[int]) -> Any:
        return np.array(values, np.int64)

    return Claims(whole(plan), whole(row), whole(total), whole(scope), np.array(use, np.bool_))


def compare(chosen: Policy, cases: list[Case], bills: list[tuple[int, int, int]], balance: int) -> None:
    """Settle bills (case, in scope, own pay; fen) one after the other with both engines, one person."""
    kinds = compile_columns([(chosen, case) for case in cases])
    state = State.fresh(1)
    state.balances[0] = balance
    plan, scope = [b[0] for b in bills], [b[1] for b in bills]
    total = [b[1] + b[2] for b in bills]
    done = settle_columns(kinds, claims(plan, [0] * len(bills), total, scope, [True] * len(bills)), state)
    before, left = Accumulators(cases[0].on.year), balance
    for i, (kind, inside, own) in enumerate(bills):
        lines = [*in_scope(inside), evolve(in_scope(own)[0], number=2, chrgitm_lv="03")]
        shares = split_all(lines, chosen, explain=False)
        right = settle(chosen, cases[kind], shares, before, left, True, explain=False)
        ours = {name: int(done.column(name)[i]) for name in NAMES}
        assert {name: right.amounts[name] for name in NAMES} == ours, (i, cases[kind])
        before, left = right.accumulators, right.amounts["balc"]
    assert before == state.accumulators(0, before.year)
    assert left == state.balances[0]


@st.composite
def kinds_of_case(draw: st.DrawFn, chosen: Policy) -> list[Case]:
    """Three cases of one person and year."""
    on = chosen.start + timedelta(days=draw(st.integers(0, 200)))
    on = on if chosen.covers(on) else chosen.start
    person = {
        "on": on,
        "retired": draw(st.booleans()),
        "age": draw(st.integers(0, 100)),
        "civil_servant": draw(st.booleans()),
        "needy": draw(st.booleans()),
        "unit_scheme": draw(st.booleans()),
        "veteran": draw(st.booleans()),
        "aid_group": draw(st.sampled_from(GROUPS)),
        "tier": draw(st.sampled_from([1, 2])),
        "reward_steps": draw(st.integers(0, 2)),
    }
    return [
        Case(
            care=draw(st.sampled_from(list(Care))),
            level=draw(st.sampled_from(LEVELS)),
            filing=draw(st.sampled_from(list(Filing))),
            treated_in=draw(st.sampled_from(["", "130000", "520000"])),
            disease=draw(st.sampled_from(["", "other", *DISEASES])),
            transfer=draw(st.booleans()),
            transfer_deductible=draw(st.integers(0, 100_000)),
            **person,
        )
        for _ in range(3)
    ]


BILLS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 30_000_000) | st.integers(0, 300), st.integers(0, 100_000)),
    min_size=1,
    max_size=6,
)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_columns_equal_the_scalar_engine(data: st.DataObject) -> None:
    """Any policy of the project or made up, any sequence of a person's bills: the same amounts, counters, balance."""
    chosen = data.draw(st.sampled_from(policies()) | made_policies() | layered())
    compare(chosen, data.draw(kinds_of_case(chosen)), data.draw(BILLS), data.draw(st.integers(0, 1_000_000)))


@pytest.mark.parametrize("chosen", policies(), ids=lambda p: f"{p.id}@{p.start}")
def test_every_policy_of_the_project_in_columns(chosen: Policy) -> None:
    """Every kind of care and filing, in a year that passes every cap."""
    cases = [
        Case(care, "L3", chosen.start, filing=filing, treated_in="" if filing == "local" else "520000", disease=disease)
        for care, disease in (("inpatient", ""), ("outpatient", ""), ("chronic", "diabetes"))
        for filing in Filing
    ]
    amounts = (5_000, 1_234_567, 12_345_678, 3, 90_000_001)
    bills = [(kind, amounts[(kind + i) % len(amounts)], kind) for i in range(3) for kind in range(len(cases))]
    compare(chosen, cases, bills, 123_456)


@settings(max_examples=20, deadline=None)
@given(st.lists(scenes(), min_size=2, max_size=4))
def test_people_do_not_disturb_each_other(several: list[Scene]) -> None:
    """Claims of several people, interleaved: each as if alone."""
    kinds = compile_columns([(s.policy, s.case) for s in several])
    order = [i for _ in range(2) for i in range(len(several))]
    scope = [1_000_000 + 777 * n for n in range(len(order))]
    state = State.fresh(len(several))
    together = settle_columns(kinds, claims(order, order, scope, scope, [False] * len(order)), state)
    for i in range(len(several)):
        mine = [n for n, who in enumerate(order) if who == i]
        amounts = [scope[n] for n in mine]
        alone = State.fresh(1)
        done = settle_columns(kinds, claims([i] * 2, [0] * 2, amounts, amounts, [False] * 2), alone)
        assert (together.funds[mine] == done.funds).all()
        assert (alone.used[0] == state.used[i]).all()


BEIJING = policy("beijing-employee", DAY)
STAY = Case("inpatient", "L3", DAY)


@pytest.mark.parametrize(
    ("chosen", "case", "says"),
    [
        (with_readings(BEIJING, rounding="line"), STAY, "line by line"),
        (BEIJING, evolve(STAY, interim=Interim(0, 0, 0)), "interim"),
    ],
    ids=["by line", "interim"],
)
def test_what_columns_cannot_do_is_refused_when_compiled(chosen: Policy, case: Case, says: str) -> None:
    """Never a silent approximation."""
    with pytest.raises(InputError, match=says):
        compile_columns([(chosen, case)])


@pytest.mark.parametrize(
    ("plan", "row", "total", "scope", "says"),
    [
        ([1], [0], [5], [5], "plan"),
        ([0], [-1], [5], [5], "row"),
        ([0], [0, 0], [5], [5], "row"),
        ([0], [0], [5], [6], "above its total"),
        ([0], [0], [5], [-1], "negative"),
        ([0, 0], [0, 0], [5, 40_000_000_001], [5, 5], "claim 1"),
        ([0, 0], [0, 0], [30_000_000_000] * 2, [30_000_000_000] * 2, "claim 1"),
    ],
)
def test_columns_that_do_not_fit_are_refused(plan: Any, row: Any, total: Any, scope: Any, says: str) -> None:
    """Indexes, lengths, signs and sizes are checked; the error names the column or the claim."""
    kinds = compile_columns([(BEIJING, STAY)])
    with pytest.raises(InputError, match=says):
        settle_columns(kinds, claims(plan, row, total, scope, [False] * len(plan)), State.fresh(1))


def test_no_claims_is_no_error() -> None:
    """Empty columns in, empty columns out."""
    kinds = compile_columns([(BEIJING, STAY)])
    assert 0 == len(settle_columns(kinds, claims([], [], [], [], []), State.fresh(1)).column("hifp_pay"))


def test_the_base_install_does_without_numpy() -> None:
    """Without numpy everything else works, and columns say what is missing and how to get it."""
    script = """
import sys
sys.modules["numpy"] = sys.modules["numba"] = None
import sim.benefits, sim.benefits.columns as columns
from sim.benefits.load import policies
from sim.errors import InputError
try:
    columns.compile_columns([])
except InputError as error:
    assert "yidi[planning]" in error.show("en"), error
else:
    raise AssertionError("no error")
assert len(policies()) > 39
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stderr
