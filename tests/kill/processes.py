"""Real servers in processes of their own, started, killed and started again on the same database and port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
HERE, HUB, THERE = "520000", "hub", "110000"
KEY = "between parties"
YIDI = (sys.executable, "-W", "error", "-m", "yidi", "serve")


class Process:
    """One server: ``command`` is what starts it, with everything it needs to start again as it was."""

    def __init__(self, name: str, command: Sequence[str], port: int, log: Path) -> None:
        self.name = name
        self.command = (*command, "--port", str(port))
        self.url = f"http://127.0.0.1:{port}"
        self.log = log
        self.starts = 0
        self._running: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it and wait until it is ready."""
        self.starts += 1
        environment = {**os.environ, "YIDI_KEY": KEY, "PYTHONPATH": str(ROOT)}
        with self.log.open("a") as log:
            self._running = subprocess.Popen(
                self.command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True, env=environment
            )
        assert self._running.stdout is not None
        told = self._running.stdout.readline().split()
        assert told[:1] == ["ready"], self.log.read_text()

    def kill(self) -> None:
        """SIGKILL: nothing of it is finished or put in order."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """SIGTERM; gives the exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> int:
        running, self._running = self._running, None
        if running is None:
            return 0
        running.send_signal(how)
        code = running.wait(20)
        if running.stdout is not None:
            running.stdout.close()
        return code


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now; parties must know each other's before they start."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [each.getsockname()[1] for each in sockets]


def parties(folder: Path, programs: Mapping[str, Sequence[str]] | None = None) -> dict[str, Process]:
    """Treatment province, hub and insured province, each with an SQLite file in the folder; none started yet.

    ``programs`` replaces what starts a party, for servers that are broken on purpose.
    """
    ports = dict(zip((HERE, HUB, THERE), free_ports(3), strict=True))
    url = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    settings = folder / "settings.yaml"
    settings.write_text("between:\n  attempt_seconds: 1\n  patience_seconds: 1\n  recover_seconds: 1\n")
    roles = {
        HUB: ["--role", "hub", *(f"--provinces={name}={url[name]}" for name in (HERE, THERE))],
        **{name: ["--role", "province", "--admdvs", name, "--hub", url[HUB]] for name in (HERE, THERE)},
    }
    return {
        name: Process(
            name,
            [*(programs or {}).get(name, YIDI), *role, "--db", database(folder, name), "--settings", str(settings)],
            ports[name],
            folder / f"{name}.log",
        )
        for name, role in roles.items()
    }


def database(folder: Path, name: str) -> str:
    """The address of a party's database."""
    return f"sqlite:///{folder / name}.db"


@contextmanager
def started(processes: Mapping[str, Process]) -> Iterator[Mapping[str, Process]]:
    """All of them running; killed at the end whatever happens."""
    try:
        for each in processes.values():
            each.start()
        yield processes
    finally:
        for each in processes.values():
            each.kill()
