"""Which lines a month's clearing takes, and which it leaves out and why. Pure: it reads stores and writes nothing.

A settlement between two provinces is one line in the month in which it was made, its cancellation another, negative, in
the month in which that was made. What 2601 reversed is no line; when it had been declared before, its opposite is an
adjustment of the month in which it was reversed. Lines wait, and are taken by a later month, while they are in doubt,
contested by the institution or the insured province, or not the same at both places (rules H1 to H3).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import define, field, frozen

from sim.money import parse
from sim.platform.clearing import workdays
from sim.platform.clearing.regime import Regimes
from sim.platform.clearing_records import (
    DECLARED,
    DEDUCTIONS,
    DISPUTES,
    MONTH_CONFIRMATIONS,
    Declared,
    Deduction,
    LeftOut,
    LineKind,
)
from sim.platform.exchange import HUB
from sim.platform.ledger.check import DOUBT
from sim.platform.ledger_records import LEDGER
from sim.platform.readings import Readings
from sim.platform.records import CLAIMS, SETTLEMENTS, VISITS, Claim, Settlement
from sim.platform.regions import province_of
from sim.platform.store import Store

Stores = Mapping[str, Store]
CONTESTED = "0"
"""cnfm_flag of a line that the institution does not accept."""


@frozen
class Assessment:
    """The lines that a month takes, and those that it leaves out."""

    lines: tuple[Declared, ...]
    left: tuple[LeftOut, ...]


@define
class _Place:
    """One treatment place: what it has declared already, and what its institutions said."""

    code: str
    store: Store
    declared: dict[str, list[Declared]] = field(init=False)
    flags: dict[str, str] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.declared = defaultdict(list)
        for line in self.store.all(DECLARED):
            self.declared[line.line].append(line)
        self.flags = {}
        for said in sorted(self.store.all(MONTH_CONFIRMATIONS), key=lambda each: (each.at, each.msgid)):
            if said.withdrawn_at is None:
                self.flags.update(said.flags)

    def stands(self, line: str) -> bool:
        """Whether a line was declared and has not been taken back since: every record after the first turns it over."""
        return len(self.declared.get(line, ())) % 2 == 1


def assess(stores: Stores, month: str, regimes: Regimes, readings: Readings, only: str | None = None) -> Assessment:
    """The lines of all treatment places (or one) that a month takes now, in order of place and number."""
    lines: list[Declared] = []
    left: list[LeftOut] = []
    claims = _claims_by_place(stores)
    for code, store in stores.items():
        if code == HUB or only not in (None, code):
            continue
        place = _Place(code, store)
        for line in _candidates(place, month, readings):
            reason = _why_not(stores, place, line, readings)
            if reason:
                left.append(left_out(line, month, reason, regimes))
            else:
                lines.append(line)
        left += (left_out(line, month, "in_doubt", regimes) for line in _doubtful(stores, place, month))
        left += (left_out(line, month, "only_insured", regimes) for line in _only_insured(claims[code], place, month))
    return Assessment(
        tuple(sorted(lines, key=lambda line: (line.treated_in, line.line))),
        tuple(sorted(left, key=lambda each: (each.treated_in, each.line))),
    )


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


def _candidates(place: _Place, month: str, readings: Readings) -> Iterator[Declared]:
    expected: set[str] = set()
    for settlement, insured in _between_provinces(place):
        in_doubt = settlement.state in DOUBT
        for number, kind, at in _lines_of(settlement):
            expected.add(number)
            fee_month = workdays.month_of(at.date())
            if not in_doubt and fee_month <= month and not place.stands(number):
                yield line_of(place.code, settlement, insured, number, kind, at, month, fee_month, readings)
        if in_doubt:
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


def _between_provinces(place: _Place) -> Iterator[tuple[Settlement, str]]:
    for settlement in place.store.all(SETTLEMENTS):
        visit = place.store.get(VISITS, settlement.mdtrt_id)
        insured = province_of(visit.insuplc_admdvs) if visit is not None else ""
        if insured and insured != place.code:
            yield settlement, insured


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


def _adjustment(place: _Place, last: Declared, month: str) -> Declared | None:
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


# --- what has to wait ------------------------------------------------------------------------------------------------


def _why_not(stores: Stores, place: _Place, line: Declared, readings: Readings) -> str:
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


def _unreconciled(place: _Place, claim: Claim | None, line: Declared) -> str:
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


def _doubtful(stores: Stores, place: _Place, month: str) -> Iterator[Declared]:
    """Settlements whose outcome the treatment place does not know, with what the insured place says they are worth."""
    for settlement, insured in _between_provinces(place):
        fee_month = workdays.month_of(settlement.at.date())
        if settlement.state in DOUBT and fee_month <= month and not place.stands(settlement.setl_id):
            store = stores.get(insured)
            claim = store.get(CLAIMS, settlement.setl_id) if store is not None else None
            yield _told(place.code, insured, settlement.setl_id, settlement, claim, month, fee_month)


def _claims_by_place(stores: Stores) -> Mapping[str, list[tuple[str, Claim]]]:
    """The valid claims of other provinces' people by the place of treatment, each with its insured place."""
    found: dict[str, list[tuple[str, Claim]]] = defaultdict(list)
    for insured, store in stores.items():
        if insured != HUB:
            for claim in store.all(CLAIMS):
                if claim.state == "valid" and claim.treated_in != insured:
                    found[claim.treated_in].append((insured, claim))
    return found


def _only_insured(claims: Sequence[tuple[str, Claim]], place: _Place, month: str) -> Iterator[Declared]:
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
