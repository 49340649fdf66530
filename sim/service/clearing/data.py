"""The month's clearing and the ledgers as plain rows. Amounts are yuan with two decimals, as text: ``"12.30"``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sim.lang import Text, say
from sim.money import show
from sim.platform import HUB, ledger, regions
from sim.platform.clearing import Month
from sim.platform.ledger import Entry
from sim.platform.store import Store
from sim.service.clearing.summed import summed

Row = dict[str, Any]

TABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "pairs": (
        "mdtrtarea",
        "insuplc",
        "count",
        "medfee_sumamt",
        "fund_pay_sumamt",
        "acct_pay",
        "deducted",
        "optins_pay_sumamt",
        "carried",
        "carried_amount",
    ),
    "positions": ("province", "receivable", "payable", "net"),
    "bilateral": ("first", "second", "owed_to_first", "owed_to_second", "net"),
    "left_out": (
        "setl_sn",
        "setl_id",
        "mdtrtarea",
        "insuplc",
        "fee_month",
        "optins_pay_sumamt",
        "reason",
        "delay",
        "overdue",
    ),
    "advances": ("insuplc", "mdtrtarea", "advance", "used", "ratio", "warning"),
    "lines": (
        "setl_sn",
        "setl_id",
        "kind",
        "mdtrtarea",
        "insuplc",
        "medins_no",
        "mdtrt_setl_time",
        "fee_month",
        "medfee_sumamt",
        "fund_pay_sumamt",
        "acct_pay",
        "optins_pay_sumamt",
    ),
}
"""The columns of every table of a month, in order."""
MONEY: Final = frozenset(
    {
        "medfee_sumamt",
        "fund_pay_sumamt",
        "acct_pay",
        "deducted",
        "optins_pay_sumamt",
        "carried_amount",
        "receivable",
        "payable",
        "net",
        "owed_to_first",
        "owed_to_second",
        "advance",
        "used",
    }
)
"""Columns that hold yuan."""
PROVINCES: Final = frozenset({"mdtrtarea", "insuplc", "province", "first", "second"})
"""Columns that hold a province code."""


OPEN: Final = 100
"""How many documents that are under way, or do not agree, are looked at and listed."""


def head(column: str) -> Text:
    """What a column is called."""
    return say(f"clearing.column.{column}")


def source(table: str) -> Text:
    """Where the numbers of a table come from."""
    return say(f"clearing.from.{table}")


def name(code: str) -> Text | str:
    """A province by its code."""
    if code == HUB:
        return say("clearing.hub")
    return next((region.name for region in regions() if region.code == code), code)


def rows(month: Month) -> dict[str, list[Row]]:
    """Every table of a month as rows."""
    return {
        "pairs": [
            {
                "mdtrtarea": row.treated_in,
                "insuplc": row.insured,
                "count": row.count,
                "medfee_sumamt": show(row.medfee),
                "fund_pay_sumamt": show(row.fund),
                "acct_pay": show(row.account),
                "deducted": show(row.deducted),
                "optins_pay_sumamt": show(row.amount),
                "carried": row.carried,
                "carried_amount": show(row.carried_amount),
            }
            for row in month.rows
        ],
        "positions": [
            {
                "province": each.province,
                "receivable": show(each.receivable),
                "payable": show(each.payable),
                "net": show(each.net),
            }
            for each in month.positions
        ],
        "bilateral": [
            {
                "first": each.first,
                "second": each.second,
                "owed_to_first": show(each.owed_to_first),
                "owed_to_second": show(each.owed_to_second),
                "net": show(each.net),
            }
            for each in month.bilateral
        ],
        "left_out": [
            {
                "setl_sn": each.line,
                "setl_id": each.setl_id,
                "mdtrtarea": each.treated_in,
                "insuplc": each.insured,
                "fee_month": each.fee_month,
                "optins_pay_sumamt": show(each.amount),
                "reason": each.reason,
                "delay": each.delay,
                "overdue": each.overdue,
            }
            for each in month.left
        ],
        "advances": [
            {
                "insuplc": each.insured,
                "mdtrtarea": each.treatment,
                "advance": show(each.advance),
                "used": show(each.used),
                "ratio": f"{show(each.ratio)}%",
                "warning": each.warning,
            }
            for each in month.advances
        ],
        "lines": [
            {
                "setl_sn": line.line,
                "setl_id": line.setl_id,
                "kind": line.kind,
                "mdtrtarea": line.treated_in,
                "insuplc": line.insured,
                "medins_no": line.fixmedins_code,
                "mdtrt_setl_time": line.at.isoformat(" ", "seconds"),
                "fee_month": line.fee_month,
                "medfee_sumamt": show(line.medfee),
                "fund_pay_sumamt": show(line.fund),
                "acct_pay": show(line.account),
                "optins_pay_sumamt": show(line.amount),
            }
            for line in month.lines
        ],
    }


def document(month: Month) -> Row:
    """A month as one JSON document."""
    table = month.table
    done = {} if table is None else {
        "issued": table.issued,
        "confirmed": table.confirmed,
        "noticed": table.noticed,
        "collected": table.collected,
        "distributed": table.distributed,
    }  # fmt: skip
    return {
        "month": month.month,
        "state": month.state,
        "regime": month.regime.id,
        "unit": "yuan",
        "due": {step: str(day) for step, day in due(month)},
        "done": {step: str(day) for step, day in done.items() if day is not None},
        "gross": show(month.gross),
        "moved": show(month.moved),
        **rows(month),
        "from": {table: source(table).both() for table in TABLES},
    }


def due(month: Month) -> list[tuple[str, Any]]:
    """The steps and their days, in order of the calendar's steps."""
    days = month.days
    return [
        ("declare", days.declare),
        ("issue", days.issue),
        ("confirm", days.confirm),
        ("notice", days.notice),
        ("collect", days.collect),
        ("distribute", days.distribute),
        ("hospital", days.hospital),
    ]


# --- ledgers ---------------------------------------------------------------------------------------------------------


def balances(found: Mapping[str, Mapping[str, int]]) -> list[Row]:
    """Every account of every party that has any, with its balance in yuan."""
    return [
        {"party": party, "account": account, "balance": show(fen)}
        for party, accounts in found.items()
        for account, fen in accounts.items()
    ]


def state(stores: Mapping[str, Store]) -> Row:
    """Every balance, whether the books of all parties agree, and what is under way between them: of `OPEN` documents at
    most, ``open`` says of how many."""
    found = summed(stores, OPEN)
    return {
        "entries": found.entries,
        "sum": show(sum(sum(accounts.values()) for accounts in found.balances.values())),
        "open": found.open,
        "breaks": [
            {
                "reason": each.reason,
                "party": each.party,
                "document": each.document,
                "account": each.account,
                "amount": show(each.amount),
            }
            for each in ledger.breaks(stores, found.books)
        ],
        "in_flight": [
            {"document": each.document, "party": each.party, "account": each.account, "amount": show(each.amount)}
            for each in ledger.in_flight(found.books)
            if each.other in stores
        ],
        "balances": balances(found.balances),
    }


def entry(made: Entry) -> Row:
    """An entry with its legs in yuan."""
    return {
        "number": made.number,
        "at": made.at.isoformat(" ", "seconds"),
        "kind": made.kind,
        "document": made.document,
        "cause": made.cause,
        "clause": made.clause,
        "legs": {account: show(fen) for account, fen in made.legs.items()},
    }
