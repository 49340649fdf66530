"""What can go wrong with a database after it was opened. Before that it is an `InputError`: wrong address or file."""

from __future__ import annotations

from sim.errors import HarnessError


class StoreError(HarnessError):
    """The database did not take what was written. Everything since the last commit is undone in the store."""


class Conflict(StoreError):  # noqa: N818 - a signal to try again
    """Another process wrote what this segment had read, or holds what it wants to write, and won.

    Nothing of the segment took effect. Handling the message again from its start is right: what was committed before
    is found in the journal.
    """


class Unavailable(StoreError):  # noqa: N818 - names the state of the database
    """The database could not be reached or refused to write. Whether the last commit took effect is not known.

    Handling the message again is right here too, once the database is back: if it took effect, the journal says so.
    """
