"""The month's clearing: what it takes and leaves out, how it is netted and paid, and that it says what happened."""

from __future__ import annotations

from datetime import date

from clearing_desk import APRIL, CHONGQING, GUIZHOU, MARCH, PEKING, spring, stores

from sim.platform import HUB, ledger
from sim.platform.clearing import Month, month_of


def counted(month: Month) -> dict[tuple[str, str], tuple[int, int, int]]:
    return {(row.treated_in, row.insured): (row.count, row.medfee, row.amount) for row in month.rows}


def test_a_months_table_is_what_a_recount_of_the_replies_gives():
    """Count, total and amount of every pair; provisional, issued and paid alike; April's negative line is April's."""
    story = spring()
    office = story.clearing
    for until in (date(2024, 4, 10), date(2024, 4, 21), date(2024, 6, 30)):
        office.run(MARCH, until)
        assert story.recount(MARCH) == counted(month_of(office, MARCH))
        assert () == ledger.check(stores(story.ref))
    assert story.recount(APRIL) == counted(month_of(office, APRIL))
    assert story.recount(MARCH) != story.recount(APRIL)


def test_after_the_last_step_nobody_owes_anybody():
    """What was due, netted and paid is settled; banks hold the nets; the hub keeps nothing."""
    story = spring()
    office = story.clearing
    positions = {each.province: each.net for each in month_of(office, MARCH).positions}
    assert 0 == sum(positions.values())
    story.events.clear()
    office.run(MARCH, date(2024, 12, 31))
    for code in (GUIZHOU, PEKING, CHONGQING):
        sums = ledger.balances(ledger.entries(story.ref.parties[code].store))
        assert 0 == sums.get(ledger.clearing(HUB), 0)
        paid = -sum(fen for account, fen in sums.items() if account == "paid")
        assert paid == 0
    hub = ledger.balances(ledger.entries(story.ref.parties[HUB].store))
    assert {0} == set(hub.values())
    assert "distributed" == month_of(office, MARCH).state


def test_running_again_books_nothing_twice():
    """Every step is done once, however often and in whatever pieces the month is run."""
    pieces, whole = spring(), spring()
    for until in (date(2024, 4, 20), date(2024, 4, 21), date(2024, 4, 21), date(2024, 5, 10), date(2024, 6, 30)):
        pieces.clearing.run(MARCH, until)
    whole.clearing.run(MARCH, date(2024, 6, 30))
    for code in whole.ref.parties:
        expected = ledger.balances(ledger.entries(whole.ref.parties[code].store))
        assert expected == ledger.balances(ledger.entries(pieces.ref.parties[code].store)), code
