"""Replies of a sealed conversation as they were recorded: judged by their clauses, kept in a file, opened later."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from conformance.conversation import Conversation, Exchange, Raw, read, write
from conformance.judge import judge
from conformance.judging import judge_file
from conformance.observation import Observation
from conformance.profile import Profile
from sim.errors import InputError
from sim.interface import crypto, wire
from tests.conformance.sealing.sealed import KEY, OURS, certified, right, sealing


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
