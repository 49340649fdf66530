"""What is shown of all ledgers together, worked out where they are: by the database that has them all, else in Python.

Entries are handed over for documents only that are under way or do not agree, and for at most so many of those.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import frozen

from sim.platform import ledger
from sim.platform.ledger import LEDGER, Entry
from sim.platform.sql.ledgers import SharedLedgers, shared_ledgers
from sim.platform.store import Store


@frozen
class Summed:
    """How many entries there are, the balances by party and account in fen, and all entries of documents that are
    ``open``: under way between two of the parties, or wrong. ``open`` is how many such documents there are."""

    entries: int
    balances: Mapping[str, Mapping[str, int]]
    open: int
    books: Mapping[str, Sequence[Entry]]


def summed(stores: Mapping[str, Store], most: int) -> Summed:
    """Of these parties; the entries of ``most`` open documents at most."""
    shared = shared_ledgers(stores)
    return _in_python(stores, most) if shared is None else _in_database(stores, shared, most)


def balances(stores: Mapping[str, Store]) -> Mapping[str, Mapping[str, int]]:
    """The balances alone."""
    shared = shared_ledgers(stores)
    if shared is not None:
        return shared.balances()
    return {party: ledger.balances(made) for party, made in ledger.books(stores).items()}


def _in_database(stores: Mapping[str, Store], shared: SharedLedgers, most: int) -> Summed:
    looked_at, how_many = shared.open(most)
    books = {
        party: sorted((e for one in looked_at for e in store.find(LEDGER, "document", one)), key=_number)
        for party, store in stores.items()
    }
    entries = sum(store.count(LEDGER) for store in stores.values())
    return Summed(entries, shared.balances(), how_many, books)


def _in_python(stores: Mapping[str, Store], most: int) -> Summed:
    books = ledger.books(stores)
    wrong = {entry.document for _, entry in ledger.unbalanced(books)}
    uneven = {one.document for one in ledger.in_flight(books) if one.other in stores}
    looked_at = set(sorted(wrong | uneven, key=lambda one: (one not in wrong, one))[:most])
    return Summed(
        sum(map(len, books.values())),
        {party: ledger.balances(made) for party, made in books.items()},
        len(wrong | uneven),
        {party: [entry for entry in made if entry.document in looked_at] for party, made in books.items()},
    )


def _number(entry: Entry) -> int:
    return entry.number
