"""One person, one kind of visit, the same counters before: two bills that differ in a known way."""

from __future__ import annotations

from collections.abc import Iterator

from sim.benefits.closing import FUNDS, PARTS
from sim.benefits.relations.observed import Observed
from sim.benefits.relations.relation import Deviation, NotApplicableError, Seen, compare, relation, stands
from sim.benefits.relations.terms import Terms
from sim.lang import say

PAYMENTS = ("act_pay_dedc", *FUNDS, "pool_prop_selfpay", "fund_pay_sumamt")
PERSON = ("psn_part_amt", "hosp_part_amt", "acct_pay", "psn_cash_pay", "acct_mulaid_pay", "balc")
EVERYTHING = ("medfee_sumamt", *PARTS, *PAYMENTS, *PERSON)
"""Every field of setlinfo that a settlement decides."""


def by_line(terms: Terms, *bills: Observed) -> int:
    """How far (fen) payments may move because fee lines are rounded one by one: half a fen a line, in every bill.

    Nothing where the policy is known not to; where it is not known, as if it did.
    """
    return 0 if terms.rounded_by_line is False else sum(bill.lines for bill in bills) // 2


@relation("REL-SAME-AGAIN", "once", "again")
def the_same_bill_gives_the_same_result(seen: Seen, _: Terms) -> Iterator[Deviation]:
    """A bill settled on trial and in earnest, or asked twice, gives the same amounts; the printed balance aside."""
    once, again = seen
    yield from compare(again, once, [name for name in EVERYTHING if name != "balc"])


@relation("REL-LINE-ORDER", "in order", "shuffled")
def the_order_of_lines_is_irrelevant(seen: Seen, terms: Terms) -> Iterator[Deviation]:
    """Shuffled fee lines give the same parts to the fen; payments too, unless lines are rounded one by one."""
    ordered, shuffled = seen
    yield from compare(shuffled, ordered, ("medfee_sumamt", *PARTS, "act_pay_dedc"))
    yield from compare(shuffled, ordered, ("fund_pay_sumamt", "psn_part_amt"), "=", by_line(terms, ordered, shuffled))
    if terms.rounded_by_line is False:
        yield from compare(shuffled, ordered, (*FUNDS, "pool_prop_selfpay", "acct_pay", "psn_cash_pay", "balc"))


@relation("REL-LINE-SPLIT", "whole", "in pieces")
def splitting_a_line_changes_nothing_but_rounding(seen: Seen, terms: Terms) -> Iterator[Deviation]:
    """One fee line cut into k lines of the same item and price whose quantities sum to it.

    Each of k + 1 amounts is rounded by at most half a fen, so the total, own pay and over-limit move by at most
    (k + 1) / 2 fen each. The first self-pay is a share, at most 1, of amount less over-limit, rounded in its turn: it
    and the in-scope amount move by at most what total and over-limit moved together, and (k + 1) / 2 fen. Payments
    never move further than the in-scope amount, a deductible counted from the total apart, which moves with it.
    """
    whole, pieces = seen
    k = pieces.lines - whole.lines + 1
    if k < 1:
        raise NotApplicableError(say("relation.why.no_pieces"))
    half = (k + 1) // 2
    yield from compare(pieces, whole, ("medfee_sumamt", "fulamt_ownpay_amt", "overlmt_selfpay"), "=", half)
    total = abs(pieces.get("medfee_sumamt") - whole.get("medfee_sumamt"))
    moved = total + abs(pieces.get("overlmt_selfpay") - whole.get("overlmt_selfpay"))
    yield from compare(pieces, whole, ("preselfpay_amt", "inscp_scp_amt"), "=", moved + half)
    scope = abs(pieces.get("inscp_scp_amt") - whole.get("inscp_scp_amt"))
    reach = scope + (0 if terms.deductible_of_total is False else total) + by_line(terms, whole, pieces)
    yield from compare(pieces, whole, ("fund_pay_sumamt",), "=", reach)
    yield from compare(pieces, whole, ("act_pay_dedc",), "=", scope + total)


@relation("REL-OWN-PAY", "without", "with")
def a_wholly_self_paid_line_moves_only_self_pay(seen: Seen, terms: Terms) -> Iterator[Deviation]:
    """A line of class C more: total, own pay and the personal share grow by it; nothing else moves.

    Where the deductible may be a share of the total, it may rise and payments fall; never the other way.
    """
    without, extra = seen
    more = extra.get("fulamt_ownpay_amt") - without.get("fulamt_ownpay_amt")
    if more < 0:
        raise NotApplicableError(say("relation.why.no_own_pay"))
    yield from stands("medfee_sumamt", extra.get("medfee_sumamt"), "=", without.get("medfee_sumamt") + more)
    yield from compare(extra, without, ("overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt"))
    if terms.deductible_of_total is False:
        yield from compare(extra, without, PAYMENTS)
        if "psn_part_amt" in extra.amounts and "psn_part_amt" in without.amounts:
            person = extra.get("psn_part_amt") + extra.get("hosp_part_amt")
            before = without.get("psn_part_amt") + without.get("hosp_part_amt")
            yield from stands("psn_part_amt", person, "=", before + more)
    else:
        yield from compare(extra, without, ("act_pay_dedc",), ">=")
        yield from compare(extra, without, ("fund_pay_sumamt",), "<=")


@relation("REL-REFUND", "without", "with both")
def a_line_and_its_refund_change_nothing(seen: Seen, terms: Terms) -> Iterator[Deviation]:
    """A line more, and the line that gives it back whole: every amount stays."""
    without, both = seen
    yield from compare(both, without, ("medfee_sumamt", *PARTS, "act_pay_dedc"))
    yield from compare(both, without, ("fund_pay_sumamt", "psn_part_amt"), "=", by_line(terms, without, both))


@relation("REL-MORE-SCOPE", "less", "more")
def more_in_scope_never_lowers_what_funds_pay(seen: Seen, terms: Terms) -> Iterator[Deviation]:
    """A larger in-scope amount: funds pay no less, and no more than it grew.

    Also where only the class or a price limit moved cost into scope and the total stayed.
    """
    less, more = seen
    grown = more.get("inscp_scp_amt") - less.get("inscp_scp_amt")
    total = more.get("medfee_sumamt") - less.get("medfee_sumamt")
    if grown < 0:
        raise NotApplicableError(say("relation.why.not_more"))
    by_total = terms.deductible_of_total is not False
    if by_total and total > grown:
        raise NotApplicableError(say("relation.why.total_grew_more"))
    allowance = by_line(terms, less, more)
    yield from compare(more, less, ("fund_pay_sumamt",), ">=", allowance)
    if "fund_pay_sumamt" in more.amounts and "fund_pay_sumamt" in less.amounts:
        most = less.get("fund_pay_sumamt") + grown + (max(0, -total) if by_total else 0)
        yield from stands("fund_pay_sumamt", more.get("fund_pay_sumamt"), "<=", most, allowance)


@relation("REL-ACCT-NO-FUND", "without account", "with account")
def the_account_moves_no_fund(seen: Seen, _: Terms) -> Iterator[Deviation]:
    """Whether the personal account pays or not, total, parts, deductible, funds and personal share are the same."""
    without, using = seen
    yield from compare(using, without, ("medfee_sumamt", *PARTS, *PAYMENTS, "psn_part_amt", "hosp_part_amt"))
