"""Stays over New Year as columns: one claim a calendar year, spread by days as `sim.benefits.year_end` spreads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from sim.benefits.columns.engine import Claims, needed
from sim.benefits.columns.program import LARGEST
from sim.errors import InputError
from sim.lang import say

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Whole = NDArray[np.int64]


@frozen(eq=False)
class Stays:
    """Stays in order of time, one entry each, before they are claims of a year.

    ``kind`` indexes the rows of the table of plans, ``person`` those of the table of state rows; ``admitted`` and
    ``discharged`` are datetime64[D]; ``split`` says whether the stay's policy splits it at all; the others are those
    of `Claims`.
    """

    kind: Whole
    person: Whole
    admitted: NDArray[np.datetime64]
    discharged: NDArray[np.datetime64]
    split: NDArray[np.bool_]
    total: Whole
    in_scope: Whole
    use_account: NDArray[np.bool_]


@frozen(eq=False)
class ByYear:
    """The claims of stays, and for each claim the stay that it is part of and the days that it holds."""

    claims: Claims
    stay: Whole
    days: Whole
    stays: int

    def per_stay(self, values: Whole) -> Whole:
        """Amounts of claims summed over each stay."""
        np = needed("numpy")
        found: Whole = np.zeros(self.stays, np.int64)
        np.add.at(found, self.stay, values)
        return found


def by_year(stays: Stays, plans: Whole, rows: Whole, first_year: int) -> ByYear:
    """One claim for each calendar year in which a stay has days, earlier years first; a whole stay is one claim.

    ``plans`` is int64[kinds, years], the compiled case of a kind in each year from ``first_year`` on, ``rows``
    int64[persons, years] the state's row. Raises InputError for a stay that ends before it begins or lies in a year
    that the tables lack, or whose total is too large.
    """
    np: Any = needed("numpy")
    begins, ends = stays.admitted.astype("datetime64[D]"), stays.discharged.astype("datetime64[D]")
    last = ends.astype("datetime64[Y]").astype(np.int64) + 1970 - first_year
    first = np.where(stays.split, begins.astype("datetime64[Y]").astype(np.int64) + 1970 - first_year, last)
    years = min(plans.shape[1], rows.shape[1])
    wrong = (begins > ends) | (first < 0) | (last >= years)
    if wrong.any():
        raise InputError(say("benefits.columns.dates", index=int(np.flatnonzero(wrong)[0])))
    too_large = stays.total > LARGEST
    if too_large.any():
        raise InputError(say("benefits.columns.too_large", index=int(np.flatnonzero(too_large)[0])))
    left_days = np.where(first < last, (ends - begins).astype(np.int64), 1)
    left_total, left_scope = stays.total.copy(), stays.in_scope.copy()
    found = []
    for year in range(years):
        turn = np.datetime64(f"{first_year + year + 1}-01-01", "D")
        start = np.maximum(begins, np.datetime64(f"{first_year + year}-01-01", "D"))
        inside = (np.minimum(ends, turn) - start).astype(np.int64)
        days = np.where(first < last, inside, (last == year).astype(np.int64))
        (here,) = np.nonzero((first <= year) & (year <= last) & (days > 0))
        # the same running sums as line by line: the in-scope cost comes first, so its sum and the total's are cut alone
        total = (2 * left_total[here] * days[here] + left_days[here]) // (2 * left_days[here])
        scope = (2 * left_scope[here] * days[here] + left_days[here]) // (2 * left_days[here])
        left_total[here] -= total
        left_scope[here] -= scope
        left_days[here] -= days[here]
        found.append((here, np.full(len(here), year), days[here], total, scope))
    stay, year, days, total, scope = (np.concatenate(columns) for columns in zip(*found, strict=True))
    order = np.lexsort((year, stay))
    stay, year = stay[order], year[order]
    claims = Claims(
        plans[stays.kind[stay], year],
        rows[stays.person[stay], year],
        total[order],
        scope[order],
        stays.use_account[stay],
    )
    return ByYear(claims, stay, days[order], len(stays.kind))
