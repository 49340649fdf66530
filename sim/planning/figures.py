"""Figures with their origin: as a plan states them, or as published (`fixtures/statistics`)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any

from attrs import frozen

from sim.errors import BadFileError, InputError
from sim.files import Document, check, read_yaml
from sim.lang import Text, plain, say
from sim.planning.schema import CONFIDENCES, PROVENANCES, TEXT
from sim.resources import fixtures

Value = int | Decimal


@frozen
class Figure:
    """One number of a plan: where it stands in the plan, what it is, and where it comes from.

    ``provenance`` is ``plan`` for a bare value, of which the plan says nothing.
    """

    key: str
    value: Value
    source: str = ""
    provenance: str = "plan"
    confidence: str = ""
    note: str = ""
    statistic: str = ""


@frozen
class Statistic:
    """One published figure. ``source`` is the whole title with its date."""

    id: str
    name: Text
    value: Value
    unit: str
    period: str
    source: str
    provenance: str
    confidence: str
    note: str = ""


class Reader:
    """Takes figures out of a plan and remembers them all; collects what is wrong with the plan."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.figures: list[Figure] = []
        self.problems: list[InputError] = []

    def at(self, *path: str | int) -> Any:
        """The value at a path; None where the plan has none."""
        found: Any = self.document.data
        for step in path:
            found = found.get(step) if isinstance(found, Mapping) else found[step]
            if found is None:
                return None
        return found

    def wrong(self, text: Text, *path: str | int, valid: tuple[str, ...] = (), given: str = "") -> None:
        """Note a problem at a path."""
        self.problems.append(self.document.error(text, *path, valid=valid, given=given))

    def close(self) -> None:
        """Raise BadFileError if anything was wrong."""
        if self.problems:
            key = lambda p: (p.place.line or 0, p.place.key) if p.place else (0, "")  # noqa: E731
            raise BadFileError(sorted(self.problems, key=key))

    def figure(self, *path: str | int, default: Value | None = None) -> Value:
        """A number, remembered with its origin. An absent one without a default is 0, and a problem is noted."""
        raw = self.at(*path)
        key = self.document.place(*path).key
        if raw is None:
            if default is None:
                self.wrong(say("file.missing_key", key=path[-1]), *path)
            return 0 if default is None else default
        figure = self._figure(key, raw, path) if isinstance(raw, Mapping) else Figure(key, raw)
        self.figures.append(figure)
        return figure.value

    def number(self, *path: str | int, default: float | None = None) -> float:
        """The same as a float: for times, weights and probabilities, never for money."""
        given = None if default is None else Decimal(str(default))
        return float(self.figure(*path, default=given))

    def count(self, *path: str | int, default: int | None = None) -> int:
        """The same as a whole number; a published figure with a fraction is a problem."""
        value = self.figure(*path, default=default)
        if value != int(value):
            self.wrong(say("planning.not_whole", value=value), *path)
        return int(value)

    def _figure(self, key: str, raw: Mapping[str, Any], path: tuple[str | int, ...]) -> Figure:
        given = [name for name in ("value", "statistic") if name in raw]
        if len(given) != 1:
            self.wrong(say("planning.figure_value"), *path)
            return Figure(key, 0)
        if "statistic" in raw:
            found = statistics().get(raw["statistic"])
            extra = sorted(set(raw) - {"statistic", "note"})
            if extra:
                self.wrong(say("planning.figure_twice", key=extra[0]), *path, extra[0])
            if found is None:
                names = tuple(statistics())
                text = say("planning.unknown_statistic", id=raw["statistic"])
                self.wrong(text, *path, "statistic", valid=names, given=raw["statistic"])
                return Figure(key, 0)
            note = " ".join(part for part in (found.note, raw.get("note", "")) if part)
            return Figure(key, found.value, found.source, found.provenance, found.confidence, note, found.id)
        for name in ("source", "provenance", "confidence"):
            if name not in raw:
                self.wrong(say("file.missing_key", key=name), *path, name)
        return Figure(
            key,
            raw["value"],
            raw.get("source", ""),
            raw.get("provenance", ""),
            raw.get("confidence", ""),
            raw.get("note", ""),
        )


@cache
def statistics() -> Mapping[str, Statistic]:
    """The published figures by id."""
    document = read_yaml(fixtures("statistics", "statistics.yaml"), "fixtures/statistics/statistics.yaml")
    check(document, SCHEMA)
    titles = {key: f"{row['title']}, {row['date']}" for key, row in document.data["sources"].items()}
    return {
        row["id"]: Statistic(
            id=row["id"],
            name=plain(row["zh"], row["en"]),
            value=row["value"],
            unit=row["unit"],
            period=row["period"],
            source=titles[row["source"]],
            provenance=row["provenance"],
            confidence=row["confidence"],
            note="; ".join(row[part] for part in ("how", "note") if part in row),
        )
        for row in document.data["figures"]
    }


_FIGURE: dict[str, Any] = {
    "id": TEXT,
    "zh": TEXT,
    "en": TEXT,
    "value": {"type": "number"},
    "unit": TEXT,
    "period": TEXT,
    "source": TEXT,
    "provenance": {"enum": list(PROVENANCES)},
    "confidence": {"enum": list(CONFIDENCES)},
    "how": TEXT,
    "note": TEXT,
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "schema": {"const": 1},
        "sources": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "properties": {"title": TEXT, "date": TEXT},
                "required": ["title", "date"],
                "additionalProperties": False,
            },
        },
        "figures": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": _FIGURE,
                "required": [name for name in _FIGURE if name not in ("how", "note")],
                "additionalProperties": False,
            },
        },
    },
    "required": ["schema", "sources", "figures"],
    "additionalProperties": False,
}
"""The shape of the file of published figures."""
