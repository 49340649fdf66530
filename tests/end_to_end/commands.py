"""The command line in processes of its own, for tests that meet it as a user or a CI job does."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
QUIET = {**os.environ, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
QUIET.pop("YIDI_LANG", None)


def yidi(*words: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    command = [sys.executable, "-m", "yidi", *map(str, words)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120, env=QUIET)


@contextmanager
def serving(*options: object) -> Iterator[str]:
    """A real ``yidi serve`` on a free port; on leaving it gets SIGTERM and must end well."""
    command = [sys.executable, "-m", "yidi", "serve", "--port", "0", *map(str, options)]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=QUIET)
    try:
        ready = server.stdout.readline().split()
        assert ready[0] == "ready", server.stderr.read()
        yield ready[1]
        server.send_signal(signal.SIGTERM)
        assert (server.wait(20), server.stderr.read()) == (0, "")
    finally:
        server.kill()
        server.wait()
        server.stdout.close()
        server.stderr.close()
