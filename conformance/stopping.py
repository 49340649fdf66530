"""Ending a run early: the first Ctrl-C or SIGTERM asks it to stop and report what it has, the second ends it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

Stopped = Callable[[], bool]
SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interruptible(*, at_once: bool = False) -> Iterator[Stopped]:
    """For the time of the block, a signal is a wish to stop; gives the question whether it was expressed.

    ``at_once``: the signal also raises KeyboardInterrupt, for a program that waits for a person at the keyboard.
    Outside the main thread, where no handler can be set, nothing changes.
    """
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked.is_set
        return

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature of a handler
        second = asked.is_set()
        asked.set()
        if second or at_once:
            raise KeyboardInterrupt

    before = {one: signal.signal(one, stop) for one in SIGNALS}
    try:
        yield asked.is_set
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
