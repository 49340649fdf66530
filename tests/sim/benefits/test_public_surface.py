"""The public surface of the room: what it exports exists, is documented, and is what the architecture names."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import sim.benefits

ROOT = Path(__file__).parents[3]


def test_every_name_exists_once() -> None:
    """No name twice, none that is missing."""
    names = sim.benefits.__all__
    assert len(names) == len(set(names))
    assert all(hasattr(sim.benefits, name) for name in names)


@pytest.mark.parametrize("name", sim.benefits.__all__)
def test_a_name_is_no_submodule_and_is_documented(name: str) -> None:
    """`policy` and `settle` are the functions, not the modules of the same name; classes and functions say what they do."""
    thing = getattr(sim.benefits, name)
    assert not inspect.ismodule(thing)
    if inspect.isclass(thing) or inspect.isfunction(thing):
        assert thing.__module__.startswith("sim.benefits.")
        assert inspect.getdoc(thing)


def test_the_architecture_names_the_surface() -> None:
    """Every name that starts a line of the room's block in docs/architecture.md is exported."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    block = page.split("## `sim.benefits`: who pays")[1].split("```")[1]
    named = set(re.findall(r"^([A-Za-z_]+)(?:\(|:)", block, re.MULTILINE)) - {"python"}
    assert {"policy", "settle", "Case", "Bill", "settle_by_year", "explain_difference", "RELATIONS"} <= named
    assert set() == named - set(sim.benefits.__all__)


def test_the_docstring_names_only_what_exists() -> None:
    """Names in backquotes are exported or are submodules."""
    named = set(re.findall(r"`([A-Za-z_]+)`", sim.benefits.__doc__ or "")) - {"planning"}
    folder = Path(str(sim.benefits.__file__)).parent
    modules = {path.stem for path in folder.iterdir()}
    assert named
    assert set() == named - set(sim.benefits.__all__) - modules


@pytest.mark.parametrize("module", ["explain", "difference", "columns", "relations", "year_end", "bill", "worked"])
def test_a_submodule_may_be_imported_first(module: str) -> None:
    """No cycle that only one order of imports survives; the package's names are still its functions."""
    code = f"import sim.benefits.{module} as m, sim.benefits as b; assert callable(b.policy) and callable(b.settle)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert 0 == done.returncode, done.stderr
