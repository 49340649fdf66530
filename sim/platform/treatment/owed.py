"""What the treatment place books for a settlement: the institution's claim, and what the insured place owes for it."""

from __future__ import annotations

from sim.money import parse
from sim.platform import ledger
from sim.platform.context import Context
from sim.platform.ledger import EntryKind
from sim.platform.records import Settlement, Visit
from sim.platform.regions import province_of


def amount_of(settlement: Settlement, account_cleared: bool) -> int:
    """What the insured place owes for a settlement, in fen (optins_pay_sumamt)."""
    head = settlement.head
    account = parse(head.get("acct_pay") or 0) if account_cleared else 0
    return parse(head.get("fund_pay_sumamt") or 0) + account


def book(context: Context, kind: EntryKind, direction: int, settlement: Settlement, visit: Visit, line: str) -> None:
    """Write the entry, in the transaction of the settlement's record. ``line``: its number in the month's clearing."""
    ledger.owe(
        context.store,
        kind,
        direction,
        insured=province_of(visit.insuplc_admdvs),
        institution=settlement.fixmedins_code,
        amount=amount_of(settlement, context.setting.readings.account_cleared),
        setl_id=settlement.setl_id,
        line=line,
        cause=context.msgid,
        at=context.now,
    )
