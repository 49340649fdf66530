"""Reading the dictionary from ``fixtures/interface/``: the national file, and variants laid over it.

An overlay names only what differs. Things in lists are met by name: attributes given replace, others stay, a new name
is added at the end, ``"remove": true`` takes a thing away. A code list is replaced whole; a transaction given as null
is taken away.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Any, TypeVar

from sim.errors import InputError, Place, nearest
from sim.interface.model import (
    Amount,
    CodeList,
    Condition,
    Envelope,
    Extension,
    Field,
    Interface,
    Node,
    Reversal,
    Transaction,
)
from sim.lang import plain, say
from sim.resources import fixtures

NATIONAL = "national"
Raw = dict[str, Any]
Made = TypeVar("Made")


@cache
def interface(name: str = NATIONAL) -> Interface:
    """The interface of that name: ``national`` or a variant such as ``hunan``. Loaded once.

    Raises InputError with the nearest name for an unknown one.
    """
    return build(_resolved(name))


def names() -> tuple[str, ...]:
    """The interfaces that exist, the national one first."""
    files = (file.name for file in fixtures("interface", "variants").iterdir())
    return (NATIONAL, *sorted(name.removesuffix(".json") for name in files if name.endswith(".json")))


def transaction(iface: Interface, infno: str) -> Transaction:
    """One transaction. Raises InputError with the nearest number for an unknown one."""
    found = iface.transactions.get(infno)
    if found is None:
        text = say("interface.unknown_transaction", infno=infno, interface=iface.name)
        raise InputError(text, nearest=nearest(infno, iface.transactions))
    return found


def merge(base: Raw, overlay: Mapping[str, Any]) -> Raw:
    """The raw form of a variant: an overlay laid over the raw form of its base. Neither is changed."""
    merged = {**base, **{key: value for key, value in overlay.items() if not isinstance(value, dict | list)}}
    merged["sources"] = [*base.get("sources", ()), *overlay.get("sources", ())]
    envelope, over = base["envelope"], overlay.get("envelope", {})
    merged["envelope"] = {key: _met(envelope.get(key, ()), over.get(key, ())) for key in {**envelope, **over}}
    transactions: Raw = dict(base["transactions"])
    for infno, change in overlay.get("transactions", {}).items():
        if change is None:
            transactions.pop(infno, None)
        else:
            transactions[infno] = _transaction_over(transactions.get(infno, {}), change)
    merged["transactions"] = transactions
    merged["codelists"] = {**base["codelists"], **overlay.get("codelists", {})}
    merged["amounts"] = _met(base["amounts"], overlay.get("amounts", ()), key="id")
    merged["reversal"] = {**base["reversal"], **overlay.get("reversal", {})}
    return merged


def build(raw: Mapping[str, Any]) -> Interface:
    """Typed values from the raw form. Raises InputError naming the transaction and field that cannot be understood."""
    file = str(raw.get("name", "?"))
    transactions: dict[str, Transaction] = {}
    for infno, one in raw["transactions"].items():
        layout = one
        if "input" not in one and one.get("derived_from") in raw["transactions"]:
            layout = raw["transactions"][one["derived_from"]]
        transactions[infno] = _guarded(file, infno, _transaction, infno, one, layout)
    return Interface(
        name=raw["name"],
        title=plain(raw["title"]["zh"], raw["title"]["en"]) if isinstance(raw["title"], dict) else raw["title"],
        version=raw["version"],
        base=raw.get("base"),
        sources=tuple(raw["sources"]),
        envelope=_guarded(file, "envelope", _envelope, raw["envelope"]),
        transactions=MappingProxyType(transactions),
        codelists=MappingProxyType(
            {name: _guarded(file, name, _codelist, name, one) for name, one in raw["codelists"].items()}
        ),
        amounts=tuple(_guarded(file, one.get("id", "?"), _amount, one) for one in raw["amounts"]),
        reversal=Reversal(**_tuples(raw["reversal"])),
    )


def _resolved(name: str) -> Raw:
    if name == NATIONAL:
        return _read(fixtures("interface", "national.json"))
    if name not in names():
        text = say("interface.unknown", name=name, known=", ".join(names()))
        raise InputError(text, nearest=nearest(name, names()))
    overlay = _read(fixtures("interface", "variants", f"{name}.json"))
    return merge(_resolved(overlay.get("base", NATIONAL)), overlay)


def _read(file: Traversable) -> Raw:
    raw: Raw = json.loads(file.read_text(encoding="utf-8"))
    return raw


def _guarded(file: str, key: str, make: Callable[..., Made], *parts: Any) -> Made:
    try:
        return make(*parts)
    except (KeyError, TypeError, AttributeError) as error:
        problem = f"{type(error).__name__}: {error}"
        raise InputError(say("interface.bad_entry", problem=problem), Place(file, key=key)) from None


def _met(base: Sequence[Raw], over: Sequence[Raw], key: str = "name") -> list[Raw]:
    """Two lists of named things, the second laid over the first."""
    found = {one[key]: one for one in base}
    for change in over:
        name = change[key]
        if change.get("remove"):
            found.pop(name, None)
            continue
        old = found.get(name, {})
        found[name] = {**old, **change}
        if "fields" in change:
            found[name]["fields"] = _met(old.get("fields", ()), change["fields"])
    return list(found.values())


def _transaction_over(base: Raw, change: Raw) -> Raw:
    merged = {**base, **change}
    for side in ("input", "output"):
        if side in change:
            merged[side] = _met(base.get(side, ()), change[side])
    return merged


def _transaction(infno: str, one: Raw, layout: Raw) -> Transaction:
    nodes = {side: tuple(_node(node) for node in layout[side]) for side in ("input", "output")}
    present = {(f"{side}.{node.name}", f.name) for side, some in nodes.items() for node in some for f in node.fields}
    extensions = [Extension(**_tuples(e)) for e in one.get("extensions", ())]
    return Transaction(
        infno=infno,
        name=plain(str(one["zh"]), str(one.get("en", one["zh"]))),
        group=one["group"],
        kind=one["kind"],
        reversible_by=tuple(one.get("reversible_by", ())),
        sure=one["sure"],
        input=nodes["input"],
        output=nodes["output"],
        # what a variant has made a field of its own is no extension there
        extensions=tuple(e for e in extensions if (e.inside, e.name) not in present),
        note=plain(**one["note"]) if "note" in one else None,
        **{key: one[key] for key in ("derived_from", "status", "then", "section", "files") if key in one},
    )


def _node(one: Raw) -> Node:
    fields = tuple(_field(f) for f in one["fields"])
    return Node(**{**one, "fields": fields})


def _field(one: Raw) -> Field:
    when = one.get("when")
    return Field(**{**_tuples(one), "when": Condition(**{**when, "text": plain(**when["text"])}) if when else None})


def _envelope(raw: Raw) -> Envelope:
    return Envelope(
        request=tuple(_field(f) for f in raw["request"]),
        response=tuple(_field(f) for f in raw["response"]),
        extensions=tuple(Extension(**_tuples(e)) for e in raw.get("extensions", ())),
    )


def _amount(one: Raw) -> Amount:
    return Amount(**_tuples(one))


def _codelist(name: str, one: Raw) -> CodeList:
    return CodeList(name=name, **{**_tuples(one), "values": MappingProxyType(one.get("values", {}))})


def _tuples(one: Raw) -> Raw:
    """Lists as tuples, sentences in two languages as texts."""
    return {
        key: tuple(value) if isinstance(value, list) else plain(**value) if key in ("note", "identity") else value
        for key, value in one.items()
    }
