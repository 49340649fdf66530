"""Patterns match the dates and times that exist, and nothing else."""

import re
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sim.interface.formats import PATTERNS, decimal, whole

FORMS = {"date": "%Y-%m-%d", "datetime": "%Y-%m-%d %H:%M:%S", "yearmonth": "%Y%m"}
near_dates = st.from_regex(r"[0-3][0-9]{3}-[01][0-9]-[0-3][0-9]", fullmatch=True)
near_times = st.tuples(near_dates, st.from_regex(r"[0-2][0-9]:[0-6][0-9]:[0-6][0-9]", fullmatch=True)).map(" ".join)


def exists(text: str, form: str) -> bool:
    """Whether the calendar has it, in the years 1000 to 2999."""
    try:
        return 1000 <= datetime.strptime(text, form).year <= 2999
    except ValueError:
        return False


@given(near_dates)
@example("2024-02-29")
@example("2023-02-29")
@example("1900-02-29")
@example("2000-02-29")
@example("2024-04-31")
@example("2024-00-01")
def test_a_date_matches_when_the_calendar_has_it(text: str) -> None:
    """Leap years by all three rules. A pattern of digits alone, like ``[0-9]{4}-[0-9]{2}-[0-9]{2}``, would not do."""
    assert exists(text, FORMS["date"]) == bool(re.fullmatch(PATTERNS["date"], text))


@given(near_times)
@example("2024-02-29 23:59:59")
@example("2024-02-29 24:00:00")
@example("2024-02-29 23:59:60")
def test_a_time_matches_when_the_clock_has_it(text: str) -> None:
    """Leap seconds do not exist here."""
    expected = exists(text, FORMS["datetime"]) and not text.endswith(("60", "61"))
    assert expected == bool(re.fullmatch(PATTERNS["datetime"], text))


@given(st.datetimes(datetime(1000, 1, 1), datetime(2999, 12, 31)))
def test_every_day_there_is_has_its_forms(at: datetime) -> None:
    """No real time is refused in any of its forms."""
    second = f"{at:%Y%m%d%H%M%S}"
    assert re.fullmatch(PATTERNS["date"], f"{at:%Y-%m-%d}")
    assert re.fullmatch(PATTERNS["datetime"], f"{at:%Y-%m-%d %H:%M:%S}")
    assert re.fullmatch(PATTERNS["date_or_datetime"], f"{at:%Y-%m-%d %H:%M:%S}")
    assert re.fullmatch(PATTERNS["yearmonth"], f"{at:%Y%m}")
    assert re.fullmatch(PATTERNS["time17"], second + "123")
    assert re.fullmatch(PATTERNS["msgid"], "H12345678901" + second + "0001")
    assert re.fullmatch(PATTERNS["inf_refmsgid"], "520000" + second + "0000000001")


@pytest.mark.parametrize("text", ["0", "0123", "1234567890123456", "-1", "1.0", "１２"])
def test_a_line_number_is_up_to_fifteen_digits_and_not_zero(text: str) -> None:
    """Full-width digits are no digits either."""
    assert not re.fullmatch(PATTERNS["feedetl_sn"], text)


@given(st.integers(-(10**16) + 1, 10**16 - 1))
def test_every_amount_matches_as_a_string(fen: int) -> None:
    """Up to 14 digits before the point and two after."""
    assert re.fullmatch(decimal(16, 2), format(Decimal(fen).scaleb(-2), "f"))


@pytest.mark.parametrize("text", ["1.234", "100000000000000", "1e3", "+1", ".5", "1.", "", "NaN", "1,000", " 1"])
def test_other_writings_of_an_amount_do_not_match(text: str) -> None:
    """Too many digits, exponents and other notations."""
    assert not re.fullmatch(decimal(16, 2), text)


def test_or_empty_allows_exactly_the_empty_string() -> None:
    """For optional values."""
    assert re.search(whole("[0-9]{6}", or_empty=True), "")
    assert not re.search(whole("[0-9]{6}", or_empty=True), "1")
    assert not re.search(whole("[0-9]{6}", or_empty=False), "")
