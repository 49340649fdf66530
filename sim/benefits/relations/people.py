"""The same bill for two people or places, of whom one is never worse off."""

from __future__ import annotations

from collections.abc import Iterator

from sim.benefits.relations.bills import by_line
from sim.benefits.relations.relation import Deviation, Need, NotApplicableError, Seen, compare, relation
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


def _ordered(name: str) -> list[Need]:
    return [Need("policy", "no_worse", value=name), Need("policy", "roundings")]


@relation("REL-RETIRED", "retired", "in service", needs=_ordered("retired_no_worse"))
def retired_no_worse(seen: Seen, terms: Terms) -> Iterator[Deviation]:
    """Funds pay for a retired person no less than for one in service."""
    yield from _no_less(seen, terms)


@relation("REL-NEEDY", "needy", "ordinary", needs=_ordered("needy_no_worse"))
def needy_no_worse(seen: Seen, terms: Terms) -> Iterator[Deviation]:
    """Funds pay for a person in need no less than for anybody else."""
    yield from _no_less(seen, terms)


@relation("REL-AIDED", "destitute", "nobody's group", needs=_ordered("aided_no_worse"))
def aided_no_worse(seen: Seen, terms: Terms) -> Iterator[Deviation]:
    """Funds pay for a destitute person (特困) no less than for one in no group of medical aid."""
    yield from _no_less(seen, terms)


@relation("REL-HOME", "at home", "out of town", needs=_ordered("home_no_worse"))
def home_no_worse(seen: Seen, terms: Terms) -> Iterator[Deviation]:
    """Out of town, funds pay no more than at home."""
    yield from _no_less(seen, terms)


@relation("REL-LONG-TERM", "long-term", "other filing", needs=_ordered("long_term_no_worse"))
def long_term_no_worse(seen: Seen, terms: Terms) -> Iterator[Deviation]:
    """Long-term residents elsewhere (异地长期居住) are paid no less than those of any other filing category."""
    yield from _no_less(seen, terms)


@relation("REL-REFERRAL", "referred", "not referred", needs=_ordered("referral_no_worse"))
def referral_no_worse(seen: Seen, terms: Terms) -> Iterator[Deviation]:
    """A referral (转诊) is paid no less than going without one, or without filing."""
    yield from _no_less(seen, terms)


@relation("REL-LEVEL", "lower level", "higher level", needs=_ordered("lower_level_no_worse"))
def lower_level_no_worse(seen: Seen, terms: Terms) -> Iterator[Deviation]:
    """At a hospital of a lower level, funds pay no less."""
    yield from _no_less(seen, terms)


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
