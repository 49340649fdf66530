"""What a conversation tells about persons, visits and settlements, in order: the facts that checks lean on.

Nothing is assumed that was not said. Where a reading is missing (no 5206 before a settlement, an answer that never
came), the fact is None and what depends on it is not judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import define, field

from conformance.checks.look import EFFECTS, HEADS, SETTLES, Look, fen, rows, text, whole
from conformance.conversation import Exchange
from conformance.scenario.model import Scenario

NEEDY = "23"
"""psn_idet_type of people under medical assistance (医疗救助人员)."""
Counters = Mapping[tuple[str, str], int]
"""Counters of one insurance as 5206 printed them: (year, cum_type_code) to hundredths."""


@define
class Reading:
    """The counters of a person at one moment."""

    look: Look
    counters: Mapping[str, Counters]


@define
class PersonFacts:
    """A person as the target showed them."""

    psn_no: str
    base: Mapping[str, Any] = field(factory=dict)
    insured: dict[str, Mapping[str, Any]] = field(factory=dict)
    needy: bool = False
    reading: Reading | None = None
    balance: int | None = None
    since_counters: list[Look] = field(factory=list)
    since_balance: list[Look] = field(factory=list)


@define
class LineFacts:
    """A bill line: what was sent, the row that came back for it, and the exchange it went with."""

    sent: Mapping[str, Any]
    came: Mapping[str, Any] | None
    upload: int = 0


@define
class VisitFacts:
    """A visit and what was uploaded for it."""

    mdtrt_id: str
    psn_no: str
    look: Look
    begins: str = ""
    med_type: str = ""
    batches: dict[str, list[LineFacts]] = field(factory=dict)
    settled: list[SettleFacts] = field(factory=list)


@define
class SettleFacts:
    """A settlement or trial: what was known before it, and what was read after it."""

    look: Look
    person: PersonFacts | None
    visit: VisitFacts | None
    lines: list[LineFacts]
    insured: Mapping[str, Any]
    counters: Counters | None
    balance: int | None
    trial: SettleFacts | None = None
    twin: SettleFacts | None = None
    after: Counters | None = None
    cancelled_by: Look | None = None
    head: Mapping[str, int | None] = field(factory=dict)


@define
class Change:
    """Two readings of a person's counters, or balance, and what was said in between."""

    kind: str
    before: Any
    after: Any
    between: list[Look]
    look: Look
    insutype: str = ""


@define
class Book:
    """A conversation's looks and facts. ``reversed``: reversal look to the settlement it names, if that was seen."""

    looks: list[Look] = field(factory=list)
    people: dict[str, PersonFacts] = field(factory=dict)
    visits: dict[str, VisitFacts] = field(factory=dict)
    settles: dict[int, SettleFacts] = field(factory=dict)
    by_setl_id: dict[str, SettleFacts] = field(factory=dict)
    by_msgid: dict[str, SettleFacts] = field(factory=dict)
    reversed: dict[int, SettleFacts] = field(factory=dict)
    changes: list[Change] = field(factory=list)
    _messages: dict[tuple[str, str], Look] = field(factory=dict)
    _trials: dict[tuple[str, str], SettleFacts] = field(factory=dict)
    _cancelled: dict[str, SettleFacts] = field(factory=dict)


def open_book(exchanges: Iterable[Exchange], scenarios: Mapping[str, Scenario]) -> Book:
    """Read a conversation once, in order."""
    book = Book()
    for exchange in exchanges:
        scenario = scenarios.get(exchange.scenario)
        step = scenario.step(exchange.run, exchange.step) if scenario else None
        look = Look(exchange, scenario, step)
        _note_repeat(book, look)
        book.looks.append(look)
        _READERS.get(look.infno, _other)(book, look)
    return book


def _note_repeat(book: Book, look: Look) -> None:
    if not look.msgid:
        return
    key = (text(look.request.get("fixmedins_code")), look.msgid)
    first = book._messages.setdefault(key, look)
    if first is not look:
        look.original = first
        look.same_body = first.exchange.request.body == look.exchange.request.body


def _other(book: Book, look: Look) -> None:
    """Nothing to remember."""


def _person(book: Book, look: Look) -> None:
    base = look.output.get("baseinfo")
    if isinstance(base, list) and base:
        base = base[0]
    if not look.yes or not isinstance(base, dict) or not text(base.get("psn_no")):
        return
    psn_no = text(base.get("psn_no"))
    person = book.people.setdefault(psn_no, PersonFacts(psn_no))
    person.base = base
    person.insured = {text(row.get("insutype")): row for row in rows(look.output.get("insuinfo"))}
    person.needy = any(row.get("psn_idet_type") == NEEDY for row in rows(look.output.get("idetinfo")))
    balances = [fen(row.get("balc")) for row in person.insured.values()]
    balance = balances[0] if len(balances) == 1 else None
    if person.balance is not None and balance is not None and person.since_balance:
        book.changes.append(Change("balance", person.balance, balance, person.since_balance, look))
    person.balance = balance
    person.since_balance = []


def _counters(book: Book, look: Look) -> None:
    person = book.people.get(look.psn_no)
    if not look.yes or person is None:
        return
    found: dict[str, dict[tuple[str, str], int]] = {kind: {} for kind in person.insured}
    for row in rows(look.output.get("cuminfo")):
        value = whole(row.get("cum"), 2)
        if value is not None:
            key = (text(row.get("year")), text(row.get("cum_type_code")))
            found.setdefault(text(row.get("insutype")), {})[key] = value
    before = person.reading
    between = person.since_counters
    if before is not None and between:
        for insutype in sorted({*before.counters, *found}):
            old, new = before.counters.get(insutype, {}), found.get(insutype, {})
            book.changes.append(Change("counters", old, new, between, look, insutype))
    effects = [one for one in between if one.infno in EFFECTS and one.original is None and one.yes is not False]
    if len(effects) == 1 and effects[0].seq in book.settles:
        settled = book.settles[effects[0].seq]
        settled.after = found.get(text(settled.look.data.get("insutype")), {})
    person.reading = Reading(look, found)
    person.since_counters = []


def _touch(book: Book, look: Look) -> None:
    """Remember, for the person of a message, that it may or must not have changed something."""
    person = book.people.get(look.psn_no)
    if person is not None:
        person.since_counters.append(look)
        person.since_balance.append(look)


def _visit(book: Book, look: Look) -> None:
    _touch(book, look)
    node = look.output.get("data")
    if look.yes and look.original is None and isinstance(node, dict) and text(node.get("mdtrt_id")):
        mdtrt_id = text(node.get("mdtrt_id"))
        book.visits.setdefault(mdtrt_id, VisitFacts(mdtrt_id, look.psn_no, look, text(look.data.get("begntime"))))


def _visit_info(book: Book, look: Look) -> None:
    visit = book.visits.get(look.mdtrt_id)
    given = look.request.get("input")
    info = given.get("mdtrtinfo") if isinstance(given, dict) else None
    if look.yes and visit is not None and isinstance(info, dict):
        visit.med_type = text(info.get("med_type"))
        visit.begins = text(info.get("begntime")) or visit.begins


def _lines(book: Book, look: Look) -> None:
    visit = book.visits.get(look.mdtrt_id)
    given = look.request.get("input")
    if not look.yes or look.original is not None or visit is None or not isinstance(given, dict):
        return
    came = {text(row.get("feedetl_sn")): row for row in rows(look.output.get("result"))}
    for row in rows(given.get("feedetail")):
        batch = visit.batches.setdefault(text(row.get("chrg_bchno")), [])
        batch.append(LineFacts(row, came.get(text(row.get("feedetl_sn"))), look.seq))


def _lines_gone(book: Book, look: Look) -> None:
    visit = book.visits.get(look.mdtrt_id)
    if look.yes and visit is not None:
        number = text(look.data.get("chrg_bchno"))
        for batch in [number] if number != "0000" else list(visit.batches):
            visit.batches.pop(batch, None)


def _settle(book: Book, look: Look) -> None:
    final = look.infno in SETTLES
    if look.yes and look.original is None:
        person, visit = book.people.get(look.psn_no), book.visits.get(look.mdtrt_id)
        insutype = text(look.data.get("insutype"))
        batch = text(look.data.get("chrg_bchno"))
        unread = person is not None and any(
            one.infno in EFFECTS and one.original is None and one.yes is not False for one in person.since_counters
        )
        reading = person.reading if person is not None and not unread else None
        facts = SettleFacts(
            look,
            person,
            visit,
            list(visit.batches.get(batch, ())) if visit else [],
            person.insured.get(insutype, {}) if person else {},
            reading.counters.get(insutype) if reading else None,
            person.balance if person else None,
            head=look.fen,
        )
        book.settles[look.seq] = facts
        if final:
            facts.trial = book._trials.pop((look.mdtrt_id, batch), None)
            facts.twin = book._cancelled.get(look.mdtrt_id)
            if visit is not None:
                visit.settled.append(facts)
            book.by_setl_id.setdefault(text(look.head.get("setl_id")), facts)
            book.by_msgid[look.msgid] = facts
        else:
            book._trials[(look.mdtrt_id, batch)] = facts
    _touch(book, look)
    if final and look.yes and look.original is None and (person := book.people.get(look.psn_no)) is not None:
        person.balance = fen(look.head.get("balc"))
        person.since_balance = []


def _cancel(book: Book, look: Look) -> None:
    settled = book.by_setl_id.get(text(look.data.get("setl_id")))
    _undo(book, look, settled)


def _reverse(book: Book, look: Look) -> None:
    settled = book.by_msgid.get(text(look.data.get("omsgid")))
    _undo(book, look, settled)


def _undo(book: Book, look: Look, settled: SettleFacts | None) -> None:
    if look.yes and look.original is None and settled is not None:
        settled.cancelled_by = look
        book.reversed[look.seq] = settled
        book._cancelled[settled.look.mdtrt_id] = settled
    _touch(book, look)


_READERS: Mapping[str, Any] = {
    "1101": _person,
    "5206": _counters,
    "2201": _visit,
    "2203": _visit_info,
    "2203A": _visit_info,
    "2204": _lines,
    "2205": _lines_gone,
    **dict.fromkeys(HEADS, _settle),
    "2208": _cancel,
    "2601": _reverse,
}

__all__ = ["Book", "Change", "Counters", "LineFacts", "PersonFacts", "SettleFacts", "VisitFacts", "open_book"]
