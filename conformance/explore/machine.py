"""The state machine that makes conversations up: Hypothesis chooses what is said next, the model says what may be."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from conformance.explore.talk import Move, Sketch, Talk

MOST_LINES = 4


def bills(items: Sequence[str]) -> st.SearchStrategy[list[dict[str, Any]]]:
    """A few lines, quantities whole or with up to four decimals."""
    quantity = st.integers(1, 20) | st.integers(1, 99_999).map(lambda scaled: Decimal(scaled).scaleb(-4))
    line = st.builds(lambda item, count: {"item": item, "quantity": count}, st.sampled_from(list(items)), quantity)
    return st.lists(line, min_size=1, max_size=MOST_LINES)


def machine(
    play: Callable[[Sketch], None],
    people: Sequence[Mapping[str, Any]],
    items: Sequence[str],
    promised: Mapping[str, bool],
) -> type[RuleBasedStateMachine]:
    """A machine whose every run is one conversation, given to ``play`` at its end.

    ``people``: needs that somebody of the target meets; ``items``: what may be charged; ``promised``: features of the
    target, without which a step is not taken.
    """
    several = promised["several_batches"]

    class Conversation(RuleBasedStateMachine):
        """One conversation."""

        talk: Talk
        wrong: int | None = None

        @initialize(need=st.sampled_from(list(people)), wrong=st.none() | st.integers(0, 999))
        def meet(self, need: dict[str, Any], wrong: int | None) -> None:
            # chosen before anything is said: on the way, what goes wrong would nearly always be early
            self.talk, self.wrong = Talk(need), wrong

        @precondition(lambda self: self.talk.may("register"))
        @rule(emergency=st.booleans())
        def register(self, emergency: bool) -> None:
            self.talk.do(Move("register", flag=emergency))

        @precondition(lambda self: self.talk.may("charge") and (several or not self.talk.may("withdraw")))
        @rule(bill=bills(items))
        def charge(self, bill: list[dict[str, Any]]) -> None:
            self.talk.do(Move("charge", bill=tuple(bill)))

        # what leads nowhere is done once, to leave room for the rest

        @precondition(lambda self: self.talk.may("withdraw") and not self.talk.has("withdraw"))
        @rule()
        def withdraw(self) -> None:
            self.talk.do(Move("withdraw"))

        @precondition(lambda self: self.talk.may("leave") and not self.talk.has("leave"))
        @rule()
        def leave(self) -> None:
            self.talk.do(Move("leave"))

        @precondition(lambda self: self.talk.may("attempt"))
        @rule(account=st.booleans())
        def attempt(self, account: bool) -> None:
            self.talk.do(Move("attempt", flag=account))

        @precondition(lambda self: self.talk.may("attempt"))
        @rule(account=st.booleans())
        def attempt_and_settle(self, account: bool) -> None:
            # the usual way on, as one choice: otherwise most conversations would end before anything is settled
            self.talk.do(Move("attempt", flag=account))
            self.talk.do(Move("settle"))

        @precondition(lambda self: self.talk.may("settle"))
        @rule()
        def settle(self) -> None:
            self.talk.do(Move("settle"))

        @precondition(lambda self: self.talk.may("cancel") and promised["cancel_2208"])
        @rule()
        def cancel(self) -> None:
            self.talk.do(Move("cancel"))

        @precondition(lambda self: self.talk.may("reverse") and promised["reversal_2601"])
        @rule()
        def reverse(self) -> None:
            self.talk.do(Move("reverse"))

        @precondition(lambda self: self.talk.may("repeat"))
        @rule(which=st.integers(0, 9))
        def repeat(self, which: int) -> None:
            self.talk.do(Move("repeat", which=which))

        def teardown(self) -> None:
            """The conversation is complete, unless the choosing itself was broken off."""
            if sys.exc_info()[0] is None:
                play(self.talk.sketch(self.wrong))

    return Conversation
