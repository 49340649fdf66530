"""How wide a text will be, and where to break it: an estimate on the generous side, no font at hand."""

from __future__ import annotations

import unicodedata

_NARROW = frozenset("iljtfrI.,:;'|!()[] ")
_BROAD = frozenset("mwMW%@&")


def width(text: str, size: int) -> float:
    """The estimated width of a text in pixels at a font size in pixels."""
    return sum(map(_em, text)) * size


def _em(char: str) -> float:
    if unicodedata.east_asian_width(char) in "WFA":
        return 1.0
    if char in _NARROW:
        return 0.36
    if char in _BROAD:
        return 0.95
    return 0.7 if char.isupper() else 0.6


def wrapped(text: str, size: int, room: float) -> tuple[str, ...]:
    """A text in lines of at most ``room`` pixels: broken between words or Chinese characters, else where it must."""
    lines: list[str] = []
    line = ""
    for word in _words(text):
        if width(line + word.rstrip(), size) <= room:
            line += word
            continue
        if line.strip():
            lines.append(line.strip())
        line = ""
        for char in word:
            if width(line + char, size) > room and line:
                lines.append(line)
                line = ""
            line += char
    if line.strip():
        lines.append(line.strip())
    return tuple(lines)


def balanced(text: str, size: int, room: float) -> tuple[str, ...]:
    """Wrapped, in as few lines as the room allows, and those as even as they can be: no word or sign left alone."""
    lines = wrapped(text, size, room)
    while len(lines) > 1:
        narrower = wrapped(text, size, max(width(line, size) for line in lines) - 1)
        if len(narrower) > len(lines):
            break
        lines = narrower
    return lines


def _words(text: str) -> list[str]:
    words: list[str] = []
    for char in text:
        glued = words and not words[-1].endswith(" ") and not _wide(words[-1][-1]) and not _wide(char)
        closing = char in "）)，。；、" or char == " "
        if words and (glued or closing):
            words[-1] += char
        else:
            words.append(char)
    return words


def _wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF"
