"""Requests are signed as the profile says, and a gateway is asked for what it promises to refuse."""

from pathlib import Path

import pytest

from conformance.pack import Pack, load_pack
from conformance.profile import Profile, Signing, read_profile
from conformance.result import RunResult
from conformance.run import certify_platform, reach
from conformance.targets.platform import china_time
from sim.errors import InputError
from sim.platform import reference
from sim.service import application, running
from sim.service.settings import Gateway, Settings

SHARED = "what both sides know"
EVERY = ("unsigned_refused", "wrong_refused", "old_refused", "replay_refused")


def profile(tmp_path: Path, scheme: str) -> Profile:
    file = tmp_path / "target.yaml"
    promises = ", ".join(EVERY)
    signature = f"{{scheme: {scheme}, key: K1, secret_env: YIDI_TEST_SECRET, promises: [{promises}]}}"
    file.write_text(f"signature: {signature}\n", encoding="utf-8")
    return read_profile(file)


def certified(signed: Profile, gateway: Gateway | None) -> RunResult:
    with running(application(reference(), clock=china_time, settings=Settings(gateway=gateway))) as url:
        return certify_platform(reach(url, signed), signed, [smallest()])


def smallest() -> Pack:
    return load_pack("outpatient")


def gateway(signing: Signing, remembered: bool = True) -> Gateway:
    return Gateway(signing.scheme, {"K1": SHARED}, signing.unit, remembered=remembered)


@pytest.mark.parametrize("scheme", ["csb", "tif"])
def test_a_gateway_that_checks_is_certified(scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Right signatures pass, each forged one is refused, and the secret stands nowhere in what was recorded."""
    monkeypatch.setenv("YIDI_TEST_SECRET", SHARED)
    signed = profile(tmp_path, scheme)
    assert signed.signing is not None
    result = certified(signed, gateway(signed.signing))
    assert "passed" == result.verdict
    assert 4 == len({o.clause for o in result.observations if o.clause.startswith("SEC-") and o.status == "pass"})
    assert all(SHARED not in repr(exchange.to_json()) for exchange in result.conversation)
    assert SHARED not in repr(result.profile)


def test_a_gateway_that_looks_at_nothing_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each promise that is not kept is a finding of its own clause."""
    monkeypatch.setenv("YIDI_TEST_SECRET", SHARED)
    result = certified(profile(tmp_path, "csb"), None)
    broken = {o.clause for o in result.observations if o.status == "fail"}
    assert {"SEC-UNSIGNED", "SEC-SIGNATURE", "SEC-OLD", "SEC-REPLAY"} == broken


def test_a_gateway_that_forgets_lets_a_replay_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only that promise is broken."""
    monkeypatch.setenv("YIDI_TEST_SECRET", SHARED)
    signed = profile(tmp_path, "tif")
    assert signed.signing is not None
    result = certified(signed, gateway(signed.signing, remembered=False))
    assert {"SEC-REPLAY"} == {o.clause for o in result.observations if o.status == "fail"}


def test_a_missing_secret_is_told_by_the_name_of_its_variable() -> None:
    """Before anything is sent."""
    signing = Signing("csb", "K1", "YIDI_NO_SUCH_VARIABLE", "milliseconds")
    with pytest.raises(InputError, match="YIDI_NO_SUCH_VARIABLE"):
        signing.headers("9001", china_time(), "1")


def test_the_window_of_a_gateway_is_only_for_the_one_that_is_played(tmp_path: Path) -> None:
    """A platform under test has its own; a number that nothing looks at would only mislead."""
    file = tmp_path / "target.yaml"
    file.write_text("signature:\n  {scheme: csb, key: K1, secret_env: S, window_seconds: 60}\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"line 2, key signature\.window_seconds: .*role: hospital"):
        read_profile(file)
