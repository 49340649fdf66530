"""Giving back what a settlement took: cancellation, and reversal of either."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import evolve

from sim.benefits import Accumulators
from sim.money import wire
from sim.platform import relay
from sim.platform.context import Context
from sim.platform.insured import covered
from sim.platform.insured.entitlement import balance_of, family_of, person_of
from sim.platform.people import Person
from sim.platform.records import ACCOUNTS, CLAIMS, USED, Account, Claim, Used
from sim.platform.refusal import refuse


def move(context: Context, person: Person, claim: Claim, direction: int) -> None:
    """Move account and counters as the claim did (1), or back (-1)."""
    used = context.store.get(USED, claim.psn_no, claim.insutype, claim.year)
    before = used.accumulators if used is not None else Accumulators(claim.year)
    moved = {name: getattr(before, name) + direction * by for name, by in claim.moved.items()}
    context.store.put(USED, Used(claim.psn_no, claim.insutype, claim.year, evolve(before, **moved)))
    for payer, fen in _payers(context, person, claim):
        balance = balance_of(context, payer) - direction * fen
        context.store.put(ACCOUNTS, Account(payer.psn_no, payer.insutype, balance))


def _payers(context: Context, person: Person, claim: Claim) -> Iterator[tuple[Person, int]]:
    """Whose personal accounts paid how much."""
    if own := claim.account - claim.shared:
        yield person, own
    if claim.shared:
        member = family_of(context, person)
        if member is None:
            raise refuse("account.shared")
        yield member, claim.shared


def other_valid(context: Context, claim: Claim) -> Claim | None:
    """Another valid claim for the same charge batch."""
    found = context.store.find(CLAIMS, "batch", claim.fixmedins_code, claim.mdtrt_id, claim.batch)
    return next((other for other in found if other.state == "valid" and other.setl_id != claim.setl_id), None)


def cancel(context: Context) -> dict[str, Any]:
    """2208, 2305: give a settlement back."""
    data = context.node()
    person = person_of(context, data["psn_no"])
    claim = context.store.get(CLAIMS, context.relay["setl_id"])
    if claim is None or claim.psn_no != person.psn_no or claim.state == "reversed":
        raise refuse("settlement.unknown", setl_id=context.relay["setl_id"])
    if claim.state == "cancelled":
        raise refuse("settlement.cancelled", setl_id=claim.setl_id)
    move(context, person, claim, -1)
    context.store.put(CLAIMS, evolve(claim, state="cancelled", cancelled_by=context.msgid))
    covered.book(context, "cancellation", -1, claim)
    return {"setlinfo": {"balc": wire(balance_of(context, person))}}


def undo(context: Context) -> dict[str, Any]:
    """2601: undo a settlement or a cancellation; whatever of it comes later is refused."""
    person = person_of(context, context.node()["psn_no"])
    omsgid, oinfno = context.relay["omsgid"], context.relay["oinfno"]
    journal = context.party.relayed
    if oinfno in relay.SETTLES:
        for claim in context.store.find(CLAIMS, "made_by", context.sender, omsgid):
            _undo_settlement(context, person, claim)
    elif oinfno in relay.CANCELS:
        for claim in context.store.find(CLAIMS, "cancelled_by", context.sender, omsgid):
            _undo_cancellation(context, person, claim)
    journal.reverse(context.sender, omsgid, oinfno, context.now)
    return {}


def _undo_settlement(context: Context, person: Person, claim: Claim) -> None:
    _check_person(person, claim)
    if claim.state == "cancelled":
        raise refuse("settlement.cancelled", setl_id=claim.setl_id)
    if claim.state == "valid":
        move(context, person, claim, -1)
        context.store.put(CLAIMS, evolve(claim, state="reversed"))
        covered.book(context, "reversal", -1, claim)


def _undo_cancellation(context: Context, person: Person, claim: Claim) -> None:
    _check_person(person, claim)
    if claim.state != "cancelled":
        return
    again = other_valid(context, claim)
    if again is not None:
        raise refuse("reversal.settled_again", setl_id=again.setl_id)
    if any(balance_of(context, payer) < fen for payer, fen in _payers(context, person, claim)):
        raise refuse("reversal.balance", setl_id=claim.setl_id)
    move(context, person, claim, 1)
    context.store.put(CLAIMS, evolve(claim, state="valid", cancelled_by=""))
    covered.book(context, "restoration", 1, claim)


def _check_person(person: Person, claim: Claim) -> None:
    if claim.psn_no != person.psn_no:
        raise refuse("reversal.other_person", psn_no=person.psn_no)
