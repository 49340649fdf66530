"""What checks emit. An `Observation` is one look at one thing: a clause held, was broken, or could not be judged.

Findings are the observations that failed. Coverage is counted from observations, never from what a check claims to do.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from attrs import frozen

from sim.lang import Text

Status = Literal["pass", "fail", "not_judged", "leniency"]
Level = Literal["MUST", "SHOULD", "MAY"]
Basis = Literal["interface", "exact", "relation", "life_cycle", "expectation", "reference"]
"""What stands behind an observation: the dictionary, the declared policy computed exactly, a relation that holds for
every policy, the order of events, a scenario's expectation, or the reference's own reading of an open point."""


class Observation(NamedTuple):
    """One look. ``expected`` and ``actual`` are shown side by side; ``why`` gives the reason in a sentence.

    ``cause`` is the likely cause, by which a report groups findings. ``seq`` is the exchange looked at (0: none). A run
    makes twenty for every exchange, so this is the lightest thing that has names.
    """

    check: str
    clause: str
    status: Status
    basis: Basis
    seq: int = 0
    scenario: str = ""
    run: str = "plain"
    step: str = ""
    path: str = ""
    label: str = ""
    expected: Text | None = None
    actual: Text | None = None
    why: Text | None = None
    cause: Text | None = None


@frozen
class Clause:
    """One requirement of the register: where it comes from and how binding it is."""

    id: str
    level: Level
    text: Text
    source: str
    section: str = ""
    excluded: Text | None = None
