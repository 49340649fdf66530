"""Persons: who they are, what they used up, what their accounts hold."""

from __future__ import annotations

from conformance.checks.book.facts import Change, PersonFacts, Reading
from conformance.checks.book.state import Book
from conformance.checks.look import EFFECTS, Look, fen, rows, text, whole


def read_person(book: Book, look: Look) -> None:
    """1101: a person as the target shows them."""
    base = look.output.get("baseinfo")
    if isinstance(base, list) and base:
        base = base[0]
    if not look.yes or not isinstance(base, dict) or not text(base.get("psn_no")):
        return
    psn_no = text(base.get("psn_no"))
    filed = book.filed.setdefault(psn_no, [])
    person = book.people.setdefault(psn_no, PersonFacts(psn_no, filed=filed))
    person.base = base
    person.insured = {text(row.get("insutype")): row for row in rows(look.output.get("insuinfo"))}
    person.identities = tuple(rows(look.output.get("idetinfo")))
    balances = [fen(row.get("balc")) for row in person.insured.values()]
    balance = balances[0] if len(balances) == 1 else None
    if person.balance is not None and balance is not None and person.since_balance:
        book.changes.append(Change("balance", person.balance, balance, person.since_balance, look))
    if person.shared and balance is not None and (right := balance_now(person)) is not None:
        book.changes.append(Change("shared", right, balance, person.shared, look))
    person.balance = balance
    person.since_balance, person.shared = [], []


def read_counters(book: Book, look: Look) -> None:
    """5206: a person's counters, and what moved them since the last reading."""
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


def touch(book: Book, look: Look) -> None:
    """Remember, for the person of a message, that it may or must not have changed something."""
    person = book.people.get(look.psn_no)
    if person is not None:
        person.since_counters.append(look)
        person.since_balance.append(look)


def family_of(book: Book, person: PersonFacts | None) -> PersonFacts | None:
    """Whoever shares an account with a person, where that is declared and the member was seen."""
    certno = book.families.get(text(person.base.get("certno"))) if person is not None else None
    return next((one for one in book.people.values() if certno and one.base.get("certno") == certno), None)


def family_moves(book: Book, look: Look, by: int | None) -> None:
    """A family member's account paid, or got back. Where nobody says whose it is, no other account is known now."""
    person = book.people.get(look.psn_no)
    if person is not None and text(person.base.get("certno")) in book.families:
        member = family_of(book, person)
        if member is not None:
            member.balance = None if by is None or member.balance is None else member.balance + by
            member.shared.append(look)
    elif by != 0:
        for other in book.people.values():
            if other is not person:
                other.balance = None


def balance_now(person: PersonFacts) -> int | None:
    """What a person's account holds, unless something that may have moved it came since that was read."""
    moved = any(one.infno in EFFECTS and one.original is None and one.yes is not False for one in person.since_balance)
    return None if moved else person.balance
