"""Complete valid messages from the interface dictionary and what is known at the moment."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from copy import deepcopy
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from conformance.scenario.model import Change
from sim.errors import HarnessError
from sim.files import dotted, read_yaml
from sim.interface import Condition, Field, Interface
from sim.interface.model import ROOT
from sim.lang import say
from sim.money import parse, wire

Row = Mapping[str, Any]
Path = tuple[str | int, ...]
_NOTHING = object()


class MissingValueError(Exception):
    """A value that an earlier reply should have given is not there: the conversation cannot go on."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


@cache
def _defaults() -> tuple[Mapping[str, Any], frozenset[str]]:
    document = read_yaml(files("conformance.scenario").joinpath("defaults.yaml"), "conformance/scenario/defaults.yaml")
    return document.data["values"], frozenset(document.data["also"])


@cache
def _usual(infno: str) -> tuple[Mapping[str, Any], frozenset[str]]:
    """The defaults of one transaction by field name."""
    values, also = _defaults()
    own = {name.partition(".")[2]: value for name, value in values.items() if name.startswith(f"{infno}.")}
    return {**values, **own}, also


def compose(
    iface: Interface,
    infno: str,
    values: Row,
    rows: Mapping[str, Sequence[Row]] | None = None,
    numbers: str = "number",
    asked: Collection[str] = (),
) -> dict[str, Any]:
    """The ``input`` of a request: every required field, the conditional ones whose condition holds, and those optional
    ones that hospitals usually send.

    ``values`` are by field name; ``rows`` gives the rows of list nodes; ``asked`` are optional fields that are sent as
    well, and a node that is not required comes when it is asked for by name. Raises MissingValueError for a value that
    is known to come from the target and did not (an empty string), HarnessError for one that nobody knows.
    """
    transaction = iface.transactions[infno]
    found: dict[str, Any] = {}
    for node in transaction.input:
        given = (rows or {}).get(node.name)
        if not node.required and given is None and node.name not in asked:
            continue
        if node.kind == "object" or given is None:
            one = _row(infno, node.fields, values, numbers, asked)
            content: Any = [one] if node.kind == "list" else one
        else:
            content = [_row(infno, node.fields, {**values, **row}, numbers, {*asked, *row}) for row in given]
        if node.name == ROOT:
            found.update(content)
        else:
            found[node.name] = content
    return found


def _row(infno: str, fields: Sequence[Field], values: Row, numbers: str, asked: Collection[str]) -> dict[str, Any]:
    usual, also = _usual(infno)
    made: dict[str, Any] = {}
    for one in fields:
        value = values.get(f"{infno}.{one.name}", _NOTHING)
        if value is _NOTHING:
            value = values.get(one.name, _NOTHING)
        if value is _NOTHING:
            value = usual.get(one.name)
        if not (one.required or one.name in also or one.name in asked or _holds(one.when, made)):
            continue
        if value is None:
            if one.required:
                raise HarnessError(say("scenario.no_value", field=one.name, infno=infno))
            continue
        if value == "" and one.required:
            raise MissingValueError(one.name)
        written = numbers == "string" and one.type in ("number", "integer")
        made[one.name] = _digits(value) if written else value
    return made


def _digits(value: Any) -> str:
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _holds(condition: Condition | None, beside: Row) -> bool:
    """Whether a condition on the fields already made holds; one that cannot be decided here does not."""
    if condition is None or condition.test is None or condition.inside:
        return False
    value = beside.get(condition.field)
    if condition.test == "equals":
        return bool(value == condition.value)
    if condition.test == "present":
        return value not in (None, "")
    return False


def changed(
    message: Mapping[str, Any], changes: Sequence[Change], removed: Sequence[Path], look_up: Any
) -> dict[str, Any]:
    """A copy of a message with overrides. ``look_up(dotted)`` gives values of earlier steps.

    Raises HarnessError for a path that is not in the message (a scenario that changes nothing would prove nothing).
    """
    copy = deepcopy(dict(message))
    for change in changes:
        holder, key = _holder(copy, change.path)
        if change.plus is not None:
            old = holder[key] if _has(holder, key) else None
            moved = parse(old) + change.plus if isinstance(old, int | Decimal | str) else None
            if moved is None:
                raise HarnessError(say("scenario.no_path", path=dotted(change.path)))
            holder[key] = _digits(wire(moved)) if isinstance(old, str) else wire(moved)
        else:
            value = look_up(change.source) if change.source else change.value
            holder[key] = deepcopy(value)  # later changes may go into it, and the next message has it as it was
    for path in removed:
        holder, key = _holder(copy, path)
        if not _has(holder, key):
            raise HarnessError(say("scenario.no_path", path=dotted(path)))
        del holder[key]
    return copy


def _holder(message: Any, path: Path) -> tuple[Any, Any]:
    at = message
    for part in path[:-1]:
        if not _has(at, part):
            raise HarnessError(say("scenario.no_path", path=dotted(path)))
        at = at[part]
    if not isinstance(at, dict | list):
        raise HarnessError(say("scenario.no_path", path=dotted(path)))
    return at, path[-1]


def _has(holder: Any, key: Any) -> bool:
    if isinstance(holder, dict):
        return key in holder
    return isinstance(holder, list) and isinstance(key, int) and key < len(holder)


def dig(value: Any, *path: str | int) -> Any:
    """A value deep in a message, or None when anything on the way is missing or of another kind.

    A list where an object is expected stands for its first row: replies print one-row nodes either way.
    """
    for part in path:
        if isinstance(value, list) and isinstance(part, str):
            value = value[0] if value else None
        if isinstance(value, dict) and isinstance(part, str):
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            return None
    return value
