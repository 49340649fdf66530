"""Signatures in headers: what is signed, and every way in which a request can be wrong."""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.interface.signature import Rejected, Signed, check, sign, timestamp

NOW = datetime(2024, 3, 5, 9, 0, 0)
SECRETS = {"AK": "secret", "BK": "other"}
SCHEMES = ("csb", "tif")
UNITS = ("seconds", "milliseconds")


def signed(scheme, unit="seconds", at=NOW, key="AK", secret="secret", nonce="n1"):  # noqa: S107
    return sign(scheme, key, secret, at, unit=unit, name="2207", nonce=nonce)


def test_the_csb_signature_is_written_out():
    """The four other headers in order of their names, HMAC-SHA1, base64."""
    headers = signed("csb", "milliseconds")
    text = "_api_access_key=AK&_api_name=2207&_api_timestamp=1709600400000&_api_version=1.0.0"
    assert (
        base64.b64encode(hmac.new(b"secret", text.encode(), hashlib.sha1).digest()).decode()
        == headers["_api_signature"]
    )


def test_the_tif_signature_is_written_out():
    """Timestamp, secret, nonce, timestamp; SHA-256 in hexadecimal."""
    headers = signed("tif")
    assert hashlib.sha256(b"1709600400secretn11709600400").hexdigest() == headers["x-tif-signature"]


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_what_is_signed_is_accepted(scheme, unit):
    """Both schemes, both units; the key and the time are those of the signer."""
    found = check(scheme, signed(scheme, unit), SECRETS, NOW, unit=unit)
    assert isinstance(found, Signed)
    assert ("AK", NOW) == (found.key, found.at)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_each_wrong_request_is_rejected_for_its_own_reason(scheme):
    """Missing header, old and early timestamp, other unit, no number, unknown key, wrong secret, changed header."""
    good = signed(scheme)
    stamp = "_api_timestamp" if scheme == "csb" else "x-tif-timestamp"
    key = "_api_access_key" if scheme == "csb" else "x-tif-paasid"
    cases = {
        "outside_window": [
            signed(scheme, at=NOW - timedelta(minutes=31)),
            signed(scheme, at=NOW + timedelta(minutes=31)),
            signed(scheme, "milliseconds"),
            {**good, stamp: "yesterday"},
            {**good, stamp: "9" * 30},
            {**good, stamp: "-1"},
        ],
        "unknown_key": [signed(scheme, key="ZK")],
        "signature_differs": [
            signed(scheme, secret="wrong"),  # noqa: S106
            {**good, key: "BK"},
            {**good, stamp: str(int(good[stamp]) + 1)},
        ],
        "header_missing": [{k: v for k, v in good.items() if k != name} for name in good]
        + [{**good, name: ""} for name in good],
    }
    for reason, requests in cases.items():
        for headers in requests:
            found = check(scheme, headers, SECRETS, NOW, unit="seconds")
            assert isinstance(found, Rejected), (reason, headers)
            assert reason == found.reason


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_window_is_exact(scheme):
    """Thirty minutes either way are inside."""
    for at in (NOW - timedelta(minutes=30), NOW + timedelta(minutes=30)):
        assert isinstance(check(scheme, signed(scheme, at=at), SECRETS, NOW, unit="seconds"), Signed)


@given(st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1)))
def test_a_timestamp_counts_whole_units(at):
    """Milliseconds and seconds of one time agree, in China's zone."""
    milliseconds = int(timestamp(at, "milliseconds"))
    assert milliseconds // 1000 == int(timestamp(at, "seconds"))
    assert datetime(1970, 1, 1, 8) + timedelta(milliseconds=milliseconds) == at.replace(
        microsecond=at.microsecond // 1000 * 1000
    )
