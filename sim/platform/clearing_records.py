"""What the parties keep of advance funds and of the month's clearing. Amounts are fen, months ``"2024-03"``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal

from attrs import field, frozen

from sim.platform.store import Table

# --- treatment province ----------------------------------------------------------------------------------------------


@frozen
class MonthConfirmation:
    """An institution's confirmation (3261) of a month's detail; ``flags``: setl_sn -> cnfm_flag.

    ``after_declaration``: of lines that the month's declaration had left out.
    """

    fixmedins_code: str
    msgid: str
    month: str
    at: datetime
    flags: Mapping[str, str] = field(hash=False)
    after_declaration: bool = False
    withdrawn_at: datetime | None = None


MONTH_CONFIRMATIONS = Table(
    "month_confirmations", MonthConfirmation, ("fixmedins_code", "msgid"), {"month": ("fixmedins_code", "month")}
)

LineKind = Literal["settlement", "cancellation", "adjustment", "deduction"]


@frozen
class Declared:
    """A line that the treatment province declared for a month's clearing.

    ``fee_month`` is the month of the fee, ``month`` the one whose table the line is meant for: later when the line was
    carried over. ``adjustment``: what became of a line after it had been declared. ``amount`` is what the insured
    province owes for it, negative where it has something back.
    """

    line: str
    month: str
    fee_month: str
    kind: LineKind
    setl_id: str
    treated_in: str
    insured: str
    fixmedins_code: str
    at: datetime
    medfee: int
    fund: int
    account: int
    amount: int


DECLARED = Table("declared", Declared, ("line", "month"), {"month": ("month",), "line": ("line",)})


@frozen
class DeclaredMonth:
    """That the treatment province has declared a month: its lines, and their sum. Confirmations are closed then."""

    month: str
    on: date
    count: int
    amount: int


DECLARED_MONTHS = Table("declared_months", DeclaredMonth, ("month",))


@frozen
class Deduction:
    """A sum that the treatment province refused in an audit; ``month`` is the clearing that took it back."""

    number: str
    setl_id: str
    fixmedins_code: str
    insured: str
    amount: int
    reason: str
    at: datetime
    month: str = ""


DEDUCTIONS = Table("deductions", Deduction, ("number",), {"settlement": ("setl_id",)})

# --- insured province ------------------------------------------------------------------------------------------------


@frozen
class Dispute:
    """A line that the insured province does not accept for now; it waits until this is settled."""

    line: str
    reason: str
    at: datetime
    settled_at: datetime | None = None


DISPUTES = Table("disputes", Dispute, ("line",))

AdvanceKind = Literal["annual", "top_up"]
AdvanceState = Literal["requested", "paying", "arrived"]


@frozen
class Advance:
    """A change of the advance funds of an insured province with a treatment province; negative when some goes back.

    ``requested`` -> ``paying`` (booked by the insured province, not yet by the treatment province) -> ``arrived``.
    ``due`` is the last day by which it must arrive.
    """

    number: str
    kind: AdvanceKind
    insured: str
    treatment: str
    amount: int
    requested: date
    due: date
    clause: str
    state: AdvanceState = "requested"
    arrived: date | None = None


ADVANCES = Table("advances", Advance, ("number",), {"pair": ("insured", "treatment")})

# --- hub -------------------------------------------------------------------------------------------------------------

TableState = Literal[
    "issued", "confirmed", "noticing", "noticed", "collecting", "collected", "distributing", "distributed"
]


@frozen
class MonthTable:
    """The clearing table of a month: how far it has come, under which rules, and when each step was done."""

    month: str
    regime: str
    state: TableState
    issued: date
    confirmed: date | None = None
    noticed: date | None = None
    collected: date | None = None
    distributed: date | None = None


MONTH_TABLES = Table("month_tables", MonthTable, ("month",))


@frozen
class PairRow:
    """One row of a month's table: what one insured province owes one treatment province.

    ``deducted`` is what audits took back; ``carried`` and ``carried_amount`` are those of its lines whose fee is of an
    earlier month. ``amount`` is the gross position.
    """

    month: str
    treated_in: str
    insured: str
    count: int
    medfee: int
    fund: int
    account: int
    amount: int
    deducted: int
    carried: int
    carried_amount: int


PAIR_ROWS = Table("pair_rows", PairRow, ("month", "treated_in", "insured"), {"month": ("month",)})


@frozen
class LeftOut:
    """A line that the month's table leaves out, why, and how long it has waited already.

    ``delay`` counts months between the fee and the table; ``overdue``: ``""``, ``"delay"`` (longer than allowed) or
    ``"year"`` (the year of the fee should have been cleared).
    """

    month: str
    line: str
    setl_id: str
    treated_in: str
    insured: str
    fee_month: str
    amount: int
    reason: str
    delay: int
    overdue: str


LEFT_OUT = Table("left_out", LeftOut, ("month", "line"), {"month": ("month",)})


@frozen
class Agreed:
    """A province's confirmation of a month's table."""

    month: str
    province: str
    at: datetime


AGREED = Table("agreed", Agreed, ("month", "province"), {"month": ("month",)})

CLEARING_TABLES: tuple[Table[Any], ...] = (
    MONTH_CONFIRMATIONS,
    DECLARED,
    DECLARED_MONTHS,
    DEDUCTIONS,
    DISPUTES,
    ADVANCES,
    MONTH_TABLES,
    PAIR_ROWS,
    LEFT_OUT,
    AGREED,
)
