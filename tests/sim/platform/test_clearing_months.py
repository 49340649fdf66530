"""The month's clearing: what it takes and leaves out, how it is netted and paid, and that it says what happened."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

import pytest
from attrs import evolve
from clearing_desk import APRIL, CHONGQING, GUIZHOU, MARCH, MAY, PEKING, Story, day, spring, stores
from hypothesis import given, settings
from hypothesis import strategies as st
from platform_desk import says

from sim.money import parse
from sim.platform import HUB, Refused, ledger
from sim.platform.clearing import Month, accept, booking, deduct, dispute, month_of, positions, rows_of
from sim.platform.clearing_records import AGREED, DEDUCTIONS, Declared, PairRow
from sim.platform.ledger import LEDGER
from sim.platform.records import CLAIMS, SETTLEMENTS

Pairs = dict[tuple[str, str], tuple[int, int, int]]
END = date(2024, 12, 31)


def counted(month: Month) -> Pairs:
    return {(row.treated_in, row.insured): (row.count, row.medfee, row.amount) for row in month.rows}


def table(story: Story, month: str) -> Pairs:
    return counted(month_of(story.clearing, month))


def sums(story: Story, party: str) -> dict[str, int]:
    return ledger.balances(ledger.entries(story.ref.parties[party].store))


def left(story: Story, month: str) -> dict[str, str]:
    return {each.line: each.reason for each in month_of(story.clearing, month).left}


# --- what a month holds ----------------------------------------------------------------------------------------------


def test_a_months_table_is_what_a_recount_of_the_replies_gives():
    """Count, total and amount of every pair; provisional, issued and paid alike; April's negative line is April's."""
    story = spring()
    for until in (date(2024, 4, 10), date(2024, 4, 21), date(2024, 6, 30)):
        story.clearing.run(MARCH, until)
        assert story.recount(MARCH) == table(story, MARCH)
        assert () == ledger.check(stores(story.ref))
    assert story.recount(APRIL) == table(story, APRIL)
    assert (2, 0, 0) == story.recount(APRIL)[GUIZHOU, PEKING]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["settle", "cancel", "reverse"]), st.integers(0, 5)), max_size=8), st.data())
def test_months_of_any_story_are_what_a_recount_gives(steps, data):
    """Settlements, cancellations and reversals on either side of the month's end and of its declaration."""
    story = Story()
    standing: list[Any] = []
    for number, (what, choice) in enumerate(steps):
        now = day(3, 28 + number) if number < 4 else day(4, number - 3)
        if what == "settle" or not standing:
            standing.append(story.settle(now, [PEKING, CHONGQING][choice % 2]))
        elif what == "cancel":
            story.cancel(standing.pop(choice % len(standing)), now)
        else:
            story.reverse(standing.pop(choice % len(standing)), now, declared=False)
    story.clearing.run(MARCH, date(2024, 4, 26))
    assert story.recount(MARCH) == table(story, MARCH)
    for desk in standing:
        if data.draw(st.booleans()):
            story.reverse(desk, day(4, 27), declared=desk.now.month == 3)
        else:
            story.cancel(desk, day(4, 28))
    story.clearing.run(MARCH, END)
    story.clearing.run(APRIL, END)
    assert story.recount(APRIL) == table(story, APRIL)
    assert () == ledger.check(stores(story.ref))
    for party in (GUIZHOU, PEKING, CHONGQING):
        facing = {name: fen for name, fen in sums(story, party).items() if name.split(":")[0] in ("due_from", "due_to")}
        assert {0} >= set(facing.values()), party


def test_a_reversal_after_the_declaration_is_an_adjustment_of_its_own_month():
    """Before it, the settlement is in no month; after it, March keeps it and April takes it back."""
    early, late = Story(), Story()
    gone = {}
    for name, story in (("early", early), ("late", late)):
        story.settle(day(3, 1))
        gone[name] = story.settle(day(3, 31))
    early.reverse(gone["early"], day(4, 2), declared=False)
    for story in (early, late):
        story.clearing.run(MARCH, date(2024, 4, 21))
    late.reverse(gone["late"], day(4, 22), declared=True)
    for story in (early, late):
        story.clearing.run(MARCH, END)
        story.clearing.run(APRIL, END)
    pair = (GUIZHOU, PEKING)
    amount, medfee = late.amount(gone["late"]), parse(gone["late"].head["medfee_sumamt"])
    assert table(early, MARCH)[pair][2] + amount == table(late, MARCH)[pair][2]
    assert {pair: (1, -medfee, -amount)} == table(late, APRIL)
    assert {} == table(early, APRIL)


def test_a_reversed_cancellation_after_the_declaration_is_taken_back_too():
    """The negative line was declared; the settlement stands again, and April has its opposite."""
    story = Story()
    desk = story.settle(day(3, 1))
    desk.now = day(3, 2)
    cancelling = desk.message("2208", desk.cancellation())
    desk.call(cancelling)
    story.clearing.run(MARCH, date(2024, 4, 21))
    assert (2, 0, 0) == table(story, MARCH)[GUIZHOU, PEKING]
    desk.now = day(4, 25)
    desk.ok("2601", desk.reversal(cancelling))
    story.clearing.run(MARCH, END)
    story.clearing.run(APRIL, END)
    assert story.amount(desk) == table(story, APRIL)[GUIZHOU, PEKING][2]
    assert () == ledger.check(stores(story.ref))


# --- who is wrong is seen --------------------------------------------------------------------------------------------


def nets_gross_twice(lines: Iterable[Declared], month: str) -> tuple[PairRow, ...]:
    """A wrong implementation: gross positions are set off between two provinces, and then again through the hub."""
    rows = {(row.treated_in, row.insured): row for row in rows_of(lines, month)}
    back = {pair: rows[pair[::-1]].amount if pair[::-1] in rows else 0 for pair in rows}
    return tuple(evolve(row, amount=row.amount - back[pair]) for pair, row in rows.items())


def drops_reversals(lines: Iterable[Declared], month: str) -> tuple[PairRow, ...]:
    """A wrong implementation: what takes back a line of an earlier month is forgotten."""
    return rows_of([line for line in lines if line.amount >= 0], month)


def takes_disputed(story: Story) -> Callable[[Iterable[Declared], str], tuple[PairRow, ...]]:
    """A wrong implementation: what is left out is counted all the same."""

    def rows(lines: Iterable[Declared], month: str) -> tuple[PairRow, ...]:
        waiting = month_of(story.clearing, month).left
        found = list(lines)
        sample = found[0]
        return rows_of([*found, *(evolve(sample, line=each.line, amount=each.amount) for each in waiting)], month)

    return rows


def test_the_recount_catches_wrong_implementations():
    """Each of three well-known mistakes gives another table in some month of the story; the right one never does."""
    story = spring()
    story.clearing.run(MARCH, date(2024, 4, 21))
    held = story.settle(day(4, 5))
    dispute(story.ref.parties[PEKING].store, held.setl_id, "unclear", day(4, 6))
    del story.events[-1]
    for month, wrong in ((MARCH, nets_gross_twice), (APRIL, drops_reversals), (APRIL, takes_disputed(story))):
        found = month_of(story.clearing, month)
        expected = {pair: amount for pair, (_, _, amount) in story.recount(month).items()}
        assert expected == {(r.treated_in, r.insured): r.amount for r in rows_of(found.lines, month)}
        assert expected != {(r.treated_in, r.insured): r.amount for r in wrong(found.lines, month)}, wrong


AMOUNTS = st.dictionaries(
    st.tuples(st.sampled_from("ABCD"), st.sampled_from("ABCD")).filter(lambda pair: pair[0] != pair[1]),
    st.integers(-(10**9), 10**9),
    max_size=8,
)


@given(AMOUNTS)
def test_netting_moves_no_money_but_what_the_pairs_owe(amounts):
    """Nets sum to zero; each province's net is what it gives and takes over all pairs; nobody pays and receives both."""
    rows = [PairRow(MARCH, a, b, 1, fen, fen, 0, fen, 0, 0, 0) for (a, b), fen in amounts.items()]
    found = positions(rows)
    assert 0 == sum(each.net for each in found)
    for each in found:
        given_care = sum(fen for (treated_in, _), fen in amounts.items() if treated_in == each.province)
        own_people = sum(fen for (_, insured), fen in amounts.items() if insured == each.province)
        assert (given_care, own_people) == (each.receivable, each.payable)


# --- what waits ------------------------------------------------------------------------------------------------------


def test_a_disputed_line_waits_and_is_carried_with_its_delay():
    """Left out of March, its cancellation with it; taken by the month after the dispute is settled, as carried over."""
    story = Story()
    story.settle(day(3, 1))
    held = story.settle(day(3, 2))
    refund = story.cancel(held, day(3, 3))
    insured = story.ref.parties[PEKING].store
    dispute(insured, held.setl_id, "unclear", day(4, 1))
    story.clearing.run(MARCH, END)
    assert 1 == table(story, MARCH)[GUIZHOU, PEKING][0]
    assert {held.setl_id: "disputed", refund: "follows"} == left(story, MARCH)
    story.clearing.run(APRIL, END)
    assert {held.setl_id, refund} == set(left(story, APRIL))
    accept(insured, held.setl_id, day(5, 20))
    story.clearing.run(MAY, END)
    (row,) = month_of(story.clearing, MAY).rows
    assert (2, 2, 0, 0) == (row.count, row.carried, row.amount, row.carried_amount)
    assert () == ledger.check(stores(story.ref))


@pytest.mark.parametrize(("months", "overdue"), [(0, ""), (1, ""), (2, "delay"), (3, "delay"), (12, "year")])
def test_what_waits_too_long_is_flagged(months, overdue):
    """Two months are the limit; a year's fees must be cleared by the end of the next first quarter."""
    story = Story()
    held = story.settle(day(3, 2))
    dispute(story.ref.parties[PEKING].store, held.setl_id, "unclear", day(3, 3))
    month = f"{2024 + (2 + months) // 12}-{(2 + months) % 12 + 1:02d}"
    (waiting,) = month_of(story.clearing, month).left
    assert (months, overdue) == (waiting.delay, waiting.overdue)


def test_a_line_disputed_after_the_table_leaves_it_before_the_notices():
    """The table is made anew without it when the provinces have confirmed; later disputes come too late for the month."""
    story = Story()
    story.settle(day(3, 1))
    held = story.settle(day(3, 2))
    story.clearing.run(MARCH, date(2024, 4, 21))
    assert 2 == table(story, MARCH)[GUIZHOU, PEKING][0]
    dispute(story.ref.parties[PEKING].store, held.setl_id, "unclear", day(4, 22))
    story.clearing.run(MARCH, date(2024, 4, 25))
    assert 1 == table(story, MARCH)[GUIZHOU, PEKING][0]
    assert {held.setl_id: "disputed"} == left(story, MARCH)
    with pytest.raises(Refused):
        dispute(story.ref.parties[PEKING].store, held.setl_id, "again", day(4, 26))


def test_a_settlement_in_doubt_waits_and_its_worth_is_known_from_the_insured_place():
    """Its answer was lost: March leaves it out, and takes it as soon as the message was repeated."""
    story = Story()
    story.settle(day(3, 1))
    desk = story.settle(day(3, 2))
    amount = story.amount(desk)
    store = story.ref.parties[GUIZHOU].store
    made = store.get(SETTLEMENTS, desk.setl_id)
    (entry,) = [e for e in ledger.entries(store) if e.document == desk.setl_id]
    store.put(SETTLEMENTS, evolve(made, state="pending", head={}))
    store.delete(LEDGER, entry.number)
    store.commit()
    (waiting,) = month_of(story.clearing, MARCH).left
    assert (desk.setl_id, "in_doubt", amount) == (waiting.line, waiting.reason, waiting.amount)
    assert 1 == table(story, MARCH)[GUIZHOU, PEKING][0]
    store.put(SETTLEMENTS, made)
    store.put(LEDGER, entry)
    store.commit()
    assert () == month_of(story.clearing, MARCH).left


def test_what_the_two_places_tell_differently_waits_with_its_reason():
    """Amounts, state, a claim or settlement that only one has, a ledger that says otherwise: each is named, none taken."""
    story = Story()
    treatment, insured = story.ref.parties[GUIZHOU].store, story.ref.parties[PEKING].store
    desks = [story.settle(day(3, n)) for n in range(1, 6)]
    claims = [insured.get(CLAIMS, desk.setl_id) for desk in desks]
    insured.put(CLAIMS, evolve(claims[0], amounts={**claims[0].amounts, "fund_pay_sumamt": 1}))
    insured.put(CLAIMS, evolve(claims[1], state="cancelled"))
    insured.delete(CLAIMS, desks[2].setl_id)
    treatment.delete(SETTLEMENTS, desks[3].setl_id)
    (entry,) = [e for e in ledger.entries(treatment) if e.document == desks[4].setl_id]
    treatment.delete(LEDGER, entry.number)
    for store in (treatment, insured):
        store.commit()
    reasons = ("amounts", "state", "only_treatment", "only_insured", "books")
    assert {desk.setl_id: reason for desk, reason in zip(desks, reasons, strict=True)} == left(story, MARCH)
    assert {} == table(story, MARCH)


# --- money -----------------------------------------------------------------------------------------------------------


def test_after_the_last_step_nobody_owes_anybody():
    """March is netted and paid: the hub keeps nothing, banks hold the nets, institutions have what was declared."""
    story = spring()
    story.clearing.run(MARCH, END)
    net = {each.province: each.net for each in month_of(story.clearing, MARCH).positions}
    paid = {code: sum(line.amount for line in story.clearing.lines(MARCH) if line.treated_in == code) for code in net}
    assert 0 == sum(net.values())
    assert {code: net[code] - paid[code] for code in net} == {code: sums(story, code).get("bank", 0) for code in net}
    assert {0} == {sums(story, code).get(ledger.clearing(HUB), 0) for code in net}
    assert {0} == set(sums(story, HUB).values())
    story.clearing.run(APRIL, END)
    assert {0} == {fen for code in net for name, fen in sums(story, code).items() if name.startswith("clearing")}
    assert () == ledger.check(stores(story.ref))


def test_an_audit_deduction_comes_back_to_the_fund_in_the_next_clearing():
    """The institution gets less, the insured place's fund has it back, nobody owes the rest; once, and not too much."""
    story = Story()
    desk = story.settle(day(3, 1))
    story.clearing.run(MARCH, END)
    treatment = story.ref.parties[GUIZHOU].store
    fund = sums(story, PEKING)["fund"]
    other = story.settle(day(6, 1))
    made = deduct(treatment, GUIZHOU, desk.setl_id, 1234, "limit", day(6, 2))
    assert () == ledger.check(stores(story.ref))
    (row,) = month_of(story.clearing, "2024-06").rows
    assert (1, 1234, story.amount(other) - 1234) == (row.count, row.deducted, row.amount)
    story.clearing.run("2024-06", END)
    assert fund + parse(other.head["fund_pay_sumamt"]) - 1234 == sums(story, PEKING)["fund"]
    assert (0, 0) == (sums(story, GUIZHOU)[ledger.refused(PEKING)], sums(story, GUIZHOU)[ledger.due_from(PEKING)])
    assert 0 == sums(story, GUIZHOU)[ledger.hospital(desk.hospital.fixmedins_code)]
    assert "2024-06" == treatment.get(DEDUCTIONS, made.number).month
    assert [] == [line for line in story.clearing.lines("2024-07") if line.kind == "deduction"]
    most = parse(desk.head["fund_pay_sumamt"]) - 1234
    for wrong in (0, -1, most + 1):
        with pytest.raises(Refused):
            deduct(treatment, GUIZHOU, desk.setl_id, wrong, "limit", day(6, 3))
    desk.now = day(6, 4)
    for reply in (desk.send("2208", desk.cancellation()), desk.send("2601", desk.reversal(desk.settling))):
        assert says(reply, "audit.audited")


def test_an_institution_that_owes_more_than_it_is_owed_waits_for_its_next_month():
    """April's only line is negative: nothing is paid, and May's payment is less by it."""
    story = Story()
    desk = story.settle(day(3, 1))
    story.clearing.run(MARCH, END)
    story.cancel(desk, day(4, 1))
    story.clearing.run(APRIL, date(2024, 5, 20))
    assert 0 == booking.pay_hospitals(story.clearing, APRIL, END)
    one, two = story.settle(day(5, 1)), story.settle(day(5, 2))
    story.clearing.run(MAY, END)
    paid = [e for e in ledger.entries(story.ref.parties[GUIZHOU].store) if e.kind == "hospital_payment"]
    assert [MARCH, MAY] == [e.document.split("-H")[0].removeprefix("payment-") for e in paid]
    assert story.amount(one) + story.amount(two) - story.amount(desk) == -paid[1].legs["bank"]


# --- each step, once -------------------------------------------------------------------------------------------------


def test_running_again_books_nothing_twice():
    """Every step is done once, however often and in whatever pieces the month is run."""
    pieces, whole = spring(), spring()
    for until in (date(2024, 4, 20), date(2024, 4, 21), date(2024, 4, 21), date(2024, 5, 10), END, END):
        pieces.clearing.run(MARCH, until)
    whole.clearing.run(MARCH, END)
    for code in whole.ref.parties:
        assert sums(whole, code) == sums(pieces, code), code


class Stop(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("commits", range(1, 40))
def test_a_clearing_that_stops_anywhere_goes_on_where_it_was(commits):
    """Stopped at any commit, the books agree (with what is under way) and the end is that of an undisturbed run."""
    story, whole = spring(), spring()
    left_over = [commits]
    real = {name: store.commit for name, store in stores(story.ref).items()}

    def stopping(name: str) -> Callable[[], None]:
        def commit() -> None:
            left_over[0] -= 1
            if left_over[0] < 0:
                stores(story.ref)[name].rollback()
                raise Stop
            real[name]()

        return commit

    for name, store in stores(story.ref).items():
        store.commit = stopping(name)  # type: ignore[method-assign]
    stopped = False
    try:
        story.clearing.run(MARCH, END)
    except Stop:
        stopped = True
    for name, store in stores(story.ref).items():
        store.commit = real[name]  # type: ignore[method-assign]
    assert () == ledger.check(stores(story.ref))
    story.clearing.run(MARCH, END)
    whole.clearing.run(MARCH, END)
    assert stopped or commits > 30
    for code in whole.ref.parties:
        assert sums(whole, code) == sums(story, code), code


def test_steps_have_their_order_and_their_time():
    """A month that lasts, a table before everybody declared, a notice before confirmation: refused."""
    story = spring()
    office = story.clearing
    with pytest.raises(Refused) as early:
        office.declare(MARCH, date(2024, 3, 31))
    assert "platform.clearing.not_over" == early.value.reason
    for step, reason in (
        (lambda: office.issue(MARCH, END), "not_declared"),
        (lambda: office.confirm(MARCH, GUIZHOU, day(4, 25)), "not_issued"),
        (lambda: booking.notice(office, MARCH, END), "not_issued"),
        (lambda: booking.pay_hospitals(office, MARCH, END), "not_declared"),
    ):
        with pytest.raises(Refused) as caught:
            step()
        assert f"platform.clearing.{reason}" == caught.value.reason
    office.run(MARCH, date(2024, 4, 21))
    with pytest.raises(Refused) as unconfirmed:
        booking.notice(office, MARCH, END)
    assert "platform.clearing.too_early" == unconfirmed.value.reason


def test_a_confirmation_is_taken_back_until_the_notices_go_out():
    """The table is open again, and final again when it was confirmed anew; after the notice it is too late."""
    story = spring()
    office = story.clearing
    office.run(MARCH, date(2024, 4, 25))
    assert "confirmed" == office.issued(MARCH).state
    assert "issued" == office.take_back(MARCH, PEKING).state
    with pytest.raises(Refused):
        office.take_back(MARCH, PEKING)
    with pytest.raises(Refused):
        booking.notice(office, MARCH, END)
    assert "confirmed" == office.confirm(MARCH, PEKING, day(4, 26)).state
    office.run(MARCH, date(2024, 4, 30))
    with pytest.raises(Refused) as late:
        office.take_back(MARCH, PEKING)
    assert "platform.clearing.noticed" == late.value.reason


def test_a_province_that_has_not_confirmed_holds_the_month():
    """The table is final when the last province concerned has confirmed, not before."""
    story = spring()
    office = story.clearing
    office.run(MARCH, date(2024, 4, 21))
    assert "issued" == office.confirm(MARCH, GUIZHOU, day(4, 22)).state
    assert "issued" == office.confirm(MARCH, PEKING, day(4, 23)).state
    assert "confirmed" == office.confirm(MARCH, CHONGQING, day(4, 24)).state
    assert 3 == story.ref.parties[HUB].store.count(AGREED)
