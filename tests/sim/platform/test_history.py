"""What queries show of visits: 5201, 5202, 5204, 5303, and 2403 that changes a stay."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from counter import GUIYANG, SECOND, ZUNYI, Counter, shop
from hypothesis import given, settings
from hypothesis import strategies as st
from platform_desk import ITEMS, person, says, world

from sim.interface import interface
from sim.interface.envelope import datetime19
from sim.platform.records import VISITS
from sim.platform.treatment.history import present
from sim.platform.treatment.prints import DETAILS

STAYS = ("settle", "discharge", "cancel discharge", "admit", "cancel admission", "next day")


def desk(patient: Any = None, hospital: Any = GUIYANG, ref: Any = None) -> Counter:
    return Counter(ref or world(), patient or person(), hospital).sign_in()


def change(counter: Counter, **changes: Any) -> dict[str, Any]:
    """The input of 2403."""
    info = {
        name: value for name, value in counter.admission()["mdtrtinfo"].items() if name not in ("insutype", "ipt_no")
    }
    info = {**info, **counter.whose(), "ipt_otp_no": "I1", "atddr_no": "D2", "chfpdr_name": "示例主任", "adm_bed": "9"}
    return {"adminfo": {**info, **changes}, "diseinfo": []}


def diagnosis(counter: Counter, number: int, **changes: Any) -> dict[str, Any]:
    row = {**counter.diagnosis(), **counter.whose(), "maindiag_flag": "0", "diag_srt_no": number}
    return {**row, **changes}


# --- visits ----------------------------------------------------------------------------------------------------------


def test_a_visit_is_shown_as_it_was_sent():
    """5201 prints the patient, the times, and every field of the admission and the discharge that it has."""
    counter = desk().admit()
    sent = counter.admission()["mdtrtinfo"]
    row = counter.ok("5201", counter.mine(**counter.period(), med_type="21"))["mdtrtinfo"][0]
    same = set(sent) & set(row)
    assert {"atddr_no", "adm_dept_codg", "adm_bed", "dscg_maindiag_code", "begntime", "med_type"} <= same
    assert {name: sent[name] for name in same} == {name: row[name] for name in same}
    assert ("I1", "1", counter.patient.certno) == (row["ipt_otp_no"], row["inhosp_stas"], row["certno"])
    counter.later(3).upload().ok("2402", counter.leaving(dscg_bed="7"))
    row = counter.ok("5201", counter.mine(**counter.period(), med_type="21"))["mdtrtinfo"][0]
    assert ("0", 3, "1", "7", counter.time) == tuple(
        row[name] for name in ("inhosp_stas", "ipt_days", "dscg_way", "dscg_bed", "endtime")
    )
    counter.ok("2405", {"data": counter.whose()})
    row = counter.ok("5201", counter.mine(**counter.period(), med_type="21"))["mdtrtinfo"][0]
    assert "1" == row["inhosp_stas"]
    assert not {"dscg_way", "dscg_bed"} & set(row)


def test_an_outpatient_visit_appears_once_it_is_described():
    """Until 2203 it has no medical type to be asked for; then its diagnoses are printed."""
    counter = desk().register()
    ask = counter.mine(**counter.period(), med_type="11")
    assert [] == counter.ok("5201", ask)["mdtrtinfo"]
    counter.describe()
    row = counter.ok("5201", ask)["mdtrtinfo"][0]
    assert (counter.mdtrt_id, "示例病", counter.time) == (row["mdtrt_id"], row["otp_diag_info"], row["endtime"])


def test_a_stay_over_the_new_year_is_flagged():
    """ars_year_ipt_flag."""
    counter = desk()
    counter.now = datetime(2024, 12, 30, 9)
    counter.admit()
    ask = counter.mine(**counter.period(), med_type="21")
    assert "0" == counter.ok("5201", ask)["mdtrtinfo"][0]["ars_year_ipt_flag"]
    counter.later(3)
    assert "1" == counter.ok("5201", ask)["mdtrtinfo"][0]["ars_year_ipt_flag"]


def test_only_what_was_asked_for():
    """Person, institution, medical type, period and visit each narrow the answer; cancelled visits are not shown."""
    counter = desk()
    first = counter.register().describe().mdtrt_id
    second = counter.later().register().describe().mdtrt_id
    counter.register().describe(med_type="13")
    Counter(counter.ref, person(n=1)).register().describe()
    desk(hospital=SECOND, ref=counter.ref).register().describe()
    gone = Counter(counter.ref).register().describe()
    gone.ok("2202", {"data": {**gone.whose(), "ipt_otp_no": "O1"}})

    def asked(**more: Any) -> list[str]:
        rows = counter.ok("5201", counter.mine(**{**counter.period(), "med_type": "11", **more}))["mdtrtinfo"]
        return [row["mdtrt_id"] for row in rows]

    assert [first, second] == asked()
    assert [second] == asked(mdtrt_id=second)
    assert [second] == asked(begntime=counter.time)
    assert [first] == asked(endtime=datetime19(counter.now - timedelta(seconds=1)))
    assert [] == asked(med_type="21")


# --- diagnoses -------------------------------------------------------------------------------------------------------


def test_diagnoses_of_admission_and_discharge():
    """Both are shown, told apart; a diagnosis changed by 2403 shows as changed; 2405 takes the discharge's away."""
    counter = desk().admit()
    rows = counter.ok("5202", {"data": counter.whose()})["diseinfo"]
    assert [("1", 1, "示例病")] == [(r["inout_diag_type"], r["diag_srt_no"], r["diag_name"]) for r in rows]
    changed = [diagnosis(counter, 1, diag_name="另一病"), diagnosis(counter, 2)]
    counter.ok("2403", {**change(counter), "diseinfo": changed})
    leaving = {**counter.leaving(), "diseinfo": [diagnosis(counter, 1, maindiag_flag="1")]}
    counter.ok("2402", leaving)
    rows = counter.ok("5202", {"data": counter.whose()})["diseinfo"]
    assert [("1", 1, "另一病"), ("1", 2, "示例病"), ("2", 1, "示例病")] == [
        (r["inout_diag_type"], r["diag_srt_no"], r["diag_name"]) for r in rows
    ]
    assert len(rows) == len({row["diag_info_id"] for row in rows})
    counter.ok("2405", {"data": counter.whose()})
    assert {"1"} == {r["inout_diag_type"] for r in counter.ok("5202", {"data": counter.whose()})["diseinfo"]}


def test_a_withdrawn_diagnosis_is_gone():
    """vali_flag 0 in 2403, as in 2203; the last one stays."""
    counter = desk().admit()
    counter.ok("2403", {**change(counter), "diseinfo": [diagnosis(counter, 2)]})
    counter.ok("2403", {**change(counter), "diseinfo": [diagnosis(counter, 1, vali_flag="0")]})
    assert [2] == [row["diag_srt_no"] for row in counter.ok("5202", {"data": counter.whose()})["diseinfo"]]
    last = {**change(counter), "diseinfo": [diagnosis(counter, 2, vali_flag="0")]}
    assert says(counter.send("2403", last), "visit.no_diagnosis_left")


# --- 2403 ------------------------------------------------------------------------------------------------------------


def test_a_change_shows_in_the_stay():
    """What 2403 says is what 5201 shows; what it leaves out is gone; the settlement goes on with the new data."""
    counter = desk().admit()
    counter.ok("2403", change(counter, adm_bed="12", ipt_otp_no="I9", med_type="22", exp_content='{"IPT_TYPE": "2"}'))
    row = counter.ok("5201", counter.mine(**counter.period(), med_type="22"))["mdtrtinfo"][0]
    assert ("12", "I9", "D2") == (row["adm_bed"], row["ipt_otp_no"], row["atddr_no"])
    visit = counter.ref.parties["520000"].store.get(VISITS, counter.mdtrt_id)
    assert visit.emergency
    rows = [{**row, "med_type": "22"} for row in counter.lines()["feedetail"]]
    counter.rows = counter.ok("2301", {"feedetail": rows})["result"]
    counter.discharge()
    assert "22" == counter.settle()["med_type"]


def test_the_refusals_of_a_change():
    """Each for its reason; the good change before and after them is accepted."""
    counter = desk().admit()
    counter.ok("2403", change(counter))
    other = desk(person(n=1), ref=counter.ref).admit()
    foreign = desk(hospital=SECOND, ref=counter.ref).admit()
    assert says(counter.send("2403", change(counter, mdtrt_id="1")), "visit.unknown")
    assert says(counter.send("2403", change(counter, mdtrt_id=other.mdtrt_id)), "visit.other_person")
    assert says(counter.send("2403", change(counter, mdtrt_id=foreign.mdtrt_id)), "visit.other_institution")
    outpatient = Counter(counter.ref).register()
    assert says(counter.send("2403", change(counter, mdtrt_id=outpatient.mdtrt_id)), "visit.other_kind")
    strange = {**change(counter), "diseinfo": [diagnosis(counter, 1, mdtrt_id=other.mdtrt_id)]}
    assert says(counter.send("2403", strange), "diagnosis.other_visit")
    counter.upload().ok("2304", counter.settlement(mid_setl_flag="1"))
    assert says(counter.send("2403", change(counter, med_type="22")), "visit.has_settlement")
    earlier = datetime19(counter.now - timedelta(days=1))
    assert says(counter.send("2403", change(counter, begntime=earlier)), "visit.has_settlement")
    counter.ok("2403", change(counter, adm_bed="3"))
    counter.discharge()
    assert says(counter.send("2403", change(counter)), "stay.discharged")


def test_a_repeated_change_has_one_effect():
    """The stored reply, also after another change; the later change stays."""
    counter = desk().admit()
    message = counter.message("2403", change(counter, adm_bed="2"))
    first = counter.call(message)
    counter.ok("2403", change(counter, adm_bed="3"))
    assert first == counter.call(message)
    row = counter.ok("5201", counter.mine(**counter.period(), med_type="21"))["mdtrtinfo"][0]
    assert "3" == row["adm_bed"]


# --- who is in hospital ----------------------------------------------------------------------------------------------


def test_who_is_in_hospital():
    """Admitted in the period and not discharged, of this institution; of one person or of everybody."""
    counter = desk().admit()
    local = desk(person("520100"), ref=counter.ref).admit()
    away = desk(person("520100"), ZUNYI, counter.ref).admit()
    desk(ref=counter.ref).register().describe()
    gone = desk(person(n=1), ref=counter.ref).admit()
    gone.ok("2404", {"data": gone.whose()})

    def asked(at: Counter, **more: Any) -> list[tuple[str, str]]:
        rows = at.ok("5303", {"data": {**at.period(), **more}})["data"]
        return [(row["mdtrt_id"], row["out_flag"]) for row in rows]

    assert [(counter.mdtrt_id, "1"), (local.mdtrt_id, "0")] == asked(counter)
    assert [(local.mdtrt_id, "0")] == asked(counter, psn_no=local.patient.psn_no)
    assert [(away.mdtrt_id, "1")] == asked(away)
    assert [] == asked(counter, endtime=datetime19(counter.now - timedelta(seconds=1)))
    counter.upload().discharge()
    assert [(local.mdtrt_id, "0")] == asked(counter)
    counter.ok("2405", {"data": counter.whose()})
    assert 2 == len(asked(counter))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(STAYS), max_size=10))
def test_queries_show_what_the_messages_did(steps):
    """A model kept from accepted messages alone says who is in hospital and which stays there are."""
    counter = desk()
    counter.kind = "inpatient"
    state: dict[str, str] = {}
    for step in steps:
        current = counter.mdtrt_id
        if step == "next day":
            counter.later()
        elif step == "admit":
            counter.admit()
            state[counter.mdtrt_id] = "in"
        elif current:
            content: dict[str, tuple[str, Any]] = {
                "discharge": ("2402", counter.leaving()),
                "cancel discharge": ("2405", {"data": counter.whose()}),
                "cancel admission": ("2404", {"data": counter.whose()}),
                "settle": ("2403", change(counter)),
            }
            reply = counter.send(*content[step])
            after = {"discharge": "out", "cancel discharge": "in", "cancel admission": "gone", "settle": "in"}[step]
            before = {"discharge": "in", "cancel discharge": "out", "cancel admission": "in", "settle": "in"}[step]
            assert (reply["infcode"] == 0) == (state[current] == before), (step, reply["err_msg"])
            if reply["infcode"] == 0:
                state[current] = after
        present = counter.ok("5303", {"data": counter.period(60)})["data"]
        assert {mdtrt_id for mdtrt_id, is_ in state.items() if is_ == "in"} == {row["mdtrt_id"] for row in present}
        every = counter.ok("5201", counter.mine(**counter.period(60), med_type="21"))["mdtrtinfo"]
        assert {m for m, is_ in state.items() if is_ != "gone"} == {row["mdtrt_id"] for row in every}
        assert {m: "1" if state[m] == "in" else "0" for m in state if state[m] != "gone"} == {
            row["mdtrt_id"]: row["inhosp_stas"] for row in every
        }


# --- fee lines -------------------------------------------------------------------------------------------------------

SPLIT = {"fulamt_ownpay_amt", "overlmt_amt", "preselfpay_amt", "inscp_scp_amt", "selfpay_prop", "pric_uplmt_amt"}


@pytest.mark.parametrize("kind", ["outpatient", "inpatient"])
def test_fee_lines_are_shown_as_they_were_sent_and_split(kind):
    """5204: what the hospital sent, what the upload answered, and the sums of the settlement."""
    counter = desk()
    counter.ready() if kind == "outpatient" else counter.ready_to_leave()
    head = counter.settle()
    rows = counter.ok("5204", counter.cancellation())
    sent = {row["feedetl_sn"]: row for row in counter.lines()["feedetail"]}
    answered = {row["feedetl_sn"]: row for row in counter.rows}
    assert list(sent) == [row["feedetl_sn"] for row in rows]
    for row in rows:
        told = sent[row["feedetl_sn"]]
        same = set(told) & set(row)
        assert {"medins_list_codg", "bilg_dr_codg", "fee_ocur_time", "cnt", "pric"} <= same
        assert {name: told[name] for name in same} == {name: row[name] for name in same}
        assert {name: answered[row["feedetl_sn"]][name] for name in SPLIT} == {name: row[name] for name in SPLIT}
    assert head["medfee_sumamt"] == sum(row["det_item_fee_sumamt"] for row in rows)
    assert head["inscp_scp_amt"] == sum(row["inscp_scp_amt"] for row in rows)


def test_a_cancelled_settlement_lists_its_lines_with_minus_signs():
    """Under the negative record's own number quantity and amounts are negative, the price is not; under the old as before."""
    counter = desk().ready()
    counter.settle()
    before = counter.ok("5204", counter.cancellation())
    refund = counter.ok("2208", counter.cancellation())["setlinfo"]["setl_id"]
    assert before == counter.ok("5204", counter.cancellation())
    rows = counter.ok("5204", counter.cancellation(setl_id=refund))
    signed = ("cnt", "det_item_fee_sumamt", "inscp_scp_amt", "preselfpay_amt")
    assert [[-row[name] for name in signed] for row in before] == [[row[name] for name in signed] for row in rows]
    assert [row["pric"] for row in before] == [row["pric"] for row in rows]
    assert {refund} == {row["setl_id"] for row in rows}


def test_each_part_of_a_stay_lists_its_own_lines():
    """An interim settlement and the final one."""
    counter = desk().admit().upload()
    first = counter.ok("2304", counter.settlement(mid_setl_flag="1"))["setlinfo"]
    more = [counter.line(9, ITEMS[6], Decimal(2))]
    counter.rows = counter.ok("2301", {"feedetail": more})["result"]
    counter.discharge()
    last = counter.settle()
    for head, numbers in ((first, [str(n) for n in range(1, 7)]), (last, ["9"])):
        rows = counter.ok("5204", counter.cancellation(setl_id=head["setl_id"]))
        assert numbers == [row["feedetl_sn"] for row in rows]
        assert head["medfee_sumamt"] == sum(row["det_item_fee_sumamt"] for row in rows)


@pytest.mark.parametrize("infno", ["5202", "5203", "5204"])
def test_queries_refuse_what_is_not_theirs(infno):
    """Another's visit, another hospital's, none at all; the good question is answered."""
    counter = desk().ready()
    counter.settle()
    ask = {"data": counter.whose()} if infno == "5202" else counter.cancellation()
    stranger = {"data": {**ask["data"], "psn_no": person(n=1).psn_no}}
    assert says(counter.send(infno, stranger), "visit.other_person")
    other = desk(hospital=SECOND, ref=counter.ref)
    assert says(other.send(infno, ask), "visit.other_institution" if infno == "5202" else "settlement.unknown")
    nowhere = {"data": {**ask["data"], "mdtrt_id": "1"}}
    assert says(counter.send(infno, nowhere), "visit.unknown" if infno == "5202" else "settlement.unknown")
    counter.ok(infno, ask)


@pytest.mark.parametrize("infno", ["5201", "5303", "5304"])
def test_a_period_that_ends_before_it_begins_is_refused(infno):
    """For its reason; the same period the right way round is answered."""
    counter = desk()
    period = counter.period()
    turned = {"begntime": period["endtime"], "endtime": period["begntime"]}
    more = {"med_type": "11"} if infno == "5201" else {}
    assert says(counter.send(infno, counter.mine(**turned, **more)), "period.ends_early")
    counter.ok(infno, counter.mine(**period, **more))


def test_a_query_that_forgets_the_discharge_is_caught():
    """The model above tells a platform whose 5303 goes on showing whoever was ever admitted."""

    def everybody(context: Any) -> Any:
        for visit in context.store.find(VISITS, "person", context.sender, person().psn_no):
            context.store.put(VISITS, evolve(visit, state="open"))
        shown = present(context)
        context.store.rollback()
        return shown

    counter = desk(ref=world(handlers={"treatment": {"5303": everybody}})).admit().upload().discharge()
    assert [counter.mdtrt_id] == [row["mdtrt_id"] for row in counter.ok("5303", {"data": counter.period()})["data"]]
    good = desk().admit().upload().discharge()
    assert [] == good.ok("5303", {"data": good.period()})["data"]


def test_a_sale_is_a_visit():
    """A pharmacy asks for its own with 41, and a hospital does not see it."""
    counter = shop().sign_in()
    counter.sell()
    ask = counter.mine(**counter.period(), med_type="41")
    assert [counter.mdtrt_id] == [row["mdtrt_id"] for row in counter.ok("5201", ask)["mdtrtinfo"]]
    assert [] == desk(ref=counter.ref).ok("5201", ask)["mdtrtinfo"]


def test_what_is_kept_of_a_visit_is_what_the_query_has():
    """Every kept field is one that 5201 prints; none is kept in vain."""
    node = interface().transactions["5201"].output[0]
    assert set(DETAILS) <= {field.name for field in node.fields}
