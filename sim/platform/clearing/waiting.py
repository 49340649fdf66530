"""Why a line has to wait: disputed, contested, in doubt, or not the same at both places (rules H1 to H3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from sim.platform.clearing import workdays
from sim.platform.clearing.place import Place, between_provinces
from sim.platform.clearing_records import DISPUTES, Declared
from sim.platform.exchange import HUB
from sim.platform.ledger.check import DOUBT
from sim.platform.ledger_records import LEDGER
from sim.platform.readings import Readings
from sim.platform.records import CLAIMS, SETTLEMENTS, Claim, Settlement
from sim.platform.store import Store

Stores = Mapping[str, Store]
CONTESTED = "0"
"""cnfm_flag of a line that the institution does not accept."""


def why_not(stores: Stores, place: Place, line: Declared, readings: Readings) -> str:
    """The reason for which a line waits; empty when it does not."""
    insured = stores.get(line.insured)
    if insured is None:
        return "only_treatment"
    dispute = insured.get(DISPUTES, line.line)
    if dispute is not None and dispute.settled_at is None:
        return "disputed"
    if line.kind == "deduction":
        return ""
    flag = place.flags.get(line.line)
    if flag == CONTESTED:
        return "contested"
    if readings.confirmation_required and flag is None and line.kind != "adjustment":
        return "unconfirmed"
    return _unreconciled(place, insured.get(CLAIMS, line.setl_id), line)


def _unreconciled(place: Place, claim: Claim | None, line: Declared) -> str:
    """Whether ledger, treatment place and insured place say the same of a line."""
    booked = sum(
        entry.legs.get(f"due_from:{line.insured}", 0)
        for entry in place.store.find(LEDGER, "document", line.setl_id)
        if entry.line == line.line
    )
    if booked != (0 if line.kind == "adjustment" else line.amount):
        return "books"
    if claim is None:
        return "only_treatment"
    settlement = place.store.get(SETTLEMENTS, line.setl_id)
    if settlement is None or settlement.state != claim.state:
        return "state"
    if abs(line.fund) != claim.amounts["fund_pay_sumamt"] or abs(line.account) != claim.account:
        return "amounts"
    return ""


def doubtful(stores: Stores, place: Place, month: str) -> Iterator[Declared]:
    """Settlements whose outcome the treatment place does not know, with what the insured place says they are worth."""
    for settlement, insured in between_provinces(place):
        fee_month = workdays.month_of(settlement.at.date())
        if settlement.state in DOUBT and fee_month <= month and not place.stands(settlement.setl_id):
            store = stores.get(insured)
            claim = store.get(CLAIMS, settlement.setl_id) if store is not None else None
            yield _told(place.code, insured, settlement.setl_id, settlement, claim, month, fee_month)


def claims_by_place(stores: Stores) -> Mapping[str, list[tuple[str, Claim]]]:
    """The valid claims of other provinces' people by the place of treatment, each with its insured place."""
    found: dict[str, list[tuple[str, Claim]]] = defaultdict(list)
    for insured, store in stores.items():
        if insured != HUB:
            for claim in store.all(CLAIMS):
                if claim.state == "valid" and claim.treated_in != insured:
                    found[claim.treated_in].append((insured, claim))
    return found


def only_insured(claims: Sequence[tuple[str, Claim]], place: Place, month: str) -> Iterator[Declared]:
    """Claims that stand at an insured place although the treatment place has no such settlement."""
    for insured, claim in claims:
        fee_month = workdays.month_of(claim.at.date())
        if fee_month <= month:
            settlement = place.store.get(SETTLEMENTS, claim.setl_id)
            if settlement is None or settlement.state in ("cancelled", "reversed"):
                yield _told(place.code, insured, claim.setl_id, None, claim, month, fee_month)


def _told(
    place: str,
    insured: str,
    setl_id: str,
    settlement: Settlement | None,
    claim: Claim | None,
    month: str,
    fee_month: str,
) -> Declared:
    """A line as far as either place knows it; at least one of them does."""
    fund = claim.amounts["fund_pay_sumamt"] if claim is not None else 0
    account = claim.account if claim is not None else 0
    known = settlement or claim
    if known is None:
        raise ValueError("neither place knows the line")
    return Declared(
        line=setl_id,
        month=month,
        fee_month=fee_month,
        kind="settlement",
        setl_id=setl_id,
        treated_in=place,
        insured=insured,
        fixmedins_code=known.fixmedins_code,
        at=known.at,
        medfee=settlement.medfee_sumamt if settlement is not None else 0,
        fund=fund,
        account=account,
        amount=fund + account,
    )
