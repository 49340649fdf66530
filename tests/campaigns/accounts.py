"""What every account of every ledger must hold, and every row of the months' tables, from what messages told.

A recount of its own: it posts nothing, it sums. Amounts are fen, debit positive, as the ledgers have them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from attrs import frozen

from tests.campaigns.told import Due

MONTHS = ("2024-03", "2024-04")
CONTESTED = "0"
Accounts: TypeAlias = Counter[tuple[str, str]]
"""(party, account) -> balance."""


@frozen
class Line:
    """One line of a month's detail."""

    number: str
    month: str
    sign: int
    due: Due

    @property
    def amount(self) -> int:
        """What the insured place owes for it."""
        return self.sign * self.due.paid


def lines_of(dues: Iterable[Due]) -> list[Line]:
    """The lines between provinces: of a settlement one, of its cancellation another."""
    found = []
    for due in dues:
        if due.insured != due.treated and due.fate != "reversed":
            found.append(Line(due.setl_id, due.month, 1, due))
            if due.fate == "cancelled":
                found.append(Line(due.refund_id, due.refund_month, -1, due))
    return found


def cleared(lines: Iterable[Line], flags: Mapping[str, str]) -> dict[str, list[Line]]:
    """The lines that each month takes: none that is contested, and no cancellation of a settlement that waits."""
    waiting, taken = list(lines), dict[str, list[Line]]()
    done: set[str] = set()
    for month in MONTHS:
        ready = [line for line in waiting if line.month <= month and flags.get(line.number) != CONTESTED]
        numbers = done | {line.number for line in ready if line.sign > 0}
        taken[month] = [line for line in ready if line.due.setl_id in numbers]
        done |= {line.number for line in taken[month]}
        waiting = [line for line in waiting if line.number not in done]
    return taken


def rows(taken: Iterable[Line]) -> dict[tuple[str, str], tuple[int, int, int]]:
    """(treated in, insured) -> lines, total fee, amount owed."""
    found: dict[tuple[str, str], tuple[int, int, int]] = {}
    for line in taken:
        pair = line.due.treated, line.due.insured
        count, fee, amount = found.get(pair, (0, 0, 0))
        found[pair] = count + 1, fee + line.sign * line.due.amounts["medfee_sumamt"], amount + line.amount
    return found


def expected(dues: Iterable[Due], flags: Mapping[str, str]) -> Accounts:
    """The balance of every account at the end, but for those that are zero."""
    stands = list(dues)
    found: Accounts = Counter()
    for due in stands:
        if due.fate == "valid":
            found[due.treated, f"due_from:{due.insured}"] += due.paid
            found[due.treated, f"hospital:{due.hospital}"] -= due.paid
            found[due.insured, f"due_to:{due.treated}"] -= due.paid
            found[due.insured, "fund"] += due.amounts["fund_pay_sumamt"]
            found[due.insured, "personal_accounts"] += due.amounts["acct_pay"]
    paid: Counter[str] = Counter()
    owed: Counter[str] = Counter()
    for taken in cleared(lines_of(stands), flags).values():
        for line in taken:
            due = line.due
            found[due.treated, f"due_from:{due.insured}"] -= line.amount
            found[due.insured, f"due_to:{due.treated}"] += line.amount
            found[due.treated, "bank"] += line.amount
            found[due.insured, "bank"] -= line.amount
            owed[due.hospital] += line.amount
        for hospital, place in sorted({(line.due.hospital, line.due.treated) for line in lines_of(stands)}):
            open_sum = owed[hospital] - paid[hospital]
            if open_sum > 0:
                paid[hospital] += open_sum
                found[place, f"hospital:{hospital}"] += open_sum
                found[place, "bank"] -= open_sum
    return Counter({key: fen for key, fen in found.items() if fen})
