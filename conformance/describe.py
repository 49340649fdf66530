"""Packs and scenarios in words, for people who look before they run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from conformance.pack import Pack, load_pack, packs
from conformance.requirements import clauses
from conformance.scenario.load import read_scenario
from conformance.scenario.model import Scenario, Step
from sim.errors import InputError, nearest
from sim.lang import Lang, Text, say


def check_path(path: Path) -> int:
    """Check a pack folder or a scenario file; the number of scenarios. Raises BadFileError with every problem."""
    if path.is_dir():
        return len(load_pack(path).scenarios)
    read_scenario(path)
    return 1


def describe(name: str, lang: Lang) -> Iterator[str]:
    """A pack by name or folder, or a scenario of any pack by its id, line by line.

    Raises InputError naming the nearest pack or scenario.
    """
    if name in packs() or Path(name).is_dir():
        yield from _pack(load_pack(name), lang)
        return
    known = {scenario.id: scenario for pack in packs() for scenario in load_pack(pack).scenarios}
    if name not in known:
        raise InputError(say("pack.no_such", name=name), nearest=nearest(name, [*packs(), *known]))
    yield from _scenario(known[name], lang)


def _pack(pack: Pack, lang: Lang) -> Iterator[str]:
    yield f"{pack.name} {pack.version}  {pack.title.show(lang)}"
    yield say("pack.interfaces", names=", ".join(pack.interfaces)).show(lang)
    for scenario in pack.scenarios:
        mark = "-" if scenario.negative else "+"
        yield f"  {mark} {scenario.id:<44} {scenario.title.show(lang)}"


def _scenario(scenario: Scenario, lang: Lang) -> Iterator[str]:
    def line(text: Text) -> str:
        return text.show(lang)

    yield f"{scenario.id}  {line(scenario.title)}"
    if scenario.about is not None:
        yield line(scenario.about)
    for run in scenario.runs:
        yield ""
        yield line(say(f"pack.run.{run}"))
        for number, step in enumerate(scenario.steps_of(run), 1):
            yield f"  {number:2d}. {_step(step):<44} {line(say(f'pack.expect.{step.expect}'))}"
    yield ""
    yield line(say("pack.requirements"))
    for name in scenario.requirements:
        yield f"  {name}  {line(clauses()[name].text)}"


def _step(step: Step) -> str:
    what = step.send or (f"= {step.repeat}" if step.repeat else f"~ {step.again}")
    changed = ", ".join(".".join(map(str, c.path)) for c in step.changes)
    removed = ", ".join("-" + ".".join(map(str, path)) for path in step.removed)
    extra = "; ".join(part for part in (changed, removed) if part)
    return f"{what} {step.name}" + (f" [{extra}]" if extra else "")
