"""Signing a bundle: Ed25519, or SM2 where it is asked for; with a key from a file, or one made for this bundle."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from attrs import frozen
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from conformance.evidence.digests import Algorithm
from sim.errors import InputError, Place
from sim.interface import crypto, curve
from sim.lang import say

Scheme = Literal["ed25519", "sm2"]


@frozen
class Seal:
    """How a bundle is to be sealed. ``key`` is a file: PEM (PKCS #8, without a pass phrase) for Ed25519, 64
    hexadecimal digits for SM2; without one a fresh key signs, which proves that nothing was changed since, not who
    made it."""

    digest: Algorithm = "sha256"
    scheme: Scheme = "ed25519"
    key: Path | None = None


@frozen(repr=False)
class Signer:
    """A private key at work. ``public_key`` is hexadecimal; ``fresh``: made for this bundle and then forgotten."""

    scheme: Scheme
    public_key: str
    fresh: bool
    _sign: Callable[[bytes], bytes]

    def sign(self, data: bytes) -> str:
        """The signature as base64, with a line end."""
        return base64.b64encode(self._sign(data)).decode() + "\n"


def signer(seal: Seal) -> Signer:
    """The key that a seal names, or a fresh one. Raises InputError: no such file, not such a key, SM2 not installed."""
    return _sm2(seal) if seal.scheme == "sm2" else _ed25519(seal)


def _ed25519(seal: Seal) -> Signer:
    if seal.key is None:
        private = Ed25519PrivateKey.generate()
    else:
        try:
            loaded = load_pem_private_key(_read(seal.key), None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise InputError(say("evidence.bad_key"), Place(str(seal.key))) from None
        if not isinstance(loaded, Ed25519PrivateKey):
            raise InputError(say("evidence.bad_key"), Place(str(seal.key)))
        private = loaded
    public = private.public_key().public_bytes_raw().hex()
    return Signer("ed25519", public, seal.key is None, private.sign)


def _sm2(seal: Seal) -> Signer:
    if seal.key is None:
        private = f"{secrets.randbelow(curve.ORDER - 2) + 1:064x}"
    else:
        private = _read(seal.key).decode("ascii", "replace").strip()
        try:
            crypto.private_number(private)
        except InputError as error:
            raise InputError(error.text, Place(str(seal.key))) from None
    public = crypto.public_key(private)
    return Signer("sm2", public, seal.key is None, lambda data: base64.b64decode(crypto.sm2_sign(data, private)))


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        raise InputError(say("file.not_found", file=str(file))) from None


def fits(scheme: str, public_key: str, data: bytes, signature: bytes) -> bool:
    """Whether a signature file is that of the data under a public key. Another spelling of the same signature does not
    fit: no byte may differ. Raises InputError when SM2 is not installed."""
    try:
        raw = base64.b64decode(signature.strip(), validate=True)
    except (binascii.Error, ValueError):
        return False
    if base64.b64encode(raw) + b"\n" != signature:
        return False
    if scheme == "sm2":
        return crypto.sm2_verify(data, base64.b64encode(raw).decode(), public_key)
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(raw, data)
    except (InvalidSignature, ValueError):
        return False
    return True
