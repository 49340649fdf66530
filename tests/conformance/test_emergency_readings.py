"""An emergency that a later message does not repeat, takes back, or tells where the interface has no place for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from flows import Recording, read
from platform_desk import Desk

from conformance.conversation import Conversation, Exchange, Raw
from conformance.judge import judge
from conformance.mutants import build
from conformance.observation import Observation
from conformance.profile import Profile
from sim.benefits import Filing
from sim.interface import wire
from sim.platform import Reference, persons

UNFILED = next(p for p in persons() if p.insuplc_admdvs == "500000" and p.psn_insu_stas == "1" and not p.filings)
STAY = {"exp_content": json.dumps({"IPT_TYPE": "2"})}
NORMAL = {"exp_content": json.dumps({"IPT_TYPE": "1"})}
VISIT = {"exp_content": json.dumps({"OTP_ER_REFL_FLAG": "1"})}
REFERRED = {"exp_content": json.dumps({"OTP_ER_REFL_FLAG": "2"})}
Told = Mapping[str, str]


def stay(first: Told, *later: Told, of: Reference | None = None, asked: Told | None = None) -> Conversation:
    """A stay of somebody without a filing: admitted so, its admission changed so, tried and settled."""
    recording = Recording(of) if of is not None else Recording()
    desk = Desk(recording, UNFILED).sign_in()  # type: ignore[arg-type]
    read(desk)
    desk.kind = "inpatient"
    admission = desk.admission()
    admission["mdtrtinfo"] |= first
    desk.mdtrt_id = desk.ok("2401", admission)["result"]["mdtrt_id"]
    known = {name: it for name, it in admission["mdtrtinfo"].items() if name not in ("insutype", "ipt_no", *first)}
    for one in later:
        info = {"med_type": "21", **known, **desk.whose(), "ipt_otp_no": "I1", **one}
        desk.ok("2403", {"adminfo": info, "diseinfo": []})
    med_type = (first, *later)[-1].get("med_type", "21")
    rows = [{**row, "med_type": med_type} for row in desk.lines()["feedetail"]]
    desk.rows = desk.ok("2301", {"feedetail": rows})["result"]
    desk.discharge()
    desk.ok("2303", desk.asked(**(asked or {})))
    desk.ok("2304", desk.settlement(**(asked or {})))
    read(desk)
    return recording.conversation


def visit(
    first: Told, *later: Told, of: Reference | None = None, registered: Told | None = None, asked: Told | None = None
) -> Conversation:
    """An outpatient visit of the same person: described so, described again so, tried and settled."""
    recording = Recording(of) if of is not None else Recording()
    desk = Desk(recording, UNFILED).sign_in()  # type: ignore[arg-type]
    read(desk)
    registration = desk.registration()
    registration["data"] |= registered or {}
    desk.mdtrt_id = desk.ok("2201", registration)["data"]["mdtrt_id"]
    med_type = "11"
    for one in (first, *later):
        desk.describe(**one)
        med_type = one.get("med_type", "11")
    desk.upload()
    desk.ok("2206", desk.asked(med_type=med_type, **(asked or {})))
    desk.ok("2207", desk.settlement(med_type=med_type, **(asked or {})))
    read(desk)
    return recording.conversation


def hearing(infno: str, told: Told) -> Reference:
    """A platform that takes a transaction as if its ``exp_content`` were another (or, empty, were not there)."""

    def change(_: Any, message: dict[str, Any]) -> None:
        for node in message["input"].values():
            if isinstance(node, dict):
                node.pop("exp_content", None)
                node.update(told)

    return build.with_treatment([infno], lambda handler: build.before(handler, change))


def a_fen_less(exchange: Exchange) -> Exchange:
    """A settlement whose pool pays a fen less, and the person a fen more."""
    if exchange.infno != "2304" or exchange.reply is None:
        return exchange
    message = wire.decode(exchange.reply.body)
    head = message["output"]["setlinfo"]
    for name, sign in {"hifp_pay": -1, "fund_pay_sumamt": -1, "psn_part_amt": 1, "acct_pay": 1}.items():
        head[name] += sign * Decimal("0.01")
    return evolve(exchange, reply=Raw(wire.encode(message), (), 200))


def failed(found: tuple[Observation, ...]) -> set[str]:
    return {one.check for one in found if one.status == "fail"}


def left_open(talk: Conversation) -> int:
    """How often it was told that the reading is open; nothing else may be found."""
    found = judge(talk, Profile())
    assert set() == failed(found)
    return sum(one.why is not None and "emergency" in one.why.show("en") for one in found if one.basis == "exact")


def paid(talk: Conversation) -> Any:
    message = next(e.reply.message for e in talk if e.infno in ("2207", "2304") and e.reply is not None)
    assert message is not None
    return message["output"]["setlinfo"]["fund_pay_sumamt"]


@pytest.mark.parametrize("first", [STAY, {"med_type": "13"}, {"med_type": "1301"}])
def test_a_stays_emergency_that_2403_does_not_repeat_may_stand_or_fall(first: Told) -> None:
    """Both platforms are right, pay differently, and are told that the reading is open (trial and settlement)."""
    falls, stands = stay(first, {}), stay(first, {}, of=hearing("2403", STAY))
    assert paid(falls) < paid(stands) == paid(stay(STAY))
    assert [2, 2] == [left_open(falls), left_open(stands)]


@pytest.mark.parametrize("first", [VISIT, {"med_type": "13"}])
def test_a_visits_emergency_that_2203_does_not_repeat_may_stand_or_fall(first: Told) -> None:
    """As for stays."""
    stands, falls = visit(first, {}), visit(first, {}, of=hearing("2203", REFERRED))
    assert paid(falls) < paid(stands) == paid(visit(VISIT))
    assert [2, 2] == [left_open(stands), left_open(falls)]


def test_money_that_fits_neither_reading_is_a_finding() -> None:
    """An open reading excuses no other fen, of either."""
    for talk in (stay(STAY, {}), stay(STAY, {}, of=hearing("2403", STAY))):
        off = Conversation(tuple(map(a_fen_less, talk)))
        assert {"exact.funds", "exact.person"} <= failed(judge(off, Profile()))


def test_what_a_later_message_says_decides() -> None:
    """Said again or taken back there is one reading, the reference pays by it, and the other is a finding."""
    for talk in (stay(STAY, STAY), stay(STAY, NORMAL), stay(STAY, {}, NORMAL), stay({}, STAY), stay(NORMAL, {})):
        assert 0 == left_open(talk)
    for talk in (visit(VISIT, VISIT), visit(VISIT, REFERRED), visit(VISIT, {}, REFERRED), visit({}, VISIT), visit({})):
        assert 0 == left_open(talk)
    assert "exact.funds" in failed(judge(stay(STAY, NORMAL, of=hearing("2403", STAY)), Profile()))
    assert "exact.funds" in failed(judge(stay({}, STAY, of=hearing("2403", NORMAL)), Profile()))
    assert "exact.funds" in failed(judge(visit(VISIT, REFERRED, of=hearing("2203", VISIT)), Profile()))
    assert "exact.funds" in failed(judge(visit({}, VISIT, of=hearing("2203", REFERRED)), Profile()))


def test_a_stay_of_the_type_from_emergency_may_be_one_or_not() -> None:
    """med_type 24 alone says it neither way; the key says it."""
    counts = stay({"med_type": "24"})
    ordinary = stay({"med_type": "24"}, of=_paying_by_filing_alone())
    assert paid(ordinary) < paid(counts)
    assert [2, 2] == [left_open(counts), left_open(ordinary)]
    assert 0 == left_open(stay({"med_type": "24", **STAY}))


def _paying_by_filing_alone() -> Reference:
    return build.reading_cases_as(
        lambda case: evolve(case, filing=Filing.UNFILED) if case.filing is Filing.EMERGENCY else case
    )


def test_a_mark_where_the_interface_has_no_place_for_it_may_count_or_not() -> None:
    """OTP_ER_REFL_FLAG at registration, IPT_TYPE in a settlement; in an outpatient's settlement it has its place."""
    for talk in (
        visit({}, registered=VISIT),
        visit({}, registered=VISIT, of=hearing("2201", {})),
        stay({}, asked=STAY),
        stay({}, asked=STAY, of=build.with_treatment(["2303", "2304"], lambda h: build.before(h, _unmarked))),
    ):
        assert 2 == left_open(talk)
    assert 0 == left_open(visit({}, asked=VISIT))
    deaf = build.with_treatment(["2206", "2207"], lambda handler: build.before(handler, _unmarked))
    assert "exact.funds" in failed(judge(visit({}, asked=VISIT, of=deaf), Profile()))


def _unmarked(_: Any, message: dict[str, Any]) -> None:
    message["input"]["data"].pop("exp_content", None)


@pytest.mark.parametrize("content", ["[" * 3000, "no JSON", "[]", '{"IPT_TYPE": "9"}', '{"IPT_TYPE": null}', '"2"'])
def test_content_that_says_nothing_says_nothing(content: str) -> None:
    """Neither reference nor judge stumbles over it, however deep; nothing is marked and nothing taken back."""
    assert 0 == left_open(stay({"exp_content": content}))
    assert 2 == left_open(stay(STAY, {"exp_content": content}))
