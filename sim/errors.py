"""Errors that people can act on. The tree:

YidiError
├── InputError      a file, argument or message from outside is wrong (exit code 2)
│   └── BadFileError     several problems of one file, each with its place
└── HarnessError    this program failed, not the thing it was given (exit code 3)
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from attrs import frozen

from sim.lang import Lang, Text, say


@frozen
class Place:
    """Where something stands: a file (or ``<stdin>``), a line counted from 1, a dotted key."""

    file: str
    line: int | None = None
    key: str = ""

    def text(self) -> Text:
        """The place as a sentence part."""
        base = say("plain", zh=self.file, en=self.file)
        if self.line is not None:
            base = say("error.line", file=self.file, line=self.line)
        return say("error.at_key", place=base, key=self.key) if self.key else base


class YidiError(Exception):
    """Base of all errors raised on purpose; ``text`` is what the user reads."""

    def __init__(self, text: Text) -> None:
        super().__init__(text)
        self.text = text

    def show(self, lang: Lang) -> str:
        """The whole error for a person, possibly several lines."""
        return self.text.show(lang)

    def __str__(self) -> str:
        return self.show("en")


class HarnessError(YidiError):
    """The harness itself failed; the target is not to blame."""


class InputError(YidiError):
    """Something that came from outside is wrong: what, where, and what would be right."""

    def __init__(self, text: Text, place: Place | None = None, nearest: str | None = None) -> None:
        super().__init__(text)
        self.place = place
        self.nearest = nearest

    def show(self, lang: Lang) -> str:
        """``place: what (nearest valid name: ...)``."""
        shown = self.text.show(lang)
        if self.place is not None:
            shown = f"{self.place.text().show(lang)}: {shown}"
        if self.nearest is not None:
            shown += f" ({say('error.nearest', name=self.nearest).show(lang)})"
        return shown


class BadFileError(InputError):
    """All problems found in one file, in order of line."""

    def __init__(self, problems: Sequence[InputError]) -> None:
        super().__init__(problems[0].text, problems[0].place, problems[0].nearest)
        self.problems = tuple(problems)

    def show(self, lang: Lang) -> str:
        """One problem a line."""
        return "\n".join(problem.show(lang) for problem in self.problems)


def nearest(name: str, valid: Iterable[str]) -> str | None:
    """The valid name most like ``name``, if any is alike enough to be a likely slip."""
    found = difflib.get_close_matches(name, list(valid), n=1, cutoff=0.6)
    return found[0] if found else None
