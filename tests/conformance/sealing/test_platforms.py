"""A platform that wants signed and encrypted bodies: certified when it keeps its word, found out when it does not."""

import re
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from conformance.conversation import read, write
from conformance.judge import judge
from conformance.observation import Observation
from conformance.pack import load_pack
from conformance.profile import Profile, Signing
from conformance.run import certify_platform, reach
from conformance.targets.platform import china_time
from sim.interface import crypto, wire
from sim.platform import reference
from sim.service import application, running
from sim.service.codec import Codec
from sim.service.settings import Gateway, Settings
from tests.conformance.sealing.sealed import (
    EVERY,
    KEY,
    KINDS,
    OTHER,
    OTHER_KEY,
    OURS,
    THEIRS,
    broken,
    certified,
    right,
    sealing,
)


def held(observations: tuple[Observation, ...]) -> set[str]:
    return {o.clause for o in observations if o.status == "pass" and o.clause.startswith("SEC-")}


ALL = {
    "SEC-BODY-UNSIGNED",
    "SEC-BODY-SIGNATURE",
    "SEC-BODY-ALTERED",
    "SEC-BODY-PLAIN",
    "SEC-REPLY-SIGNED",
    "SEC-REPLY-SIGNATURE",
    "SEC-REPLY-ENCRYPTED",
    "SEC-REPLY-OPENS",
}


@pytest.mark.parametrize("mode", ["ecb", "cbc"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_platform_that_protects_is_certified_and_judged_again_without_a_key(
    kind: str, mode: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every clause holds; no secret is in the conversation, and from its file alone the judge comes to the same."""
    iv = "44" * 16 if mode == "cbc" else ""
    of = sealing(kind, mode=mode, iv=iv, encoding="raw")
    result = certified(of, evolve(right(kind, encoding="raw"), cipher=crypto.Sm4(KEY, mode, iv)))
    assert ("passed", set()) == (result.verdict, broken(result))
    assert ALL == held(result.observations)
    file = tmp_path / "conversation.jsonl"
    write(result.conversation, file)
    text = file.read_text("utf-8")
    assert not [secret for secret in (OURS, THEIRS, KEY) if secret in text or secret in repr(result.profile)]
    monkeypatch.delenv("YIDI_TEST_PRIVATE")
    monkeypatch.delenv("YIDI_TEST_SM4")
    scenarios = load_pack("smoke").scenarios
    assert result.observations == judge(read(file), Profile(protection=of), scenarios)


def test_without_a_cipher_only_signatures_are_judged() -> None:
    """And where the platform has no public key in the profile, only what it refuses."""
    of = sealing(key_env="", promises=frozenset(EVERY[:3]))
    result = certified(of, evolve(right(), cipher=None))
    assert "passed" == result.verdict
    assert ALL - {"SEC-BODY-PLAIN", "SEC-REPLY-ENCRYPTED", "SEC-REPLY-OPENS"} == held(result.observations)
    silent = certified(evolve(of, public_key=""), evolve(right(), cipher=None, private_key=""))
    assert {"SEC-BODY-UNSIGNED", "SEC-BODY-SIGNATURE", "SEC-BODY-ALTERED"} == held(silent.observations)


def test_a_gateway_in_front_of_it_gets_sealed_bodies_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Headers and bodies are signed together, and what is wrong with a header is the only thing wrong."""
    monkeypatch.setenv("YIDI_TEST_SECRET", "both know")
    promises = frozenset({"unsigned_refused", "wrong_refused", "old_refused", "replay_refused"})
    signing = Signing("csb", "K1", "YIDI_TEST_SECRET", "milliseconds", promises)
    profile = Profile(signing=signing, protection=sealing())
    for gateway in (Gateway("csb", {"K1": "both know"}, "milliseconds"), None):
        settings = Settings(gateway=gateway, protection=right())
        with running(application(reference(), clock=china_time, settings=settings)) as url:
            result = certify_platform(reach(url, profile), profile, [load_pack("smoke")], only=["SMO-001"])
        headers = {"SEC-UNSIGNED", "SEC-SIGNATURE", "SEC-OLD", "SEC-REPLAY"}
        assert (set() if gateway else headers) == broken(result)
        assert ALL == held(result.observations) - headers


def test_where_nobody_answers_nothing_else_is_tried() -> None:
    """One sign-in, no forged one."""
    profile = Profile(protection=sealing())
    result = certify_platform(reach("http://127.0.0.1:9", profile), profile, [load_pack("smoke")], only=["SMO-001"])
    assert (1, "nothing_checked") == (len(result.conversation), result.verdict)


class LooksAtNoSignature(Codec):
    """Takes whatever stands in cainfo."""

    def _check(self, content: bytes, message: dict[str, Any]) -> None:
        if not message.get("cainfo"):
            super()._check(content, message)


class TakesUnsigned(Codec):
    """Checks the signatures that are there."""

    def _check(self, content: bytes, message: dict[str, Any]) -> None:
        if message.get("cainfo"):
            super()._check(content, message)


class TakesPlain(Codec):
    """Decrypts only what is encrypted."""

    def _unprotected(self, body: str, message: dict[str, Any]) -> Any:
        if isinstance(message["input"], dict):
            self._check((crypto.member_text(body, "input") or "").encode(), message)
            return message, []
        return super()._unprotected(body, message)


class AnswersPlain(Codec):
    """Encrypts nothing of its own."""

    def _protect(self, reply: dict[str, Any]) -> None:
        output = reply["output"]
        super()._protect(reply)
        reply["output"] = output


class AnswersByAnotherKey(Codec):
    """Encrypts by a key that was not agreed."""

    def _protect(self, reply: dict[str, Any]) -> None:
        output = wire.encode(reply["output"])
        super()._protect(reply)
        reply["output"] = crypto.Sm4(OTHER_KEY).encrypt(output)


class SignsBeforeItChanges(Codec):
    """Puts something into the reply after it was signed."""

    def _protect(self, reply: dict[str, Any]) -> None:
        super()._protect(reply)
        cipher = self.protection.cipher
        assert cipher is not None
        reply["output"] = cipher.encrypt(cipher.decrypt(reply["output"]).replace(b"}", b" }"))


@pytest.mark.parametrize(
    ("codec", "changed", "expected"),
    [
        (LooksAtNoSignature, {}, {"SEC-BODY-SIGNATURE", "SEC-BODY-ALTERED"}),
        (TakesUnsigned, {}, {"SEC-BODY-UNSIGNED"}),
        (TakesPlain, {}, {"SEC-BODY-PLAIN"}),
        (AnswersPlain, {}, {"SEC-REPLY-ENCRYPTED"}),
        (AnswersByAnotherKey, {}, {"SEC-REPLY-OPENS"}),
        (SignsBeforeItChanges, {}, {"SEC-REPLY-SIGNATURE"}),
        (Codec, {"private_key": OTHER}, {"SEC-REPLY-SIGNATURE"}),
        (Codec, {"private_key": ""}, {"SEC-REPLY-SIGNED"}),
    ],
)
def test_each_fault_of_a_platform_is_found_by_its_own_clause(
    codec: type[Codec], changed: dict[str, Any], expected: set[str]
) -> None:
    """A platform with one planted fault: that clause is broken and no other of the family."""
    result = certified(sealing(), evolve(right(), **changed), codec)
    assert "failed" == result.verdict
    assert expected == {clause for clause in broken(result) if clause.startswith("SEC-")}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_signature_is_altered_where_it_covers_the_message(kind: str) -> None:
    """A platform that looks at no signature takes the altered request, whatever is signed: nothing else is wrong."""
    assert "SEC-BODY-ALTERED" in broken(certified(sealing(kind), right(kind), LooksAtNoSignature))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({"key": OTHER_KEY}, "SEC-REPLY-OPENS"),
        ({"private": OTHER}, "LIFE-ACCEPT"),
        ({"public_key": crypto.public_key(OTHER)}, "SEC-REPLY-SIGNATURE"),
    ],
)
def test_a_wrong_key_is_red_and_says_what_is_wrong(
    ours: dict[str, str], theirs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key of the cipher, the hospital's, the platform's: the first finding names it."""
    monkeypatch.setenv("YIDI_TEST_SM4", ours.get("key", KEY))
    monkeypatch.setenv("YIDI_TEST_PRIVATE", ours.get("private", OURS))
    result = certified(evolve(sealing(), **{k: v for k, v in ours.items() if k == "public_key"}), right())
    assert "failed" == result.verdict
    causes = [group.findings[0].observation for group in result.groups]
    told = next(o for o in causes if o.clause == theirs)
    assert told.cause is not None
    assert re.search("key", told.cause.show("en"))
    if theirs == "LIFE-ACCEPT":
        assert told is causes[0]
        assert "cainfo" in (told.actual.show("en") if told.actual else "")


def test_a_refused_control_proves_nothing_of_what_is_refused_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A platform that refuses everything keeps no promise: it is not judged, and so not green."""
    monkeypatch.setenv("YIDI_TEST_PRIVATE", OTHER)
    result = certified(sealing(), right())
    statuses = {o.status for o in result.observations if o.clause.startswith("SEC-BODY-")}
    assert {"not_judged"} == statuses
