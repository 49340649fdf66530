"""Settlements of a conversation that may be held against each other under any policy.

Two are comparable where the same person was treated in the same place, in the same way, on the same day, and nothing
was settled, taken back or filed for that person in between: then only the bills differ, and how is read off the lines
that were sent. What the target answered decides nothing here, save for the class of a line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from attrs import evolve, frozen

from conformance.checks.book import Book, LineFacts, SettleFacts
from conformance.checks.look import EFFECTS, TRIALS, Look, fen, text, whole
from sim.benefits.accumulators import by_codes
from sim.benefits.line import CLASS_C
from sim.benefits.relations import Observed

RATIO = "pool_prop_selfpay"
FILINGS = frozenset({"2501", "2502", "2503", "2504", "2505", "2506"})
_WAY = ("insutype", "med_type", "dise_codg", "opsp_dise_code", "mid_setl_flag", "psn_setlway", "exp_content")
_DAYS = ("begntime", "endtime", "dscgTime", "dscg_time")
"""What a visit and its settlement say about the way of treatment, and its days."""
_NAMES = frozenset({"feedetl_sn", "init_feedetl_sn", "mdtrt_id", "chrg_bchno", "psn_no", "rxno", "memo"})
"""Fields of a fee line that only name it."""
_AMOUNT = frozenset({"cnt", "det_item_fee_sumamt"})
_NEAREST = 12
"""How many earlier settlements of one group each is held against."""


@frozen
class Pair:
    """Two settlements in the roles of a relation; ``later`` is the one that is judged."""

    relation: str
    first: SettleFacts
    second: SettleFacts

    @property
    def later(self) -> SettleFacts:
        """The one that came last."""
        return max(self.first, self.second, key=lambda facts: facts.look.seq)

    @property
    def earlier(self) -> SettleFacts:
        """The one it is held against."""
        return min(self.first, self.second, key=lambda facts: facts.look.seq)


def observed(facts: SettleFacts) -> Observed:
    """A settlement as relations see it: what its reply carries, and what is known about the bill."""
    amounts = {name: value for name, value in facts.head.items() if value is not None}
    amounts.pop(RATIO, None)
    ratio = whole(facts.look.head.get(RATIO), 4)
    if ratio is not None:
        amounts[RATIO] = ratio
    if facts.is_trial and facts.balance is not None and amounts.get("balc") == facts.balance:
        del amounts["balc"]  # a trial may print the balance as it is: nothing was taken from it yet
    asked = {"0": False, "1": True, "2": True}.get(text(facts.look.data.get("acct_used_flag")))
    return Observed(amounts, len(facts.lines), facts.balance, asked, {}, _counters(facts))


def _counters(facts: SettleFacts) -> Mapping[str, int]:
    """The year's counters that were read after a settlement, by name; counts are whole."""
    if facts.after is None:
        return {}
    by_code = by_codes()
    years = {year for year, _ in facts.after}
    found = {}
    for (_, code), value in facts.after.items():
        if code in by_code and len(years) == 1:
            name, count = by_code[code]
            found[name] = value // 100 if count else value
    return found


def reversal(look: Look) -> Observed:
    """A cancellation as relations see it; a reversal by message id carries no amounts, which leaves it unjudged."""
    return Observed({name: value for name, value in look.fen.items() if value is not None})


@frozen
class Situation:
    """Everything but its bill that decides what a settlement gives. ``moved`` counts what was settled, taken back or
    filed for the person before it; ``part_of`` is the visit where an earlier part of it was settled."""

    person: str
    institution: str
    kind: str
    way: tuple[tuple[str, str], ...]
    day: str
    part_of: str
    moved: int


@frozen
class Again:
    """A settlement, what took it back, and the same bill settled once more with nothing else in between."""

    first: SettleFacts
    undone: Look
    again: SettleFacts


def comparisons(book: Book) -> Iterator[Pair | Again]:
    """Every two comparable settlements whose bills differ in a way that a relation speaks of, and every settlement
    made again after it was taken back."""
    groups: dict[Situation, list[SettleFacts]] = {}
    of: dict[int, Situation] = {}
    bills = _Bills()
    for key, facts in _situations(book):
        of[facts.look.seq] = key
        twin = facts.twin
        undone, before = (twin.cancelled_by, of.get(twin.look.seq)) if twin is not None else (None, None)
        if (
            twin is not None
            and undone is not None
            and before is not None
            and _made_again(before, key, twin, facts, bills)
        ):
            yield Again(twin, undone, facts)
        group = groups.setdefault(key, [])
        for other in group[-_NEAREST:]:
            yield from _related(other, facts, bills)
        group.append(facts)
    for group in groups.values():
        yield from _ladder(group)


def _made_again(before: Situation, now: Situation, first: SettleFacts, again: SettleFacts, bills: _Bills) -> bool:
    """Whether nothing but a settlement and its cancellation lies between, and the same is asked for."""
    alike = evolve(now, moved=before.moved, part_of="") == evolve(before, part_of="")
    asked = [facts.look.data.get("acct_used_flag") for facts in (first, again)]
    return alike and now.moved == before.moved + 2 and asked[0] == asked[1] and bills.of(first) == bills.of(again)


def _situations(book: Book) -> Iterator[tuple[Situation, SettleFacts]]:
    """Each settlement with its situation, as far as it had been told by then."""
    told: dict[str, dict[str, str]] = {}
    moved: Counter[str] = Counter()
    for look in book.looks:
        facts = book.settles.get(look.seq)
        if facts is None and look.yes and look.original is None and look.infno not in EFFECTS | TRIALS:
            number = look.mdtrt_id or _mdtrt_id(look)
            if number:
                told.setdefault(number, {}).update(_said(look))
        if facts is not None and facts.visit is not None and facts.lines and look.psn_no:
            visit = facts.visit
            way = {**told.get(visit.mdtrt_id, {}), **_said(look)}
            parted = (
                visit.mdtrt_id if any(one.look.seq < look.seq for one in book.settled.get(visit.mdtrt_id, ())) else ""
            )
            day, count = look.exchange.sent_at[:10], moved.total() if facts.from_family else moved[look.psn_no]
            said = tuple(sorted(way.items()))
            key = Situation(look.psn_no, look.institution, visit.kind, said, day, parted, count)
            yield key, facts
        if look.infno in EFFECTS | FILINGS and look.yes is not False and look.original is None:
            moved[look.psn_no] += 1


def _mdtrt_id(look: Look) -> str:
    """The number a visit was given when it began."""
    for name in ("data", "result"):
        node = look.output.get(name)
        if look.infno in ("2201", "2401") and isinstance(node, dict):
            return text(node.get("mdtrt_id"))
    return ""


def _said(look: Look) -> dict[str, str]:
    days = {name: text(look.data.get(name))[:10] for name in _DAYS}
    return {name: said for name, said in {**{n: text(look.data.get(n)) for n in _WAY}, **days}.items() if said}


def _item(line: LineFacts) -> tuple[tuple[str, str], ...]:
    """What a line charges, its quantity aside: every field that was sent, names aside, of times the day."""
    sent = {
        name: str(value)[:10] if name.endswith("_time") else _plain(value)
        for name, value in line.sent.items()
        if name not in _NAMES | _AMOUNT and value not in (None, "")
    }
    return tuple(sorted(sent.items()))


def _plain(value: Any) -> str:
    number = whole(value, 6) if not isinstance(value, str) else None
    return str(value) if number is None else str(number)


def _quantity(line: LineFacts) -> int:
    return whole(line.sent.get("cnt"), 4) or 0


Signed = tuple[int, int, int]
"""What a line charges (a number for each thing charged), its quantity, and its fen."""


class _Bills:
    """The bill of each settlement, read once however often it is compared."""

    def __init__(self) -> None:
        self._items: dict[tuple[tuple[str, str], ...], int] = {}
        self._lines: dict[int, Signed] = {}
        self._bills: dict[int, list[Signed]] = {}

    def of(self, facts: SettleFacts) -> list[Signed]:
        """The lines of one settlement."""
        seq = facts.look.seq
        if seq not in self._bills:
            self._bills[seq] = [self._signed(line) for line in facts.lines]
        return self._bills[seq]

    def _signed(self, line: LineFacts) -> Signed:
        """A trial and its settlement have the same lines, which the book holds for as long as this lives."""
        if id(line) not in self._lines:
            item = self._items.setdefault(_item(line), len(self._items))
            self._lines[id(line)] = item, _quantity(line), fen(line.sent.get("det_item_fee_sumamt")) or 0
        return self._lines[id(line)]


def _related(one: SettleFacts, other: SettleFacts, bills: _Bills) -> Iterator[Pair]:
    """The relation between two bills of one situation, if there is one."""
    asked = [text(facts.look.data.get("acct_used_flag")) for facts in (one, other)]
    first, second = bills.of(one), bills.of(other)
    same = Counter(first) == Counter(second)
    if asked[0] != asked[1]:
        if same and set(asked) == {"0", "1"}:
            yield Pair("the_account_moves_no_fund", *((one, other) if asked[0] == "0" else (other, one)))
        return
    if same:
        alike = first == second
        name = "the_same_bill_gives_the_same_result" if alike else "the_order_of_lines_is_irrelevant"
        yield Pair(name, one, other)
        return
    for less, more in ((one, other), (other, one)):
        name = _added(less, more, bills) or _cut(bills.of(less), bills.of(more))
        if name:
            yield Pair(name, less, more)


def _added(less: SettleFacts, more: SettleFacts, bills: _Bills) -> str:
    """What one bill has beside everything the other has: class C only, or lines with what gives them back."""
    missing = Counter(bills.of(less))
    if missing - Counter(bills.of(more)):
        return ""
    extra: list[LineFacts] = []
    for line, signed in zip(more.lines, bills.of(more), strict=True):
        if missing[signed]:
            missing[signed] -= 1
        else:
            extra.append(line)
    if all(text((line.came or {}).get("chrgitm_lv")) == CLASS_C and _quantity(line) > 0 for line in extra):
        return "a_wholly_self_paid_line_moves_only_self_pay"
    left = {line.number: _quantity(line) for line in extra if _quantity(line) > 0}
    for line in extra:
        if _quantity(line) < 0:
            of = text(line.sent.get("init_feedetl_sn"))
            left[of] = left.get(of, 0) + _quantity(line)
    return "" if any(left.values()) else "a_line_and_its_refund_change_nothing"


def _cut(whole_bill: list[Signed], pieces: list[Signed]) -> str:
    """Whether one line of the one bill is several of the other, and all else is the same."""
    before, after = Counter(whole_bill), Counter(pieces)
    gone, come = before - after, after - before
    if gone.total() != 1 or come.total() < 2:
        return ""
    (item, quantity, _) = next(iter(gone))
    alike = all(other == item and count > 0 for other, count, _ in come)
    total = sum(count * times for (_, count, _), times in come.items())
    return "splitting_a_line_changes_nothing_but_rounding" if alike and total == quantity > 0 else ""


def _ladder(group: list[SettleFacts]) -> Iterator[Pair]:
    """Neighbours in the order of what is in scope: more must not be paid less."""
    known = [facts for facts in group if facts.head.get("inscp_scp_amt") is not None]
    known.sort(key=lambda facts: (facts.head.get("inscp_scp_amt") or 0, facts.look.seq))
    for less, more in pairwise(known):
        if less.head.get("inscp_scp_amt") != more.head.get("inscp_scp_amt"):
            yield Pair("more_in_scope_never_lowers_what_funds_pay", less, more)
