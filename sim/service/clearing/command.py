"""``yidi clearing``: the month's table from the databases of the parties."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path

import sqlalchemy as sa
from attrs import frozen
from sqlalchemy.exc import ArgumentError

from sim.errors import InputError, Place
from sim.lang import Text, say
from sim.platform import HUB
from sim.platform.clearing import Clearing, Month, month_of, months_with_fees, regimes
from sim.platform.readings import Readings
from sim.platform.refusal import Refused
from sim.platform.sql import open_store
from sim.platform.store import Store
from sim.service.clearing import files
from sim.service.clearing.data import MONEY, PROVINCES, TABLES, document, due, head, name, rows, source

PRINTED = ("pairs", "positions", "bilateral", "left_out", "advances")
"""The tables that are printed; all of them are exported."""


@frozen
class Printed:
    """A table ready to print: heads, rows of texts, the columns that are numbers, and where they come from."""

    title: Text
    heads: tuple[Text, ...]
    rows: tuple[tuple[Text | str, ...], ...]
    right: tuple[int, ...]
    source: Text


@frozen
class Shown:
    """A month as it was found, and the files written."""

    month: Month
    files: tuple[Path, ...]

    @property
    def data(self) -> dict[str, object]:
        """The JSON document."""
        return document(self.month)

    @property
    def facts(self) -> tuple[Text, ...]:
        """What stands above the tables: state, rules, days, sums."""
        month = self.month
        days = [say("clearing.step_on", step=say(f"clearing.step.{step}"), day=day) for step, day in due(month)]
        return (
            say(
                "clearing.fact.month",
                month=month.month,
                state=say(f"clearing.state.{month.state}"),
                regime=month.regime.title,
                id=month.regime.id,
            ),
            say("clearing.fact.days", **{f"day{n}": each for n, each in enumerate(days)}),
            say(
                "clearing.fact.sums",
                gross=document(month)["gross"],
                moved=document(month)["moved"],
                left=len(month.left),
            ),
        )

    @property
    def tables(self) -> tuple[Printed, ...]:
        """Every table that has rows."""
        found = rows(self.month)
        return tuple(_printed(table, found[table]) for table in PRINTED if found[table])


def _printed(table: str, found: Iterable[dict[str, object]]) -> Printed:
    columns = TABLES[table]
    numbers = (*MONEY, "count", "carried", "delay", "ratio")
    return Printed(
        title=say(f"clearing.table.{table}"),
        heads=tuple(head(column) for column in columns),
        rows=tuple(tuple(_cell(column, row[column]) for column in columns) for row in found),
        right=tuple(n for n, column in enumerate(columns) if column in numbers),
        source=source(table),
    )


def _cell(column: str, value: object) -> Text | str:
    if column in PROVINCES:
        return say("clearing.province", code=value, name=name(str(value)))
    if column in ("reason", "overdue", "warning") and value:
        return say(f"clearing.{column}.{value}")
    return str(value)


def show_month(
    month: str,
    urls: Sequence[str],
    *,
    today: date,
    until: date | None = None,
    regime: str = "",
    readings: Readings | None = None,
    out: Path | None = None,
) -> Shown:
    """The clearing of a month from the databases in which the parties are; several where parties have their own.

    ``until``: first do every step of this and earlier months that is due by that day, and keep them. ``regime``: the
    id of one to use for all months. Raises InputError: no month, a month to come, one without data, a database that is
    not there, not ours or newer; a step that cannot be done yet.
    """
    check_month(month, today)
    with parties(urls) as stores:
        rules = regimes().only(regime) if regime else regimes()
        clearing = Clearing(stores, rules, readings or Readings())
        known = months_with_fees(clearing)
        if month not in known and _is_empty(clearing, month, known):
            text = say("clearing.no_data", month=month, known=", ".join(known[-12:]) or "-")
            raise InputError(text, Place(", ".join(urls)))
        if until is not None:
            for each in sorted({*known, month}):
                if each <= month:
                    _or_input_error(lambda each=each: clearing.run(each, until))  # type: ignore[misc]
        found = month_of(clearing, month)
    return Shown(found, files.write(found, out) if out is not None else ())


def _is_empty(clearing: Clearing, month: str, known: Sequence[str]) -> bool:
    """Whether a month without fees of its own also has no table, and nothing that earlier months carry over to it."""
    if clearing.table(month) is not None:
        return False
    if not known or month < known[0]:
        return True
    found = month_of(clearing, month)
    return not (found.lines or found.left)


def _or_input_error(step: Callable[[], object]) -> None:
    try:
        step()
    except Refused as refusal:
        raise InputError(refusal.text) from None


def check_month(month: str, today: date) -> None:
    """Raises InputError for what is no month or lies in the future."""
    if not re.fullmatch(r"[12]\d{3}-(0[1-9]|1[0-2])", month, re.ASCII):
        raise InputError(say("clearing.bad_month", value=month))
    if month > f"{today:%Y-%m}":
        raise InputError(say("clearing.future", month=month, today=str(today)))


@contextmanager
def parties(urls: Sequence[str]) -> Iterator[dict[str, Store]]:
    """The stores of all parties of the databases, by name. Raises InputError, also when the hub is in none of them."""
    found: dict[str, Store] = {}
    with ExitStack() as stack:
        for url in urls:
            _check_there(url)
            database = stack.enter_context(open_store(url))
            for party in database.parties():
                if party in found:
                    raise InputError(say("clearing.party_twice", party=party), Place(database.url))
                found[party] = database(party)
        if HUB not in found:
            text = say("clearing.no_hub", found=", ".join(found) or "-")
            raise InputError(text, Place(", ".join(urls)))
        yield found


def _check_there(url: str) -> None:
    """An SQLite file that does not exist would be made; here it is a mistake."""
    try:
        address = sa.make_url(url)
    except ArgumentError:
        return  # said better by whoever opens it
    if address.get_backend_name() == "sqlite" and not (address.database and Path(address.database).exists()):
        raise InputError(say("clearing.no_database"), Place(url))
