"""Double-entry ledgers: one in every party, each entry written in the transaction of the event that it books."""

from sim.platform.ledger.accounts import (
    BANK,
    FUND,
    PERSONAL,
    advance_given,
    advance_held,
    clearing,
    due_from,
    due_to,
    hospital,
    refused,
)
from sim.platform.ledger.check import Break, breaks, check
from sim.platform.ledger.post import UnbalancedError, cover, owe, post
from sim.platform.ledger.sums import (
    Books,
    InFlight,
    balance,
    balances,
    books,
    entries,
    facing,
    in_flight,
    unbalanced,
)
from sim.platform.ledger_records import LEDGER, Entry, EntryKind

__all__ = [
    "BANK",
    "FUND",
    "LEDGER",
    "PERSONAL",
    "Books",
    "Break",
    "Entry",
    "EntryKind",
    "InFlight",
    "UnbalancedError",
    "advance_given",
    "advance_held",
    "balance",
    "balances",
    "books",
    "breaks",
    "check",
    "clearing",
    "cover",
    "due_from",
    "due_to",
    "entries",
    "facing",
    "hospital",
    "in_flight",
    "owe",
    "post",
    "refused",
    "unbalanced",
]
