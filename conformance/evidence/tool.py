"""What judges: the version of this program, its code and its rules, so that another one can be told from it."""

from __future__ import annotations

import hashlib
import platform as machine
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from importlib.resources.abc import Traversable

from sim.resources import fixtures

RULES = ("requirements", "interface", "policies", "catalogue", "people", "regions", "platform")
"""The parts of ``fixtures/`` that a verdict may depend on."""


@cache
def tool() -> Mapping[str, str]:
    """Name to version, or to SHA-256: ``yidi``, ``python``, ``code``, and ``rules/<part>``."""
    code = hashlib.sha256()
    for package in ("conformance", "sim"):
        _feed(code, files(package), package, (".py", ".json", ".yaml"))
    parts = {f"rules/{part}": _folder(fixtures(part)) for part in RULES}
    return {"yidi": _version(), "python": machine.python_version(), "code": code.hexdigest(), **parts}


def _version() -> str:
    try:
        return version("yidi")
    except PackageNotFoundError:
        return "0"


def _folder(folder: Traversable) -> str:
    made = hashlib.sha256()
    _feed(made, folder, "", ())
    return made.hexdigest()


def _feed(made: hashlib._Hash, folder: Traversable, at: str, ends: tuple[str, ...]) -> None:
    for name, file in _walk(folder, at):
        if not ends or name.endswith(ends):
            content = file.read_bytes()
            made.update(f"{name}\n{len(content)}\n".encode())
            made.update(content)


def _walk(folder: Traversable, at: str) -> Iterator[tuple[str, Traversable]]:
    if not folder.is_dir():
        return
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        if entry.name in ("__pycache__", "_data"):
            continue
        name = f"{at}/{entry.name}"
        if entry.is_dir():
            yield from _walk(entry, name)
        else:
            yield name, entry
