"""Who may import whom, as docs/architecture.md draws it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

FLOOR = {"sim.money", "sim.lang", "sim.errors", "sim.files", "sim.resources"}
MAY_IMPORT = {
    "sim.interface": FLOOR,
    "sim.benefits": FLOOR,
    "sim.page": FLOOR,
    "sim.drawing": FLOOR | {"sim.benefits", "sim.page"},
    "sim.platform": FLOOR | {"sim.interface", "sim.benefits"},
    "sim.service": FLOOR | {"sim.interface", "sim.benefits", "sim.platform", "sim.page"},
    "sim.world": FLOOR | {"sim.interface", "sim.benefits", "sim.platform"},
    "sim.planning": FLOOR | {"sim.interface", "sim.benefits", "sim.platform", "sim.world", "sim.page"},
    "sim.commands": FLOOR | {"sim.interface", "sim.benefits", "sim.service", "sim.drawing"},
    "conformance": FLOOR
    | {"sim.interface", "sim.benefits", "sim.platform", "sim.service", "sim.world", "sim.planning", "sim.page"}
    | {"sim.drawing", "sim.commands"},
}
TIMELESS = ("sim.interface", "sim.benefits", "sim.platform", "sim.world")
CLOCKS = {"datetime.now", "datetime.today", "datetime.utcnow", "date.today", "time.time", "time.monotonic"}
GLOBAL_CHANCE = {"random", "secrets", "uuid"}


def room(module: str) -> str:
    """The room a module belongs to: ``sim.platform.store`` is in ``sim.platform``."""
    if module.split(".")[0] != "sim":
        return module.split(".")[0]
    return ".".join(module.split(".")[:2])


def imports(source: str) -> Iterator[str]:
    """Every module of this project that a source text imports, also inside functions."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "sim":
                yield from (f"sim.{alias.name}" for alias in node.names)
            else:
                yield node.module


def trespasses(module: str, source: str) -> list[str]:
    """The imports of a module that its room may not make."""
    here = room(module)
    allowed = MAY_IMPORT.get(here, FLOOR) | {here}
    ours = (name for name in imports(source) if name.split(".")[0] in ("sim", "conformance", "yidi"))
    return sorted({name for name in ours if room(name) not in allowed})


def modules(*folders: str) -> Iterator[tuple[str, Path]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


ALL = list(modules("sim", "conformance"))


@pytest.mark.parametrize(("module", "path"), ALL, ids=[m for m, _ in ALL])
def test_a_module_imports_only_what_its_room_may(module: str, path: Path) -> None:
    """No import crosses a wall."""
    assert trespasses(module, path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("sim.platform.x", "import conformance.judge"),
        ("sim.benefits.x", "from sim.platform import store"),
        ("sim.interface.x", "def f():\n    from sim.world import draws"),
        ("sim.platform.x", "from sim import service"),
    ],
)
def test_a_crossed_wall_is_seen(module: str, source: str) -> None:
    """The test itself sees imports at the top, inside functions and through the package."""
    assert trespasses(module, source) != []


def clock_uses(source: str) -> list[str]:
    """Calls that read a clock, and modules with global random state, in a source text."""
    tree = ast.parse(source)
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name in GLOBAL_CHANCE]
        elif isinstance(node, ast.ImportFrom) and node.module in GLOBAL_CHANCE:
            # A Random object is handed in by the caller and holds its own state; the module's functions share one.
            found += [node.module for alias in node.names if alias.name != "Random"]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            dotted = ast.unparse(node)
            found += [clock for clock in CLOCKS if dotted == clock or dotted.endswith("." + clock)]
    return found


@pytest.mark.parametrize(
    ("module", "path"),
    [(m, p) for m, p in ALL if room(m) in TIMELESS],
    ids=[m for m, _ in ALL if room(m) in TIMELESS],
)
def test_the_model_reads_no_clock_and_no_global_chance(module: str, path: Path) -> None:
    """Time and chance come in as arguments."""
    assert clock_uses(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source", ["import random", "import datetime\ndatetime.datetime.now()", "import time\ntime.time()"]
)
def test_a_clock_is_seen(source: str) -> None:
    """The test itself sees what it looks for."""
    assert clock_uses(source) != []
