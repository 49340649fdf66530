"""Whole fen: reading, writing, rounding, sharing."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import money

fen = st.integers(-money.LARGEST, money.LARGEST)


@given(fen)
def test_what_is_shown_is_read_back(amount: int) -> None:
    """parse(show(x)) == x, also through the wire form."""
    assert amount == money.parse(money.show(amount))
    assert amount == money.parse(money.wire(amount))


@pytest.mark.parametrize(
    "value",
    [
        "",
        "abc",
        "1.234",
        "0.001",
        "NaN",
        "Infinity",
        "1e-3",
        "0.01" + "0" * 60 + "1",
        "0." + "0" * 39 + "1",
        None,
        True,
        0.1,
    ],
)
def test_what_is_not_an_amount_is_refused(value: object) -> None:
    """More than two decimals, words, floats, booleans: never silently rounded."""
    with pytest.raises(money.MoneyError):
        money.parse(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", ["1e999999999", "1e15", "99999999999999999", str(10**14)])
def test_what_the_interface_cannot_carry_is_refused(value: str) -> None:
    """16 digits, two of them decimals; and a huge exponent costs nothing."""
    with pytest.raises(money.MoneyError):
        money.parse(value)


@pytest.mark.parametrize(
    ("value", "expected"), [("12.3", 1230), ("12.300", 1230), (12, 1200), ("-0.05", -5), ("1E+2", 10000)]
)
def test_amounts_are_read_in_any_usual_form(value: str | int, expected: int) -> None:
    """Trailing zeros and exponents do not matter, the value does."""
    assert expected == money.parse(value)


@given(st.integers(-(10**18), 10**18), st.integers(1, 10**12))
def test_division_rounds_half_up_away_from_zero(numerator: int, denominator: int) -> None:
    """The same as decimal's ROUND_HALF_UP on the exact quotient."""
    exact, rest = divmod(2 * abs(numerator), 2 * denominator)
    up = rest >= denominator
    assert money.divide(numerator, denominator) == (1 if numerator >= 0 else -1) * (exact + up)


@given(st.integers(-(10**12), 10**12), st.integers(0, 10_000))
def test_taking_a_ratio_is_decimal_arithmetic_to_the_fen(amount: int, ratio: int) -> None:
    """An independent computation in decimal yuan agrees."""
    exact = Decimal(amount).scaleb(-2) * Decimal(ratio).scaleb(-4)
    assert exact.quantize(Decimal("0.01"), ROUND_HALF_UP) == money.wire(money.take(amount, ratio))


def test_banker_rounding_would_be_seen() -> None:
    """2.5 fen is 3, 0.226 yuan is 0.23: the recorded line of the interface facts."""
    assert 3 == money.divide(5, 2)
    assert 23 == money.take(452, 500)
    assert round(2.5) != money.divide(5, 2)


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(0, 10**6), min_size=1, max_size=12).filter(any))
def test_shares_sum_to_the_whole(amount: int, weights: list[int]) -> None:
    """No fen appears or is lost; each part is within one fen of its exact share; no weight, no part."""
    parts = money.share_out(amount, weights)
    assert amount == sum(parts)
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part * sum(weights) - amount * weight) < sum(weights)
        assert part == 0 or weight > 0


def test_nothing_can_be_shared_among_nobody() -> None:
    """All weights zero with something to share is an error, with nothing it is not."""
    with pytest.raises(ValueError, match="weights"):
        money.share_out(1, [0, 0])
    assert [0, 0] == money.share_out(0, [0, 0])


@given(
    st.one_of(
        st.decimals(),
        st.decimals(min_value=-(10**12), max_value=10**12, places=2),
        st.from_regex(r"-?[0-9]{1,45}([.][0-9]{1,45})?(E[-+]?[0-9]{1,2})?", fullmatch=True).map(Decimal),
    ),
    st.sampled_from([2, 4, 6]),
)
def test_a_decimal_is_read_as_its_digits_are(value: Decimal, decimals: int) -> None:
    """The quick way for a Decimal and the slow way for the same digits as text: one number, or one error."""

    def read(given: str | Decimal) -> int | str:
        try:
            return money.scaled(given, decimals)
        except money.MoneyError as error:
            return error.text.key

    assert read(str(value)) == read(value)
