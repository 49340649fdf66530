"""The quick answer whether amounts close is the one that finding every violated identity gives."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.benefits import ClosureError, broken, check_closes
from sim.benefits.closing import FUNDS, PARTS, closes

fen = st.integers(-50, 50)
NAMES = (
    *("medfee_sumamt", "fund_pay_sumamt", "psn_part_amt", "acct_pay", "psn_cash_pay", "hosp_part_amt"),
    *("acct_mulaid_pay", "pool_prop_selfpay", "act_pay_dedc", *PARTS, *FUNDS),
)


@st.composite
def closing(draw: st.DrawFn) -> tuple[dict[str, int], list[tuple[str, int]]]:
    """Amounts and rows that keep every identity."""
    amounts = {name: draw(fen) for name in (*PARTS, *FUNDS[:3], "acct_pay", "hosp_part_amt")}
    amounts |= dict.fromkeys(FUNDS[3:], 0)
    amounts["medfee_sumamt"] = sum(amounts[part] for part in PARTS)
    amounts["fund_pay_sumamt"] = sum(amounts[name] for name in FUNDS)
    amounts["psn_part_amt"] = amounts["medfee_sumamt"] - amounts["fund_pay_sumamt"] - amounts["hosp_part_amt"]
    amounts["psn_cash_pay"] = amounts["psn_part_amt"] - amounts["acct_pay"]
    amounts["acct_mulaid_pay"] = draw(st.integers(-abs(amounts["acct_pay"]), abs(amounts["acct_pay"])))
    room = abs(amounts["inscp_scp_amt"]) + abs(amounts["preselfpay_amt"])
    amounts["act_pay_dedc"] = draw(st.integers(-room, room))
    amounts["pool_prop_selfpay"] = draw(st.integers(0, 10_000))
    part = draw(fen)
    rows = [("310100", part), ("310200", draw(fen)), ("330100", amounts["fund_pay_sumamt"] - part)]
    return amounts, rows


@settings(max_examples=150, deadline=None)
@given(closing(), st.sampled_from(NAMES), st.integers(-3, 3), st.booleans(), st.booleans())
def test_the_quick_check_agrees_with_the_slow_one(
    made: tuple[dict[str, int], list[tuple[str, int]]], name: str, by: int, with_rows: bool, leave_out: bool
) -> None:
    """Amounts that close, one of them moved or left out: both say the same, with and without rows."""
    amounts, rows = made
    assert closes(amounts, rows)
    given_rows = rows if with_rows else None
    amounts = {key: value for key, value in amounts.items() if key != name} if leave_out else {**amounts}
    if not leave_out:
        amounts[name] += by
    violated = broken(amounts, given_rows)
    assert closes(amounts, given_rows) is (violated == ())
    if violated:
        with pytest.raises(ClosureError) as caught:
            check_closes(amounts, given_rows)
        assert violated == caught.value.broken
    else:
        check_closes(amounts, given_rows)


@pytest.mark.parametrize("name", NAMES)
def test_every_amount_counts(name: str) -> None:
    """No amount may be moved far without a violation; a check that forgets one is seen here."""
    amounts = dict.fromkeys(NAMES, 0)
    assert closes(amounts)
    assert not closes({**amounts, name: 20_000})
    assert not closes({**amounts, name: -20_000})


def test_rows_of_accounts_and_the_hospital_do_not_count() -> None:
    """A6 leaves 310200, 310201, 999996 and 999997 out, and no other."""
    amounts = dict.fromkeys(NAMES, 0)
    assert closes(amounts, [("310200", 5), ("310201", 5), ("999996", 5), ("999997", 5)])
    assert not closes(amounts, [("310100", 5)])
