"""What the dictionary can be asked: a list of transactions, one of them as rows, the difference of two interfaces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import asdict, frozen

from sim.interface.describe import value_text
from sim.interface.layout import SIDE
from sim.interface.load import transaction
from sim.interface.model import Direction, Field, Interface, Node
from sim.lang import Text, say

DIRECTIONS: tuple[Direction, ...] = ("request", "reply")


@frozen
class Listed:
    """One transaction in a listing."""

    infno: str
    name: Text
    group: str
    kind: str
    sure: str
    status: str
    inputs: int
    outputs: int


@frozen
class Row:
    """One field of a transaction, as a table shows it. ``required``: yes, no, or the reason for a conditional one."""

    direction: Direction
    node: str
    kind: str
    name: str
    zh: str
    expected: Text
    required: Text
    origin: str
    sure: str
    note: Text | None


@frozen
class Difference:
    """One difference between two interfaces. ``change``: added, removed or changed (then ``attribute`` tells what).

    ``place`` is dotted: ``2207.input.data.psn_no``, ``envelope.request.infno``, ``codelists.med_type.12``.
    """

    place: str
    change: str
    attribute: str = ""
    old: Any = None
    new: Any = None


def listing(iface: Interface, group: str | None = None) -> list[Listed]:
    """Every transaction, or those of one group, in the interface's order."""
    return [
        Listed(
            infno=one.infno,
            name=one.name,
            group=one.group,
            kind=one.kind,
            sure=one.sure,
            status=one.status,
            inputs=sum(len(n.fields) for n in one.input),
            outputs=sum(len(n.fields) for n in one.output),
        )
        for one in iface.transactions.values()
        if group is None or one.group == group
    ]


def show(iface: Interface, infno: str) -> list[Row]:
    """One transaction as rows, requests first. Raises InputError with the nearest number for an unknown one."""
    return [
        Row(
            direction=direction,
            node=node.name,
            kind=node.kind,
            name=field.name,
            zh=field.zh,
            expected=value_text(iface, field, direction),
            required=_required(field),
            origin=field.origin,
            sure=field.sure,
            note=field.note,
        )
        for direction, node, field in transaction(iface, infno).fields()
    ]


def diff(old: Interface, new: Interface) -> list[Difference]:
    """Everything in which two interfaces differ: transactions, nodes, fields, code lists, reversible transactions."""
    return [*_envelopes(old, new), *_transactions(old, new), *_codelists(old, new), *_reversals(old, new)]


def _required(field: Field) -> Text:
    if field.required:
        return say("interface.required.yes")
    return field.when.text if field.when else say("interface.required.no")


def _envelopes(old: Interface, new: Interface) -> Iterator[Difference]:
    for direction in DIRECTIONS:
        before = {f.name: f for f in old.envelope.fields(direction)}
        after = {f.name: f for f in new.envelope.fields(direction)}
        yield from _named(f"envelope.{direction}", before, after)


def _transactions(old: Interface, new: Interface) -> Iterator[Difference]:
    for infno in _both(old.transactions, new.transactions):
        one, other = old.transactions.get(infno), new.transactions.get(infno)
        if one is None or other is None:
            yield Difference(infno, "added" if one is None else "removed")
            continue
        for attribute in ("group", "kind", "reversible_by", "sure", "status", "derived_from"):
            yield from _attribute(infno, attribute, getattr(one, attribute), getattr(other, attribute))
        yield from _attribute(infno, "name", one.name.both(), other.name.both())
        for direction in DIRECTIONS:
            before = {n.name: n for n in one.nodes(direction)}
            after = {n.name: n for n in other.nodes(direction)}
            yield from _named(f"{infno}.{SIDE[direction]}", before, after)


def _codelists(old: Interface, new: Interface) -> Iterator[Difference]:
    for name in _both(old.codelists, new.codelists):
        one, other = old.codelists.get(name), new.codelists.get(name)
        at = f"codelists.{name}"
        if one is None or other is None:
            yield Difference(at, "added" if one is None else "removed")
            continue
        for attribute in ("zh", "regional", "open", "pattern"):
            yield from _attribute(at, attribute, getattr(one, attribute), getattr(other, attribute))
        for code in _both(one.values, other.values):
            before, after = one.values.get(code), other.values.get(code)
            if before is None or after is None:
                yield Difference(f"{at}.{code}", "added" if before is None else "removed", old=before, new=after)
            else:
                yield from _attribute(f"{at}.{code}", "label", before, after)


def _reversals(old: Interface, new: Interface) -> Iterator[Difference]:
    yield from _attribute("reversal", "oinfno", old.reversal.oinfno, new.reversal.oinfno)


def _named(at: str, old: Mapping[str, Field | Node], new: Mapping[str, Field | Node]) -> Iterator[Difference]:
    for name in _both(old, new):
        one, other = old.get(name), new.get(name)
        here = f"{at}.{name}"
        if one is None or other is None:
            yield Difference(here, "added" if one is None else "removed")
            continue
        before, after = _plain(one), _plain(other)
        for attribute in _both(before, after):
            yield from _attribute(here, attribute, before.get(attribute), after.get(attribute))
        if isinstance(one, Node) and isinstance(other, Node):
            yield from _named(here, {f.name: f for f in one.fields}, {f.name: f for f in other.fields})


def _plain(one: Field | Node) -> dict[str, Any]:
    """The attributes that are compared: all but the name and the fields inside, sentences in both languages."""
    found = asdict(one, recurse=False)
    found.pop("name")
    found.pop("fields", None)
    when = found.get("when")
    if when is not None:
        found["when"] = when.text.both()
    if found.get("note") is not None:
        found["note"] = found["note"].both()
    return found


def _attribute(at: str, attribute: str, old: Any, new: Any) -> Iterator[Difference]:
    if old != new:
        yield Difference(at, "changed", attribute, old, new)


def _both(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    return [*old, *(name for name in new if name not in old)]
