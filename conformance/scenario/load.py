"""Scenarios from YAML. Everything wrong is told at once, with file, line, key and the nearest valid name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from conformance.profile import FEATURES, reference_items
from conformance.scenario.model import (
    PATIENT,
    Change,
    Charged,
    Fault,
    FileNeed,
    InstitutionNeed,
    PersonNeed,
    Scenario,
    Step,
)
from conformance.scenario.spoil import SPOILS
from sim import interface
from sim.errors import BadFileError, InputError
from sim.files import Document, check, read_yaml
from sim.lang import plain, say
from sim.money import MoneyError, parse, scaled

MONTH = ("month_begins", "month_ends")
"""Dates of last month, as a change may name them."""
_INDEX = re.compile(r"^([^\[\]]+)((?:\[\d+\])*)$")


@cache
def schema() -> Mapping[str, Any]:
    """The JSON Schema of a scenario file."""
    found: dict[str, Any] = json.loads(files("conformance.scenario").joinpath("schema.json").read_text("utf-8"))
    return found


def read_scenario(file: Path | Traversable, name: str | None = None) -> tuple[Scenario, Document]:
    """Read one scenario. Raises InputError or BadFileError. A negative one has no steps yet: its pack joins it to its
    base (`join`)."""
    document = read_yaml(file, name)
    return parse_scenario(document), document


def parse_scenario(document: Document) -> Scenario:
    """A scenario from a file already read."""
    check(document, schema())
    data: Mapping[str, Any] = document.data
    problems = list(_Lint(document).problems())
    if problems:
        raise BadFileError(problems)
    needs = data.get("needs", {})
    people = {"patient": needs.get("person", {})} | ({"other": needs["other"]} if "other" in needs else {})
    about = data.get("about")
    return Scenario(
        id=data["id"],
        title=plain(**data["title"]),
        requirements=tuple(data["requirements"]),
        steps=tuple(_named(data.get("steps", ()))),
        people=tuple((role, PersonNeed(**need)) for role, need in people.items()),
        institution=InstitutionNeed(**needs.get("institution", {})),
        second=InstitutionNeed(**needs["second"]) if "second" in needs else None,
        features=tuple(needs.get("features", ())),
        fault=_fault(data["fault"]) if "fault" in data else None,
        base=data.get("base", ""),
        about=plain(**about) if about else None,
    )


def path_of(dotted: str) -> tuple[str | int, ...]:
    """``"input.feedetail[0].cnt"`` as ``("input", "feedetail", 0, "cnt")``. Raises ValueError when it is not a path."""
    found: list[str | int] = []
    for part in dotted.split("."):
        match = _INDEX.match(part)
        if match is None:
            raise ValueError(dotted)
        found.append(match[1])
        found += [int(number) for number in re.findall(r"\[(\d+)\]", match[2])]
    return tuple(found)


def _named(rows: Sequence[Mapping[str, Any]]) -> Iterator[Step]:
    return (step_from(row, name) for name, row in _named_rows(rows))


def _named_rows(rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Rows with names: a step without one is called by its transaction, the second time with ``_2``."""
    seen: dict[str, int] = {}
    for row in rows:
        if "name" in row:
            yield row["name"], row
            continue
        name = str(row.get("send") or "") or f"repeat_{row.get('repeat', row.get('again'))}"
        seen[name] = seen.get(name, 0) + 1
        yield (name if seen[name] == 1 else f"{name}_{seen[name]}"), row


def step_from(row: Mapping[str, Any], name: str) -> Step:
    """One step from its row in a file, as a name calls it."""
    return Step(
        name=name,
        send=str(row.get("send", "")),
        repeat=str(row.get("repeat", "")),
        again=str(row.get("again", "")),
        msgid_of=str(row.get("msgid_of", "")),
        of=str(row.get("of", "")),
        person=row.get("person", PATIENT),
        visit=str(row.get("visit", "1")),
        batch=str(row.get("batch", "1")),
        account=row.get("account") == "use",
        emergency=row.get("emergency", False),
        at=row.get("at", "first"),
        bill=_bill(row.get("bill", ())),
        file=_file(row.get("file", {})),
        values=_values(row.get("values", {})),
        body=_body(row.get("body")),
        headers=tuple(row.get("headers", {}).items()),
        held=row.get("held", False),
        lost=row.get("lost", False),
        times=row.get("times", 1),
        changes=_changes(row.get("set", {})),
        removed=tuple(map(path_of, row.get("remove", ()))),
        expect=row.get("expect", "same_reply" if "repeat" in row else "accepted"),
    )


def _fault(row: Mapping[str, Any]) -> Fault:
    extra, first = row.get("extra"), row.get("first")
    return Fault(
        step=str(row["step"]),
        changes=_changes(row.get("set", {})),
        removed=tuple(map(path_of, row.get("remove", ()))),
        person=row.get("person", ""),
        at=row.get("at", ""),
        values=_values(row.get("values", {})),
        body=_body(row.get("body")),
        headers=tuple(row.get("headers", {}).items()),
        file=_file(row["file"]) if "file" in row else None,
        first=step_from(first, first.get("name", "before")) if first else None,
        extra=step_from(extra, extra.get("name", "fault")) if extra else None,
        follow=row.get("follow", False),
    )


def _bill(rows: Sequence[Mapping[str, Any]]) -> tuple[Charged, ...]:
    return tuple(
        Charged(row["item"], scaled(row.get("quantity", 1), 4), row.get("approved"), row.get("back_of", 0))
        for row in rows
    )


def _file(row: Mapping[str, Any]) -> FileNeed:
    changed = tuple((str(step), parse(value)) for step, value in row.get("change", {}).items())
    return FileNeed(tuple(map(str, row.get("leave_out", ()))), changed, row.get("made_up", 0))


def _values(rows: Mapping[str, Any]) -> tuple[Change, ...]:
    return tuple(_change((name,), value) for name, value in rows.items())


def _body(row: Mapping[str, Any] | None) -> tuple[str, int] | None:
    return next(((name, int(count)) for name, count in row.items()), None) if row else None


def _changes(rows: Mapping[str, Any]) -> tuple[Change, ...]:
    return tuple(_change(path_of(path), value) for path, value in rows.items())


def _change(path: tuple[str | int, ...], value: Any) -> Change:
    if isinstance(value, Mapping) and set(value) == {"from"}:
        return Change(path, source=value["from"])
    if isinstance(value, Mapping) and set(value) == {"plus"}:
        return Change(path, plus=parse(value["plus"]))
    if isinstance(value, Mapping) and set(value) in ({"date"}, {"time"}):
        (moment,) = value
        if not (isinstance(value[moment], int) or (moment == "date" and value[moment] in MONTH)):
            raise ValueError(value)
        return Change(path, value=value[moment], moment=moment)
    return Change(path, value=value)


FAULTS = ("set", "remove", "person", "at", "values", "body", "headers", "file", "first", "extra")
"""What the one fault of a negative scenario may be."""


class _Lint:
    """What a JSON Schema cannot say about a scenario."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.data: Mapping[str, Any] = document.data
        every = (interface.interface(name) for name in interface.names())
        self.infnos = tuple(dict.fromkeys(infno for one in every for infno in one.transactions))

    def problems(self) -> Iterator[InputError]:
        """Every problem, in order of the file."""
        steps = self.data.get("steps")
        if ("fault" in self.data) != ("base" in self.data) or (steps is None) == ("base" not in self.data):
            yield self.document.error(say("scenario.steps_or_base"), "base" if "base" in self.data else "steps")
            return
        for number, feature in enumerate(self.data.get("needs", {}).get("features", ())):
            if feature not in FEATURES:
                yield self._unknown(feature, tuple(FEATURES), "needs", "features", number)
        names: list[str] = []
        named = list(_named_rows(steps or ()))
        for number, (name, row) in enumerate(named):
            yield from self._step(row, names, "steps", number)
            if name in names:
                yield self.document.error(say("scenario.step_twice", name=name), "steps", number, "name")
            names.append(name)
        if "fault" in self.data:
            yield from self._fault(self.data["fault"])

    def _step(self, row: Mapping[str, Any], before: Sequence[str] | None, *at: str | int) -> Iterator[InputError]:
        kinds = [kind for kind in ("send", "repeat", "again") if kind in row]
        if len(kinds) != 1:
            yield self.document.error(say("scenario.one_of", allowed="send, repeat, again"), *at)
        if "send" in row and str(row["send"]) not in self.infnos:
            yield self._unknown(str(row["send"]), self.infnos, *at, "send")
        if before is not None:
            for key in ("repeat", "again", "msgid_of", "of"):
                if key in row and str(row[key]) not in before:
                    yield self._unknown(str(row[key]), before, *at, key)
        if (
            row.get("person", PATIENT) == "other"
            and "base" not in self.data
            and "other" not in self.data.get("needs", {})
        ):
            yield self.document.error(say("scenario.no_other"), *at, "person")
        yield from self._parts(row, *at)

    def _fault(self, row: Mapping[str, Any]) -> Iterator[InputError]:
        kinds = [kind for kind in FAULTS if kind in row]
        if len(kinds) != 1 or any(len(row.get(kind, (0,))) != 1 for kind in ("set", "remove", "values", "headers")):
            yield self.document.error(say("scenario.one_fault", allowed=", ".join(FAULTS)), "fault")
        for kind in ("first", "extra"):
            if kind in row:
                yield from self._step(row[kind], None, "fault", kind)
        yield from self._parts(row, "fault")

    def _parts(self, row: Mapping[str, Any], *at: str | int) -> Iterator[InputError]:
        items = tuple(reference_items())
        for number, line in enumerate(row.get("bill", ())):
            if line["item"] not in items:
                yield self._unknown(line["item"], items, *at, "bill", number, "item")
        for key in ("set", "values"):
            for path, value in row.get(key, {}).items():
                try:
                    _change(path_of(path), value)
                except (MoneyError, ValueError):
                    yield self.document.error(say("scenario.bad_change", path=path), *at, key, path)
        for name in row.get("body", ()):
            if name not in SPOILS:
                yield self._unknown(name, tuple(SPOILS), *at, "body", name)
        second = "base" not in self.data and "second" not in self.data.get("needs", {})
        if row.get("at") == "second" and second:
            yield self.document.error(say("scenario.no_second"), *at, "at")
        for number, path in enumerate(row.get("remove", ())):
            try:
                path_of(path)
            except ValueError:
                yield self.document.error(say("scenario.bad_change", path=path), *at, "remove", number)

    def _unknown(self, given: str, valid: Sequence[str], *at: str | int) -> InputError:
        shown = ", ".join(valid if len(valid) <= 12 else [*valid[:12], "..."])
        text = say("file.not_one_of", value=repr(given), allowed=shown)
        return self.document.error(text, *at, valid=valid, given=given)
