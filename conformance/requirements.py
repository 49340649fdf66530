"""The requirements register (``fixtures/requirements``): every clause a check may name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from attrs import field, frozen

from conformance.observation import Clause
from sim.errors import InputError
from sim.files import check, read_yaml
from sim.lang import Text, plain, say
from sim.resources import fixtures

_PAIR = {
    "type": "object",
    "additionalProperties": False,
    "required": ["zh", "en"],
    "properties": {"zh": {"type": "string", "minLength": 1}, "en": {"type": "string", "minLength": 1}},
}
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["clauses"],
    "properties": {
        "clauses": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["id", "level", "text", "source"],
                "properties": {
                    "id": {
                        "type": "string",
                        "pattern": "^(IF|ENV|AMT|EXACT|REL|LIFE|REV|REF|NEG|ORD|QRY|REC|CLR|OPEN|SEC|HOS)-[A-Z0-9-]+$",
                    },
                    "level": {"enum": ["MUST", "SHOULD", "MAY"]},
                    "text": _PAIR,
                    "source": {"type": "string", "minLength": 1},
                    "section": {"type": "string"},
                    "excluded": _PAIR,
                    "point": {"type": "string"},
                    "readings": {"type": "object", "minProperties": 2, "additionalProperties": _PAIR},
                },
            },
        }
    },
}


@cache
def clauses() -> Mapping[str, Clause]:
    """All clauses by id, in the order of the files. Raises InputError for an id that repeats."""
    found: dict[str, Clause] = {}
    for file in sorted(fixtures("requirements").iterdir(), key=lambda f: f.name):
        if not file.name.endswith(".yaml"):
            continue
        document = read_yaml(file, f"fixtures/requirements/{file.name}")
        check(document, SCHEMA)
        for number, row in enumerate(document.data["clauses"]):
            if row["id"] in found:
                raise document.error(say("requirements.twice", id=row["id"]), "clauses", number, "id")
            found[row["id"]] = Clause(
                id=row["id"],
                level=row["level"],
                text=plain(**row["text"]),
                source=row["source"],
                section=row.get("section", ""),
                excluded=plain(**row["excluded"]) if "excluded" in row else None,
            )
    return MappingProxyType(found)


HOSPITAL = "HOS-"
"""How the clauses begin that a hospital system must keep; the others are for platforms."""


def clauses_for(role: str) -> Mapping[str, Clause]:
    """The clauses that the side under test must keep: what a report covers."""
    return {name: one for name, one in clauses().items() if name.startswith(HOSPITAL) == (role == "hospital")}


@frozen
class OpenPoint:
    """A point where right implementations may differ: its clause, and the readings by name."""

    name: str
    clause: str
    readings: Mapping[str, Text] = field(hash=False)


@cache
def open_points() -> Mapping[str, OpenPoint]:
    """The open points by the name under which a profile promises a reading."""
    document = read_yaml(fixtures("requirements", "open-points.yaml"), "fixtures/requirements/open-points.yaml")
    check(document, SCHEMA)
    return MappingProxyType(
        {
            row["point"]: OpenPoint(
                row["point"], row["id"], {name: plain(**pair) for name, pair in row["readings"].items()}
            )
            for row in document.data["clauses"]
        }
    )


def clause(name: str) -> Clause:
    """One clause. Raises InputError when it is not in the register."""
    try:
        return clauses()[name]
    except KeyError:
        raise InputError(say("pack.no_clause", clause=name)) from None
