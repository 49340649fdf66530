"""Plans for tests: the ones that come with the project, and edited copies of them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sim.planning import Plan, read_plan
from sim.resources import scenarios

INPATIENTS = (
    ("expected: {statistic: guizhou.2017.inpatients}", "expected: 45"),
    ('to: "2017-12-31"', 'to: "2017-06-20"'),
    ("faults:\n  loss: {value: 0.003, source", "faults:\n  loss: {value: 0.2, source"),
)
"""A short and faulty version of the Guizhou plan: 45 inpatients in 20 days, every fifth exchange lost."""


@pytest.fixture
def edited(tmp_path: Path) -> Callable[..., Path]:
    """Write a copy of a plan with pieces of text replaced; each piece must be there."""

    def edit(name: str, *changes: tuple[str, str]) -> Path:
        text = scenarios("plans", f"{name}.yaml").read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new, 1)
        file = tmp_path / f"{name}.yaml"
        file.write_text(text, encoding="utf-8")
        return file

    return edit


@pytest.fixture(scope="session")
def demo() -> Plan:
    return read_plan("demo-day")


@pytest.fixture(scope="session")
def inpatients(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    text = scenarios("plans", "guizhou-2017.yaml").read_text(encoding="utf-8")
    first = text.index("    connected:")
    text = text[:first] + text[text.index("origins:") :]
    for old, new in INPATIENTS:
        assert old in text, old
        text = text.replace(old, new, 1)
    file = tmp_path_factory.mktemp("plans") / "inpatients.yaml"
    file.write_text(text, encoding="utf-8")
    return read_plan(file)
