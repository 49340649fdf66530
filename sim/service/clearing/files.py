"""A month's clearing as files: JSON, a CSV a table, what the columns mean, and (with pyarrow) the lines as Parquet."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from decimal import Decimal
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sim.errors import InputError, Place
from sim.lang import say
from sim.platform.clearing import Month
from sim.service.clearing.data import MONEY, TABLES, document, head, rows, source

MEANING = ("table", "column", "zh", "en", "from_zh", "from_en")
"""Columns of the file that says what the columns mean."""


def write(month: Month, folder: Path) -> tuple[Path, ...]:
    """Write a month into a folder, which is made; returns the files. Raises InputError when it cannot be written."""
    name = f"clearing-{month.month}"
    tables = rows(month)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        made = [folder / f"{name}.json"]
        made[0].write_text(json.dumps(document(month), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        for table, columns in TABLES.items():
            made.append(_csv(folder / f"{name}-{table}.csv", columns, (row.values() for row in tables[table])))
        made.append(
            _csv(folder / f"{name}-columns.csv", ("table", "column", "zh", "en", "from_zh", "from_en"), _meaning())
        )
        if find_spec("pyarrow") is not None:
            made.append(_parquet(folder / f"{name}-lines.parquet", tables["lines"]))
    except OSError as error:
        raise InputError(
            say("clearing.cannot_write", problem=error.strerror or str(error)), Place(str(folder))
        ) from None
    return tuple(made)


def _csv(file: Path, columns: Sequence[str], values: Iterable[Iterable[Any]]) -> Path:
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(values)
    return file


def _meaning() -> Iterable[Sequence[str]]:
    for table, columns in TABLES.items():
        for column in columns:
            told, origin = head(column), source(table)
            yield table, column, told.show("zh"), told.show("en"), origin.show("zh"), origin.show("en")


def _parquet(file: Path, lines: Sequence[dict[str, Any]]) -> Path:
    pa: Any = import_module("pyarrow")
    pq: Any = import_module("pyarrow.parquet")

    kinds = {column: pa.decimal128(18, 2) if column in MONEY else pa.string() for column in TABLES["lines"]}
    columns = {
        column: [Decimal(line[column]) if column in MONEY else line[column] for line in lines] for column in kinds
    }
    arrays = [pa.array(columns[column], kind) for column, kind in kinds.items()]
    pq.write_table(pa.Table.from_arrays(arrays, names=list(kinds)), file)
    return file
