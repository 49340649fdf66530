"""Pure functions over ledgers: balances, and whether the books of all parties agree.

They take entries and nothing else, so that an auditor can use them on what he has, or do without them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from attrs import frozen

from sim.platform.ledger.accounts import MIRRORED_BY, split
from sim.platform.ledger_records import LEDGER, Entry
from sim.platform.store import Store

Books: TypeAlias = Mapping[str, Iterable[Entry]]
"""The entries of every party, by its name."""


def entries(store: Store) -> list[Entry]:
    """A party's entries in the order in which they were made."""
    return sorted(store.all(LEDGER), key=lambda entry: entry.number)


def books(stores: Mapping[str, Store]) -> dict[str, list[Entry]]:
    """The entries of every party."""
    return {party: entries(store) for party, store in stores.items()}


def balance(made: Iterable[Entry], account: str) -> int:
    """The balance of an account in fen, debit positive."""
    return sum(entry.legs.get(account, 0) for entry in made)


def balances(made: Iterable[Entry]) -> dict[str, int]:
    """The balance of every account that was ever used, by name."""
    found: dict[str, int] = defaultdict(int)
    for entry in made:
        for account, fen in entry.legs.items():
            found[account] += fen
    return dict(sorted(found.items()))


@frozen
class InFlight:
    """A document that two parties have booked differently so far: what the first has more than its mirror, in fen."""

    document: str
    party: str
    account: str
    other: str
    amount: int


def unbalanced(all_books: Books) -> list[tuple[str, Entry]]:
    """Entries whose legs do not sum to zero, each with its party: there must be none."""
    return [(party, entry) for party, made in all_books.items() for entry in made if sum(entry.legs.values())]


def in_flight(all_books: Books) -> list[InFlight]:
    """Every document whose two sides differ, seen from the side that is owed or has paid an advance.

    Whatever the moment, the balances of all accounts that face another party sum to the sum of these amounts.
    """
    held: dict[tuple[str, str, str], int] = defaultdict(int)  # (document, party, account)
    for party, made in all_books.items():
        for entry in made:
            for account, fen in entry.legs.items():
                if split(account)[0] in MIRRORED_BY:
                    held[entry.document, party, account] += fen
    found: list[InFlight] = []
    seen: set[tuple[str, str, str]] = set()
    for document, party, account in sorted(held):
        if (document, party, account) in seen:
            continue
        kind, other = split(account)
        mirror = (document, other, f"{MIRRORED_BY[kind]}:{party}")
        seen |= {(document, party, account), mirror}
        amount = held[document, party, account] + held.get(mirror, 0)
        if amount:
            found.append(InFlight(document, party, account, other, amount))
    return found


def facing(all_books: Books) -> int:
    """The sum of all accounts that face another party: zero, but for what is in flight."""
    return sum(
        fen
        for made in all_books.values()
        for entry in made
        for account, fen in entry.legs.items()
        if split(account)[0] in MIRRORED_BY
    )
