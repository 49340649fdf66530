"""A server that lives long: its memory while it handles very many messages.

Visits as in the benchmark of the platforms, over HTTP against one ``yidi serve`` with its own SQLite file. The first part
of a run warms the server up (code, caches, the interpreter's arenas); from then on its memory must stay where it is.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from attrs import frozen

from tests.benchmarks.platforms import STEPS, Load, cashiers

ROOT = Path(__file__).parent.parent.parent
SERVE = (sys.executable, "-m", "yidi", "serve", "--port", "0")
MIB = 1 << 20
PARTS = 10
"""How often memory is looked at."""
WARM = 2
"""Parts that only warm up."""


@frozen
class Look:
    """The server's resident memory in bytes after so many messages, and the seconds since the beginning."""

    messages: int
    memory: int
    seconds: float


@frozen
class Soaked:
    """A run. ``growth`` is what came on top after warming up: the mean of the last looks over that of the first."""

    looks: tuple[Look, ...]

    @property
    def growth(self) -> int:
        """Bytes; single looks differ by a page more or less, so two are averaged at either end."""
        warm = self.looks[WARM - 1 :]
        return (warm[-1].memory + warm[-2].memory - warm[0].memory - warm[1].memory) // 2

    @property
    def share(self) -> float:
        """The growth as a share of what it was when warm."""
        return self.growth / self.looks[WARM - 1].memory


def memory_of(pid: int) -> int:
    """The resident memory of a process in bytes."""
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        line = next(each for each in status.read_text().splitlines() if each.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024
    told = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True)
    return int(told.stdout) * 1024


@contextmanager
def served(command: Sequence[str] = SERVE) -> Iterator[tuple[int, str]]:
    """A server of its own process: its number and address."""
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.pid, process.stdout.readline().removeprefix("ready ").strip()
        finally:
            process.terminate()
            process.wait(20)


def soak(messages: int, command: Sequence[str] = SERVE, on_look: Callable[[Look], None] = lambda _: None) -> Soaked:
    """Send about so many messages and look at the server's memory after each tenth."""
    looks: list[Look] = []
    with served(command) as (pid, url):
        load = Load(url, cashiers(), real=True, visits=max(1, messages // PARTS // len(STEPS)))
        begun, sent = perf_counter(), 0
        for _ in range(PARTS):
            load.run()
            sent += load.visits * len(STEPS)
            looks.append(Look(sent, memory_of(pid), perf_counter() - begun))
            on_look(looks[-1])
    return Soaked(tuple(looks))
