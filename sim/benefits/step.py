"""The explanation of one amount."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from sim.lang import Text

FINE = 10**8
"""A ratio of one inside the engine: the product of two basis-point ratios stays exact."""


@frozen
class Step:
    """One step of a settlement: the clause it follows, in words, with its inputs and result.

    ``clause`` is a stable key such as ``beijing-employee.inpatient.bands``; ``inputs`` are fen, counts or basis points
    by name; ``result`` is in fen. ``source``, ``confidence`` and ``note`` are those of the number that decided.
    """

    clause: str
    text: Text
    inputs: Mapping[str, int] = field(hash=False)
    result: int
    source: str
    confidence: str
    note: Text | None = None


def percent(ratio: int, full: int = 10_000) -> str:
    """A ratio as people write it: ``percent(8750) == "87.5%"``, without a float on the way."""
    whole, rest = divmod(abs(ratio) * 100, full)
    digits = f"{rest:0{len(str(full)) - 1}d}".rstrip("0") if rest else ""
    return f"{'-' if ratio < 0 else ''}{whole}{'.' + digits if digits else ''}%"
