"""What tests of signed and encrypted bodies share: both sides' keys, and a platform that is certified with them."""

from typing import Any

from conformance.pack import load_pack
from conformance.profile import Profile
from conformance.result import RunResult
from conformance.run import certify_platform, reach
from conformance.sealing import Sealing
from conformance.targets.platform import china_time
from sim.interface import crypto
from sim.interface.protection import Protection
from sim.platform import reference
from sim.service import application, running
from sim.service.codec import Codec
from sim.service.settings import Settings

OURS, THEIRS, OTHER = "11" * 32, "22" * 32, "33" * 32
KEY, OTHER_KEY = "0123456789abcdeffedcba9876543210", "ff" * 16
EVERY = ("unsigned_refused", "wrong_refused", "altered_refused", "plain_refused")
KINDS = ("sm2-input", "sm2-fields", "sm3-input")


def sealing(kind: str = "sm2-input", **more: Any) -> Sealing:
    given: dict[str, Any] = {"key_env": "YIDI_TEST_SM4", "promises": frozenset(EVERY), **more}
    return Sealing(kind, {"default": "YIDI_TEST_PRIVATE"}, crypto.public_key(THEIRS), **given)  # type: ignore[arg-type]


def right(kind: str = "sm2-input", **more: Any) -> Protection:
    keys = {"default": crypto.public_key(OURS)}
    return Protection(kind, keys, THEIRS, cipher=crypto.Sm4(KEY), **more)  # type: ignore[arg-type]


def certified(of: Sealing, protection: Protection, codec: type[Codec] = Codec) -> RunResult:
    """One short scenario over HTTP against the reference set up like that, with another codec where it is faulty."""
    app = application(reference(), clock=china_time, settings=Settings(protection=protection))
    service = app.state.service
    service.codec = codec(service.interface, service.settings.wire, protection)
    profile = Profile(protection=of)
    with running(app) as url:
        return certify_platform(reach(url, profile), profile, [load_pack("smoke")], only=["SMO-001"])


def broken(result: RunResult) -> set[str]:
    return {o.clause for o in result.observations if o.status == "fail"}
