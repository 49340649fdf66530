"""What holds under every policy, known or not: the relations of `sim.benefits.relations` on what was observed.

Single settlements are held against themselves, comparable ones (`comparable`) against each other. Where the policy is
declared its terms make the relations sharper; where it is not, they ask for no more than any policy must give. What a
relation needs and nobody knows leaves it not judged, never passed.
"""

from __future__ import annotations

from collections.abc import Callable

from conformance.checks.book import Book, SettleFacts
from conformance.checks.comparable import Again, Pair, comparisons, observed, reversal
from conformance.checks.exact import reckon
from conformance.checks.look import Look
from conformance.checks.sink import Sink, shown
from conformance.profile import Profile
from sim.benefits.accumulators import COUNTERS
from sim.benefits.relations import RELATIONS, UNKNOWN, Deviation, Observed, Terms, Verdict, terms_of
from sim.lang import Text, say
from sim.money import show

ALONE = ("nobody_pays_a_negative_amount", "funds_pay_in_scope_cost_only")
ACCOUNT, BALANCE = "an_account_not_asked_does_not_pay", "the_account_pays_what_it_holds"
BY_TERMS = frozenset(
    {
        "the_order_of_lines_is_irrelevant",
        "splitting_a_line_changes_nothing_but_rounding",
        "a_wholly_self_paid_line_moves_only_self_pay",
        "a_line_and_its_refund_change_nothing",
        "more_in_scope_never_lowers_what_funds_pay",
    }
)
"""Relations that are sharper where the policy is known."""
TermsOf = Callable[[SettleFacts], Terms]


def judge_relations(book: Book, profile: Profile, sink: Sink) -> None:
    """Every settlement and trial by itself, then against those it may be held against."""
    judge = _Judge(sink, lambda facts: _terms(facts, profile))
    for facts in book.settles.values():
        judge.alone(facts)
    for found in comparisons(book):
        judge.compared(found)
    if book.settles:
        judge.rest(next(reversed(book.settles.values())).look)


def _terms(facts: SettleFacts, profile: Profile) -> Terms:
    reckoned = reckon(facts, profile, explain=False)
    if reckoned.policy is None or reckoned.case is None:
        return UNKNOWN
    return terms_of(reckoned.policy, reckoned.case)


class _Judge:
    def __init__(self, sink: Sink, terms: TermsOf) -> None:
        self.sink = sink
        self.terms = terms
        self.judged: set[str] = set()

    def alone(self, facts: SettleFacts) -> None:
        """What one settlement must keep."""
        seen = observed(facts)
        for name in ALONE:
            self.tell(RELATIONS[name].judge(seen), facts.look)
        if seen.account_asked is not True:
            self.tell(RELATIONS[ACCOUNT].judge(seen), facts.look, cause=say("cause.account"))
        self.balance(facts, seen)

    def balance(self, facts: SettleFacts, seen: Observed) -> None:
        """What the account pays, and what is left in it, are two clauses of one relation."""
        verdict = RELATIONS[BALANCE].judge(seen)
        left = tuple(one for one in verdict.deviations if one.field == "balc")
        paid = tuple(one for one in verdict.deviations if one.field != "balc")
        cause = say("cause.account")
        self.tell(_with(verdict, paid), facts.look, cause=cause)
        if verdict.outcome == "not_applicable" or "balc" in seen.amounts or facts.is_trial:
            self.tell(_with(verdict, left), facts.look, "relations.balance", "AMT-A7", cause=cause)
        else:
            self.sink.note("not_judged", "relations.balance", "AMT-A7", facts.look, why=say("judge.absent"))

    def compared(self, found: Pair | Again) -> None:
        """Two settlements, or a settlement, its cancellation and the next, in the roles of a relation."""
        if isinstance(found, Again):
            seen = observed(found.first), reversal(found.undone), observed(found.again)
            verdict = RELATIONS["settle_reverse_settle"].judge(*seen)
            self.tell(verdict, found.again.look, beside=(found.first.look, found.undone))
            return
        roles = observed(found.first), observed(found.second)
        terms = self.terms(found.later) if found.relation in BY_TERMS else UNKNOWN
        verdict = RELATIONS[found.relation].judge(*roles, terms=terms)
        self.tell(verdict, found.later.look, beside=(found.earlier.look,))

    def tell(
        self,
        verdict: Verdict,
        look: Look,
        check: str = "",
        clause: str = "",
        beside: tuple[Look, ...] = (),
        cause: Text | None = None,
    ) -> None:
        """A verdict as observations: held once, or broken at each field."""
        check, clause = check or f"relations.{verdict.relation}", clause or verdict.clause
        if verdict.outcome == "not_applicable":
            self.sink.note("not_judged", check, clause, look, why=verdict.why)
            return
        self.judged.add(verdict.relation)
        if not verdict.deviations:
            self.sink.ok(check, clause, look)
        why = Text(f"relation.{verdict.relation}")
        if beside:
            why = say("judge.relation_beside", relation=why, seqs=", ".join(f"#{one.seq}" for one in beside))
        for one in verdict.deviations:
            expected, actual = shown(_expected(one)), shown(_figure(one.field, one.left))
            self.sink.note("fail", check, clause, look, _path(one.field), "", expected, actual, why, cause)

    def rest(self, look: Look) -> None:
        """Relations that nothing in the conversation could be held against."""
        for name, relation in RELATIONS.items():
            if name not in self.judged and len(relation.roles) + relation.many > 1:
                policy = [need for need in relation.needs if need.of == "policy"]
                why = policy[0].text() if policy else say("judge.nothing_comparable")
                self.sink.note("not_judged", f"relations.{name}", relation.clause, look, why=why)


def _with(verdict: Verdict, deviations: tuple[Deviation, ...]) -> Verdict:
    if verdict.outcome == "not_applicable":
        return verdict
    return Verdict(verdict.relation, verdict.clause, "broken" if deviations else "holds", deviations)


def _expected(one: Deviation) -> str:
    sign = "" if one.sign == "=" else f"{one.sign} "
    allowance = f" (± {show(one.allowance)})" if one.allowance else ""
    return f"{sign}{_figure(one.field, one.right)}{allowance}"


def _figure(name: str, value: int) -> str:
    """An amount in yuan; counts and the ratio (basis points) as they are."""
    return str(value) if name in ("stays", "pool_prop_selfpay") else show(value)


def _path(name: str) -> str:
    return f"5206 output.cuminfo {name}" if name in COUNTERS else f"output.setlinfo.{name}"
