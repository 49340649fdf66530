"""What stands around every message."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import InputError
from sim.interface import envelope, interface, validate

SENDER = envelope.Sender("H11010500001", "某医院", "110105")
AT = datetime(2024, 2, 29, 7, 8, 9, 45_999)
times = st.datetimes(datetime(1000, 1, 1), datetime(2999, 12, 31))


def test_msgid_is_institution_time_and_serial() -> None:
    """12 + 14 + 4 characters."""
    assert "H11010500001202402290708090042" == envelope.msgid("H11010500001", AT, 42)


def test_refmsgid_is_division_time_and_serial() -> None:
    """6 + 14 + 10 digits."""
    assert "520000202402290708090000000042" == envelope.refmsgid("520000", AT, 42)


def test_times_have_the_three_written_forms() -> None:
    """Milliseconds are cut, not rounded: 45.999 ms is 045."""
    assert "20240229070809045" == envelope.time17(AT)
    assert "2024-02-29 07:08:09" == envelope.datetime19(AT)


@pytest.mark.parametrize(("code", "serial"), [("H1101050000", 1), ("H110105000012", 1), ("H1101050000中", 1),
                                              ("H11010500001", -1), ("H11010500001", 10_000)])  # fmt: skip
def test_a_msgid_that_would_not_have_30_characters_is_refused(code: str, serial: int) -> None:
    """Never a number that a receiver would have to refuse."""
    with pytest.raises(InputError):
        envelope.msgid(code, AT, serial)


@pytest.mark.parametrize(("division", "serial"), [("52", 1), ("5200000", 1), ("52000x", 1), ("520000", 10**10)])
def test_a_refmsgid_that_would_not_have_30_digits_is_refused(division: str, serial: int) -> None:
    """The same for the receiver's number."""
    with pytest.raises(InputError):
        envelope.refmsgid(division, AT, serial)


@given(times, st.integers(0, 9999))
def test_a_request_conforms(at: datetime, serial: int) -> None:
    """The envelope made here is what the dictionary asks for, whatever the time and number."""
    data = {"opter_no": "1", "mac": "-", "ip": "-"}
    number = envelope.msgid(SENDER.fixmedins_code, at, serial)
    message = envelope.request("9001", msgid=number, sender=SENDER, at=at, input={"signIn": data})
    assert [] == validate(interface(), "9001", "request", message)


@given(times, times, st.integers(0, 10**10 - 1), st.text(max_size=500))
def test_replies_conform(received: datetime, responded: datetime, serial: int, why: str) -> None:
    """An acceptance needs no error text, a refusal carries at most 200 characters of it."""
    number = envelope.refmsgid("520000", received, serial)
    output = {
        "result": {"mdtrt_id": "1", "psn_no": "2", "ipt_otp_no": "3"},
        "data": {"mdtrt_id": "1", "psn_no": "2", "ipt_otp_no": "3"},
    }
    accepted = envelope.accepted(refmsgid=number, received=received, responded=responded, output=output)
    refused = envelope.refused(refmsgid=number, received=received, responded=responded, err_msg="错" + why)
    assert [] == validate(interface(), "2201", "reply", accepted)
    assert [] == validate(interface(), "2201", "reply", refused)
    assert envelope.is_accepted(accepted)
    assert not envelope.is_accepted(refused)


@pytest.mark.parametrize("code", [0, "0", Decimal("0")])
def test_success_is_zero_as_number_or_string(code: Any) -> None:
    """Both were recorded from real platforms."""
    assert envelope.is_accepted({"infcode": code})


@pytest.mark.parametrize("code", [-1, "-1", 1, "", None, False, "00", [], {}])
def test_anything_else_is_no_success(code: Any) -> None:
    """False and an empty value are not 0; a reply without the code is no success either."""
    assert not envelope.is_accepted({"infcode": code})
    assert not envelope.is_accepted({})
