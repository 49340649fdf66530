"""A run on disk: tables as CSV and, where pyarrow is installed, Parquet; ``run.json``; ``report.html``."""

from __future__ import annotations

import csv
import io
import json
import platform as machine
from collections.abc import Sequence
from importlib import import_module, metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from attrs import frozen

from sim.errors import InputError
from sim.lang import Lang, Text, say
from sim.planning.report import render_report
from sim.planning.run import Run, timings
from sim.planning.table import Cell, Table, tables

PACKAGES = ("yidi", "simpy", "attrs", "pyarrow", "altair", "vl-convert-python")
"""Packages whose versions stand in ``run.json``."""


@frozen
class Written:
    """What was written, in order, and what should be told about it."""

    files: tuple[Path, ...]
    notes: tuple[Text, ...]


def write(run: Run, out_dir: Path, lang: Lang = "en") -> Written:
    """Write everything into a folder, which is made if need be; files of an earlier run are replaced.

    Raises InputError when the folder cannot be written.
    """
    made = tables(run)
    notes: list[Text] = []
    contents: dict[str, bytes] = {f"{table.name}.csv": to_csv(table) for table in made}
    if find_spec("pyarrow") is not None:
        contents |= {f"{table.name}.parquet": to_parquet(table) for table in made}
    else:
        notes.append(say("planning.no_parquet"))
    if find_spec("altair") is None or find_spec("vl_convert") is None:
        notes.append(say("planning.no_charts"))
    contents["run.json"] = json.dumps(describe(run, made), ensure_ascii=False, indent=1).encode() + b"\n"
    contents["report.html"] = render_report(run, lang).encode()
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            (out_dir / name).write_bytes(content)
    except OSError as error:
        raise InputError(say("planning.cannot_write", folder=str(out_dir), problem=error.strerror)) from None
    return Written(tuple(out_dir / name for name in contents), tuple(notes))


def to_csv(table: Table) -> bytes:
    """UTF-8, one header line, ``\\n`` line ends, an absent value is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows(table.rows)
    return text.getvalue().encode()


def to_parquet(table: Table) -> bytes:
    """The same columns and values; 64-bit integers and floats, strings."""
    arrow = import_module("pyarrow")
    parquet = import_module("pyarrow.parquet")
    types = {int: arrow.int64(), float: arrow.float64(), str: arrow.string()}
    columns: Sequence[Sequence[Cell]] = list(zip(*table.rows, strict=True)) or [()] * len(table.columns)
    arrays = [
        arrow.array([None if v is None else kind(v) for v in column], types[kind])
        for column, kind in zip(columns, table.columns.values(), strict=True)
    ]
    sink = arrow.BufferOutputStream()
    parquet.write_table(arrow.Table.from_arrays(arrays, names=list(table.columns)), sink)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def describe(run: Run, made: Sequence[Table]) -> dict[str, Any]:
    """What ``run.json`` holds: how the run was made, what was assumed, how long it took."""
    plan = run.plan
    return {
        "schema": 1,
        "plan": {"id": plan.id, "file": plan.file, "digest": plan.digest, "title": plan.title.both()},
        "seed": run.seed,
        "engine": run.engine,
        "replications": [{"number": each.number, "seed": each.seed} for each in run.replications],
        "period": {"from": plan.setup.start.isoformat(), "to": plan.last.isoformat(), "moved": plan.moved},
        "policy_as_of": None if plan.setup.policy_as_of is None else plan.setup.policy_as_of.isoformat(),
        "counts": {
            "visits": len(run.records),
            "people": sum(each.results.people for each in run.replications),
            "local_patients": sum(each.results.local_patients for each in run.replications),
            "messages": sum(each.results.messages for each in run.replications),
            "left_overnight": sum(len(each.results.leftovers) for each in run.replications),
        },
        "published": [
            {
                "measure": each.published.measure,
                "role": each.published.role,
                "published": _number(each.published.figure.value),
                "simulated": each.simulated,
                "error": each.error,
                "statistic": each.published.figure.statistic or None,
                "source": each.published.figure.source,
            }
            for each in run.comparisons
        ],
        "assumptions": [
            {
                "key": figure.key,
                "value": _number(figure.value),
                "source": figure.source,
                "provenance": figure.provenance,
                "confidence": figure.confidence,
                "note": figure.note,
            }
            for figure in plan.figures
        ],
        "tables": {
            table.name: {
                "rows": len(table.rows),
                "columns": {name: kind.__name__ for name, kind in table.columns.items()},
            }
            for table in made
        },
        "units": {"money": "fen (published: yuan)", "times": "seconds since the start of the period"},
        "versions": {"python": machine.python_version(), **{name: _version(name) for name in PACKAGES}},
        "timings": timings(run),
    }


def _number(value: Any) -> int | float:
    return value if isinstance(value, int) else float(value)


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
