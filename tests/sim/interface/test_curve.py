"""The fast multiplication of points against the slow one of `gmalg`."""

import pytest
from gmalg.ellipticcurve import ECDLP
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.errors import InputError
from sim.interface import crypto, curve

SLOW = ECDLP(curve.PRIME, curve.A, curve.B, curve.BASE, curve.ORDER)
EDGES = (1, 2, 3, 15, 16, 17, 255, 256, 1 << 128, 1 << 255, curve.ORDER // 2, curve.ORDER - 2, curve.ORDER - 1)


@pytest.mark.parametrize("times", EDGES)
def test_edges_are_multiplied_as_the_slow_twin_does(times):
    """Digits that are zero, carries over digits, the ends of the order."""
    assert SLOW.kG(times) == curve.multiply(times, curve.BASE)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, curve.ORDER - 1), st.integers(1, curve.ORDER - 1))
def test_any_point_is_multiplied_as_the_slow_twin_does(first, second):
    """A point that is not the base, by any number."""
    point = curve.multiply(first, curve.BASE)
    assert SLOW.ec.mul(second, point) == curve.multiply(second, point)


def test_what_is_not_on_the_curve_is_not_multiplied():
    """A point off the curve has an order of its own, and gives parts of a key away."""
    with pytest.raises(ValueError, match="not on the curve"):
        curve.multiply(2, (1, 1))


def test_the_order_leads_to_infinity_and_one_more_round():
    """No number stands for the point at infinity, and the sum that meets its own opposite is seen."""
    assert curve.multiply(curve.ORDER, curve.BASE) is None
    assert curve.multiply(0, curve.BASE) is None
    assert curve.BASE == curve.multiply(curve.ORDER + 1, curve.BASE)


def test_what_the_slow_twin_signs_holds_here_and_the_other_way_round():
    """Signatures are the standard's, whoever works them out."""
    from gmalg import SM2

    private = "11" * 32
    public = bytes.fromhex(crypto.public_key(private))
    assert public == SM2().generate_pk(bytes.fromhex(private))
    r, s = SM2(bytes.fromhex(private), crypto.USER, public).sign(b"content")
    raw = crypto.base64.b64encode(r + s).decode()
    assert crypto.sm2_verify(b"content", raw, public.hex())
    ours = crypto.base64.b64decode(crypto.sm2_sign(b"content", private, "raw"))
    assert SM2(None, crypto.USER, public).verify(b"content", ours[:32], ours[32:])


@pytest.mark.parametrize("private", ["00" * 32, f"{curve.ORDER - 1:064x}", "ff" * 32, "11" * 31])
def test_a_number_that_is_no_private_key_is_told(private):
    """Zero, the order less one (its inverse does not exist), beyond the order, too short."""
    with pytest.raises(InputError):
        crypto.sm2_sign(b"", private)


@pytest.mark.parametrize("public", ["04" + "00" * 64, "04" + "ff" * 64, "06" + crypto.public_key("11" * 32)[2:]])
def test_what_is_no_point_is_no_public_key(public):
    """Off the curve, beyond the prime, another form of writing."""
    assert not crypto.is_public_key(public)
    assert not crypto.sm2_verify(b"", crypto.sm2_sign(b"", "11" * 32), public)
