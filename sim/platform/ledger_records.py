"""What a party's ledger keeps: one entry a business event, in whole fen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal

from attrs import field, frozen

from sim.platform.store import Table

EntryKind = Literal[
    "settlement",
    "cancellation",
    "reversal",
    "restoration",
    "advance",
    "top_up",
    "deduction",
    "netting",
    "clearing_payment",
    "hospital_payment",
]


@frozen
class Entry:
    """A balanced entry of double-entry bookkeeping.

    ``legs``: account -> signed fen, debit positive, credit negative; they sum to zero. ``document`` is the number under
    which the other party books the same event (the setl_id, or the number of a notice or payment), ``line`` the number
    of this line in the month's clearing (a cancellation has its own, else the same). ``cause`` is the msgid, or the
    number of the step of clearing, that made the entry; ``clause`` the rule (`fixtures/clearing/clauses.yaml`).
    ``month`` is that of ``day``, as ``"2024-03"``.
    """

    number: int
    kind: EntryKind
    document: str
    line: str
    cause: str
    clause: str
    day: date
    month: str
    at: datetime
    legs: Mapping[str, int] = field(hash=False)


LEDGER = Table("ledger", Entry, ("number",), {"document": ("document",), "month": ("month",)})
