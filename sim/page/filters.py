"""What templates may do to a value: show a text in both languages, an amount in yuan, a number, a time."""

from __future__ import annotations

import re
from typing import Any

from markupsafe import Markup, escape

from sim.lang import Lang, Text
from sim.money import show

_DISTURBING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


_NUMBER = re.compile(r"(-?)([0-9]+)((?:\.[0-9]+)?)", re.ASCII)


def visible(text: str) -> str:
    """A string whose control characters, direction marks and broken code points are shown, not obeyed."""
    if text.isprintable():  # none of them is; asked first because it is nearly always so
        return text
    return _DISTURBING.sub(_shown, text)


def _shown(match: re.Match[str]) -> str:
    code = ord(match.group())
    return chr(0x2400 + code) if code < 0x20 else f"\\u{code:04x}"


def harmless(value: Any) -> Any:
    """What a page does to every value it inserts: `visible` for strings and markup alike, the rest as it is."""
    if isinstance(value, Markup):
        return value if value.isprintable() else Markup(visible(value))  # noqa: S704 - markup stays markup; only characters without a look change
    return visible(value) if isinstance(value, str) else value


def bilingual(text: Text | str | None, tag: str = "span") -> Markup:
    """A text in both languages as two elements of which the page shows one; escaped.

    The same words in both languages, a plain string or None give no elements. In SVG, ``tag`` is ``"tspan"``.
    """
    if text is None:
        return Markup("")
    if isinstance(text, str):
        return escape(text)
    zh, en = text.show("zh"), text.show("en")
    if zh == en:
        return escape(zh)
    shown = f'<{tag} class="t" lang="zh">{escape(zh)}</{tag}><{tag} class="t" lang="en">{escape(en)}</{tag}>'
    return Markup(shown)  # noqa: S704 - both halves are escaped; Markup.format is several times slower


def content(text: str) -> Markup:
    """A string escaped for the inside of an element only, never for an attribute: quotes stay, which makes JSON a third
    smaller."""
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return Markup(safe)  # noqa: S704 - escaped in the line above


def both(text: Text | str | None) -> str:
    """A text in both languages in one line, for places that hold no elements (titles, attributes)."""
    if text is None or isinstance(text, str):
        return text or ""
    zh, en = text.show("zh"), text.show("en")
    return zh if zh == en else f"{zh} · {en}"


def in_lang(text: Text | str | None, lang: Lang) -> str:
    """A text in one language."""
    return text.show(lang) if isinstance(text, Text) else text or ""


def yuan(fen: int | None) -> str:
    """Fen as yuan with two decimals and thousands apart: ``yuan(123456789) == "1,234,567.89"``; None is a dash."""
    if fen is None:
        return "–"
    whole, cents = show(fen).split(".")
    sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    return f"{sign}{int(digits):,}.{cents}"


def number(value: int | None) -> str:
    """A whole number with thousands apart; None is a dash."""
    return "–" if value is None else f"{value:,}"


def grouped(value: Any) -> Any:
    """A number that is text already with its thousands apart: ``"-14538.04"`` is ``"-14,538.04"``; else as it is."""
    found = _NUMBER.fullmatch(value) if isinstance(value, str) else None
    return f"{found[1]}{int(found[2]):,}{found[3]}" if found else value


def moment(iso: str | None) -> str:
    """An ISO 8601 time as people read it: ``2026-01-02 03:04:05``; the zone is kept if it is given."""
    if not iso:
        return "–"
    day, _, time = iso.partition("T")
    return f"{day} {time}".strip()


FILTERS = {
    "t": bilingual,
    "both": both,
    "content": content,
    "in_lang": in_lang,
    "yuan": yuan,
    "number": number,
    "moment": moment,
    "grouped": grouped,
}
"""The filters by the name that templates use."""
