"""A month's clearing as it stands: the hub's table, or what it would be if it were made now. Reads only."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from sim.platform.clearing import workdays
from sim.platform.clearing.advance import Usage, usages
from sim.platform.clearing.assess import assess
from sim.platform.clearing.positions import Bilateral, Position, bilateral, positions, rows_of
from sim.platform.clearing.regime import ClearingRegime, Days
from sim.platform.clearing.steps import Clearing
from sim.platform.clearing_records import LEFT_OUT, Declared, LeftOut, MonthTable, PairRow
from sim.platform.records import SETTLEMENTS


@frozen
class Month:
    """A month's clearing. ``table`` is None while the month is only provisional: nothing was issued."""

    month: str
    regime: ClearingRegime
    days: Days
    table: MonthTable | None
    rows: tuple[PairRow, ...]
    positions: tuple[Position, ...]
    bilateral: tuple[Bilateral, ...]
    lines: tuple[Declared, ...]
    left: tuple[LeftOut, ...]
    advances: tuple[Usage, ...]

    @property
    def state(self) -> str:
        """``"provisional"`` or the state of the table."""
        return self.table.state if self.table is not None else "provisional"

    @property
    def gross(self) -> int:
        """Everything that is owed, before anything is set off."""
        return sum(position.payable for position in self.positions)

    @property
    def moved(self) -> int:
        """What is really paid after netting through the hub."""
        return sum(position.net for position in self.positions if position.net > 0)


def month_of(clearing: Clearing, month: str) -> Month:
    """A month's clearing as it stands. Raises InputError for a month before the first regime."""
    table = clearing.table(month)
    regime = clearing.regimes.of_month(month)
    left: Iterable[LeftOut]
    if table is not None:
        lines = tuple(clearing.lines(month))
        rows: tuple[PairRow, ...] = tuple(clearing.rows(month))
        left = sorted(clearing.hub.find(LEFT_OUT, "month", month), key=lambda each: (each.treated_in, each.line))
    else:
        assessed = assess(clearing.stores, month, clearing.regimes, clearing.readings)
        declared = clearing.lines(month)
        lines = tuple(sorted((*declared, *assessed.lines), key=lambda line: (line.treated_in, line.line)))
        rows, left = rows_of(lines, month), assessed.left
    return Month(
        month=month,
        regime=regime,
        days=regime.days(month),
        table=table,
        rows=rows,
        positions=positions(rows),
        bilateral=bilateral(rows),
        lines=lines,
        left=tuple(left),
        advances=usages(clearing),
    )


def months_with_fees(clearing: Clearing) -> tuple[str, ...]:
    """Every month in which a settlement was made, in order."""
    return tuple(
        sorted(
            {
                workdays.month_of(settlement.day)
                for code in clearing.provinces
                for settlement in clearing.stores[code].all(SETTLEMENTS)
                if settlement.head
            }
        )
    )
