"""A platform that wants signed and encrypted bodies: certified when it keeps its word, found out when it does not."""

import asyncio
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from conformance.conversation import Conversation, Exchange, Raw, read, write
from conformance.judge import judge
from conformance.judging import judge_file
from conformance.observation import Observation
from conformance.pack import load_pack
from conformance.profile import Profile, Signing, read_profile
from conformance.profile import schema as profile_schema
from conformance.result import RunResult
from conformance.run import certify_platform, reach
from conformance.sealing import Sealing
from conformance.targets.platform import china_time
from conformance.targets.sealed import SealedTransport, Sealer
from conformance.targets.transport import InProcessTransport
from sim.errors import InputError
from sim.interface import crypto, interface, wire
from sim.interface.protection import Protection, fits
from sim.platform import reference
from sim.service import application, running
from sim.service.codec import Codec, Turned
from sim.service.settings import Gateway, Settings
from sim.service.settings import schema as settings_schema

OURS, THEIRS, OTHER = "11" * 32, "22" * 32, "33" * 32
KEY, OTHER_KEY = "0123456789abcdeffedcba9876543210", "ff" * 16
EVERY = ("unsigned_refused", "wrong_refused", "altered_refused", "plain_refused")
KINDS = ("sm2-input", "sm2-fields", "sm3-input")


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The keys of this side, as an operator gives them."""
    monkeypatch.setenv("YIDI_TEST_PRIVATE", OURS)
    monkeypatch.setenv("YIDI_TEST_SM4", KEY)


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


def carried(sent: list[bytes]) -> SealedTransport:
    """A transport that notes what would go over the wire and answers nothing that is a message."""

    def note(body: bytes) -> dict[str, Any]:
        sent.append(body)
        return {}

    return SealedTransport(InProcessTransport(lambda _, __: {}, china_time, read=note), Sealer(sealing()))


def test_the_same_body_goes_out_in_the_same_bytes() -> None:
    """A repetition repeats its signature too; another body has another."""
    sent: list[bytes] = []
    transport = carried(sent)
    body = wire.encode({"infno": "1101", "cainfo": "", "input": {"data": {"a": 1}}})

    async def send() -> None:
        for each in (body, body, body.replace(b"1101", b"1102")):
            await transport.send("1101", each)

    asyncio.run(send())
    assert sent[0] == sent[1] != sent[2]


def test_a_sealed_body_keeps_every_other_character() -> None:
    """White space and escapes stay, and the signature is over the text as it stands."""
    body = ' {\n "infno" : "1101", "input": {"data" :{"n":"\\u6d4b"}} , "cainfo": "" }\n'
    sealed = Sealer(sealing()).seal(body.encode())
    assert ("input", '{"data" :{"n":"\\u6d4b"}}') == sealed.opened
    message = wire.decode(sealed.body)
    content = crypto.Sm4(KEY).decrypt(message["input"])
    assert fits("sm2-input", message["cainfo"], content, message, crypto.public_key(OURS))
    back = crypto.with_member(sealed.body.decode(), "input", content.decode())
    assert f'{body[:-2]},"signtype":"SM2","encType":"SM4"}}\n' == crypto.with_member(back, "cainfo", '""')
    assert Raw(sealed.body, opened=sealed.opened).message == {**message, "input": {"data": {"n": "测"}}}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"a":1,"a":2}', b'{"infno":"1101","input":{}'])
def test_what_is_no_message_goes_out_as_it_is(body: bytes) -> None:
    """A scenario that spoils a body has spoiled it for good."""
    assert (body, None) == ((sealed := Sealer(sealing()).seal(body)).body, sealed.opened)


def test_a_signature_that_a_scenario_gave_is_left() -> None:
    """It wants to see what the platform makes of it."""
    sealed = Sealer(sealing()).seal(b'{"infno":"1101","cainfo":"made up","input":{}}')
    assert "made up" == wire.decode(sealed.body)["cainfo"]


def test_spoiled_bodies_are_signed_before_they_are_spoiled_or_as_they_stand() -> None:
    """Malformed bodies over a protected wire: each scenario goes as without it, so nothing that should be accepted was
    refused for lack of a signature; and a body that was cut bears its signature, which is not its second fault."""
    codec = Codec(interface(), Settings().wire, right())

    def read_body(body: bytes) -> dict[str, Any]:
        try:
            return codec.open(body).message
        except Turned as turned:
            raise wire.WireError(turned.text) from None

    inner = InProcessTransport(reference().call, china_time, read=read_body, write=codec.close)
    only = ["MAL-001", "MAL-002", "MAL-003", "MAL-N01"]
    profile = Profile(protection=sealing())
    transport = SealedTransport(inner, Sealer(sealing()))
    result = certify_platform(transport, profile, [load_pack("malformed")], only=only)
    assert ("passed", set()) == (result.verdict, broken(result))
    assert ["passed"] * 4 == [scenario.status for scenario in result.scenarios]
    cut = next(e for e in result.conversation if e.run == "fault" and e.request.message is None)
    assert b'"cainfo":"M' in cut.request.body


@pytest.fixture(scope="module")
def talk() -> Conversation:
    """A sealed conversation, as it was recorded."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("YIDI_TEST_PRIVATE", OURS)
        patch.setenv("YIDI_TEST_SM4", KEY)
        return certified(sealing(), right()).conversation


def judged(talk: Conversation, change: Callable[[Raw], Raw]) -> tuple[Observation, ...]:
    """With the reply to the last registration changed."""
    last = max(e.seq for e in talk if e.infno == "2201")

    def one(e: Exchange) -> Exchange:
        return evolve(e, reply=change(e.reply)) if e.seq == last and e.reply is not None else e

    found = judge(Conversation(tuple(map(one, talk))), Profile(protection=sealing()))
    return tuple(o for o in found if o.seq == last)


def set_member(name: str, value: str) -> Callable[[Raw], Raw]:
    return lambda raw: evolve(raw, body=crypto.with_member(raw.body.decode(), name, value).encode())


def closed(raw: Raw) -> Raw:
    return evolve(raw, opened=None)


@pytest.mark.parametrize(
    ("change", "clause", "status"),
    [
        (lambda raw: raw, "SEC-REPLY-SIGNATURE", "pass"),
        (lambda raw: evolve(raw, opened=("output", raw.opened[1] + " ")), "SEC-REPLY-SIGNATURE", "fail"),
        (set_member("cainfo", '""'), "SEC-REPLY-SIGNED", "fail"),
        (set_member("cainfo", "null"), "SEC-REPLY-SIGNED", "fail"),
        (set_member("cainfo", '"AAAA"'), "SEC-REPLY-SIGNATURE", "fail"),
        (lambda raw: set_member("output", "{}")(closed(raw)), "SEC-REPLY-SIGNATURE", "fail"),
        (lambda raw: set_member("output", '{"a":1}')(closed(raw)), "SEC-REPLY-ENCRYPTED", "fail"),
        (lambda raw: set_member("output", '"{}"')(closed(raw)), "SEC-REPLY-ENCRYPTED", "fail"),
        (closed, "SEC-REPLY-OPENS", "not_judged"),
        (closed, "SEC-REPLY-SIGNATURE", "not_judged"),
        (closed, "SEC-REPLY-ENCRYPTED", "pass"),
        (lambda raw: evolve(closed(raw), unopened="wrong padding"), "SEC-REPLY-OPENS", "fail"),
        (lambda raw: evolve(closed(raw), unopened="not JSON"), "SEC-REPLY-OPENS", "fail"),
    ],
)
def test_one_changed_reply_is_judged_by_its_clause(
    talk: Conversation, change: Callable[[Raw], Raw], clause: str, status: str
) -> None:
    """Minimal pairs over one recorded reply: what is wrong with it, and what cannot be known."""
    assert {status} == {o.status for o in judged(talk, change) if o.clause == clause}


def test_a_content_that_nobody_could_read_is_not_held_against_its_form(talk: Conversation) -> None:
    """Only that it cannot be read is a finding, not every field that is missing in it; and none of them passes."""
    found = judged(talk, lambda raw: evolve(closed(raw), unopened="wrong padding"))
    assert {"SEC-REPLY-OPENS"} == {o.clause for o in found if o.status == "fail"}
    assert {"ENV", "LIFE", "SEC"} == {o.clause.partition("-")[0] for o in found if o.status == "pass"}
    assert {"LIFE-ACCEPT"} == {o.clause for o in found if o.status == "pass" and o.clause.startswith("LIFE")}


def test_a_refusal_without_a_signature_is_told_and_not_red(talk: Conversation) -> None:
    """It may come from before the place that signs; one with a wrong signature is red."""
    unsigned = {"infcode": -1, "err_msg": "no", "output": ""}
    wrong = {**unsigned, "cainfo": "AAAA"}

    def refused(reply: dict[str, Any]) -> set[tuple[str, str]]:
        found = judged(talk, lambda _: Raw(wire.encode(reply), (), 200))
        return {(o.clause, o.status) for o in found if o.clause.startswith("SEC-")}

    assert {("SEC-REPLY-SIGNED", "leniency")} == refused(unsigned)
    assert {("SEC-REPLY-SIGNED", "pass"), ("SEC-REPLY-SIGNATURE", "fail")} == refused(wrong)


def test_a_file_keeps_what_went_over_the_wire_and_what_it_meant(talk: Conversation, tmp_path: Path) -> None:
    """The body is the sealed one, its plain content stands beside it, and reading gives back what was written."""
    file = tmp_path / "c.jsonl"
    write(talk, file)
    assert talk == read(file)
    row = next(json.loads(line) for line in file.read_text("utf-8").splitlines() if '"step": "2201"' in line)
    assert isinstance(json.loads(row["request"]["text"])["input"], str)
    assert "data" in json.loads(row["request"]["opened"]["input"]) or "mdtrtinfo" in row["request"]["opened"]["input"]
    bad = {**row, "request": {**row["request"], "opened": {"input": "{}", "output": "{}"}}}
    file.write_text(json.dumps(bad) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match="line 1"):
        read(file)


def test_what_somebody_in_between_recorded_is_opened_where_the_key_is_at_hand(
    talk: Conversation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the key of the cipher alone the judge comes to what it says of the run itself; without it to nothing about
    any content, and no harm is done to what was opened before."""
    file, of = tmp_path / "tapped.jsonl", Profile(protection=sealing())
    closed_talk = [evolve(e, request=closed(e.request), reply=closed(e.reply) if e.reply else None) for e in talk]
    write(closed_talk, file)
    monkeypatch.delenv("YIDI_TEST_PRIVATE")
    whole = judge(talk, of)
    assert whole == judge_file(file, of).observations
    monkeypatch.delenv("YIDI_TEST_SM4")
    found = judge_file(file, of).observations
    assert {"not_judged"} == {o.status for o in found if o.clause == "SEC-REPLY-OPENS"}
    assert not [o for o in found if o.status == "fail"]
    write(talk, file)
    assert whole == judge_file(file, of).observations
    monkeypatch.setenv("YIDI_TEST_SM4", "no key")
    with pytest.raises(InputError, match="YIDI_TEST_SM4"):
        judge_file(file, of)


# --- the section of the profile ---------------------------------------------------------------------------------------


def profile(tmp_path: Path, section: str) -> Profile:
    file = tmp_path / "target.yaml"
    file.write_text(f"name: t\nprotection:\n  {section}\n", encoding="utf-8")
    return read_profile(file)


def test_every_key_of_the_section_reaches_its_value(tmp_path: Path) -> None:
    """One name for all institutions is the default's; what protects nothing is no protection."""
    public = crypto.public_key(THEIRS)
    read = profile(
        tmp_path,
        f"""signature: sm2-fields
  private_key_env: A_KEY
  public_key: "{public}"
  encoding: raw
  sm4: {{key_env: B_KEY, mode: cbc, iv: "{"44" * 16}"}}
  promises: [wrong_refused, plain_refused]""",
    ).protection
    promises = frozenset({"wrong_refused", "plain_refused"})
    assert Sealing("sm2-fields", {"default": "A_KEY"}, public, "raw", "B_KEY", "cbc", "44" * 16, promises) == read
    assert profile(tmp_path, "encoding: raw").protection is None
    assert Profile().protection is None


@pytest.mark.parametrize(
    ("section", "line", "says"),
    [
        ("signatur: sm2-input", 3, "nearest valid name: signature"),
        ("signature: sm2-inptu", 3, "nearest valid name: sm2-input"),
        ("signature: sm2-input", 2, "private_key_env"),
        (f'private_key: "{OURS}"', 3, "nearest valid name: private_key_env"),
        (f'sm4: {{key: "{KEY}"}}', 3, "key_env"),
        ("sm4: {key_env: 9K}", 3, "protection.sm4.key_env"),
        ("sm4: {key_env: K, mode: cbc}", 3, "32 hexadecimal digits"),
        ('signature: sm3-input\n  public_key: "04"', 4, "130 hexadecimal digits"),
        ("signature: sm2-input\n  private_key_env: {H1: K}", 4, "H1"),
        ("signature: sm2-input\n  private_key_env: {H52019900001: K}", 4, "no private key for the institution"),
        ("signature: sm3-input\n  promises: [plain_refused]", 4, "protection.sm4"),
        ("sm4: {key_env: K}\n  promises: [altered_refused]", 4, "protection.signature"),
        (f'signature: sm3-input\n  public_keys: {{default: "{"11" * 65}"}}', 4, "hospital system under test"),
    ],
)
def test_a_mistake_names_line_and_key_and_shows_no_secret(tmp_path: Path, section: str, line: int, says: str) -> None:
    """Also of somebody who wrote a secret where its variable's name belongs."""
    with pytest.raises(InputError) as caught:
        profile(tmp_path, section)
    shown = caught.value.show("en")
    assert f"line {line}" in shown
    assert says in shown
    assert OURS not in shown
    assert KEY not in shown


@pytest.mark.parametrize(
    ("name", "value", "line", "says"),
    [
        ("YIDI_TEST_PRIVATE", "", 4, "is empty"),
        ("YIDI_TEST_PRIVATE", "11" * 31, 4, "64 hexadecimal digits"),
        ("YIDI_TEST_PRIVATE", "zz" * 32, 4, "64 hexadecimal digits"),
        ("YIDI_TEST_PRIVATE", "00" * 32, 4, "order of the curve"),
        ("YIDI_TEST_SM4", "", 5, "is empty"),
        ("YIDI_TEST_SM4", "11" * 15, 5, "32 hexadecimal digits"),
    ],
)
def test_a_secret_that_is_missing_or_ill_formed_is_told_before_anything_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, line: int, says: str
) -> None:
    """By the name of its variable and where the profile names it, never by its value."""
    section = "signature: sm2-input\n  private_key_env: YIDI_TEST_PRIVATE\n  sm4: {key_env: YIDI_TEST_SM4}"
    read = profile(tmp_path, section)
    monkeypatch.setenv(name, value)
    with pytest.raises(InputError) as caught:
        reach("http://127.0.0.1:9", read)
    shown = caught.value.show("en")
    assert f"line {line}" in shown
    assert "target.yaml" in shown
    assert name in shown
    assert says in shown
    assert not value or value not in shown


def test_a_public_key_that_is_no_point_is_told(tmp_path: Path) -> None:
    """Or every signature of the platform would be wrong."""
    section = f'signature: sm2-input\n  private_key_env: YIDI_TEST_PRIVATE\n  public_key: "{"11" * 64}"'
    with pytest.raises(InputError, match="no point of the SM2 curve") as caught:
        reach("http://127.0.0.1:9", profile(tmp_path, section))
    assert caught.value.place is not None
    assert 5 == caught.value.place.line


def test_without_the_software_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is named; SM3 and SM4 need none."""
    signed, digested = Profile(protection=sealing()), Profile(protection=sealing("sm3-input"))
    monkeypatch.setitem(sys.modules, "gmalg.sm2", None)
    with pytest.raises(InputError, match=r"yidi\[sm\]"):
        reach("http://127.0.0.1:9", signed)
    reach("http://127.0.0.1:9", digested)


def test_profile_and_settings_say_the_same_words() -> None:
    """One vocabulary for both sides of the wire."""
    ours = profile_schema()["properties"]["protection"]["properties"]
    theirs = settings_schema()["properties"]["protection"]["properties"]
    assert ours["signature"] == theirs["signature"]
    assert ours["encoding"] == theirs["encoding"]
    assert ours["sm4"]["properties"]["mode"] == theirs["sm4"]["properties"]["mode"]
    assert {"private_key_env", "public_key", "public_keys", "sm4"} <= set(ours)
    assert {"private_key", "public_keys", "sm4"} <= set(theirs)


def test_the_report_names_the_protection_and_not_the_keys() -> None:
    """Enough of the public key to know it again."""
    rows = {text.show("en"): value for text, value in Profile(protection=sealing()).summary().rows}
    assert rows["protection of bodies"].startswith(f"sm2-input, public_key {crypto.public_key(THEIRS)[:16]}…, sm4-ecb")
