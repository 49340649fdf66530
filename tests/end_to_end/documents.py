"""The examples of a document: its shell commands, and what it says that one sees."""

import re
from pathlib import Path

from attrs import frozen

from tests.end_to_end.commands import ROOT

BLOCK = re.compile(r"^```(bash|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ANYTHING = "…"
"""What stands in a document for text that differs each time."""


@frozen
class Example:
    """Commands that are pasted together, and the output that follows them in the document."""

    commands: str
    output: str = ""


def examples(name: str) -> list[Example]:
    """The examples of a document under ``docs/``, in order."""
    found: list[Example] = []
    for kind, content in BLOCK.findall((ROOT / "docs" / name).read_text("utf-8")):
        if kind == "bash":
            found.append(Example(content))
        else:
            assert not found[-1].output, f"{name}: two outputs after {found[-1].commands}"
            found[-1] = Example(found[-1].commands, content)
    return found


def both(name: str) -> tuple[list[Example], list[Example]]:
    """The examples of a document in English and in Chinese."""
    return examples(name), examples(str(Path("zh") / name))


def fits(expected: str, seen: str) -> bool:
    """Whether an output is what a document says: line by line, with `ANYTHING` for any text."""
    told, got = expected.rstrip().split("\n"), seen.rstrip().split("\n")
    return len(told) == len(got) and all(map(_fits, told, got))


def _fits(told: str, got: str) -> bool:
    pattern = ".*".join(re.escape(part.rstrip() if ANYTHING not in told else part) for part in told.split(ANYTHING))
    return re.fullmatch(pattern, got.rstrip()) is not None
