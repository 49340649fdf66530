"""Settlements and trials, and what takes them back: cancellations and reversals."""

from __future__ import annotations

from conformance.checks.book.facts import FAMILY, SettleFacts, VisitFacts
from conformance.checks.book.people import balance_now, family_moves, family_of, touch
from conformance.checks.book.state import Book
from conformance.checks.book.visits import describe, keep_lines
from conformance.checks.look import EFFECTS, SALES, SETTLES, Look, fen, text


def _sale(book: Book, look: Look) -> VisitFacts | None:
    """A pharmacy's sale is a visit of its own; of a trial nothing remains."""
    mdtrt_id = text(look.head.get("mdtrt_id"))
    visit = VisitFacts(mdtrt_id, look.psn_no, look, kind="pharmacy")
    describe(visit, look)
    keep_lines(visit, look, look.node("drugdetail"), look.output.get("detlcutinfo"))
    return book.visits.setdefault(mdtrt_id, visit) if look.infno in SETTLES and mdtrt_id else visit


def read_settlement(book: Book, look: Look) -> None:
    """A trial or a settlement, of a visit, a stay or a sale."""
    final = look.infno in SETTLES
    if look.yes and look.original is None:
        _settled(book, look, final)
    touch(book, look)
    if final and look.yes and look.original is None and (person := book.people.get(look.psn_no)) is not None:
        person.balance = fen(look.head.get("balc"))
        person.since_balance = []
    asked = text(look.data.get("acct_used_flag")) == FAMILY
    if final and asked and look.original is None and look.yes is not False:
        paid = look.fen.get("acct_mulaid_pay")
        family_moves(book, look, None if paid is None else -paid)


def _settled(book: Book, look: Look, final: bool) -> None:
    person = book.people.get(look.psn_no)
    visit = _sale(book, look) if look.infno in SALES else book.visits.get(look.mdtrt_id)
    insutype, batch = text(look.data.get("insutype")), text(look.data.get("chrg_bchno"))
    unread = person is not None and any(
        one.infno in EFFECTS and one.original is None and one.yes is not False for one in person.since_counters
    )
    reading = person.reading if person is not None and not unread else None
    held = visit.batches.get(batch, []) if visit else []
    facts = SettleFacts(
        look,
        person,
        visit,
        [line for line in held if line.settled is None] or list(held),
        person.insured.get(insutype, {}) if person else {},
        reading.counters.get(insutype) if reading else None,
        balance_now(person) if person else None,
        head=look.fen,
        identities=person.identities if person else (),
    )
    member = family_of(book, person) if facts.from_family else None
    if member is not None:
        facts.family_balance = balance_now(member)
    book.settles[look.seq] = facts
    key = _purpose(look, batch)
    if not final:
        book.trials[key] = facts
        return
    facts.trial = book.trials.pop(key, None)
    facts.twin = book.cancelled.get(look.mdtrt_id or key[0])
    if visit is not None:
        book.settled.setdefault(visit.mdtrt_id, []).append(facts)
    for line in facts.lines:
        line.settled = look.seq
    if person is not None:
        person.effects.append(look.seq)
    book.by_setl_id.setdefault(text(look.head.get("setl_id")), facts)
    book.by_msgid[look.msgid] = facts


def _purpose(look: Look, batch: str) -> tuple[str, str]:
    """What a trial and its settlement have in common."""
    if look.infno in SALES:
        return look.psn_no, repr(look.node("drugdetail"))
    return look.mdtrt_id, f"{batch} {text(look.data.get('mid_setl_flag'))}"


def read_cancellation(book: Book, look: Look) -> None:
    """2208, 2305, 2103: a settlement is given back."""
    settled = book.by_setl_id.get(text(look.data.get("setl_id")))
    if look.yes and look.original is None and settled is not None:
        book.by_cancellation[look.msgid] = settled
        book.refunds[text(look.head.get("setl_id"))] = settled
        if look.infno == "2103" and settled.visit is not None:
            settled.visit.cancelled = look
    _undo(book, look, settled)


def read_reversal(book: Book, look: Look) -> None:
    """2601: a settlement, a cancellation or an admission is undone, by the id of its message."""
    omsgid = text(look.data.get("omsgid"))
    settled = book.by_msgid.get(omsgid)
    undone = settled is not None and settled.cancelled_by is not None and settled.cancelled_by.infno == "2601"
    again = (look.institution, omsgid) in book.overtaken and book.named_by(look) is not None
    if undone or again:
        book.restored.add(look.seq)  # reversed before: whether that is accepted again is an open point of its own
    if look.yes and look.original is None:
        book.overtaken.setdefault((look.institution, omsgid), look.seq)
        visit = book.by_admission.get((look.institution, omsgid))
        if visit is not None:
            visit.cancelled = look
        restored = book.by_cancellation.pop(omsgid, None)
        if restored is not None:
            if restored.cancelled_by is not None:
                book.taken_back[restored.cancelled_by.seq] = look.seq
            restored.cancelled_by = None
            book.restored.add(look.seq)
            book.cancelled.pop(restored.look.mdtrt_id, None)
            for line in restored.lines:
                line.settled = restored.look.seq
            if restored.from_family:
                paid = restored.head.get("acct_mulaid_pay")
                family_moves(book, look, None if paid is None else -paid)
    _undo(book, look, settled)


def _undo(book: Book, look: Look, settled: SettleFacts | None) -> None:
    if settled is not None and settled.from_family and look.original is None and look.yes is not False:
        once = look.yes and settled.cancelled_by is None
        family_moves(book, look, settled.head.get("acct_mulaid_pay") if once else None)
    if look.yes and look.original is None and settled is not None and settled.cancelled_by is None:
        settled.cancelled_by = look
        settled.undone.append(look)
        book.reversed[look.seq] = settled
        if settled.visit is None or settled.visit.kind == "outpatient":
            book.cancelled[settled.look.mdtrt_id] = settled
        for line in settled.lines:
            if line.settled == settled.look.seq:
                line.settled = None
        if look.infno == "2601" and settled.visit is not None and settled.visit.kind == "pharmacy":
            settled.visit.cancelled = look
    person = book.people.get(look.psn_no)
    if person is not None and look.yes:
        person.effects.append(look.seq)
    touch(book, look)
