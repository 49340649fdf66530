"""Ledgers: every entry balances, the books of all parties agree at every moment, whatever is under way."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from platform_desk import BEIJING, NOW, Desk, person, world

from sim.money import parse
from sim.platform import HUB, Answer, Lost, MemoryStore, Readings, Reference, ledger
from sim.platform.ledger import LEDGER
from sim.platform.records import CLAIMS, SETTLEMENTS

GUIZHOU, PEKING = "520000", "110000"


def stores(ref: Reference) -> dict[str, Any]:
    return {name: party.store for name, party in ref.parties.items()}


def sums(ref: Reference, party: str) -> dict[str, int]:
    return ledger.balances(ledger.entries(ref.parties[party].store))


def owed(head: dict[str, Any]) -> int:
    return parse(head["fund_pay_sumamt"]) + parse(head["acct_pay"])


def in_order(ref: Reference) -> None:
    """What must hold at every moment."""
    books = ledger.books(stores(ref))
    assert () == ledger.check(stores(ref))
    assert 0 == sum(sum(ledger.balances(made).values()) for made in books.values())
    assert sum(each.amount for each in ledger.in_flight(books)) == ledger.facing(books)


def test_a_settlement_is_booked_on_both_sides_under_its_number():
    """The institution is owed what funds and account pay; both provinces say the same; cause, clause and day are there."""
    ref = world()
    desk = Desk(ref, person(PEKING)).ready()
    message = desk.message("2207", desk.settlement())
    head = desk.call(message)["output"]["setlinfo"]
    amount = owed(head)
    assert amount > 0
    assert {f"due_from:{PEKING}": amount, f"hospital:{desk.hospital.fixmedins_code}": -amount} == sums(ref, GUIZHOU)
    expected = {
        "fund": parse(head["fund_pay_sumamt"]),
        "personal_accounts": parse(head["acct_pay"]),
        f"due_to:{GUIZHOU}": -amount,
    }
    assert {name: fen for name, fen in expected.items() if fen} == sums(ref, PEKING)
    for party in (GUIZHOU, PEKING):
        (entry,) = ledger.entries(ref.parties[party].store)
        assert (head["setl_id"], message["msgid"], "G1", NOW.date()) == (
            entry.document,
            entry.cause,
            entry.clause,
            entry.day,
        )
    in_order(ref)


@pytest.mark.parametrize("undone", ["cancelled", "reversed", "restored"])
def test_what_is_undone_leaves_no_balance_but_a_trace(undone):
    """A cancellation, or a reversal, brings every account back to zero; a reversed cancellation brings it all again."""
    ref = world()
    desk = Desk(ref, person(PEKING)).ready()
    settling = desk.message("2207", desk.settlement())
    head = desk.call(settling)["output"]["setlinfo"]
    desk.setl_id = head["setl_id"]
    before = {party: sums(ref, party) for party in (GUIZHOU, PEKING)}
    if undone == "reversed":
        desk.ok("2601", desk.reversal(settling))
    else:
        cancelling = desk.message("2208", desk.cancellation())
        assert 0 == desk.call(cancelling)["infcode"]
    in_order(ref)
    for party in (GUIZHOU, PEKING):
        assert {0} == set(sums(ref, party).values())
    if undone == "restored":
        desk.ok("2601", desk.reversal(cancelling))
        assert before == {party: sums(ref, party) for party in (GUIZHOU, PEKING)}
        in_order(ref)


def test_at_home_both_sides_are_in_one_book():
    """A person treated in his own province: the same accounts, facing the province itself."""
    ref = world()
    desk = Desk(ref, person(PEKING), hospital=BEIJING).ready()
    amount = owed(desk.settle())
    assert (amount, -amount) == (sums(ref, PEKING)[f"due_from:{PEKING}"], sums(ref, PEKING)[f"due_to:{PEKING}"])
    in_order(ref)


class Line:
    """The parties with a line that loses an answer on purpose."""

    def __init__(self, ref: Reference) -> None:
        self.ref = ref
        self.seen = 0

    def run(self, message: dict[str, Any], party: str, now: datetime, lose: bool) -> dict[str, Any]:
        """Handle a message, the books being in order at every step; ``lose``: the hub's answer never comes."""
        work = self.ref.parties[party].handle(message, now)
        try:
            outbound = next(work)
            while True:
                in_order(self.ref)
                reply = self.run(outbound.message, outbound.to, now, False)
                self.seen += 1
                in_order(self.ref)
                outbound = work.send(Lost() if lose else Answer(reply))
        except StopIteration as stop:
            in_order(self.ref)
            answer: dict[str, Any] = stop.value
            return answer


STEP = st.tuples(st.sampled_from(["settle", "cancel", "reverse", "restore", "again"]), st.booleans())


@settings(max_examples=25, deadline=None)
@given(st.lists(STEP, min_size=1, max_size=8))
def test_the_books_agree_at_every_step_of_every_story(steps):
    """Settling, cancelling, reversing either, with answers lost and messages repeated: never a difference unexplained."""
    ref = world()
    desk = Desk(ref, person(PEKING)).ready()
    line = Line(ref)
    last: dict[str, dict[str, Any]] = {}
    for what, lose in steps:
        valid = [s for s in ref.parties[GUIZHOU].store.all(SETTLEMENTS) if s.state == "valid"]
        if what == "settle":
            message = desk.message("2207", desk.settlement())
        elif what == "cancel" and valid:
            message = desk.message("2208", desk.cancellation(setl_id=valid[0].setl_id))
        elif what == "reverse" and "2207" in last:
            message = desk.message("2601", desk.reversal(last["2207"]))
        elif what == "restore" and "2208" in last:
            message = desk.message("2601", desk.reversal(last["2208"]))
        elif what == "again" and last:
            message = list(last.values())[-1]
        else:
            continue
        last[message["infno"]] = message
        line.run(message, GUIZHOU, desk.now, lose)
    books = ledger.books(stores(ref))
    expected = sum(
        owed(each.head)
        for each in ref.parties[GUIZHOU].store.all(SETTLEMENTS)
        if each.head
        and not (each.state == "cancelled" or each.state == "reversed")
        and not (each.state == "cancelling" and each.refund_head)
    )
    assert expected == ledger.balance(books[GUIZHOU], f"due_from:{PEKING}")


def test_an_answer_that_is_lost_is_in_flight_until_it_is_resolved():
    """The insured place has booked, the treatment place has not: the difference is named, explained, and then gone."""
    ref = world()
    desk = Desk(ref, person(PEKING)).ready()
    message = desk.message("2207", desk.settlement())
    assert 0 != Line(ref).run(message, GUIZHOU, desk.now, lose=True)["infcode"]
    (held,) = ledger.in_flight(ledger.books(stores(ref)))
    (pending,) = ref.parties[GUIZHOU].store.all(SETTLEMENTS)
    assert pending.setl_id == held.document
    head = Line(ref).run(message, GUIZHOU, desk.now, lose=False)["output"]["setlinfo"]
    assert owed(head) == -held.amount
    assert [] == ledger.in_flight(ledger.books(stores(ref)))


def test_a_difference_that_nothing_explains_is_found():
    """One side's entry is missing, doubled or off by a fen; an entry of one leg: each is a break with its document."""
    ref = world()
    desk = Desk(ref, person(PEKING)).ready()
    desk.settle()
    store = ref.parties[PEKING].store
    (entry,) = ledger.entries(store)
    off = {**entry.legs, f"due_to:{GUIZHOU}": entry.legs[f"due_to:{GUIZHOU}"] - 1, "fund": entry.legs["fund"] + 1}
    faults = {
        "missing": lambda: store.delete(LEDGER, entry.number),
        "doubled": lambda: store.put(LEDGER, evolve(entry, number=99)),
        "off by a fen": lambda: store.put(LEDGER, evolve(entry, legs=off)),
        "one leg": lambda: store.put(LEDGER, evolve(entry, legs={"fund": 1})),
    }
    for name, plant in faults.items():
        plant()
        found = ledger.check(stores(ref))
        assert entry.document in {each.document for each in found}, name
        store.rollback()
        in_order(ref)


def test_what_does_not_balance_is_not_written():
    """The program stops before the entry, and nothing moves for an amount of zero."""
    store = MemoryStore()
    event: dict[str, Any] = {"document": "1", "cause": "1", "at": NOW}
    with pytest.raises(ledger.UnbalancedError):
        ledger.post(store, "settlement", {"fund": 1}, **event)
    assert ledger.post(store, "settlement", {"fund": 0, "bank": 0}, **event) is None
    assert 0 == store.count(LEDGER)


class Stops(MemoryStore):
    """A store that breaks when an entry comes, after the business record was written."""

    def put(self, table: Any, record: Any) -> None:
        super().put(table, record)
        if table is LEDGER:
            raise RuntimeError("stopped")


def test_entry_and_record_come_together_or_not_at_all():
    """When writing breaks off between the two, neither is there, on the side where it happened."""
    broken: dict[str, MemoryStore] = {PEKING: Stops()}
    ref = world(store=lambda name: broken.get(name) or MemoryStore())
    desk = Desk(ref, person(PEKING)).ready()
    with pytest.raises(RuntimeError):
        desk.settle()
    assert (0, 0) == (broken[PEKING].count(CLAIMS), broken[PEKING].count(LEDGER))
    in_order(ref)


def test_by_the_other_reading_the_account_is_not_owed_between_provinces():
    """Only the funds' part is; the insured place's account pays the institution itself."""
    ref = world(readings=Readings(account_cleared=False))
    desk = Desk(ref, person(PEKING)).ready()
    head = desk.settle()
    assert parse(head["fund_pay_sumamt"]) == sums(ref, GUIZHOU).get(f"due_from:{PEKING}", 0)
    in_order(ref)


def test_the_hub_books_nothing_of_single_settlements():
    """It carries messages; only a month's clearing is its own business."""
    ref = world()
    Desk(ref, person(PEKING)).ready().settle()
    assert [] == ledger.entries(ref.parties[HUB].store)
