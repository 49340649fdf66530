"""The pages of figures: docs/benchmarks.md and its Chinese twin. A section a group, renewed by itself."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from attrs import frozen

from sim.files import read_yaml
from sim.lang import Lang
from tests.benchmarks.measure import Measured

DOCS = Path(__file__).parent.parent.parent / "docs"
PAGES: dict[Lang, Path] = {"en": DOCS / "benchmarks.md", "zh": DOCS / "zh" / "benchmarks.md"}


@frozen
class Figures:
    """What was measured of one group: each comparison with the load average of the machine just after it, and where
    the time goes: parts with their microseconds, of which the last two are the whole and what may come on top."""

    group: str
    libraries: Sequence[str]
    measured: Sequence[tuple[Measured, float]]
    parts: Sequence[tuple[str, float]] = ()


@cache
def words() -> Any:
    """Texts of the pages (``tests/benchmarks/page.yaml``)."""
    return read_yaml(Path(__file__).with_suffix(".yaml")).data


def named(name: str, lang: Lang) -> str:
    """A title, unit or part in a language; what has no Chinese stays English."""
    return str(words()["names"].get(name, name)) if lang == "zh" else name


def row(m: Measured, load: float, lang: Lang) -> str:
    """One line of a table."""
    b = m.bench
    return (
        f"| {named(b.title, lang)} | {named(b.unit, lang)} | {b.ours.name}: {m.ours:,.0f} | {b.other.name}: "
        f"{m.other:,.0f} | {m.ratio:.2f} ({m.low:.2f} {words()['to'][lang]} {m.high:.2f}) | {load:.1f} |\n"
    )


def parts_table(parts: Sequence[tuple[str, float]], lang: Lang) -> str:
    """Where the time goes."""
    whole = parts[-2][1]
    table = "".join(f"| {named(name, lang)} | {took:.1f} | {took / whole:.0%} |\n" for name, took in parts)
    return str(words()["parts_head"][lang]) + table


def section(figures: Figures, lang: Lang) -> str:
    """A group's section between its marks."""
    versions = ", ".join(f"{name} {version(name)}" for name in figures.libraries)
    cores = f"{os.cpu_count()} {words()['cores'][lang]}"
    machine = f"Python {platform.python_version()}, {cores}, {platform.machine()}; {versions}."
    table = words()["head"][lang] + "".join(row(m, load, lang) for m, load in figures.measured)
    told = [machine, table]
    if note := words()["notes"].get(figures.group):
        told.append(note[lang])
    if figures.parts:
        told.append(parts_table(figures.parts, lang))
        told.append(words()["parts_note"][lang])
    return f"<!-- group {figures.group} -->\n" + "\n".join(f"{text.strip()}\n" for text in told) + "<!-- end -->"


def renewed(page: str, figures: Figures, lang: Lang) -> str:
    """A page with one group's section made anew. Raises KeyError when the page has no place for it."""
    marks = re.compile(rf"<!-- group {re.escape(figures.group)} -->.*?<!-- end -->", re.DOTALL)
    if not marks.search(page):
        raise KeyError(figures.group)
    new = section(figures, lang)
    return marks.sub(lambda _: new, page)


def write(figures: Figures) -> list[Path]:
    """Renew a group's section in both pages; returns the files."""
    for lang, file in PAGES.items():
        file.write_text(renewed(file.read_text(encoding="utf-8"), figures, lang), encoding="utf-8")
    return list(PAGES.values())
