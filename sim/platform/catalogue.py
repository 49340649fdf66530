"""The catalogue (医保目录, `fixtures/catalogue`): class, price limit and restriction of items at a treatment place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from attrs import evolve, field, frozen

from sim.files import check, read_yaml
from sim.lang import Text, plain, say
from sim.money import scaled
from sim.resources import fixtures

NO_LIMIT = 999_999 * 1_000_000
"""The price limit that means none, in 1/1000000 yuan."""


@frozen
class Item:
    """One item. ``price`` (a usual unit price) and ``limit`` in 1/1000000 yuan; codes are the interface's own.

    ``ver`` is the version of the catalogue in which it was added or last changed.
    """

    code: str
    name: Text
    list_type: str
    med_chrgitm_type: str
    chrgitm_lv: str
    price: int
    limit: int = NO_LIMIT
    restricted: bool = False
    negotiated: bool = False
    basic: bool = False
    ver: int = 1
    elsewhere: Mapping[str, Mapping[str, Any]] = field(factory=dict, hash=False)

    def at(self, province: str) -> Item:
        """The item as a province has it."""
        return evolve(self, **self.elsewhere[province]) if province in self.elsewhere else self


class Catalogue:
    """Items by code, as each province has them."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._items = {item.code: item for item in items}

    def at(self, province: str) -> dict[str, Item]:
        """The whole catalogue of one province."""
        return {code: item.at(province) for code, item in self._items.items()}


@cache
def items() -> tuple[Item, ...]:
    """The items of the fixtures, in order."""
    return tuple(
        Item(
            code=row["code"],
            name=plain(row["zh"], row["en"]),
            list_type=row["list_type"],
            med_chrgitm_type=row["med_chrgitm_type"],
            negotiated=row.get("negotiated", False),
            basic=row.get("basic", False),
            ver=row.get("ver", 1),
            elsewhere={province: _terms(differs) for province, differs in row.get("in", {}).items()},
            **_terms(row),
        )
        for row in _data()["items"]
    )


@cache
def versions() -> Mapping[int, date]:
    """The versions of the catalogue and the day each is issued, in order."""
    return {number: date.fromisoformat(day) for number, day in sorted(_data()["versions"].items())}


@cache
def _data() -> Any:
    document = read_yaml(fixtures("catalogue", "items.yaml"), "fixtures/catalogue/items.yaml")
    check(document, SCHEMA)
    data = dict(document.data)
    data["versions"] = {int(number): day for number, day in data["versions"].items()}
    for n, row in enumerate(data["items"]):
        if row.get("ver", 1) not in data["versions"]:
            raise document.error(say("platform.catalogue.no_such_version", ver=row["ver"]), "items", n, "ver")
    return data


def limit_on_wire(limit: int) -> Decimal | int:
    """A price limit in yuan as a message carries it."""
    return Decimal(limit).scaleb(-6).normalize() if limit % 1_000_000 else limit // 1_000_000


def _terms(row: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {name: row[name] for name in ("chrgitm_lv", "restricted") if name in row}
    return found | {name: scaled(row[name], 6) for name in ("price", "limit") if name in row}


_MONEY = {"type": "string", "pattern": r"^\d+(\.\d{1,6})?$"}
_LEVEL = {"enum": ["01", "02", "03"]}
_FLAG = {"type": "boolean"}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "schema": {"const": 1},
        "source": {"type": "string"},
        "versions": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
        },
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "code": {"type": "string"},
                    "zh": {"type": "string"},
                    "en": {"type": "string"},
                    "list_type": {"type": "string"},
                    "med_chrgitm_type": {"type": "string"},
                    "chrgitm_lv": _LEVEL,
                    "price": _MONEY,
                    "limit": _MONEY,
                    "restricted": _FLAG,
                    "negotiated": _FLAG,
                    "basic": _FLAG,
                    "ver": {"type": "integer", "minimum": 1},
                    "in": {
                        "type": "object",
                        "additionalProperties": {
                            "type": "object",
                            "properties": {"chrgitm_lv": _LEVEL, "limit": _MONEY, "restricted": _FLAG},
                            "additionalProperties": False,
                        },
                    },
                },
                "required": ["code", "zh", "en", "list_type", "med_chrgitm_type", "chrgitm_lv", "price"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["schema", "source", "versions", "items"],
    "additionalProperties": False,
}
