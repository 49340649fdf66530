"""A simulated day, recorded, becomes a pack that replays; evidence is sealed as asked and found out when changed."""

import json
from pathlib import Path

import pytest

from tests.end_to_end.commands import serving, yidi

FEW = ["--scenario", "REC-0001", "--scenario", "REC-0002", "--scenario", "REC-0003"]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recorded") / "day"
    done = yidi("simulate", "demo-day", "--record", folder, "--out", folder / "out")
    assert (0, True) == (done.returncode, "86 scenarios" in done.stderr), done.stderr
    return folder


def test_a_recorded_day_replays_without_a_finding_and_its_sm_sealed_evidence_verifies(recorded: Path) -> None:
    """What a simulated day said is right when said again to a platform; SM3 and SM2 seal it."""
    with serving() as url:
        done = yidi(
            "certify", "platform", "--target", url, "--pack", recorded / "pack", *FEW, "--sm", "--out", recorded
        )
    manifest = json.loads((recorded / "evidence" / "manifest.json").read_text("utf-8"))
    assert 0 == done.returncode, done.stdout
    assert ("sm3", "sm2") == (manifest["digest"], manifest["signature"]["scheme"])
    assert 0 == yidi("verify", recorded).returncode
    conversation = recorded / "evidence" / "conversation.jsonl"
    conversation.write_bytes(conversation.read_bytes().replace(b"1101", b"1102", 1))
    changed = yidi("verify", recorded)
    assert (1, True) == (changed.returncode, "conversation.jsonl #" in changed.stdout)


def test_no_identity_of_the_recording_is_in_the_pack(recorded: Path) -> None:
    """Neither identity numbers nor person numbers that were sent are in the files of the pack."""
    sent = set()
    for line in (recorded / "conversation.jsonl").read_text("utf-8").splitlines():
        body = json.loads(json.loads(line)["request"]["text"])
        data = body["input"].get("data", {}) if isinstance(body["input"], dict) else {}
        sent |= {str(data[key]) for key in ("mdtrt_cert_no", "certno", "psn_no") if data.get(key)}
    packed = "".join(file.read_text("utf-8") for file in (recorded / "pack").glob("*.yaml"))
    assert sent
    assert set() == {value for value in sent if value in packed}


def test_a_pack_is_not_written_over_another(recorded: Path) -> None:
    """A second recording into the same folder stops before the simulation starts; so does a conversion."""
    again = yidi("simulate", "demo-day", "--record", recorded, "--out", recorded / "out")
    converted = yidi("pack", "from-conversation", recorded / "conversation.jsonl", "--out", recorded / "pack")
    assert (2, 2) == (again.returncode, converted.returncode)
    assert "there is a pack" in again.stderr
    assert "there is a pack" in converted.stderr
