"""What a 2601 names: whichever kind it is and whatever became of it since, it is one person's and one institution's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve
from flows import Recording, read
from platform_desk import OTHER, Desk, person

from conformance.conversation import Conversation, Raw
from conformance.judge import judge
from conformance.profile import Profile
from sim.interface import wire

SOMEBODY, ELSE = person(n=1), person(n=2)
Named = Callable[[Desk], dict[str, Any]]


def settlement(desk: Desk) -> dict[str, Any]:
    """The message of a settlement."""
    desk.ready()
    read(desk)
    message = desk.message("2207", desk.settlement())
    desk.setl_id = desk.call(message)["output"]["setlinfo"]["setl_id"]
    return message


def cancellation(desk: Desk) -> dict[str, Any]:
    """The message of a cancellation."""
    settlement(desk)
    message = desk.message("2208", desk.cancellation())
    assert desk.call(message)["infcode"] == 0
    return message


def admission(desk: Desk) -> dict[str, Any]:
    """The message of an admission."""
    desk.sign_in()
    read(desk)
    message = desk.message("2401", desk.admission())
    assert desk.call(message)["infcode"] == 0
    return message


def spoken(named: Named, times: int, wrong: str, **changes: Any) -> Conversation:
    """The message, so many right reversals of it, and one that is not right: of another person or another house."""
    recording = Recording()
    desk = Desk(recording, SOMEBODY)  # type: ignore[arg-type]
    other = Desk(recording, SOMEBODY, OTHER).sign_in()  # type: ignore[arg-type]
    message = named(desk)
    for _ in range(times):
        desk.ok("2601", desk.reversal(message))
    refused = (other if wrong == "house" else desk).send("2601", desk.reversal(message, **changes))
    assert refused["infcode"] != 0
    return recording.conversation


def accepting(talk: Conversation) -> Conversation:
    """The conversation with its last message accepted."""
    *before, last = talk
    assert last.reply is not None
    reply = {**wire.decode(last.reply.body), "infcode": 0, "err_msg": None, "output": {}}
    return Conversation((*before, evolve(last, reply=Raw(wire.encode(reply), (), 200))))


def failed(talk: Conversation) -> set[str]:
    return {one.check for one in judge(talk, Profile()) if one.status == "fail"}


@pytest.mark.parametrize("times", [0, 1, 2])
@pytest.mark.parametrize("named", [settlement, cancellation, admission])
def test_another_person_or_institution_must_be_refused(named: Named, times: int) -> None:
    """However often it was reversed before. The reference refuses, which is a pass; a platform that accepts is found."""
    for wrong, changes, check in (
        ("person", {"psn_no": ELSE.psn_no}, "order.rev_person"),
        ("house", {}, "order.rev_foreign"),
        ("infno", {"oinfno": "2304"}, "order.rev_infno"),
    ):
        talk = spoken(named, times, wrong, **changes)
        assert set() == failed(talk)
        assert [(check, "pass")] == [
            (o.check, o.status) for o in judge(talk, Profile()) if o.check.startswith("order.rev")
        ]
        assert check in failed(accepting(talk))


@pytest.mark.parametrize("named", [settlement, cancellation, admission])
def test_the_right_reversal_repeated_breaks_no_rule(named: Named) -> None:
    """Whether it is answered again is an open point, and what it names was seen."""
    recording = Recording()
    desk = Desk(recording, SOMEBODY)  # type: ignore[arg-type]
    message = named(desk)
    for _ in range(3):
        desk.ok("2601", desk.reversal(message))
    assert set() == failed(recording.conversation)


@pytest.mark.parametrize("promised", ["answered", "refused"])
def test_a_reversal_refused_for_its_person_is_no_reading_of_a_repeated_one(promised: str) -> None:
    """What is refused for another reason says nothing of the open point."""
    talk = spoken(settlement, 1, "person", psn_no=ELSE.psn_no)
    found = judge(talk, Profile(readings={"repeated_reversal": promised}))
    assert [] == [one for one in found if one.check == "reading.repeated_reversal"]


def test_the_id_of_a_refused_message_names_nothing() -> None:
    """What came to nothing is nobody's: the rules say nothing of it."""
    recording = Recording()
    desk = Desk(recording, SOMEBODY).ready()  # type: ignore[arg-type]
    message = desk.message("2207", desk.settlement(medfee_sumamt=1))
    assert desk.call(message)["infcode"] != 0
    desk.send("2601", desk.reversal(message, psn_no=ELSE.psn_no))
    assert not [o for o in judge(recording.conversation, Profile()) if o.check == "order.rev_person"]
