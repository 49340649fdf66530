"""People and bills of a simulation: valid, made up, and closing to the fen."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.benefits.line import multiply
from sim.platform.catalogue import Catalogue, items
from sim.platform.people import People
from sim.world.bills import lines, shelf
from sim.world.people import FILINGS, check_digit, person
from sim.world.setup import Bill, Origin, Setup

GUIZHOU = shelf(Catalogue(items()).at("520000"))
CLASS = {code: item.chrgitm_lv for code, item in Catalogue(items()).at("520000").items()}


@given(st.integers(0, 10**6), st.integers(1, 9_000_000), st.floats(0, 1.5), st.integers(1, 8), st.integers(0, 8))
def test_lines_sum_to_the_total_and_follow_the_price_rule(
    visit: int, mean: int, sigma: float, least: int, more: int
) -> None:
    """Each amount is its price times its quantity, half up; the classes have the plan's shares to the fen."""
    bill = Bill(mean, sigma, (3500, 5000, 1500), (least, least + more))
    made = lines(bill, GUIZHOU, 9, visit)
    total = sum(line.amount for line in made)
    assert 100 <= total
    for line in made:
        assert line.amount == multiply(line.price, line.units * 10_000)
        assert 1 <= line.units <= 999
    class_c = sum(line.amount for line in made if CLASS[line.code] == "03")
    assert abs(class_c * 10_000 - total * 1500) <= 10_000


def test_a_class_without_share_has_no_line() -> None:
    """A bill of class A only has lines of class A only."""
    made = lines(Bill(50_000, 0.5, (10_000, 0, 0), (4, 4)), GUIZHOU, 9, 1)
    assert {"01"} == {CLASS[line.code] for line in made}
    assert 4 == len(made)


def test_a_catalogue_without_a_class_is_told() -> None:
    """Not a bill with a hole in it."""
    with pytest.raises(ValueError, match="class 03"):
        shelf({code: item for code, item in Catalogue(items()).at("520000").items() if item.chrgitm_lv != "03"})


def test_nobody_can_be_real_and_everybody_is_somebody_else(make_setup: Callable[..., Setup]) -> None:
    """Identity numbers have an impossible region and a valid check digit; 3,000 people share no credential."""
    setup = make_setup()
    origins = (Origin("110000", "310", 1.0, 120_000), Origin("110000", "390", 1.0, 120_000))
    numbers = [*range(1000), *range(50_000, 50_250), *range(100_000, 100_250)]
    everybody = [person(setup, 5, origin, number, ("520000",)) for origin in origins for number in numbers]
    assert len(everybody) == len(People(everybody))
    for each in everybody:
        assert each.certno[:2] in ("97", "98")
        assert each.certno[-1] == check_digit(each.certno[:17])
        assert each.certno[6:14] == each.brdy.strftime("%Y%m%d")
        assert (int(each.certno[16]) % 2 == 1) == (each.gend == "1")
        assert (each.insutype == "390") == (each.psn_type == "1501")
        assert each.insutype == "310" or each.balance == 0


def test_the_check_digit_is_the_published_one() -> None:
    """A number from the standard's own example."""
    assert "X" == check_digit("11010519491231002")


@pytest.mark.parametrize("category", FILINGS)
def test_filings_are_what_the_plan_says(make_setup: Callable[..., Setup], category: str) -> None:
    """Filed people are filed for where they go, for the whole period; the others are not, or for elsewhere."""
    setup = make_setup(filings={category: 1.0})
    who = person(setup, 5, setup.origins[0], 3, ("520000",))
    covers = [f.kind for f in who.filings if f.covers("520000", setup.start, setup.date_of(setup.days))]
    expected = [] if category in ("emergency", "unfiled", "elsewhere") else [category]
    assert expected == covers
    assert (category == "elsewhere") == bool(who.filings and not covers)


def test_a_person_depends_on_nothing_but_his_number(make_setup: Callable[..., Setup]) -> None:
    """The size of the pool and the other pools do not change who number 7 is."""
    setup = make_setup()
    small, large = Origin("110000", "310", 1.0, 10), Origin("110000", "310", 5.0, 10_000)
    assert person(setup, 5, small, 7, ("520000",)) == person(setup, 5, large, 7, ("520000",))
    with pytest.raises(ValueError, match="no person 10"):
        person(setup, 5, small, 10, ("520000",))
