"""Hospital systems behind a gateway: right ones pass, each fault of signing and sealing is found by its own check."""

import ast
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
from attrs import evolve

from conformance.conversation import Conversation, Exchange, Raw, read
from conformance.conversation import write as write_conversation
from conformance.drive import CallDriver
from conformance.drive.certify import certify_hospital
from conformance.evidence import verify
from conformance.example.hospital_client import Hospital, Message
from conformance.example.inpatient_client import InpatientHospital
from conformance.example.signing_client import SigningHospital
from conformance.judge import judge
from conformance.judging import judge_file
from conformance.mutants.gateway_hospitals import (
    ACCESS,
    CIPHER,
    KEYS,
    PROFILE,
    SECRET,
    SM4,
    SealingHospital,
    gateway_mutants,
    keys_at_hand,
    right_client,
)
from conformance.mutants.hospital_hunt import hospital_packs, hunt_hospitals, right_gateway, run_hospital
from conformance.mutants.hospitals import hospital_mutants
from conformance.mutants.hospitals.messages import ReusesMessageIds
from conformance.mutants.hospitals.once import TakesSilenceForSuccess
from conformance.pack import load_pack
from conformance.profile import FEATURES, Profile, Signing, read_profile
from conformance.report import write
from conformance.result import RunResult
from conformance.sealing import Sealing
from sim.errors import InputError
from sim.interface import crypto
from sim.interface.protection import Protection
from sim.interface.signature import Reason

ROOT = Path(__file__).parents[3]
OURS, THEIRS, OTHER = "11" * 32, "22" * 32, "33" * 32
"""Private keys of hospital, platform and nobody."""
CHECKS = {f"hospital.gateway_{name}" for name in ("signed", "time", "signature", "once")}
BODY = {f"hospital.body_{name}" for name in ("signed", "signature", "encrypted", "opens")}
SHORT = ("HOS-001", "HOS-101")


@pytest.fixture(autouse=True)
def platform_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the platform that is played signs with."""
    monkeypatch.setenv("YIDI_TEST_PLATFORM", THEIRS)


def sealing(kind: Any = "sm2-input", **more: Any) -> Sealing:
    given: dict[str, Any] = {"key_env": "YIDI_MUTANT_SM4", "public_keys": {"default": crypto.public_key(OURS)}, **more}
    return Sealing(kind, {"default": "YIDI_TEST_PLATFORM"}, **given)


def sealed_client(kind: Any = "sm2-input", of: type[Hospital] = Hospital, **more: Any) -> Hospital:
    """A client that signs by our key and takes only what the platform signed."""
    given: dict[str, Any] = {"private_key": OURS, "cipher": SM4, **more}
    own = {"protection": Protection(kind, **given), "platform_key": crypto.public_key(THEIRS)}
    return type("Sealed", (SealingHospital, of), own)()  # type: ignore[no-any-return]


def held(result: RunResult) -> set[str]:
    return {o.check for o in result.observations if o.status == "pass"} & (CHECKS | BODY)


def found(result: RunResult) -> set[str]:
    return {finding.observation.check for finding in result.findings}


@pytest.fixture(scope="module")
def behind() -> RunResult:
    """The right client, signed headers and sealed bodies, with an answer that is lost."""
    return right_gateway()


@pytest.mark.parametrize(("scheme", "unit"), [("tif", "seconds"), ("csb", "milliseconds")])
def test_the_example_that_signs_is_right(scheme: Any, unit: Any) -> None:
    """Over every pack, with retries and reversals, the headers of both schemes pass: nothing is found."""
    client = type("Signing", (SigningHospital, InpatientHospital), {})(scheme, ACCESS, SECRET)
    profile = Profile(features=PROFILE.features, signing=Signing(scheme, ACCESS, "YIDI_MUTANT_SECRET", unit))
    result = run_hospital(client, hospital_packs(), profile=profile)
    assert ("passed", set()) == (result.verdict, found(result))
    assert {"passed"} == {one.status for one in result.scenarios}
    assert held(result) == CHECKS - ({"hospital.gateway_once"} if scheme == "csb" else set())


class OneSignatureASecond(SigningHospital):
    """Writes milliseconds, and counts seconds."""

    def headers(self, body: bytes) -> dict[str, str]:
        """The same for two requests of one transaction in one second."""
        self.latest = 0
        return super().headers(body)

    def now(self) -> float:
        """Whole seconds."""
        return float(int(super().now()))


def test_where_there_is_no_nonce_two_requests_of_one_moment_may_sign_alike() -> None:
    """The scheme does not tell them apart, so no client is held to it."""
    profile = Profile(signing=Signing("csb", ACCESS, "YIDI_MUTANT_SECRET", "milliseconds"))
    result = run_hospital(OneSignatureASecond("csb", ACCESS, SECRET), hospital_packs(), SHORT, profile)
    assert ("passed", set()) == (result.verdict, found(result))
    signatures = [dict(e.request.headers)["_api_signature"] for e in result.conversation if e.sender == "hospital"]
    assert len(set(signatures)) < len(signatures)


@pytest.mark.parametrize(
    ("text", "late", "wrong"),
    [
        ("", 1_700, False),
        ("", 1_900, True),
        (", window_seconds: 60", 50, False),
        (", window_seconds: 60", 70, True),
        (", window_seconds: 7200", 7_000, False),
    ],
)
def test_how_far_a_timestamp_may_be_off_is_the_profiles(text: str, late: int, wrong: bool, tmp_path: Path) -> None:
    """As the settings of the server have it, half an hour unless it says otherwise: whoever is further off is turned
    away, found by the clause of the time alone, and told how many seconds there are; also from a recording."""
    read = profile(tmp_path, f"signature: {{scheme: tif, key: {ACCESS}, secret_env: YIDI_MUTANT_SECRET{text}}}")

    class Late(SigningHospital):
        """Its clock is slow."""

        def now(self) -> float:
            return super().now() - late

    result = run_hospital(Late("tif", ACCESS, SECRET), hospital_packs(), SHORT, read)
    assert ({"hospital.gateway_time"} if wrong else set()) == found(result)
    seconds = str(int(read.signing.window.total_seconds())) if read.signing else ""
    assert all(seconds in f.observation.expected.show("en") for f in result.findings if f.observation.expected)
    file = tmp_path / "recorded.jsonl"
    write_conversation(recorded(result), file)
    with keys_at_hand():
        assert wrong == ("hospital.gateway_time" in found(judge_file(file, read)))


@pytest.mark.parametrize("mode", ["ecb", "cbc"])
@pytest.mark.parametrize("kind", ["sm2-input", "sm2-fields", "sm3-input"])
def test_a_client_that_seals_is_right_and_judged_again_without_a_key(kind: str, mode: Any, tmp_path: Path) -> None:
    """Every kind of signature, also of messages sent again; no secret is in what was written, and `yidi verify` and
    `yidi judge` come to the same with none at hand."""
    iv = "44" * 16 if mode == "cbc" else ""
    profile = Profile(role="hospital", protection=sealing(kind, mode=mode, iv=iv, encoding="raw"))
    client = sealed_client(kind, cipher=crypto.Sm4(CIPHER, mode, iv), encoding="raw")
    result = run_hospital(client, hospital_packs(), SHORT, profile)
    assert ("passed", set(), BODY) == (result.verdict, found(result), held(result))
    file = tmp_path / "conversation.jsonl"
    write_conversation(result.conversation, file)
    written = file.read_text("utf-8")
    assert not [one for one in (CIPHER, OURS, THEIRS) if one in written or one in repr(result.profile)]
    scenarios = [scenario for pack in hospital_packs() for scenario in pack.scenarios]
    assert result.observations == judge(read(file), profile, scenarios)
    again = judge_file(file, profile, hospital_packs())
    assert result.observations == again.observations


def test_whatever_becomes_of_answers_a_message_signed_anew_is_the_same() -> None:
    """Every trouble, with SM2, whose signature differs at each attempt: what the second attempt told is known."""
    profile = Profile(role="hospital", protection=sealing())
    result = run_hospital(sealed_client(), [load_pack("hospital-faults")], profile=profile)
    assert ("passed", set()) == (result.verdict, found(result))
    assert {"passed"} == {one.status for one in result.scenarios if one.status != "not_run"}


def test_without_a_cipher_only_signatures_are_judged() -> None:
    """Bodies are then readable on the wire."""
    profile = Profile(role="hospital", protection=sealing(key_env=""))
    result = run_hospital(sealed_client(cipher=None), hospital_packs(), SHORT, profile)
    assert ("passed", {"hospital.body_signed", "hospital.body_signature"}) == (result.verdict, held(result))


PLAIN = """
name: behind a gateway
role: hospital
signature: {scheme: tif, key: PAAS-0001, secret_env: YIDI_MUTANT_SECRET}
protection:
  signature: sm3-input
  sm4: {key_env: YIDI_MUTANT_SM4}
"""


def test_evidence_is_verified_without_a_secret(tmp_path: Path) -> None:
    """The bundle keeps what the gateway found and the plain text, and neither secret nor key."""
    (tmp_path / "profile.yaml").write_text(PLAIN, encoding="utf-8")
    client = type("Both", (SealingHospital, SigningHospital), {})("tif", ACCESS, SECRET)
    result = run_hospital(client, [load_pack("hospital")], ["HOS-001"], read_profile(tmp_path / "profile.yaml"))
    assert ("passed", CHECKS | BODY) == (result.verdict, held(result))
    write(result, tmp_path / "out", "en")
    assert verify(tmp_path / "out").same
    for file in (tmp_path / "out").rglob("*"):
        content = file.read_bytes() if file.is_file() else b""
        assert not [name for name, secret in KEYS.items() if secret.encode() in content], file


def test_the_conversation_keeps_the_wire_and_what_it_meant(behind: RunResult) -> None:
    """Cipher text in bodies and the plain text beside them, of requests, replies, and answers that were lost."""
    messages = [e for e in behind.conversation if e.sender == "hospital"]
    assert {"passed"} == {e.gateway for e in messages}
    for each in messages:
        for raw, member in ((each.request, "input"), (each.reply, "output"), (each.truth, "output")):
            if raw is not None:
                assert raw.opened is not None
                assert member == raw.opened[0]
                assert raw.opened[1].encode() not in raw.body
    assert {"after"} == {e.note.rpartition(":")[2] for e in messages if e.truth is not None}


def test_an_answer_that_came_is_no_other_than_was_given() -> None:
    """An SM2 signature differs each time; the platform signs a reply once, or every reply would have a truth beside
    it."""
    profile = Profile(role="hospital", protection=sealing())
    result = run_hospital(sealed_client(), hospital_packs(), SHORT, profile)
    assert {"broken"} == {e.outcome for e in result.conversation if e.truth is not None}


# --- what goes wrong ---


@pytest.mark.parametrize("mutant", gateway_mutants(), ids=lambda mutant: str(mutant.id))
def test_every_known_bad_client_is_caught_by_exactly_its_check(mutant: Any) -> None:
    """One cause, nothing that follows from it, and the verdict is failed."""
    (caught,) = hunt_hospitals(hospital_packs(), [mutant])
    assert ({mutant.check}, "failed") == (set(caught.by), caught.verdict)
    result = run_hospital(mutant.build(), hospital_packs(), mutant.scenarios, mutant.profile)
    assert 1 == len(result.groups)


def test_what_follows_from_a_retry_that_was_turned_away_is_not_told_besides() -> None:
    """Over every pack, whatever is lost: reversals and statements that could not be made have the same cause."""
    (mutant,) = [one for one in gateway_mutants() if one.check == "hospital.gateway_once"]
    result = run_hospital(mutant.build(), hospital_packs(), profile=PROFILE)
    assert ({mutant.check}, 1) == (found(result), len(result.groups))


class UnsignedReversals(SigningHospital):
    """Reversals take another way out, past what signs."""

    def headers(self, body: bytes) -> dict[str, str]:
        """None for 2601."""
        return {} if b'"infno": "2601"' in body else super().headers(body)


def test_what_could_not_be_cleared_up_for_want_of_a_signature_is_told_as_that() -> None:
    """Doubts stay open at the end of the day because no reversal gets through: one cause."""
    profile = evolve(PROFILE, protection=None, features=FEATURES)
    client = UnsignedReversals("tif", ACCESS, SECRET)
    result = run_hospital(client, [load_pack("hospital-faults")], profile=profile)
    assert ({"hospital.gateway_signed"}, 1) == (found(result), len(result.groups))


class TakesTheGatewayForThePlatform(TakesSilenceForSuccess, SigningHospital):
    """Settlements are not signed, and whatever comes back of them is a success."""

    def headers(self, body: bytes) -> dict[str, str]:
        """None for 2207."""
        return {} if b'"infno": "2207"' in body else super().headers(body)


def test_what_operators_are_told_of_what_was_turned_away_is_judged() -> None:
    """Nothing was settled, and cash was collected."""
    client = TakesTheGatewayForThePlatform("tif", ACCESS, SECRET)
    result = run_hospital(client, hospital_packs(), ["HOS-001"], evolve(PROFILE, protection=None))
    assert {"hospital.gateway_signed", "hospital.told_done"} <= found(result)


def test_every_check_kills_a_mutant(behind: RunResult) -> None:
    """The checks that looked at the right client are those that the known-bad ones are for."""
    assert CHECKS | BODY == held(behind) == {one.check for one in gateway_mutants()}
    assert not {one.id for one in gateway_mutants()} & {one.id for one in hospital_mutants()}
    assert ("passed", set()) == (behind.verdict, found(behind))


def test_what_a_gateway_does_not_let_pass_is_refused_as_gateways_do() -> None:
    """HTTP 401 with a reason and no infcode for headers, a refusal by the platform for bodies; nothing is carried
    out."""
    bad = {one.check: one for one in gateway_mutants()}
    result = run_hospital(bad["hospital.gateway_signature"].build(), hospital_packs(), ["HOS-001"], PROFILE)
    replies = [e.reply for e in result.conversation if e.sender == "hospital"]
    assert {401} == {reply.status for reply in replies if reply}
    assert {("code", "message")} == {tuple(reply.message or ()) for reply in replies if reply}
    result = run_hospital(bad["hospital.body_encrypted"].build(), hospital_packs(), ["HOS-001"], PROFILE)
    (reply,) = [e.reply for e in result.conversation if e.sender == "hospital"]
    assert reply is not None
    assert reply.message is not None
    assert (200, -1) == (reply.status, reply.message["infcode"])


@pytest.mark.parametrize(
    ("changed", "check"),
    [
        ({"private_key": OTHER}, "hospital.body_signature"),
        ({"signature": "none"}, "hospital.body_signed"),
        ({"signature": "sm2-fields"}, "hospital.body_signature"),
        ({"cipher": None}, "hospital.body_encrypted"),
        ({"cipher": crypto.Sm4("ff" * 16)}, "hospital.body_opens"),
    ],
)
def test_a_wrong_key_or_way_of_signing_is_found_by_its_clause(changed: dict[str, Any], check: str) -> None:
    """With SM2, as by the mutants with SM3."""
    client = sealed_client()
    client.protection = evolve(client.protection, **changed)  # type: ignore[attr-defined]
    result = run_hospital(client, hospital_packs(), ["HOS-001"], Profile(role="hospital", protection=sealing()))
    assert ({check}, "failed", 1) == (found(result), result.verdict, len(result.groups))


def test_without_any_public_key_signatures_are_not_judged() -> None:
    """As when a conversation is judged by a profile that was made for a platform."""
    profile = Profile(role="hospital", protection=sealing())
    result = run_hospital(sealed_client(), hospital_packs(), ["HOS-001"], profile)
    observations = judge(result.conversation, evolve(profile, protection=sealing(public_keys={})))
    assert {"not_judged"} == {o.status for o in observations if o.check == "hospital.body_signature"}
    assert {"pass"} == {o.status for o in observations if o.check == "hospital.body_signed"}


def test_an_institution_without_a_public_key_is_told() -> None:
    """Its signature cannot be right."""
    profile = Profile(role="hospital", protection=sealing(public_keys={"H99999999999": crypto.public_key(OURS)}))
    result = run_hospital(sealed_client(), hospital_packs(), ["HOS-001"], profile)
    assert {"hospital.body_signature"} == found(result)
    (finding, *_) = result.findings
    assert finding.observation.actual is not None
    assert "no public key" in finding.observation.actual.show("en")


class SignsAtTheSecondAttempt(SigningHospital):
    """Learns from the gateway that it must sign."""

    attempts = 0

    def headers(self, body: bytes) -> dict[str, str]:
        """None for the very first request."""
        self.attempts += 1
        return super().headers(body) if self.attempts > 1 else {}


def test_what_was_turned_away_and_sent_again_rightly_is_the_only_finding() -> None:
    """The scenario goes on, and nothing of it is held against the client."""
    client = SignsAtTheSecondAttempt("tif", ACCESS, SECRET)
    profile = evolve(PROFILE, protection=None)
    result = run_hospital(client, hospital_packs(), ["HOS-001", "HOS-002"], profile)
    assert ["hospital.gateway_signed"] == [finding.observation.check for finding in result.findings]
    assert {"passed"} == {one.status for one in result.scenarios}
    said = {o.scenario for o in result.observations if o.check == "hospital.expected"}
    assert {"HOS-002"} == said


def test_a_message_signed_anew_is_the_same_and_another_content_is_not() -> None:
    """A number that stands for two messages is found behind a gateway too."""
    client = sealed_client(of=ReusesMessageIds)
    result = run_hospital(client, hospital_packs(), ["HOS-001"], Profile(role="hospital", protection=sealing()))
    assert "hospital.msgid_unique" in found(result)


def test_every_reason_of_a_gateway_has_its_clause() -> None:
    """One that nobody judges would pass."""
    from conformance.checks.hospital.gateway import STEPS, WRONG

    assert set(get_args(Reason)) == set(WRONG)
    assert set(STEPS) == set(WRONG.values())


# --- what others recorded ---


def recorded(behind: RunResult, change: Callable[[Exchange], Exchange] = lambda e: e) -> Conversation:
    """The messages alone, as somebody in between keeps them."""
    bare = (e for e in behind.conversation if e.sender == "hospital")
    return Conversation(tuple(change(evolve(e, gateway="", scenario="", step="", note="", truth=None)) for e in bare))


def without_signature(exchange: Exchange) -> Exchange:
    """The settlement without its nonce."""
    kept = tuple(pair for pair in exchange.request.headers if pair[0].lower() != "x-tif-nonce")
    return exchange if exchange.infno != "2207" else evolve(exchange, request=evolve(exchange.request, headers=kept))


def test_headers_of_a_recording_are_looked_at_where_the_secret_is_at_hand(behind: RunResult, tmp_path: Path) -> None:
    """With it, what is wrong is found; without it nothing is said, and so nothing passes."""
    file = tmp_path / "recorded.jsonl"
    write_conversation(recorded(behind), file)
    with keys_at_hand():
        good = judge_file(file, PROFILE)
    assert (CHECKS | BODY, set()) == (held(good), found(good))
    unknown = judge_file(file, PROFILE)
    assert not held(unknown) & CHECKS
    assert {"not_judged"} == {o.status for o in unknown.observations if o.check in CHECKS}
    write_conversation(recorded(behind, without_signature), file)
    with keys_at_hand():
        bad = judge_file(file, PROFILE)
    assert {"hospital.gateway_signed"} == found(bad)


def test_what_was_turned_away_is_in_no_doubt_and_the_rest_is_judged(behind: RunResult, tmp_path: Path) -> None:
    """A settlement that a gateway did not let pass, and that is then sent under a new number, was not carried out; and
    the messages after it are judged as ever."""
    bare = recorded(behind)
    at = next(number for number, e in enumerate(bare) if e.infno == "2207")
    first = bare.exchanges[at]
    body = first.request.body.replace(str((first.request.message or {})["msgid"]).encode(), b"H52019900001" + b"2" * 18)
    away = Raw(b'{"code": 401, "message": "no"}', (), 401)
    tried = without_signature(evolve(first, request=evolve(first.request, body=body), reply=away, outcome="answered"))
    row = (*bare.exchanges[:at], tried, *bare.exchanges[at:])
    file = tmp_path / "recorded.jsonl"
    write_conversation(Conversation(tuple(evolve(e, seq=n) for n, e in enumerate(row, 1))), file)
    with keys_at_hand():
        judged = judge_file(file, PROFILE)
    assert {"hospital.gateway_signed"} == found(judged)
    assert max(o.seq for o in judged.observations if o.check == "hospital.request.form") > at + 1


def test_a_moment_that_nobody_noted_is_not_looked_at(behind: RunResult, tmp_path: Path) -> None:
    """Nothing can be said of a time window."""
    file = tmp_path / "recorded.jsonl"
    write_conversation(recorded(behind, lambda e: evolve(e, sent_at="yesterday")), file)
    with keys_at_hand():
        assert not held(judge_file(file, PROFILE)) & CHECKS


# --- the profile ---


def profile(tmp_path: Path, text: str) -> Profile:
    file = tmp_path / "hospital.yaml"
    file.write_text(f"role: hospital\n{text}\n", encoding="utf-8")
    return read_profile(file)


PUBLIC = crypto.public_key(OURS)


def test_every_key_of_the_section_reaches_its_value(tmp_path: Path) -> None:
    """The words are the settings file's; the private key is the platform's own."""
    read = profile(
        tmp_path,
        f"""protection:
  signature: sm2-fields
  private_key_env: A_KEY
  public_keys: {{default: "{PUBLIC}", H52019900001: "{PUBLIC[2:]}"}}
  sm4: {{key_env: B_KEY}}""",
    ).protection
    keys = {"default": PUBLIC, "H52019900001": PUBLIC[2:]}
    assert Sealing("sm2-fields", {"default": "A_KEY"}, key_env="B_KEY", public_keys=keys) == read
    assert read is not None
    assert PUBLIC[:16] in read.shown()


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("signature: {scheme: tif, key: K, secret_env: S, promises: [old_refused]}", 2, "role: platform"),
        ("signature: {scheme: tif, key: K, secret_env: S, window_seconds: 0}", 2, "key signature.window_seconds: "),
        (
            "signature:\n  scheme: tif\n  key: K\n  secret_env: S\n  window_seconds: 86401",
            6,
            "key signature.window_seconds: ",
        ),
        ("signature: {scheme: tif, key: K, secret_env: S, window_seconds: 60.5}", 2, "expected integer"),
        ("signature: {scheme: tif, key: K, secret_env: S, window_second: 60}", 2, "nearest valid name: window_seconds"),
        ("signature: {scheme: tif, key: K, window_seconds: 60}", 2, "secret_env"),
        ("signature: nonne", 2, "not one of: none"),
        ("protection: {signature: sm3-input, promises: [wrong_refused]}", 2, "role: platform"),
        (f'protection: {{signature: sm3-input, public_key: "{PUBLIC}"}}', 2, "role: platform"),
        ("protection: {signature: sm2-input, private_key_env: K}", 2, "public_keys"),
        (
            f'protection:\n  signature: sm2-input\n  private_key_env: K\n  public_keys: {{H1234567890a: "{PUBLIC}"}}',
            5,
            "no public key for the institution",
        ),
        (
            f'protection:\n  signature: sm2-input\n  private_key_env: {{default: K}}\n  public_keys: {{default: "{PUBLIC}"}}',
            4,
            "one environment variable",
        ),
        (
            'protection:\n  signature: sm2-input\n  private_key_env: K\n  public_keys: {default: "04"}',
            5,
            "130 hexadecimal digits",
        ),
    ],
)
def test_a_mistake_names_line_and_what_to_do(tmp_path: Path, text: str, line: int, says: str) -> None:
    """Before anything runs."""
    with pytest.raises(InputError) as caught:
        profile(tmp_path, text)
    shown = caught.value.show("en")
    assert f"line {line}" in shown
    assert says in shown


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"signing": PROFILE.signing}, "YIDI_MUTANT_SECRET"),
        ({"protection": sealing("sm3-input")}, "YIDI_MUTANT_SM4"),
        ({"protection": sealing(key_env="", public_keys={})}, "public_keys"),
        ({"protection": sealing(key_env="", public_keys={"default": "11" * 64})}, "no point of the SM2 curve"),
        ({"protection": Sealing("sm2-input", {"default": "YIDI_NO_KEY"}, public_keys={"default": PUBLIC})}, "NO_KEY"),
    ],
)
def test_what_is_missing_is_told_before_anything_is_asked(given: dict[str, Any], says: str) -> None:
    """By the variable's name; the hospital system hears nothing."""
    asked: list[Message] = []

    def note(order: Message) -> Message:
        asked.append(order)
        return {"result": "done"}

    with pytest.raises(InputError, match=says):
        certify_hospital("127.0.0.1:0", CallDriver(note), Profile(**given), hospital_packs())
    assert [] == asked


def test_the_example_that_signs_is_small_and_stands_on_the_library() -> None:
    """What is copied brings nothing along but the example that it builds on."""
    source = (ROOT / "conformance" / "example" / "signing_client.py").read_text(encoding="utf-8")
    imports = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Import | ast.ImportFrom)]
    modules = {str(n.module) if isinstance(n, ast.ImportFrom) else n.names[0].name for n in imports}
    assert {m.split(".")[0] for m in modules - {"conformance.example.hospital_client"}} <= sys.stdlib_module_names
    assert len(source.splitlines()) < 80


def test_the_right_client_of_this_file_is_the_one_that_the_register_is_judged_on(behind: RunResult) -> None:
    """Counted by message: nothing that it sends goes unlooked."""
    looked = Counter(o.check for o in behind.observations if o.check in CHECKS | BODY)
    assert {len([e for e in behind.conversation if e.sender == "hospital"])} == set(looked.values())
    assert isinstance(right_client(), SealingHospital)
