"""Writing entries: the only place that does, and it writes nothing that does not balance.

Nothing here commits. The caller's transaction holds the business record and the entry, or neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sim.platform.ledger import accounts
from sim.platform.ledger_records import LEDGER, Entry, EntryKind
from sim.platform.store import Store

CLAUSE: Mapping[EntryKind, str] = {
    "settlement": "G1",
    "cancellation": "E6",
    "reversal": "E5",
    "restoration": "E5",
    "advance": "G3",
    "top_up": "G5",
    "deduction": "H4",
    "netting": "G9",
    "clearing_payment": "G7",
    "hospital_payment": "G10",
}
"""The rule that each kind of entry follows, where the step itself does not name another."""


class UnbalancedError(Exception):
    """An entry whose legs do not sum to zero: a fault of this program, never of a message."""


def post(
    store: Store,
    kind: EntryKind,
    legs: Mapping[str, int],
    *,
    document: str,
    cause: str,
    at: datetime,
    line: str = "",
    clause: str = "",
) -> Entry | None:
    """Write an entry; None when nothing moves. Raises UnbalancedError, and then writes nothing."""
    moving = {account: fen for account, fen in legs.items() if fen}
    if sum(moving.values()):
        raise UnbalancedError(f"{kind} {document}: {dict(legs)}")
    if not moving:
        return None
    day = at.date()
    entry = Entry(
        number=store.next("ledger"),
        kind=kind,
        document=document,
        line=line or document,
        cause=cause,
        clause=clause or CLAUSE[kind],
        day=day,
        month=f"{day.year:04d}-{day.month:02d}",
        at=at,
        legs=moving,
    )
    store.put(LEDGER, entry)
    return entry


def owe(
    store: Store,
    kind: EntryKind,
    direction: int,
    *,
    insured: str,
    institution: str,
    amount: int,
    setl_id: str,
    line: str,
    cause: str,
    at: datetime,
) -> Entry | None:
    """At the treatment place: an institution is owed what an insured province will pay (1), or no longer is (-1)."""
    fen = direction * amount
    legs = {accounts.due_from(insured): fen, accounts.hospital(institution): -fen}
    return post(store, kind, legs, document=setl_id, line=line, cause=cause, at=at)


def cover(
    store: Store,
    kind: EntryKind,
    direction: int,
    *,
    treatment: str,
    fund: int,
    account: int,
    account_cleared: bool,
    setl_id: str,
    cause: str,
    at: datetime,
) -> Entry | None:
    """At the insured place: funds and personal account pay (1) or have it back (-1); the treatment place is owed it.

    ``account_cleared`` False: the account pays the institution directly, and only the funds' part is owed.
    """
    fund, account = direction * fund, direction * account
    legs = {accounts.FUND: fund, accounts.PERSONAL: account, accounts.due_to(treatment): -fund}
    if account_cleared:
        legs[accounts.due_to(treatment)] -= account
    else:
        legs[accounts.BANK] = -account
    return post(store, kind, legs, document=setl_id, cause=cause, at=at)
