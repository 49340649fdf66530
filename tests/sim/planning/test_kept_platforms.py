"""A run whose platforms are kept in a database."""

import pytest

from sim import planning
from sim.errors import InputError
from sim.platform import ledger
from sim.platform.records import SETTLEMENTS
from sim.platform.sql import open_store


def test_a_run_that_keeps_its_platforms_has_the_same_records_and_leaves_balanced_books(tmp_path):
    """The database holds the settlements that the records tell of; nothing else changes."""
    plan, url = planning.read_plan("demo-day"), f"sqlite:///{tmp_path / 'yidi.db'}"
    kept = planning.simulate(plan, db=url)
    assert planning.simulate(plan).records == kept.records
    with open_store(url) as database:
        stores = {party: database(party) for party in database.parties()}
        valid = [one for store in stores.values() for one in store.all(SETTLEMENTS) if one.state == "valid"]
        assert sum(record.outcome == "settled" for _, record in kept.records) == len(valid)
        assert ledger.check(stores) == ()


def test_several_replications_cannot_share_a_database(tmp_path):
    """Refused before anything is made."""
    with pytest.raises(InputError, match="replications"):
        planning.simulate(planning.read_plan("demo-day"), replications=2, db=f"sqlite:///{tmp_path / 'yidi.db'}")
    assert list(tmp_path.iterdir()) == []
