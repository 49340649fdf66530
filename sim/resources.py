"""Where the data lives: ``fixtures/`` and ``scenarios/``, in a checkout or inside the installed wheel."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path


def _root() -> Traversable:
    installed = files("sim").joinpath("_data")
    return installed if installed.is_dir() else Path(__file__).resolve().parent.parent


def fixtures(*parts: str) -> Traversable:
    """A file or folder under ``fixtures/``."""
    return _root().joinpath("fixtures", *parts)


def scenarios(*parts: str) -> Traversable:
    """A file or folder under ``scenarios/``."""
    return _root().joinpath("scenarios", *parts)
