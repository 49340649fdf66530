"""The declaration of visits is complete data: an engine that reads it finds everything it needs."""

import attrs
import pytest

from sim.interface import interface
from sim.world.draws import PURPOSES
from sim.world.record import Record
from sim.world.visit import DECLARATION, MARKS, MESSAGES, OUTCOMES, WAYS, Stage, VisitKind

KINDS = list(DECLARATION.values())
STAGES = [(kind, stage) for kind in KINDS for stage in kind.stages]


@pytest.mark.parametrize(("kind", "stage"), STAGES, ids=lambda value: value.name)
def test_every_way_leads_somewhere(kind: VisitKind, stage: Stage) -> None:
    """A stage has exactly the ways of its kind, each to a stage of the same visit."""
    assert WAYS[stage.kind] == set(stage.ways)
    assert set(stage.ways.values()) <= {each.name for each in kind.stages}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_stage_is_reached_and_named_once(kind: VisitKind) -> None:
    """No dead stages, no two of one name, and every outcome can happen."""
    stages = {stage.name: stage for stage in kind.stages}
    assert len(stages) == len(kind.stages)
    reached, open_ = set(), [kind.first]
    while open_:
        name = open_.pop()
        if name not in reached:
            reached.add(name)
            open_ += stages[name].ways.values()
    assert set(stages) == reached
    assert set(OUTCOMES) == {stage.uses for stage in kind.stages if stage.kind == "end"}


@pytest.mark.parametrize(("kind", "stage"), STAGES, ids=lambda value: value.name)
def test_names_are_registered(kind: VisitKind, stage: Stage) -> None:
    """Purposes, messages, marks and desks exist elsewhere under the same name."""
    if stage.kind in ("delay", "chance"):
        assert stage.purpose in PURPOSES
    if stage.kind == "message":
        assert stage.uses in MESSAGES
        assert stage.uses in interface().transactions
    if stage.kind == "acquire":
        assert stage.uses in kind.desks
    if stage.mark:
        assert stage.mark in MARKS


def test_marks_are_columns_of_the_record() -> None:
    """Every moment that a stage can mark is in the output."""
    assert {f"{mark}_s" for mark in MARKS} <= {each.name for each in attrs.fields(Record)}


def test_the_declaration_is_pure_data() -> None:
    """It consists of strings, numbers and truth values: nothing in it can be called."""

    def plain(value: object) -> bool:
        if isinstance(value, dict):
            return all(plain(each) for each in (*value, *value.values()))
        if isinstance(value, list | tuple):
            return all(plain(each) for each in value)
        return isinstance(value, str | int | float)

    assert plain([attrs.asdict(kind) for kind in KINDS])
    assert plain([attrs.asdict(message) for message in MESSAGES.values()])


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_desk_that_is_taken_is_given_back(kind: VisitKind) -> None:
    """On every way through a visit, each acquired desk is released before the next one and before the end."""
    stages = {stage.name: stage for stage in kind.stages}
    seen: set[tuple[str, bool]] = set()
    open_ = [(kind.first, False)]
    while open_:
        name, held = open_.pop()
        if (name, held) in seen:
            continue
        seen.add((name, held))
        stage = stages[name]
        if stage.kind == "acquire":
            assert not held
            held = True
        elif stage.kind == "release":
            held = False
        elif stage.kind == "end":
            assert not held
        open_ += [(way, held) for way in stage.ways.values()]
