"""Two accounts of the same settlements, line by line: what an institution sent and what this place has.

Each line of either side comes out once, with what is wrong with it: a line that only the institution has (an upload or
a cancellation never came here), that only this place has (a reply was lost), or whose contents differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from attrs import define, field, frozen

from sim.lang import Text, say
from sim.money import show
from sim.platform.office.books import Books, Entry

AMOUNTS = ("medfee_sumamt", "fund_pay_sumamt", "acct_pay")


@frozen
class Sent:
    """A line as the institution has it; amounts in fen. ``refunded`` is its refd_setl_flag."""

    setl_id: str
    mdtrt_id: str
    psn_no: str
    medfee_sumamt: int
    fund_pay_sumamt: int
    acct_pay: int
    refunded: bool


@frozen
class Compared:
    """A line of either side or both, and what is wrong with it (nothing: they are equal). Not both sides are None.

    ``msgid`` is the message that made a settlement which 2601 has reversed since, so that this place has no line.
    """

    sent: Sent | None
    ours: Entry | None
    notes: tuple[Text, ...]
    msgid: str = ""

    @property
    def line(self) -> Sent | Entry:
        """The line: this place's, where it has one."""
        found = self.ours or self.sent
        if found is None:
            raise ValueError("a comparison of nothing")
        return found

    @property
    def equal(self) -> bool:
        """Whether both sides have the line and agree about it."""
        return not self.notes


def compare(sent: Iterable[Sent], ours: Sequence[Entry], doubtful: Sequence[Entry], books: Books) -> list[Compared]:
    """Every line sent, in its order, then the lines that only this place has, in order of time.

    ``ours`` are the lines asked for, ``books`` holds all there are. A cancellation is found by its own setl_id and also
    by that of the settlement it cancels, because institutions write either.
    """
    work = _Comparison(ours, doubtful, books)
    lines = [work.of(line) for line in sent]
    return [*lines, *work.rest()]


@define
class _Comparison:
    ours: Sequence[Entry]
    doubtful: Sequence[Entry]
    books: Books
    asked: dict[tuple[str, bool], Entry] = field(init=False)
    every: dict[tuple[str, bool], Entry] = field(init=False)
    doubts: dict[str, Entry] = field(init=False)
    met: set[tuple[str, bool]] = field(factory=set)

    def __attrs_post_init__(self) -> None:
        self.asked = _by_number(self.ours)
        self.every = _by_number(self.books.entries)
        self.doubts = {entry.setl_id: entry for entry in self.books.doubtful}

    def of(self, line: Sent) -> Compared:
        refund = line.medfee_sumamt < 0 or self._only_refund(line.setl_id)
        key = (line.setl_id, refund)
        entry = self.asked.get(key)
        if entry is None:
            return self._unasked(line, refund)
        if entry_key(entry) in self.met:
            return Compared(line, entry, (say("platform.reconciliation.twice"),))
        self.met.add(entry_key(entry))
        return Compared(line, entry, tuple(_differences(line, entry)))

    def rest(self) -> Iterator[Compared]:
        """What only this place has."""
        for entry in self.ours:
            if entry_key(entry) not in self.met:
                key = "only_centre_refund" if entry.refund else "only_centre"
                yield Compared(None, entry, (say(f"platform.reconciliation.{key}", day=str(entry.day)),))
        for entry in self.doubtful:
            if entry_key(entry) not in self.met:
                yield Compared(None, entry, (say("platform.reconciliation.doubt"),))

    def _only_refund(self, setl_id: str) -> bool:
        """Whether the number is a cancellation's own."""
        return (setl_id, True) in self.every and (setl_id, False) not in self.every

    def _unasked(self, line: Sent, refund: bool) -> Compared:
        """A line that is not among those asked for: why not?"""
        doubt = self.doubts.get(line.setl_id)
        if doubt is not None:
            self.met.add(entry_key(doubt))
            return Compared(line, doubt, (say("platform.reconciliation.doubt"),))
        elsewhere = self.every.get((line.setl_id, refund))
        if elsewhere is not None:
            told = say("platform.reconciliation.not_asked", day=str(elsewhere.day), clr_type=elsewhere.clr_type)
            return Compared(line, elsewhere, (told,))
        if line.setl_id in self.books.reversed:
            told = say("platform.reconciliation.reversed")
            return Compared(line, None, (told,), self.books.reversed[line.setl_id])
        key = "refund_missing" if refund else "only_institution"
        return Compared(line, None, (say(f"platform.reconciliation.{key}"),))


def entry_key(entry: Entry) -> tuple[str, bool]:
    """What tells a line from every other one."""
    return entry.of, entry.refund


def _by_number(entries: Iterable[Entry]) -> dict[tuple[str, bool], Entry]:
    return {(number, entry.refund): entry for entry in entries for number in (entry.of, entry.setl_id)}


def _differences(line: Sent, entry: Entry) -> Iterator[Text]:
    for name in ("psn_no", "mdtrt_id"):
        theirs, ours = getattr(line, name), getattr(entry, name)
        if theirs != ours:
            yield say("platform.reconciliation.differs", field=name, theirs=theirs, ours=ours)
    for name in AMOUNTS:
        theirs, ours = getattr(line, name), getattr(entry, name)
        if theirs != ours:
            yield say("platform.reconciliation.differs", field=name, theirs=show(theirs), ours=show(ours))
    if line.refunded and not entry.refunded:
        yield say("platform.reconciliation.not_refunded")
    if entry.refund and not line.refunded:
        yield say("platform.reconciliation.is_refund")
