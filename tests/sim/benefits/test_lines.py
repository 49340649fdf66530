"""Fee lines and their split into the four parts of the total."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal

import pytest
from attrs import evolve
from benefits_workshop import DAY, line, made, number
from hypothesis import given
from hypothesis import strategies as st

from sim.benefits import Line, LineShare, Policy, policy, split, split_all
from sim.benefits.line import LineError, multiply

POOL = policy("beijing-employee", DAY)
NONE = {"inpatient": [{"use": "pool_payment", "fund": "employee_pool"}]}

Splitter = Callable[[Line, Policy], LineShare]
# (line, share of the pool, own pay, over limit, first self-pay, in scope); yuan
CASES = [
    ("class A", line(1, "01", "4.52"), "0.1", ("0", "0", "0", "4.52")),
    ("class B, half up", line(1, "02", "4.52"), "0.05", ("0", "0", "0.23", "4.29")),
    ("class C", line(1, "03", "88", "5"), "0.1", ("440", "0", "0", "0")),
    ("limit before the class share", line(1, "02", "1500", "2", limit="1200"), "0.1", ("0", "600", "240", "2160")),
    ("limit on class A", line(1, "01", "10.005", "1", limit="10"), "0.1", ("0", "0.01", "0", "10.00")),
    ("no limit", line(1, "02", "1500", limit="999999"), "0.1", ("0", "0", "150", "1350")),
    ("class C above a limit", line(1, "03", "1500", limit="1200"), "0.1", ("1500", "0", "0", "0")),
    ("restricted, not approved", line(1, "02", "800", restricted=True), "0.1", ("800", "0", "0", "0")),
    ("restricted, refused", line(1, "02", "800", restricted=True, approved=False), "0.1", ("800", "0", "0", "0")),
    ("restricted, approved", line(1, "02", "800", restricted=True, approved=True), "0.1", ("0", "0", "80", "720")),
    ("free, but refused", line(1, "01", "800", approved=False), "0.1", ("800", "0", "0", "0")),
    ("six and four decimals", line(1, "02", "33.333333", "1.5"), "0.1", ("0", "0", "5", "45")),
    ("a refund", line(1, "02", "4.52", "-1", refund_of=9), "0.05", ("0", "0", "-0.23", "-4.29")),
    ("the line's own share", line(1, "02", "100", share=2_000), "0.1", ("0", "0", "20", "80")),
]


def wrong(splitter: Splitter) -> list[str]:
    """The cases that a splitter gets wrong."""
    found = []
    for name, one, share, parts in CASES:
        got = splitter(one, made(NONE, Decimal(share)))
        want = tuple(int(Decimal(p) * 100) for p in parts)
        if want != (got.fulamt_ownpay_amt, got.overlmt_selfpay, got.preselfpay_amt, got.inscp_scp_amt):
            found.append(name)
    return found


def test_every_kind_of_line_is_split_to_the_fen() -> None:
    """The four parts of each case are exact."""
    assert wrong(split) == []


def truncates(one: Line, chosen: Policy) -> LineShare:
    """Cuts the first self-pay off instead of rounding it half up."""
    good = split(one, chosen)
    first = (one.amount - good.overlmt_selfpay) * good.selfpay_prop // 10_000 if good.preselfpay_amt else 0
    return evolve(good, preselfpay_amt=first, inscp_scp_amt=good.inscp_scp_amt + good.preselfpay_amt - first)


def share_before_limit(one: Line, chosen: Policy) -> LineShare:
    """Takes the class share of the whole amount, then what is above the limit."""
    good = split(one, chosen)
    whole = split(evolve(one, limit=None), chosen)
    over = min(good.overlmt_selfpay, whole.inscp_scp_amt)
    return evolve(whole, overlmt_selfpay=over, inscp_scp_amt=whole.inscp_scp_amt - over)


def always_approved(one: Line, chosen: Policy) -> LineShare:
    """Ignores that a restricted item needs the hospital's approval."""
    return split(evolve(one, restricted=False, approved=None), chosen)


def trusts_every_limit(one: Line, chosen: Policy) -> LineShare:
    """Counts the limit once for the line, not for each unit."""
    good = split(one, chosen)
    if one.limit is None or not good.overlmt_selfpay:
        return good
    over = max(0, one.amount - one.limit // 10_000)
    return evolve(good, overlmt_selfpay=over, inscp_scp_amt=one.amount - over - good.preselfpay_amt)


@pytest.mark.parametrize("splitter", [truncates, share_before_limit, always_approved, trusts_every_limit])
def test_a_wrong_splitter_is_caught(splitter: Splitter) -> None:
    """Each fault fails at least one of the cases."""
    assert wrong(splitter) != []


@given(
    st.sampled_from(["01", "02", "03"]),
    st.integers(0, 10**12),
    st.integers(-(10**8), 10**8),
    st.none() | st.integers(0, 10**12),
    st.integers(0, 10_000),
)
def test_the_parts_sum_to_the_amount(lv: str, price: int, quantity: int, limit: int | None, share: int) -> None:
    """Whatever the line, nothing is lost, and no part has another sign than the amount."""
    one = Line(1, "X", lv, "09", price, quantity, multiply(price, quantity), limit, share=share)
    got = split(one, POOL)
    parts = (got.fulamt_ownpay_amt, got.overlmt_selfpay, got.preselfpay_amt, got.inscp_scp_amt)
    assert one.amount == sum(parts)
    assert all(part * one.amount >= 0 for part in parts)
    assert split(evolve(one, quantity=-quantity, amount=-one.amount), POOL).preselfpay_amt == -got.preselfpay_amt


@given(st.integers(0, 10**12), st.integers(-(10**8), 10**8))
def test_the_product_is_rounded_half_up(price: int, quantity: int) -> None:
    """The same product by decimal arithmetic."""
    exact = Decimal(price).scaleb(-6) * Decimal(quantity).scaleb(-4)
    assert int(exact.quantize(Decimal("0.01"), ROUND_HALF_UP).scaleb(2)) == multiply(price, quantity)


def test_the_pool_s_share_of_a_charge_item_goes_before_that_of_the_class() -> None:
    """Materials (08) bear their own share, medicines (09) that of class B."""
    by_item = made(NONE, items={"08": number(Decimal("0.2"))})
    assert split(line(1, "02", "100", item="08"), by_item).preselfpay_amt == 2_000
    assert split(line(1, "02", "100", item="09"), by_item).preselfpay_amt == 1_000


@pytest.mark.parametrize(
    ("lines", "key", "says"),
    [
        ([evolve(line(3, "01", "4.52"), amount=453)], "det_item_fee_sumamt", "line 3.*4.53.*4.52"),
        ([line(3, "04", "4.52")], "chrgitm_lv", "line 3.*04"),
        ([evolve(line(3, "01", "4.52"), price=-4_520_000, amount=-452)], "pric", "line 3"),
        ([line(3, "02", "4.52", share=10_001)], "selfpay_prop", "line 3.*100.01%"),
        ([line(3, "01", "1"), line(3, "01", "1")], "feedetl_sn", "line 3"),
        ([line(3, "01", "1"), line(4, "01", "1", "-1")], "init_feedetl_sn", "line 4"),
        ([line(3, "01", "1"), line(4, "01", "1", "-1", refund_of=7)], "init_feedetl_sn", "line 4"),
        ([line(3, "01", "1"), line(4, "01", "1", "-2", refund_of=3)], "cnt", "line 4.*line 3"),
        (
            [line(3, "01", "1", "3"), line(4, "01", "1", "-2", refund_of=3), line(5, "01", "1", "-2", refund_of=3)],
            "cnt",
            "line 5.*line 3",
        ),
    ],
    ids=[
        "product",
        "class",
        "price",
        "share",
        "number twice",
        "refund of nothing",
        "refund of what",
        "too much",
        "twice",
    ],
)
def test_a_wrong_line_is_refused_by_number_and_field(lines: list[Line], key: str, says: str) -> None:
    """The error names the line and the interface's field, and nothing is computed."""
    with pytest.raises(LineError, match=says) as caught:
        split_all(lines, POOL)
    assert key == caught.value.key
