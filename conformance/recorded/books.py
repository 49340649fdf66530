"""Which people's visits an institution's books are of: they are one scenario with them, if they fit into one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import define, field

from conformance.conversation import Exchange
from conformance.recorded.reading import text_of, value_of
from conformance.recorded.threads import LeftOut, Thread, sender_of
from conformance.scenario.compose import dig
from conformance.targets.held import bytes_in, unzipped
from sim.lang import say

BOOKS = frozenset({"9101", "9102", "3201", "3202"})
"""What carries sums or lines of what an institution settled, or fetches what was found in them."""
OF_A_SCENARIO = 2
"""How many people a scenario has at most."""


def with_their_books(found: list[Thread], settled: Mapping[str, Thread], left_out: list[LeftOut]) -> list[Thread]:
    """The threads, each institution's books put to the visits that they are of. ``settled``: the thread of every
    settlement, by number."""
    for one in [one for one in found if one.institution and any(e.infno in BOOKS for e in one.exchanges)]:
        _Bookkeeping(found, settled, left_out).sort(one)
    return [one for one in found if one.exchanges]


def in_order(found: list[Thread]) -> list[Thread]:
    """The exchanges of each thread, and the threads, as they were sent."""
    for one in found:
        one.exchanges.sort(key=lambda exchange: exchange.seq)
    return sorted(found, key=lambda one: one.exchanges[0].seq)


@define
class _Bookkeeping:
    found: list[Thread]
    settled: Mapping[str, Thread]
    left_out: list[LeftOut]
    files: dict[str, Thread] = field(factory=dict)
    latest: Thread | None = None

    def sort(self, own: Thread) -> None:
        """Each message goes where its file went, a file to the visits whose settlements are in it."""
        kept: list[Exchange] = []
        for exchange in own.exchanges:
            if exchange.infno not in BOOKS:
                kept.append(exchange)
                continue
            there = self._where(exchange, own)
            reply = exchange.reply.message if exchange.reply else None
            for path in (("file_qury_no",), ("fileinfo", "file_qury_no")):
                number = dig(reply, "output", *path)
                if isinstance(number, str) and number:
                    self.files[number] = there
            self.latest = there
            if there is own:
                kept.append(exchange)
            elif len(there.people) > OF_A_SCENARIO:
                why = say("recorded.books", people=len(there.people), most=OF_A_SCENARIO)
                self.left_out.append(LeftOut(exchange.seq, exchange.infno, why))
            else:
                there.exchanges.append(exchange)
        own.exchanges = kept

    def _where(self, exchange: Exchange, own: Thread) -> Thread:
        message = exchange.request.message
        asked = text_of(message, "file_qury_no")
        if asked in self.files:
            return self.files[asked]
        if exchange.infno == "9101":
            rows = unzipped(bytes_in(value_of(message, "in")))
            owners = [self.settled[row[0]] for row in rows if row and row[0] in self.settled]
            if owners:
                return self._joined(owners)
        if self.latest is not None:
            return self.latest
        if exchange.infno == "9102":
            return own
        there = [
            one for one in self.found if one.people and any(sender_of(e) == own.institution for e in one.exchanges)
        ]
        return self._joined(there) if there else own

    def _joined(self, owners: Iterable[Thread]) -> Thread:
        """One thread of several, if its people fit into a scenario; else only the count of them."""
        several = list({id(one): one for one in owners}.values())
        first, everybody = several[0], set().union(*(one.people for one in several))
        if len(everybody) > OF_A_SCENARIO:
            return Thread(people=everybody)
        for one in several[1:]:
            first.exchanges += one.exchanges
            one.exchanges = []
        first.people = everybody
        return first
