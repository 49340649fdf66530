"""Lines of a recorded bill as a scenario charges them, and lines of an uploaded file as differences from the books."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from conformance.profile import Profile
from conformance.recorded.identities import made_up
from conformance.targets.held import NOTHING, Entry, bytes_in, fen, unzipped, zipped
from sim.errors import InputError, YidiError
from sim.lang import say
from sim.money import scaled, show
from sim.money import wire as yuan

APPROVED = {"1": True, "2": False}
LARGEST_QUANTITY = 99_999_999 * 10_000
COLUMNS = 7
MOST_MADE_UP = 100
NO_ARCHIVE = "aGVsbG8="
NO_BASE64 = "&&&&"


def charge(sent: Mapping[str, Any], profile: Profile, lines: Mapping[str, str]) -> dict[str, Any]:
    """A line of the bill; for an item or a quantity that cannot be charged any other one, which is then changed.

    ``lines``: the number of each line of the visit so far in the scenario, by the recorded one. A line that gives
    something back names the line it goes back to.
    """
    code = sent.get("med_list_codg")
    item = next((name for name, known in profile.items.items() if known.code == code), None)
    row: dict[str, Any] = {"item": item or next(iter(profile.items))}
    back = lines.get(str(sent.get("init_feedetl_sn") or ""), "")
    quantity = _quantity(sent.get("cnt"))
    if quantity is not None and quantity < 0 and back.isdigit() and int(back) > 0:
        row["back_of"] = int(back)
        quantity = -quantity
    if quantity is not None and 0 < quantity <= LARGEST_QUANTITY:
        count = Decimal(quantity) / 10_000
        row["quantity"] = int(count) if count % 1 == 0 else count
    approved = APPROVED.get(str(sent.get("hosp_appr_flag")))
    return row | ({"approved": approved} if approved is not None else {})


def _quantity(value: Any) -> int | None:
    if not isinstance(value, int | Decimal | str) or isinstance(value, bool):
        return None
    try:
        return scaled(value, 4)
    except YidiError:
        return None


def planted(content: Any, entries: Sequence[Entry], clr_type: str) -> tuple[dict[str, Any], str | None]:
    """How an uploaded file differs from the books: as a scenario's ``file``, and the content that stands in its place
    where it is no file of settlement lines at all. Raises InputError for what neither can say."""
    packed = bytes_in(content)
    rows = list(unzipped(packed))
    if not rows:
        empty = packed == bytes_in(zipped([]))
        own = [entry for entry in entries if entry.clr_type == clr_type]
        if empty:
            return ({"leave_out": [entry.step for entry in own]} if own else {}), None
        return {}, NO_ARCHIVE if packed else NO_BASE64
    if any(len(row) != COLUMNS or not _amounts(row) for row in rows):
        return {}, zipped([[_column(value) for value in row] for row in rows])
    return _file(rows, {entry.setl_id: entry for entry in entries if entry.clr_type == clr_type}), None


def _file(rows: Sequence[Sequence[str]], own: Mapping[str, Entry]) -> dict[str, Any]:
    sent = {row[0]: row for row in rows}
    found: dict[str, Any] = {}
    missing = [entry.step for number, entry in own.items() if number not in sent]
    strange = sum(1 for number in sent if number not in own)
    changed: dict[str, Any] = {}
    for number, entry in own.items():
        row = sent.get(number)
        written = [value or NOTHING for value in entry.row()]
        if row is None or list(row) == written:
            continue
        changed[entry.step] = yuan(fen(row[3]) - entry.medfee_sumamt)
        if list(row) != [*written[:3], row[3], *written[4:]]:
            raise InputError(say("recorded.file_line"))
    if strange > MOST_MADE_UP:
        raise InputError(say("recorded.file_strange", count=strange, most=MOST_MADE_UP))
    found |= {"leave_out": missing} if missing else {}
    found |= {"change": changed} if changed else {}
    return found | ({"made_up": strange} if strange else {})


def _amounts(row: Sequence[str]) -> bool:
    try:
        return [show(scaled(value, 2)) for value in row[3:6]] == list(row[3:6])
    except YidiError:
        return False


def _column(value: str) -> str:
    """A column of a row that is no settlement line: numbers of somebody or something are replaced."""
    return made_up(value) if len(value) > len("100000.00") else value
