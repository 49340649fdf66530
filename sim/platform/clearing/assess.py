"""Which lines a month's clearing takes, and which it leaves out and why. Pure: it reads stores and writes nothing.

A settlement between two provinces is one line in the month in which it was made, its cancellation another, negative, in
the month in which that was made. What 2601 reversed is no line; when it had been declared before, its opposite is an
adjustment of the month in which it was reversed. Lines wait, and are taken by a later month, while they are in doubt,
contested by the institution or the insured province, or not the same at both places (rules H1 to H3).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from attrs import frozen

from sim.money import parse
from sim.platform.clearing import workdays
from sim.platform.clearing.place import Place, between_provinces, in_doubt
from sim.platform.clearing.regime import Regimes
from sim.platform.clearing.waiting import Stores, claims_by_place, doubtful, only_insured, why_not
from sim.platform.clearing_records import DEDUCTIONS, Declared, Deduction, LeftOut, LineKind
from sim.platform.exchange import HUB
from sim.platform.ledger.check import DOUBT
from sim.platform.ledger_records import LEDGER
from sim.platform.readings import Readings
from sim.platform.records import Settlement


@frozen
class Assessment:
    """The lines that a month takes, and those that it leaves out."""

    lines: tuple[Declared, ...]
    left: tuple[LeftOut, ...]


def assess(stores: Stores, month: str, regimes: Regimes, readings: Readings, only: str | None = None) -> Assessment:
    """The lines of all treatment places (or one) that a month takes now, in order of place and number."""
    lines: list[Declared] = []
    left: list[LeftOut] = []
    claims = claims_by_place(stores)
    for code, store in stores.items():
        if code == HUB or only not in (None, code):
            continue
        place = Place(code, store)
        found = [(line, why_not(stores, place, line, readings)) for line in _candidates(place, month, readings)]
        waiting = {line.line for line, reason in found if reason and line.kind == "settlement"}
        waiting |= {number for number in in_doubt(place) if not place.stands(number)}
        for line, reason in found:
            reason = reason or ("follows" if follows(line, waiting) else "")
            if reason:
                left.append(left_out(line, month, reason, regimes))
            else:
                lines.append(line)
        left += (left_out(line, month, "in_doubt", regimes) for line in doubtful(stores, place, month))
        left += (left_out(line, month, "only_insured", regimes) for line in only_insured(claims[code], place, month))
    return Assessment(
        tuple(sorted(lines, key=lambda line: (line.treated_in, line.line))),
        tuple(sorted(left, key=lambda each: (each.treated_in, each.line))),
    )


def follows(line: Declared, waiting: Collection[str]) -> bool:
    """Whether a line has to wait because the settlement does of which it takes something back."""
    return line.kind in ("cancellation", "deduction") and line.setl_id in waiting


def left_out(line: Declared, month: str, reason: str, regimes: Regimes) -> LeftOut:
    """A line that waits. It is overdue once it waited longer than allowed, or past the closing of its year."""
    regime = regimes.of_month(month)
    delay = workdays.months_between(line.fee_month, month)
    year_closed = workdays.plus(f"{line.fee_month[:4]}-12", regime.year_closed_months)
    overdue = "delay" if delay >= regime.delay_months else ""
    if workdays.plus(month, 1) >= year_closed:  # the next table would be issued after the closing
        overdue = "year"
    return LeftOut(
        month=month,
        line=line.line,
        setl_id=line.setl_id,
        treated_in=line.treated_in,
        insured=line.insured,
        fee_month=line.fee_month,
        amount=line.amount,
        reason=reason,
        delay=delay,
        overdue=overdue,
    )


# --- what a place could declare --------------------------------------------------------------------------------------


def _candidates(place: Place, month: str, readings: Readings) -> Iterator[Declared]:
    expected: set[str] = set()
    for settlement, insured in between_provinces(place):
        doubted = settlement.state in DOUBT
        for number, kind, at in _lines_of(settlement):
            expected.add(number)
            fee_month = workdays.month_of(at.date())
            if not doubted and fee_month <= month and not place.stands(number):
                yield line_of(place.code, settlement, insured, number, kind, at, month, fee_month, readings)
        if doubted:
            expected |= {settlement.setl_id, settlement.refund_id}
    for number, before in place.declared.items():
        last = before[-1]
        if number not in expected and last.kind != "deduction" and place.stands(number):
            adjusted = _adjustment(place, last, month)
            if adjusted is not None:
                yield adjusted
    for deduction in place.store.all(DEDUCTIONS):
        if not deduction.month and workdays.month_of(deduction.at.date()) <= month:
            yield _deducted(place.code, deduction, month)


def _lines_of(settlement: Settlement) -> Iterator[tuple[str, LineKind, Any]]:
    """The lines that a settlement is in the books now, with their number and time."""
    if settlement.head and settlement.state != "reversed":
        yield settlement.setl_id, "settlement", settlement.at
        if settlement.refund_head and settlement.cancelled_at is not None:
            yield settlement.refund_id, "cancellation", settlement.cancelled_at


def line_of(
    place: str,
    settlement: Settlement,
    insured: str,
    number: str,
    kind: LineKind,
    at: Any,
    month: str,
    fee_month: str,
    readings: Readings,
) -> Declared:
    """A settlement, or its cancellation, as a line."""
    sign = -1 if kind == "cancellation" else 1
    head = settlement.head
    fund, account = parse(head.get("fund_pay_sumamt") or 0), parse(head.get("acct_pay") or 0)
    return Declared(
        line=number,
        month=month,
        fee_month=fee_month,
        kind=kind,
        setl_id=settlement.setl_id,
        treated_in=place,
        insured=insured,
        fixmedins_code=settlement.fixmedins_code,
        at=at,
        medfee=sign * parse(head["medfee_sumamt"]),
        fund=sign * fund,
        account=sign * account,
        amount=sign * (fund + (account if readings.account_cleared else 0)),
    )


def _adjustment(place: Place, last: Declared, month: str) -> Declared | None:
    """The opposite of a declared line that no longer stands, in the month in which it fell."""
    made = [entry for entry in place.store.find(LEDGER, "document", last.setl_id) if entry.line == last.line]
    fell = max((entry.at for entry in made if entry.kind in ("reversal", "restoration")), default=last.at)
    fee_month = workdays.month_of(fell.date())
    if fee_month > month:
        return None
    return Declared(
        line=last.line,
        month=month,
        fee_month=fee_month,
        kind="adjustment",
        setl_id=last.setl_id,
        treated_in=last.treated_in,
        insured=last.insured,
        fixmedins_code=last.fixmedins_code,
        at=fell,
        medfee=-last.medfee,
        fund=-last.fund,
        account=-last.account,
        amount=-last.amount,
    )


def _deducted(place: str, deduction: Deduction, month: str) -> Declared:
    return Declared(
        line=deduction.number,
        month=month,
        fee_month=workdays.month_of(deduction.at.date()),
        kind="deduction",
        setl_id=deduction.setl_id,
        treated_in=place,
        insured=deduction.insured,
        fixmedins_code=deduction.fixmedins_code,
        at=deduction.at,
        medfee=0,
        fund=-deduction.amount,
        account=0,
        amount=-deduction.amount,
    )
