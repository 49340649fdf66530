"""Packs and scenarios in words, for people who look before they run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from conformance.drive import scenario as hospital
from conformance.pack import Pack, load_pack, packs
from conformance.requirements import clauses
from conformance.scenario.load import read_scenario
from conformance.scenario.model import PATIENT, Scenario, Step
from sim.errors import InputError, nearest
from sim.lang import Lang, Text, say


def check_path(path: Path) -> int:
    """Check a pack folder or a scenario file; the number of scenarios. Raises BadFileError with every problem."""
    if path.is_dir():
        return len(load_pack(path).scenarios)
    reader = hospital.read_scenario if hospital.is_scenario(path) else read_scenario
    reader(path)
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
    if isinstance(scenario, hospital.HospitalScenario):
        yield ""
        for number, act in enumerate(scenario.acts, 1):
            yield f"  {number:2d}. {_act(act):<60} {' | '.join(act.expect)}"
    for run in scenario.runs if scenario.steps else ():
        yield ""
        yield line(say(f"pack.run.{run}"))
        for number, step in enumerate(scenario.steps_of(run), 1):
            yield f"  {number:2d}. {_step(step):<44} {line(say(f'pack.expect.{step.expect}'))}"
    yield ""
    yield line(say("pack.requirements"))
    for name in scenario.requirements:
        yield f"  {name}  {line(clauses()[name].text)}"


def _act(act: hospital.Act) -> str:
    """What a patient does, and what goes wrong meanwhile."""
    trouble = ", ".join(f"{one.infno} {one.name}" + (f" x{one.times}" if one.times > 1 else "") for one in act.trouble)
    return f"{act.do} {act.person if act.do != 'end_day' else ''}".strip() + (
        f" [{trouble}]".replace(f"x{hospital.ALWAYS}", "*") if trouble else ""
    )


def _step(step: Step) -> str:
    what = step.send or (f"= {step.repeat}" if step.repeat else f"~ {step.again}")
    extra = "; ".join(part for part in _special(step) if part)
    return f"{what} {step.name}" + (f" [{extra}]" if extra else "")


def _special(step: Step) -> Iterator[str]:
    """What is special about a step, in the words of its file."""
    yield ", ".join(".".join(map(str, change.path)) for change in (*step.values, *step.changes))
    yield ", ".join("-" + ".".join(map(str, path)) for path in step.removed)
    yield f"body {step.body[0]}" if step.body else ""
    yield ", ".join(name for name, _ in step.headers)
    yield f"person {step.person}" if step.person != PATIENT else ""
    yield f"at {step.at}" if step.at != "first" else ""
    yield f"leave_out {', '.join(step.file.left_out)}" if step.file.left_out else ""
    yield f"change {', '.join(name for name, _ in step.file.changed)}" if step.file.changed else ""
    yield f"made_up {step.file.made_up}" if step.file.made_up else ""
    yield ", ".join(word for word, held in (("held", step.held), ("lost", step.lost)) if held)
    yield f"x{step.times}" if step.times > 1 else ""
