"""What the insured place books for a claim: funds and account have paid, and the treatment place is owed it."""

from __future__ import annotations

from sim.platform import ledger
from sim.platform.context import Context
from sim.platform.ledger import EntryKind
from sim.platform.records import Claim


def book(context: Context, kind: EntryKind, direction: int, claim: Claim) -> None:
    """Write the entry, in the transaction of the claim's record."""
    ledger.cover(
        context.store,
        kind,
        direction,
        treatment=claim.treated_in,
        fund=claim.amounts["fund_pay_sumamt"],
        account=claim.account,
        account_cleared=context.setting.readings.account_cleared,
        setl_id=claim.setl_id,
        cause=context.msgid,
        at=context.now,
    )
