"""The steps of a month's clearing, each once, each resumable: declare, issue, confirm, and what `booking` adds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from attrs import evolve, field, frozen

from sim.platform.clearing import booking, workdays
from sim.platform.clearing.assess import assess, follows, left_out
from sim.platform.clearing.booking import transaction
from sim.platform.clearing.positions import rows_of
from sim.platform.clearing.regime import Days, Regimes, regimes
from sim.platform.clearing.waiting import Stores
from sim.platform.clearing_records import (
    AGREED,
    DECLARED,
    DECLARED_MONTHS,
    DEDUCTIONS,
    DISPUTES,
    LEFT_OUT,
    MONTH_TABLES,
    PAIR_ROWS,
    Agreed,
    Declared,
    DeclaredMonth,
    MonthTable,
    PairRow,
)
from sim.platform.exchange import HUB
from sim.platform.readings import Readings
from sim.platform.refusal import refuse
from sim.platform.store import Store


@frozen
class Clearing:
    """The clearing of all parties. ``stores`` holds every party's by name, the hub's too."""

    stores: Stores
    regimes: Regimes = field(factory=regimes)
    readings: Readings = field(factory=Readings)

    @property
    def hub(self) -> Store:
        """The hub's store."""
        return self.stores[HUB]

    @property
    def provinces(self) -> tuple[str, ...]:
        """Every province, in order."""
        return tuple(sorted(name for name in self.stores if name != HUB))

    def days(self, month: str) -> Days:
        """When the steps are due."""
        return self.regimes.of_month(month).days(month)

    def table(self, month: str) -> MonthTable | None:
        """How far a month has come; None before its table is issued."""
        return self.hub.get(MONTH_TABLES, month)

    def rows(self, month: str) -> list[PairRow]:
        """The rows of a month's table, in order."""
        found = self.hub.find(PAIR_ROWS, "month", month)
        return sorted(found, key=lambda row: (row.treated_in, row.insured))

    def lines(self, month: str) -> list[Declared]:
        """Everything declared for a month, in order of place and number."""
        found = [line for code in self.provinces for line in self.stores[code].find(DECLARED, "month", month)]
        return sorted(found, key=lambda line: (line.treated_in, line.line))

    # --- steps -------------------------------------------------------------------------------------------------------

    def declare(self, month: str, on: date) -> int:
        """Every treatment province declares its lines; returns how many are new. Refuses a month that is not over."""
        if on <= workdays.last_day(month):
            raise refuse("clearing.not_over", day=str(workdays.last_day(month)))
        if self.table(month) is not None:
            return 0
        new = 0
        for code in self.provinces:
            store = self.stores[code]
            if store.get(DECLARED_MONTHS, month) is not None:
                continue
            taken = assess(self.stores, month, self.regimes, self.readings, only=code).lines

            def work(store: Store = store, taken: tuple[Declared, ...] = taken) -> None:
                for line in taken:
                    store.put(DECLARED, line)
                    deduction = store.get(DEDUCTIONS, line.line) if line.kind == "deduction" else None
                    if deduction is not None:
                        store.put(DEDUCTIONS, evolve(deduction, month=month))
                amount = sum(line.amount for line in taken)
                store.put(DECLARED_MONTHS, DeclaredMonth(month, on, len(taken), amount))

            transaction(store, work)
            new += len(taken)
        return new

    def issue(self, month: str, on: date) -> MonthTable:
        """The hub makes the table of what was declared, and lists what waits. Refuses before everybody declared."""
        found = self.table(month)
        if found is not None:
            return found
        for code in self.provinces:
            if self.stores[code].get(DECLARED_MONTHS, month) is None:
                raise refuse("clearing.not_declared", province=code, month=month)
        left = assess(self.stores, month, self.regimes, self.readings).left
        table = MonthTable(month, self.regimes.of_month(month).id, "issued", on)

        def work() -> None:
            for row in rows_of(self.lines(month), month):
                self.hub.put(PAIR_ROWS, row)
            for each in left:
                self.hub.put(LEFT_OUT, each)
            self.hub.put(MONTH_TABLES, table)

        transaction(self.hub, work)
        return table

    def confirm(self, month: str, province: str, at: datetime) -> MonthTable:
        """A province accepts the table; when the last one has, disputed lines leave it and it is final.

        Refuses before the table is issued. Doing it again changes nothing.
        """
        table = self.issued(month)
        if table.state != "issued":
            return table
        if self.hub.get(AGREED, month, province) is None:
            transaction(self.hub, lambda: self.hub.put(AGREED, Agreed(month, province, at)))
        agreed = {each.province for each in self.hub.find(AGREED, "month", month)}
        concerned = {code for row in self.rows(month) for code in (row.treated_in, row.insured)}
        return table if concerned - agreed else self._finish_confirmation(table, at)

    def _finish_confirmation(self, table: MonthTable, at: datetime) -> MonthTable:
        month = table.month
        for code in self.provinces:
            store = self.stores[code]
            declared = store.find(DECLARED, "month", month)
            disputed = {line.line for line in declared if self._disputed(line)}
            out = [line for line in declared if line.line in disputed or follows(line, disputed)]
            for line in out:  # noted at the hub first: a line is never in neither list
                why = "disputed" if line.line in disputed else "follows"
                reason = left_out(line, month, why, self.regimes)
                transaction(self.hub, lambda reason=reason: self.hub.put(LEFT_OUT, reason))  # type: ignore[misc]

            def take_out(store: Store = store, out: list[Declared] = out) -> None:
                for line in out:
                    store.delete(DECLARED, line.line, month)
                    deduction = store.get(DEDUCTIONS, line.line) if line.kind == "deduction" else None
                    if deduction is not None:
                        store.put(DEDUCTIONS, evolve(deduction, month=""))

            transaction(store, take_out)
        confirmed = evolve(table, state="confirmed", confirmed=at.date())

        def work() -> None:
            for row in self.rows(month):
                self.hub.delete(PAIR_ROWS, row.month, row.treated_in, row.insured)
            for row in rows_of(self.lines(month), month):
                self.hub.put(PAIR_ROWS, row)
            self.hub.put(MONTH_TABLES, confirmed)

        transaction(self.hub, work)
        return confirmed

    def _disputed(self, line: Declared) -> bool:
        dispute = self.stores[line.insured].get(DISPUTES, line.line)
        return dispute is not None and dispute.settled_at is None

    def take_back(self, month: str, province: str) -> MonthTable:
        """A province takes its confirmation back; only until the notices go out."""
        table = self.issued(month)
        if booking.ORDER.index(table.state) > booking.ORDER.index("confirmed"):
            raise refuse("clearing.noticed", month=month, on=str(table.noticed or ""))
        if self.hub.get(AGREED, month, province) is None:
            raise refuse("clearing.not_confirmed", month=month, province=province)
        reopened = evolve(table, state="issued", confirmed=None)

        def work() -> None:
            self.hub.delete(AGREED, month, province)
            self.hub.put(MONTH_TABLES, reopened)

        transaction(self.hub, work)
        return reopened

    def run(self, month: str, until: date) -> MonthTable | None:
        """Do every step of a month that is due by a day, each on its own day; nothing is done twice."""
        due = self.days(month)
        if until < due.declare:
            return self.table(month)
        self.declare(month, due.declare)
        steps: list[tuple[date, Callable[[], object]]] = [
            (due.issue, lambda: self.issue(month, due.issue)),
            (due.confirm, lambda: self.confirm_all(month, datetime.combine(due.confirm, booking.OPENS))),
            (due.notice, lambda: booking.notice(self, month, due.notice)),
            (due.collect, lambda: booking.collect(self, month, due.collect)),
            (due.distribute, lambda: booking.distribute(self, month, due.distribute)),
        ]
        for day, step in steps:
            if day <= until:
                step()
        if due.hospital <= until:
            booking.pay_hospitals(self, month, due.hospital)
        return self.table(month)

    def confirm_all(self, month: str, at: datetime) -> MonthTable:
        """Every province accepts the table, but for the lines it disputes."""
        for code in self.provinces:
            self.confirm(month, code, at)
        return self.issued(month)

    # --- parts -------------------------------------------------------------------------------------------------------

    def issued(self, month: str) -> MonthTable:
        """The same; refuses before it is issued."""
        table = self.table(month)
        if table is None:
            raise refuse("clearing.not_issued", month=month)
        return table
