"""What happens one after the other: a settlement taken back and made again, two visits against one."""

from __future__ import annotations

from collections.abc import Iterator

from sim.benefits.closing import PARTS
from sim.benefits.relations.bills import EVERYTHING
from sim.benefits.relations.relation import Deviation, Need, Seen, compare, relation, stands
from sim.benefits.relations.terms import Terms

_STATE = frozenset({"balc", "pool_prop_selfpay"})
"""Fields that a reversal does not negate: a state and a ratio."""


@relation("REL-SETTLE-AGAIN", "first", "reversal", "again")
def settle_reverse_settle(seen: Seen, _: Terms) -> Iterator[Deviation]:
    """The reversal negates every amount; the bill settled again gives the first result, counters included."""
    first, reversal, again = seen
    for name in EVERYTHING:
        if name in first.amounts and name in reversal.amounts and name not in _STATE:
            yield from stands(name, reversal.amounts[name], "=", -first.amounts[name])
    yield from compare(again, first, EVERYTHING)
    for name in sorted(set(first.counters) & set(again.counters)):
        yield from stands(name, again.counters[name], "=", first.counters[name])


@relation(
    "REL-TWO-LIKE-ONE",
    "first",
    "second",
    "together",
    needs=[Need("policy", "adds_up", value=True), Need("policy", "roundings")],
)
def two_visits_are_paid_like_their_sum(seen: Seen, terms: Terms) -> Iterator[Deviation]:
    """Two visits, the second on the counters of the first, against one with the lines of both.

    Parts agree to the fen. Three roundings of half a fen meet at every amount that is rounded, so payments, deductible
    and counters agree within 3/2 fen for each of them. The count of stays is not compared.
    """
    first, second, both = seen
    allowance = 3 * (terms.roundings or 0) // 2
    for name in ("medfee_sumamt", *PARTS):
        yield from stands(name, first.get(name) + second.get(name), "=", both.get(name))
    for name in ("act_pay_dedc", "fund_pay_sumamt"):
        yield from stands(name, first.get(name) + second.get(name), "=", both.get(name), allowance)
    for name in sorted((set(second.counters) & set(both.counters)) - {"stays"}):
        yield from stands(name, second.counters[name], "=", both.counters[name], allowance)
