"""Faults planted in the platform on purpose: a campaign that does not find them finds nothing.

Each is a fault that somebody could really make, and all of them pass a day on which nothing goes wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from attrs import evolve, frozen

from sim.platform import Answer, Lost, Outbound, Reference, Store, reference, relay
from sim.platform.hub import Passage
from sim.platform.insured import covered, giveback
from sim.platform.journal import Journal
from sim.platform.province import Province
from sim.platform.records import RELAYED, USED
from sim.platform.refusal import refuse
from sim.platform.regions import province_of
from sim.platform.setting import Handler
from sim.platform.treatment import owed, reversal
from tests.campaigns.broken import Anew, Blind, Forgetful, Forgiving, Hasty, TooSure, Unrefused, Unstored
from tests.campaigns.world import Build, chosen, people, real
from tests.sim.platform.platform_desk import half

Stores = Callable[[str], Store]


@frozen
class Bug:
    """``what`` is wrong, and within how many seeds from ``first`` on it must be found.

    ``build`` makes the parties that have it, ``view`` is how the month's clearing sees a store.
    """

    what: str
    build: Build = real
    view: Callable[[Store], Any] = lambda store: store
    first: int = 1
    within: int = 50


NONE = Bug("nothing")


def _made(store: Stores, **handlers: Mapping[str, Handler]) -> Reference:
    given: Any = {"handlers": handlers}
    return reference(store=store, regions=chosen(), people=people(), policies=half, checked=False, **given)


def _provinces(store: Stores, change: Callable[[Province], Province]) -> Reference:
    made = _made(store)
    parties = {name: change(each) if isinstance(each, Province) else each for name, each in made.parties.items()}
    return evolve(made, parties=parties)


def _again(kind: type[Province], province: Province) -> Province:
    return kind(province.code, province.store, province.setting, province.treatment, province.insured)


# --- messages --------------------------------------------------------------------------------------------------------


def _journal(kind: type[Journal]) -> Callable[[Province], Province]:
    def change(province: Province) -> Province:
        province.relayed = kind(province.store, RELAYED)
        return province

    return change


def _under_another_number(passage: Passage) -> Generator[Outbound, Answer | Lost, Any]:
    """The hub asks once more when no answer came, but not with the same number."""
    place = passage.message["insuplc_admdvs"]
    answer = yield Outbound(province_of(place), passage.message)
    if isinstance(answer, Lost):
        second = {**passage.message, "msgid": passage.message["msgid"][:-1] + "R"}
        answer = yield Outbound(province_of(place), second)
    if isinstance(answer, Lost):
        refusal = passage.hub.refusal(refuse("unanswered", infno=passage.message["infno"]), passage.now)
        return {**refusal, "output": relay.UNKNOWN}
    return answer.message


# --- money -----------------------------------------------------------------------------------------------------------


def _nothing(*_: Any, **__: Any) -> None:
    """In place of a step that is left out."""


@contextmanager
def _swapped(module: Any, name: str, other: Any) -> Iterator[None]:
    real = getattr(module, name)
    setattr(module, name, other)
    try:
        yield
    finally:
        setattr(module, name, real)


def _with(handler: Handler, module: Any, name: str, other: Any = _nothing) -> Handler:
    """A handler for which one function is another one, in each of its own steps and in nobody else's."""

    def handle(context: Any) -> Any:
        with _swapped(module, name, other):
            work = handler(context)
        return _steps(work) if isinstance(work, Generator) else work

    def _steps(work: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        answer: Any = None
        while True:
            with _swapped(module, name, other):
                try:
                    asked = next(work) if answer is None else work.send(answer)
                except StopIteration as stop:
                    return stop.value
            answer = yield asked

    return handle


def _all_to_one(_: Any, person: Any, claim: Any) -> Iterator[tuple[Any, int]]:
    """As if the family's account had paid nothing."""
    yield person, claim.account


def _as_it_was(_: Any, settlement: Any) -> Any:
    """As if nothing could happen while an answer is waited for."""
    return settlement


def _keeps_counters(context: Any) -> Any:
    """2601 at the insured place: money goes back, what counts towards deductibles and ceilings does not."""
    used = list(context.store.all(USED))
    output = giveback.undo(context)
    for each in used:
        context.store.put(USED, each)
    return output


def _stays_taken(_: Any) -> dict[str, Any]:
    """3262: accepted, and nothing is done."""
    return {}


BUGS: Mapping[str, Bug] = {
    "recovery-forgets": Bug(
        "recovery drops an intent instead of asking again",
        lambda store: _provinces(store, lambda each: _again(Forgetful, each)),
    ),
    "recovery-anew": Bug(
        "recovery settles again, under a new number",
        lambda store: _provinces(store, lambda each: _again(Anew, each)),
    ),
    "reply-not-stored": Bug(
        "the insured place keeps no reply, and handles a repeated message again",
        lambda store: _provinces(store, _journal(Unstored)),
    ),
    "refusal-not-stored": Bug(
        "the insured place keeps no refusal, and a late copy of what it refused is carried out",
        lambda store: _provinces(store, _journal(Unrefused)),
        first=25,
    ),
    "late-settles-again": Bug(
        "a message that comes after its reversal is carried out at the insured place",
        lambda store: _provinces(store, _journal(Forgiving)),
    ),
    "asks-too-soon": Bug(
        "the treatment place asks before its intent is durable",
        lambda store: _provinces(store, lambda each: _again(Hasty, each)),
    ),
    "too-sure": Bug(
        "the sender is told that a message is reversed while the reversal is in doubt",
        lambda store: _provinces(store, lambda each: _again(TooSure, each)),
    ),
    "hub-doubles": Bug(
        "the hub repeats an unanswered message under another number",
        lambda store: _made(
            store, hub=dict.fromkeys(("2207", "2304", "2208", "2305", "2601", "2102", "2103"), _under_another_number)
        ),
    ),
    "counters-kept": Bug(
        "a reversal gives back the account but not the counters",
        lambda store: _made(store, insured={"2601": _keeps_counters}),
    ),
    "reversal-stale": Bug(
        "an answer to a reversal undoes what another reversal has undone already, and what came after that",
        lambda store: _made(store, treatment={"2601": _with(reversal.reverse, reversal, "_as_it_is", _as_it_was)}),
    ),
    "family-confused": Bug(
        "a cancellation gives the person what the family's account had paid",
        lambda store: _made(
            store,
            insured=dict.fromkeys(("2208", "2305", "2103"), _with(giveback.cancel, giveback, "_payers", _all_to_one)),
        ),
    ),
    "cancellation-not-booked": Bug(
        "the insured place does not post a cancellation to its ledger",
        lambda store: _made(
            store,
            insured=dict.fromkeys(("2208", "2305", "2103"), _with(giveback.cancel, covered, "book")),
        ),
    ),
    "reversal-not-booked": Bug(
        "the treatment place does not post a reversal to its ledger",
        lambda store: _made(store, treatment={"2601": _with(reversal.reverse, owed, "book")}),
    ),
    "roll-back-ignored": Bug(
        "a month's confirmation that was taken back still counts",
        lambda store: _made(store, treatment={"3262": _stays_taken}),
    ),
    "clearing-books-again": Bug(
        "a step of the month's clearing that stopped halfway is booked again by those who had booked it",
        view=Blind,
    ),
}
"""By name."""
