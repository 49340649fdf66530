"""What one settlement must keep, and the settlements of one year together."""

from __future__ import annotations

from collections.abc import Iterator

from sim.benefits.closing import FUNDS, PARTS
from sim.benefits.relations.relation import Deviation, Need, Seen, relation, stands
from sim.benefits.relations.terms import Terms

AMOUNTS = (
    "medfee_sumamt",
    *PARTS,
    "act_pay_dedc",
    *FUNDS,
    "fund_pay_sumamt",
    "psn_part_amt",
    "acct_pay",
    "psn_cash_pay",
    "hosp_part_amt",
    "acct_mulaid_pay",
    "balc",
)
"""Every amount of setlinfo that is money."""


@relation("REL-NOT-NEGATIVE", "settlement")
def nobody_pays_a_negative_amount(seen: Seen, _: Terms) -> Iterator[Deviation]:
    """No amount of a settlement that is no reversal lies below zero."""
    (one,) = seen
    for name in AMOUNTS:
        if name in one.amounts:
            yield from stands(name, one.amounts[name], ">=", 0)


@relation("REL-FUND-SCOPE", "settlement")
def funds_pay_in_scope_cost_only(seen: Seen, _: Terms) -> Iterator[Deviation]:
    """Funds, together and each, pay no more than what is in scope; nor does the deductible take more."""
    (one,) = seen
    scope = one.get("inscp_scp_amt")
    for name in ("fund_pay_sumamt", *FUNDS):
        if name in one.amounts:
            yield from stands(name, one.amounts[name], "<=", scope)
    if "act_pay_dedc" in one.amounts:
        yield from stands("act_pay_dedc", one.amounts["act_pay_dedc"], "<=", scope + one.get("preselfpay_amt"))


@relation("REL-ACCT-LEFT", "settlement", needs=[Need("bill", "account_asked", value=False)])
def an_account_not_asked_does_not_pay(seen: Seen, _: Terms) -> Iterator[Deviation]:
    """Without a request to use it, the personal account pays nothing."""
    (one,) = seen
    yield from stands("acct_pay", one.get("acct_pay"), "=", 0)


@relation("REL-ACCT-BALANCE", "settlement", needs=[Need("bill", "balance")])
def the_account_pays_what_it_holds(seen: Seen, _: Terms) -> Iterator[Deviation]:
    """The own account pays at most its balance, and what it paid is missing from it afterwards."""
    (one,) = seen
    before = one.balance or 0
    own = one.get("acct_pay") - one.get("acct_mulaid_pay")
    yield from stands("acct_pay", own, "<=", before)
    if "balc" in one.amounts:
        yield from stands("balc", one.amounts["balc"], "=", before - own)


@relation("REL-CAP", "settlement", needs=[Need("policy", "caps")], many=True)
def no_fund_passes_its_cap(seen: Seen, terms: Terms) -> Iterator[Deviation]:
    """The payments of a person's year, with what came before them, stay within each cap.

    A fund already beyond its cap (a cap may be lowered during the year) pays nothing more.
    """
    for name, cap in (terms.caps or {}).items():
        before = seen[0].paid_before.get(name, 0)
        paid = sum(one.get(name) for one in seen)
        yield from stands(name, before + paid, "<=", max(cap, before))
