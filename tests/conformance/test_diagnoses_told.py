"""5202 against what a visit was described with: changed, withdrawn, and again at discharge."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve
from flows import Recording, read
from platform_desk import Desk, person

from conformance.conversation import Conversation, Raw
from conformance.judge import judge
from conformance.profile import Profile
from sim.interface import wire

Row = dict[str, Any]


def visit() -> Conversation:
    """Two diagnoses; the first is withdrawn, the second stays."""
    recording = Recording()
    desk = Desk(recording, person(n=1)).sign_in()  # type: ignore[arg-type]
    read(desk)
    desk.register()
    both = desk.description()
    both["diseinfo"].append({**desk.diagnosis(), "diag_srt_no": 2, "diag_name": "第二诊断"})
    desk.ok("2203", both)
    both["diseinfo"][0]["vali_flag"] = "0"
    desk.ok("2203", both)
    desk.ok("5202", {"data": desk.whose()})
    return recording.conversation


def stay() -> Conversation:
    """One diagnosis at admission, another under the same number at discharge."""
    recording = Recording()
    desk = Desk(recording, person(n=1)).sign_in()  # type: ignore[arg-type]
    read(desk)
    desk.admit()
    leaving = desk.leaving()
    found = {**desk.diagnosis(), **desk.whose(), "maindiag_flag": "1", "diag_name": "出院诊断"}
    desk.ok("2402", {**leaving, "diseinfo": [found]})
    desk.ok("5202", {"data": desk.whose()})
    return recording.conversation


def told(talk: Conversation, change: Callable[[list[Row]], list[Row]]) -> set[str]:
    """What is found where the rows of 5202 are others."""
    *before, last = talk
    assert last.infno == "5202"
    assert last.reply is not None
    message = wire.decode(last.reply.body)
    message["output"]["diseinfo"] = change(message["output"]["diseinfo"])
    changed = Conversation((*before, evolve(last, reply=Raw(wire.encode(message), (), 200))))
    return {one.check for one in judge(changed, Profile()) if one.status == "fail" and one.check == "query.text"}


def named(rows: list[Row], number: int, name: str) -> list[Row]:
    return [{**row, "diag_name": name} if at == number else row for at, row in enumerate(rows)]


def without_kind(row: Row) -> Row:
    return {**row, "inout_diag_type": ""}


@pytest.mark.parametrize("talk", [visit(), stay()], ids=["visit", "stay"])
def test_the_reference_tells_the_diagnoses_as_they_were_sent(talk: Conversation) -> None:
    """A withdrawn one is not missed, and that of discharge is not taken for that of admission."""
    assert [] == [one for one in judge(talk, Profile()) if one.status == "fail"]
    assert "query.text" in {one.check for one in judge(talk, Profile()) if one.status == "pass"}


def test_a_withdrawn_diagnosis_may_be_told_or_not_and_the_one_that_stays_must_be() -> None:
    """Whether it is listed as withdrawn is the platform's own affair."""
    talk = visit()
    assert set() == told(talk, lambda rows: [*rows, {**rows[0], "diag_srt_no": 1, "diag_name": "示例病"}])
    assert {"query.text"} == told(talk, lambda rows: named(rows, 0, "另一病"))
    assert {"query.text"} == told(talk, lambda _: [])


def test_the_diagnosis_of_admission_is_that_of_admission() -> None:
    """Where the rows say which is which, only that counts; where they do not, either will do, and no third."""
    talk = stay()
    assert {"query.text"} == told(talk, lambda rows: named(rows, 0, "出院诊断"))
    for one in (0, 1):
        assert set() == told(talk, lambda rows, one=one: [without_kind(rows[one])])  # type: ignore[misc]
        assert set() == told(talk, lambda rows, one=one: [rows[one]])  # type: ignore[misc]
    assert {"query.text"} == told(talk, lambda rows: [without_kind(row) for row in named(rows[:1], 0, "另一病")])
