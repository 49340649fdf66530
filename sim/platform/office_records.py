"""What the back office of a treatment place remembers: files, clearing requests, catalogue mappings, settlement lists.

Amounts are fen.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal

from attrs import field, frozen

from sim.platform.store import Table

FileKind = Literal["upload", "result"]


@frozen
class StoredFile:
    """An institution's file that can be read or fetched until ``until``; ``content`` is the zip as it travels."""

    file_qury_no: str
    fixmedins_code: str
    filename: str
    kind: FileKind
    msgid: str
    at: datetime
    until: datetime
    content: bytes


FILES = Table("files", StoredFile, ("file_qury_no",), {"institution": ("fixmedins_code",)})


@frozen
class ClearingRequest:
    """An institution's request (3203) to be paid for a month. ``withdrawn_at`` is set by 3204."""

    clr_appy_evt_id: str
    fixmedins_code: str
    clr_type: str
    clr_way: str
    setlym: str
    first: date
    last: date
    at: datetime
    count: int
    medfee_sumamt: int
    fund_pay_sumamt: int
    acct_pay: int
    cash_payamt: int
    withdrawn_at: datetime | None = None


CLEARING_REQUESTS = Table(
    "clearing_requests", ClearingRequest, ("clr_appy_evt_id",), {"month": ("fixmedins_code", "setlym")}
)


@frozen
class CatalogueMapping:
    """An item of a hospital's own list and the catalogue item that it is (目录对照), for a time."""

    fixmedins_code: str
    fixmedins_hilist_id: str
    list_type: str
    med_list_codg: str
    first: date
    last: date
    at: datetime
    row: Mapping[str, Any] = field(hash=False)


MAPPINGS = Table(
    "mappings",
    CatalogueMapping,
    ("fixmedins_code", "fixmedins_hilist_id", "list_type", "med_list_codg", "first"),
    {"item": ("fixmedins_code", "fixmedins_hilist_id"), "institution": ("fixmedins_code",)},
)


@frozen
class SettlementList:
    """A settlement list (医疗保障基金结算清单) as last uploaded for a settlement; ``nodes`` is the input."""

    setl_id: str
    setl_list_id: str
    fixmedins_code: str
    at: datetime
    nodes: Mapping[str, Any] = field(hash=False)


SETTLEMENT_LISTS = Table("settlement_lists", SettlementList, ("setl_id",))

OFFICE_TABLES: tuple[Table[Any], ...] = (FILES, CLEARING_REQUESTS, MAPPINGS, SETTLEMENT_LISTS)
"""Every table of the back office."""
