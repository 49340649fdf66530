"""The known-bad hospital clients behind a gateway: signed headers, signed and encrypted bodies, each with one fault.

The right one is here too: the example that signs headers, with bodies protected by the suite's own code.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from attrs import evolve

from conformance.example.hospital_client import Hospital
from conformance.example.inpatient_client import InpatientHospital
from conformance.example.signing_client import SigningHospital
from conformance.mutants.hospitals import HospitalMutant, called
from conformance.profile import FEATURES, Profile, Signing
from conformance.sealing import Sealing
from sim.interface import crypto, wire
from sim.interface.crypto import Sm4
from sim.interface.protection import Protection, fits
from sim.lang import say
from sim.service.codec import protect

ACCESS, SECRET, CIPHER = "PAAS-0001", "both sides know this", "0123456789abcdeffedcba9876543210"
KEYS = {"YIDI_MUTANT_SECRET": SECRET, "YIDI_MUTANT_SM4": CIPHER}
"""What stands in the environment while these clients are tried. They guard nothing."""
SM4 = Sm4(CIPHER)
SIGNING = Signing("tif", ACCESS, "YIDI_MUTANT_SECRET", "seconds")
PROFILE = Profile(
    role="hospital",
    features={**FEATURES, "inpatient_desk": True},
    signing=SIGNING,
    protection=Sealing("sm3-input", key_env="YIDI_MUTANT_SM4"),
)


class SealingHospital(Hospital):
    """A desk whose bodies are signed and encrypted, on top of another."""

    protection = Protection("sm3-input", cipher=SM4)
    platform_key = ""

    def send(self, body: bytes) -> bytes:
        """Seal what goes out, open what comes back. A reply that is not the platform's is none."""
        reply = super().send(self.seal(body))
        message = wire.decode(reply)
        if not isinstance(message.get("output"), str) or self.protection.cipher is None:
            content = crypto.member_text(reply.decode(), "output") or ""
        else:
            content = self.protection.cipher.decrypt(message["output"]).decode()
        kind, given = self.protection.signature, str(message.get("cainfo"))
        if kind != "none" and not fits(kind, given, content.encode(), message, self.platform_key):
            raise ValueError("the signature of the reply is wrong")
        return crypto.with_member(reply.decode(), "output", content).encode()

    def seal(self, body: bytes) -> bytes:
        """A message as it goes over the wire."""
        return wire.encode(protect(wire.decode(body), self.protection))


class _Behind(SealingHospital, SigningHospital, InpatientHospital):
    """The right client: headers and bodies as `PROFILE` asks for them."""

    def __init__(self) -> None:
        super().__init__("tif", ACCESS, SECRET)


# --- headers ---


class UnsignedHeaders(_Behind):
    """Nobody told it of the gateway."""

    def headers(self, body: bytes) -> dict[str, str]:  # noqa: ARG002 - nothing is signed
        """None."""
        return {}


class WrongSecret(_Behind):
    """Signs with the secret of another environment."""

    def __init__(self) -> None:
        super().__init__()
        self.secret = "that of the test environment"  # noqa: S105 - guards nothing


class ClockIsSlow(_Behind):
    """An hour behind."""

    def now(self) -> float:
        """Outside the window."""
        return super().now() - 3_600


class MillisecondsForSeconds(_Behind):
    """Another province's unit."""

    def now(self) -> float:
        """A thousand times as many."""
        return super().now() * 1_000


class NonceAgainOnRetry(_Behind):
    """The request is built once and sent until somebody answers."""

    def __init__(self) -> None:
        super().__init__()
        self._made: dict[bytes, dict[str, str]] = {}

    def headers(self, body: bytes) -> dict[str, str]:
        """Those of the first attempt."""
        return self._made.setdefault(body, super().headers(body))


# --- bodies ---


class UnsignedBody(_Behind):
    """Encrypts, and does not sign."""

    def seal(self, body: bytes) -> bytes:
        """Without cainfo."""
        return wire.encode(protect(wire.decode(body), evolve(self.protection, signature="none")))


class SignsBeforeItChanges(_Behind):
    """Another layer writes the input anew after it was signed."""

    def seal(self, body: bytes) -> bytes:
        """Spaces that the signature does not know."""
        message = wire.decode(super().seal(body))
        return wire.encode({**message, "input": SM4.encrypt(SM4.decrypt(message["input"]).replace(b"}", b" }"))})


class PlainInput(_Behind):
    """Signs, and does not encrypt."""

    def seal(self, body: bytes) -> bytes:
        """As it was."""
        return wire.encode(protect(wire.decode(body), evolve(self.protection, cipher=None)))


class OtherCipherKey(_Behind):
    """Encrypts with the key of another environment, and signs as agreed."""

    def seal(self, body: bytes) -> bytes:
        """The same signature, other cipher text."""
        return wire.encode(protect(wire.decode(body), evolve(self.protection, cipher=Sm4("ff" * 16))))


_CLIENTS: tuple[tuple[type[_Behind], str, str], ...] = (
    (UnsignedHeaders, "gateway_signed", "HOS-001"),
    (WrongSecret, "gateway_signature", "HOS-001"),
    (ClockIsSlow, "gateway_time", "HOS-001"),
    (MillisecondsForSeconds, "gateway_time", "HOS-001"),
    (NonceAgainOnRetry, "gateway_once", "HOS-101"),
    (UnsignedBody, "body_signed", "HOS-001"),
    (SignsBeforeItChanges, "body_signature", "HOS-001"),
    (PlainInput, "body_encrypted", "HOS-001"),
    (OtherCipherKey, "body_opens", "HOS-001"),
)
"""Each with the check that must see its fault, and a scenario in which it does."""


@cache
def gateway_mutants() -> tuple[HospitalMutant, ...]:
    """All of them, by id."""
    return tuple(
        HospitalMutant(
            called(client), say(f"mutant.{called(client)}"), client, (scenario,), f"hospital.{check}", PROFILE
        )
        for client, check, scenario in sorted(_CLIENTS, key=lambda row: called(row[0]))
    )


def right_client() -> Hospital:
    """The right client."""
    return _Behind()


@contextmanager
def keys_at_hand() -> Iterator[None]:
    """`KEYS` in the environment, as an operator gives them."""
    before = {name: os.environ.get(name) for name in KEYS}
    os.environ.update(KEYS)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
