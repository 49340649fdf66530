"""The state machine that makes conversations up: Hypothesis chooses what is said next, the rules say what may be."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from attrs import evolve
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from conformance.explore.rules import ACTS, OPENS, STATEMENTS
from conformance.explore.talk import Sketch, Talk, numbered
from conformance.explore.world import Cast, Move, Visit
from sim.interface import Interface

MOST_LINES = 4
MOST_VISITS = 4
WHOLE = 8
"""Steps of a whole visit at most."""
MOST_WRONG = 3
"""Messages that must be refused in a conversation at most; each is a scenario of its own."""
ONCE = ("withdraw", "withdraw_line", "give_up", "change", "undischarge", "quote", "ask")
MOST_OF: Mapping[str, int] = {**dict.fromkeys(ONCE, 1), "hand_in": 3, "total": 6}
"""How often at most: what leads nowhere is done once, to leave room for the rest."""
SELDOM = 5
"""One of eight; not 0, which Hypothesis likes."""
PICKS = st.integers(0, 2**30)
UNUSUAL = frozenset({"lost", "emergency", "revised"})
"""What an act is seldom."""
EVEN = frozenset({"quoted", "lines"})
"""What an act is as often as not."""
Draw = Callable[[st.SearchStrategy[Any]], Any]


def bills(items: Sequence[str]) -> st.SearchStrategy[list[dict[str, Any]]]:
    """A few lines, quantities whole or with up to four decimals."""
    quantity = st.integers(1, 20) | st.integers(1, 99_999).map(lambda scaled: Decimal(scaled).scaleb(-4))
    line = st.builds(lambda item, count: {"item": item, "quantity": count}, st.sampled_from(list(items)), quantity)
    return st.lists(line, min_size=1, max_size=MOST_LINES)


def machine(
    play: Callable[[Sketch], None],
    casts: Sequence[Cast],
    items: Sequence[str],
    promised: Mapping[str, bool],
    iface: Interface,
) -> type[RuleBasedStateMachine]:
    """A machine whose every run is one conversation, given to ``play`` at its end.

    ``casts``: needs that the target meets; ``items``: what may be charged; ``promised``: features of the target,
    without which a step is not taken.
    """
    drugs = [item for item in items if item.startswith("XZ")] or list(items)

    def dressed(move: Move, draw: Draw, account: bool) -> Move:
        """With what is chosen besides."""
        may = ACTS[move.act].may_be
        flags = {flag for flag in sorted(may & UNUSUAL) if draw(st.integers(0, 7)) == SELDOM}
        flags |= {"account"} if account and "account" in may else set()
        flags |= {flag for flag in sorted(may & EVEN) if draw(st.booleans())}
        if "chronic" in may and "emergency" not in flags and draw(st.booleans()):
            flags.add("chronic")
        bill = tuple(draw(bills(items if move.act == "charge" else drugs))) if move.act in BILLED else move.bill
        return evolve(move, flags=move.flags | flags, bill=bill)

    class Conversation(RuleBasedStateMachine):
        """One conversation."""

        talk: Talk
        wrongs: Sequence[tuple[int, int]]
        account = False

        @initialize(
            cast=st.sampled_from(list(casts)),
            wrongs=st.lists(st.tuples(PICKS, PICKS), max_size=MOST_WRONG),
            account=st.booleans(),
        )
        def meet(self, cast: Cast, wrongs: list[tuple[int, int]], account: bool) -> None:
            # chosen before anything is said: on the way, what goes wrong would nearly always be early
            self.talk, self.wrongs, self.account = Talk(cast, promised, iface), wrongs, account

        def can(self, act: str) -> list[Move]:
            """What of an act is in turn."""
            done = act in MOST_OF and sum(move.act == act for move in self.talk.moves) >= MOST_OF[act]
            full = act in OPENS and len(self.talk.world.visits) >= MOST_VISITS
            return [] if done or full else [move for move in self.talk.choices() if move.act == act]

        def make(self, move: Move, draw: Draw) -> None:
            """Make it; the account is used or left as before, mostly."""
            whole = dressed(move, draw, self.account != (draw(st.integers(0, 7)) == SELDOM))
            if not self.talk.make(whole):
                self.talk.make(evolve(whole, flags=move.flags))

        def advance(self, visit: Visit, far: int, draw: Draw) -> None:
            """Take a visit some steps along the usual way."""
            for _ in range(far):
                act, batch = next_of(visit), batch_of(visit)
                ready = [m for m in self.can(act) if (m.visit, m.batch) == (visit.id, batch) and not m.has("interim")]
                if not ready:
                    return
                if act == "discharge" and draw(st.integers(0, 3)) == 1:
                    self.settle_a_part(visit, draw)
                self.make(ready[0], draw)

        def settle_a_part(self, visit: Visit, draw: Draw) -> None:
            """A stay is settled up to now, and goes on."""
            for act in ("trial", "settle", "charge"):
                ready = [m for m in self.can(act) if m.visit == visit.id and (m.act != "trial" or m.has("interim"))]
                if ready:
                    self.make(ready[0], draw)

        # the usual way on, as one choice: otherwise most conversations would end before anything is settled

        @precondition(lambda self: bool(waiting(self.talk)))
        @rule(which=st.integers(0, 9), far=st.integers(1, 6), data=st.data())
        def go_on(self, which: int, far: int, data: Any) -> None:
            ready = waiting(self.talk)
            self.advance(ready[which % len(ready)], far, data.draw)

        @precondition(lambda self: bool(waiting(self.talk)))
        @rule(which=st.integers(0, 9), data=st.data())
        def go_to_the_end(self, which: int, data: Any) -> None:
            ready = waiting(self.talk)
            self.advance(ready[which % len(ready)], WHOLE, data.draw)

        @precondition(lambda self: len(self.talk.world.visits) < MOST_VISITS and bool(self.can("register")))
        @rule(which=st.integers(0, 9), stay=st.booleans(), data=st.data())
        def come_and_be_settled(self, which: int, stay: bool, data: Any) -> None:
            ready = self.can("admit" if stay else "register")
            self.make(ready[which % len(ready)], data.draw)
            self.advance(list(self.talk.world.visits.values())[-1], WHOLE, data.draw)

        @precondition(lambda self: any(self.can(act) for act in STATEMENTS))
        @rule(
            far=st.integers(1, 6), own=st.integers(0, 7), picks=st.lists(PICKS, min_size=6, max_size=6), data=st.data()
        )
        def reconcile(self, far: int, own: int, picks: list[int], data: Any) -> None:
            # a rule of its own for each act would leave little room for what is to be reconciled
            middle = ("fetch", "compare") if own == SELDOM else ("compare", "fetch")
            for pick in picks[:far]:
                ready = next((moves for moves in map(self.can, ("total", *middle, "hand_in")) if moves), [])
                if ready:
                    self.make(ready[pick % len(ready)], data.draw)

        @precondition(lambda self: not any(self.can(act) for act in ACTS))
        @rule()
        def rest(self) -> None:
            # nothing is left to do, and Hypothesis wants a rule all the same
            pass

        def teardown(self) -> None:
            """The conversation is complete, unless the choosing itself was broken off."""
            if sys.exc_info()[0] is None:
                play(with_wrongs(self.talk, self.wrongs, drugs[0]))

    for act in sorted(ACTS.keys() - STATEMENTS.keys()):
        setattr(Conversation, act, _rule_of(act))
    return Conversation


BILLED = ("charge", "quote", "sell")


def _rule_of(act: str) -> Any:
    """The rule of one act: any of the moves that are in turn."""

    def made(self: Any, which: int, data: Any) -> None:
        ready = self.can(act)
        self.make(ready[which % len(ready)], data.draw)

    made.__name__ = act
    return precondition(lambda self: bool(self.can(act)))(rule(which=st.integers(0, 99), data=st.data())(made))


def waiting(talk: Talk) -> list[Visit]:
    """Visits that go on."""
    world = talk.world
    return [v for v in world.visits.values() if not v.gone and not world.open_end(v.id) and next_of(v)]


def batch_of(visit: Visit) -> str:
    """The batch that waits to be settled, else the next to be charged."""
    waiting = [label for label, batch in visit.batches.items() if batch.open]
    return waiting[0] if waiting else "1" if not visit.lines else "2"


def next_of(visit: Visit) -> str:
    """What usually comes next for a visit; nothing, when it is settled."""
    if visit.kind == "pharmacy" or (visit.lines and all(line.settled for line in visit.lines)):
        return ""
    if not visit.described:
        return "describe"
    if not visit.lines:
        return "charge"
    if visit.kind == "inpatient" and not visit.discharged:
        return "discharge"
    return "trial" if visit.batches[batch_of(visit)].tried is None else "settle"


def with_wrongs(talk: Talk, picks: Sequence[tuple[int, int]], item: str) -> Sketch:
    """The conversation with something wrong here and there: which kind of mistake, and at which of its moments. A bill
    that is missing is of one ``item``."""
    moves = list(talk.moves)
    if picks:
        found: dict[tuple[str, str], list[tuple[int, Move]]] = {}
        again = Talk(talk.cast, talk.promised, talk.iface)
        for at, move in enumerate(moves):
            for clause, wrong in again.mistakes(move):
                found.setdefault((clause, wrong.act), []).append((at, wrong))
            again.make(move)
        kinds = sorted(found)
        chosen = [found[kinds[kind % len(kinds)]] for kind, _ in picks] if kinds else []
        last = max((move.id for move in moves), default=0)
        put = [(where[moment % len(where)]) for where, (_, moment) in zip(chosen, picks, strict=False)]
        for number, (at, wrong) in enumerate(sorted(put, key=lambda one: -one[0]), 1):
            bill = ({"item": item, "quantity": 1},) if wrong.act in BILLED and not wrong.bill else wrong.bill
            moves.insert(at, evolve(wrong, id=last + number, bill=bill))
    return numbered(Sketch(talk.cast, tuple(moves)))
