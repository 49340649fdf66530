"""On which line of a JSON text each value stands."""

from __future__ import annotations

import json
import re

_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|\n|[^\s{}\[\],:"]+')
Path = tuple[str | int, ...]


def lines_of(text: str) -> dict[Path, int]:
    """The line of every value, counted from 0, by its path of keys and list positions. ``text`` must be valid JSON."""
    found: dict[Path, int] = {}
    line = 0
    path: list[str | int] = []
    expecting_key: list[bool] = []  # for every open object or list: whether a key comes next; always False in lists
    for piece in _PIECE.findall(text):
        if piece == "\n":
            line += 1
        elif piece in "}]":
            expecting_key.pop()
            path.pop()
        elif piece == ",":
            last = path.pop()
            path.append(last + 1 if isinstance(last, int) else last)
            expecting_key[-1] = isinstance(last, str)
        elif piece == ":":
            expecting_key[-1] = False
        elif expecting_key and expecting_key[-1]:
            path[-1] = json.loads(piece)
            found[tuple(path)] = line
        else:
            found.setdefault(tuple(path), line)
            if piece in "{[":
                expecting_key.append(piece == "{")
                path.append("" if piece == "{" else 0)
    return found
