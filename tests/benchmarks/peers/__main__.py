"""``make bench-peers``: whole commands side by side in one run, against the right platform and known-bad ones."""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

from attrs import frozen

from conformance.mutants import mutant
from sim.lang import Lang
from sim.platform import reference
from sim.service import application, running
from tests.benchmarks.peers import said

ROUNDS = 5
BAD = ("answers_empty_object", "strings_for_numbers", "times_in_the_wrong_form", "refuses_without_reason")
DOCS = Path(__file__).parents[3] / "docs"
TARGETS: dict[Lang, Path] = {"en": DOCS / "peers.md", "zh": DOCS / "zh" / "peers.md"}


@frozen
class Tool:
    """A tool: its name with version, and what makes its command for a URL out of fresh files in a folder."""

    name: str
    command: Callable[[str, Path], list[str]]


class _Counting:
    """An application that counts what is posted to it."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.posts = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.posts += scope["type"] == "http" and scope["method"] == "POST"
        await self._app(scope, receive, send)


def tools(peers: Path) -> tuple[Tool, ...]:
    """Ours, then the others from their own environment."""
    schemathesis = ("--phases", "examples", "--checks", "all", "--generation-deterministic")
    return (
        Tool(_named(Path(sys.executable), "yidi"), _ours),
        Tool(_named(peers / "python", "tavern"), lambda url, to: [str(peers / "tavern-ci"), str(said.tavern(url, to))]),
        Tool(
            _named(peers / "python", "schemathesis"),
            lambda url, to: [str(peers / "schemathesis"), "run", str(said.openapi(to)), "--url", url, *schemathesis],
        ),
    )


def _ours(url: str, folder: Path) -> list[str]:
    return [sys.executable, "-m", "yidi", "certify", "platform", "--target", url, "--pack", str(said.pack(folder))]


def _named(python: Path, package: str) -> str:
    code = f"from importlib.metadata import version; print(version({package!r}))"
    found = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True)
    return f"{package} {found.stdout.strip()}"


def run(tool: Tool, url: str) -> tuple[float, int]:
    """Seconds of the whole command, and its exit code."""
    with tempfile.TemporaryDirectory() as folder:
        command = tool.command(url, Path(folder))
        start = perf_counter()
        done = subprocess.run(command, capture_output=True, cwd=folder, timeout=300, env=_environment())
        return perf_counter() - start, done.returncode


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3]), "PYTHONDONTWRITEBYTECODE": "1"}


def table(
    chosen: tuple[Tool, ...], counted: dict[str, int], seconds: dict[str, list[float]], found: dict[str, list[bool]]
) -> list[str]:
    """Rows of the documents: tool, requests on the wire, seconds, ratio, what it found."""
    ours = statistics.median(seconds[chosen[0].name])
    rows = []
    for tool in chosen:
        took = statistics.median(seconds[tool.name])
        marks = " | ".join("✓" if caught else "–" for caught in found[tool.name])
        rows.append(f"| {tool.name} | {counted[tool.name]} | {took:.2f} | {took / ours:.2f} | {marks} |")
    return rows


def main() -> int:
    """Measure, print and write the documents; 1 when a tool fails against the right platform."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--peers", type=Path, required=True, help="folder of the other tools' commands")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    asked = parser.parse_args()
    chosen = tools(asked.peers.absolute())
    seconds: dict[str, list[float]] = {tool.name: [] for tool in chosen}
    found: dict[str, list[bool]] = {tool.name: [] for tool in chosen}
    counted: dict[str, int] = {}
    counter = _Counting(application(reference()))
    with running(counter) as url:
        for round_ in range(asked.rounds + 1):
            for tool in chosen:
                before = counter.posts
                took, code = run(tool, url)
                if code:
                    print(f"{tool.name} ends with {code} against the right platform", file=sys.stderr)
                    return 1
                counted[tool.name] = counter.posts - before
                if round_:  # the first only warms up
                    seconds[tool.name].append(took)
    for name in BAD:
        with running(application(mutant(name).build())) as url:
            for tool in chosen:
                found[tool.name].append(run(tool, url)[1] == 1)
    rows = table(chosen, counted, seconds, found)
    print("\n".join(rows))
    machine = f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    for lang, file in TARGETS.items():
        file.write_text(TEXT[lang].format(rows="\n".join(rows), machine=machine, rounds=asked.rounds), "utf-8")
    return 0


TEXT: dict[Lang, str] = {
    "en": """# The same twenty requests in other tools

中文：[zh/peers.md](zh/peers.md)

Written by `make bench-peers`, which installs the others into an environment of their own. Each tool sends 1101 for twenty
people to the same reference platform over HTTP; whole commands with their start are timed, alternating, median of
{rounds} rounds ({machine}). What can be stated differs: the suite judges all its clauses and reads on its own what a
scenario leaves open (its sign-in is a request more), Tavern compares status, `infcode` and `certno`, Schemathesis
validates the reply against the JSON Schema exported by `yidi interface`. The last columns tell whether a known-bad platform
was found out by these twenty requests; a dash for all says that 1101 does not show the fault.

| tool | requests | seconds | times ours | `answers_empty_object` | `strings_for_numbers` | `times_in_the_wrong_form` | `refuses_without_reason` |
|---|---:|---:|---:|---|---|---|---|
{rows}
""",
    "zh": """# 同样的二十个请求在其他工具中

English: [../peers.md](../peers.md)

由 `make bench-peers` 写出；其他工具安装在各自独立的环境中。每个工具都通过 HTTP 向同一参考平台为二十人发送 1101；计时包含整个命令的启动，
交替进行，取 {rounds} 轮的中位数（{machine}）。能表达的内容不同：本套件评判全部条款（另有一次签到请求），Tavern 比较状态码、`infcode` 与
`certno`，Schemathesis 按 `yidi interface` 导出的 JSON Schema 校验应答。最后几列表示这二十个请求是否发现了已知错误的平台；全部为横线说明 1101
不会暴露该错误。

| 工具 | 请求数 | 秒 | 相对本套件 | `answers_empty_object` | `strings_for_numbers` | `times_in_the_wrong_form` | `refuses_without_reason` |
|---|---:|---:|---:|---|---|---|---|
{rows}
""",
}

if __name__ == "__main__":
    sys.exit(main())
