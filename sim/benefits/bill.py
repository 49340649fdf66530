"""A bill as a YAML file: who was treated where and when, what was used up before, and the fee lines."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from attrs import frozen

from sim.benefits.accumulators import COUNTERS, Accumulators, codes
from sim.benefits.case import LEVELS, Care, Case, Filing
from sim.benefits.line import CLASSES, Line, LineError, multiply
from sim.errors import InputError
from sim.files import Document, check, read_yaml
from sim.lang import Text, plain, say
from sim.money import MoneyError, parse, scaled

_TEXT = {
    "type": "object",
    "required": ["zh", "en"],
    "properties": {"zh": {"type": "string"}, "en": {"type": "string"}},
    "additionalProperties": False,
}
_LINE: dict[str, Any] = {
    "type": "object",
    "required": ["med_list_codg", "chrgitm_lv", "pric", "cnt"],
    "properties": {
        "feedetl_sn": {"type": "integer", "minimum": 1},
        "init_feedetl_sn": {"type": "integer", "minimum": 1},
        "med_list_codg": {"type": "string", "minLength": 1},
        "chrgitm_lv": {"enum": list(CLASSES)},
        "med_chrgitm_type": {"type": "string", "pattern": r"^\d{2}$"},
        "pric": {"type": "number"},
        "cnt": {"type": "number"},
        "det_item_fee_sumamt": {"type": "number"},
        "pric_uplmt_amt": {"type": "number"},
        "selfpay_prop": {"type": "number"},
        "lmt_used_flag": {"enum": ["0", "1"]},
        "hosp_appr_flag": {"enum": ["0", "1", "2"]},
    },
    "additionalProperties": False,
}
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["title", "policy", "on", "care", "level", "lines"],
    "properties": {
        "title": _TEXT,
        "policy": {"type": "string"},
        "on": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
        "care": {"enum": [str(c) for c in Care]},
        "level": {"enum": list(LEVELS)},
        "filing": {"enum": [str(f) for f in Filing]},
        "treated_in": {"type": "string", "pattern": r"^\d{6}$"},
        "person": {
            "type": "object",
            "properties": {
                "retired": {"type": "boolean"},
                "age": {"type": "integer", "minimum": 0, "maximum": 150},
                "civil_servant": {"type": "boolean"},
                "needy": {"type": "boolean"},
            },
            "additionalProperties": False,
        },
        "account": {
            "type": "object",
            "required": ["balance", "use"],
            "properties": {"balance": {"type": "number"}, "use": {"type": "boolean"}},
            "additionalProperties": False,
        },
        "used": {
            "type": "object",
            "properties": {name: {"type": "number", "minimum": 0} for name in COUNTERS},
            "additionalProperties": False,
        },
        "lines": {"type": "array", "minItems": 1, "items": _LINE},
    },
    "additionalProperties": False,
}
"""JSON Schema (2020-12) of a bill. Amounts are yuan, ``used`` holds counters of the year by name."""


@frozen
class Bill:
    """A bill ready to be settled: amounts in fen; ``policy`` is the id of the policy it was written for."""

    name: str
    title: Text
    policy: str
    case: Case
    lines: tuple[Line, ...]
    used: Accumulators
    balance: int
    use_account: bool


def read_bill(file: Traversable | Path, on: date | None = None) -> Bill:
    """Read a bill; ``on`` replaces its date. Raises InputError or BadFileError with file, line and key."""
    document = read_yaml(file)
    check(document, SCHEMA)
    return _Reader(document).bill(on)


class _Reader:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.data: Mapping[str, Any] = document.data

    def bill(self, on: date | None) -> Bill:
        data = self.data
        day = on or self.day()
        account = data.get("account", {"balance": 0, "use": False})
        return Bill(
            name=self.document.name,
            title=plain(data["title"]["zh"], data["title"]["en"]),
            policy=data["policy"],
            case=Case(
                care=data["care"],
                level=data["level"],
                on=day,
                filing=data.get("filing", Filing.LOCAL),
                treated_in=data.get("treated_in", ""),
                **data.get("person", {}),
            ),
            lines=tuple(self.line(i, row) for i, row in enumerate(data["lines"])),
            used=Accumulators(day.year, **{k: self.counter(k, v) for k, v in data.get("used", {}).items()}),
            balance=self.number(account["balance"], 2, "account", "balance"),
            use_account=account["use"],
        )

    def day(self) -> date:
        try:
            return date.fromisoformat(self.data["on"])
        except ValueError:
            raise self.document.error(say("benefits.no_date", value=self.data["on"]), "on") from None

    def number(self, value: Any, decimals: int, *path: str | int) -> int:
        """A number in whole units of its last decimal; money (two decimals) within the interface's size."""
        try:
            return parse(value) if decimals == 2 else scaled(value, decimals)
        except MoneyError as error:
            text = error.text if decimals == 2 else say("benefits.bill.decimals", value=value, decimals=decimals)
            raise self.document.error(text, *path) from None

    def counter(self, name: str, value: Any) -> int:
        return self.number(value, 0 if codes()[name].count else 2, "used", name)

    def line(self, i: int, row: Mapping[str, Any]) -> Line:
        at = ("lines", i)
        price = self.number(row["pric"], 6, *at, "pric")
        quantity = self.number(row["cnt"], 4, *at, "cnt")
        product = multiply(price, quantity)
        amount = product
        if "det_item_fee_sumamt" in row:
            amount = self.number(row["det_item_fee_sumamt"], 2, *at, "det_item_fee_sumamt")
        limit = self.number(row["pric_uplmt_amt"], 6, *at, "pric_uplmt_amt") if "pric_uplmt_amt" in row else None
        share = self.number(row["selfpay_prop"], 4, *at, "selfpay_prop") if "selfpay_prop" in row else None
        return Line(
            number=row.get("feedetl_sn", i + 1),
            code=row["med_list_codg"],
            chrgitm_lv=row["chrgitm_lv"],
            med_chrgitm_type=row.get("med_chrgitm_type", "14"),
            price=price,
            quantity=quantity,
            amount=amount,
            limit=limit,
            restricted=row.get("lmt_used_flag") == "1",
            approved={"0": None, "1": True, "2": False}[row.get("hosp_appr_flag", "0")],
            share=share,
            refund_of=row.get("init_feedetl_sn"),
        )

    def located(self, error: LineError) -> InputError:
        """An error about a fee line, with the place of that line in the file."""
        numbers = [row.get("feedetl_sn", i + 1) for i, row in enumerate(self.data["lines"])]
        last = len(numbers) - 1 - numbers[::-1].index(error.number)  # of two lines with one number, the second is wrong
        return InputError(error.text, self.document.place("lines", last, error.key), error.nearest)


def located(file: Traversable | Path, error: LineError) -> InputError:
    """An error about a fee line of a bill, with file, line and key."""
    return _Reader(read_yaml(file)).located(error)
