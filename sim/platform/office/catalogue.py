"""1304, 1312, 1316 to 1319: the catalogue and what hospitals mapped to it, asked page by page.

Every query takes rows that changed on or after ``updt_time``; each further field narrows the answer. ``query_date`` is
the day of which the catalogue is asked (today, if none): a version issued later is not shown. ``begndate`` and
``enddate`` take rows that begin on or after, end on or before a day. The catalogue is the treatment place's: for
another division there are no rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from sim.benefits import Line, split
from sim.errors import InputError
from sim.platform.catalogue import NO_LIMIT, Item, limit_on_wire, versions
from sim.platform.context import Context
from sim.platform.office.layouts import newest, rid_of, version_name
from sim.platform.office_records import MAPPINGS
from sim.platform.refusal import refuse
from sim.platform.regions import province_of

LARGEST_PAGE = 1000
"""The most rows of one page."""
LEVELS = ("1", "2", "3")
"""hilist_lmtpric_type: every hospital level has the same limit here."""
OWN_PAY = "1"
"""overlmt_dspo_way: what is over the limit is own pay."""
INSURANCES = ("310", "390")
"""selfpay_prop_psn_type by insutype: employees, residents."""
FIRST_SHARE = "10"
"""selfpay_prop_type: the share paid first, before anything is apportioned."""
OFFICE = "医保中心"
"""Who made the rows."""

Row = dict[str, Any]


def catalogue(context: Context) -> dict[str, Any]:
    """1312: items with class and restriction."""
    return _answer(context, (_item_row(context, item) for item in _items(context)))


def matches(context: Context) -> dict[str, Any]:
    """1316: which catalogue code a code is; of an institution's own code by what it mapped with 3301."""
    data = context.node()
    own = str(data.get("medins_list_codg") or data.get("med_list_codg") or "")
    wanted = None if not own else {own, *_mapped(context, own)}
    rows = (
        {"med_list_codg": item.code, "hilist_code": item.code, "list_type": item.list_type, **_common(context, item)}
        for item in _items(context)
        if wanted is None or item.code in wanted
    )
    return _answer(context, rows, leave=("medins_list_codg", "med_list_codg"))


def limits(context: Context) -> dict[str, Any]:
    """1318: price limits, for each level of hospital."""
    rows = (
        {
            "hilist_code": item.code,
            "hilist_lmtpric_type": level,
            "overlmt_dspo_way": OWN_PAY,
            "hilist_pric_uplmt_amt": limit_on_wire(item.limit),
            "tabname": "",
            **_common(context, item, level),
        }
        for item in _items(context)
        if item.limit != NO_LIMIT
        for level in LEVELS
    )
    return _answer(context, rows)


def shares(context: Context) -> dict[str, Any]:
    """1319: the share of each item that is paid first, for employees and residents insured at the treatment place."""
    return _answer(context, _share_rows(context))


def own_mappings(context: Context) -> dict[str, Any]:
    """1317: what the institution mapped with 3301."""
    data = context.node()
    if data.get("fixmedins_code") and data["fixmedins_code"] != context.sender:
        raise refuse("mapping.other_institution", code=data["fixmedins_code"])
    rows = (
        {
            **{name: mapping.row.get(name) or "" for name in MAPPED_TEXTS},
            "fixmedins_code": mapping.fixmedins_code,
            "medins_list_codg": mapping.fixmedins_hilist_id,
            "medins_list_name": mapping.row["fixmedins_hilist_name"],
            "insu_admdvs": context.institution.admdvs,
            "list_type": mapping.list_type,
            "med_list_codg": mapping.med_list_codg,
            "begndate": str(mapping.first),
            "enddate": str(mapping.last),
            "vali_flag": "1",
            "rid": f"{mapping.fixmedins_code}-{mapping.fixmedins_hilist_id}"[:40],
            "updt_time": str(mapping.at.date()),
            "crte_time": str(mapping.at.date()),
        }
        for mapping in sorted(
            context.store.find(MAPPINGS, "institution", context.sender),
            key=lambda each: (each.fixmedins_hilist_id, each.first, each.med_list_codg),
        )
    )
    return _answer(context, rows, leave=("insu_admdvs",))


MAPPED_TEXTS = ("aprvno", "dosform", "exct_cont", "item_cont", "prcunt", "spec", "pacspec", "memo")


def ethnic(context: Context) -> dict[str, Any]:
    """1304: ethnic drugs."""
    rows = (
        {
            "med_list_codg": item.code,
            "drug_prodname": item.name.show("zh"),
            "drug_genname": item.name.show("zh"),
            "eng_name": item.name.show("en"),
            "begndate": str(min(versions().values())),
            "vali_flag": "1",
            "rid": rid_of(item),
            "crte_time": str(min(versions().values())),
            "updt_time": str(versions()[item.ver]),
            "crter_id": "1",
            "crter_name": OFFICE,
            "crte_optins_no": context.code,
            "opter_id": "1",
            "opter_name": OFFICE,
            "opt_time": str(versions()[item.ver]),
            "optins_no": context.code,
            "ver": version_name(item.ver),
        }
        for item in _items(context)
        if item.list_type == "104"
    )
    return _answer(context, rows, leave=("opt_begn_time", "opt_end_time"))


# --- rows ------------------------------------------------------------------------------------------------------------


def _items(context: Context) -> Iterator[Item]:
    """The items of the day asked for, at the division asked for, by code."""
    data = context.node()
    place = str(data.get("insu_admdvs") or context.institution.admdvs)
    if province_of(place) != context.code:
        return
    last = newest(_day(context, data))
    for _, item in sorted(context.party.items.items()):
        if item.ver <= last:
            yield item


def _item_row(context: Context, item: Item) -> Row:
    return {
        "hilist_code": item.code,
        "hilist_name": item.name.show("zh"),
        "med_chrgitm_type": item.med_chrgitm_type,
        "chrgitm_lv": item.chrgitm_lv,
        "lmt_used_flag": "1" if item.restricted else "0",
        "list_type": item.list_type,
        "med_use_flag": "1",
        "matn_used_flag": "0",
        "hilist_use_type": "1",
        "lmt_cpnd_type": "1",
        "wubi": "",
        "pinyin": "",
        **_common(context, item),
    }


def _share_rows(context: Context) -> Iterator[Row]:
    data = context.node()
    place, on = str(data.get("insu_admdvs") or context.institution.admdvs), _day(context, data)
    for insutype in INSURANCES:
        try:
            policy = context.setting.policies(place, insutype, on)
        except InputError:  # nobody is insured so at this place
            continue
        for item in _items(context):
            line = Line(1, item.code, item.chrgitm_lv, item.med_chrgitm_type, 1_000_000, 10_000, 100)
            share = split(line, policy, explain=False).selfpay_prop
            yield {
                "hilist_code": item.code,
                "selfpay_prop_psn_type": insutype,
                "selfpay_prop_type": FIRST_SHARE,
                "selfpay_prop": Decimal(share).scaleb(-4),
                "tabname": "",
                **_common(context, item, insutype),
                "insu_admdvs": place,
            }


def _common(context: Context, item: Item, part: str = "") -> Row:
    """What every row has: place, days, record number."""
    issued = versions()
    first = str(min(issued.values()))
    return {
        "insu_admdvs": context.code,
        "begndate": first,
        "enddate": "",
        "vali_flag": "1",
        "rid": f"{context.code}-{rid_of(item)}" + (f"-{part}" if part else ""),
        "updt_time": str(issued[item.ver]),
        "crte_time": first,
        "poolarea_no": context.code,
    }


def _mapped(context: Context, own: str) -> Iterable[str]:
    found = context.store.find(MAPPINGS, "item", context.sender, own)
    return (each.med_list_codg for each in found if each.first <= context.now.date() <= each.last)


def _day(context: Context, data: Mapping[str, Any]) -> date:
    return date.fromisoformat(data["query_date"]) if data.get("query_date") else context.now.date()


# --- the page --------------------------------------------------------------------------------------------------------

_COMPARED: Mapping[str, Callable[[str, str], bool]] = {
    "updt_time": lambda value, asked: value >= asked,
    "begndate": lambda value, asked: value >= asked,
    "enddate": lambda value, asked: bool(value) and value <= asked,
    "hilist_name": lambda value, asked: asked in value,
    "medins_list_name": lambda value, asked: asked in value,
    "drug_genname": lambda value, asked: asked in value,
    "drug_prodname": lambda value, asked: asked in value,
    "insu_admdvs": lambda value, asked: province_of(value) == province_of(asked),
    "poolarea_no": lambda value, asked: province_of(value) == province_of(asked),
}
"""How a row's value answers what is asked, where not by being equal."""
_NO_FILTER = ("query_date", "page_num", "page_size")


def _answer(context: Context, rows: Iterable[Row], leave: tuple[str, ...] = ()) -> dict[str, Any]:
    """One page of the rows that answer the query. Refuses a page that cannot be."""
    data = context.node()
    number, size = int(data["page_num"]), int(data["page_size"])
    if number < 1:
        raise refuse("page.number", value=number)
    if not 1 <= size <= LARGEST_PAGE:
        raise refuse("page.size", value=size, limit=LARGEST_PAGE)
    asked = {name: str(value) for name, value in data.items() if value not in ("", None)}
    fields = [name for name in asked if name not in (*_NO_FILTER, *leave)]
    found = [row for row in rows if all(_answers(row, name, asked[name]) for name in fields)]
    first = (number - 1) * size
    page = found[first : first + size]
    pages = -(-len(found) // size)
    return {
        "data": page,
        "pages": pages,
        "pageNum": number,
        "pageSize": size,
        "size": len(page),
        "startRow": first + 1 if page else 0,
        "recordCounts": len(found),
        "firstPage": "true" if number == 1 else "false",
        "lastPage": "true" if number >= pages else "false",
    }


def _answers(row: Row, name: str, asked: str) -> bool:
    """A field that the rows do not have says nothing about them."""
    return name not in row or _COMPARED.get(name, str.__eq__)(str(row[name]), asked)
