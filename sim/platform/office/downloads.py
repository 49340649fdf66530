"""1301 to 1311, 1313 to 1315, 1320: catalogue files. The number of a file says what is in it, so nothing is kept.

A file number is the province, the transaction, the version after which rows are new, and the day it was prepared: the
same request on the same day names the same file, with the same bytes whenever it is fetched.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from sim.platform.context import Context
from sim.platform.office import packing
from sim.platform.office.layouts import Layout, layouts, newest, rows_of, version_name
from sim.platform.refusal import refuse

DAYS = 7
"""For how many days after the one it was asked for a catalogue file can be fetched."""
OTHER_SPELLING = ("1306A", "1320")
"""Transactions that spell the last day ``dld_endtime``."""

_NUMBER = re.compile(r"([0-9]{6})-([0-9A-Z]{4,5})-v([0-9]{4,9})-([0-9]{8})")
_VERSION = re.compile(r"[vV]?([0-9]{1,9})")


def prepare(context: Context) -> dict[str, Any]:
    """Prepare the rows that are newer than the version the institution has (``v0000``: everything)."""
    given = str(context.node()["ver"])
    match = _VERSION.fullmatch(given)
    if match is None:
        raise refuse("catalogue.version", value=given)
    after = min(int(match[1]), newest(context.now.date()))  # what is beyond the newest is as good as the newest
    layout, on = layouts()[context.infno], context.now.date()
    last_day = "dld_endtime" if context.infno in OTHER_SPELLING else "dld_end_time"
    return {
        "file_qury_no": f"{context.code}-{context.infno}-{version_name(after)}-{on:%Y%m%d}",
        "filename": _filename(context.infno, after, on),
        last_day: str(on + timedelta(days=DAYS)),
        "data_cnt": sum(1 for _ in _rows(context, layout, after, on)),
    }


def fetched(context: Context, number: str, filename: str) -> bytes:
    """The bytes of a prepared file. Refuses a number that names none of ours, another name, and one too old."""
    match = _NUMBER.fullmatch(number)
    layout = layouts().get(match[2]) if match is not None and match[1] == context.code else None
    on = _day(match[4]) if match is not None else None
    today = context.now.date()
    if match is None or layout is None or on is None or on > today or int(match[3]) > newest(on):
        raise refuse("file.unknown", number=number)
    name = _filename(layout.infno, int(match[3]), on)
    if filename != name:
        raise refuse("file.other_name", number=number, name=name)
    last = on + timedelta(days=DAYS)
    if today > last:
        raise refuse("file.expired", number=number, until=str(last))
    return packing.pack(f"{name.removesuffix('.zip')}.txt", _rows(context, layout, int(match[3]), on))


def _rows(context: Context, layout: Layout, after: int, on: date) -> Any:
    return rows_of(layout, context.party.items, after, on)


def _filename(infno: str, after: int, on: date) -> str:
    return f"{infno}_{version_name(after)}_{version_name(newest(on))}.zip"


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
