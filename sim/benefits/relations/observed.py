"""A settlement as anybody can see it: the amounts of the reply, and what is known about the bill behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import field, frozen

from sim.benefits.accumulators import COUNTERS, Accumulators
from sim.benefits.line import LineShare
from sim.benefits.settle import Settlement


@frozen
class Observed:
    """One settlement, ours or somebody else's.

    ``amounts``   fields of setlinfo by their interface names, fen (``pool_prop_selfpay`` basis points); what a reply
                  leaves out is not judged, so do not put zeros for absent fields
    ``lines``     how many fee lines the bill had
    ``balance``   the personal account before it (fen), None where unknown
    ``account_asked``  whether the account was asked to pay, None where unknown
    ``paid_before``    what each fund had paid in the year before, by setlinfo field (fen), as far as known
    ``counters``  counters of the year after it, by name (`COUNTERS`), as far as known
    """

    amounts: Mapping[str, int] = field(hash=False)
    lines: int = 1
    balance: int | None = None
    account_asked: bool | None = None
    paid_before: Mapping[str, int] = field(factory=dict, hash=False)
    counters: Mapping[str, int] = field(factory=dict, hash=False)

    def get(self, name: str) -> int:
        """An amount, 0 where the reply leaves it out."""
        return self.amounts.get(name, 0)


def observe(
    settlement: Settlement,
    lines: Sequence[object] | None = None,
    balance: int | None = None,
    account_asked: bool | None = None,
    paid_before: Mapping[str, int] | None = None,
) -> Observed:
    """A settlement of our own engine, seen from outside. ``lines`` are counted; the shares' number if not given."""
    shares: Sequence[object] = settlement.shares if lines is None else lines
    return Observed(
        settlement.amounts, len(shares), balance, account_asked, paid_before or {}, counters_of(settlement.accumulators)
    )


def counters_of(accumulators: Accumulators) -> dict[str, int]:
    """Counters by name."""
    return {name: getattr(accumulators, name) for name in COUNTERS}


def parts_of(shares: Sequence[LineShare]) -> dict[str, int]:
    """The four parts of a total, summed over fee lines (fen)."""
    names = ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt")
    return {name: sum(getattr(share, name) for share in shares) for name in names}
