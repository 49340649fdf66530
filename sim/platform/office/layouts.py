"""The files of the catalogue downloads (`fixtures/catalogue/files.yaml`, `lists.yaml`): columns, and rows of a day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from typing import Any

from attrs import field, frozen

from sim.files import Document, check, read_yaml
from sim.lang import say
from sim.platform.catalogue import NO_LIMIT, Item, versions
from sim.resources import fixtures

PATENT = "11"
"""med_chrgitm_type of patent medicine (中成药)."""


@frozen
class Layout:
    """One file: its columns in order, what fills them, and either the list_types of its items or its own rows."""

    infno: str
    columns: tuple[str, ...]
    fills: Mapping[str, str] = field(hash=False)
    list_types: tuple[str, ...] = ()
    rows: tuple[Mapping[str, Any], ...] = field(default=(), hash=False)


def newest(on: date) -> int:
    """The newest version of the catalogue issued by a day; 0 before the first."""
    return max((number for number, day in versions().items() if day <= on), default=0)


def version_name(number: int) -> str:
    """A version as the interface carries it: ``v0002``."""
    return f"v{number:04d}"


@cache
def layouts() -> Mapping[str, Layout]:
    """Every file by the transaction that prepares it."""
    files, lists = _read("files.yaml", FILES_SCHEMA), _read("lists.yaml", LISTS_SCHEMA)
    found = {}
    for infno, one in files.data["files"].items():
        columns = tuple(one["columns"])
        rows = tuple(lists.data["lists"].get(infno, ()))
        for n, row in enumerate(rows):
            for label in row:
                if label != "ver" and label not in columns:
                    text = say("platform.catalogue.no_such_column", label=label, infno=infno)
                    raise lists.error(text, "lists", infno, n, label, valid=columns, given=label)
        fills = {label: fact for label, fact in files.data["fills"].items() if label in columns}
        found[infno] = Layout(infno, columns, fills, tuple(one.get("from", ())), rows)
    return found


def rows_of(layout: Layout, items: Mapping[str, Item], after: int, on: date) -> Iterator[list[str | None]]:
    """The rows of a file that are newer than a version and issued by a day."""
    last = newest(on)
    if layout.list_types:
        for item in items.values():
            if item.list_type in layout.list_types and after < item.ver <= last:
                facts = facts_of(item)
                yield [facts.get(layout.fills.get(label, "")) for label in layout.columns]
        return
    for number, row in enumerate(layout.rows, 1):
        if after < row["ver"] <= last:
            facts = _common(f"{layout.infno}-{number:05d}", row["ver"])
            yield [row.get(label, facts.get(layout.fills.get(label, ""))) for label in layout.columns]


def facts_of(item: Item) -> dict[str, str | None]:
    """What a file can tell of an item."""
    return {
        **_common(rid_of(item), item.ver),
        "code": item.code,
        "name": item.name.show("zh"),
        "name_en": item.name.show("en"),
        "level": item.chrgitm_lv,
        "restricted": _flag(item.restricted),
        "negotiated": _flag(item.negotiated),
        "basic": _flag(item.basic),
        "limited": _flag(item.limit != NO_LIMIT),
        "patent": _flag(item.med_chrgitm_type == PATENT),
        "charge_type": item.med_chrgitm_type,
    }


def rid_of(item: Item) -> str:
    """The record number (唯一记录号) of an item."""
    return f"{item.list_type}-{item.code}"


def _common(rid: str, ver: int) -> dict[str, str | None]:
    issued = versions()
    return {
        "valid": "1",
        "rid": rid,
        "version": version_name(ver),
        "version_name": f"{issued[ver]:%Y%m%d}",
        "first": str(min(issued.values())),
        "changed": str(issued[ver]),
    }


def _flag(value: bool) -> str:
    return "1" if value else "0"


def _read(name: str, schema: Mapping[str, Any]) -> Document:
    document = read_yaml(fixtures("catalogue", name), f"fixtures/catalogue/{name}")
    check(document, schema)
    return document


_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "minItems": 1, "items": _TEXT}
_FACTS = (
    *("code", "name", "name_en", "level", "restricted", "negotiated", "basic", "limited", "patent", "charge_type"),
    *("valid", "rid", "version", "version_name", "first", "changed"),
)
FILES_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "schema": {"const": 1},
        "source": _TEXT,
        "fills": {"type": "object", "additionalProperties": {"enum": list(_FACTS)}},
        "files": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "properties": {"name": _TEXT, "from": _TEXTS, "columns": {**_TEXTS, "uniqueItems": True}},
                "required": ["name", "columns"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["schema", "source", "fills", "files"],
    "additionalProperties": False,
}
LISTS_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "schema": {"const": 1},
        "source": _TEXT,
        "lists": {
            "type": "object",
            "additionalProperties": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"ver": {"type": "integer", "minimum": 1}},
                    "required": ["ver"],
                    "additionalProperties": _TEXT,
                },
            },
        },
    },
    "required": ["schema", "source", "lists"],
    "additionalProperties": False,
}
