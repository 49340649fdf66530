"""SM2, SM3 and SM4 against the published vectors of their standards, and what happens to wrong keys and texts."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import InputError
from sim.interface import crypto
from sim.interface.crypto import CryptoError, Sm4

PRIVATE = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"
PUBLIC = (
    "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
NONCE = 0x59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21
R = "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
S = "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
DATA = b"message digest"
KEY = "0123456789abcdeffedcba9876543210"


def test_sm2_signs_as_the_standard_has_it():
    """GB/T 32918.5 annex A: key, nonce and message give r and s."""
    assert PUBLIC == crypto.public_key(PRIVATE)
    assert R + S == base64.b64decode(crypto.sm2_sign(DATA, PRIVATE, "raw", NONCE)).hex()


def test_sm2_accepts_the_standards_signature_in_both_forms_and_nothing_near_it():
    """DER and 64 raw bytes; another message, another key, a changed byte and rubbish are refused."""
    raw = crypto.sm2_sign(DATA, PRIVATE, "raw", NONCE)
    der = crypto.sm2_sign(DATA, PRIVATE, "der", NONCE)
    assert raw != der
    assert crypto.sm2_verify(DATA, raw, PUBLIC)
    assert crypto.sm2_verify(DATA, der, PUBLIC[2:])
    changed = bytearray(base64.b64decode(raw))
    changed[40] ^= 1
    wrong = [base64.b64encode(bytes(changed)).decode(), "", "!", "AAAA", base64.b64encode(bytes(64)).decode()]
    assert [False] * 5 == [crypto.sm2_verify(DATA, each, PUBLIC) for each in wrong]
    assert not crypto.sm2_verify(DATA + b"!", raw, PUBLIC)
    assert not crypto.sm2_verify(DATA, raw, crypto.public_key("11" * 32))
    assert not crypto.sm2_verify(DATA, raw, "04" + "11" * 64)  # not a point of the curve


def test_a_signature_never_uses_a_nonce_twice():
    """Two signatures of one message differ, and both hold."""
    first, second = crypto.sm2_sign(DATA, PRIVATE), crypto.sm2_sign(DATA, PRIVATE)
    assert first != second
    assert crypto.sm2_verify(DATA, first, PUBLIC)
    assert crypto.sm2_verify(DATA, second, PUBLIC)


def test_sm3_is_the_standards():
    """GB/T 32905 annex A."""
    assert "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0" == crypto.sm3(b"abc")
    assert "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732" == crypto.sm3(b"abcd" * 16)


def test_sm4_is_the_standards():
    """GB/T 32907 annex A: the first block of the cipher text (the second is padding)."""
    sealed = base64.b64decode(Sm4(KEY).encrypt(bytes.fromhex(KEY)))
    assert ("681edf34d206965e86b3e94f536e4246", 32) == (sealed[:16].hex(), len(sealed))


@given(st.binary(max_size=100), st.sampled_from(["ecb", "cbc"]))
def test_sm4_gives_back_what_it_took(plain, mode):
    """Every length, both modes."""
    cipher = Sm4(KEY, mode, "00" * 16)
    assert plain == cipher.decrypt(cipher.encrypt(plain))


@pytest.mark.parametrize("text", ["", "!", "AAAA", base64.b64encode(bytes(17)).decode()])
def test_what_is_no_cipher_text_is_told(text):
    """Not base64, not whole blocks, nothing."""
    with pytest.raises(CryptoError):
        Sm4(KEY).decrypt(text)


def test_a_wrong_key_is_told_by_the_padding():
    """The padding of another key's text is rubbish (for this pair)."""
    with pytest.raises(CryptoError):
        Sm4("11" * 16).decrypt(Sm4(KEY).encrypt(b"x" * 20))


@pytest.mark.parametrize("key", ["", "00", "zz" * 16, "00" * 17])
def test_a_bad_key_is_bad_input(key):
    """Length and digits."""
    with pytest.raises(InputError):
        Sm4(key).encrypt(b"")
    with pytest.raises(InputError):
        crypto.sm2_sign(b"", key)


def test_a_signature_over_fields_leaves_out_what_carries_it():
    """Sorted by name; cainfo, signtype, input and empty fields do not count."""
    message = {"msgid": "2", "infno": "1101", "cainfo": "x", "signtype": "SM2", "input": {"a": 1}, "sign_no": ""}
    assert b"infno=1101&msgid=2" == crypto.fields_text(message)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"input": {"a" : 1.0, "input": 2} , "x": 1}', '{"a" : 1.0, "input": 2}'),
        ('\n{ "x": {"input": 3}, "input":"text"}', '"text"'),
        ('{"x": [1, {"input": 2}]}', None),
        ("{}", None),
    ],
)
def test_the_text_of_a_member_is_what_stands_in_the_body(body, expected):
    """Only the outermost object's own member, with the sender's spaces."""
    assert expected == crypto.member_text(body, "input")
