"""What of a conversation belongs together: one scenario's run, one person's way through a visit, or what an institution
says about nobody or about its books."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from attrs import define, field, frozen

from conformance.conversation import Exchange
from conformance.recorded.people import Acquaintance
from conformance.recorded.reading import opened_by, person_of, presented_in, text_of
from conformance.scenario.compose import dig
from conformance.scenario.effects import effect_of
from conformance.targets.player import accepted
from sim.lang import Text, say

SESSION = frozenset({"9001", "9002"})
ASKING = frozenset({"1101", "5206"})
NAMED = ("mdtrt_id", "setl_id", "omsgid", "trt_dcla_detl_sn")


@frozen
class LeftOut:
    """An exchange that is not in the pack, and why."""

    seq: int
    infno: str
    why: Text


@define
class Thread:
    """Exchanges that belong together, in order. ``people``: the numbers of everybody they are about."""

    exchanges: list[Exchange] = field(factory=list)
    opened: bool = False
    people: set[str] = field(factory=set)
    institution: str = ""

    @property
    def asking(self) -> bool:
        """Whether nothing has been said yet but who somebody is and what they have."""
        return bool(self.people) and all(one.infno in ASKING for one in self.exchanges)


@frozen
class Sorted:
    """The threads, and the one of every settlement, by number."""

    threads: list[Thread]
    settled: Mapping[str, Thread]


def threads(exchanges: Sequence[Exchange], known: Acquaintance, left_out: list[LeftOut]) -> Sorted:
    """Sort a conversation into threads; what belongs to none is added to ``left_out``."""
    heard = frozenset(sender_of(one) for one in exchanges if accepted(one))
    sorting = _Sorting(known, left_out, _signed_out(exchanges), heard)
    for exchange in exchanges:
        sorting.take(exchange)
    return Sorted(sorting.all(), sorting.by_number)


def _signed_out(exchanges: Sequence[Exchange]) -> frozenset[str]:
    """The institutions that sign out: there the session is something to be tried, not only the frame of the rest."""
    return frozenset(sender_of(one) for one in exchanges if one.infno == "9002" and not one.scenario)


class _Sorting:
    """``by_number``: where every number was given, or sent under, that later messages may name. ``heard``: the
    institutions that are listened to; what another one says belongs to whom it is about."""

    def __init__(
        self, known: Acquaintance, left_out: list[LeftOut], signed_out: frozenset[str], heard: frozenset[str]
    ) -> None:
        self.known = known
        self.heard = heard
        self.places: dict[str, str] = {}
        self.left_out = left_out
        self.signed_out = signed_out
        self.found: list[Thread] = []
        self.by_key: dict[tuple[str, ...], Thread] = {}
        self.by_number: dict[str, Thread] = {}

    def take(self, exchange: Exchange) -> None:
        """Put one exchange where it belongs."""
        why = self._no_part(exchange)
        if why is not None:
            self.left_out.append(LeftOut(exchange.seq, exchange.infno, why))
            return
        message = exchange.request.message or {}
        who = self.known.who(message)
        number = who.person.psn_no if who else ""
        key = self._key(exchange, message, number)
        named = None if exchange.scenario else self._named(message)
        latest = self.by_key.get(key)
        if named is not None and latest is not None and latest is not named and latest.asking:
            self._join(named, latest)  # who it is was asked once more in the middle of a visit
            self.by_key[key] = named
        thread = named or latest
        if thread is None or (thread.opened and exchange.infno == "1101" and named is None and not exchange.scenario):
            thread = self.by_key[key] = Thread(institution=key[1] if key[0] == "institution" else "")
            self.found.append(thread)
        thread.exchanges.append(exchange)
        thread.people |= {number} if number else set()
        thread.opened = thread.opened or (bool(effect_of(exchange.infno).number) and accepted(exchange) is not False)
        if not exchange.scenario:
            for given in _numbers(exchange, message):
                self.by_number[given] = thread

    def all(self) -> list[Thread]:
        """Every thread; who asked once more after a visit and then did nothing belongs to that visit."""
        for key, last in self.by_key.items():
            if key[0] != "person":
                continue
            place = sender_of(last.exchanges[0])
            visits = (one for one in self.found if one is not last and one.opened and one.people == last.people)
            before = [one for one in visits if any(sender_of(e) == place for e in one.exchanges)]
            if last.asking and last in self.found and before:
                self._join(before[-1], last)
        return self.found

    def _named(self, message: Mapping[str, object]) -> Thread | None:
        """The thread that a message names: the same message before, its visit, its settlement, its filing."""
        named = (str(message.get("msgid") or ""), *(text_of(message, name) for name in NAMED))
        return next((self.by_number[one] for one in named if one and one in self.by_number), None)

    def _join(self, thread: Thread, other: Thread) -> None:
        thread.exchanges += other.exchanges
        thread.people |= other.people
        self.found.remove(other)

    def _no_part(self, exchange: Exchange) -> Text | None:
        if not exchange.request.recorded:
            return say("evidence.body_not_recorded")
        if exchange.note == "probe":
            return say("recorded.probe")
        if exchange.scenario:
            return None
        if exchange.request.message is None or not exchange.infno:
            return say("recorded.no_message")
        session = exchange.infno in SESSION and sender_of(exchange) not in self.signed_out
        return say("recorded.session") if session or exchange.note == "session" else None

    def _key(self, exchange: Exchange, message: Mapping[str, object], number: str) -> tuple[str, ...]:
        if exchange.scenario:
            return ("scenario", exchange.scenario, exchange.run)
        presented = person_of(message) or presented_in(message)
        if number or presented:
            who, place = number or f"unknown:{presented}", sender_of(exchange)
            if place in self.heard:
                self.places[who] = place
            return ("person", who, self.places.get(who, place))
        return ("institution", sender_of(exchange), "session" if exchange.infno in SESSION else "")


def _numbers(exchange: Exchange, message: Mapping[str, object]) -> Iterator[str]:
    """What an exchange is known by afterwards."""
    reply = exchange.reply.message if exchange.reply and exchange.outcome == "answered" else None
    yield str(message.get("msgid") or "")
    yield opened_by(exchange)
    yield str(dig(reply, "output", "setlinfo", "setl_id") or "")
    yield str(dig(reply, "output", "result", "trt_dcla_detl_sn") or "")


def sender_of(exchange: Exchange) -> str:
    """The code of the institution that sent a message."""
    return str((exchange.request.message or {}).get("fixmedins_code") or "")
