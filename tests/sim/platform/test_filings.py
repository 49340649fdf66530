"""Filings: 2501 to 2506, the agency's own channels, and what queries show of them."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from attrs import evolve
from counter import BEIJING, BEIJING_SECOND, DISEASE, GUIYANG, SECOND, SHOP, ZUNYI, Counter
from hypothesis import given, settings
from hypothesis import strategies as st
from platform_desk import NOW, HalfPolicy, person, says, world

from sim.benefits import Case, Filing
from sim.benefits.policy import Plan
from sim.platform import FilingRecord, Lost, Readings, Refused, persons
from sim.platform.agency import decide, file_out_of_town, filings, withdraw
from sim.platform.filings import CHANGE_MONTHS, FILED, Filed, months_later
from sim.platform.insured.filing import withdraw as handle_withdrawal

UNFILED = evolve(person(), filings=(), chronic=())
LOCAL = evolve(person("520100"), filings=(), chronic=())
SUSPENDED = next(p for p in persons() if p.insuplc_admdvs == "110000" and p.psn_insu_stas == "2")
TODAY = NOW.date()


class Watching(HalfPolicy):
    """The test policy, remembering the last case."""

    def __init__(self) -> None:
        self.cases: list[Case] = []

    def plan(self, case: Any) -> Plan:
        self.cases.append(case)
        return super().plan(case)


def counter(patient: Any = UNFILED, hospital: Any = GUIYANG, **given_: Any) -> Counter:
    return Counter(world(people=[patient, person("520100", n=1), SUSPENDED], **given_), patient, hospital).sign_in()


def watched(patient: Any = UNFILED, hospital: Any = GUIYANG) -> tuple[Counter, Watching]:
    policy = Watching()
    return counter(patient, hospital, policies=lambda *_: policy), policy


# --- what a filing does ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("biz", "category"), [("06", Filing.REFERRAL), ("07", Filing.EMERGENCY), ("08", Filing.LONG_TERM)]
)
def test_a_filing_from_the_hospital_desk_counts(biz, category):
    """2505 for out-of-town care is in effect at once; without it the visit is unfiled."""
    desk, policy = watched()
    desk.register().describe().upload()
    desk.ok("2206", desk.asked())
    assert Filing.UNFILED is policy.cases[-1].filing
    desk.file("2505", desk.designation(biz=biz))
    desk.settle()
    assert category is policy.cases[-1].filing


@pytest.mark.parametrize("category", ["long_term", "referral", "other_temporary"])
@pytest.mark.parametrize("channel", ["02", "03", "04", "05", "99"])
def test_a_filing_through_the_agency_counts(category, channel):
    """By every category and channel, in the province that it names and in no other."""
    desk, policy = watched()
    file_out_of_town(desk.insured, UNFILED.psn_no, "referral", "500000", TODAY, NOW)
    desk.register().describe().upload()
    desk.ok("2206", desk.asked())
    assert Filing.UNFILED is policy.cases[-1].filing
    file_out_of_town(desk.insured, UNFILED.psn_no, category, "520000", TODAY, NOW, channel)
    desk.settle()
    assert Filing(category) is policy.cases[-1].filing


def test_a_transfer_to_another_province_is_the_referral_filing():
    """Filed by 2501 at home, the stay in Beijing runs as a referral, and without it unfiled."""
    policy = Watching()
    home = counter(LOCAL, policies=lambda *_: policy)
    there = Counter(home.ref, LOCAL, BEIJING).sign_in().admit().upload().discharge()
    there.ok("2303", there.asked())
    assert Filing.UNFILED is policy.cases[-1].filing
    home.file("2501", home.transfer())
    there.settle()
    assert Filing.REFERRAL is policy.cases[-1].filing


@pytest.mark.parametrize(
    ("days_before_settlement", "category"), [(0, Filing.REFERRAL), (2, Filing.REFERRAL), (None, Filing.UNFILED)]
)
def test_a_filing_completed_before_discharge_settles_directly(days_before_settlement, category):
    """Admitted unfiled, filed on the way: the whole stay runs under the filing (rules C7)."""
    desk, policy = watched()
    desk.admit().upload()
    desk.later(4)
    if days_before_settlement is not None:
        filed_on = desk.now - timedelta(days=days_before_settlement)
        file_out_of_town(desk.insured, UNFILED.psn_no, "referral", "520000", filed_on.date(), filed_on)
    desk.discharge().settle()
    assert category is policy.cases[-1].filing


def test_a_filing_after_the_settlement_changes_nothing():
    """Discharged and settled unfiled, then filed (rules C8): the settlement stands as it was."""
    desk = counter()
    desk.admit().upload().discharge()
    desk.settle()
    before = desk.ok("5203", desk.cancellation())
    desk.later()
    file_out_of_town(desk.insured, UNFILED.psn_no, "referral", "520000", desk.now.date(), desk.now)
    assert before == desk.ok("5203", desk.cancellation())


def test_an_emergency_counts_as_filed():
    """Without any filing, and above one that is weaker."""
    desk, policy = watched()
    desk.register().describe(med_type="13", exp_content='{"OTP_ER_REFL_FLAG": "1"}').upload()
    desk.ok("2207", desk.settlement(med_type="13"))
    assert Filing.EMERGENCY is policy.cases[-1].filing


def test_temporary_filings_end_and_long_term_ones_do_not():
    """Six months and not a day longer; a long-term filing holds for years."""
    desk = counter()
    for category in ("referral", "long_term"):
        file_out_of_town(desk.insured, UNFILED.psn_no, category, "520000", TODAY, NOW)
    referral, long_term = filings(desk.insured, UNFILED.psn_no, NOW)
    last = months_later(TODAY, 6) - timedelta(days=1)
    assert [True, True, False] == [referral.holds(day, day) for day in (TODAY, last, last + timedelta(days=1))]
    assert long_term.holds(date(2040, 1, 1), date(2040, 1, 1))


def test_a_long_term_filing_gives_way_to_a_later_one():
    """After the interval the new province counts from its day, the old one up to the day before; not earlier."""
    desk = counter(evolve(UNFILED, filings=(FilingRecord("long_term", "500000", date(2020, 1, 1), None),)))
    file_out_of_town(desk.insured, UNFILED.psn_no, "long_term", "520000", TODAY, NOW)
    old, new = filings(desk.insured, UNFILED.psn_no, NOW)
    assert TODAY - timedelta(days=1) == old.to_day
    assert None is new.to_day
    earliest = months_later(TODAY, CHANGE_MONTHS)
    with pytest.raises(Refused) as early:
        file_out_of_town(desk.insured, UNFILED.psn_no, "long_term", "510000", earliest - timedelta(days=1), NOW)
    assert "platform.filing.too_soon" == early.value.reason
    third = file_out_of_town(desk.insured, UNFILED.psn_no, "long_term", "510000", earliest, NOW)
    assert [TODAY - timedelta(days=1), earliest - timedelta(days=1), None] == [
        filing.to_day for filing in filings(desk.insured, UNFILED.psn_no, NOW)
    ]
    withdraw(desk.insured, third.trt_dcla_detl_sn, NOW)
    assert None is filings(desk.insured, UNFILED.psn_no, NOW)[1].to_day


def test_a_filing_is_seen_whichever_hospital_asks():
    """Filed at one hospital of one province, shown to another of another province, and to the first."""
    desk = counter(LOCAL)
    desk.file("2501", desk.transfer())
    desk.file("2503", desk.chronic())
    desk.file("2505", desk.designation())
    desk.later()
    there = Counter(desk.ref, LOCAL, BEIJING).later().sign_in()
    for infno, more, node in (
        ("5304", desk.period(), "refmedin"),
        ("5301", {}, "feedetail"),
        ("5302", {"biz_appy_type": "01"}, "psnfixmedin"),
    ):
        seen = [each.ok(infno, each.mine(**more))[node] for each in (desk, there)]
        assert seen[0] == seen[1]
        assert 1 == len(seen[0])


# --- what queries show -----------------------------------------------------------------------------------------------


def test_5304_prints_what_was_filed():
    """Every field of the message that the query has, the period that was given, and who filed it."""
    desk = counter(LOCAL)
    sent = desk.transfer(
        tel="13800000000", addr="示例路", dise_cond_dscr="示例", begndate="2024-03-06", enddate="2024-04-06"
    )
    desk.file("2501", sent)
    row = desk.ok("5304", desk.mine(**desk.period()))["refmedin"][0]
    told = sent["refmedin"]
    same = set(told) & set(row)
    assert {"tel", "addr", "diag_code", "refl_rea", "refl_date", "begndate", "enddate", "reflin_medins_no"} <= same
    assert {name: told[name] for name in same} == {name: row[name] for name in same}
    assert ("1", LOCAL.psn_name, LOCAL.certno) == (row["out_flag"], row["psn_name"], row["certno"])
    early = {"begntime": "2024-01-01 00:00:00", "endtime": "2024-03-04 23:59:59"}
    assert [] == desk.ok("5304", desk.mine(**early))["refmedin"]


def test_designated_institutions_in_the_persons_order():
    """By fix_srt_no, whatever the order of filing, and only of the business asked for."""
    desk = counter(LOCAL)
    for at, order in ((SECOND, "2"), (GUIYANG, "1"), (ZUNYI, "10")):
        desk.file("2505", desk.designation(at, order=order))
    desk.file("2505", desk.designation(SECOND, biz="03"))
    desk.later()
    rows = desk.ok("5302", desk.mine(biz_appy_type="01"))["psnfixmedin"]
    assert [at.fixmedins_code for at in (GUIYANG, SECOND, ZUNYI)] == [row["fixmedins_code"] for row in rows]
    assert 1 == len(desk.ok("5302", desk.mine(biz_appy_type="03"))["psnfixmedin"])


KINDS = {
    "2501": ("2502", Counter.transfer),
    "2503": ("2504", Counter.chronic),
    "2505": ("2506", Counter.designation),
}


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(list(KINDS)), st.sampled_from(["file", "withdraw", "next day"])), max_size=10)
)
def test_queries_show_exactly_what_the_messages_did(steps):
    """A list kept beside, from accepted messages alone, is what 5301, 5302 and 5304 show after every message."""
    desk = counter(LOCAL)
    made: dict[str, list[tuple[str, date]]] = {infno: [] for infno in KINDS}
    for infno, step in steps:
        if step == "next day":
            desk.later()
        elif step == "file":
            reply = desk.send(infno, KINDS[infno][1](desk))
            assert (reply["infcode"] == 0) == (not made[infno])
            if reply["infcode"] == 0:
                made[infno].append((reply["output"]["result"]["trt_dcla_detl_sn"], desk.now.date()))
        elif made[infno]:
            number, filed_on = made[infno][-1]
            reply = desk.send(KINDS[infno][0], desk.withdrawal(number))
            still_open = infno == "2501" or filed_on == desk.now.date()
            assert (reply["infcode"] == 0) == still_open, reply["err_msg"]
            if still_open:
                made[infno].pop()
        today = desk.now.date()
        assert len(made["2501"]) == len(desk.ok("5304", desk.mine(**desk.period()))["refmedin"])
        assert sum(on < today for _, on in made["2503"]) == len(desk.chronic_list())
        shown = desk.ok("5302", desk.mine(biz_appy_type="01"))["psnfixmedin"]
        assert sum(on < today for _, on in made["2505"]) == len(shown)


# --- approval and withdrawal -----------------------------------------------------------------------------------------


def test_the_agency_decides():
    """Approved: in effect at once and not withdrawn any more. Declined: never in effect. Decided once only."""
    desk = counter(LOCAL)
    number = desk.file("2503", desk.chronic())
    assert [] == desk.chronic_list()
    decide(desk.insured, number, True, desk.now)
    assert 1 == len(desk.chronic_list())
    assert says(desk.send("2504", desk.withdrawal(number)), "filing.approved")
    other = desk.file("2503", desk.chronic("M01600"))
    decide(desk.insured, other, False, desk.now)
    desk.later()
    assert [DISEASE] == [row["opsp_dise_code"] for row in desk.chronic_list()]
    assert says(desk.send("2504", desk.withdrawal(other)), "filing.declined")
    for decided in (number, other):
        with pytest.raises(Refused) as again:
            decide(desk.insured, decided, True, desk.now)
        assert "platform.filing.decided" == again.value.reason
    desk.file("2503", desk.chronic("M01600"))  # what was declined may be filed anew


def test_at_once_and_withdrawn_until_used():
    """The other reading of open point 29: in effect without approval; withdrawn on any day, unless a settlement used it."""
    desk = counter(LOCAL, readings=Readings(filings_at_once=True))
    number = desk.file("2503", desk.chronic())
    assert 1 == len(desk.chronic_list())
    desk.later(3)
    settled = desk.chronic_visit().message("2207", desk.chronic_settlement())
    assert 0 == desk.call(settled)["infcode"]
    assert says(desk.send("2504", desk.withdrawal(number)), "filing.used")
    desk.ok("2601", desk.reversal(settled))
    desk.ok("2504", desk.withdrawal(number))
    assert [] == desk.chronic_list()


@pytest.mark.parametrize("infno", list(KINDS))
def test_a_repeated_filing_and_a_repeated_withdrawal_have_one_effect(infno):
    """Same message: the stored reply with the same number. Under a new msgid: refused as filed, or as withdrawn."""
    withdraws, content = KINDS[infno]
    desk = counter(LOCAL)
    message = desk.message(infno, content(desk))
    first = desk.call(message)
    assert first == desk.call(message)
    assert says(desk.send(infno, content(desk)), "filing.exists")
    number = first["output"]["result"]["trt_dcla_detl_sn"]
    gone = desk.message(withdraws, desk.withdrawal(number))
    assert desk.call(gone) == desk.call(gone)
    assert says(desk.send(withdraws, desk.withdrawal(number)), "filing.withdrawn")
    assert first == desk.call(message)  # the stored reply, not a new filing
    desk.file(infno, content(desk))


@pytest.mark.parametrize("infno", list(KINDS))
@pytest.mark.parametrize("lost", ["the ask", "the answer"])
def test_a_lost_filing_is_completed_by_the_same_message(infno, lost):
    """Between provinces: unanswered, then repeated, it was filed once and has one number."""
    desk = counter(UNFILED)
    content = KINDS[infno][1](desk)
    if infno == "2501":
        content = desk.transfer(SECOND, "1")
    message = desk.message(infno, content)
    work = desk.ref.parties["520000"].handle(message, desk.now)
    ask = next(work)
    if lost == "the answer":
        desk.ref.call(ask.message, desk.now, ask.to)
    with pytest.raises(StopIteration) as stop:
        work.send(Lost())
    assert says(stop.value.value, "unanswered")
    number = desk.call(message)["output"]["result"]["trt_dcla_detl_sn"]
    assert [number] == [filing.trt_dcla_detl_sn for filing in filings(desk.insured, UNFILED.psn_no, desk.now)]


def test_filings_are_not_reversed_by_2601():
    """The interface withdraws them; 2601 says so."""
    desk = counter(LOCAL)
    message = desk.message("2501", desk.transfer())
    desk.call(message)
    assert says(desk.send("2601", desk.reversal(message)), "reversal.not_reversible")


def test_a_withdrawn_filing_counts_no_more():
    """The next visit is unfiled again."""
    desk, policy = watched()
    filed = file_out_of_town(desk.insured, UNFILED.psn_no, "referral", "520000", TODAY, NOW)
    desk.register().describe().upload()
    withdraw(desk.insured, filed.trt_dcla_detl_sn, NOW)
    desk.settle()
    assert Filing.UNFILED is policy.cases[-1].filing


def test_a_platform_that_lets_everybody_withdraw_is_caught():
    """The check of the withdrawing institution below sees a handler without it."""

    def anybody(context: Any) -> Any:
        number = context.node()["trt_dcla_detl_sn"]
        sender = context.store.get(FILED, number).fixmedins_code
        context.message = {**context.message, "fixmedins_code": sender}
        return handle_withdrawal(context)

    desk = counter(LOCAL, handlers={"insured": {"2502": anybody}})
    number = desk.file("2501", desk.transfer())
    other = Counter(desk.ref, LOCAL, SECOND)
    assert not says(other.send("2502", other.withdrawal(number)), "filing.other_institution")


# --- refusals --------------------------------------------------------------------------------------------------------

Content = Callable[[Counter], dict[str, Any]]
REFUSALS: list[tuple[str, str, Content]] = [
    ("institution.unknown", "2501", lambda c: c.transfer(reflin_medins_no="H99999999999")),
    ("institution.other_name", "2501", lambda c: c.transfer(reflin_medins_name="示例")),
    ("institution.elsewhere", "2501", lambda c: c.transfer(mdtrtarea_admdvs="520100")),
    ("institution.not_hospital", "2501", lambda c: c.transfer(SHOP, "1")),
    ("transfer.to_itself", "2501", lambda c: c.transfer(GUIYANG, "1")),
    ("transfer.type", "2501", lambda c: c.transfer(refl_type="2")),
    ("transfer.type", "2501", lambda c: c.transfer(SECOND, "2")),
    ("transfer.type", "2501", lambda c: c.transfer(ZUNYI, "1")),
    ("transfer.not_agreed", "2501", lambda c: c.transfer(hosp_agre_refl_flag="0")),
    ("visit.unknown", "2501", lambda c: c.transfer(refl_old_mdtrt_id="1")),
    ("visit.other_institution", "2501", lambda c: c.transfer(refl_old_mdtrt_id=Counter(c.ref, LOCAL, SECOND).register().mdtrt_id)),
    ("visit.other_person", "2501", lambda c: c.transfer(refl_old_mdtrt_id=Counter(c.ref, person("520100", n=1)).register().mdtrt_id)),
    ("filing.ends_early", "2501", lambda c: c.transfer(begndate="2024-03-06", enddate="2024-03-05")),
    ("place.not_persons", "2501", lambda c: c.transfer(insu_optins="520300")),
    ("person.insutype", "2501", lambda c: c.transfer(insutype="390")),
    ("person.unknown", "2501", lambda c: c.transfer(psn_no="1")),
    ("institution.unknown", "2503", lambda c: c.chronic(ide_fixmedins_no="H99999999999")),
    ("institution.other_name", "2503", lambda c: c.chronic(ide_fixmedins_name="示例")),
    ("institution.not_hospital", "2503", lambda c: c.chronic(ide_fixmedins_no=SHOP.fixmedins_code, ide_fixmedins_name=SHOP.fixmedins_name)),
    ("chronic.unknown", "2503", lambda c: c.chronic("I10.x00")),
    ("chronic.identified_later", "2503", lambda c: c.chronic(hosp_ide_date="2024-03-06")),
    ("filing.ends_early", "2503", lambda c: c.chronic(enddate="2024-03-04")),
    ("place.not_persons", "2503", lambda c: c.chronic(insu_optins="520300")),
    ("person.insutype", "2503", lambda c: c.chronic(insutype="390")),
    ("institution.unknown", "2505", lambda c: c.designation(fixmedins_code="H99999999999")),
    ("institution.other_name", "2505", lambda c: c.designation(fixmedins_name="示例")),
    ("filing.ends_early", "2505", lambda c: c.designation(enddate="2024-03-04")),
    ("filing.at_home", "2505", lambda c: c.designation(biz="08")),
    ("person.unknown", "2505", lambda c: c.designation(psn_no="1")),
]  # fmt: skip
GOOD: dict[str, Content] = {"2501": Counter.transfer, "2503": Counter.chronic, "2505": Counter.designation}


@pytest.mark.parametrize(
    ("reason", "infno", "spoil"), REFUSALS, ids=[f"{i}-{r[1]}-{r[0]}" for i, r in enumerate(REFUSALS)]
)
def test_one_fault_is_refused_for_its_reason(reason, infno, spoil):
    """The spoiled filing is refused with that reason, and the same one without the fault is accepted after it."""
    desk = counter(LOCAL)
    refused = desk.send(infno, spoil(desk))
    assert says(refused, reason), refused["err_msg"]
    desk.file(infno, GOOD[infno](desk))


@pytest.mark.parametrize("infno", list(GOOD))
def test_nothing_is_filed_for_the_suspended(infno):
    """Whose insurance does not stand gets no filing."""
    desk = counter(LOCAL)
    other = Counter(desk.ref, SUSPENDED)
    content = other.transfer(SECOND, "1") if infno == "2501" else GOOD[infno](other)
    assert says(other.send(infno, content), "person.suspended")


def test_the_transfer_types_that_fit_are_accepted():
    """Within the city 1, to another city of the province 2, to another province 3; a municipality is one city."""
    desk = counter(LOCAL)
    for to, kind in ((SECOND, "1"), (ZUNYI, "2"), (BEIJING, "3")):
        desk.file("2501", desk.transfer(to, kind))
    there = Counter(desk.ref, LOCAL, BEIJING)
    there.file("2501", there.transfer(BEIJING_SECOND, "1"))


def test_the_refusals_of_a_withdrawal():
    """Unknown, another's, of another kind, another hospital's: each for its reason; the good one after them works."""
    desk = counter(LOCAL)
    number, chronic = desk.file("2501", desk.transfer()), desk.file("2503", desk.chronic())
    assert says(desk.send("2502", desk.withdrawal("1")), "filing.unknown")
    assert says(desk.send("2502", desk.withdrawal(chronic)), "filing.other_kind")
    assert says(desk.send("2504", desk.withdrawal(number)), "filing.other_kind")
    stranger = Counter(desk.ref, person("520100", n=1))
    assert says(stranger.send("2502", stranger.withdrawal(number)), "filing.other_person")
    other = Counter(desk.ref, LOCAL, SECOND)
    assert says(other.send("2502", other.withdrawal(number)), "filing.other_institution")
    desk.ok("2502", desk.withdrawal(number))
    desk.ok("2504", desk.withdrawal(chronic))


def test_a_place_in_the_order_is_taken_once():
    """Two institutions cannot both be the first choice of the same business in the same time."""
    desk = counter(LOCAL)
    desk.file("2505", desk.designation(GUIYANG, enddate="2024-12-31"))
    assert says(desk.send("2505", desk.designation(SECOND)), "filing.order_taken")
    desk.file("2505", desk.designation(SECOND, begndate="2025-01-01"))
    desk.file("2505", desk.designation(SECOND, biz="03"))


def test_an_out_of_town_filing_from_the_desk_cannot_be_withdrawn_there():
    """It is in effect at once, so 2506 comes too late; the agency can."""
    desk = counter()
    number = desk.file("2505", desk.designation(biz="08"))
    assert says(desk.send("2506", desk.withdrawal(number)), "filing.approved")
    withdraw(desk.insured, number, desk.now)


Filer = Callable[[Counter], Filed]
AGENCY: list[tuple[str, Filer]] = [
    ("person.unknown", lambda c: file_out_of_town(c.insured, "1", "referral", "520000", TODAY, NOW)),
    ("person.suspended", lambda c: file_out_of_town(c.insured, SUSPENDED.psn_no, "referral", "520000", TODAY, NOW)),
    ("filing.category", lambda c: file_out_of_town(c.insured, UNFILED.psn_no, "emergency", "520000", TODAY, NOW)),
    ("filing.channel", lambda c: file_out_of_town(c.insured, UNFILED.psn_no, "referral", "520000", TODAY, NOW, "77")),
    ("filing.at_home", lambda c: file_out_of_town(c.insured, UNFILED.psn_no, "referral", "110000", TODAY, NOW)),
    ("place.not_connected", lambda c: file_out_of_town(c.insured, UNFILED.psn_no, "referral", "990000", TODAY, NOW)),
    ("filing.backdated", lambda c: file_out_of_town(c.insured, UNFILED.psn_no, "referral", "520000", TODAY - timedelta(days=1), NOW)),
    ("filing.unknown", lambda c: decide(c.insured, "1", True, NOW)),
    ("filing.unknown", lambda c: withdraw(c.insured, "1", NOW)),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "ask"), AGENCY, ids=[f"{i}-{a[0]}" for i, a in enumerate(AGENCY)])
def test_the_agency_refuses_with_a_reason(reason, ask):
    """And nothing is kept of it; the good filing after it is, once."""
    desk = counter()
    with pytest.raises(Refused) as refused:
        ask(desk)
    assert f"platform.{reason}" == refused.value.reason
    file_out_of_town(desk.insured, UNFILED.psn_no, "referral", "520000", TODAY, NOW)
    with pytest.raises(Refused) as twice:
        file_out_of_town(desk.insured, UNFILED.psn_no, "referral", "520000", TODAY, NOW)
    assert "platform.filing.exists" == twice.value.reason
    assert 1 == len(filings(desk.insured, UNFILED.psn_no, NOW))


def test_months_later():
    """The same day, or the last one of a shorter month."""
    days = [date(2024, 1, 31), date(2024, 8, 31), date(2024, 2, 29), date(2024, 12, 15)]
    assert [date(2024, 2, 29), date(2024, 9, 30), date(2024, 3, 29), date(2025, 1, 15)] == [
        months_later(day, 1) for day in days
    ]
    assert date(2025, 2, 28) == months_later(date(2024, 8, 31), 6)
