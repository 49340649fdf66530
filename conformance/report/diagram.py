"""A conversation as a sequence diagram: where every line and word stands. The template only draws it."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Literal

from attrs import frozen

from conformance.conversation import Exchange
from sim.interface import envelope
from sim.lang import Text, plain, say

WIDTH = 760
_LEFT, _RIGHT, _TOP, _ROW = 150, 40, 46, 54
_LONGEST = 58
"""The longest label over an arrow, in columns of half a Chinese character."""

Ending = Literal["accepted", "refused", "unreadable", "timeout", "unreachable", "broken"]
ENDINGS: Mapping[Ending, Text] = {
    "accepted": say("report.ending.accepted"),
    "refused": say("report.ending.refused"),
    "unreadable": say("report.ending.unreadable"),
    "timeout": say("report.ending.timeout"),
    "unreachable": say("report.ending.unreachable"),
    "broken": say("report.ending.broken"),
}
_ORDERS: Mapping[str, Ending] = {"done": "accepted", "refused": "refused"}
"""How an order to a hospital system under test ended, by its answer."""
NameOf = Callable[[str], Text | None]


@frozen
class Life:
    """A participant and the place of its line."""

    name: str
    x: int


@frozen
class Arrow:
    """One exchange: a request from ``x1`` to ``x2`` at ``y``, and how it ended a little below.

    ``stop`` is where a message that did not arrive ends. ``since`` is milliseconds after the first exchange.
    """

    seq: int
    y: int
    x1: int
    x2: int
    label: Text
    ending: Ending
    end_label: Text
    since: int | None
    marked: bool

    @property
    def stop(self) -> int:
        """Three quarters of the way, where a lost message ends."""
        return self.x1 + (self.x2 - self.x1) * 3 // 4

    @property
    def back(self) -> int:
        """Where a reply that broke off ends, coming from ``x2``."""
        return self.x2 + (self.x1 - self.x2) // 2

    @property
    def middle(self) -> int:
        """The middle between the two, for labels."""
        return (self.x1 + self.x2) // 2


@frozen
class Diagram:
    """A drawing of ``WIDTH`` by ``height``."""

    lives: tuple[Life, ...]
    arrows: tuple[Arrow, ...]
    height: int
    width: int = WIDTH


def ending(exchange: Exchange) -> Ending:
    """How an exchange ended, in the terms of the interface."""
    if exchange.outcome != "answered":
        return exchange.outcome
    message = exchange.reply.message if exchange.reply is not None else None
    if is_order(exchange) and message is not None:
        return _ORDERS.get(str(message.get("result")), "unreadable")
    if message is None or "infcode" not in message:
        return "unreadable"
    return "accepted" if envelope.is_accepted(message) else "refused"


def layout(exchanges: Sequence[Exchange], name_of: NameOf, marked: frozenset[int] = frozenset()) -> Diagram:
    """Place the exchanges. ``name_of`` gives a transaction's name; ``marked`` are the exchanges with findings."""
    names = list(dict.fromkeys(name for e in exchanges for name in (e.sender, e.receiver)))
    space = WIDTH - _LEFT - _RIGHT - 60
    step = space // max(1, len(names) - 1)
    lives = tuple(Life(_cut(name, 24), _LEFT + 30 + number * step) for number, name in enumerate(names))
    at = dict(zip(names, (life.x for life in lives), strict=True))
    start = _moment(exchanges[0].sent_at) if exchanges else None
    arrows = tuple(
        Arrow(
            seq=e.seq,
            y=_TOP + 24 + row * _ROW,
            x1=at[e.sender],
            x2=at[e.receiver] if e.receiver != e.sender else at[e.sender] + 60,
            label=_label(e, name_of),
            ending=ending(e),
            end_label=_end_label(e),
            since=_since(start, _moment(e.sent_at)),
            marked=e.seq in marked,
        )
        for row, e in enumerate(exchanges)
    )
    return Diagram(lives, arrows, _TOP + 12 + _ROW * len(arrows))


def _label(exchange: Exchange, name_of: NameOf) -> Text:
    infno = exchange.infno
    if is_order(exchange):
        order = exchange.request.message or {}
        asked = _cut(f"{order.get('do')} {order.get('patient', '')}".strip(), _LONGEST)
        return plain(asked, asked)
    if not infno:
        return say("report.no_infno")
    name = name_of(infno)
    shown = _cut(infno, 12)
    if name is None:
        return plain(shown, shown)
    return plain(_cut(f"{shown} {name.show('zh')}", _LONGEST), _cut(f"{shown} {name.show('en')}", _LONGEST))


def is_order(exchange: Exchange) -> bool:
    """Whether it is an order to a hospital system under test, and no message of the interface."""
    return exchange.sender == "patient"


def ended(exchange: Exchange) -> Text:
    """How it ended, in words."""
    message = exchange.reply.message if exchange.reply is not None else None
    if is_order(exchange) and message is not None:
        told = f"{message.get('result')} {message.get('text') or ''}".strip()
        return plain(_cut(told, _LONGEST * 2 // 3), _cut(told, _LONGEST * 2 // 3))
    return ENDINGS[ending(exchange)]


def _end_label(exchange: Exchange) -> Text:
    how = ending(exchange)
    word = ended(exchange)
    if is_order(exchange):
        return word
    if how != "refused" or exchange.reply is None or exchange.reply.message is None:
        return word
    reason = _cut(str(exchange.reply.message.get("err_msg") or "–"), _LONGEST - 12)
    return say("report.refused_with", reason=reason)


def _cut(text: str, columns: int) -> str:
    """A text cut to a width, Chinese characters counting double."""
    used = 0
    for position, char in enumerate(text):
        used += 2 if unicodedata.east_asian_width(char) in "WF" else 1
        if used > columns:
            return text[: max(0, position - 1)] + "…"
    return text


def _moment(iso: str) -> datetime | None:
    try:
        return datetime.fromisoformat(iso)
    except ValueError:
        return None


def _since(start: datetime | None, now: datetime | None) -> int | None:
    if start is None or now is None or (start.tzinfo is None) != (now.tzinfo is None):
        return None
    return round((now - start).total_seconds() * 1000)
