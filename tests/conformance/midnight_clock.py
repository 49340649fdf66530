"""A clock that midnight overtakes: before a given reading it is the evening, from then on the next day."""

import threading
from datetime import datetime, timedelta

MIDNIGHT = datetime(2026, 12, 1)
"""The end of a day and of a month."""
NEVER = 10**9


class Crossing:
    """``at``: how many readings are still of the evening. ``before`` and ``after``: how far midnight is then."""

    def __init__(
        self, at: int = NEVER, before: timedelta = timedelta(seconds=70), after: timedelta = timedelta(seconds=20)
    ) -> None:
        self.at = at
        self.reads = 0
        self.evening, self.night = MIDNIGHT - before, MIDNIGHT + after
        self._lock = threading.Lock()

    def __call__(self) -> datetime:
        """The time now."""
        with self._lock:
            self.reads += 1
            moment = self.evening if self.reads <= self.at else self.night
            return moment + timedelta(milliseconds=self.reads)
