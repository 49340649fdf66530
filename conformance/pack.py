"""Packs: folders of scenarios with a ``pack.yaml``. Reading one runs no code and never leaves its folder."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from attrs import evolve, field, frozen

from conformance.drive import scenario as hospital
from conformance.requirements import clauses
from conformance.scenario.load import read_scenario
from conformance.scenario.model import Scenario
from sim import interface, resources
from sim.errors import BadFileError, InputError, Place, nearest
from sim.files import Document, check, read_yaml
from sim.lang import Text, plain, say

MANIFEST = "pack.yaml"
LARGEST = 256 * 1024
"""The largest file of a pack that is read, in bytes; a scenario has a few kilobytes."""
MOST = 2000
"""The most scenarios a pack may have."""


@frozen
class Pack:
    """A set of scenarios that are replayed together, in order of id.

    ``files``: what it was read from, byte for byte.
    """

    name: str
    version: str
    role: str
    interfaces: tuple[str, ...]
    title: Text
    scenarios: tuple[Scenario, ...]
    files: tuple[tuple[str, bytes], ...] = field(default=(), eq=False, repr=False)

    def scenario(self, name: str) -> Scenario:
        """The scenario of that id. Raises InputError with the nearest one."""
        found = next((s for s in self.scenarios if s.id == name), None)
        if found is None:
            ids = [s.id for s in self.scenarios]
            raise InputError(say("pack.no_scenario", id=name, pack=self.name), nearest=nearest(name, ids))
        return found


def packs(role: str = "", interface: str = "") -> tuple[str, ...]:
    """The names of the packs that come with the project; with ``role`` only those for such a side under test, with
    ``interface`` only those for that interface."""
    folder = resources.scenarios("packs")
    names = sorted(entry.name for entry in folder.iterdir() if entry.joinpath(MANIFEST).is_file())
    found = ((name, *_made_for(name)) for name in names)
    return tuple(n for n, for_role, ifaces in found if role in ("", for_role) and interface in ("", *ifaces))


@cache
def _made_for(name: str) -> tuple[str, tuple[str, ...]]:
    """The role and the interfaces of a pack that comes with the project."""
    data = read_yaml(resources.scenarios("packs", name).joinpath(MANIFEST), f"scenarios/packs/{name}/{MANIFEST}").data
    return str(data["role"]), tuple(data["interfaces"])


def load_pack(name_or_path: str | Path) -> Pack:
    """A pack by its name, or from a folder. Raises InputError or BadFileError with all problems of all its files."""
    if isinstance(name_or_path, str) and name_or_path in packs():
        return _load(resources.scenarios("packs", name_or_path), f"scenarios/packs/{name_or_path}")
    path = Path(name_or_path)
    if not path.is_dir():
        raise InputError(say("pack.not_found", name=str(name_or_path)), nearest=nearest(str(name_or_path), packs()))
    _stay_inside(path)
    return _load(path, str(path))


@cache
def schema() -> Mapping[str, Any]:
    """The JSON Schema of ``pack.yaml``."""
    found: dict[str, Any] = json.loads(files("conformance").joinpath("pack.schema.json").read_text("utf-8"))
    return found


def _stay_inside(folder: Path) -> None:
    """A link may not lead out of the folder: a pack from a stranger reads nothing else."""
    root = folder.resolve()
    for entry in folder.rglob("*"):
        if not entry.resolve().is_relative_to(root):
            raise InputError(say("pack.leads_out", file=entry.name), Place(str(entry)))


def _load(folder: Traversable | Path, shown: str) -> Pack:
    manifest = read_yaml(_small(folder.joinpath(MANIFEST), f"{shown}/{MANIFEST}"), f"{shown}/{MANIFEST}")
    check(manifest, schema())
    names = interface.names()
    problems: list[InputError] = []
    for number, one in enumerate(manifest.data["interfaces"]):
        if one not in names:
            text = say("file.not_one_of", value=repr(one), allowed=", ".join(names))
            problems.append(manifest.error(text, "interfaces", number, valid=names, given=one))
    read: list[tuple[Scenario, Document]] = []
    reader = hospital.read_scenario if manifest.data["role"] == "hospital" else read_scenario
    entries = sorted((e for e in folder.iterdir() if e.name.endswith(".yaml") and e.name != MANIFEST), key=_name)
    if len(entries) > MOST:
        raise InputError(say("pack.too_many", most=MOST), Place(shown))
    for entry in entries:
        name = f"{shown}/{entry.name}"
        try:
            read.append(reader(_small(entry, name), name))
        except BadFileError as error:
            problems += error.problems
        except InputError as error:
            problems.append(error)
    scenarios = _join(read, problems)
    if problems:
        raise BadFileError(problems)
    if not scenarios:
        raise InputError(say("pack.empty"), Place(shown))
    data = manifest.data
    kept = tuple((entry.name, entry.read_bytes()) for entry in (folder.joinpath(MANIFEST), *entries))
    return Pack(
        data["name"], data["version"], data["role"], tuple(data["interfaces"]), plain(**data["title"]), scenarios, kept
    )


def _name(entry: Traversable | Path) -> str:
    return entry.name


def _small(file: Traversable | Path, shown: str) -> Traversable | Path:
    if not file.is_file():
        raise InputError(say("file.not_found", file=shown), Place(shown))
    with file.open("rb") as opened:
        if len(opened.read(LARGEST + 1)) > LARGEST:
            raise InputError(say("pack.file_too_large", limit=LARGEST), Place(shown))
    return file


def _join(read: Iterable[tuple[Scenario, Document]], problems: list[InputError]) -> tuple[Scenario, ...]:
    """Give negative scenarios the steps of their base; find ids that repeat, clauses and steps that do not exist."""
    by_id: dict[str, Scenario] = {}
    documents: dict[str, Document] = {}
    for scenario, document in read:
        if scenario.id in by_id:
            text = say("pack.id_twice", id=scenario.id, file=documents[scenario.id].name)
            problems.append(document.error(text, "id"))
            continue
        by_id[scenario.id], documents[scenario.id] = scenario, document
    known = clauses()
    joined: list[Scenario] = []
    for scenario in by_id.values():
        document = documents[scenario.id]
        for number, clause in enumerate(scenario.requirements):
            if clause not in known:
                text = say("pack.no_clause", clause=clause)
                problems.append(document.error(text, "requirements", number, valid=tuple(known), given=clause))
        if not scenario.base:
            joined.append(scenario)
            continue
        base = by_id.get(scenario.base)
        plain_ids = [s.id for s in by_id.values() if not s.base]
        if base is None or base.base:
            text = say("pack.no_base", id=scenario.base)
            problems.append(document.error(text, "base", valid=plain_ids, given=scenario.base))
            continue
        problems += _faulty_names(scenario, base, document)
        own = document.data.get("needs", {})
        people = dict(base.people)
        people |= {role: need for role, need in scenario.people if role == "other" or "person" in own}
        places = evolve(scenario, institution=base.institution, second=base.second)
        features = tuple(dict.fromkeys((*base.features, *scenario.features)))
        joined.append(evolve(places, steps=base.steps, people=tuple(people.items()), features=features))
    return tuple(sorted(joined, key=lambda s: s.id))


def _faulty_names(scenario: Scenario, base: Scenario, document: Document) -> list[InputError]:
    fault = scenario.fault
    names = [step.name for step in base.steps]
    found: list[InputError] = []
    if fault is None:
        return found
    asked: dict[tuple[str, ...], str] = {("fault", "step"): fault.step}
    for kind, extra in (("first", fault.first), ("extra", fault.extra)):
        if extra is None:
            continue
        asked |= {("fault", kind, key): getattr(extra, key) for key in ("repeat", "again", "msgid_of", "of")}
        if extra.name in names:
            found.append(document.error(say("scenario.step_twice", name=extra.name), "fault", kind, "name"))
    for at, name in asked.items():
        if name and name not in names:
            text = say("file.not_one_of", value=repr(name), allowed=", ".join(names))
            found.append(document.error(text, *at, valid=names, given=name))
    wants_other = "other" in (fault.person, *(one.person for one in (fault.first, fault.extra) if one is not None))
    if wants_other and "other" not in {**dict(base.people), **dict(scenario.people)}:
        found.append(document.error(say("scenario.no_other"), "fault", "person"))
    return found
