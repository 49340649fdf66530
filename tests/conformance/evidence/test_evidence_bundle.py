"""An evidence bundle: judged again it comes to the same, and nothing in it can change without being found."""

import base64
import hashlib
import json
import random
import shutil
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.conversation import Conversation
from conformance.conversation import write as write_talk
from conformance.evidence import Basis, Seal, Verified, verify, write_bundle
from conformance.evidence.bundle import as_json
from conformance.evidence.digests import of_observations
from conformance.evidence.keys import signer
from conformance.judging import judge_file
from conformance.mutants import mutant
from conformance.pack import Pack
from conformance.profile import Profile, read_profile
from conformance.report import write
from conformance.result import RunResult
from conformance.run import certify_platform
from sim.errors import InputError
from sim.interface import crypto
from sim.platform.reference import reference
from sim.service import application, running

ONLY = ("OUT-001", "OUT-N01", "OUT-017")


def small(pack: Pack, build: Any = None) -> RunResult:
    """A real run of a few scenarios over HTTP."""
    with running(application(build() if build else reference())) as url:
        return certify_platform(url, Profile(), [pack], only=ONLY)


@pytest.fixture(scope="module")
def result(outpatient: Pack) -> RunResult:
    return small(outpatient)


@pytest.fixture(scope="module")
def written(result: RunResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reports and bundle of the run; tests copy it before they change anything."""
    out = tmp_path_factory.mktemp("run")
    write(result, out)
    return out


def texts(found: Verified) -> str:
    return "\n".join(f"{p.file} [{p.seq}] {p.text.show('en')}" for p in found.problems)


def test_a_bundle_of_a_real_run_is_judged_again_to_the_same(written: Path, result: RunResult) -> None:
    """Given as the folder of --out or as its own; the key in the report is the one that signed."""
    for folder in (written, written / "evidence"):
        found = verify(folder)
        assert "" == texts(found)
        assert ("passed", "passed", 0, True) == (found.recorded, found.reached, found.exit_code, found.same_tool)
        assert len(result.conversation) == found.exchanges
    report = json.loads((written / "report.json").read_text("utf-8"))
    assert f"ed25519 {found.public_key}" == report["evidence_key"]
    assert found.public_key in (written / "report.html").read_text("utf-8")


def test_a_failed_run_is_judged_again_to_the_same_findings(outpatient: Pack, tmp_path: Path) -> None:
    """A verdict of failure stands as well as one of success."""
    bad = small(outpatient, mutant("total_off_by_a_fen").build)
    write(bad, tmp_path)
    found = verify(tmp_path)
    assert ("failed", "failed", "") == (found.recorded, found.reached, texts(found))


def test_every_file_of_a_bundle_is_guarded_in_every_byte_tried(written: Path, tmp_path: Path) -> None:
    """One bit anywhere in any file is found, and the file is named; so is a file taken away, put in, or made a link."""
    chance = random.Random(7)  # noqa: S311 - which bit is flipped is no secret
    names = [f for f in sorted((written / "evidence").rglob("*")) if f.is_file()]
    assert len(names) > 6
    kinds = {f.relative_to(written / "evidence").parts[0] for f in names}
    assert {"conversation.jsonl", "chain.txt", "run.json", "verdict.json", "manifest.json", "manifest.sig"} < kinds
    some = [f for f in names if "packs" not in f.parts] + [f for f in names if "packs" in f.parts][:3]
    copy = tmp_path / "copy"
    shutil.copytree(written / "evidence", copy)
    for file in some:
        target = copy / file.relative_to(written / "evidence")
        whole = target.read_bytes()
        for at in {0, len(whole) - 1, chance.randrange(len(whole)), chance.randrange(len(whole))}:
            changed = bytearray(whole)
            changed[at] ^= 1 << chance.randrange(8)
            target.write_bytes(changed)
            found = verify(copy)
            assert 1 == found.exit_code, (file.name, at)
            told = {Path(p.file).name for p in found.problems}
            signed = {"manifest.json", "manifest.sig"}
            assert file.name in told or (file.name in signed and told & signed), (file.name, at, texts(found))
            target.write_bytes(whole)
        target.unlink()
        if file.name == "manifest.json":
            with pytest.raises(InputError):
                verify(copy)
        else:
            assert file.name in texts(verify(copy))
        target.symlink_to(file)
        if file.name != "manifest.json":
            assert "is a link" in texts(verify(copy))
        target.unlink()
        target.write_bytes(whole)
    (copy / "note.txt").write_text("hello")
    assert "note.txt" in texts(verify(copy))
    (copy / "note.txt").unlink()
    assert 0 == verify(copy).exit_code


def test_a_changed_number_of_an_exchange_accuses_no_other(written: Path, tmp_path: Path) -> None:
    """The line says 3 where 2 was written: it is exchange 2 that was changed."""
    copy = tmp_path / "said"
    shutil.copytree(written / "evidence", copy)
    file = copy / "conversation.jsonl"
    file.write_bytes(file.read_bytes().replace(b'{"seq": 2,', b'{"seq": 3,', 1))
    told = {p.seq for p in verify(copy).problems if p.file == "conversation.jsonl" and p.seq}
    assert {2} == told


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_changed_byte_of_the_conversation_names_its_exchange(
    written: Path, tmp_path: Path, data: st.DataObject
) -> None:
    """Any byte of any line: the line and the exchange are told, and no other exchange is accused."""
    copy = tmp_path / "said"
    if not copy.exists():
        shutil.copytree(written / "evidence", copy)
    whole = (written / "evidence" / "conversation.jsonl").read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    bit = data.draw(st.integers(0, 7))
    changed = bytearray(whole)
    changed[at] ^= 1 << bit
    (copy / "conversation.jsonl").write_bytes(changed)
    line = whole[:at].count(b"\n") + 1
    told = [p for p in verify(copy).problems if p.file == "conversation.jsonl" and p.seq]
    assert line in {p.seq for p in told}
    if changed[at] != 10 and whole[at] != 10:
        assert {line} == {p.seq for p in told}


def test_exchanges_left_out_put_in_or_moved_are_found(written: Path, tmp_path: Path) -> None:
    """The chain holds order and number, at the end too."""
    file = tmp_path / "copy" / "conversation.jsonl"
    shutil.copytree(written / "evidence", file.parent)
    lines = file.read_bytes().splitlines(keepends=True)
    for changed in (
        lines[:-1],
        lines[1:],
        [lines[1], lines[0], *lines[2:]],
        [*lines, lines[-1]],
        lines[:3] + lines[4:],
    ):
        file.write_bytes(b"".join(changed))
        assert {"conversation.jsonl", "chain.txt"} & {p.file for p in verify(file.parent).problems if p.file}
        assert 1 == verify(file.parent).exit_code


def resealed(folder: Path, change: Any, key: Ed25519PrivateKey) -> None:
    """A forger with a key of his own: changes the manifest and signs it again."""
    manifest = json.loads((folder / "manifest.json").read_bytes())
    change(manifest)
    manifest["signature"]["public_key"] = key.public_key().public_bytes_raw().hex()
    raw = as_json(manifest)
    (folder / "manifest.json").write_bytes(raw)
    (folder / "manifest.sig").write_bytes(base64.b64encode(key.sign(raw)) + b"\n")


def test_a_forged_verdict_does_not_come_out_again(outpatient: Pack, tmp_path: Path) -> None:
    """Whoever rewrites the verdict and signs anew has all digests right, and is found by judging again."""
    bad = small(outpatient, mutant("total_off_by_a_fen").build)
    write(bad, tmp_path)
    folder = tmp_path / "evidence"
    key = verify(folder).public_key
    verdict = json.loads((folder / "verdict.json").read_bytes())
    verdict |= {"verdict": "passed", "exit_code": 0, "findings": []}
    (folder / "verdict.json").write_bytes(as_json(verdict))

    def change(manifest: Any) -> None:
        manifest["files"]["verdict.json"] = hashlib.sha256((folder / "verdict.json").read_bytes()).hexdigest()

    resealed(folder, change, Ed25519PrivateKey.generate())
    found = verify(folder)
    assert ("passed", "failed", 1) == (found.recorded, found.reached, found.exit_code)
    assert {"verdict.json"} == {p.file for p in found.problems}
    assert key != found.public_key


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname", "packs/../../secret", "a\\b", "packs/x/y/z"])
def test_a_hostile_manifest_reads_nothing_outside(written: Path, tmp_path: Path, name: str) -> None:
    """A name that leads out is refused before any file of that name is opened."""
    folder = tmp_path / "copy"
    shutil.copytree(written / "evidence", folder)
    (tmp_path / "secret").write_text("x")
    resealed(folder, lambda m: m["files"].update({name: "0" * 64}), Ed25519PrivateKey.generate())
    found = verify(folder)
    assert {"manifest.json"} == {p.file for p in found.problems}
    assert 1 == found.exit_code


def test_another_version_says_so_and_still_checks(written: Path, tmp_path: Path) -> None:
    """Another yidi, or other rules, is a note; what can be checked is."""
    folder = tmp_path / "copy"
    shutil.copytree(written / "evidence", folder)
    resealed(
        folder, lambda m: m["tool"].update({"yidi": "9.9", "rules/policies": "f" * 64}), Ed25519PrivateKey.generate()
    )
    found = verify(folder)
    assert (False, 0, "passed") == (found.same_tool, found.exit_code, found.reached)
    assert "9.9" in found.notes[-1].show("en")
    assert "rules/policies" in found.notes[-1].show("en")


def test_a_changed_report_beside_the_bundle_is_found(written: Path, tmp_path: Path) -> None:
    """A report that is not the one written with the evidence; one that is absent is only mentioned."""
    out = tmp_path / "copy"
    shutil.copytree(written, out)
    (out / "junit.xml").unlink()
    (out / "report.html").write_bytes((out / "report.html").read_bytes().replace(b"<", b"< ", 1))
    found = verify(out)
    assert ["../report.html"] == [p.file for p in found.problems]
    assert any("junit.xml" in note.show("en") for note in found.notes)


def pem(key: Any) -> bytes:
    made: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return made


def test_a_given_key_signs_and_is_named(result: RunResult, tmp_path: Path) -> None:
    """The same public key every time, so that a reader can know whose it is."""
    key = Ed25519PrivateKey.generate()
    (tmp_path / "key.pem").write_bytes(pem(key))
    write_bundle(result, tmp_path / "a", seal=Seal(key=tmp_path / "key.pem"))
    found = verify(tmp_path / "a")
    assert (key.public_key().public_bytes_raw().hex(), 0) == (found.public_key, found.exit_code)


@pytest.mark.parametrize(
    "content", [b"", b"rubbish", pem(generate_private_key(65537, 2048))], ids=["empty", "text", "rsa"]
)
def test_a_file_that_is_no_such_key_is_refused(content: bytes, tmp_path: Path) -> None:
    """One clear error, with the file."""
    file = tmp_path / "key.pem"
    file.write_bytes(content)
    with pytest.raises(InputError, match="Ed25519"):
        signer(Seal(key=file))


def test_sm3_and_sm2_where_asked(result: RunResult, tmp_path: Path) -> None:
    """National algorithms: digests, chain and signature, fresh key and given key; a changed byte is found as well."""
    private = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"
    (tmp_path / "key.txt").write_text(private + "\n")
    for name, key in (("fresh", None), ("given", tmp_path / "key.txt")):
        write_bundle(result, tmp_path / name, seal=Seal("sm3", "sm2", key))
        found = verify(tmp_path / name)
        assert "" == texts(found)
    assert crypto.public_key(private) == found.public_key
    file = tmp_path / "given" / "run.json"
    file.write_bytes(file.read_bytes().replace(b"passed", b"Passed", 1))
    assert {"run.json", "verdict.json"} >= {p.file for p in verify(tmp_path / "given").problems} != set()
    signature = tmp_path / "given" / "manifest.sig"
    signature.write_bytes((tmp_path / "fresh" / "manifest.sig").read_bytes())
    assert "manifest.sig" in {p.file for p in verify(tmp_path / "given").problems}


def test_a_profile_file_and_its_waivers_travel_with_the_bundle(tmp_path: Path, outpatient: Pack) -> None:
    """Judged again by the profile as it was, not by the one that stands there now."""
    file = tmp_path / "profile.yaml"
    file.write_text("name: with a waiver\nwaivers:\n  - {check: AMT-A1, reason: x, owner: y, until: '2099-01-01'}\n")
    bad = small(outpatient, mutant("total_off_by_a_fen").build)
    talk = tmp_path / "talk.jsonl"
    write_talk(bad.conversation, talk)
    judged = judge_file(talk, read_profile(file), [outpatient])
    assert judged.waived
    write(judged, tmp_path / "out")
    file.write_text("name: changed\n")
    assert "" == texts(verify(tmp_path / "out"))


def test_what_cannot_be_judged_again_says_so(result: RunResult, tmp_path: Path) -> None:
    """A profile or a pack made by a program is not in the bundle; that is not passed over."""
    assert result.basis is not None
    profile = Profile(name="made")
    pack = evolve(result.basis.packs[0], files=())
    cases = {
        "profile": evolve(result, basis=Basis(profile, result.basis.packs)),
        "pack": evolve(result, basis=Basis(Profile(), (pack,))),
        "nothing": evolve(result, basis=None),
    }
    for name, case in cases.items():
        write_bundle(case, tmp_path / name)
        found = verify(tmp_path / name)
        assert (1, None, "passed") == (found.exit_code, found.reached, found.recorded)


def test_no_bundle_is_wrong_usage(tmp_path: Path) -> None:
    """Exit code 2 by way of InputError."""
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(InputError, match="no evidence bundle"):
            verify(folder)


def test_writing_again_leaves_nothing_of_the_earlier_bundle(result: RunResult, tmp_path: Path) -> None:
    """Another run into the same folder is whole in itself; foreign files stay, and are told."""
    write_bundle(result, tmp_path / "b")
    (tmp_path / "b" / "mine.txt").write_text("keep")
    write_bundle(evolve(result, basis=Basis(Profile(), ()), conversation=Conversation(())), tmp_path / "b")
    assert not (tmp_path / "b" / "packs").exists()
    assert (tmp_path / "b" / "mine.txt").exists()


def test_observations_count_in_every_part(result: RunResult) -> None:
    """The digest differs when any observation differs in status, place or reason, or in order."""
    rows = result.observations
    first = rows[0]
    same = of_observations(rows)
    for changed in (
        rows[1:],
        rows[::-1],
        (first._replace(status="fail"), *rows[1:]),
        (first._replace(seq=first.seq + 1), *rows[1:]),
        (first._replace(check="x"), *rows[1:]),
    ):
        assert same != of_observations(changed)
