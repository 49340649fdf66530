"""2601: undo a message whose outcome the sender does not know.

The message is marked as reversed before anything else, so that it is refused should it come later (a reversal can
overtake it). Then what it did, here and at the insured place, is undone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import evolve

from sim.platform import intents
from sim.platform.clearing_records import DEDUCTIONS
from sim.platform.context import Context
from sim.platform.records import SETTLEMENTS, VISITS, Message, Settlement, SettlementState, Visit
from sim.platform.refusal import Refused, refuse
from sim.platform.treatment import owed
from sim.platform.treatment.bill import STAY, lines_of, mark, settlements_of
from sim.platform.treatment.settle import PARTS
from sim.platform.treatment.visit import Work, check_empty


def reverse(context: Context) -> Work:
    """Reverse one message of this institution."""
    data = context.node()
    omsgid, oinfno = str(data["omsgid"]), str(data["oinfno"])
    undo = UNDO.get(oinfno)
    if undo is None:
        raise refuse("reversal.not_reversible", oinfno=oinfno)
    journal, readings = context.party.messages, context.setting.readings
    original = journal.known(context.sender, omsgid)
    if original is None or (original.state == "reversed" and not original.digest):
        journal.reverse(context.sender, omsgid, oinfno, context.now)
        if readings.unknown_reversal_refused:
            raise refuse("reversal.unknown", omsgid=omsgid, keep=True)
        return {}
    if original.infno != oinfno:
        raise refuse("reversal.other_infno", omsgid=omsgid, oinfno=oinfno, infno=original.infno)
    if original.state == "refused":
        raise refuse("reversal.refused_message", omsgid=omsgid)
    output = yield from undo(context, data, original)
    intents.drop(context.store, context.sender, omsgid)
    return output


def _undo_settlement(context: Context, data: Mapping[str, Any], original: Message) -> Work:
    """A settlement, made or still in doubt."""
    settlement = next(iter(context.store.find(SETTLEMENTS, "made_by", context.sender, original.msgid)), None)
    if settlement is None:
        return _already(context, original)
    visit = _visit(context, data, settlement)
    if settlement.state == "reversed":
        return _already(context, original)
    if settlement.state == "cancelled":
        raise refuse("settlement.cancelled", setl_id=settlement.setl_id)
    if settlement.state == "cancelling":
        raise refuse("settlement.busy", setl_id=settlement.setl_id, passing=True)
    if context.store.find(DEDUCTIONS, "settlement", settlement.setl_id):
        raise refuse("audit.audited", setl_id=settlement.setl_id)
    context.party.messages.reverse(context.sender, original.msgid, original.infno, context.now)
    context.store.put(SETTLEMENTS, evolve(settlement, state="reversing"))
    try:
        yield from context.ask(visit.insuplc_admdvs, omsgid=original.msgid, oinfno=original.infno)
    except Refused as refusal:
        if refusal.passing:
            raise Refused(refusal.text, passing=True, keep=True) from None
        settlement = _as_it_is(context, settlement)
        if settlement.state == "reversing":
            context.store.put(SETTLEMENTS, evolve(settlement, state="valid" if settlement.head else "pending"))
            context.party.messages.restore(evolve(original, state="done" if original.reply else "open"))
        raise Refused(refusal.text, keep=True) from None
    settlement = _as_it_is(context, settlement)
    context.party.messages.reverse(context.sender, original.msgid, original.infno, context.now)
    if settlement.state == "reversed":  # another reversal was faster, and the lines may be settled anew
        return {}
    context.store.put(SETTLEMENTS, evolve(settlement, state="reversed"))
    mark(context, visit.mdtrt_id, settlement.lines, "")
    if settlement.head:  # else its answer never came, and nothing was booked here
        owed.book(context, "reversal", -1, settlement, visit, settlement.setl_id)
    if visit.kind == "pharmacy":  # the sale came with the settlement and goes with it
        context.store.put(VISITS, evolve(visit, state="cancelled"))
    return {}


def _undo_cancellation(context: Context, data: Mapping[str, Any], original: Message) -> Work:
    """A cancellation, made or still in doubt: the settlement stands again, and nothing of the cancellation remains."""
    settlement = next(iter(context.store.find(SETTLEMENTS, "cancelled_by", context.sender, original.msgid)), None)
    if settlement is None:
        if original.state == "reversed" and (restored := context.store.get(SETTLEMENTS, original.reason)) is not None:
            _visit(context, data, restored)
        return _already(context, original)
    visit = _visit(context, data, settlement)
    _check_restorable(context, visit, settlement)
    context.party.messages.reverse(context.sender, original.msgid, original.infno, context.now, settlement.setl_id)
    context.store.put(SETTLEMENTS, evolve(settlement, state="cancelling"))
    try:
        yield from context.ask(visit.insuplc_admdvs, omsgid=original.msgid, oinfno=original.infno)
    except Refused as refusal:
        if refusal.passing:
            raise Refused(refusal.text, passing=True, keep=True) from None
        settlement = _as_it_is(context, settlement)
        if settlement.cancelled_by == original.msgid:
            state: SettlementState = "cancelled" if settlement.refund_head else "cancelling"
            context.store.put(SETTLEMENTS, evolve(settlement, state=state))
            context.party.messages.restore(evolve(original, state="done" if original.reply else "open"))
        raise Refused(refusal.text, keep=True) from None
    settlement = _as_it_is(context, settlement)
    context.party.messages.reverse(context.sender, original.msgid, original.infno, context.now, settlement.setl_id)
    if settlement.cancelled_by != original.msgid:  # another reversal was faster, and more may have happened since
        return {}
    restored = evolve(
        settlement, state="valid", cancelled_by="", cancelled_at=None, refund_day=None, refund_id="", refund_head={}
    )
    context.store.put(SETTLEMENTS, restored)
    mark(context, visit.mdtrt_id, settlement.lines, settlement.setl_id)
    if settlement.refund_head:
        owed.book(context, "restoration", 1, restored, visit, settlement.refund_id)
    if visit.kind == "pharmacy":
        context.store.put(VISITS, evolve(visit, state="open"))
    return {}


def _undo_admission(context: Context, data: Mapping[str, Any], original: Message) -> Work:
    """An admission: the stay is given up, when it has no lines and no settlement."""
    yield from ()
    visit = next(iter(context.store.find(VISITS, "msgid", context.sender, original.msgid)), None)
    if visit is not None and visit.psn_no != data["psn_no"]:
        raise refuse("reversal.other_person", psn_no=data["psn_no"])
    if visit is None or original.state == "reversed":
        context.party.messages.reverse(context.sender, original.msgid, original.infno, context.now)
        return _already(context, original)
    if visit.state == "cancelled":
        raise refuse("visit.cancelled", mdtrt_id=visit.mdtrt_id)
    check_empty(context, visit)
    context.party.messages.reverse(context.sender, original.msgid, original.infno, context.now)
    context.store.put(VISITS, evolve(visit, state="cancelled"))
    return {}


def _as_it_is(context: Context, settlement: Settlement) -> Settlement:
    """The settlement after the wait for an answer: a second reversal of the same message may have changed it."""
    found = context.store.get(SETTLEMENTS, settlement.setl_id)
    return settlement if found is None else found


def _already(context: Context, original: Message) -> dict[str, Any]:
    """Nothing is held any more: a repeated reversal, or one of a message that did nothing here yet."""
    if original.state == "reversed" and context.setting.readings.repeated_reversal_refused:
        raise refuse("reversal.repeated", omsgid=original.msgid)
    context.party.messages.reverse(context.sender, original.msgid, original.infno, context.now)
    return {}


def _visit(context: Context, data: Mapping[str, Any], settlement: Settlement) -> Visit:
    visit = context.store.get(VISITS, settlement.mdtrt_id)
    if visit is None or visit.psn_no != data["psn_no"]:
        raise refuse("reversal.other_person", psn_no=data["psn_no"])
    return visit


def _check_restorable(context: Context, visit: Visit, settlement: Settlement) -> None:
    """A cancelled settlement can stand again only on the very lines it was made of, not settled anew since."""
    if settlement.state == "cancelling":
        return
    for other in settlements_of(context, visit, settlement.batch):
        if visit.kind == "outpatient" or other.final or set(other.lines) & set(settlement.lines):
            raise refuse("reversal.settled_again", setl_id=other.setl_id)
    batch = settlement.batch if visit.kind == "outpatient" else STAY
    lines = [line for line in lines_of(context, visit, batch) if line.feedetl_sn in settlement.lines]
    same = len(lines) == len(settlement.lines) and all(
        sum(getattr(line, name) for line in lines) == int(settlement.head[name].scaleb(2)) for name in PARTS
    )
    others = visit.kind == "outpatient" and len(lines_of(context, visit, batch)) != len(lines)
    if not same or others:
        raise refuse("reversal.lines_changed", setl_id=settlement.setl_id)


Undo = Callable[[Context, Mapping[str, Any], Message], Work]
UNDO: Mapping[str, Undo] = {
    "2207": _undo_settlement,
    "2207A": _undo_settlement,
    "2304": _undo_settlement,
    "2304A": _undo_settlement,
    "2208": _undo_cancellation,
    "2305": _undo_cancellation,
    "2401": _undo_admission,
    "2102": _undo_settlement,
    "2103": _undo_cancellation,
}
"""What can be reversed, and how."""
