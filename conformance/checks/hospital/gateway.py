"""What a gateway asks of each request: headers signed rightly, once and now; a body that is signed and encrypted.

What was found of the headers when they came stands in the recording, for only who knows the secret can find it. Bodies
are judged anew, over the plain text that was recorded beside them, with the hospital's public key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from conformance.checks.hospital.facts import Sent
from conformance.checks.look import text
from conformance.checks.sealing import CAINFO, WHY, signed_text
from conformance.checks.sink import Sink, shown
from conformance.conversation import PASSED
from conformance.profile import NONCES, Profile, Signing
from conformance.sealing import Sealing
from sim.interface.crypto import is_cipher_text
from sim.interface.protection import fits
from sim.interface.signature import HEADERS
from sim.lang import Text, say

INPUT = ("input", "交易输入")
STEPS = ("signed", "time", "signature", "once")
"""What is looked at in headers, one after the other: once one is wrong nothing can be said of the next."""
WRONG: Mapping[str, str] = {
    "header_missing": "signed",
    "outside_window": "time",
    "unknown_key": "signature",
    "signature_differs": "signature",
    "replayed": "once",
}
"""Which of them is wrong, by the reason why a gateway turns a request away."""
EXPECTED: Mapping[str, Callable[[Signing], Text]] = {
    "signed": lambda signing: shown(", ".join(HEADERS[signing.scheme])),
    "time": lambda signing: say("hospital.gateway.in_window", seconds=int(signing.window.total_seconds())),
    "signature": lambda signing: say("hospital.gateway.right", scheme=signing.scheme, key=signing.key),
    "once": lambda _: say("hospital.gateway.new"),
}


class Gateway:
    """Judges each request as the gateway in front of a platform does."""

    def __init__(self, profile: Profile, sink: Sink) -> None:
        self._signing = profile.signing
        self._sealing = profile.protection
        self._sink = sink

    def passes(self, sent: Sent) -> bool:
        """Whether a request gets to the platform; every finding of why it does not. What is no message at all is for
        others to tell."""
        if self._signing is not None and not self._headers(sent, self._signing):
            return False
        message = sent.look.exchange.request.message
        return self._sealing is None or message is None or self._body(sent, message, self._sealing)

    # --- headers ---

    def _headers(self, sent: Sent, signing: Signing) -> bool:
        look, sink = sent.look, self._sink
        found = look.exchange.gateway
        reason, _, detail = found.partition(" ")
        if found != PASSED and reason not in WRONG:
            why = say("hospital.gateway.not_seen", name=signing.secret_env)
            sink.note("not_judged", *_named("gateway_signature"), look, why=why)
            return True
        wrong = WRONG.get(reason, "")
        for step in STEPS if signing.scheme in NONCES else STEPS[:-1]:
            if step == wrong:
                actual, cause = say(f"gateway.{reason}", detail=detail), say(f"hospital.gateway.cause.{step}")
                expected = EXPECTED[step](signing)
                when = say("hospital.gateway.came", at=look.exchange.sent_at) if step == "time" else None
                sink.note("fail", *_named(f"gateway_{step}"), look, "HTTP", "", expected, actual, when, cause)
                return False
            sink.ok(*_named(f"gateway_{step}"), look)
        return True

    # --- bodies ---

    def _body(self, sent: Sent, message: Mapping[str, Any], sealing: Sealing) -> bool:
        if sealing.encrypts and not self._encrypted(sent, message):
            return False
        return sealing.signature == "none" or self._signed(sent, message, sealing)

    def _encrypted(self, sent: Sent, message: Mapping[str, Any]) -> bool:
        look, raw, sink = sent.look, sent.look.exchange.request, self._sink
        given = message.get("input")
        good = raw.opened is not None or (isinstance(given, str) and is_cipher_text(given))
        at, cause = _named("body_encrypted"), say("hospital.gateway.cause.plain")
        if not sink.verdict(
            good, *at, look, *INPUT, say("sealing.cipher_text"), say("sealing.plain_text"), None, cause
        ):
            return False
        at = _named("body_opens")
        if raw.opened is not None:
            sink.ok(*at, look)
            return True
        if not raw.unopened:
            sink.note("not_judged", *at, look, why=say("sealing.not_opened"))
            return False
        why, cause = WHY.get(raw.unopened, say("sealing.why.padding")), say("hospital.gateway.cause.key")
        sink.note("fail", *at, look, *INPUT, say("sealing.readable"), why, None, cause)
        return False

    def _signed(self, sent: Sent, message: Mapping[str, Any], sealing: Sealing) -> bool:
        look, sink = sent.look, self._sink
        given = text(message.get("cainfo"))
        expected, cause = say("sealing.a_signature"), say("hospital.gateway.cause.unsigned")
        absent = say("judge.absent")
        if not sink.verdict(given != "", *_named("body_signed"), look, *CAINFO, expected, absent, None, cause):
            return False
        key, kind = sealing.public_key_of(look.institution), sealing.signature
        if kind != "sm3-input" and not sealing.public_keys:
            sink.note("not_judged", *_named("body_signature"), look, why=say("sealing.no_public_keys"))
            return True
        if kind != "sm3-input" and not key:
            expected, actual = say("sealing.right_signature", kind=kind), say("hospital.gateway.nobody")
            good = False
        else:
            expected, actual = say("hospital.gateway.right_body", kind=kind), say("hospital.gateway.other_body")
            member = next((name for name in message if name.lower() == "input"), "input")
            good = fits(kind, given, signed_text(look.exchange.request, member), message, key)
        cause = say("hospital.gateway.cause.body_signature")
        return sink.verdict(good, *_named("body_signature"), look, *CAINFO, expected, actual, None, cause)


def _named(check: str) -> tuple[str, str]:
    """A check and its clause: ``hospital.gateway_time`` looks after ``HOS-GATEWAY-TIME``."""
    return f"hospital.{check}", f"HOS-{check.upper().replace('_', '-')}"
