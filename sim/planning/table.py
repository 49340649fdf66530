"""The tables of a run, as plain rows: one a visit, and totals. Times in seconds, money in fen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import attrs
from attrs import frozen

from sim.planning.run import Run
from sim.world.record import AMOUNTS, Leftover, Record

Cell = int | float | str | None


@frozen
class Table:
    """A table: name, columns with their types (``int``, ``float``, ``str``), rows."""

    name: str
    columns: Mapping[str, type] = attrs.field(hash=False)
    rows: tuple[tuple[Cell, ...], ...] = attrs.field(repr=False)


def tables(run: Run) -> tuple[Table, ...]:
    """All tables of a run, always in the same order with the same rows for the same plan and seed."""
    return (
        visits(run),
        daily(run),
        by_origin(run),
        by_hospital(run),
        by_level(run),
        refusals(run),
        queues(run),
        published(run),
    )


_TYPES: dict[str, type] = {"int": int, "float": float, "str": str}
VISIT_COLUMNS: dict[str, type] = {
    "replication": int,
    **{each.name: _TYPES[str(each.type).split(" ")[0]] for each in attrs.fields(Record)},
}
"""The columns of the table of visits."""


def visits(run: Run) -> Table:
    """One row a visit. Times are rounded to milliseconds; visit ids are 64-bit numbers written as text."""
    columns = {**VISIT_COLUMNS, "visit_id": str}
    return Table("visits", columns, tuple((number, *_row(record)) for number, record in run.records))


def _row(record: Record) -> Iterable[Cell]:
    for name, value in attrs.asdict(record).items():
        yield str(value) if name == "visit_id" else round(value, 3) if isinstance(value, float) else value


_TOTALS: dict[str, type] = {
    "visits": int,
    "settled": int,
    "refused": int,
    "unreadable": int,
    "unanswered": int,
    "mean_wait_s": float,
    "billed": int,
    **dict.fromkeys(("medfee_sumamt", *AMOUNTS), int),
    "paid_at_counter": int,
}


def _totals(records: Sequence[Record]) -> tuple[Cell, ...]:
    """``billed`` is of all visits, ``medfee_sumamt`` and the parts of it of the settled ones."""
    settled = [record for record in records if record.outcome == "settled"]
    outcomes = [sum(record.outcome == name for record in records) for name in ("refused", "unreadable", "unanswered")]
    return (
        len(records),
        len(settled),
        *outcomes,
        round(sum(record.wait_s for record in records) / len(records), 3) if records else 0.0,
        sum(record.medfee_sumamt for record in records),
        sum(record.medfee_sumamt for record in settled),
        *(sum(getattr(record, name) for record in settled) for name in AMOUNTS),
        sum(record.paid_at_counter for record in records),
    )


def _grouped(run: Run, name: str, keys: Mapping[str, type], key_of: Callable[[Record], tuple[str, ...]]) -> Table:
    groups: dict[tuple[int, tuple[str, ...]], list[Record]] = {}
    for number, record in run.records:
        groups.setdefault((number, key_of(record)), []).append(record)
    rows = tuple((number, *key, *_totals(records)) for (number, key), records in sorted(groups.items(), key=_first))
    return Table(name, {"replication": int, **keys, **_TOTALS}, rows)


def _first(item: tuple[Any, Any]) -> Any:
    return item[0]


def daily(run: Run) -> Table:
    """Totals by day of arrival and kind."""
    return _grouped(run, "daily", {"date": str, "kind": str}, lambda r: (r.date, r.kind))


def by_origin(run: Run) -> Table:
    """Totals by insured pool and kind."""
    keys = {"insuplc_admdvs": str, "insutype": str, "policy": str, "kind": str}
    return _grouped(run, "by_origin", keys, lambda r: (r.insuplc_admdvs, r.insutype, r.policy, r.kind))


def by_hospital(run: Run) -> Table:
    """Totals by hospital and kind."""
    keys = {"hospital": str, "level": str, "treated_in": str, "kind": str}
    return _grouped(run, "by_hospital", keys, lambda r: (r.hospital, r.level, r.treated_in, r.kind))


def by_level(run: Run) -> Table:
    """Totals by hospital level and kind."""
    return _grouped(run, "by_level", {"level": str, "kind": str}, lambda r: (r.level, r.kind))


def refusals(run: Run) -> Table:
    """How often each message was refused for each class of reason."""
    counts: dict[tuple[int, str, str], int] = {}
    for number, record in run.records:
        if record.outcome == "refused":
            key = (number, record.refused_infno, record.refusal)
            counts[key] = counts.get(key, 0) + 1
    columns = {"replication": int, "infno": str, "refusal": str, "visits": int}
    return Table("refusals", columns, tuple((*key, count) for key, count in sorted(counts.items())))


def queues(run: Run) -> Table:
    """Who was still at a desk at midnight: rows only where a queue did not drain."""
    columns = {"replication": int, **{each.name: _TYPES[str(each.type)] for each in attrs.fields(Leftover)}}
    rows = tuple((each.number, *attrs.astuple(left)) for each in run.replications for left in each.results.leftovers)
    return Table("overnight", columns, rows)


def published(run: Run) -> Table:
    """Published figures beside the simulated ones; money in yuan here, as published."""
    columns = {
        "measure": str,
        "kind": str,
        "role": str,
        "published": float,
        "simulated": float,
        "error": float,
        "spread": float,
        "source": str,
        "provenance": str,
        "confidence": str,
    }
    rows = tuple(
        (
            c.published.measure,
            c.published.kind,
            c.published.role,
            float(c.published.figure.value),
            round(c.simulated, 4),
            round(c.error, 6),
            None if c.spread is None else round(c.spread, 4),
            c.published.figure.source,
            c.published.figure.provenance,
            c.published.figure.confidence,
        )
        for c in run.comparisons
    )
    return Table("published", columns, rows)
