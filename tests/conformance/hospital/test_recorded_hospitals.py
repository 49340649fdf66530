"""Judged from disk: the same checks over recorded traffic, with or without the orders that led to it."""

import json
from collections import Counter
from pathlib import Path

import pytest
from attrs import evolve

from conformance import conversation
from conformance.checks.hospital.facts import is_order
from conformance.conversation import Conversation, Exchange, Raw
from conformance.judge import judge
from conformance.judging import judge_file
from conformance.mutants.hospital_hunt import hospital_packs, run_hospital
from conformance.mutants.hospitals import hospital_mutant
from conformance.observation import Observation
from conformance.profile import Profile
from conformance.result import RunResult

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
