"""The steps of a month's clearing that move money: notice, collect, distribute, and paying the institutions.

Every party books in its own transaction. Before a step that several parties book the hub notes that it is under way;
when it stops halfway, doing it again books what is missing and nothing twice (an entry is found by its document).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import TYPE_CHECKING, TypeVar

from attrs import evolve

from sim.platform import ledger
from sim.platform.clearing.positions import positions
from sim.platform.clearing_records import DECLARED, DECLARED_MONTHS, MONTH_TABLES, MonthTable, TableState
from sim.platform.exchange import HUB
from sim.platform.ledger.check import COLLECTION, DISTRIBUTION, NOTICE
from sim.platform.refusal import refuse
from sim.platform.store import Store

if TYPE_CHECKING:
    from sim.platform.clearing.steps import Clearing

OPENS = time(9)
"""The hour at which a step is booked."""
ORDER: tuple[TableState, ...] = (
    "issued",
    "confirmed",
    "noticing",
    "noticed",
    "collecting",
    "collected",
    "distributing",
    "distributed",
)
"""The states of a month's table, in order."""


R = TypeVar("R")


def transaction(store: Store, work: Callable[[], R]) -> R:
    """Do something in one transaction of a party: all of it, or nothing."""
    try:
        done = work()
    except BaseException:
        store.rollback()
        raise
    store.commit()
    return done


def notice(clearing: Clearing, month: str, on: date) -> MonthTable:
    """Everybody books the month's net with the hub in place of what the provinces owed each other."""
    rows = clearing.rows(month)
    legs: dict[str, dict[str, int]] = {code: {} for code in clearing.provinces}
    net = {each.province: each.net for each in positions(rows)}
    for row in rows:
        gross = row.amount + row.deducted
        legs[row.treated_in][ledger.due_from(row.insured)] = -gross
        legs[row.treated_in][ledger.refused(row.insured)] = row.deducted
        legs[row.insured][ledger.due_to(row.treated_in)] = gross
        fund = legs[row.insured].get(ledger.FUND, 0)
        legs[row.insured][ledger.FUND] = fund - row.deducted
    for code, fen in net.items():
        legs[code][ledger.clearing(HUB)] = fen
    hub = {ledger.clearing(code): -fen for code, fen in net.items()}
    return _booked(clearing, month, on, ("confirmed", "noticing", "noticed"), "netting", NOTICE, legs, hub)


def collect(clearing: Clearing, month: str, on: date) -> MonthTable:
    """Those who owe more than they have to receive pay the hub."""
    net = {each.province: each.net for each in positions(clearing.rows(month)) if each.net < 0}
    legs = {code: {ledger.clearing(HUB): -fen, ledger.BANK: fen} for code, fen in net.items()}
    hub = {ledger.clearing(code): fen for code, fen in net.items()} | {ledger.BANK: -sum(net.values())}
    states: tuple[TableState, TableState, TableState] = ("noticed", "collecting", "collected")
    return _booked(clearing, month, on, states, "clearing_payment", COLLECTION, legs, hub)


def distribute(clearing: Clearing, month: str, on: date) -> MonthTable:
    """The hub pays those who have to receive more than they owe."""
    net = {each.province: each.net for each in positions(clearing.rows(month)) if each.net > 0}
    legs = {code: {ledger.clearing(HUB): -fen, ledger.BANK: fen} for code, fen in net.items()}
    hub = {ledger.clearing(code): fen for code, fen in net.items()} | {ledger.BANK: -sum(net.values())}
    states: tuple[TableState, TableState, TableState] = ("collected", "distributing", "distributed")
    return _booked(clearing, month, on, states, "clearing_payment", DISTRIBUTION, legs, hub)


def pay_hospitals(clearing: Clearing, month: str, on: date) -> int:
    """Every treatment province pays its institutions what was declared for them up to a month and is not paid yet;
    returns the sum in fen. An institution that owes more than it is owed waits for its next month."""
    paid = 0
    for code in clearing.provinces:
        store = clearing.stores[code]
        if store.get(DECLARED_MONTHS, month) is None:
            raise refuse("clearing.not_declared", province=code, month=month)
        owed = _owed_to_hospitals(store, month)

        def work(store: Store = store, owed: Mapping[str, int] = owed) -> None:
            for hospital, fen in owed.items():
                document = f"payment-{month}-{hospital}"
                if fen > 0 and not store.find(ledger.LEDGER, "document", document):
                    legs = {ledger.hospital(hospital): fen, ledger.BANK: -fen}
                    clause = clearing.regimes.of_month(month).hospital_payment
                    rule = "G10" if clause == "after_claim" else "G7"
                    at = datetime.combine(on, OPENS)
                    ledger.post(store, "hospital_payment", legs, document=document, cause=document, at=at, clause=rule)

        transaction(store, work)
        paid += sum(fen for fen in owed.values() if fen > 0)
    return paid


def _booked(
    clearing: Clearing,
    month: str,
    on: date,
    states: tuple[TableState, TableState, TableState],
    kind: ledger.EntryKind,
    prefix: str,
    legs: Mapping[str, Mapping[str, int]],
    hub: Mapping[str, int],
) -> MonthTable:
    """Book a step in every party: the hub's intent, each province, the hub with the end of the step."""
    before, under_way, done = states
    table = clearing.issued(month)
    if ORDER.index(table.state) >= ORDER.index(done):
        return table
    if table.state not in (before, under_way):
        raise refuse("clearing.too_early", month=month, state=table.state, wanted=before)
    document, at = f"{prefix}{month}", datetime.combine(on, OPENS)
    if table.state == before:
        table = evolve(table, state=under_way)
        transaction(clearing.hub, lambda: clearing.hub.put(MONTH_TABLES, table))
    for code, own in legs.items():
        store = clearing.stores[code]
        if not store.find(ledger.LEDGER, "document", document):
            transaction(
                store,
                lambda store=store, own=own: ledger.post(  # type: ignore[misc]
                    store, kind, own, document=document, cause=document, at=at
                ),
            )
    finished = _done(table, done, on)

    def work() -> None:
        ledger.post(clearing.hub, kind, hub, document=document, cause=document, at=at)
        clearing.hub.put(MONTH_TABLES, finished)

    transaction(clearing.hub, work)
    return finished


def _done(table: MonthTable, state: TableState, on: date) -> MonthTable:
    return evolve(
        table,
        state=state,
        noticed=on if state == "noticed" else table.noticed,
        collected=on if state == "collected" else table.collected,
        distributed=on if state == "distributed" else table.distributed,
    )


def _owed_to_hospitals(store: Store, month: str) -> dict[str, int]:
    owed: dict[str, int] = {}
    for line in store.all(DECLARED):
        if line.month <= month:
            owed[line.fixmedins_code] = owed.get(line.fixmedins_code, 0) + line.amount
    for entry in store.all(ledger.LEDGER):
        if entry.kind == "hospital_payment":
            for account, fen in entry.legs.items():
                if account.startswith("hospital:"):
                    code = account.removeprefix("hospital:")
                    owed[code] = owed.get(code, 0) - fen
    return dict(sorted(owed.items()))
