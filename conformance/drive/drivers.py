"""Who makes the hospital system act: a command, a URL, a person, or an object in this process.

A driver never raises for what the other side does: whatever comes, or does not come, is a `Told`. Time and memory are
bounded: an answer later than asked for, or longer than a megabyte, is given up.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import queue
import shlex
import shutil
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TextIO, TypeVar
from urllib.parse import urlsplit

from conformance.drive import manual
from conformance.drive.protocol import LONGEST, Told, encode, told
from sim.errors import InputError
from sim.lang import Lang, say

PATIENCE = 2.0
"""Seconds that a command gets to end by itself."""
_LINES_KEPT = 40
_GLANCE = 0.2
"""Seconds after which a wait looks whether the run was stopped."""


Stopped = Callable[[], bool]
T = TypeVar("T")


def never() -> bool:
    """Nobody stops the run."""
    return False


def _wait(answers: queue.Queue[T], seconds: float, stopped: Stopped) -> T:
    """The next of the queue; raises queue.Empty when it does not come in time or the run is stopped."""
    until = time.monotonic() + seconds
    while True:
        try:
            return answers.get(timeout=max(0.0, min(_GLANCE, until - time.monotonic())))
        except queue.Empty:
            if stopped() or time.monotonic() >= until:
                raise


def _late(seconds: float, stopped: Stopped) -> Told:
    if stopped():
        return Told("ended", problem=say("hospital.drive.ended"))
    return Told("late", problem=say("hospital.drive.late", seconds=f"{seconds:g}"))


class Driver(Protocol):
    """Carries an order to the system under test."""

    @property
    def target(self) -> str:
        """Who is driven, for people."""
        ...

    def ask(self, order: Mapping[str, Any], seconds: float, stopped: Stopped = never) -> Told:
        """Give an order and wait for the answer, at most so long, and no longer than until the run is stopped."""
        ...

    def complaints(self) -> str:
        """What it said besides answers (the end of its standard error), for the report."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class CallDriver:
    """An object in this process, such as the example client: ``call(order) -> answer``."""

    def __init__(self, call: Callable[[dict[str, Any]], Mapping[str, Any]], target: str = "in process") -> None:
        self._call = call
        self.target = target
        self._said = ""

    def ask(self, order: Mapping[str, Any], seconds: float, stopped: Stopped = never) -> Told:  # noqa: ARG002 - a call
        """Call; what raises has crashed."""
        if order["do"] == "stop":
            return told(b'{"result": "done"}')
        try:
            return told(encode(self._call(dict(order))))
        except Exception as error:
            self._said = f"{type(error).__name__}: {error}"
            return told(encode({"result": "crashed", "text": self._said[:200]}))

    def complaints(self) -> str:
        """The latest exception."""
        return self._said

    def close(self) -> None:
        """Nothing to let go of."""


class CommandDriver:
    """A command that reads orders and writes answers, one a line. It is started anew after it died."""

    def __init__(self, command: str) -> None:
        self.target = command
        try:
            self._arguments = shlex.split(command)
        except ValueError as error:
            raise InputError(say("hospital.drive.bad_command", command=command, problem=str(error))) from None
        if not self._arguments or shutil.which(self._arguments[0]) is None:
            raise InputError(say("hospital.drive.no_command", command=command))
        self._process: subprocess.Popen[bytes] | None = None
        self._lines: queue.Queue[bytes | None] = queue.Queue()
        self._errors: deque[bytes] = deque(maxlen=_LINES_KEPT)

    def ask(self, order: Mapping[str, Any], seconds: float, stopped: Stopped = never) -> Told:
        """One line there, one back."""
        process = self._running()
        if process is None:
            return Told("absent", problem=say("hospital.drive.not_started", command=self.target))
        assert process.stdin is not None  # noqa: S101 - it was opened as a pipe
        try:
            process.stdin.write(encode(order) + b"\n")
            process.stdin.flush()
            line = _wait(self._lines, seconds, stopped)
        except queue.Empty:
            self._end()  # an answer that still comes would be taken for that of the next order
            return _late(seconds, stopped)
        except OSError:
            line = None
        if line is None:
            code = self._end()
            return Told("gone", problem=say("hospital.drive.gone", code=str(code)))
        return told(line.rstrip(b"\r\n"))

    def complaints(self) -> str:
        """The last lines of its standard error."""
        return b"".join(self._errors).decode("utf-8", "replace")[-4000:]

    def close(self) -> None:
        """End it."""
        self._end()

    def _running(self) -> subprocess.Popen[bytes] | None:
        if self._process is not None:
            return self._process
        environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
        try:
            process = subprocess.Popen(  # noqa: S603 - starting the command is what was asked for
                self._arguments,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
                start_new_session=True,  # Ctrl-C is for this program, which then ends the command itself
            )
        except OSError:
            return None
        self._process, self._lines = process, queue.Queue()
        threading.Thread(target=_read_lines, args=(process.stdout, self._lines), daemon=True).start()
        threading.Thread(target=_keep_lines, args=(process.stderr, self._errors), daemon=True).start()
        return process

    def _end(self) -> int | None:
        process, self._process = self._process, None
        if process is None:
            return None
        assert process.stdin is not None  # noqa: S101
        with contextlib.suppress(OSError):
            process.stdin.close()
        try:
            return process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()


def _read_lines(stream: Any, lines: queue.Queue[bytes | None]) -> None:
    with stream:
        while line := stream.readline(LONGEST + 2):
            lines.put(line)
            if lines.qsize() > 1000:  # whoever writes without being asked is not listened to
                break
    lines.put(None)


def _keep_lines(stream: Any, kept: deque[bytes]) -> None:
    with stream:
        while line := stream.readline(4096):
            kept.append(line)


class UrlDriver:
    """A URL that takes orders by POST and answers each with an answer."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError(say("hospital.drive.bad_url", url=url))
        self.target = url
        self._parts = parts
        self._said = ""

    def ask(self, order: Mapping[str, Any], seconds: float, stopped: Stopped = never) -> Told:
        """One POST; no redirects."""
        told: queue.Queue[Told] = queue.Queue()
        threading.Thread(target=lambda: told.put(self._post(order, seconds)), daemon=True).start()
        try:
            return _wait(told, seconds + PATIENCE, stopped)
        except queue.Empty:
            return _late(seconds, stopped)

    def _post(self, order: Mapping[str, Any], seconds: float) -> Told:
        parts, until = self._parts, time.monotonic() + seconds
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(str(parts.hostname), parts.port, timeout=seconds)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            try:
                connection.connect()
            except OSError as error:
                return Told("absent", problem=say("hospital.drive.unreachable", url=self.target, problem=str(error)))
            connection.request("POST", path, encode(order), {"Content-Type": "application/json; charset=utf-8"})
            response = connection.getresponse()
            body = _read_in_time(connection, response, until)
        except TimeoutError:
            return Told("late", problem=say("hospital.drive.late", seconds=f"{seconds:g}"))
        except (OSError, http.client.HTTPException) as error:
            self._said = f"{type(error).__name__}: {error}"
            return Told("gone", problem=say("hospital.drive.broken_off", problem=type(error).__name__))
        finally:
            connection.close()
        if response.status != 200:
            return Told("nonsense", body, say("hospital.drive.http", status=response.status))
        return told(body)

    def complaints(self) -> str:
        """The latest transport error."""
        return self._said

    def close(self) -> None:
        """Nothing is kept open."""


def _read_in_time(connection: http.client.HTTPConnection, response: http.client.HTTPResponse, until: float) -> bytes:
    """The body, however slowly it drips: until a moment, and not beyond the limit. Raises TimeoutError."""
    read = bytearray()
    while len(read) <= LONGEST:
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        if connection.sock is not None:
            connection.sock.settimeout(left)
        chunk = response.read1(65536)
        if not chunk:
            break
        read += chunk
    return bytes(read)


class ManualDriver:
    """A person who does what is printed and types what the system showed. The person takes as long as it takes."""

    target = "manual"

    def __init__(self, read: TextIO, write: TextIO, lang: Lang = "zh") -> None:
        self._read = read
        self._write = write
        self._lang = lang

    def ask(self, order: Mapping[str, Any], seconds: float, stopped: Stopped = never) -> Told:  # noqa: ARG002 - a person
        """Print the order, read the answer. The end of the input ends the run."""
        try:
            answer = manual.ask(order, self._read, self._write, self._lang)
        except KeyboardInterrupt:
            answer = None
        return Told("ended", problem=say("hospital.drive.ended")) if answer is None else told(encode(answer))

    def complaints(self) -> str:
        """A person has said it already."""
        return ""

    def close(self) -> None:
        """The streams are not ours."""


def driver_for(command: str = "", url: str = "", *, manual: bool = False, lang: Lang = "zh") -> Driver:
    """The driver that the command line asks for. Raises InputError unless exactly one is."""
    if sum(map(bool, (command, url, manual))) != 1:
        raise InputError(say("hospital.run.one_driver"))
    if manual:
        return ManualDriver(sys.stdin, sys.stdout, lang)
    return CommandDriver(command) if command else UrlDriver(url)
