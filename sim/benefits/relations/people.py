"""The same bill for two people or places, of whom one is never worse off."""

from __future__ import annotations

from collections.abc import Iterator

from sim.benefits.relations.bills import by_line
from sim.benefits.relations.relation import (
    Deviation,
    Need,
    NotApplicableError,
    Relation,
    Seen,
    compare,
    register,
    relation,
)
from sim.benefits.relations.terms import Terms
from sim.lang import say


def _no_less(seen: Seen, terms: Terms) -> Iterator[Deviation]:
    better, other = seen
    for name in ("medfee_sumamt", "inscp_scp_amt"):
        if better.get(name) != other.get(name):
            raise NotApplicableError(say("relation.why.other_bill"))
    yield from compare(better, other, ("fund_pay_sumamt",), ">=", by_line(terms, better, other) + _layers(terms))


def _layers(terms: Terms) -> int:
    """How far (fen) the sum of several rounded payments may fall behind: half a fen each, in both bills.

    One rounded payment keeps the order of what it is made from.
    """
    roundings = terms.roundings or 0
    return roundings if roundings > 1 else 0


def _ordered(name: str) -> tuple[Need, ...]:
    return (Need("policy", "no_worse", value=name), Need("policy", "roundings"))


_POLICY_SAYS = {
    "retired_no_worse": ("REL-RETIRED", "retired", "in service"),
    "needy_no_worse": ("REL-NEEDY", "needy", "ordinary"),
    "aided_no_worse": ("REL-AIDED", "destitute", "nobody's group"),
    "home_no_worse": ("REL-HOME", "at home", "out of town"),
    "long_term_no_worse": ("REL-LONG-TERM", "long-term", "other filing"),
    "referral_no_worse": ("REL-REFERRAL", "referred", "not referred"),
    "lower_level_no_worse": ("REL-LEVEL", "lower level", "higher level"),
}
"""Who is never worse off where the policy says so: clause, and both roles."""

for _name, (_clause, *_roles) in _POLICY_SAYS.items():
    register(Relation(_name, _clause, tuple(_roles), _no_less, _ordered(_name)))


@relation("REL-LATER-STAY", "later stay", "first stay", needs=_ordered("later_stay_no_worse"))
def later_stay_no_worse(seen: Seen, terms: Terms) -> Iterator[Deviation]:
    """A later stay of the year, all other counters alike, bears no higher deductible than the first."""
    later, first = seen
    yield from compare(later, first, ("act_pay_dedc",), "<=")
    yield from _no_less(seen, terms)


@relation("REL-TRANSFER", "transferred", "admitted anew", needs=[Need("policy", "roundings")])
def transfer_no_worse(seen: Seen, terms: Terms) -> Iterator[Deviation]:
    """A stay transferred from another hospital bears no higher deductible than a new one."""
    transferred, anew = seen
    yield from compare(transferred, anew, ("act_pay_dedc",), "<=")
    yield from _no_less(seen, terms)


@relation("REL-SUPPLEMENT", "member", "no member", needs=[Need("policy", "roundings")])
def supplement_no_worse(seen: Seen, terms: Terms) -> Iterator[Deviation]:
    """A supplement (civil servants, a unit's scheme, veterans) never lowers what funds pay together."""
    yield from _no_less(seen, terms)
