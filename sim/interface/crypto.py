"""Protection of the body: SM2 signatures in ``cainfo`` and SM4 encryption of ``input`` and ``output``.

SM3 and SM4 are those of `cryptography`; SM2, which it lacks, is that of `gmalg`, whose nonce comes from the operating
system. Both belong to the extra ``sm``. Keys are hexadecimal, as they are handed out: a private key of 32 bytes, a
public key of 64 (x and y) or 65 with the leading ``04``, an SM4 key of 16.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from types import ModuleType
from typing import Any, Literal

from attrs import field, frozen

from sim.errors import InputError
from sim.interface import wire
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


def sm3(data: bytes) -> str:
    """The SM3 digest, hexadecimal."""
    hashes = _cryptography("hazmat.primitives.hashes")
    made = hashes.Hash(hashes.SM3())
    made.update(data)
    return str(made.finalize().hex())


def public_key(private: str) -> str:
    """The public key of a private one: x and y, hexadecimal, with the leading ``04``."""
    raw: bytes = _sm2().SM2().generate_pk(hex_bytes(private, 32))
    return raw.hex()


def sm2_sign(data: bytes, private: str, encoding: Encoding = "der", nonce: int | None = None) -> str:
    """Base64 of the SM2 signature with SM3. ``nonce`` is for the vectors of the standard only."""
    key = hex_bytes(private, 32)
    chosen = None if nonce is None else lambda _: nonce
    made = _sm2().SM2(key, USER, _sm2().SM2().generate_pk(key), rnd_fn=chosen)
    r, s = (int.from_bytes(part, "big") for part in made.sign(data))
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
    if not (0 < r < 1 << 256 and 0 < s < 1 << 256):
        return False
    module = _sm2()
    try:
        key = point(public)
        if not module.SM2().verify_pk(key):
            return False
        checker = module.SM2(None, USER, key)
        return bool(checker.verify(data, r.to_bytes(32, "big"), s.to_bytes(32, "big")))
    except module.errors.GMError:
        return False


def point(public: str) -> bytes:
    """A public key with the leading ``04`` that some leave out. Raises InputError for anything else."""
    if len(public) == 128:
        public = f"04{public}"
    return hex_bytes(public, 65)


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


def _sm2() -> Any:
    return _module("gmalg")


def _cryptography(name: str) -> Any:
    return _module(f"cryptography.{name}")


def _module(name: str) -> ModuleType:
    from importlib import import_module

    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise InputError(say("crypto.not_installed", module=str(error.name))) from None
