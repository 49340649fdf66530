"""The judge: a pure function from a conversation and a profile to observations.

It does not know how the conversation was obtained. What cannot be known from it is ``not_judged``, never passed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from conformance.checks.amounts import judge_amounts
from conformance.checks.book import Book, open_book
from conformance.checks.envelope import judge_envelope
from conformance.checks.exact import Reckoned, judge_exact, reckon
from conformance.checks.expectation import judge_expectations
from conformance.checks.hospital import judge_hospital
from conformance.checks.life import judge_life
from conformance.checks.look import Look
from conformance.checks.order import Order
from conformance.checks.queries import judge_queries
from conformance.checks.readings import Readings, judge_readings
from conformance.checks.reconciliation import judge_reconciliation
from conformance.checks.relations import judge_relations
from conformance.checks.schema import judge_schema
from conformance.checks.sealing import judge_sealing, without_content
from conformance.checks.security import is_forged, judge_security
from conformance.checks.sink import Sink
from conformance.collector import collector_paused
from conformance.conversation import Conversation, Exchange
from conformance.observation import Observation
from conformance.profile import Profile
from conformance.result import ExplainedStep, Explanation
from conformance.scenario.model import Scenario
from sim.drawing import flow_of


def judge(
    conversation: Conversation | Iterable[Exchange], profile: Profile, scenarios: Iterable[Scenario] = ()
) -> tuple[Observation, ...]:
    """Every observation of every check. ``scenarios``: those that the exchanges name, for what they expect."""
    with collector_paused():
        return _judged(conversation, profile, {scenario.id: scenario for scenario in scenarios})


def _judged(
    conversation: Conversation | Iterable[Exchange], profile: Profile, by_id: Mapping[str, Scenario]
) -> tuple[Observation, ...]:
    sink = Sink()
    if profile.role == "hospital":
        judge_hospital(conversation, profile, by_id, sink)
        return tuple(sink.observations)
    order = Order(sink, profile.promises)
    readings = Readings(order.met.__contains__)

    def before(book: Book, look: Look) -> None:
        order(book, look)
        readings(book, look)

    book = open_book(conversation, by_id, before, profile.families)
    usual = [look for look in book.looks if not is_forged(look)]
    judge_security(book.looks, sink)
    judge_envelope(usual, profile, sink)
    if profile.protection is not None:
        judge_sealing(usual, profile.protection, sink)
    judge_schema(usual, profile, sink)
    judge_amounts(book, sink)
    judge_relations(book, profile, sink)
    judge_exact(book, profile, sink)
    judge_life(book, profile, sink)
    judge_queries(book, sink)
    judge_reconciliation(book, sink, profile.people)
    judge_expectations(book.looks, sink)
    judge_readings(readings, book, profile, sink)
    return tuple(sink.observations if profile.protection is None else without_content(sink.observations, usual))


class Explanations(Mapping[int, Explanation]):
    """`explain`, worked out when somebody first looks: a run that writes no report never pays for it."""

    def __init__(self, conversation: Conversation | Iterable[Exchange], profile: Profile) -> None:
        self._conversation, self._profile = conversation, profile

    @cached_property
    def _made(self) -> Mapping[int, Explanation]:
        return explain(self._conversation, self._profile)

    def __getitem__(self, seq: int) -> Explanation:
        return self._made[seq]

    def __iter__(self) -> Iterator[int]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)


def explain(conversation: Conversation | Iterable[Exchange], profile: Profile) -> Mapping[int, Explanation]:
    """The reference's own settlement of every settlement and trial it can reckon, by exchange number. Where a hospital
    system is under test, the settlements are the suite's own and need no second reckoning."""
    if profile.role == "hospital":
        return {}
    book = open_book(conversation, {}, families=profile.families)
    reckoned = {seq: reckon(facts, profile) for seq, facts in book.settles.items()}
    return {seq: _explained(seq, one) for seq, one in reckoned.items() if one.settlement is not None}


def _explained(seq: int, reckoned: Reckoned) -> Explanation:
    settled = reckoned.settlement
    assert settled is not None and reckoned.policy and reckoned.case  # noqa: S101, PT018 - only called with one
    lines = [step for share in reckoned.shares for step in share.steps]
    steps = tuple(
        ExplainedStep(text=step.text, result=step.result, clause=step.clause, source=step.source)
        for step in (*lines, *(settled.steps if not reckoned.others else ()))
    )
    unknown = reckoned.unknown
    if unknown:  # of what is not known nothing is said or drawn
        known = {name: fen for name, fen in settled.amounts.items() if name not in unknown and name != "balc"}
        return Explanation(seq, known, steps, None)
    return Explanation(
        seq, dict(settled.amounts), steps, flow_of(settled, reckoned.policy, reckoned.case, reckoned.lines)
    )
