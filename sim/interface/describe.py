"""What the dictionary expects of a value, in words."""

from __future__ import annotations

from sim.interface.layout import Side, side
from sim.interface.load import transaction
from sim.interface.model import CodeList, Direction, Field, Interface, Node
from sim.interface.schemas import Numbers, code_list, is_number, pattern_name
from sim.lang import Text, say

_MANY = 8
"""Codes that are shown before a list is cut."""


def expected_text(
    iface: Interface,
    infno: str,
    direction: Direction,
    numbers: Numbers,
    where: Field | Node | None,
    rule: str,
    at: tuple[str | int, ...],
) -> Text:
    """What should stand at a place, told for the rule that was broken there."""
    if not isinstance(where, Field):
        return _node_text(where, rule, row=bool(at) and isinstance(at[-1], int))
    if rule == "infno":
        return say("interface.expect.infno", infno=infno)
    if rule == "required":
        if where.when and not where.required:
            return say("interface.expect.sent_when", when=where.when.text)
        return say("interface.expect.sent")
    if where.name in ("input", "output"):
        return _side_text(side(transaction(iface, infno).nodes(direction)))
    return value_text(iface, where, direction, numbers)


def value_text(iface: Interface, field: Field, direction: Direction, numbers: Numbers = "number") -> Text:
    """What a field's value must look like."""
    if is_number(field):
        return _number_text(field, numbers)
    codes = code_list(iface, field)
    if codes and (codes.pattern or (codes.values and not codes.open)):
        return _codes_text(codes)
    name = pattern_name(field, direction)
    if name:
        return say(f"interface.format.{name}")
    if field.type in ("boolean", "object", "list"):
        return say(f"interface.expect.{field.type}")
    if isinstance(field.length, int):
        return say("interface.expect.string", length=field.length)
    return say("interface.expect.any_string")


def _node_text(where: Node | None, rule: str, *, row: bool) -> Text:
    if rule == "required":
        return say("interface.expect.sent")
    if where is None or row or where.kind == "object":
        return say("interface.expect.object")
    return say("interface.expect.list_or_object" if where.also else "interface.expect.list")


def _side_text(under: Side) -> Text:
    return say("interface.expect.list" if under.root and under.root.kind == "list" else "interface.expect.object")


def _number_text(field: Field, numbers: Numbers) -> Text:
    kind = say(f"interface.number.{numbers}")
    if isinstance(field.length, tuple):
        precision, scale = field.length
        return say("interface.expect.decimal", kind=kind, whole=precision - scale, scale=scale)
    if isinstance(field.length, int):
        return say("interface.expect.integer", kind=kind, digits=field.length)
    return say("interface.expect.number", kind=kind)


def _codes_text(codes: CodeList) -> Text:
    if not codes.values:
        return say("interface.expect.pattern", list=codes.zh, pattern=(codes.pattern or "").strip("^$"))
    listed = [f"{code} {label}" for code, label in codes.values.items()]
    if len(listed) <= _MANY:
        return say("interface.expect.code", name=codes.name, codes=", ".join(listed))
    return say("interface.expect.code_many", name=codes.name, codes=", ".join(listed[:_MANY]), count=len(listed))
