"""What a conversation tells about persons, visits and settlements, in order: the facts that checks lean on.

Nothing is assumed that was not said. Where a reading is missing (no 5206 before a settlement, an answer that never
came), the fact is None and what depends on it is not judged.
"""

from conformance.checks.book.facts import (
    Change,
    Counters,
    FiledFacts,
    LineFacts,
    PersonFacts,
    SettleFacts,
    VisitFacts,
)
from conformance.checks.book.reading import open_book
from conformance.checks.book.state import Book
from conformance.checks.book.visits import EVERYTHING

__all__ = [
    "EVERYTHING",
    "Book",
    "Change",
    "Counters",
    "FiledFacts",
    "LineFacts",
    "PersonFacts",
    "SettleFacts",
    "VisitFacts",
    "open_book",
]
