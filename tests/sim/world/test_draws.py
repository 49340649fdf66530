"""Draws: the published generator, exact distributions, and nothing remembered between draws."""

import math
import random
from statistics import NormalDist, mean, pvariance

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.world import draws

SEEDS = st.integers(0, 2**64 - 1)


@pytest.mark.parametrize(
    ("counter", "key", "known"),
    [
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((2**32 - 1,) * 4, (2**32 - 1,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_philox_gives_the_published_answers(
    counter: tuple[int, int, int, int], key: tuple[int, int], known: tuple[int, ...]
) -> None:
    """Philox4x32-10 equals the known answers published with Random123."""
    assert known == draws.philox(counter, key)


@given(SEEDS, SEEDS, st.integers(0, 2**32 - 1), st.sampled_from(sorted(draws.PURPOSES)))
def test_a_uniform_number_is_strictly_inside_and_repeatable(seed: int, visit: int, index: int, purpose: str) -> None:
    """Never 0, never 1, and the same for the same arguments."""
    u = draws.uniform(seed, visit, purpose, index)
    assert 0.0 < u < 1.0
    assert u == draws.uniform(seed, visit, purpose, index)


def test_the_ends_of_the_uniform_numbers_do_not_round_to_zero_or_one() -> None:
    """The smallest and largest of the 2**52 numbers are inside, exactly."""
    for word in (0, 2**52 - 1):
        u = (word + 0.5) * 2.0**-52
        assert 0.0 < u < 1.0
        assert math.isfinite(draws.normal(u))
        assert draws.exponential(1.0, u) > 0.0


def test_every_argument_matters() -> None:
    """Another seed, visit (low or high word), purpose or index gives another number."""
    base = draws.bits(1, 2, "origin", 3)
    others = [
        draws.bits(2, 2, "origin", 3),
        draws.bits(1 + 2**32, 2, "origin", 3),
        draws.bits(1, 3, "origin", 3),
        draws.bits(1, 2 + 2**32, "origin", 3),
        draws.bits(1, 2, "person", 3),
        draws.bits(1, 2, "origin", 4),
    ]
    assert base not in others
    assert len(others) == len(set(others))


def test_purposes_have_numbers_of_their_own() -> None:
    """No two purposes share a number: they would share their draws."""
    assert len(draws.PURPOSES) == len(set(draws.PURPOSES.values()))


@pytest.mark.parametrize(("seed", "visit", "index"), [(-1, 0, 0), (2**64, 0, 0), (0, 2**64, 0), (0, 0, 2**32)])
def test_numbers_out_of_range_are_refused(seed: int, visit: int, index: int) -> None:
    """A counter that does not fit would repeat another one's draws in silence."""
    with pytest.raises(ValueError, match="64-bit"):
        draws.bits(seed, visit, "origin", index)


def test_an_unregistered_purpose_is_refused() -> None:
    """A misspelt purpose is an error, not a new stream."""
    with pytest.raises(KeyError):
        draws.uniform(1, 1, "orgin")


@given(st.floats(1e-300, 1 - 1e-16))
def test_the_normal_quantile_is_the_published_algorithm(u: float) -> None:
    """AS 241 agrees with the standard library's form of it to the last bits."""
    assert NormalDist().inv_cdf(u) == pytest.approx(draws.normal(u), rel=1e-15, abs=1e-15)


def sample(n: int = 20_000) -> list[float]:
    return [draws.uniform(7, visit, "stay.days") for visit in range(n)]


def test_uniform_numbers_are_uniform() -> None:
    """Chi-square over 100 classes of 20,000 draws at consecutive visits stays in its 99.9% range."""
    counts = [0] * 100
    for u in sample():
        counts[int(u * 100)] += 1
    assert 57 < sum((c - 200) ** 2 / 200 for c in counts) < 149


def test_consecutive_indices_are_uncorrelated() -> None:
    """The correlation of neighbouring indices is within chance."""
    pairs = [(draws.uniform(7, v, "reader.time", 0), draws.uniform(7, v, "reader.time", 1)) for v in range(20_000)]
    covariance = mean((a - 0.5) * (b - 0.5) for a, b in pairs)
    assert abs(covariance * 12) < 3.3 / math.sqrt(20_000)


def test_means_are_arithmetic_means() -> None:
    """Exponential and lognormal draws have the mean they are asked for, whatever sigma."""
    us = sample()
    assert mean(draws.exponential(90.0, u) for u in us) == pytest.approx(90.0, rel=0.03)
    for sigma in (0.3, 0.9):
        assert mean(draws.lognormal(90.0, sigma, u) for u in us) == pytest.approx(90.0, rel=0.04)


def test_poisson_counts_have_their_mean_and_variance() -> None:
    """Also above the size that is drawn in parts."""
    for expected, n in ((0.03, 20_000), (4.0, 5_000), (1_300.0, 300)):
        counts = [draws.poisson(expected, 3, visit, "arrival.count") for visit in range(n)]
        assert mean(counts) == pytest.approx(expected, abs=4 * math.sqrt(expected / n))
        assert pvariance(counts) == pytest.approx(expected, rel=0.4)


@given(st.floats(0.01, 200), st.floats(0.01, 200), st.integers(0, 1000))
def test_more_demand_keeps_the_visits_there_were(a: float, b: float, visit: int) -> None:
    """For one seed a count never falls when the mean rises."""
    low, high = sorted((a, b))
    assert draws.poisson(low, 5, visit, "arrival.count") <= draws.poisson(high, 5, visit, "arrival.count")


@given(st.lists(st.floats(0, 10), min_size=1, max_size=6), st.floats(1e-16, 1 - 1e-16))
def test_a_weight_of_zero_is_never_chosen(weights: list[float], u: float) -> None:
    """The chosen position has a positive weight; nothing to choose from is an error."""
    if any(weights):
        assert weights[draws.choice(weights, u)] > 0.0
    else:
        with pytest.raises(ValueError, match="positive"):
            draws.choice(weights, u)


def test_choices_follow_their_weights() -> None:
    """Shares of 20,000 choices are those of the weights."""
    counts = [0, 0, 0]
    for u in sample():
        counts[draws.choice((1.0, 0.0, 3.0), u)] += 1
    assert 0 == counts[1]
    assert counts[0] / 20_000 == pytest.approx(0.25, abs=0.012)


def test_a_negative_weight_is_refused() -> None:
    """It would shift the choice of all others."""
    with pytest.raises(ValueError, match="negative"):
        draws.choice((1.0, -1.0), 0.5)


def test_a_shared_stream_fails_what_philox_passes() -> None:
    """The property that keeps plans comparable: a draw does not depend on the draws before it."""
    stream = random.Random(1)  # noqa: S311 - the wrong generator is the point

    def shared_stream(*_: object) -> float:
        return stream.random()

    def independent(draw: object) -> bool:
        alone = draw(1, 10, "origin", 0)  # type: ignore[operator]
        for visit in range(5):
            draw(1, visit, "origin", 0)  # type: ignore[operator]
        return alone == draw(1, 10, "origin", 0)  # type: ignore[operator]

    assert independent(draws.uniform)
    assert not independent(shared_stream)
