"""Why a message was refused, as a class: the key of the platform's text that the words were made from."""

from __future__ import annotations

import re
import string
from functools import cache

from sim.lang import LANGS, templates

_PREFIXES = ("platform.", "benefits.")
OTHER = "other"
"""The class of words that no text of the reference explains."""


def reason_of(err_msg: str) -> str:
    """The class of a refusal, e.g. ``filing.none``: the text it fits, the one with most fixed words first."""
    for pattern, key in _patterns():
        if pattern.fullmatch(err_msg):
            return key
    return OTHER


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    found: list[tuple[int, str, str]] = []
    for key, pair in templates().items():
        if not key.startswith(_PREFIXES):
            continue
        for lang in LANGS:
            parts = list(string.Formatter().parse(pair[lang]))
            fixed = sum(len(text) for text, _, _, _ in parts)
            pattern = "".join(re.escape(text) + (".*?" if name is not None else "") for text, name, _, _ in parts)
            if fixed >= 4:
                found.append((-fixed, key.removeprefix("platform."), pattern))
    return tuple((re.compile(pattern, re.DOTALL), key) for _, key, pattern in sorted(found))
