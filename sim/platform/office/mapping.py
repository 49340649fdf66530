"""3301, 3302: the items of a hospital's own list and the catalogue items that they are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sim.platform.context import Context
from sim.platform.office_records import MAPPINGS, CatalogueMapping
from sim.platform.refusal import refuse


def upload(context: Context) -> dict[str, Any]:
    """3301: map items. All rows or none; the same row again changes its texts, another code needs 3302 first."""
    for number, row in enumerate(context.rows("data"), 1):
        context.store.put(MAPPINGS, _mapping(context, row, number))
    return {}


def withdraw(context: Context) -> dict[str, Any]:
    """3302: take the mapping of one item to one code back."""
    data = context.node()
    if data["fixmedins_code"] != context.sender:
        raise refuse("mapping.other_institution", code=data["fixmedins_code"])
    found = [each for each in _of_item(context, data["fixmedins_hilist_id"]) if _same_code(each, data)]
    if not found:
        raise refuse("mapping.unknown", item=data["fixmedins_hilist_id"], code=data["med_list_codg"])
    for each in found:
        key = (each.fixmedins_code, each.fixmedins_hilist_id, each.list_type, each.med_list_codg, each.first)
        context.store.delete(MAPPINGS, *key)
    return {}


def check_line(context: Context, row: Mapping[str, Any], on: date) -> None:
    """Refuse a fee line whose own item is not mapped, on the day of the fee, to the code that the line gives."""
    own, code = str(row.get("medins_list_codg") or ""), str(row["med_list_codg"])
    valid = [each for each in _of_item(context, own) if each.first <= on <= each.last]
    if not valid:
        raise refuse("mapping.missing", line=row["feedetl_sn"], item=own, day=str(on))
    if all(each.med_list_codg != code for each in valid):
        raise refuse("mapping.other_code", line=row["feedetl_sn"], item=own, mapped=valid[0].med_list_codg, code=code)


def _mapping(context: Context, row: Mapping[str, Any], number: int) -> CatalogueMapping:
    item = context.party.items.get(row["med_list_codg"])
    if item is None:
        raise refuse("mapping.unknown_code", row=number, code=row["med_list_codg"])
    if item.list_type != row["list_type"]:
        raise refuse("mapping.list_type", row=number, value=row["list_type"], list_type=item.list_type)
    first, last = date.fromisoformat(row["begndate"]), date.fromisoformat(row["enddate"])
    if last < first:
        raise refuse("mapping.period", row=number, first=row["begndate"], last=row["enddate"])
    for other in _of_item(context, row["fixmedins_hilist_id"]):
        again = _same_code(other, row) and other.first == first
        if not again and other.first <= last and first <= other.last:
            raise refuse("mapping.overlaps", row=number, item=row["fixmedins_hilist_id"], code=other.med_list_codg)
    return CatalogueMapping(
        fixmedins_code=context.sender,
        fixmedins_hilist_id=row["fixmedins_hilist_id"],
        list_type=row["list_type"],
        med_list_codg=row["med_list_codg"],
        first=first,
        last=last,
        at=context.now,
        row=dict(row),
    )


def _of_item(context: Context, item: str) -> list[CatalogueMapping]:
    found = context.store.find(MAPPINGS, "item", context.sender, item)
    return sorted(found, key=lambda each: (each.first, each.med_list_codg))


def _same_code(mapping: CatalogueMapping, row: Mapping[str, Any]) -> bool:
    return (mapping.med_list_codg, mapping.list_type) == (row["med_list_codg"], row["list_type"])
