"""``make bench``: every figure in one run, written to docs/benchmarks.md and its Chinese twin."""

from __future__ import annotations

import importlib
import os
import platform
import sys
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

from sim.files import read_yaml
from sim.lang import Lang
from tests.benchmarks.measure import Measured, measure

GROUPS = ("interface", "benefits", "platforms", "simulation", "judging")
LIBRARIES = ("aiohttp", "jsonschema", "jsonschema-rs", "numba", "numpy", "orjson", "simpy", "starlette", "uvicorn")
DOCS = Path(__file__).parent.parent.parent / "docs"
TARGETS: dict[Lang, Path] = {"en": DOCS / "benchmarks.md", "zh": DOCS / "zh" / "benchmarks.md"}
HEAD: dict[Lang, str] = {
    "en": """# Benchmarks

中文：[zh/benchmarks.md](zh/benchmarks.md)

Written by `make bench`. Each figure is units a second of our side and of a named other, both alternating in one run; the
last column is the median of the ratios of seven rounds with their range. Machines are noisy: the ratio is the result,
the absolute figures only show the size. Where one process computes alone a second is one of a processor core, elsewhere
one of the wall clock; `load` is the machine's load average when the figure was taken, this run's own part included.

{machine}

| what | units a second | ours | other | ratio | load |
|---|---|---|---|---|---:|
""",
    "zh": """# 基准测试

English: [../benchmarks.md](../benchmarks.md)

由 `make bench` 写出。每个数值为本方与所列对比方每秒完成的单位数，两者在同一次运行中交替进行；最后为七轮比值的中位数及其范围。
机器有噪声：比值才是结果，绝对数只表示量级。单进程独立计算的项目，一秒指一个处理器核的一秒，其余为墙钟的一秒；“负载”为取得该数值时机器的平均负载，
包含本次运行自身。

{machine}

| 内容 | 单位 | 本方（每秒） | 对比（每秒） | 比值 | 负载 |
|---|---|---|---|---|---:|
""",
}
PHASES: dict[Lang, str] = {
    "en": "\nWhere the time of one settlement of three lines goes in the scalar engine (processor time):\n\n"
    "| part | µs | share |\n|---|---:|---:|\n",
    "zh": "\n逐笔引擎结算一笔三行明细的时间分布（处理器时间）：\n\n| 部分 | 微秒 | 占比 |\n|---|---:|---:|\n",
}


@cache
def words() -> Any:
    """Chinese titles, units and parts."""
    return read_yaml(Path(__file__).with_name("titles.yaml")).data


def named(kind: str, name: str, lang: Lang) -> str:
    """A title, unit or part in a language; what has no Chinese stays English."""
    return str(words()[kind].get(name, name)) if lang == "zh" else name


def row(m: Measured, load: float, lang: Lang) -> str:
    """One line of the table."""
    b = m.bench
    to = {"en": "to", "zh": "至"}[lang]
    return (
        f"| {named('titles', b.title, lang)} | {named('units', b.unit, lang)} | {b.ours.name}: {m.ours:,.0f} "
        f"| {b.other.name}: {m.other:,.0f} | {m.ratio:.2f} ({m.low:.2f} {to} {m.high:.2f}) | {load:.1f} |"
    )


def parts_of(module: ModuleType) -> Sequence[tuple[str, float]]:
    """The parts of a group with their microseconds, where it has any; the last two are the whole and what may come on
    top."""
    found: Sequence[tuple[str, float]] = module.phases() if hasattr(module, "phases") else ()
    return found


def phases(parts: Sequence[tuple[str, float]], lang: Lang) -> str:
    """The table of parts."""
    if not parts:
        return ""
    whole = parts[-2][1]
    return PHASES[lang] + "".join(
        f"| {named('phases', name, lang)} | {took:.1f} | {took / whole:.0%} |\n" for name, took in parts
    )


def main(wanted: list[str]) -> int:
    """Measure the groups asked for (all by default); write the table only when all were measured."""
    unknown = [name for name in wanted if name not in GROUPS]
    if unknown:
        print(f"unknown group {', '.join(unknown)}; there are: {', '.join(GROUPS)}", file=sys.stderr)
        return 2
    rows: list[tuple[Measured, float]] = []
    after: dict[Lang, str] = dict.fromkeys(TARGETS, "")
    for name in wanted or GROUPS:
        module = importlib.import_module(f"tests.benchmarks.{name}")
        for bench in module.benches():
            measured = measure(bench)
            rows.append((measured, os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0))
            print(row(*rows[-1], "en"), flush=True)
        parts = parts_of(module)
        for lang in TARGETS:
            after[lang] += phases(parts, lang)
        print(after["en"], end="", flush=True)
    if not wanted:
        for lang, target in TARGETS.items():
            table = "".join(f"{row(*measured, lang)}\n" for measured in rows)
            target.write_text(HEAD[lang].format(machine=machine(lang)) + table + after[lang], encoding="utf-8")
            print(f"wrote {target.relative_to(Path.cwd())}")
    return 0


def machine(lang: Lang) -> str:
    """Interpreter, cores and the libraries measured."""
    versions = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    cores = {"en": f"{os.cpu_count()} cores", "zh": f"{os.cpu_count()} 核"}[lang]
    return f"Python {platform.python_version()}, {cores}, {platform.machine()}; {versions}."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
