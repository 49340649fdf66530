"""What stands against a line: sums that the treatment place refuses in audit, lines that the insured place disputes."""

from __future__ import annotations

from datetime import datetime

from attrs import evolve

from sim.money import parse, show
from sim.platform import ledger
from sim.platform.clearing.booking import transaction
from sim.platform.clearing_records import DEDUCTIONS, DISPUTES, Deduction, Dispute
from sim.platform.records import CLAIMS, SETTLEMENTS, VISITS
from sim.platform.refusal import refuse
from sim.platform.regions import province_of
from sim.platform.store import Store


def deduct(treatment: Store, place: str, setl_id: str, amount: int, reason: str, at: datetime) -> Deduction:
    """The treatment place refuses to pay an institution part of what the funds paid; the sum goes back to the insured
    place in the next clearing. ``amount`` is fen. Refuses more than the funds' part, and a settlement that does not
    stand or is of the place's own people."""
    settlement = treatment.get(SETTLEMENTS, setl_id)
    if settlement is None or settlement.state != "valid":
        raise refuse("audit.not_valid", setl_id=setl_id)
    visit = treatment.get(VISITS, settlement.mdtrt_id)
    insured = province_of(visit.insuplc_admdvs) if visit is not None else ""
    if insured in ("", place):
        raise refuse("audit.at_home", setl_id=setl_id)
    before = sum(each.amount for each in treatment.find(DEDUCTIONS, "settlement", setl_id))
    most = parse(settlement.head.get("fund_pay_sumamt") or 0) - before
    if not 0 < amount <= most:
        raise refuse("audit.amount", amount=show(amount), most=show(most))

    def work() -> Deduction:
        number = f"deduction-{place}-{treatment.next('deduction'):06d}"
        made = Deduction(number, setl_id, settlement.fixmedins_code, insured, amount, reason, at)
        treatment.put(DEDUCTIONS, made)
        legs = {ledger.hospital(settlement.fixmedins_code): amount, ledger.refused(insured): -amount}
        ledger.post(treatment, "deduction", legs, document=number, cause=number, at=at)
        return made

    return transaction(treatment, work)


def dispute(insured: Store, setl_id: str, reason: str, at: datetime, line: str = "") -> Dispute:
    """The insured place does not accept a line for now: it is left out of the month's clearing until `accept`.

    ``line`` is the number of a cancellation or deduction, when it is that which is disputed. Refuses what the insured
    place has no claim of, and a line that is disputed already.
    """
    if insured.get(CLAIMS, setl_id) is None:
        raise refuse("settlement.unknown", setl_id=setl_id)
    number = line or setl_id
    known = insured.get(DISPUTES, number)
    if known is not None and known.settled_at is None:
        raise refuse("dispute.open", line=number, at=str(known.at))
    made = Dispute(number, reason, at)
    transaction(insured, lambda: insured.put(DISPUTES, made))
    return made


def accept(insured: Store, line: str, at: datetime) -> Dispute:
    """The dispute is settled: the next month's clearing takes the line."""
    known = insured.get(DISPUTES, line)
    if known is None or known.settled_at is not None:
        raise refuse("dispute.unknown", line=line)
    settled = evolve(known, settled_at=at)
    transaction(insured, lambda: insured.put(DISPUTES, settled))
    return settled
