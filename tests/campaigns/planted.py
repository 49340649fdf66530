"""Faults planted in the platform on purpose: a campaign that does not find them finds nothing.

Each is a fault that somebody could really make, and all of them pass a day on which nothing goes wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from attrs import evolve, frozen

from sim.platform import INTENTS, Answer, Lost, Outbound, Recovery, Reference, Store, reference, relay
from sim.platform.hub import Passage
from sim.platform.insured import covered, giveback
from sim.platform.intents import left_open
from sim.platform.journal import Journal
from sim.platform.province import Province
from sim.platform.records import RELAYED, SETTLEMENTS, USED
from sim.platform.refusal import refuse
from sim.platform.regions import province_of
from sim.platform.setting import Handler
from sim.platform.treatment import owed, reversal
from tests.campaigns.world import Build, chosen, people
from tests.sim.platform.platform_desk import half

Stores = Callable[[str], Store]


@frozen
class Bug:
    """``what`` is wrong, ``within`` how many seeds it must be found, ``build`` makes the parties that have it."""

    what: str
    build: Build
    within: int = 25


def _made(store: Stores, **handlers: Mapping[str, Handler]) -> Reference:
    given: Any = {"handlers": handlers}
    return reference(store=store, regions=chosen(), people=people(), policies=half, checked=False, **given)


def _provinces(store: Stores, change: Callable[[Province], Province]) -> Reference:
    made = _made(store)
    parties = {name: change(each) if isinstance(each, Province) else each for name, each in made.parties.items()}
    return evolve(made, parties=parties)


def _again(kind: type[Province], province: Province) -> Province:
    return kind(province.code, province.store, province.setting, province.treatment, province.insured)


# --- recovery --------------------------------------------------------------------------------------------------------


class Forgetful(Province):
    """Drops what is in doubt and asks nobody."""

    def recover(self, now: Any, older_than: timedelta = timedelta(0)) -> Any:
        """In place of asking again."""
        yield from ()
        for settlement in list(self.store.all(SETTLEMENTS)):
            if settlement.state == "pending" and now - settlement.at >= older_than:
                self.store.delete(SETTLEMENTS, settlement.setl_id)
        for intent in left_open(self.store):
            if intent.rests(now, older_than):
                self.store.delete(INTENTS, intent.sender, intent.msgid)
        self.store.commit()
        return Recovery()


class Anew(Province):
    """Begins what is in doubt anew, under a number of its own, and forgets the first attempt."""

    def recover(self, now: Any, older_than: timedelta = timedelta(0)) -> Any:
        """In place of asking the same again."""
        for intent in left_open(self.store):
            if not intent.rests(now, older_than):
                continue
            for settlement in self.store.find(SETTLEMENTS, "made_by", intent.sender, intent.msgid):
                if settlement.state == "pending":
                    self.store.delete(SETTLEMENTS, settlement.setl_id)
            self.store.delete(INTENTS, intent.sender, intent.msgid)
            self.store.commit()
            number = f"{intent.msgid[:-4]}9{self.store.next('anew'):03d}"
            yield from self.handle({**intent.request, "msgid": number}, now)
        return Recovery()


# --- messages --------------------------------------------------------------------------------------------------------


class Unstored(Journal):
    """Keeps no reply: a message that comes again is handled again."""

    def close(self, *told: Any, **more: Any) -> Any:
        """The reply, kept nowhere."""
        known = self.known(told[0], told[1])
        reply = super().close(*told, **more)
        self.store.delete(self.table, told[0], told[1])
        if known is not None:
            self.store.put(self.table, known)
        return reply


class Forgiving(Journal):
    """Does not mind that a message was reversed before it came."""

    def repeated(self, sender: str, msgid: str, content: str, uses_up: bool) -> Any:
        """As if it had not been."""
        known = self.known(sender, msgid)
        return (
            None
            if known is not None and known.state == "reversed"
            else super().repeated(sender, msgid, content, uses_up)
        )


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


@contextmanager
def _nothing(module: Any, name: str) -> Iterator[None]:
    """For a moment, a function that does nothing."""
    real = getattr(module, name)
    setattr(module, name, lambda *_, **__: None)
    try:
        yield
    finally:
        setattr(module, name, real)


def _without(handler: Handler, module: Any, name: str) -> Handler:
    """A handler that leaves out one step, in each of its own steps and in nobody else's."""

    def handle(context: Any) -> Any:
        with _nothing(module, name):
            work = handler(context)
        return _steps(work) if isinstance(work, Generator) else work

    def _steps(work: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        answer: Any = None
        while True:
            with _nothing(module, name):
                try:
                    asked = next(work) if answer is None else work.send(answer)
                except StopIteration as stop:
                    return stop.value
            answer = yield asked

    return handle


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


class TooSoon:
    """A store that makes nothing durable."""

    def __init__(self, inner: Store) -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def commit(self) -> None:
        """Later."""


class Hasty(Province):
    """Asks the insured place before what it notes of that is durable."""

    def _wait(self, context: Any, content: str, work: Any) -> Any:
        outer, store = super()._wait(context, content, work), self.store
        answer: Any = None
        while True:
            self.store = TooSoon(store)
            try:
                asked = next(outer) if answer is None else outer.send(answer)
            except StopIteration as stop:
                return stop.value
            finally:
                self.store = store
            answer = yield asked


class TooSure(Province):
    """Says that a message is reversed while the reversal is still in doubt."""

    def _reversed(self, context: Any) -> Any:
        return refuse("message.reversed", msgid=context.msgid, passing=True)


class Heedless(Province):
    """Does not look, when an answer comes, whether the message was reversed while it waited."""

    def _wait(self, context: Any, content: str, work: Any) -> Any:
        real = self.messages.known
        outer = super()._wait(context, content, work)
        answer: Any = None
        while True:
            self.messages.known = lambda sender, msgid: _opened(real(sender, msgid))  # type: ignore[method-assign]
            try:
                asked = next(outer) if answer is None else outer.send(answer)
            except StopIteration as stop:
                return stop.value
            finally:
                self.messages.known = real  # type: ignore[method-assign]
            answer = yield asked


def _opened(known: Any) -> Any:
    return evolve(known, state="open") if known is not None and known.state == "reversed" else known


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
    "late-settles-again": Bug(
        "a message that comes after its reversal is carried out at the insured place",
        lambda store: _provinces(store, _journal(Forgiving)),
    ),
    "heedless-answer": Bug(
        "an answer that comes after a reversal is booked all the same at the treatment place",
        lambda store: _provinces(store, lambda each: _again(Heedless, each)),
    ),
    "asks-too-soon": Bug(
        "the treatment place asks before its intent is durable",
        lambda store: _provinces(store, lambda each: _again(Hasty, each)),
    ),
    "too-sure": Bug(
        "the sender is told that a message is reversed while the reversal is in doubt",
        lambda store: _provinces(store, lambda each: _again(TooSure, each)),
        within=200,
    ),
    "hub-doubles": Bug(
        "the hub repeats an unanswered message under another number",
        lambda store: _made(store, hub=dict.fromkeys(("2207", "2304", "2208", "2305", "2601"), _under_another_number)),
    ),
    "counters-kept": Bug(
        "a reversal gives back the account but not the counters",
        lambda store: _made(store, insured={"2601": _keeps_counters}),
    ),
    "cancellation-not-booked": Bug(
        "the insured place does not post a cancellation to its ledger",
        lambda store: _made(
            store,
            insured=dict.fromkeys(("2208", "2305"), _without(giveback.cancel, covered, "book")),
        ),
    ),
    "reversal-not-booked": Bug(
        "the treatment place does not post a reversal to its ledger",
        lambda store: _made(store, treatment={"2601": _without(reversal.reverse, owed, "book")}),
    ),
    "roll-back-ignored": Bug(
        "a month's confirmation that was taken back still counts",
        lambda store: _made(store, treatment={"3262": _stays_taken}),
    ),
}
"""By name."""
