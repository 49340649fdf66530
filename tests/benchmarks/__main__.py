"""``make bench``: every figure in one run, written to docs/benchmarks.md and its Chinese twin.

``python -m tests.benchmarks GROUP...`` measures some groups and renews their sections only.
"""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

from tests.benchmarks.measure import measure
from tests.benchmarks.page import Figures, parts_table, row, write

GROUPS = {
    "interface": ("jsonschema", "jsonschema-rs"),
    "benefits": ("numba", "numpy"),
    "platforms": ("aiohttp", "orjson", "starlette", "uvicorn"),
    "simulation": ("simpy",),
    "judging": ("aiohttp", "jsonschema-rs", "orjson"),
}
"""The groups, in order, with the libraries whose versions matter to their figures."""


def figures_of(group: str) -> Figures:
    """Measure one group and print each figure as it is there."""
    module = importlib.import_module(f"tests.benchmarks.{group}")
    measured = []
    for bench in module.benches():
        measured.append((measure(bench), os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0))
        print(row(*measured[-1], "en"), end="", flush=True)
    parts = module.phases() if hasattr(module, "phases") else ()
    if parts:
        print(parts_table(parts, "en"), flush=True)
    return Figures(group, GROUPS[group], measured, parts)


def main(wanted: list[str]) -> int:
    """Measure the groups asked for, all by default, and renew their sections in both pages."""
    unknown = [name for name in wanted if name not in GROUPS]
    if unknown:
        print(f"unknown group {', '.join(unknown)}; there are: {', '.join(GROUPS)}", file=sys.stderr)
        return 2
    for group in wanted or GROUPS:
        for file in write(figures_of(group)):
            print(f"wrote {file.relative_to(Path.cwd())}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
