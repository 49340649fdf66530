"""Relations on conversations: what can be seen of a target whose policy nobody knows, and what cannot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from flows import FLOWS, recorded

from conformance.checks.book import Book, open_book
from conformance.checks.comparable import Again, Pair, comparisons
from conformance.checks.exact import reckon
from conformance.checks.relations import judge_relations
from conformance.checks.sink import Sink
from conformance.conversation import Conversation, Exchange, Raw
from conformance.mutants import hunt, mutant, right
from conformance.observation import Observation
from conformance.pack import load_pack
from conformance.profile import Profile
from conformance.result import RunResult
from sim.benefits.faults import FAULTS
from sim.benefits.relations import RELATIONS
from sim.benefits.situation import Situation
from sim.interface import wire
from sim.money import wire as yuan

UNKNOWN = Profile(policy={"default": "unknown"})
COMPARED = {
    "the_same_bill_gives_the_same_result",
    "the_order_of_lines_is_irrelevant",
    "splitting_a_line_changes_nothing_but_rounding",
    "a_wholly_self_paid_line_moves_only_self_pay",
    "a_line_and_its_refund_change_nothing",
    "more_in_scope_never_lowers_what_funds_pay",
    "the_account_moves_no_fund",
    "settle_reverse_settle",
}
"""The relations between settlements that ask nothing of the policy."""
SEEN: Mapping[str, set[str]] = {
    "class_c_counted": {"REL-OWN-PAY"},
    "account_counted_in_fund": {"REL-ACCT-NO-FUND", "REL-FUND-SCOPE"},
    "account_used_unasked": {"REL-ACCT-LEFT"},
}
"""The known faults of engines that no policy could be the reason for, and the clauses they break. All others give what
some other policy would give: only the exact check, which knows the policy, can see them."""


@pytest.fixture(scope="module")
def run() -> RunResult:
    """The pack made for comparing, against the reference."""
    return right([load_pack("relations")])


@pytest.fixture(scope="module")
def book(run: RunResult) -> Book:
    """The same as facts."""
    return open_book(run.conversation, {})


def relations(talk: Conversation, profile: Profile = UNKNOWN) -> list[Observation]:
    """What the relations say about a conversation."""
    sink = Sink()
    judge_relations(open_book(talk, {}), profile, sink)
    return sink.observations


def broken(talk: Conversation) -> list[Observation]:
    """The relations that do not hold."""
    return [o for o in relations(talk) if o.status == "fail"]


def replying(talk: Conversation, change: Callable[[int, dict[str, Any]], None]) -> Conversation:
    """The conversation with the head of every settlement and trial changed; ``change(seq, setlinfo)``."""

    def altered(exchange: Exchange) -> Exchange:
        message = exchange.reply.message if exchange.reply is not None else None
        output = message.get("output") if message is not None else None
        if exchange.reply is None or not isinstance(output, dict) or "setlinfo" not in output:
            return exchange
        reply = wire.decode(exchange.reply.body)
        change(exchange.seq, reply["output"]["setlinfo"])
        return evolve(exchange, reply=Raw(wire.encode(reply), (), 200))

    return Conversation(tuple(map(altered, talk)))


def pair(book: Book, name: str) -> Pair | Again:
    """The first comparison of a relation in the conversation."""
    return next(found for found in comparisons(book) if relation_of(found) == name)


def relation_of(found: Pair | Again) -> str:
    return found.relation if isinstance(found, Pair) else "settle_reverse_settle"


@pytest.mark.parametrize("profile", [UNKNOWN, Profile()], ids=["unknown", "declared"])
def test_right_conversations_break_no_relation(run: RunResult, good: RunResult, profile: Profile) -> None:
    """Not the packs, not any flow; whether the policy is known or not."""
    talks = [run.conversation, good.conversation, *(recorded(name) for name in FLOWS)]
    found = [o for talk in talks for o in relations(talk, profile) if o.status == "fail"]
    assert [] == [(o.seq, o.clause, o.path, str(o.expected), str(o.actual)) for o in found]


def test_the_pack_puts_every_relation_that_needs_no_policy_to_the_test(run: RunResult, book: Book) -> None:
    """Each is held at least once with the policy unknown, and found by comparing, not by chance of one scenario."""
    held = {o.check for o in relations(run.conversation) if o.status == "pass"}
    assert {f"relations.{name}" for name in COMPARED} <= held
    assert COMPARED == {relation_of(found) for found in comparisons(book)}


def test_what_needs_the_policy_is_not_judged_and_says_why(run: RunResult) -> None:
    """Caps, sums over the year, the order between people: neither passed nor silent."""
    needy = {name for name, one in RELATIONS.items() if any(need.of == "policy" for need in one.needs)}
    found = [o for o in relations(run.conversation) if o.check.removeprefix("relations.") in needy]
    assert {f"relations.{name}" for name in needy} == {o.check for o in found}
    assert {"not_judged"} == {o.status for o in found}
    assert all(o.why is not None for o in found)


PLANTED: Mapping[str, tuple[str, int]] = {
    "the_same_bill_gives_the_same_result": ("fund_pay_sumamt", 1),
    "the_order_of_lines_is_irrelevant": ("inscp_scp_amt", 1),
    "splitting_a_line_changes_nothing_but_rounding": ("fund_pay_sumamt", 1000),
    "a_wholly_self_paid_line_moves_only_self_pay": ("preselfpay_amt", 1),
    "a_line_and_its_refund_change_nothing": ("inscp_scp_amt", 1),
    "more_in_scope_never_lowers_what_funds_pay": ("fund_pay_sumamt", 10_000_000),
    "the_account_moves_no_fund": ("hifp_pay", 1),
    "settle_reverse_settle": ("psn_cash_pay", 1),
}
"""The field of the later reply that is made larger, and by how many fen."""


@pytest.mark.parametrize("name", sorted(PLANTED))
def test_a_target_that_breaks_a_relation_is_caught(name: str, run: RunResult, book: Book) -> None:
    """The finding names clause, field, what was expected and what came, and the exchange it was held against."""
    found = pair(book, name)
    later = found.again if isinstance(found, Again) else found.later
    earlier = found.first if isinstance(found, Again) else found.earlier
    field, more = PLANTED[name]

    def change(seq: int, head: dict[str, Any]) -> None:
        if seq == later.look.seq:
            head[field] += yuan(more)

    told = [o for o in broken(replying(run.conversation, change)) if o.check == f"relations.{name}"]
    mine = [o for o in told if (o.seq, o.path) == (later.look.seq, f"output.setlinfo.{field}")]
    assert mine, name
    assert all(o.clause == RELATIONS[name].clause and o.basis == "relation" for o in told)
    one = next(o for o in mine if o.why is not None and f"#{earlier.look.seq}" in o.why.show("en"))
    assert one.expected is not None
    assert one.actual is not None
    assert one.expected.show("en") != one.actual.show("en")
    assert all(o.label for o in mine)


def situations(book: Book) -> dict[int, Situation]:
    """Everything each settlement depends on, by exchange, as the exact check reads it; bills with refunds and visits
    taken back are left out, for their other halves would have to be planted too."""
    found = {}
    for seq, facts in book.settles.items():
        reckoned = reckon(facts, Profile(), explain=False)
        settled, policy, case = reckoned.settlement, reckoned.policy, reckoned.case
        if settled is None or policy is None or case is None or facts.look.exchange.scenario in ("CMP-009", "CMP-010"):
            continue
        use = facts.look.data.get("acct_used_flag") == "1"
        found[seq] = Situation(policy, case, reckoned.lines, settled.before, facts.balance or 0, use)
    return found


def planted(talk: Conversation, amounts: Mapping[int, Mapping[str, int]]) -> Conversation:
    """The conversation as an engine with a fault would have answered."""

    def change(seq: int, head: dict[str, Any]) -> None:
        for name, value in amounts.get(seq, {}).items():
            if name in head:
                head[name] = Decimal(value).scaleb(-4) if name == "pool_prop_selfpay" else yuan(value)

    return replying(talk, change)


def test_the_reckoned_amounts_are_the_answered_ones(run: RunResult, book: Book) -> None:
    """Planting no fault changes nothing that a relation looks at: the method itself is sound."""
    same = planted(run.conversation, {seq: one.settled() for seq, one in situations(book).items()})
    assert relations(run.conversation) == relations(same)


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_what_can_be_seen_of_each_known_fault(name: str, run: RunResult, book: Book) -> None:
    """An engine with the fault breaks exactly the relations of the table, whichever way it goes wrong."""
    variants = {seq: tuple(FAULTS[name](one)) for seq, one in situations(book).items()}
    clauses: set[str] = set()
    for number in range(max(map(len, variants.values()))):
        amounts = {seq: found[number] for seq, found in variants.items() if number < len(found)}
        clauses |= {o.clause for o in broken(planted(run.conversation, amounts))}
    assert SEEN.get(name, set()) == clauses


MUTANTS: Mapping[str, set[str]] = {
    "accumulators_not_given_back": {"settle_reverse_settle"},
    "cancellation_with_positive_amounts": {"settle_reverse_settle"},
    "counters_not_moved": {"settle_reverse_settle"},
    "deductible_charged_twice": set(),
    "final_differs_from_trial": {"settle_reverse_settle", "the_same_bill_gives_the_same_result"},
    "fund_includes_account": {"funds_pay_in_scope_cost_only", "the_account_moves_no_fund"},
    "out_of_town_reduction_ignored": set(),
    "retired_paid_as_working": set(),
    "trial_leaves_trace": {
        "more_in_scope_never_lowers_what_funds_pay",
        "settle_reverse_settle",
        "the_account_moves_no_fund",
        "the_order_of_lines_is_irrelevant",
        "the_same_bill_gives_the_same_result",
    },
}
"""Known-bad platforms and the relations that see them without knowing the policy; the empty ones act as some other
policy would."""


@pytest.mark.parametrize("name", sorted(MUTANTS))
def test_known_bad_platforms_are_seen_without_their_policy(name: str) -> None:
    """A platform that forgets, remembers too much or tells two stories is caught; one with other numbers is not."""
    whole = load_pack("relations")
    few = evolve(
        whole, scenarios=tuple(s for s in whole.scenarios if s.id in ("CMP-001", "CMP-004", "CMP-008", "CMP-010"))
    )
    (caught,) = hunt([few], [mutant(name)], UNKNOWN)
    assert MUTANTS[name] == {check.removeprefix("relations.") for check in caught.by if check.startswith("relations.")}


def kept_apart(talk: Conversation, change: Callable[[Exchange], Exchange]) -> int:
    """How many comparisons are left after something about every other settlement was changed."""
    heads = [e.seq for e in talk if e.infno in ("2206", "2303")][::2]
    changed = Conversation(tuple(change(e) if e.seq in heads else e for e in talk))
    return sum(1 for _ in comparisons(open_book(changed, {})))


def asking(**given: Any) -> Callable[[Exchange], Exchange]:
    """The exchange with other values asked for."""

    def change(exchange: Exchange) -> Exchange:
        message = wire.decode(exchange.request.body)
        message["input"]["data"] |= given
        return evolve(exchange, request=Raw(wire.encode(message)))

    return change


def test_only_what_starts_alike_is_compared(run: RunResult, book: Book) -> None:
    """Another day, insurance, way of care or institution keeps two settlements apart."""
    talk = Conversation(tuple(e for e in run.conversation if e.scenario == "CMP-004"))
    all_of_them = sum(1 for _ in comparisons(open_book(talk, {})))
    assert 9 == all_of_them
    other_day = kept_apart(talk, lambda e: evolve(e, sent_at="2031" + e.sent_at[4:]))
    assert other_day < all_of_them
    for given in ({"insutype": "390"}, {"med_type": "1301"}, {"mid_setl_flag": "1"}, {"psn_setlway": "02"}):
        assert kept_apart(talk, asking(**given)) < all_of_them


def test_what_was_settled_in_between_keeps_apart(run: RunResult) -> None:
    """After a settlement of the person the counters may have moved: nothing before it is held against what follows."""
    talk = [e for e in run.conversation if e.scenario == "CMP-010"]
    settled = next(n for n, e in enumerate(talk) if e.infno == "2207")
    before = {e.seq for e in talk[:settled]}
    found = [one for one in comparisons(open_book(Conversation(tuple(talk)), {})) if isinstance(one, Pair)]
    crossing = [one for one in found if one.earlier.look.seq in before and one.later.look.seq > talk[settled].seq]
    assert [] == crossing


def test_an_absent_answer_keeps_apart(run: RunResult) -> None:
    """A settlement whose answer never came may or may not have had its effect."""
    talk = [e for e in run.conversation if e.scenario == "CMP-010"]
    lost = Conversation(tuple(evolve(e, outcome="timeout", reply=None) if e.infno == "2208" else e for e in talk))
    assert not [one for one in comparisons(open_book(lost, {})) if isinstance(one, Again)]


def test_without_lines_nothing_is_compared(run: RunResult) -> None:
    """A recording that begins after the lines were sent leaves the bills unknown, and the relations not judged."""
    late = Conversation(tuple(e for e in run.conversation if e.infno not in ("2204", "2301")))
    assert [] == list(comparisons(open_book(late, {})))
    told = {o.check: o.status for o in relations(late)}
    assert {"not_judged"} == {told[f"relations.{name}"] for name in COMPARED}
