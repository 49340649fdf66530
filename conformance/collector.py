"""When Python looks for garbage in rings."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Not while a run plays, is judged, or is told in reports. A run keeps nearly all that it makes until it ends:
    looking again and again takes up to a fifth of the time, and finds less than a hundredth of what is kept. What was
    made meanwhile counts as old afterwards, or the first look after the pause would go through all of it; a full look
    still does."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.freeze()  # everything leaves the young without a look, and comes back as old; nobody else freezes here
            gc.unfreeze()
            gc.enable()
