"""Between provinces: the hub, the relayed form, what the insured place decides."""

from datetime import date
from typing import Any

import pytest
from attrs import evolve
from platform_desk import BEIJING, HALF, Desk, person, says, world

from sim.benefits import Care, Filing
from sim.platform import HUB, FilingRecord, persons, reference, refuse
from sim.platform.relay import SETTLES, SPLITS, TRIALS

NOW = Desk(world()).now


class Watched:
    """The test policy, noting the cases it is asked about."""

    def __init__(self) -> None:
        self.cases: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(HALF, name)

    def plan(self, case: Any) -> Any:
        self.cases.append(case)
        return HALF.plan(case)


def case_of(patient: Any, hospital: Any = None, med_type: str = "11", content: str = "", stay: bool = False) -> Any:
    """The case that the insured place makes of a visit."""
    policy = Watched()
    ref = reference(policies=lambda *_: policy, people=[patient])
    desk = Desk(ref, patient, *([hospital] if hospital else []))
    if stay:
        desk.ready_to_leave()
    else:
        desk.sign_in().register().describe(med_type=med_type, exp_content=content)
        desk.upload()
    asked = desk.settlement() if stay else desk.settlement(med_type=med_type)
    desk.ok("2304" if stay else "2207", asked)
    return policy.cases[-1]


def filed(kind: Any, to_day: Any = None, destination: str = "520000") -> Any:
    return evolve(person(), filings=(FilingRecord(kind, destination, date(2024, 1, 1), to_day),))


UNFILED = evolve(person(), filings=())


@pytest.mark.parametrize(
    ("patient", "more", "filing"),
    [
        (UNFILED, {}, Filing.UNFILED),
        (filed("long_term"), {}, Filing.LONG_TERM),
        (filed("referral"), {}, Filing.REFERRAL),
        (filed("other_temporary"), {}, Filing.OTHER_TEMPORARY),
        (filed("referral", date(2024, 3, 4)), {}, Filing.UNFILED),
        (filed("referral", date(2024, 3, 5)), {}, Filing.REFERRAL),
        (filed("referral", destination="500000"), {}, Filing.UNFILED),
        (UNFILED, {"med_type": "13"}, Filing.EMERGENCY),
        (UNFILED, {"content": '{"OTP_ER_REFL_FLAG": "1"}'}, Filing.EMERGENCY),
        (UNFILED, {"content": '{"OTP_ER_REFL_FLAG": 3}'}, Filing.EMERGENCY),
        (UNFILED, {"content": '{"OTP_ER_REFL_FLAG": "2"}'}, Filing.UNFILED),
        (UNFILED, {"content": "no JSON"}, Filing.UNFILED),
        (UNFILED, {"hospital": BEIJING}, Filing.LOCAL),
        (UNFILED, {"stay": True}, Filing.UNFILED),
    ],
)
def test_the_filing_of_a_visit(patient, more, filing):
    """By the person's filings, the province, the days, and the emergency flag; at home there is none to be had."""
    assert filing == case_of(patient, **more).filing


def test_several_filings_count_as_the_best():
    """Whatever their order."""
    entries = [FilingRecord(k, "520000", date(2024, 1, 1), None) for k in ("other_temporary", "long_term", "referral")]
    for order in (entries, entries[::-1]):
        assert Filing.LONG_TERM == case_of(evolve(person(), filings=tuple(order))).filing


def test_the_case_says_what_the_benefits_need():
    """Care, level, age, retirement, place of treatment."""
    retired = evolve(person("110000", "1201"), filings=())
    case = case_of(retired)
    assert (Care.OUTPATIENT, "L3", True, "520000") == (case.care, case.level, case.retired, case.treated_in)
    assert retired.age_on(NOW.date()) == case.age
    assert Care.INPATIENT == case_of(retired, stay=True).care
    assert Care.EMERGENCY == case_of(retired, med_type="13").care
    assert "" == case_of(retired, BEIJING).treated_in


def relayed(infno: str) -> dict[str, Any]:
    """A relayed message as the hub gets it."""
    desk = Desk(world())
    if infno in SPLITS:
        desk.sign_in().register().describe()
        message = desk.message(infno, desk.lines())
    elif infno in (*TRIALS, *SETTLES):
        desk.ready()
        message = desk.message(infno, desk.settlement())
    else:
        message = desk.message(infno, {"data": {"psn_no": desk.patient.psn_no}})
    outbound = next(desk.ref.parties["520000"].handle(message, desk.now))
    assert HUB == outbound.to
    return outbound.message


@pytest.mark.parametrize("infno", ["2204", "2206", "2207", "5206"])
def test_a_relayed_message_is_the_hospitals_with_one_node_more(infno):
    """Same infno and msgid; the insured place is named; nothing of the input is lost."""
    message = relayed(infno)
    assert infno == message["infno"]
    assert "110000" == message["insuplc_admdvs"]
    assert "520000" == message["input"]["relay"]["from"]
    assert {"data", "relay"} == set(message["input"]) or {"feedetail", "relay"} == set(message["input"])


@pytest.mark.parametrize(
    ("infno", "spoil"),
    [
        ("2207", lambda node: {**node, "lines": []}),
        ("2207", lambda node: {**node, "setl_id": ""}),
        ("2206", lambda node: {**node, "setl_id": "1"}),
        ("2207", lambda node: {**node, "case": {**node["case"], "level": "L9"}}),
        ("2204", lambda node: {**node, "lines": [{**node["lines"][0], "amount": "1.00"}]}),
        ("2204", lambda node: {k: v for k, v in node.items() if k != "from"}),
        ("5206", lambda node: {**node, "more": 1}),
        ("5206", lambda _: "relay"),
    ],
)
@pytest.mark.parametrize("party", [HUB, "110000"])
def test_a_malformed_relayed_message_is_refused(party, infno, spoil):
    """Hub and insured place check the relayed form; the well-formed one is not refused for it."""
    message = relayed(infno)
    bad = {**message, "input": {**message["input"], "relay": spoil(message["input"]["relay"])}}
    assert says(world().call(bad, NOW, party), "relay.malformed")
    assert not says(world().call(message, NOW, party), "relay.malformed")


def test_the_hub_takes_no_hospital_messages():
    """It has no hospitals."""
    desk = Desk(world())
    assert says(desk.ref.call(desk.message("1101", {"data": desk.shown()}), NOW, HUB), "hub.not_for_hospitals")


def test_a_message_of_nowhere_still_gets_an_answer():
    """Whatever stands for the treatment place, some party refuses the message."""
    desk = Desk(world())
    message = desk.message("1101", {"data": desk.shown()})
    for area in ("990000", "", None, 5, [], "x" * 100):
        assert -1 == desk.ref.call({**message, "mdtrtarea_admvs": area}, NOW)["infcode"]
    for junk in ({}, {"infno": None}, {"infno": []}, {"infno": "1101", "input": None}, {"input": []}):
        assert -1 == desk.ref.call(junk, NOW)["infcode"]


def test_handlers_can_be_replaced_and_added():
    """By role and infno; the others stay."""
    handlers = {
        "treatment": {"3201": lambda _: {"stmtinfo": {"stmt_rslt": "0"}}},
        "hub": {"5206": lambda passage: passage.hub.refusal(refuse("person.unknown_credential"), passage.now)},
    }
    desk = Desk(world(handlers=handlers, checked=False)).sign_in()
    assert {"stmtinfo": {"stmt_rslt": "0"}} == desk.ref.call(desk.message("3201", {"data": {}}), NOW)["output"]
    assert says(desk.send("5206", {"data": {"psn_no": desk.patient.psn_no}}), "person.unknown_credential")
    desk.register()


def test_people_institutions_and_regions_can_be_given():
    """The world brings its own."""
    only = [person("520100")]
    desk = Desk(world(people=only), only[0]).ready()
    desk.settle()
    stranger = next(p for p in persons() if p.psn_no != only[0].psn_no)
    other = Desk(desk.ref, stranger)
    assert says(other.send("1101", {"data": other.shown()}), "person.unknown_credential")
