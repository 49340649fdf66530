"""Whether the ledgers of all parties agree at this moment: the invariant, exact with what is under way.

1. The legs of every entry sum to zero, so the sum over all accounts of all parties is zero.
2. What two parties have booked under one document cancels out, or the difference is *explained*: the event is under
   way, and one of the parties has a durable intent that says so. For a settlement that is the treatment place's record
   in a state of doubt (``pending``, ``cancelling``, ``reversing``), for a step of clearing the hub's or the payer's.
3. A difference under way is never larger than the document: its other side will have the same amount, or none.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from sim.platform.clearing_records import ADVANCES, MONTH_TABLES
from sim.platform.exchange import HUB
from sim.platform.ledger.accounts import split
from sim.platform.ledger.sums import Books, InFlight, books, in_flight, unbalanced
from sim.platform.records import SETTLEMENTS
from sim.platform.store import Store

DOUBT = ("pending", "cancelling", "reversing")
"""States of a settlement at the treatment place in which the insured place may have booked it or not."""
NOTICE, COLLECTION, DISTRIBUTION = "notice-", "collection-", "distribution-"
"""How the documents of a month's clearing begin; the month follows."""
UNDER_WAY = {NOTICE: "noticing", COLLECTION: "collecting", DISTRIBUTION: "distributing"}
"""The state of the hub's month table while the documents of a step are being booked, party by party."""


@frozen
class Break:
    """Something that must not be: ``reason`` is ``"unbalanced"`` or ``"unexplained"``."""

    reason: str
    party: str
    document: str
    account: str = ""
    other: str = ""
    amount: int = 0


def check(stores: Mapping[str, Store]) -> tuple[Break, ...]:
    """Every break of the invariant in the stores of all parties; none when the books are in order.

    What faces a party that is not among them cannot be judged, and is not.
    """
    return breaks(stores, books(stores))


def breaks(stores: Mapping[str, Store], among: Books) -> tuple[Break, ...]:
    """The same of some entries only: whatever is said of a document rests on its own entries, all of which must be
    there."""
    wrong = [
        Break("unbalanced", party, entry.document, amount=sum(entry.legs.values()))
        for party, entry in unbalanced(among)
    ]
    wrong += [
        Break("unexplained", each.party, each.document, each.account, each.other, each.amount)
        for each in in_flight(among)
        if each.other in stores and not explained(stores, each)
    ]
    return tuple(wrong)


def explained(stores: Mapping[str, Store], difference: InFlight) -> bool:
    """Whether a durable record says that the document is under way."""
    kind = split(difference.account)[0]
    if kind.startswith("advance"):
        payer = difference.party if kind == "advance_given" else difference.other
        advance = stores[payer].get(ADVANCES, difference.document) if payer in stores else None
        return advance is not None and advance.state == "paying"
    for prefix, state in UNDER_WAY.items():
        if difference.document.startswith(prefix):
            month = difference.document.removeprefix(prefix)
            table = stores[HUB].get(MONTH_TABLES, month) if HUB in stores else None
            return table is not None and table.state == state
    place = difference.party if kind == "due_from" else difference.other
    settlement = stores[place].get(SETTLEMENTS, difference.document) if place in stores else None
    return settlement is not None and settlement.state in DOUBT
