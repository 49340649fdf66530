"""A book: everything that was seen of a conversation so far."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import define, field

from conformance.checks.book.facts import Change, FiledFacts, PersonFacts, SettleFacts, VisitFacts
from conformance.checks.look import CANCELS, SETTLES, Look, text

BOOKED = SETTLES | CANCELS
ADMITS = "2401"


@define
class Book:
    """What was seen, and facts. ``settled``: settlements by the visit's number, in order; ``reversed``: reversal
    look to the settlement it names, if that was seen; ``taken_back``: cancellation to the 2601 that reversed it;
    ``booked``: accepted settlements and cancellations by institution, repeats left out; ``overtaken``: messages that an
    accepted 2601 reversed, and when; ``families``: whose account is shared with whom, by identity numbers, as far as
    that is declared; ``messages``: the first of each id of an institution; ``reversible``: what a 2601 may name, by id;
    ``trials``: those that no settlement followed yet; ``cancelled``: the last undone settlement of a visit."""

    looks: list[Look] = field(factory=list)
    people: dict[str, PersonFacts] = field(factory=dict)
    visits: dict[str, VisitFacts] = field(factory=dict)
    settles: dict[int, SettleFacts] = field(factory=dict)
    settled: dict[str, list[SettleFacts]] = field(factory=dict)
    by_setl_id: dict[str, SettleFacts] = field(factory=dict)
    by_msgid: dict[str, SettleFacts] = field(factory=dict)
    reversed: dict[int, SettleFacts] = field(factory=dict)
    changes: list[Change] = field(factory=list)
    by_admission: dict[tuple[str, str], VisitFacts] = field(factory=dict)
    by_cancellation: dict[str, SettleFacts] = field(factory=dict)
    refunds: dict[str, SettleFacts] = field(factory=dict)
    taken_back: dict[int, int] = field(factory=dict)
    filed: dict[str, list[FiledFacts]] = field(factory=dict)
    filings: dict[str, str] = field(factory=dict)
    withdrawn: set[str] = field(factory=set)
    chronic: dict[str, tuple[str, str]] = field(factory=dict)
    chronic_withdrawn: dict[str, dict[str, int]] = field(factory=dict)
    files: dict[str, str] = field(factory=dict)
    sign_nos: dict[str, set[str]] = field(factory=dict)
    restored: set[int] = field(factory=set)
    booked: dict[str, list[Look]] = field(factory=dict)
    families: Mapping[str, str] = field(factory=dict)
    overtaken: dict[tuple[str, str], int] = field(factory=dict)
    messages: dict[tuple[str, str], Look] = field(factory=dict)
    reversible: dict[str, Look] = field(factory=dict)
    trials: dict[tuple[str, str], SettleFacts] = field(factory=dict)
    cancelled: dict[str, SettleFacts] = field(factory=dict)

    def was_reversed(self, look: Look) -> bool:
        """Whether a message, or the one that it repeats, had been reversed by 2601 when it came."""
        return self.overtaken.get((look.institution, look.msgid), look.seq) < look.seq

    def has_message(self, institution: str, msgid: str) -> bool:
        """Whether an institution sent a message under this id, so far."""
        return (institution, msgid) in self.messages

    def named_by(self, look: Look) -> Look | None:
        """The accepted settlement, cancellation or admission whose id a 2601 names: the institution's own message of
        that id, else another's. What became of it since makes no difference."""
        omsgid = text(look.data.get("omsgid"))
        own = self.messages.get((look.institution, omsgid))
        if own is None:
            return self.reversible.get(omsgid)
        return own if own.yes and (own.infno in BOOKED or own.infno == ADMITS) else None
