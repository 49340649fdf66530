"""Scenarios for hospital systems: acts of patients in order, and what goes wrong at the platform during each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal

from attrs import frozen

from conformance.drive.protocol import Result
from conformance.profile import FEATURES, reference_items
from conformance.scenario.load import path_of
from conformance.scenario.model import PATIENT, Change, Charged, InstitutionNeed, PersonNeed, Scenario
from sim import interface
from sim.errors import BadFileError, InputError
from sim.files import Document, check, read_yaml
from sim.lang import plain, say
from sim.money import MoneyError, parse, scaled

Do = Literal["present", "register", "admit", "bill", "discharge", "estimate", "pay", "cancel", "leave", "end_day"]
Kind = Literal["lost", "silent", "slow", "html", "half", "doubled", "misnamed", "refuse", "alter"]
Stage = Literal["before", "after"]
STAGED = ("lost", "silent", "html")
ALWAYS = 1_000_000
CREDENTIALS = {"token": "01", "identity_card": "02", "security_card": "03"}


@frozen
class Trouble:
    """What goes wrong with messages of one transaction during an act.

    lost: the connection is reset; silent: nothing comes for ``seconds``, then the connection ends; slow: the answer
    comes ``seconds`` late; html: an error page instead of the answer; half: the connection ends after half of it;
    doubled: it comes twice in one body; misnamed: it names
    another message; refuse: the platform says no with ``text`` and does nothing; alter: the answer
    is changed. ``stage``: whether the trouble comes ``before`` the platform has handled the message (it then never
    does) or ``after``. Leaves out the first ``skip`` messages, then hits ``times``.
    """

    kind: Kind
    infno: str
    stage: Stage = "after"
    skip: int = 0
    times: int = 1
    seconds: Decimal | int = 0
    text: str = ""
    changes: tuple[Change, ...] = ()

    @property
    def name(self) -> str:
        """How the conversation tells of it."""
        return f"{self.kind}:{self.stage}" if self.kind in STAGED else self.kind


@frozen
class Act:
    """One thing a patient, or the clock, makes the hospital do. ``expect``: the answers that are right."""

    name: str
    do: Do
    person: str = PATIENT
    credential: str = "02"
    account: bool = False
    emergency: bool = False
    lines: tuple[Charged, ...] = ()
    trouble: tuple[Trouble, ...] = ()
    expect: tuple[Result, ...] = ("done",)


@frozen
class HospitalScenario(Scenario):
    """One thing to find out about a hospital system. It has ``acts`` in place of steps."""

    acts: tuple[Act, ...] = ()

    def act(self, name: str) -> Act | None:
        """The act of that name."""
        return next((act for act in self.acts if act.name == name), None)


@cache
def schema() -> Mapping[str, Any]:
    """The JSON Schema of a scenario file for hospital systems."""
    found: dict[str, Any] = json.loads(files("conformance.drive").joinpath("scenario.schema.json").read_text("utf-8"))
    return found


def is_scenario(file: Path | Traversable) -> bool:
    """Whether a file tells acts of a hospital, not messages to a platform."""
    data = read_yaml(file).data
    return isinstance(data, Mapping) and "acts" in data


def read_scenario(file: Path | Traversable, name: str | None = None) -> tuple[HospitalScenario, Document]:
    """Read one scenario. Raises InputError or BadFileError naming file, line and key."""
    document = read_yaml(file, name)
    return parse_scenario(document), document


def parse_scenario(document: Document) -> HospitalScenario:
    """A scenario from a file already read."""
    check(document, schema())
    data: Mapping[str, Any] = document.data
    problems = list(_problems(document, data))
    if problems:
        raise BadFileError(problems)
    needs = data.get("needs", {})
    people = {PATIENT: needs.get("person", {})} | ({"other": needs["other"]} if "other" in needs else {})
    about = data.get("about")
    return HospitalScenario(
        id=data["id"],
        title=plain(**data["title"]),
        requirements=tuple(data["requirements"]),
        steps=(),
        people=tuple((role, PersonNeed(**need)) for role, need in people.items()),
        institution=InstitutionNeed(**needs.get("institution", {})),
        features=tuple(needs.get("features", ())),
        about=plain(**about) if about else None,
        acts=tuple(_act(row, name) for name, row in _named(data["acts"])),
    )


def _named(rows: list[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Acts with names: one without is called by what it does, the second time with ``_2``."""
    seen: dict[str, int] = {}
    for row in rows:
        name = row.get("name")
        if name is None:
            seen[row["do"]] = seen.get(row["do"], 0) + 1
            name = row["do"] if seen[row["do"]] == 1 else f"{row['do']}_{seen[row['do']]}"
        yield name, row


def _act(row: Mapping[str, Any], name: str) -> Act:
    given = row.get("expect", "done")
    expect: list[Any] = [given] if isinstance(given, str) else list(given)
    return Act(
        name=name,
        do=row["do"],
        person=row.get("person", PATIENT),
        credential=CREDENTIALS[row.get("credential", "identity_card")],
        account=row.get("account") == "use",
        emergency=row.get("emergency", False),
        lines=tuple(
            Charged(one["item"], scaled(one.get("quantity", 1), 4), one.get("approved")) for one in row.get("lines", ())
        ),
        trouble=tuple(map(_trouble, row.get("trouble", ()))),
        expect=tuple(expect),
    )


def _trouble(row: Mapping[str, Any]) -> Trouble:
    return Trouble(
        kind=row["do"],
        infno=str(row["infno"]),
        stage="before" if row["do"] == "refuse" else row.get("stage", "after"),
        skip=row.get("skip", 0),
        times=ALWAYS if "always" in row else row.get("times", 1),
        seconds=row.get("seconds", 0),
        text=row.get("text", ""),
        changes=tuple(_change(path, value) for path, value in row.get("set", {}).items()),
    )


def _change(path: str, value: Any) -> Change:
    """An override of a value of an answer: a literal, or ``{plus: 0.01}``. Raises ValueError or MoneyError."""
    if isinstance(value, Mapping) and set(value) == {"plus"}:
        return Change(path_of(path), plus=parse(value["plus"]))
    return Change(path_of(path), value=value)


_NEEDS: Mapping[str, str] = {"silent": "seconds", "slow": "seconds", "refuse": "text", "alter": "set"}
"""What a kind of trouble cannot do without."""


def _problems(document: Document, data: Mapping[str, Any]) -> Iterator[InputError]:
    """What a JSON Schema cannot say: names that must exist, keys that belong together."""
    infnos, items = tuple(interface.interface().transactions), tuple(reference_items())
    for number, feature in enumerate(data.get("needs", {}).get("features", ())):
        if feature not in FEATURES:
            yield _unknown(document, feature, tuple(FEATURES), "needs", "features", number)
    names: set[str] = set()
    for number, (name, row) in enumerate(_named(data["acts"])):
        at = ("acts", number)
        if name in names:
            yield document.error(say("scenario.step_twice", name=name), *at, "name")
        names.add(name)
        if row.get("person") == "other" and "other" not in data.get("needs", {}):
            yield document.error(say("scenario.no_other"), *at, "person")
        yield from _misplaced(document, row, *at)
        for line, one in enumerate(row.get("lines", ())):
            if one["item"] not in items:
                yield _unknown(document, one["item"], items, *at, "lines", line, "item")
        for which, trouble in enumerate(row.get("trouble", ())):
            here = (*at, "trouble", which)
            if str(trouble["infno"]) not in infnos:
                yield _unknown(document, str(trouble["infno"]), infnos, *here, "infno")
            yield from _trouble_keys(document, trouble, *here)


_PLACES: Mapping[str, tuple[str, ...]] = {
    "lines": ("bill",),
    "account": ("estimate", "pay"),
    "credential": ("present",),
    "emergency": ("register",),
}


def _misplaced(document: Document, row: Mapping[str, Any], *at: str | int) -> Iterator[InputError]:
    for key, places in _PLACES.items():
        if key in row and row["do"] not in places:
            yield document.error(say("hospital.scenario.misplaced", key=key, do=row["do"]), *at, key)
    if row["do"] == "bill" and "lines" not in row:
        yield document.error(say("file.missing_key", key="lines"), *at)


def _trouble_keys(document: Document, row: Mapping[str, Any], *at: str | int) -> Iterator[InputError]:
    kind = row["do"]
    needed = _NEEDS.get(kind)
    if needed is not None and needed not in row:
        yield document.error(say("file.missing_key", key=needed), *at)
    for key in ("seconds", "text", "set", "stage"):
        right = kind in STAGED if key == "stage" else _NEEDS.get(kind) == key
        if key in row and not right:
            yield document.error(say("hospital.scenario.misplaced", key=key, do=kind), *at, key)
    if "always" in row and "times" in row:
        yield document.error(say("hospital.scenario.misplaced", key="times", do="always"), *at, "times")
    for path, value in row.get("set", {}).items():
        try:
            _change(path, value)
        except (MoneyError, ValueError):
            yield document.error(say("scenario.bad_change", path=path), *at, "set", path)


def _unknown(document: Document, given: str, valid: tuple[str, ...], *at: str | int) -> InputError:
    shown = ", ".join(valid if len(valid) <= 12 else [*valid[:12], "..."])
    return document.error(say("file.not_one_of", value=repr(given), allowed=shown), *at, valid=valid, given=given)
