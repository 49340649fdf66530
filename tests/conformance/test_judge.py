"""The judge: pure, blind to where a conversation comes from, and seeing every fen."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.conversation import Conversation, Exchange, Raw, read, write
from conformance.judge import explain, judge
from conformance.mutants import right
from conformance.observation import Observation
from conformance.pack import Pack, load_pack
from conformance.profile import Profile
from conformance.result import RunResult
from sim.interface import wire

AMOUNTS = ("medfee_sumamt", "fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt", "act_pay_dedc")
AMOUNTS += ("hifp_pay", "cvlserv_pay", "hifes_pay", "hifmi_pay", "hifob_pay", "maf_pay", "oth_pay", "fund_pay_sumamt")
AMOUNTS += ("psn_part_amt", "acct_pay", "psn_cash_pay", "hosp_part_amt", "balc")


def altered(exchange: Exchange, change: Callable[[dict[str, Any]], None], half: str = "reply") -> Exchange:
    """The exchange with its reply (or request) changed."""
    raw: Raw = getattr(exchange, half)
    message = wire.decode(raw.body)
    change(message)
    return evolve(exchange, **{half: Raw(wire.encode(message), raw.headers, raw.status, raw.target)})


def with_one(conversation: Conversation, seq: int, change: Callable[[dict[str, Any]], None]) -> Conversation:
    return Conversation(tuple(altered(e, change) if e.seq == seq else e for e in conversation))


def broken(observations: tuple[Observation, ...]) -> set[str]:
    return {o.check for o in observations if o.status == "fail"}


@pytest.fixture(scope="module")
def first(good: RunResult, outpatient: Pack) -> dict[str, Any]:
    """The exchanges of OUT-010 by transaction (first of each), and how to judge the whole with one changed."""
    exchanges = [e for e in good.conversation if e.scenario == "OUT-010"]
    by_infno: dict[str, Exchange] = {}
    for exchange in exchanges:
        by_infno.setdefault(exchange.infno, exchange)
    return {"by": by_infno, "all": Conversation(tuple(exchanges)), "scenarios": outpatient.scenarios}


def test_judging_is_pure_and_blind_to_the_source(good: RunResult, outpatient: Pack, tmp_path: Any) -> None:
    """The same conversation read from disk gives the same observations."""
    file = tmp_path / "talk.jsonl"
    write(good.conversation, file)
    assert good.observations == judge(read(file), Profile(), outpatient.scenarios)


def test_without_scenarios_the_messages_still_speak(good: RunResult) -> None:
    """Traffic from anywhere is judged by the interface, sums and policy; only expectations fall away."""
    loose = Conversation(tuple(evolve(e, scenario="", run="plain", step="") for e in good.conversation))
    found = judge(loose, Profile())
    assert set() == broken(found)
    assert {"exact.funds", "amounts.A1", "life.trial_equals_final"} <= {o.check for o in found if o.status == "pass"}
    assert not any(o.check.startswith("expectation") for o in found)


settlements = st.deferred(lambda: st.sampled_from(_settlements()))


def _run() -> RunResult:
    if not _RUN:
        _RUN.append(right([load_pack("outpatient")]))
    return _RUN[0]


_RUN: list[RunResult] = []


def _settlements() -> list[Exchange]:
    """Accepted settlements of plain scenarios, each with its whole conversation around it."""
    return [e for e in _run().conversation if e.infno in ("2206", "2207") and e.run == "plain"]


@settings(max_examples=60, deadline=None)
@given(data=st.data(), name=st.sampled_from(AMOUNTS), fen=st.integers(-100_000, 100_000).filter(bool))
def test_no_changed_amount_of_any_settlement_is_ever_missed(data: st.DataObject, name: str, fen: int) -> None:
    """Any field, any settlement, any number of fen."""
    chosen = data.draw(settlements)
    talk = Conversation(tuple(e for e in _run().conversation if e.scenario == chosen.scenario))

    def change(message: dict[str, Any]) -> None:
        head = message["output"]["setlinfo"]
        head[name] = head[name] + Decimal(fen).scaleb(-2)

    assert broken(judge(with_one(talk, chosen.seq, change), Profile(), load_pack("outpatient").scenarios))


def head(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(message: dict[str, Any]) -> None:
        message["output"]["setlinfo"][name] = value

    return change


def row(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(message: dict[str, Any]) -> None:
        message["output"]["result"][1][name] = value

    return change


def top(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(message: dict[str, Any]) -> None:
        message[name] = value

    return change


def without(*path: str) -> Callable[[dict[str, Any]], None]:
    def change(message: dict[str, Any]) -> None:
        at = message
        for part in path[:-1]:
            at = at[part]
        del at[path[-1]]

    return change


@pytest.mark.parametrize(
    ("infno", "change", "check"),
    [
        ("2207", top("infcode", None), "envelope.infcode"),
        ("2207", top("infcode", "OK"), "envelope.infcode_form"),
        ("2207", top("inf_refmsgid", "1"), "envelope.refmsgid"),
        ("2207", top("inf_refmsgid", "110000" + "20240231" + "120000" + "0" * 10), "envelope.refmsgid"),
        ("2207", top("refmsg_time", "2024-06-03 12:00:00"), "envelope.time_form"),
        ("2207", top("respond_time", "20000101000000000"), "envelope.time_order"),
        ("2207", without("output", "setlinfo", "medins_setl_id"), "schema.reply.req"),
        ("2207", head("medfee_sumamt", "1.00"), "schema.reply.form"),
        ("2207", head("psn_cert_type", "XX"), "schema.reply.code"),
        ("2207", head("acct_mulaid_pay", Decimal("999999.00")), "amounts.A8"),
        ("2207", head("pool_prop_selfpay", Decimal("1.5")), "amounts.A9"),
        ("2207", head("act_pay_dedc", Decimal("99999.00")), "amounts.A10"),
        ("2207", head("psn_no", "1"), "life.psn_no"),
        ("2207", head("certno", "1"), "life.certno"),
        ("2207", head("mdtrt_id", "1"), "life.mdtrt_id"),
        ("2207", head("medins_setl_id", "1"), "life.medins_setl_id"),
        ("2207", head("med_type", "13"), "life.med_type"),
        ("2207", head("setl_id", ""), "life.setl_id_unique"),
        ("2206", head("setl_id", "1"), "life.trial_no_id"),
        ("2204", row("preselfpay_amt", Decimal("0.01")), "amounts.L3"),
        ("2204", row("overlmt_amt", Decimal("5.00")), "amounts.L4"),
        ("2204", row("cnt", 9), "amounts.line_echo"),
        ("2204", row("pric", 1), "amounts.L1"),
        ("2204", row("chrgitm_lv", "01"), "amounts.L5"),
        ("2204", row("inscp_scp_amt", Decimal("0.00")), "amounts.L2"),
        ("2201", lambda m: m["output"]["data"].update(ipt_otp_no="x"), "life.ipt_otp_no"),
        ("1101", lambda m: m["output"]["baseinfo"].update(certno="x"), "life.certno"),
        ("5206", lambda m: m["output"].pop("cuminfo"), "schema.reply.req"),
    ],
)
def test_one_wrong_value_is_found_by_the_check_for_it(
    first: dict[str, Any], infno: str, change: Callable[[dict[str, Any]], None], check: str
) -> None:
    """Each check has something that it alone is for, and sees it."""
    seq = first["by"][infno].seq
    assert set() == broken(judge(first["all"], Profile(), first["scenarios"]))
    found = judge(with_one(first["all"], seq, change), Profile(), first["scenarios"])
    assert check in broken(found)
    assert any(o.seq == seq for o in found if o.status == "fail")


def test_a_finding_says_what_where_and_why(first: dict[str, Any]) -> None:
    """Expected beside actual, the field with its label, the step behind the amount, a likely cause; both languages."""
    seq = first["by"]["2207"].seq
    found = judge(with_one(first["all"], seq, head("act_pay_dedc", Decimal("0.01"))), Profile(), first["scenarios"])
    one = next(o for o in found if o.check == "exact.deductible" and o.status == "fail")
    assert ("output.setlinfo.act_pay_dedc", "实际支付起付线", "exact") == (one.path, one.label, one.basis)
    for text in (one.expected, one.actual, one.why, one.cause):
        assert text is not None
        assert text.show("zh")
        assert text.show("en")
    assert "0.01" == one.actual.show("en") if one.actual else False


def test_an_unknown_policy_leaves_relations_and_drops_exact_amounts(good: RunResult, outpatient: Pack) -> None:
    """What nobody declared is not judged, and never passed."""
    found = judge(good.conversation, Profile(policy={"default": "unknown"}), outpatient.scenarios)
    exact = {o.status for o in found if o.basis == "exact"}
    assert {"not_judged"} == exact
    relations = [o for o in found if o.basis == "relation"]
    assert {"pass", "not_judged"} == {o.status for o in relations}
    assert all(o.why is not None for o in relations if o.status == "not_judged")


def test_a_reading_that_is_missing_is_not_judged(first: dict[str, Any]) -> None:
    """Without 5206 there is no knowing the counters, without 1101 no knowing the person."""
    without_counters = Conversation(tuple(e for e in first["all"] if e.infno != "5206"))
    statuses = {o.check: o.status for o in judge(without_counters, Profile()) if o.check.startswith("exact")}
    assert {"not_judged"} == set(statuses.values())
    without_person = Conversation(tuple(e for e in first["all"] if e.infno != "1101"))
    statuses = {o.check: o.status for o in judge(without_person, Profile()) if o.check.startswith("exact")}
    assert {"not_judged"} == set(statuses.values())


def test_a_lost_answer_makes_what_follows_unknown(first: dict[str, Any]) -> None:
    """A settlement without an answer may have happened: no counters are judged across it."""
    lost = evolve(first["by"]["2207"], outcome="timeout", reply=None, answered_at=None)
    talk = Conversation(tuple(lost if e.seq == lost.seq else e for e in first["all"]))
    found = judge(talk, Profile(), first["scenarios"])
    assert {"envelope.answered", "expectation.accepted"} == broken(found)


def test_the_suites_own_wrong_request_proves_nothing_but_a_hospitals_is_a_finding(first: dict[str, Any]) -> None:
    """Requests count only against a hospital under test."""
    seq = first["by"]["2201"].seq
    talk = Conversation(
        tuple(altered(e, without("input", "data", "insutype"), "request") if e.seq == seq else e for e in first["all"])
    )
    own = [o for o in judge(talk, Profile()) if o.check == "schema.request"]
    theirs = [o for o in judge(talk, Profile(role="hospital")) if o.clause == "HOS-REQUEST-REQ"]
    assert {"not_judged"} == {o.status for o in own}
    assert {"pass", "fail"} == {o.status for o in theirs}


def test_a_refusal_for_an_unknown_reason_is_not_a_pass(good: RunResult, outpatient: Pack) -> None:
    """When the control is refused too, the refusal of the fault is not judged."""
    mine = [e for e in good.conversation if e.scenario == "OUT-N01"]

    def refuse(message: dict[str, Any]) -> None:
        message |= {"infcode": -1, "err_msg": "否", "output": {}}

    talk = [altered(e, refuse) if (e.run, e.step) == ("control", "2207") else e for e in mine]
    found = judge(Conversation(tuple(talk)), Profile(), outpatient.scenarios)
    refused = [o for o in found if o.check == "expectation.refused"]
    assert ["not_judged"] == [o.status for o in refused]


def test_a_refused_repeat_is_a_leniency_and_a_second_settlement_a_finding(good: RunResult, outpatient: Pack) -> None:
    """Open point 2: the stored answer again, or a refusal; never a second effect."""
    mine = [e for e in good.conversation if e.scenario == "OUT-016"]

    def refuse(message: dict[str, Any]) -> None:
        message |= {"infcode": -1, "err_msg": "重复", "output": {}}

    def judged(change: Callable[[dict[str, Any]], None], profile: Profile = Profile()) -> dict[str, str]:  # noqa: B008
        talk = [altered(e, change) if e.step == "repeat_settle" else e for e in mine]
        return {o.check: o.status for o in judge(Conversation(tuple(talk)), profile, outpatient.scenarios)}

    assert "pass" == judged(lambda _: None)["life.repeat"]
    assert "leniency" == judged(refuse)["life.repeat"]
    promised = Profile(features={**Profile().features, "repeat_is_answered_again": True})
    assert "fail" == judged(refuse, promised)["life.repeat"]
    assert "fail" == judged(head("setl_id", "another"))["life.repeat"]


def test_explanations_close_and_agree_with_the_reference(good: RunResult) -> None:
    """Every settlement of the run is explained, and the explanation has the amounts that were answered."""
    settled = [
        e
        for e in good.conversation
        if e.infno in ("2206", "2207") and ((e.reply and e.reply.message) or {})["infcode"] == 0
    ]
    explained = explain(good.conversation, Profile())
    fresh = [e for e in settled if e.step != "repeat_settle"]
    assert {e.seq for e in fresh} == set(explained)
    for exchange in fresh:
        message = exchange.reply.message if exchange.reply else None
        assert message is not None
        answered = message["output"]["setlinfo"]["fund_pay_sumamt"]
        assert answered == Decimal(explained[exchange.seq].amounts["fund_pay_sumamt"]).scaleb(-2)
        assert explained[exchange.seq].steps


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda s: st.lists(s) | st.dictionaries(st.text(), s)
    )
)
@settings(max_examples=60, deadline=None)
def test_the_judge_survives_any_reply(value: Any) -> None:
    """Whatever a target says, the judge tells about the target and does not fail itself."""
    talk = [e for e in _run().conversation if e.scenario == "OUT-014"]
    body = json.dumps({"infcode": 0, "output": value}).encode()
    spoiled = [evolve(e, reply=Raw(body, (), 200)) if number % 2 else e for number, e in enumerate(talk)]
    whole = [evolve(e, reply=Raw(json.dumps(value).encode(), (), 200)) for e in talk]
    scenarios = load_pack("outpatient").scenarios
    assert judge(Conversation(tuple(spoiled)), Profile(), scenarios)
    assert broken(judge(Conversation(tuple(whole)), Profile(), scenarios))
