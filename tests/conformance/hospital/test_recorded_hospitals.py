"""Judged from disk: the same checks over recorded traffic, with or without the orders that led to it."""

import json
from collections import Counter
from pathlib import Path

import pytest
from attrs import evolve

from conformance import conversation
from conformance.checks.hospital.facts import is_order
from conformance.conversation import Conversation, Exchange, Raw
from conformance.from_conversation import pack_from
from conformance.judge import judge
from conformance.judging import judge_file
from conformance.mutants import right as replayed
from conformance.mutants.hospital_hunt import hospital_packs, run_hospital
from conformance.mutants.hospitals import hospital_mutant
from conformance.observation import Observation
from conformance.pack import load_pack
from conformance.profile import Profile
from conformance.result import RunResult
from sim.platform.people import persons

HOSPITAL = Profile(role="hospital")


def tapped(exchanges: Conversation) -> Conversation:
    """The recording as a tap would have made it: no orders, no scenario, no knowledge of what did not arrive."""
    kept = (evolve(e, scenario="", step="", truth=None, note="") for e in exchanges if not is_order(e))
    return Conversation(tuple(kept))


@pytest.fixture(scope="module")
def right() -> RunResult:
    """The example over what everybody meets."""
    from conformance.example.inpatient_client import InpatientHospital

    return run_hospital(InpatientHospital(), hospital_packs(), ["HOS-001", "HOS-013", "HOS-102", "HOS-201", "HOS-301"])


def failed(observations: tuple[Observation, ...]) -> set[str]:
    """The checks that found something."""
    return {o.check for o in observations if o.status == "fail"}


def test_a_right_hospital_is_right_in_a_tap(right: RunResult) -> None:
    """What rests on orders is not reached, and nothing is made up."""
    observations = judge(tapped(right.conversation), HOSPITAL)
    assert set() == failed(observations)
    reached = {o.clause for o in observations}
    assert {"HOS-TRIAL-FIRST", "HOS-INSUPLC", "HOS-NO-NEW-ID", "HOS-REV-ORIGINAL", "HOS-DOUBT"} <= reached
    assert set() == reached & {"HOS-CASH", "HOS-TOLD-DONE", "HOS-EXPECTED", "HOS-REC-SUMS", "HOS-BILL", "HOS-REV-DOUBT"}


@pytest.mark.parametrize(
    ("mutant", "check"),
    [
        ("retries_under_new_ids", "no_new_id"),
        ("swallows_unknown_outcomes", "doubt"),
        ("settles_without_trial", "trial_first"),
        ("empty_insured_place", "insured_place"),
        ("amounts_as_strings", "request.form"),
        ("reuses_message_ids", "msgid_unique"),
        ("own_parts", "parts"),
        ("reverses_twice", "rev_once"),
    ],
)
def test_what_the_wire_shows_is_found_without_orders(mutant: str, check: str) -> None:
    """A tap between two real parties sees these faults too."""
    known = hospital_mutant(f"hospital_{mutant}")
    result = run_hospital(known.build(), hospital_packs(), known.scenarios)
    assert f"hospital.{check}" in failed(judge(tapped(result.conversation), HOSPITAL))


def test_a_recording_that_begins_in_the_middle_blames_nobody(right: RunResult) -> None:
    """Person, visit, lines and trial may have been before."""
    whole = tapped(right.conversation).exchanges
    for begin in range(1, len(whole), 7):
        others = (evolve(e, seq=n) for n, e in enumerate((*whole[-12:], *whole[begin:]), 1))  # a patient beside
        observations = judge(Conversation(tuple(others)), HOSPITAL)
        assert set() == failed(observations), whole[begin].infno


def test_a_file_with_orders_is_judged_from_the_hospitals_side(right: RunResult, tmp_path: Path) -> None:
    """Whatever the profile says, and to the same end."""
    file = tmp_path / "conversation.jsonl"
    conversation.write(right.conversation, file)
    again = judge_file(file, packs=hospital_packs())
    assert ("hospital", right.observations) == (again.role, again.observations)


def test_what_was_really_answered_is_kept(right: RunResult, tmp_path: Path) -> None:
    """Beside what reached the hospital, and only where that is something else."""
    file = tmp_path / "conversation.jsonl"
    conversation.write(right.conversation, file)
    lost = [e for e in conversation.read(file) if e.note.startswith("trouble:lost:after")]
    assert lost
    for exchange in lost:
        assert (None, "broken") == (exchange.reply, exchange.outcome)
        assert exchange.truth is not None
        assert "0" == str((exchange.truth.message or {}).get("infcode"))
    plain = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert len(lost) == sum("truth" in row for row in plain)


BUSY = ["HOS-001", "HOS-003", "HOS-005", "HOS-007", "HOS-009", "HOS-011", "HOS-013", "HOS-016", "HOS-023"]
BUSY += ["HOS-101", "HOS-103", "HOS-109", "HOS-112", "HOS-113", "HOS-115", "HOS-117", "HOS-121", "HOS-204"]
BUSY += ["HOS-301", "HOS-302", "HOS-304", "HOS-307", "HOS-313", "HOS-316"]


def test_a_hospitals_own_traffic_becomes_a_pack(tmp_path: Path) -> None:
    """What another client than the suite's own says, with answers lost and broken on the way, is said again to a
    platform and judged right; only the sums of a day that many people have are left out, and nobody is named."""
    from conformance.example.inpatient_client import InpatientHospital

    talk = tapped(run_hospital(InpatientHospital(), hospital_packs(), BUSY).conversation)
    assert any(one.outcome != "answered" for one in talk)
    made = pack_from(talk, tmp_path / "pack")
    assert {"9001": "recorded.session", "3201": "recorded.books"} == {one.infno: one.why.key for one in made.left_out}
    assert made.whole == made.threads > len(BUSY) // 2
    played = replayed([load_pack(made.folder)])
    assert [] == [f"{one.id}: {one.reason}" for one in played.scenarios if one.status != "passed"]
    assert "passed" == played.verdict
    files = "".join(file.read_text("utf-8") for file in made.folder.iterdir())
    secret = [v for one in persons() for v in (one.certno, one.psn_no, one.psn_name, one.token, one.card_no)]
    assert [] == [value for value in secret if value in files]


def test_a_refusal_without_a_visible_fault_stays_one_and_is_remarked(tmp_path: Path) -> None:
    """The reason lay with the platform: whoever plays the pack is told so, exchange by exchange."""
    from conformance.example.inpatient_client import InpatientHospital

    talk = tapped(run_hospital(InpatientHospital(), hospital_packs(), ["HOS-018", "HOS-021"]).conversation)
    made = pack_from(talk, tmp_path / "pack")
    refused = [s.send for one in load_pack(made.folder).scenarios for s in one.steps if s.expect == "refused"]
    assert ["2204", "2207"] == sorted(refused)
    assert ["recorded.refusal"] * 2 == [one.key for one in made.remarks if one.key == "recorded.refusal"]


def rubbish(body: bytes) -> Exchange:
    """Something that a hospital might send."""
    at = "2026-11-25T12:00:00.000"
    return Exchange(1, "hospital", "platform", at, Raw(body), "answered", at, Raw(b"<html>", status=502))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'{"infno": 2207, "msgid": ["x"], "input": "none"}',
        b'{"infno": "2207", "input": {"data": [[], 1, {"mdtrt_id": {}}]}}',
        b'{"infno": "2204", "input": {"feedetail": {"cnt": 1e999999, "pric": "NaN"}}}',
        b'{"infno": "2601", "msgid": "a", "input": {"data": {"omsgid": null}}}',
        b'{"infno": "3201", "msgid": "a", "input": {"data": {"fixmedins_setl_cnt": "x"}}}',
        b"[" * 10_000,
    ],
)
def test_rubbish_is_a_finding_and_never_a_crash(body: bytes) -> None:
    """Whatever a hospital sends, it is judged."""
    one = rubbish(body)
    again = evolve(one, seq=2)
    found = judge(Conversation((one, again)), HOSPITAL)
    assert Counter(o.status for o in found)["fail"] > 0
