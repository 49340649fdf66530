"""Gross and net positions, and what each province pays or receives through the hub. Pure; amounts are fen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from attrs import frozen

from sim.platform.clearing_records import Declared, PairRow


@frozen
class Position:
    """What a province has to receive for care it gave, to pay for its own people elsewhere, and the difference."""

    province: str
    receivable: int
    payable: int

    @property
    def net(self) -> int:
        """Received from the hub (positive) or paid to it."""
        return self.receivable - self.payable


@frozen
class Bilateral:
    """Two provinces: what each owes the other, and the net that the second owes the first (negative: the reverse)."""

    first: str
    second: str
    owed_to_first: int
    owed_to_second: int

    @property
    def net(self) -> int:
        """What remains when only these two set off against each other."""
        return self.owed_to_first - self.owed_to_second


def rows_of(lines: Iterable[Declared], month: str) -> tuple[PairRow, ...]:
    """One row for each pair of places that has lines, in order."""
    grouped: Mapping[tuple[str, str], list[Declared]] = defaultdict(list)
    for line in lines:
        grouped[line.treated_in, line.insured].append(line)
    return tuple(_row(month, pair, grouped[pair]) for pair in sorted(grouped))


def _row(month: str, pair: tuple[str, str], lines: Iterable[Declared]) -> PairRow:
    lines = list(lines)
    fees = [line for line in lines if line.kind != "deduction"]
    carried = [line for line in lines if line.fee_month < month]
    return PairRow(
        month=month,
        treated_in=pair[0],
        insured=pair[1],
        count=len(fees),
        medfee=sum(line.medfee for line in fees),
        fund=sum(line.fund for line in fees),
        account=sum(line.account for line in fees),
        amount=sum(line.amount for line in lines),
        deducted=-sum(line.amount for line in lines if line.kind == "deduction"),
        carried=len(carried),
        carried_amount=sum(line.amount for line in carried),
    )


def positions(rows: Iterable[PairRow]) -> tuple[Position, ...]:
    """Multilateral netting: one position a province with the hub. Their nets sum to zero."""
    receivable: dict[str, int] = defaultdict(int)
    payable: dict[str, int] = defaultdict(int)
    for row in rows:
        receivable[row.treated_in] += row.amount
        payable[row.insured] += row.amount
    return tuple(
        Position(province, receivable.get(province, 0), payable.get(province, 0))
        for province in sorted({*receivable, *payable})
    )


def bilateral(rows: Iterable[PairRow]) -> tuple[Bilateral, ...]:
    """Every two provinces that owe each other anything, each pair once."""
    owed = {(row.treated_in, row.insured): row.amount for row in rows}
    pairs = sorted({(min(pair), max(pair)) for pair in owed})
    return tuple(
        Bilateral(first, second, owed.get((first, second), 0), owed.get((second, first), 0)) for first, second in pairs
    )
