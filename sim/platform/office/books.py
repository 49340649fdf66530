"""An institution's settlements as lines of a book: what it is owed, and what it gave back.

A settlement is one line on the day it was made, its cancellation another, negative, on the day that was made. A
settlement that 2601 reversed is in no book. Amounts are fen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from attrs import field, frozen

from sim.money import parse
from sim.platform.context import Context
from sim.platform.records import SETTLEMENTS, VISITS, Settlement
from sim.platform.refusal import refuse
from sim.platform.treatment.settle import CLEARING

MOST_DAYS = 366
"""The longest period, in days."""
IN_DOUBT = ("pending", "reversing")
"""States of a settlement of which this place does not know whether it stands."""


@frozen
class Entry:
    """One line. ``setl_id`` is its own number, ``of`` the settlement's (the same, but for a cancellation).

    ``refunded``: the settlement was cancelled; true of both its lines. ``msgid`` is the message that made the line.
    ``known`` is false for a settlement in doubt, whose amounts but the total are then not known.
    """

    setl_id: str
    of: str
    mdtrt_id: str
    psn_no: str
    insutype: str
    clr_type: str
    msgid: str
    at: datetime
    refund: bool
    refunded: bool
    medfee_sumamt: int
    fund_pay_sumamt: int
    acct_pay: int
    psn_cash_pay: int
    hosp_part_amt: int
    known: bool = True

    @property
    def day(self) -> date:
        """The day on which it counts."""
        return self.at.date()


@frozen
class Totals:
    """Sums of lines; ``count`` by the reading of whether a refund lowers it."""

    count: int = 0
    medfee_sumamt: int = 0
    fund_pay_sumamt: int = 0
    acct_pay: int = 0
    psn_cash_pay: int = 0


@frozen
class Period:
    """Days from the first to the last, both included."""

    first: date
    last: date

    def holds(self, day: date) -> bool:
        """Whether the day lies in it."""
        return self.first <= day <= self.last


@frozen
class Books:
    """An institution's lines of some days, and those of single settlements besides."""

    entries: tuple[Entry, ...]
    doubtful: tuple[Entry, ...]
    reversed: Mapping[str, str] = field(factory=dict, hash=False)
    """setl_id of what 2601 reversed -> msgid of the message that had made it."""


def period_of(data: Mapping[str, Any], first: str, last: str) -> Period:
    """The days a message names. Refuses a period that ends before it begins, or is longer than a year."""
    period = Period(date.fromisoformat(data[first]), date.fromisoformat(data[last]))
    if period.last < period.first:
        raise refuse("office.period", first=data[first], last=data[last])
    if (period.last - period.first).days >= MOST_DAYS:
        raise refuse("office.period_long", first=data[first], last=data[last], limit=MOST_DAYS)
    return period


def check_agency(context: Context, given: str) -> None:
    """Refuse another agency than the one that settles with the institution: its own division's."""
    if given != context.institution.admdvs:
        raise refuse("office.agency", value=given, agency=context.institution.admdvs)


def books_of(context: Context, period: Period, numbers: Iterable[str] = ()) -> Books:
    """The lines of the institution that asks, in order of time: of a period, and of settlements named by number."""
    entries: list[Entry] = []
    doubtful: list[Entry] = []
    gone: dict[str, str] = {}
    for settlement in _settlements(context, period, numbers):
        if settlement.state == "reversed":
            gone[settlement.setl_id] = settlement.made_by
        elif settlement.state in IN_DOUBT:
            doubtful.append(_doubtful(context, settlement))
        else:
            entries.extend(_entries(settlement))
    return Books(tuple(sorted(entries, key=_order)), tuple(sorted(doubtful, key=_order)), gone)


def _settlements(context: Context, period: Period, numbers: Iterable[str]) -> Iterable[Settlement]:
    """Each settlement that was made or cancelled in the period, or has one of the numbers, once."""
    store, found = context.store, dict[str, Settlement]()
    for n in range((period.last - period.first).days + 1):
        day = period.first + timedelta(days=n)
        for index in ("day", "refund_day"):
            found.update((each.setl_id, each) for each in store.find(SETTLEMENTS, index, context.sender, day))
    known = {*found, *(each.refund_id for each in found.values())}
    for number in dict.fromkeys(numbers):
        if number not in known:
            one = store.get(SETTLEMENTS, number)
            named = [one] if one is not None else store.find(SETTLEMENTS, "refund", number)
            found.update((each.setl_id, each) for each in named if each.fixmedins_code == context.sender)
    return found.values()


def chosen(context: Context, entries: Iterable[Entry], data: Mapping[str, Any], period: Period) -> tuple[Entry, ...]:
    """The lines that a message is about: clr_type, insutype where it names one, days, and refd_setl_flag.

    ``refd_setl_flag`` 0: only what was not refunded, 1: only lines of refunded settlements. By one reading a pair of
    which both lines lie in the period is left out altogether.
    """
    flag = data.get("refd_setl_flag") or ""
    found = tuple(
        entry
        for entry in entries
        if entry.clr_type == data["clr_type"]
        and (not data.get("insutype") or entry.insutype == data["insutype"])
        and period.holds(entry.day)
        and (not flag or entry.refunded == (flag == "1"))
    )
    if context.setting.readings.refunded_pairs_listed:
        return found
    refunds = {entry.of for entry in found if entry.refund}
    pairs = {entry.of for entry in found if not entry.refund} & refunds
    return tuple(entry for entry in found if entry.of not in pairs)


def totals(context: Context, entries: Iterable[Entry]) -> Totals:
    """The sums of lines."""
    rows = tuple(entries)
    refunds = sum(entry.refund for entry in rows)
    nets = context.setting.readings.refunds_lower_count
    return Totals(
        count=len(rows) - 2 * refunds if nets else len(rows),
        medfee_sumamt=sum(entry.medfee_sumamt for entry in rows),
        fund_pay_sumamt=sum(entry.fund_pay_sumamt for entry in rows),
        acct_pay=sum(entry.acct_pay for entry in rows),
        psn_cash_pay=sum(entry.psn_cash_pay for entry in rows),
    )


def _order(entry: Entry) -> tuple[datetime, str]:
    return entry.at, entry.setl_id


def _entries(settlement: Settlement) -> Iterable[Entry]:
    cancelled = settlement.state == "cancelled"
    yield _entry(settlement, settlement.head, 1, refunded=cancelled)
    if cancelled:
        yield _entry(settlement, settlement.head, -1, refunded=True)


def _entry(settlement: Settlement, head: Mapping[str, Any], sign: int, *, refunded: bool) -> Entry:
    refund = sign < 0
    return Entry(
        setl_id=settlement.refund_id if refund else settlement.setl_id,
        of=settlement.setl_id,
        mdtrt_id=settlement.mdtrt_id,
        psn_no=str(head["psn_no"]),
        insutype=str(head["insutype"]),
        clr_type=str(head["clr_type"]),
        msgid=settlement.cancelled_by if refund else settlement.made_by,
        at=settlement.cancelled_at or settlement.at if refund else settlement.at,
        refund=refund,
        refunded=refunded,
        medfee_sumamt=sign * _fen(head, "medfee_sumamt"),
        fund_pay_sumamt=sign * _fen(head, "fund_pay_sumamt"),
        acct_pay=sign * _fen(head, "acct_pay"),
        psn_cash_pay=sign * _fen(head, "psn_cash_pay"),
        hosp_part_amt=sign * _fen(head, "hosp_part_amt"),
    )


def _doubtful(context: Context, settlement: Settlement) -> Entry:
    visit = context.store.get(VISITS, settlement.mdtrt_id)
    return Entry(
        setl_id=settlement.setl_id,
        of=settlement.setl_id,
        mdtrt_id=settlement.mdtrt_id,
        psn_no=visit.psn_no if visit is not None else "",
        insutype=visit.insutype if visit is not None else "",
        clr_type=CLEARING.get(visit.kind, "") if visit is not None else "",
        msgid=settlement.made_by,
        at=settlement.at,
        refund=False,
        refunded=False,
        medfee_sumamt=settlement.medfee_sumamt,
        fund_pay_sumamt=0,
        acct_pay=0,
        psn_cash_pay=0,
        hosp_part_amt=0,
        known=False,
    )


def _fen(head: Mapping[str, Any], name: str) -> int:
    value = head.get(name)
    return parse(value if isinstance(value, Decimal | int | str) and value != "" else 0)
