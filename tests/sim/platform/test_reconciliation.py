"""3201 and 3202: an equal day is called equal, and each way in which two accounts part is found and named."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from counter import shop
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from office_desk import DAY, Office
from platform_desk import BEIJING, NOW, OTHER, Desk, person, says, world

from sim.lang import say
from sim.platform import HUB, Answer, Lost, Readings
from sim.platform.office import reconcile
from sim.platform.office.books import Books, Entry
from sim.platform.office.compare import Sent, compare
from sim.platform.records import SETTLEMENTS

FEN = Decimal("0.01")
NEXT_DAY = "2024-03-06"


def notes(row: dict[str, str]) -> set[str]:
    """What a result row says is wrong, as the keys of the sentences."""
    keys = ("only_centre", "only_centre_refund", "only_institution", "refund_missing", "differs", "not_refunded")
    keys += ("twice", "doubt", "reversed", "not_asked", "is_refund")
    found = set()
    for part in [] if row["memo"] == "null" else row["memo"].split("; "):
        named = [key for key in keys if says({"infcode": -1, "err_msg": part}, f"reconciliation.{key}")]
        assert 1 == len(named), part
        found.update(named)
    return found


def wrong(rows: list[dict[str, str]]) -> list[set[str]]:
    """What is wrong with the rows that are not equal; equal ones say nothing."""
    assert all((row["stmt_rslt"] == "0") == (row["memo"] == "null") for row in rows)
    return [notes(row) for row in rows if row["stmt_rslt"] != "0"]


# --- what may go wrong in a day, and what must be said ------------------------------------------------------------------

NOTHING, LOST_REPLY, LOST_UPLOAD, LOST_CANCEL, LOST_CANCEL_REPLY, WRONG_SUM, CANCELLED = (
    *("nothing", "lost reply", "lost upload", "lost cancellation", "lost cancellation reply", "wrong sum"),
    "cancelled",
)
SAID: dict[str, list[set[str]]] = {
    NOTHING: [],
    CANCELLED: [],
    LOST_REPLY: [{"only_centre"}],
    LOST_UPLOAD: [{"only_institution"}],
    LOST_CANCEL: [{"not_refunded"}, {"refund_missing"}],
    LOST_CANCEL_REPLY: [{"only_centre_refund"}],
    WRONG_SUM: [{"differs"}],
}


def happen(office: Office, what: str, n: int) -> Any:
    """One visit, and what happens to it; returns the message that 2601 would reverse."""
    desk, message = office.visit(n, lose=what == LOST_REPLY)
    if what == LOST_UPLOAD:  # the hospital settled one visit more in its own books, which never left it
        office.lines.append(evolve(office.lines[-1], setl_id="9" * 20, mdtrt_id="8" * 20))
    elif what == LOST_CANCEL:
        office.cancel(desk, send=False)
    elif what == LOST_CANCEL_REPLY:
        message = office.cancel(desk, note=False)
    elif what == CANCELLED:
        office.cancel(desk)
    elif what == WRONG_SUM:
        line = office.lines[-1]
        changed = {"medfee_sumamt": line.medfee_sumamt + FEN, "psn_cash_pay": line.psn_cash_pay + FEN}
        office.lines[-1] = evolve(line, **changed)
    return desk, message


def check_day(day: list[str], **given_world: Any) -> None:
    """The property: 3201 says equal when the sums are, and 3202 names everything that happened and nothing else."""
    office = Office(world(**given_world))
    for n, what in enumerate(day):
        happen(office, what, n % 3)
    expected = [note for what in day for note in SAID[what]]
    same = len(office.lines) == len(office.truth) and all(
        sum(getattr(line, name) for line in office.lines) == sum(getattr(line, name) for line in office.truth)
        for name in ("medfee_sumamt", "fund_pay_sumamt", "acct_pay")
    )
    assert ("0" if same else "1") == office.reconcile()[0]
    assert sorted(map(sorted, expected)) == sorted(map(sorted, wrong(office.compare())))


DAYS = st.lists(st.sampled_from(list(SAID)), max_size=5)
SOME = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@SOME
@given(day=DAYS)
def test_every_difference_of_a_day_is_found_and_named(day):
    """Whatever happens to the visits of a day: nothing that is equal is complained of, and nothing that is not is missed."""
    check_day(day)


def test_real_policies_reconcile_too():
    """Everything that can happen in one day, with each insured place's own policy."""
    check_day(list(SAID), policies=None)


def entry(number: int, refund: bool, refunded: bool) -> Entry:
    """A made-up line of the centre's books; the settlement and its cancellation share ``of``."""
    sign = -1 if refund else 1
    return Entry(
        setl_id=f"R{number}" if refund else f"S{number}",
        of=f"S{number}",
        mdtrt_id=f"V{number}",
        psn_no=f"P{number}",
        insutype="310",
        clr_type="11",
        msgid=f"M{number}{refund}",
        at=NOW,
        refund=refund,
        refunded=refunded,
        medfee_sumamt=sign * 100,
        fund_pay_sumamt=sign * 60,
        acct_pay=sign * 40,
        psn_cash_pay=0,
        hosp_part_amt=0,
    )


@given(
    cancelled=st.lists(st.booleans(), max_size=6),
    asked=st.sets(st.integers(0, 11)),
    listed=st.lists(st.tuples(st.integers(0, 8), st.booleans(), st.booleans()), max_size=10),
)
def test_no_line_of_either_side_is_lost(cancelled, asked, listed):
    """Every line sent comes out once and in order, every line asked for at least once; equal is what both have alike."""
    entries = [
        entry(n, refund, both) for n, both in enumerate(cancelled) for refund in ((False, True) if both else (False,))
    ]
    ours = [each for n, each in enumerate(entries) if n in asked]
    sent = [
        Sent(
            f"S{n}" if old or not refund else f"R{n}",
            f"V{n}",
            f"P{n}",
            *((-100, -60, -40) if refund else (100, 60, 40)),
            refund,
        )
        for n, refund, old in listed
    ]
    found = compare(sent, ours, (), Books(tuple(entries), ()))
    assert sent == [each.sent for each in found if each.sent is not None]
    for each in ours:
        equal = [one for one in found if one.ours == each and one.equal]
        first = next(
            (line for line in sent if line.setl_id in (each.of, each.setl_id) and line.refunded == each.refund), None
        )
        assert (first is not None) == (1 == len(equal))
        assert any(one.ours == each for one in found)
    assert all(one.ours in ours and one.sent is not None for one in found if one.equal)


def always_equal(context: Any) -> dict[str, Any]:
    """A platform that never looks."""
    return {"stmtinfo": {"stmt_rslt": "0", "stmt_rslt_dscr": ""}}


def sums_only_fund(context: Any) -> dict[str, Any]:
    """A platform that compares nothing but the fund's part."""
    data = context.message["input"]["data"]
    honest = reconcile.total(context)
    differs = "fund_pay_sumamt" in honest["stmtinfo"]["stmt_rslt_dscr"]
    return {"stmtinfo": {"setl_optins": data["setl_optins"], "stmt_rslt": "1" if differs else "0"}}


def forgets_refunds(context: Any) -> dict[str, Any]:
    """A platform whose books have no cancellations."""
    kept = context.party.store
    context.party.store = _WithoutRefunds(kept)
    try:
        return reconcile.detail(context)
    finally:
        context.party.store = kept


class _WithoutRefunds:
    def __init__(self, store: Any) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def find(self, table: Any, index: str, *values: Any) -> Any:
        found = self._store.find(table, index, *values)
        if table.name != "settlements":
            return found
        return [evolve(each, state="valid") if each.state == "cancelled" else each for each in found]


@pytest.mark.parametrize(
    ("infno", "handler"), [("3201", always_equal), ("3201", sums_only_fund), ("3202", forgets_refunds)]
)
def test_a_platform_that_does_not_look_is_caught(infno, handler):
    """The same property fails for platforms that compare nothing, only a part, or forget refunds."""
    days = [[LOST_REPLY], [LOST_UPLOAD], [WRONG_SUM], [CANCELLED], [LOST_CANCEL], [NOTHING]]
    caught = 0
    for day in days:
        try:
            check_day(day, handlers={"treatment": {infno: handler}})
        except AssertionError:
            caught += 1
    assert caught


# --- from unequal to equal --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", [LOST_REPLY, LOST_CANCEL_REPLY])
def test_what_only_the_centre_has_is_reversed_by_its_msgid(what):
    """The row has no setl_id and mdtrt_id, but the msgid: 2601 with it makes the day equal."""
    office = Office(world())
    office.visit(1)
    desk, message = happen(office, what, 0)
    assert "1" == office.reconcile()[0]
    (row,) = [row for row in office.compare() if row["stmt_rslt"] == "1"]
    assert ("null", "null", message["msgid"]) == (row["setl_id"], row["mdtrt_id"], row["msgid"])
    desk.ok("2601", desk.reversal({"msgid": row["msgid"], "infno": message["infno"]}))
    assert ("0", "") == office.reconcile()
    assert [] == wrong(office.compare())


def test_a_cancellation_that_never_left_is_sent_after_all():
    """Once the centre has the refund too, both lines are equal, whichever setl_id the hospital gave the negative one."""
    office = Office(world())
    desk, _ = office.visit()
    office.cancel(desk, send=False)
    assert "1" == office.reconcile()[0]
    desk.ok("2208", desk.cancellation())
    assert "0" == office.reconcile()[0]
    assert [] == wrong(office.compare())


def test_an_equal_day_lists_every_line_with_its_message():
    """Each line once, in the hospital's order, with the msgid that made it and the centre's amounts."""
    office = Office(world())
    sent = [office.visit(n)[1]["msgid"] for n in range(3)]
    rows = office.compare()
    assert sent == [row["msgid"] for row in rows]
    assert [line.setl_id for line in office.lines] == [row["setl_id"] for row in rows]
    assert [str(line.medfee_sumamt) for line in office.lines] == [row["medfee_sumamt"] for row in rows]
    assert {"0"} == {row["refd_setl_flag"] for row in rows}


def test_a_refunded_settlement_is_two_lines_flagged_as_refunded():
    """The positive line carries the settling message, the negative one the cancelling."""
    office = Office(world())
    desk, made = office.visit()
    undone = office.cancel(desk)
    rows = office.compare()
    assert [made["msgid"], undone["msgid"]] == [row["msgid"] for row in rows]
    assert ["1", "1"] == [row["refd_setl_flag"] for row in rows]
    assert Decimal(0) == sum(Decimal(row["medfee_sumamt"]) for row in rows)


def test_a_line_listed_twice_is_found():
    """The second one is wrong, not the first."""
    office = Office(world())
    office.visit()
    office.lines.append(office.lines[0])
    assert [set(), {"twice"}] == [notes(row) for row in office.compare()]


def test_a_settlement_in_doubt_is_listed_as_unequal():
    """The insured place's answer is lost: neither side knows; the row names the message to send again or reverse."""
    office = Office(world())
    desk = Desk(office.ref).ready()
    message = desk.message("2207", desk.settlement())
    work = office.ref.parties["520000"].handle(message, desk.now)
    outbound = next(work)
    assert HUB == outbound.to
    with pytest.raises(StopIteration):
        work.send(Lost())
    (row,) = office.compare()
    assert ({"doubt"}, message["msgid"], "null") == (notes(row), row["msgid"], row["fund_pay_sumamt"])
    office.note(desk, desk.ok("2207", message["input"], msgid=message["msgid"])["setlinfo"])
    assert [] == wrong(office.compare())


def test_a_reversed_settlement_still_listed_is_named_so():
    """2601 took it out of the centre's books; the hospital's line says what happened to it."""
    office = Office(world())
    desk, message = office.visit()
    desk.ok("2601", desk.reversal(message))
    (row,) = office.compare()
    assert ({"reversed"}, message["msgid"]) == (notes(row), row["msgid"])


# --- what belongs to what ---------------------------------------------------------------------------------------------


def test_a_refund_counts_on_its_own_day():
    """Settled one day, cancelled the next: +1 on the first, -1 on the second, nothing over both."""
    office = Office(world())
    desk, _ = office.visit()
    desk.now = office.desk.now = NOW + timedelta(days=1)
    first = list(office.lines)
    office.cancel(desk)
    both, second = list(office.lines), office.lines[1:]
    for lines, begins, ends in ((first, DAY, DAY), (second, NEXT_DAY, NEXT_DAY), (both, DAY, NEXT_DAY)):
        office.lines = list(lines)
        assert ("0", "") == office.reconcile(stmt_begndate=begins, stmt_enddate=ends)
        assert [] == wrong(office.compare(stmt_begndate=begins, stmt_enddate=ends))
    office.lines = both
    assert [{"not_asked"}] == wrong(office.compare())


def test_only_lines_of_the_group_count():
    """Residents, stays, other hospitals and other days are in other groups."""
    office = Office(world())
    office.visit()
    Office(office.ref).visit(0, hospital=OTHER)
    resident = Desk(office.ref, person("500000", "1501")).ready()
    resident.settle()
    stay = Desk(office.ref, person(n=2)).ready_to_leave()
    head = stay.settle()
    assert "0" == office.reconcile()[0]
    office.lines = []
    office.note(stay, head)
    assert "0" == office.reconcile(clr_type="21")[0]
    assert "1" == office.reconcile(clr_type="21", insutype="390")[0]


@pytest.mark.parametrize("name", ["medfee_sumamt", "fund_pay_sumamt", "acct_pay", "fixmedins_setl_cnt"])
def test_3201_says_which_sum_differs(name):
    """One sum off by the least there is: unequal, and that sum alone is named with both values."""
    office = Office(world())
    office.visit()
    right = office.total()["data"][name]
    value = right + (1 if name == "fixmedins_setl_cnt" else FEN)
    result, told = office.reconcile(**{name: value})
    assert "1" == result
    assert told == say("platform.reconciliation.sum", field=name, theirs=str(value), ours=str(right)).show("zh")


def test_refd_setl_flag_asks_for_one_kind_only():
    """0: what was not refunded; 1: the lines of what was; absent: all."""
    office = Office(world())
    office.visit(1)
    desk, _ = office.visit()
    office.cancel(desk)
    everything = list(office.lines)
    for flag in ("0", "1"):
        office.lines = [line for line in everything if line.refunded == (flag == "1")]
        assert "0" == office.reconcile(refd_setl_flag=flag)[0]
        assert [] == wrong(office.compare(refd_setl_flag=flag))
        assert "1" == office.reconcile()[0]


def test_a_pharmacys_sales_are_a_group_of_their_own():
    """clr_type 41: a sale, one whose reply was lost, and a cancelled one; 2601 of the lost one makes it equal."""
    counter = shop()
    office = Office.of(counter)
    office.note(counter, counter.sell())
    lost = counter.message("2102", counter.sale())
    counter.call(lost)
    office.note(counter, counter.sell())
    undone = counter.ok("2103", counter.cancellation())["setlinfo"]["setl_id"]
    office.lines.append(office.lines[1].refund(undone))
    assert "1" == office.reconcile(clr_type="41")[0]
    (row,) = [row for row in office.compare(clr_type="41") if row["stmt_rslt"] == "1"]
    assert ({"only_centre"}, lost["msgid"]) == (notes(row), row["msgid"])
    counter.ok("2601", counter.reversal({"msgid": row["msgid"], "infno": "2102"}))
    assert "0" == office.reconcile(clr_type="41")[0]
    assert [] == wrong(office.compare(clr_type="41"))


# --- readings ---------------------------------------------------------------------------------------------------------


def test_the_count_may_fall_by_refunds():
    """One settlement and a refunded one: three lines, or a count of one."""
    for nets, count in ((False, 3), (True, 1)):
        office = Office(world(readings=Readings(refunds_lower_count=nets)))
        office.visit(1)
        desk, _ = office.visit()
        office.cancel(desk)
        for given_count in (1, 3):
            assert ("0" if given_count == count else "1") == office.reconcile(fixmedins_setl_cnt=given_count)[0]
        office.desk.ok("3202", office.detail(office.upload(), fixmedins_setl_cnt=count))
        reply = office.desk.send("3202", office.detail(office.upload(), fixmedins_setl_cnt=4 - count))
        assert says(reply, "reconciliation.header")


def test_refunded_pairs_may_be_left_out():
    """A hospital that lists neither line is equal then; one line of a pair alone still counts."""
    office = Office(world(readings=Readings(refunded_pairs_listed=False)))
    office.visit(1)
    desk, _ = office.visit()
    office.cancel(desk)
    everything, office.lines = office.lines, office.lines[:1]
    assert "0" == office.reconcile()[0]
    assert [] == wrong(office.compare())
    office.lines = everything
    assert [{"not_asked"}, {"not_asked"}] == wrong(office.compare())


def test_stmt_rslt_may_have_six_digits():
    """000000 is equal, in total and line by line."""
    office = Office(world(readings=Readings(six_digit_stmt_rslt=True)))
    office.visit()
    assert "000000" == office.reconcile()[0]
    assert ["000000"] == [row["stmt_rslt"] for row in office.compare()]
    assert "1" == office.reconcile(fixmedins_setl_cnt=2)[0]


# --- refusals ---------------------------------------------------------------------------------------------------------


def test_what_cannot_be_reconciled_is_refused():
    """A period that ends before it begins, and another agency, for 3201 and 3202; the good message is accepted."""
    office = Office(world())
    office.visit()
    for infno, content in (("3201", office.total), ("3202", lambda **c: office.detail(office.upload(), **c))):
        assert says(office.desk.send(infno, content(stmt_begndate=NEXT_DAY)), "office.period")
        assert says(office.desk.send(infno, content(stmt_begndate="2023-03-05")), "office.period_long")
        assert says(office.desk.send(infno, content(setl_optins=BEIJING.admdvs)), "office.agency")
        office.desk.ok(infno, content())


HEADER = [("medfee_sumamt", FEN), ("fund_pay_sumamt", FEN), ("cash_payamt", FEN), ("fixmedins_setl_cnt", 1)]


@pytest.mark.parametrize(("name", "more"), HEADER)
def test_the_sums_of_3202_are_those_of_its_file(name, more):
    """One sum that is not the file's is refused and named; with the right one the same file is compared."""
    office = Office(world())
    office.visit()
    good = office.detail(office.upload())
    bad = {"data": {**good["data"], name: good["data"][name] + more}}
    reply = office.desk.send("3202", bad)
    assert says(reply, "reconciliation.header")
    assert name in reply["err_msg"]
    office.desk.ok("3202", good)


ROWS = [
    ("file.columns", lambda row: row[:-1]),
    ("file.columns", lambda row: [*row, ""]),
    *[("file.empty_value", lambda row, n=n: [*row[:n], "null", *row[n + 1 :]]) for n in range(7)],
    ("file.empty_value", lambda row: ["", *row[1:]]),
    *[("file.amount", lambda row, n=n: [*row[:n], "1.001", *row[n + 1 :]]) for n in (3, 4, 5)],
    ("file.amount", lambda row: [*row[:3], "many", *row[4:]]),
    ("file.flag", lambda row: [*row[:6], "2"]),
]


@pytest.mark.parametrize(("reason", "spoil"), ROWS)
def test_a_bad_row_is_refused_with_its_number(reason, spoil):
    """The second row is spoiled in one column; the refusal names row 2. The good file is accepted."""
    office = Office(world())
    office.visit(0)
    office.visit(1)
    good = [line.row() for line in office.lines]
    reply = office.desk.send("3202", office.detail(office.upload([good[0], spoil(good[1])])))
    assert says(reply, reason), reply["err_msg"]
    assert "2" in reply["err_msg"]
    office.desk.ok("3202", office.detail(office.upload(good)))


def test_a_file_to_compare_is_the_institutions_own_upload_in_time():
    """Unknown, another institution's, a result file, one too old: refused."""
    office = Office(world())
    office.visit()
    number = office.upload()
    assert says(office.desk.send("3202", office.detail("1")), "file.unknown")
    other = Office(office.ref)
    other.desk = Desk(office.ref, hospital=OTHER).sign_in()
    assert says(other.desk.send("3202", other.detail(number)), "file.unknown")
    result = office.desk.ok("3202", office.detail(number))["fileinfo"]
    assert says(office.desk.send("3202", office.detail(result["file_qury_no"])), "file.unknown")
    office.desk.now = NOW + timedelta(days=3)
    assert says(office.desk.send("3202", office.detail(number)), "file.expired")


def test_an_outage_does_not_reach_reconciliation():
    """It asks no other party: it goes on while every other province is silent."""
    office = Office(world())
    office.visit()
    work = office.ref.parties["520000"].handle(office.desk.message("3201", office.total()), NOW)
    with pytest.raises(StopIteration) as stop:
        next(work)
    assert "0" == stop.value.value["output"]["stmtinfo"]["stmt_rslt"]


class _Counted(_WithoutRefunds):
    """A store that counts the settlements it hands out, and changes nothing."""

    def __init__(self, store: Any) -> None:
        super().__init__(store)
        self.handed = 0

    def find(self, table: Any, index: str, *values: Any) -> Any:
        found = self._store.find(table, index, *values)
        self.handed += len(found) if table.name == "settlements" else 0
        return found


def test_a_day_costs_what_the_day_holds():
    """Reconciling one day looks at that day's settlements, however many others the institution has."""
    office = Office(world())
    for n in range(3):
        office.visit(n)
    office.desk.now = NOW + timedelta(days=1)
    office.lines = []
    party = office.ref.parties["520000"]
    counted = party.store = _Counted(party.store)
    assert "0" == office.reconcile(stmt_begndate=NEXT_DAY, stmt_enddate=NEXT_DAY)[0]
    assert 0 == counted.handed
    office.reconcile()
    assert 3 == counted.handed


def test_the_days_of_a_settlement_are_those_of_its_times():
    """A settlement begun before midnight and answered after it counts on the day of the answer; a refund on its own."""
    office = Office(world())
    desk = Desk(office.ref).ready()
    desk.now = NOW.replace(hour=23, minute=59)
    message = desk.message("2207", desk.settlement())
    work = office.ref.parties["520000"].handle(message, desk.now)
    outbound = next(work)
    reply = office.ref.call(outbound.message, desk.now, outbound.to)
    with pytest.raises(StopIteration) as stop:
        work.send(Answer(reply, NOW.replace(day=6, hour=0, minute=1)))
    office.note(desk, stop.value.value["output"]["setlinfo"])
    assert "1" == office.reconcile()[0]
    assert "0" == office.reconcile(stmt_begndate=NEXT_DAY, stmt_enddate=NEXT_DAY)[0]
    desk.now = NOW.replace(day=7)
    office.cancel(desk)
    store = office.ref.parties["520000"].store
    for settlement in store.all(SETTLEMENTS):
        assert (settlement.at.date(), settlement.cancelled_at.date()) == (settlement.day, settlement.refund_day)
