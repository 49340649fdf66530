"""What the benchmarks of settlement compare is the same: three implementations, one result to the fen."""

from __future__ import annotations

import pytest

pytest.importorskip("numba", reason="columns need the planning extra")

from tests.benchmarks import benefits, benefits_decimal


def test_scalar_columns_and_decimal_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few hundred people with the year's counters under one rule, and many kinds of care under every policy."""
    monkeypatch.setattr(benefits, "MANY", 4_000)
    monkeypatch.setattr(benefits, "FEW", 2_000)
    fresh()
    benefits.agreed()
    fresh()


def test_a_decimal_side_that_rounds_otherwise_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """One constant of the cap's rounding changed: the sides no longer agree, so nothing would be measured."""
    monkeypatch.setattr(benefits, "MANY", 4_000)
    monkeypatch.setattr(benefits, "FEW", 2_000)
    monkeypatch.setattr(benefits_decimal, "ALMOST_HALF", benefits_decimal.CENT)
    fresh()
    with pytest.raises(AssertionError):
        benefits.agreed()
    fresh()


def fresh() -> None:
    """Claims are remembered for a size; forget them."""
    for made in (benefits.course, benefits.few, benefits.decimals, benefits.everything):
        made.cache_clear()
