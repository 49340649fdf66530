"""Ledger entries for what was settled before there were ledgers: the migration from version 1 to 2.

It reads the tables as version 1 had them and writes what would have been booked: for every settlement that stands, or
stood and was cancelled, an entry at the treatment place, and for every claim one at the insured place. The account is
taken as cleared between provinces, as by default. What 2601 had reversed leaves nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sim.money import parse
from sim.platform.ledger import accounts
from sim.platform.ledger.post import CLAUSE
from sim.platform.ledger_records import LEDGER, EntryKind
from sim.platform.regions import province_of
from sim.platform.sql.exact import dump, load
from sim.platform.sql.shape import common, declare

Row = Any
"""A row of the result, by column name."""


def book_before(connection: sa.Connection) -> None:
    """Write the entries, each party's in order of time, and set its counter."""
    metadata = sa.MetaData()
    counters = common(metadata).counters
    ledger = declare(LEDGER, metadata)
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for entry in (*_owed(connection), *_covered(connection)):
        found[entry["at_party"]].append(entry)
    for party, entries in sorted(found.items()):
        entries.sort(key=lambda entry: (entry["at"], entry["line"]))
        rows = [{**entry, "number": number, "changed": 0} for number, entry in enumerate(entries, 1)]
        connection.execute(sa.insert(ledger), rows)
        connection.execute(sa.insert(counters), [{"at_party": party, "name": "ledger", "value": len(rows)}])


def _owed(connection: sa.Connection) -> Iterator[dict[str, Any]]:
    """The treatment places'."""
    settlements = _table("settlements", "at_party", "setl_id", "mdtrt_id", "fixmedins_code", "state", "made_by", "head",
                         "refund_id", "refund_head", "cancelled_by", at=True, cancelled_at=True)  # fmt: skip
    visits = _table("visits", "at_party", "mdtrt_id", "insuplc_admdvs")
    joined = settlements.join(
        visits, (visits.c.at_party == settlements.c.at_party) & (visits.c.mdtrt_id == settlements.c.mdtrt_id)
    )
    for row in connection.execute(sa.select(settlements, visits.c.insuplc_admdvs).select_from(joined)).mappings():
        head = load(row["head"])
        if not head or row["state"] == "reversed":
            continue
        amount = _fen(head, "fund_pay_sumamt") + _fen(head, "acct_pay")
        insured = province_of(row["insuplc_admdvs"])
        legs = {accounts.due_from(insured): amount, accounts.hospital(row["fixmedins_code"]): -amount}
        yield from _entry(row, "settlement", row["setl_id"], row["made_by"], row["at"], legs)
        if load(row["refund_head"]) and row["cancelled_at"] is not None:
            back = {name: -fen for name, fen in legs.items()}
            yield from _entry(row, "cancellation", row["refund_id"], row["cancelled_by"], row["cancelled_at"], back)


def _covered(connection: sa.Connection) -> Iterator[dict[str, Any]]:
    """The insured places'. They did not keep when a claim was cancelled: that is booked at the claim's own time."""
    names = ("at_party", "setl_id", "treated_in", "made_by", "cancelled_by", "state", "amounts")
    claims = _table("claims", *names, at=True)
    for row in connection.execute(sa.select(claims)).mappings():
        if row["state"] == "reversed":
            continue
        amounts = load(row["amounts"])
        fund, account = amounts["fund_pay_sumamt"], amounts["acct_pay"]
        legs = {accounts.FUND: fund, accounts.PERSONAL: account, accounts.due_to(row["treated_in"]): -fund - account}
        yield from _entry(row, "settlement", row["setl_id"], row["made_by"], row["at"], legs)
        if row["state"] == "cancelled":
            back = {name: -fen for name, fen in legs.items()}
            yield from _entry(row, "cancellation", row["setl_id"], row["cancelled_by"], row["at"], back)


def _entry(
    row: Row, kind: EntryKind, line: str, cause: str, at: datetime, legs: Mapping[str, int]
) -> Iterator[dict[str, Any]]:
    moving = {account: fen for account, fen in legs.items() if fen}
    if moving:
        yield {
            "at_party": row["at_party"],
            "kind": kind,
            "document": row["setl_id"],
            "line": line,
            "cause": cause,
            "clause": CLAUSE[kind],
            "day": at.date(),
            "month": f"{at.year:04d}-{at.month:02d}",
            "at": at,
            "legs": dump(moving),
        }


def _table(name: str, *texts: str, **times: bool) -> Any:
    columns = [sa.column(text, sa.Text()) for text in texts] + [sa.column(time, sa.DateTime()) for time in times]
    return sa.table(name, *columns)


def _fen(head: Row, name: str) -> int:
    return parse(head.get(name) or 0)
