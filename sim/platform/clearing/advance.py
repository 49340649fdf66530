"""Advance funds (预付金) of an insured province with a treatment province: set each year, watched, topped up.

The rule of 2016 sets them at two months of the funds of the year before, that of 2022 each January at twice the monthly
mean of the fourth quarter before; either is paid by the end of February. What is in use is what the treatment province
has paid or owes to institutions for the insured province's people, and has not received yet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from typing import Literal

from attrs import evolve, frozen

from sim.money import FULL, divide, show
from sim.platform import ledger
from sim.platform.clearing import workdays
from sim.platform.clearing.booking import OPENS, transaction
from sim.platform.clearing.steps import Clearing
from sim.platform.clearing_records import ADVANCES, MONTH_TABLES, PAIR_ROWS, Advance
from sim.platform.refusal import refuse
from sim.platform.store import Store

Warning = Literal["none", "yellow", "red"]  # noqa: A001 - the scheme's own word
FEES = ("settlement", "cancellation", "reversal", "restoration")
"""Kinds of entries that make up a month's funds."""
PAID = "distributed"


@frozen
class Usage:
    """How much of an advance is in use. ``ratio`` is in basis points; without an advance any use is over the limit."""

    insured: str
    treatment: str
    advance: int
    used: int
    ratio: int
    warning: Warning


Pair = tuple[str, str]
"""Insured province, treatment province."""


def monthly_funds(clearing: Clearing, months: Iterable[str]) -> dict[Pair, int]:
    """What each insured province came to owe each treatment province in these months, in fen."""
    found: dict[Pair, int] = defaultdict(int)
    wanted = tuple(months)
    for code in clearing.provinces:
        for month in wanted:
            for entry in clearing.stores[code].find(ledger.LEDGER, "month", month):
                if entry.kind in FEES:
                    for account, fen in entry.legs.items():
                        kind, _, other = account.partition(":")
                        if kind == "due_from" and other != code:
                            found[other, code] += fen
    return dict(sorted(found.items()))


def set_annual(clearing: Clearing, year: int, pairs: Iterable[Pair] = ()) -> tuple[Advance, ...]:
    """Set the advances of a year, in January: for every pair that has history or an advance, and for those named.

    A pair without history gets the amount that the rules name for it. Returns the changes to be paid (negative where
    funds go back); done once a year for a pair, a repetition returns nothing new.
    """
    regime, rules = clearing.regimes.of_year(year), clearing.regimes.rules
    basis = regime.basis_months(year)
    funds = monthly_funds(clearing, basis)
    named = set(pairs)
    held = {(a.insured, a.treatment) for code in clearing.provinces for a in clearing.stores[code].all(ADVANCES)}
    made = []
    for insured, treatment in sorted({*funds, *named, *held}):
        store = clearing.stores[insured]
        number = f"advance-{year}-{insured}-{treatment}"
        if store.get(ADVANCES, number) is not None:
            continue
        total = funds.get((insured, treatment), 0)
        target = divide(max(total, 0) * regime.months, len(basis)) if total > 0 else rules.without_history
        change = target - _given(clearing, insured, treatment, requested=True)
        if not change:
            continue
        advance = Advance(
            number=number,
            kind="annual",
            insured=insured,
            treatment=treatment,
            amount=change,
            requested=date(year, 1, 1),
            due=workdays.last_day(f"{year:04d}-{rules.paid_by_month:02d}"),
            clause=regime.clause,
        )
        transaction(store, lambda store=store, advance=advance: store.put(ADVANCES, advance))  # type: ignore[misc]
        made.append(advance)
    return tuple(made)


def usage(clearing: Clearing, insured: str, treatment: str) -> Usage:
    """How much of an advance is in use now, and the warning that goes with it."""
    advance = _given(clearing, insured, treatment)
    owed = ledger.balance(ledger.entries(clearing.stores[treatment]), ledger.due_from(insured))
    underway = sum(
        row.amount
        for table in clearing.hub.all(MONTH_TABLES)
        if table.state not in ("issued", "confirmed", PAID)
        for row in clearing.hub.find(PAIR_ROWS, "month", table.month)
        if (row.treated_in, row.insured) == (treatment, insured)
    )
    used = owed + underway
    rules = clearing.regimes.rules
    ratio = divide(used * FULL, advance) if advance > 0 else (FULL if used > 0 else 0)
    warning: Warning = "red" if ratio >= rules.red else "yellow" if ratio >= rules.yellow else "none"
    return Usage(insured, treatment, advance, used, ratio, warning)


def usages(clearing: Clearing) -> tuple[Usage, ...]:
    """That of every pair that has an advance, in order."""
    pairs = sorted(
        {(a.insured, a.treatment) for code in clearing.provinces for a in clearing.stores[code].all(ADVANCES)}
    )
    return tuple(usage(clearing, insured, treatment) for insured, treatment in pairs)


def top_up(clearing: Clearing, insured: str, treatment: str, amount: int, on: date) -> Advance:
    """An emergency top-up, which the treatment province may ask for under a red warning; one at a time.

    It arrives about ten working days later (`settle_due`). Refuses without a red warning, and an amount below one fen.
    """
    now = usage(clearing, insured, treatment)
    if now.warning != "red":
        raise refuse("advance.not_red", used=f"{now.ratio / 100:.2f}", red=f"{clearing.regimes.rules.red / 100:.2f}")
    if amount <= 0:
        raise refuse("advance.amount", amount=show(amount))
    store = clearing.stores[insured]
    waiting = [
        a for a in store.find(ADVANCES, "pair", insured, treatment) if a.state != "arrived" and a.kind == "top_up"
    ]
    if waiting:
        raise refuse("advance.waiting", number=waiting[0].number, due=str(waiting[0].due))
    advance = Advance(
        number=f"topup-{on:%Y%m%d}-{insured}-{treatment}",
        kind="top_up",
        insured=insured,
        treatment=treatment,
        amount=amount,
        requested=on,
        due=workdays.after(on, clearing.regimes.rules.top_up_working_days),
        clause="G5",
    )
    if store.get(ADVANCES, advance.number) is not None:
        raise refuse("advance.waiting", number=advance.number, due=str(advance.due))
    transaction(store, lambda: store.put(ADVANCES, advance))
    return advance


def settle_due(clearing: Clearing, until: date) -> tuple[Advance, ...]:
    """Pay every advance that is due by a day, on its day; returns those that arrived.

    The insured province books first and notes that it has; when it stops there, doing it again goes on.
    """
    arrived = []
    for code in clearing.provinces:
        for advance in sorted(clearing.stores[code].all(ADVANCES), key=lambda each: each.number):
            if advance.state != "arrived" and advance.due <= until:
                arrived.append(_pay(clearing, advance))
    return tuple(arrived)


def _pay(clearing: Clearing, advance: Advance) -> Advance:
    payer, receiver = clearing.stores[advance.insured], clearing.stores[advance.treatment]
    kind: Literal["advance", "top_up"] = "advance" if advance.kind == "annual" else "top_up"
    at = datetime.combine(advance.due, OPENS)
    fen = advance.amount

    def pay() -> None:
        legs = {ledger.advance_given(advance.treatment): fen, ledger.BANK: -fen}
        _book(payer, legs)
        payer.put(ADVANCES, evolve(advance, state="paying"))

    def receive() -> None:
        _book(receiver, {ledger.BANK: fen, ledger.advance_held(advance.insured): -fen})

    def _book(store: Store, legs: dict[str, int]) -> None:
        ledger.post(store, kind, legs, document=advance.number, cause=advance.number, at=at, clause=advance.clause)

    done = evolve(advance, state="arrived", arrived=advance.due)
    if advance.state == "requested":
        transaction(payer, pay)
    if not receiver.find(ledger.LEDGER, "document", advance.number):
        transaction(receiver, receive)
    transaction(payer, lambda: payer.put(ADVANCES, done))
    return done


def _given(clearing: Clearing, insured: str, treatment: str, requested: bool = False) -> int:
    """The advance that was paid; ``requested``: and what was asked for and is not paid yet."""
    made = clearing.stores[insured].find(ADVANCES, "pair", insured, treatment)
    return sum(advance.amount for advance in made if requested or advance.state != "requested")
