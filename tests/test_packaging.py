"""What is installed is what was tested: data in the wheel, lower bounds that exist, a lock without addresses."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(out.glob("*.whl"))


def test_every_data_file_travels_in_the_wheel(wheel: Path) -> None:
    """All of fixtures/ and scenarios/, the packages, yidi.py; nothing of the tests."""
    inside = set(zipfile.ZipFile(wheel).namelist())
    tracked = subprocess.run(
        ["git", "ls-files", "fixtures", "scenarios"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split("\n")
    data = [f"sim/_data/{name}" for name in tracked if name and (ROOT / name).exists()]
    assert data
    assert [name for name in data if name not in inside] == []
    assert "yidi.py" in inside
    assert not [name for name in inside if name.startswith(("tests", "fixtures", "scenarios", "docs"))]


def test_the_wheel_works_without_a_checkout(wheel: Path, tmp_path: Path) -> None:
    """Unpacked elsewhere, the command line finds its data."""
    zipfile.ZipFile(wheel).extractall(tmp_path)
    code = "import yidi, sys; sys.argv = ['yidi', 'pack', 'list']; yidi.main()"
    ran = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {code}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "outpatient" in ran.stdout


def test_each_lower_bound_is_a_version_that_was_run() -> None:
    """The lock holds every direct dependency at its bound or above, and no address at all."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *(d for extra in project["optional-dependencies"].values() for d in extra)]
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pins = dict(re.findall(r"^([a-z0-9._-]+)==([^ ;]+)", lock, re.MULTILINE))
    assert "://" not in lock
    assert " @ " not in lock
    assert "--find-links" not in lock
    assert "--index-url" not in lock
    for line in wanted:
        name, bound = re.fullmatch(r"([A-Za-z0-9._-]+)(?:\[\w+\])?>=([^;]+?)(?:; .*)?", line).groups()
        assert tuple(map(int, re.findall(r"\d+", bound))) <= tuple(map(int, re.findall(r"\d+", pins[name.lower()]))), (
            name
        )
