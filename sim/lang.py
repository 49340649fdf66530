"""Texts for users, by key, in Chinese and English.

Every sentence a user reads stands in ``fixtures/texts/*.json`` as ``{"key": {"zh": "...", "en": "..."}}``.
Code carries a `Text` (key and arguments); only the edge that shows it chooses the language.
Field names of the interface are never translated.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal

from attrs import field, frozen

from sim.resources import fixtures

Lang = Literal["zh", "en"]
LANGS: tuple[Lang, ...] = ("zh", "en")


@frozen
class Text:
    """One sentence in both languages: a key of the text files and the values for its placeholders.

    A value may itself be a `Text`; it is then shown in the language of the sentence around it.
    """

    key: str
    args: Mapping[str, Any] = field(factory=dict, hash=False)

    def show(self, lang: Lang) -> str:
        """The sentence in one language. Raises KeyError for a key or placeholder that does not exist."""
        args = {name: v.show(lang) if isinstance(v, Text) else v for name, v in self.args.items()}
        return templates()[self.key][lang].format_map(args)

    def both(self) -> dict[str, str]:
        """``{"zh": ..., "en": ...}``, the form that machine-readable reports carry."""
        return {lang: self.show(lang) for lang in LANGS}

    def __str__(self) -> str:
        return self.show("en")


def say(key: str, /, **args: Any) -> Text:
    """A sentence by its key, e.g. ``say("money.too_many_decimals", value="1.234")``."""
    return Text(key, args)


def plain(zh: str, en: str) -> Text:
    """A sentence that comes from data carrying both languages itself (scenario titles, clauses, names)."""
    return Text("plain", {"zh": zh, "en": en}) if zh == en else Text("plain.two", {"zh": zh, "en": en})


@cache
def templates() -> Mapping[str, Mapping[Lang, str]]:
    """All texts by key. Raises ValueError when a key is defined twice or lacks a language."""
    found: dict[str, dict[Lang, str]] = {}
    for file in sorted(fixtures("texts").iterdir(), key=lambda f: f.name):
        if not file.name.endswith(".json"):
            continue
        for key, pair in json.loads(file.read_text(encoding="utf-8")).items():
            if key in found:
                raise ValueError(f"text {key!r} is defined twice, the second time in {file.name}")
            if set(pair) != set(LANGS):
                raise ValueError(f"text {key!r} in {file.name} needs exactly zh and en")
            found[key] = pair
    return found


def choose_lang(asked: str | None, environ: Mapping[str, str] = os.environ) -> Lang:
    """The language to show: what was asked for, else the environment's (``YIDI_LANG``, ``LC_ALL``, ``LANG``)."""
    for value in (asked, *(environ.get(name) for name in ("YIDI_LANG", "LC_ALL", "LANG"))):
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"
