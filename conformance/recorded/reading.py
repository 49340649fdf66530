"""Values of a recorded message by the interface's field names, wherever its transaction has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from conformance.conversation import Exchange
from conformance.scenario.effects import effect_of
from conformance.targets.desk import NO_PERSON, accepted

PRESENTED = ("mdtrt_cert_no", "certno")
ABOUT_NOBODY = NO_PERSON - {"1101"}
"""Transactions about an institution or a register, even where their rows name people."""


def nodes(message: Mapping[str, Any] | None) -> Iterator[Mapping[str, Any]]:
    """The input itself and every object directly in it; of lists every row."""
    given = (message or {}).get("input")
    if not isinstance(given, Mapping):
        return
    yield given
    for node in given.values():
        if isinstance(node, Mapping):
            yield node
        elif isinstance(node, list):
            yield from (row for row in node if isinstance(row, Mapping))


def well_formed(exchange: Exchange) -> bool:
    """Whether request and reply consist of objects and rows of objects, as every transaction's do."""
    if not isinstance((exchange.request.message or {}).get("infno"), str | int):
        return False
    reply = exchange.reply.message if exchange.reply else None
    given, output = (exchange.request.message or {}).get("input"), (reply or {}).get("output") or {}
    if not isinstance(given, Mapping) or not isinstance(output, Mapping | list):
        return False
    return all(map(_node, (*given.values(), *(output.values() if isinstance(output, Mapping) else (output,)))))


def _node(value: Any) -> bool:
    return not isinstance(value, list) or all(isinstance(row, Mapping) for row in value)


def value_of(message: Mapping[str, Any] | None, name: str) -> Any:
    """The first value of a field, None when it is nowhere."""
    return next((node[name] for node in nodes(message) if name in node), None)


def text_of(message: Mapping[str, Any] | None, *names: str) -> str:
    """The first of these fields that is a text with something in it; empty when none is."""
    for name in names:
        value = value_of(message, name)
        if isinstance(value, str) and value:
            return value
    return ""


def person_of(message: Mapping[str, Any] | None) -> str:
    """The number of the person that a message is about; empty when it is about nobody or does not say."""
    return "" if str((message or {}).get("infno")) in ABOUT_NOBODY else text_of(message, "psn_no")


def presented_in(message: Mapping[str, Any] | None) -> str:
    """The credential that is shown."""
    return "" if str((message or {}).get("infno")) in ABOUT_NOBODY else text_of(message, *PRESENTED)


def opened_by(exchange: Exchange) -> str:
    """The number of the visit that an answered message opened."""
    effect = effect_of(exchange.infno)
    if not (effect.opens and effect.number) or exchange.reply is None or exchange.outcome != "answered":
        return ""
    at: Any = exchange.reply.message
    for part in effect.number.split("."):
        at = at[0] if isinstance(at, list) and at else at
        at = at.get(part) if isinstance(at, Mapping) else None
    return at if isinstance(at, str) else ""


def never_arrived(exchange: Exchange, later: Sequence[Exchange]) -> bool:
    """Whether an unanswered message cannot have been processed: nobody knew it when it was to be reversed, or what only
    one of two could do was done by another."""
    effect, message = effect_of(exchange.infno), exchange.request.message or {}
    once = bool(effect.lines and effect.split) or effect.reckons in ("settle", "cancel")
    what = _subject(message) if once else ("",)
    for one in later:
        other = one.request.message or {}
        same = other.get("msgid") == message.get("msgid")
        if text_of(other, "omsgid") == message.get("msgid"):
            return accepted(one) is False
        if (same and one.outcome == "answered") or effect_of(one.infno).drops:
            return False
        if one.infno == exchange.infno and _subject(other) == what and accepted(one):
            return bool(what[0])
    return False


def _subject(message: Mapping[str, Any]) -> tuple[str, ...]:
    """What a message settles, cancels or charges."""
    lines = sorted(str(node["feedetl_sn"]) for node in nodes(message) if "feedetl_sn" in node)
    return (text_of(message, "mdtrt_id"), text_of(message, "chrg_bchno"), text_of(message, "setl_id"), *lines)


def moment(stamp: str) -> datetime:
    """When a message was sent, to the second, as the sender's clock has it."""
    try:
        return datetime.fromisoformat(stamp).replace(tzinfo=None)
    except ValueError:
        return datetime(2000, 1, 1)


def plausible_line(number: Any) -> bool:
    """Whether a line of a bill can have this number, however a hospital writes them."""
    return isinstance(number, str) and not number.startswith("-") and bool(number.strip("0 "))


def days_from(value: Any, now: datetime) -> tuple[str, int] | None:
    """A date or a time as a change of a scenario tells it: its kind, and how many days it lies from a moment."""
    if not isinstance(value, str):
        return None
    try:
        if len(value) == len("2000-01-01"):
            return "date", (date.fromisoformat(value) - now.date()).days
        if len(value) == len("2000-01-01 00:00:00") and value[4] == value[7] == "-":
            return "time", (datetime.fromisoformat(value).date() - now.date()).days
    except (ValueError, OverflowError):
        return None
    return None
