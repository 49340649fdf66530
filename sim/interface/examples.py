"""Conforming messages made up from the dictionary alone: every shape it allows, values without any meaning."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from sim.interface.layout import Side, side
from sim.interface.load import transaction
from sim.interface.model import Direction, Field, Interface, Node
from sim.interface.schemas import Numbers, code_list, is_number, pattern_name

_LETTERS = 'ABCxyz0189-_. /"\\省市区费用一二三é😀'
_START = datetime(2017, 1, 1)


def example(
    iface: Interface, infno: str, direction: Direction, chance: Random, numbers: Numbers = "number"
) -> dict[str, Any]:
    """A message that conforms. Optional things are sent, empty or left out as ``chance`` has it; lengths reach limits.

    Raises InputError for an unknown transaction.
    """
    one = transaction(iface, infno)
    maker = _Example(iface, direction, chance, numbers, side(one.nodes(direction)))
    message = maker.row(iface.envelope.fields(direction), ())
    if direction == "request":
        return {**message, "infno": infno, "input": maker.body()}
    if chance.randrange(6) == 0:
        return {
            **message,
            "infcode": maker.code(-1),
            "err_msg": maker.text(200),
            "output": chance.choice([{}, None, ""]),
        }
    return {**message, "infcode": maker.code(0), "output": maker.body()}


class _Example:
    def __init__(self, iface: Interface, direction: Direction, chance: Random, numbers: Numbers, under: Side) -> None:
        self.iface = iface
        self.direction = direction
        self.chance = chance
        self.numbers = numbers
        self.under = under

    def body(self) -> Any:
        """What lies under input or output."""
        root = self.under.root
        if root is None:
            return self.row((), self.under.top)
        body = self.rows(root) if root.kind == "list" else self.row(root.fields, self.under.children(root))
        return {root.alias: body} if root.alias and self.chance.randrange(4) == 0 else body

    def rows(self, node: Node) -> Any:
        """The value of a node."""
        one = self.row(node.fields, self.under.children(node))
        if node.kind == "object" or (node.also == "object" and self.chance.randrange(4) == 0):
            return one
        more = range(self.chance.randrange(3))
        return [one, *(self.row(node.fields, self.under.children(node)) for _ in more)]

    def row(self, fields: tuple[Field, ...], nodes: tuple[Node, ...]) -> dict[str, Any]:
        """An object with these fields and nodes, aliases now and then."""
        inside = {n.name for n in nodes}
        parts: list[Field | Node] = [*(f for f in fields if f.name not in inside), *nodes]
        names = {part.name for part in parts}
        found: dict[str, Any] = {}
        for part in parts:
            alias = part.alias if part.alias not in names else None
            name = alias if alias and self.chance.randrange(4) == 0 else part.name
            must = part.required or (isinstance(part, Field) and part.when is not None)
            choice = 0 if must else self.chance.randrange(6)
            if choice < 3:
                found[name] = self.value(part) if isinstance(part, Field) else self.rows(part)
            elif choice < 5:
                found[name] = "" if choice == 3 else None
        return found

    def value(self, field: Field) -> Any:
        """A value that fits a field."""
        if is_number(field):
            return self.number(field)
        if field.type in ("boolean", "object", "list"):
            return {"boolean": True, "object": {}, "list": []}[field.type]
        codes = code_list(self.iface, field)
        if codes and codes.values and not codes.open:
            return self.chance.choice(list(codes.values))
        if codes and codes.pattern:
            return self.digits(6)
        name = pattern_name(field, self.direction)
        return self.formatted(name) if name else self.text(field.length if isinstance(field.length, int) else 50)

    def formatted(self, name: str) -> str:
        """A string of one of the written forms."""
        at = _START + timedelta(seconds=self.chance.randrange(12 * 366 * 86_400))
        second = f"{at:%Y%m%d%H%M%S}"
        if name == "date_or_datetime":
            name = self.chance.choice(["date", "datetime"])
        made = {
            "date": f"{at:%Y-%m-%d}",
            "datetime": f"{at:%Y-%m-%d %H:%M:%S}",
            "yearmonth": f"{at:%Y%m}",
            "time17": second + self.digits(3),
            "msgid": f"H{self.digits(11)}{second}{self.digits(4)}",
            "inf_refmsgid": f"{self.digits(6)}{second}{self.digits(10)}",
            "feedetl_sn": str(self.chance.randrange(1, 10**15)),
        }
        return made[name]

    def number(self, field: Field) -> Any:
        """A number within its digits, the largest and smallest among them, written as numbers are written here."""
        precision = field.length[0] if isinstance(field.length, tuple) else field.length
        largest = 10 ** (precision or 6) - 1
        size = self.chance.choice([0, 1, largest, self.chance.randrange(largest + 1), self.chance.randrange(10_000)])
        sign, digits, _ = Decimal(min(size, largest) * self.chance.choice([1, 1, -1])).as_tuple()
        exact = Decimal((sign, digits, -field.decimals))
        as_text = self.numbers == "string" or (self.numbers == "either" and self.chance.randrange(2) == 0)
        if as_text:
            return format(exact, "f")
        return int(exact) if exact == int(exact) and self.chance.randrange(2) else exact

    def code(self, infcode: int) -> Any:
        """A state code as numbers are written here."""
        return infcode if self.numbers == "number" else str(infcode)

    def text(self, longest: int) -> str:
        """A string that is not empty, as long as it may be now and then."""
        length = (
            longest if longest <= 200 and self.chance.randrange(8) == 0 else self.chance.randint(1, min(longest, 12))
        )
        return "".join(self.chance.choice(_LETTERS) for _ in range(length))

    def digits(self, count: int) -> str:
        """A string of digits."""
        return f"{self.chance.randrange(10**count):0{count}d}"
