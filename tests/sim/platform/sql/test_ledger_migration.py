"""A database from before there were ledgers: everything settled in it is booked when it is opened."""

from __future__ import annotations

from datetime import date

import clearing_desk as desk
import pytest
import sqlalchemy as sa
from platform_desk import world

from sim.platform import HUB, ledger
from sim.platform.clearing import Clearing, month_of
from sim.platform.clearing_records import CLEARING_TABLES
from sim.platform.intents import INTENTS
from sim.platform.sql import open_store


def made_by_version_1(url: str) -> None:
    """Take a database back to what version 1 had: no ledgers, nothing of clearing."""
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"), poolclass=sa.NullPool)
    with engine.begin() as connection:
        for table in (ledger.LEDGER, *CLEARING_TABLES, INTENTS):
            connection.execute(sa.text(f"DROP TABLE {table.name}"))
        connection.execute(sa.text("DELETE FROM counters WHERE name = 'ledger'"))
        connection.execute(sa.text("UPDATE meta SET value = '1' WHERE name = 'version'"))


@pytest.fixture
def told(empty):
    """A database with a story in it, that story, and the balances it ended with."""
    with open_store(empty) as database:
        story = desk.Story(world(store=database))
        desk.tell(story)
        gone = story.settle(desk.day(4, 3))
        story.reverse(gone, desk.day(4, 4), declared=False)
        names = list(story.ref.parties)
        before = {name: ledger.balances(ledger.entries(database(name))) for name in names}
    return empty, story, before


def test_what_was_settled_before_is_booked_when_the_database_is_opened(told):
    """The balances are those of a database that had ledgers all along; the books agree; the month's table is the same."""
    url, story, before = told
    made_by_version_1(url)
    with open_store(url) as database:
        stores = {name: database(name) for name in before}
        after = {name: ledger.balances(ledger.entries(store)) for name, store in stores.items()}
        nothing = {name: {k: v for k, v in sums.items() if v} for name, sums in before.items()}
        assert nothing == {name: {k: v for k, v in sums.items() if v} for name, sums in after.items()}
        assert () == ledger.check(stores)
        month = month_of(Clearing(stores), desk.MARCH)
        assert story.recount(desk.MARCH) == {
            (row.treated_in, row.insured): (row.count, row.medfee, row.amount) for row in month.rows
        }
        Clearing(stores).run(desk.MARCH, date(2024, 12, 31))
        assert {0} == set(ledger.balances(ledger.entries(stores[HUB])).values())


def test_after_the_migration_a_cashier_goes_on_as_before(told):
    """New entries get new numbers; cancelling what was booked by the migration brings its accounts back."""
    url, _, _ = told
    made_by_version_1(url)
    with open_store(url) as database:
        story = desk.Story(world(store=database))
        story.used[desk.PEKING] = 8
        one = story.settle(desk.day(4, 10))
        story.cancel(one, desk.day(4, 11))
        made = ledger.entries(database(desk.GUIZHOU))
        assert list(range(1, len(made) + 1)) == [entry.number for entry in made]
        assert () == ledger.check({name: database(name) for name in story.ref.parties})
