"""Reading a conversation into a book, in order: who looks at which transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from conformance.checks.book.filings import read_file_number, read_filing, read_sign_in, read_withdrawal
from conformance.checks.book.people import read_counters, read_person
from conformance.checks.book.settlements import read_cancellation, read_reversal, read_settlement
from conformance.checks.book.state import BOOKED, Book
from conformance.checks.book.visits import (
    read_discharge,
    read_discharge_gone,
    read_lines,
    read_lines_gone,
    read_visit,
    read_visit_gone,
    read_visit_info,
)
from conformance.checks.look import CANCELS, HEADS, Look, text
from conformance.conversation import Exchange
from conformance.scenario.model import Scenario

Reader = Callable[[Book, Look], None]


def _nothing(_: Book, __: Look) -> None:
    """Nobody wants to look."""


def open_book(
    exchanges: Iterable[Exchange],
    scenarios: Mapping[str, Scenario],
    before: Callable[[Book, Look], None] = _nothing,
    families: Mapping[str, str] | None = None,
) -> Book:
    """Read a conversation once, in order. ``before`` sees each new message that was answered, and the book as it was
    before that message."""
    book = Book(families=families or {})
    for exchange in exchanges:
        scenario = scenarios.get(exchange.scenario)
        look = Look(exchange, scenario, scenario.step(exchange.run, exchange.step) if scenario is not None else None)
        _note_repeat(book, look)
        book.looks.append(look)
        if look.original is None and look.yes is not None:
            before(book, look)
        if look.original is None and look.yes and look.infno in BOOKED:
            book.booked.setdefault(look.institution, []).append(look)
            book.reversible[look.msgid] = look
        _READERS.get(look.infno, _other)(book, look)
    return book


def _note_repeat(book: Book, look: Look) -> None:
    if not look.msgid:
        return
    key = (text(look.request.get("fixmedins_code")), look.msgid)
    first = book.messages.setdefault(key, look)
    if first is not look:
        look.original = first
        look.same_body = first.exchange.request.body == look.exchange.request.body


def _other(book: Book, look: Look) -> None:
    """Nothing to remember."""


_READERS: Mapping[str, Reader] = {
    "1101": read_person,
    "5206": read_counters,
    "2201": read_visit,
    "2401": read_visit,
    "2203": read_visit_info,
    "2203A": read_visit_info,
    "2403": read_visit_info,
    "2402": read_discharge,
    "2405": read_discharge_gone,
    "2202": read_visit_gone,
    "2404": read_visit_gone,
    "2204": read_lines,
    "2301": read_lines,
    "2205": read_lines_gone,
    "2302": read_lines_gone,
    **dict.fromkeys(HEADS, read_settlement),
    **dict.fromkeys(CANCELS, read_cancellation),
    "2601": read_reversal,
    "9001": read_sign_in,
    "9101": read_file_number,
    "3202": read_file_number,
    **dict.fromkeys(("1301", "1302", "1303", "1305", "1306", "1307", "5204"), read_file_number),
    "2501": read_filing,
    "2503": read_filing,
    "2504": read_withdrawal,
    "2505": read_filing,
    "2502": read_withdrawal,
    "2506": read_withdrawal,
}
