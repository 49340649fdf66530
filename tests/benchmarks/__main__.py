"""``make bench``: every figure in one run, written to docs/benchmarks.md."""

from __future__ import annotations

import importlib
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks.measure import Measured, measure

GROUPS = ("interface", "benefits", "platforms", "simulation", "judging")
LIBRARIES = ("aiohttp", "jsonschema", "jsonschema-rs", "orjson", "simpy", "starlette", "uvicorn")
TARGET = Path(__file__).parent.parent.parent / "docs" / "benchmarks.md"


def row(m: Measured) -> str:
    """One line of the table."""
    b = m.bench
    return (
        f"| {b.title} | {b.unit} | {b.ours.name}: {m.ours:,.0f} | {b.other.name}: {m.other:,.0f} "
        f"| {m.ratio:.2f} ({m.low:.2f} to {m.high:.2f}) |"
    )


def main(wanted: list[str]) -> int:
    """Measure the groups asked for (all by default); write the table only when all were measured."""
    unknown = [name for name in wanted if name not in GROUPS]
    if unknown:
        print(f"unknown group {', '.join(unknown)}; there are: {', '.join(GROUPS)}", file=sys.stderr)
        return 2
    lines = []
    for name in wanted or GROUPS:
        for bench in importlib.import_module(f"tests.benchmarks.{name}").benches():
            lines.append(row(measure(bench)))
            print(lines[-1], flush=True)
    if not wanted:
        TARGET.write_text(page(lines), encoding="utf-8")
        print(f"wrote {TARGET.relative_to(Path.cwd())}")
    return 0


def page(lines: list[str]) -> str:
    """The whole document."""
    versions = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return "\n".join(
        [
            "# Benchmarks",
            "",
            "Written by `make bench`. Each figure is units a second of our side and of a named other, both alternating in",
            "one run; the last column is the median of the ratios of seven rounds with their range. Machines are noisy:",
            "the ratio is the result, the absolute figures only show the size.",
            "",
            f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}; {versions}.",
            "",
            "| what | units a second | ours | other | ratio |",
            "|---|---|---|---|---|",
            *lines,
            "",
        ]
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
