"""Protection of the body: SM2 signatures in ``cainfo`` and SM4 encryption of ``input`` and ``output``.

SM3 and SM4 are those of `cryptography`; SM2, which it lacks, is that of `gmalg`, whose nonce comes from the operating
system, over the curve arithmetic of `fastecdsa`. Both belong to the extra ``sm``. Keys are hexadecimal, as they are
handed out: a private key of 32 bytes, a public key of 64 (x and y) or 65 with the leading ``04``, an SM4 key of 16.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from functools import cache
from types import ModuleType
from typing import Any, Literal

from attrs import field, frozen

from sim.errors import InputError
from sim.interface import curve, wire
from sim.lang import say

Mode = Literal["ecb", "cbc"]
Encoding = Literal["der", "raw"]
USER = b"1234567812345678"
"""The signer's identity that the standard has where nothing else was agreed."""
BLOCK = 16
_OUTSIDE = ("cainfo", "input", "output", "signtype", "enc_type", "encType", "enctype")
"""What the signature over the fields leaves out, besides empty ones: content, and what tells how it is protected."""


class CryptoError(ValueError):
    """A text that cannot be decrypted, or a signature of no known form."""


@frozen
class Sm4:
    """An SM4 key with its mode; ``iv`` (hexadecimal) for ``cbc``."""

    key: str = field(repr=False)
    mode: Mode = "ecb"
    iv: str = ""

    def encrypt(self, plain: bytes) -> str:
        """Base64 of the cipher text, padded as PKCS #7 has it."""
        pad = BLOCK - len(plain) % BLOCK
        made = self._cipher().encryptor()
        return base64.b64encode(made.update(plain + bytes([pad]) * pad) + made.finalize()).decode()

    def decrypt(self, text: str) -> bytes:
        """The plain bytes. Raises CryptoError: not base64, not whole blocks, wrong padding (a wrong key, as a rule)."""
        try:
            raw = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise CryptoError("not base64") from None
        if not raw or len(raw) % BLOCK:
            raise CryptoError("not whole blocks")
        made = self._cipher().decryptor()
        padded = made.update(raw) + made.finalize()
        pad = padded[-1]
        if not 1 <= pad <= BLOCK or padded[-pad:] != bytes([pad]) * pad:
            raise CryptoError("wrong padding")
        return bytes(padded[:-pad])

    def _cipher(self) -> Any:
        ciphers = _cryptography("hazmat.primitives.ciphers")
        mode = ciphers.modes.ECB() if self.mode == "ecb" else ciphers.modes.CBC(hex_bytes(self.iv, BLOCK))
        return ciphers.Cipher(ciphers.algorithms.SM4(hex_bytes(self.key, BLOCK)), mode)


def is_cipher_text(text: str) -> bool:
    """Whether a text has the form of what `Sm4.encrypt` gives: base64 of whole blocks."""
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        return False
    return raw != b"" and len(raw) % BLOCK == 0


def sm3(data: bytes) -> str:
    """The SM3 digest, hexadecimal."""
    hashes = _cryptography("hazmat.primitives.hashes")
    made = hashes.Hash(hashes.SM3())
    made.update(data)
    return str(made.finalize().hex())


def public_key(private: str) -> str:
    """The public key of a private one: x and y, hexadecimal, with the leading ``04``."""
    x, y = _sm2().generate_pk(private_number(private))
    return f"04{x:064x}{y:064x}"


def sm2_sign(data: bytes, private: str, encoding: Encoding = "der", nonce: int | None = None) -> str:
    """Base64 of the SM2 signature with SM3. ``nonce`` is for the vectors of the standard only."""
    r, s = _sm2(nonce).sign(data, private_number(private), USER)
    if encoding == "raw":
        return base64.b64encode(r.to_bytes(32, "big") + s.to_bytes(32, "big")).decode()
    return base64.b64encode(_cryptography("hazmat.primitives.asymmetric.utils").encode_dss_signature(r, s)).decode()


def sm2_verify(data: bytes, signature: str, public: str) -> bool:
    """Whether base64 (DER or 64 raw bytes) is the signature of the data under a public key."""
    try:
        raw = base64.b64decode(signature, validate=True)
        if len(raw) == 64:
            r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
        else:
            r, s = _cryptography("hazmat.primitives.asymmetric.utils").decode_dss_signature(raw)
    except (binascii.Error, ValueError):
        return False
    return is_public_key(public) and bool(_sm2().verify(data, r, s, USER, _point(public)))


def private_number(private: str) -> int:
    """A private key as a number. Raises InputError when it is none of the curve."""
    number = int.from_bytes(hex_bytes(private, 32), "big")
    if not 1 <= number <= curve.ORDER - 2:
        raise InputError(say("crypto.out_of_range"))
    return number


def is_public_key(public: str) -> bool:
    """Whether hexadecimal names a point of the curve. Raises InputError as `point` does."""
    x, y = _point(public)
    if point(public)[0] != 4 or not (x < curve.PRIME and y < curve.PRIME):
        return False
    return (x * x * x + curve.A * x + curve.B - y * y) % curve.PRIME == 0


def point(public: str) -> bytes:
    """A public key with the leading ``04`` that some leave out. Raises InputError for anything else."""
    if len(public) == 128:
        public = f"04{public}"
    return hex_bytes(public, 65)


def _point(public: str) -> curve.Point:
    raw = point(public)
    return int.from_bytes(raw[1:33], "big"), int.from_bytes(raw[33:], "big")


def hex_bytes(value: str, length: int) -> bytes:
    """Hexadecimal as bytes. Raises InputError when it is not, or of another length."""
    try:
        found = bytes.fromhex(value)
    except ValueError:
        found = b""
    if len(found) != length:
        raise InputError(say("crypto.bad_key", length=length, digits=2 * length))
    return found


def fields_text(message: Mapping[str, Any]) -> bytes:
    """What a signature over the fields signs: those that are not empty, sorted, as a query string without escapes."""
    chosen = {name: value for name, value in message.items() if name not in _OUTSIDE and value not in ("", None)}
    return "&".join(f"{name}={chosen[name]}" for name in sorted(chosen)).encode()


def member_text(body: str, name: str) -> str | None:
    """The text of one member of a JSON object exactly as it stands in the body; None when there is none.

    A signature covers what was written, and two writers differ in spaces, escapes and zeros.
    """
    found = _span(body, name)
    return None if found is None else body[found[0] : found[1]]


def with_member(body: str, name: str, text: str) -> str:
    """The body with the text of one member replaced, or put at its end, and every other character as it was."""
    found = _span(body, name)
    if found is not None:
        return f"{body[: found[0]]}{text}{body[found[1] :]}"
    end = body.rindex("}")
    comma = "" if body[:end].rstrip().endswith("{") else ","
    return f'{body[:end]}{comma}"{name}":{text}{body[end:]}'


def _span(body: str, name: str) -> tuple[int, int] | None:
    """Where the text of a member begins and ends."""
    at = body.index("{") + 1
    while True:
        at = _skip(body, at)
        if body[at] == "}":
            return None
        key, at = _scan(body, at)
        start = _skip(body, _skip(body, at) + 1)
        _, at = _scan(body, start)
        if key == name:
            return start, at
        at = _skip(body, at)
        if body[at] == ",":
            at += 1


def _scan(body: str, at: int) -> tuple[Any, int]:
    return wire.DECODER.raw_decode(body, at)


def _skip(body: str, at: int) -> int:
    while body[at] in " \t\r\n":
        at += 1
    return at


def _sm2(nonce: int | None = None) -> Any:
    """`gmalg`'s signatures over a faster curve and hash, which are those of the standard."""
    return _module("gmalg.sm2").SM2Core(_group(), _Sm3(), None if nonce is None else lambda _: nonce)


@cache
def _group() -> Any:
    _module("fastecdsa.curve")  # which `curve` needs: told here like every module that is missing
    found = _module("gmalg.ellipticcurve").ECDLP(curve.PRIME, curve.A, curve.B, curve.BASE, curve.ORDER)
    found.ec.mul = lambda times, point: curve.multiply(times, point) or found.ec.INF
    return found


class _Sm3:
    """The hash as `gmalg` asks for it."""

    def reset(self) -> None:
        """Begin anew."""
        hashes = _cryptography("hazmat.primitives.hashes")
        self._hash = hashes.Hash(hashes.SM3())

    def update(self, data: bytes) -> None:
        """Take data."""
        self._hash.update(bytes(data))

    def value(self) -> bytes:
        """What it comes to."""
        return bytes(self._hash.finalize())


def _cryptography(name: str) -> Any:
    return _module(f"cryptography.{name}")


def _module(name: str) -> ModuleType:
    from importlib import import_module

    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise InputError(say("crypto.not_installed", module=str(error.name))) from None
