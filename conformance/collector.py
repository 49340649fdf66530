"""When Python looks for garbage in rings. A run keeps nearly all that it makes until it ends, so looking often finds
nothing and takes up to a fifth of the time."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

SELDOM = (50_000, 20, 100)
"""The thresholds of the three generations while a run plays, which may be long."""


@contextmanager
def collector_paused() -> Iterator[None]:
    """Not at all, for work that ends soon: judging what was recorded."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


@contextmanager
def collector_patient() -> Iterator[None]:
    """Seldom, and never among what was there before, such as packs and the interface."""
    thresholds = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()
