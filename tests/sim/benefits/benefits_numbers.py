"""Every number of a policy, one by one, each slightly changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

from attrs import evolve

from sim.benefits import Care, Policy
from sim.benefits.policy import BandTable, Use
from sim.benefits.quantity import Choice, Quantity, Table

STEP = 7
"""By how much a number is changed: fen, basis points or counts; a band edge by a hundred times as much."""
Changed = tuple[str, frozenset[Care], tuple[Policy, ...]]
"""Which number, the kinds of care that it belongs to, and the policy with it raised and lowered."""


def leaves(table: Table, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths of all numbers in a table."""
    if isinstance(table, Quantity):
        yield from leaves(table.value, path)
    elif isinstance(table, Choice):
        for key, inner in table.by.items():
            yield from leaves(inner, (*path, key))
    elif table is not None:
        yield path


def moved(table: Table, path: tuple[str, ...], by: int) -> Table:
    """A table with one number moved."""
    if isinstance(table, Quantity):
        return evolve(table, value=moved(table.value, path, by))
    if isinstance(table, Choice):
        return evolve(table, by={**table.by, path[0]: moved(table.by[path[0]], path[1:], by)})
    assert isinstance(table, int)
    return max(0, table + by)


def edges(bands: tuple[BandTable, ...], n: int, by: int) -> tuple[BandTable, ...]:
    """Bands whose n-th end, and the start behind it, is moved."""
    listed = list(bands)
    end = (listed[n].end or 0) + by
    listed[n] = evolve(listed[n], end=end)
    if n + 1 < len(listed):
        listed[n + 1] = evolve(listed[n + 1], start=end)
    return tuple(listed)


def of_use(use: Use) -> Iterator[tuple[str, Callable[[int], Use]]]:
    """The numbers of one mechanism, and how each is moved."""
    for name, table in use.numbers.items():
        for path in leaves(table):
            yield (
                ".".join((name, *path)),
                lambda by, n=name, t=table, p=path: evolve(use, numbers={**use.numbers, n: moved(t, p, by)}),
            )
    for i, band in enumerate(use.bands):
        for path in leaves(band.ratio):
            changed = [*use.bands[:i]], [*use.bands[i + 1 :]]
            yield (
                ".".join((f"bands[{i}]", *path)),
                lambda by, b=band, p=path, c=changed: evolve(
                    use, bands=(*c[0], evolve(b, ratio=moved(b.ratio, p, by)), *c[1])
                ),
            )
    for i, (_, after) in enumerate(pairwise((*use.bands, None))):
        if use.bands[i].end is not None and after is not None:
            yield f"bands[{i}].to", lambda by, i=i: evolve(use, bands=edges(use.bands, i, 100 * by))


def numbers(policy: Policy) -> Iterator[Changed]:
    """Every number of a policy, changed; a list that several kinds of care share counts once."""
    everything = frozenset(policy.care)
    seen: set[str] = set()
    for uses in policy.care.values():
        for use in uses:
            if use.clause in seen:
                continue
            seen.add(use.clause)
            cares = frozenset(care for care, other in policy.care.items() if use.clause in {u.clause for u in other})
            for name, change in of_use(use):
                changed = tuple(replaced(policy, use.clause, change(by)) for by in (STEP, -STEP))
                yield f"{use.clause}.{name}", cares, changed
    for item, share in {"": policy.class_b, **policy.items}.items():
        for path in leaves(share):
            new = tuple(moved(share, path, by) for by in (STEP, -STEP))
            assert all(isinstance(n, Quantity) for n in new)
            yield (
                ".".join(("class_b", item, *path)),
                everything,
                tuple(
                    evolve(policy, items={**policy.items, item: n}) if item else evolve(policy, class_b=n) for n in new
                ),
            )


def replaced(policy: Policy, clause: str, new: Use) -> Policy:
    """A policy with the use of one clause replaced wherever it stands."""
    care = {kind: tuple(new if use.clause == clause else use for use in uses) for kind, uses in policy.care.items()}
    return evolve(policy, care=care)
