"""A JSON Schema (2020-12) of the whole message for every transaction and direction, made from the dictionary.

What a receiver does not know it ignores, so other members are allowed everywhere. An optional value may be absent,
null or an empty string. A reply's output is looked at only when it says success; otherwise it must tell the error.
The schemas use nothing but local keywords, so that errors come from the very place that is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any, Literal

import attrs

from sim.interface.formats import PATTERNS, decimal, whole
from sim.interface.layout import side
from sim.interface.load import transaction
from sim.interface.model import ROOT, CodeList, Condition, Direction, Field, Interface, Node, Transaction

Numbers = Literal["number", "string", "either"]
"""How numbers are written: as JSON numbers, as decimal strings, or either."""
Schema = dict[str, Any]

EMPTY = ("", None)
"""Values that count as nothing sent."""


@cache
def schema(iface: Interface, infno: str, direction: Direction, numbers: Numbers = "number") -> Schema:
    """The schema of a request or reply. Cached and shared: copy before changing.

    ``multipleOf`` is a Decimal. Raises InputError for an unknown transaction.
    """
    one = transaction(iface, infno)
    maker = _Maker(iface, one, direction, numbers)
    body = maker.request() if direction == "request" else maker.reply()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:yidi:interface:{iface.name}:{infno}:{direction}:{numbers}",
        "title": f"{infno} {one.name.show('zh')} ({direction})",
        **body,
    }


def is_number(field: Field) -> bool:
    """Whether a field's value is a number."""
    return field.type in ("number", "integer")


def pattern_name(field: Field, direction: Direction) -> str | None:
    """The name in `PATTERNS` of the written form a field must have. Readers of replies cut a date-time to a date."""
    if field.type == "date":
        return "date_or_datetime" if direction == "reply" else "date"
    if field.type in ("datetime", "yearmonth"):
        return field.type
    return field.format if field.format in PATTERNS else None


def code_list(iface: Interface, field: Field) -> CodeList | None:
    """The code list of a field, if the interface knows one."""
    return iface.codelists.get(field.codes) if field.codes else None


class _Maker:
    """Makes the schema of one transaction, direction and way of writing numbers."""

    def __init__(self, iface: Interface, one: Transaction, direction: Direction, numbers: Numbers) -> None:
        self.iface = iface
        self.one = one
        self.direction = direction
        self.numbers = numbers
        self.under = side(one.nodes(direction))

    def request(self) -> Schema:
        """Envelope and input of a request."""
        fields = [_unless(f, "input", self.under.required) for f in self.iface.envelope.request]
        made = self.members(fields, given={"infno": {"enum": [self.one.infno]}, "input": self.body()})
        for field in fields:
            if field.when and field.when.inside == "input":
                holders = [self.holds(field.when, node) for node in self.one.input if node.find(field.when.field)]
                if holders:
                    reason = {"required": ["input"], "properties": {"input": {"anyOf": holders}}}
                    made.setdefault("allOf", []).append({"if": reason, "then": _filled(field.name)})
        return made

    def reply(self) -> Schema:
        """Envelope and output of a reply: an output after success, an explanation after anything else."""
        fields = [_unless(f, "output", False) for f in self.iface.envelope.response]
        made = self.members([attrs.evolve(f, when=None) for f in fields], given={"output": {}})
        success: Schema = {"required": ["infcode"], "properties": {"infcode": {"enum": [0, "0"]}}}
        then: Schema = {"properties": {"output": self.body()}}
        if self.under.required:
            then["required"] = ["output"]
        told: Schema = {"if": _filled("infcode"), "then": _filled("err_msg")}
        return {**made, "allOf": [{"if": success, "then": then, "else": told}]}

    def body(self) -> Schema:
        """What lies under input or output."""
        root = self.under.root
        if root is None:
            return _optional(self.members((), self.under.top), self.under.required)
        row = self.members(root.fields, self.under.children(root))
        alias = root.alias
        if root.kind == "list":
            made: Schema = {"type": ["array"], "items": row}
            if alias:
                made["type"].append("object")
                made |= {"properties": {alias: {"type": ["array"], "items": row}}, "required": [alias]}
            return _optional(made, self.under.required)
        if alias and root.find(alias) is None:
            wrapped: Schema = {"properties": {alias: row}}
            plain = {key: value for key, value in row.items() if key != "type"}
            row = {"type": ["object"], "if": {"required": [alias]}, "then": wrapped, "else": plain}
        return _optional(row, self.under.required)

    def members(
        self, fields: Sequence[Field], nodes: Sequence[Node] = (), given: Mapping[str, Schema] | None = None
    ) -> Schema:
        """An object with these fields and nodes; ``given`` says what the value of some field must be instead."""
        given = given or {}
        announced = {n.name for n in nodes}  # a table may name a node inside it as if it were a field
        fields = [f for f in fields if f.name not in announced]
        parts: list[tuple[Field | Node, Schema]] = [
            *((f, given[f.name] if f.name in given else self.value(f)) for f in fields),
            *((n, self.node(n)) for n in nodes),
        ]
        names = {part.name for part, _ in parts}
        properties: dict[str, Schema] = {}
        required: list[str] = []
        rules: list[Schema] = []
        for part, made in parts:
            properties[part.name] = made
            alias = part.alias if part.alias not in names else None
            if alias:
                properties[alias] = made
            if part.required and alias:
                rules.append({"if": {"not": {"required": [alias]}}, "then": {"required": [part.name]}})
            elif part.required:
                required.append(part.name)
            if isinstance(part, Field) and part.when and part.when.test and not part.when.inside:
                rules.append({"if": self.when(part.when), "then": _filled(part.name)})
        found: Schema = {"type": ["object"], "properties": properties, "required": required}
        return {**found, "allOf": rules} if rules else found

    def node(self, node: Node) -> Schema:
        """One node: an object, or rows. Rows that a request must send are at least one."""
        row = self.members(node.fields, self.under.children(node))
        if node.kind == "object":
            return _optional(row, node.required)
        made: Schema = {"type": ["array"], "items": row}
        if node.also == "object":
            made = {**row, "type": ["array", "object"], "items": row}
        if node.required and self.direction == "request":
            made["minItems"] = 1
        return _optional(made, node.required)

    def value(self, field: Field) -> Schema:
        """The value of one field."""
        if field.type in ("boolean", "object", "list"):
            kind = "array" if field.type == "list" else field.type
            return _optional({"type": [kind]}, field.required)
        if is_number(field):
            return self.number(field)
        codes = code_list(self.iface, field)
        if codes and codes.values and not codes.open:
            empty = [] if field.required else list(EMPTY)
            kinds = ["string"] if field.required else ["string", "null"]
            return {"type": kinds, "enum": [*codes.values, *empty]}
        made: Schema = {"type": ["string"]}
        name = pattern_name(field, self.direction)
        body = PATTERNS[name] if name else codes.pattern.strip("^$") if codes and codes.pattern else None
        if isinstance(field.length, int):
            made["maxLength"] = field.length
        if body:
            made["pattern"] = whole(body, or_empty=not field.required)
        return _optional(made, field.required)

    def number(self, field: Field) -> Schema:
        """A number: digits before the point bound its size, digits after it its steps."""
        length = field.length
        precision, scale = length if isinstance(length, tuple) else (length, 0)
        bounded: Schema = {}
        if precision is not None:
            bounded = {"exclusiveMaximum": 10 ** (precision - scale), "exclusiveMinimum": -(10 ** (precision - scale))}
        if precision is not None or field.type == "integer":
            bounded["multipleOf"] = Decimal(1).scaleb(-scale)
        made: Schema = {"type": ["number"], **bounded}
        if self.numbers == "number":
            return _optional(made, field.required)
        free = precision is None and field.type == "number"
        made["pattern"] = whole(decimal(precision, scale, free=free), or_empty=not field.required)
        if self.numbers == "either":
            return _optional({**made, "type": ["number", "string"]}, field.required)
        return _optional({"type": ["string"], "pattern": made["pattern"]}, field.required)

    def when(self, when: Condition) -> Schema:
        """What makes a condition true, seen from the object that holds the field it looks at."""
        name = when.field
        if when.test == "present":
            return _filled(name)
        if when.test == "absent":
            return {"not": _filled(name)}
        if when.test == "equals":
            return {"required": [name], "properties": {name: {"enum": [when.value]}}}
        if when.test == "not_equals":
            return {"required": [name], "properties": {name: {"not": {"enum": [when.value]}}}}
        kinds = {"number": ["number"], "string": ["string"], "either": ["number", "string"]}[self.numbers]
        return {"required": [name], "properties": {name: {"type": kinds, "exclusiveMaximum": 0, "pattern": "^-"}}}

    def holds(self, when: Condition, node: Node) -> Schema:
        """What makes a condition true somewhere in a node, seen from the input around it."""
        row = {"type": "object", **self.when(when)}
        found = {"anyOf": [row, {"type": "array", "contains": row}]}
        if node.name == ROOT:
            return found
        names = [name for name in (node.name, node.alias) if name]
        return {"anyOf": [{"required": [name], "properties": {name: found}} for name in names]}


def _filled(name: str) -> Schema:
    return {"required": [name], "properties": {name: {"not": {"enum": list(EMPTY)}}}}


def _unless(field: Field, name: str, required: bool) -> Field:
    """The field, its being required decided by the transaction if it is the one of that name."""
    return attrs.evolve(field, required=required) if field.name == name else field


def _optional(made: Schema, required: bool) -> Schema:
    """The same value, or none: null or an empty string. A required string has at least one character."""
    if required:
        return {**made, "minLength": 1} if "string" in made["type"] else made
    kinds = made["type"]
    if "string" in kinds:
        return {**made, "type": [*kinds, "null"]}
    return {**made, "type": [*kinds, "string", "null"], "maxLength": 0}
