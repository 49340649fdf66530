"""The pytest plugin: every scenario a test item, verdicts as on the command line, also under xdist."""

import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from conformance.pack import load_pack
from conformance.profile import read_profile
from conformance.run import certify_platform
from sim.platform import reference
from sim.service import application, running

PACK = "name: small\nversion: '1'\nrole: platform\ninterfaces: [national]\ntitle: {zh: 小, en: Small}\n"
SCENARIO = """id: {id}
title: {{zh: 查询, en: Query}}
requirements: [LIFE-ACCEPT]
needs: {{person: {{insurance: {insurance}}}{more}}}
steps: [{{send: 1101}}, {{send: 2201}}]
"""


def always_empty(_request: object) -> JSONResponse:
    """A platform that answers an empty object to everything."""
    return JSONResponse({})


EMPTY = Starlette(routes=[Route("/{path:path}", always_empty, methods=["POST"])])


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """Six small scenarios, some of which want the same person."""
    return make_pack(tmp_path / "small", "")


def make_pack(folder: Path, more: str) -> Path:
    """A pack of six queries; ``more`` is added to what each needs."""
    folder.mkdir()
    (folder / "pack.yaml").write_text(PACK, "utf-8")
    for number in range(6):
        insurance = "employee" if number % 2 else "resident"
        text = SCENARIO.format(id=f"SML-{number:03d}", insurance=insurance, more=more)
        (folder / f"s{number}.yaml").write_text(text, "utf-8")
    return folder


def run(folder: Path, *options: str, plugin: bool = True) -> subprocess.CompletedProcess[str]:
    """pytest in an empty folder, with the plugin named as the installed package's entry point would."""
    named = ["-p", "conformance.plugin"] if plugin and not installed() else []
    command = [sys.executable, "-m", "pytest", *named, "-p", "no:cacheprovider", "--yidi-lang", "en", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


def installed() -> bool:
    """Whether the package registers the plugin by itself already."""
    from importlib.metadata import entry_points

    return any(entry.value == "conformance.plugin" for entry in entry_points(group="pytest11"))


def outcomes(output: str) -> dict[str, int]:
    """The counts of pytest's last line."""
    return {
        word.rstrip("s"): int(count) for count, word in re.findall(r"(\d+) (passed|failed|skipped|errors?)\b", output)
    }


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_every_scenario_is_an_item_and_the_reference_passes(pack, tmp_path, workers):
    """Six scenarios, six tests, with one process and with two."""
    with running(application(reference())) as url:
        done = run(tmp_path, "--yidi-target", url, "--yidi-pack", str(pack), *workers)
    assert {"passed": 6} == outcomes(done.stdout), done.stdout + done.stderr
    assert 0 == done.returncode


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_a_wrong_platform_fails_as_on_the_command_line(pack, tmp_path, workers):
    """A platform that answers ``{}`` fails the same scenarios as `certify_platform` says, with the finding in words."""
    with running(EMPTY) as url:
        done = run(tmp_path, "--yidi-target", url, "--yidi-pack", str(pack), *workers)
        result = certify_platform(url, read_profile_of({}, tmp_path), [load_pack(pack)])
    wrong = [s.id for s in result.scenarios if result.outcome(s) == "failed"]
    assert {"failed": len(wrong)} == outcomes(done.stdout), done.stdout + done.stderr
    assert (1, 1) == (result.exit_code, done.returncode)
    assert "LIFE-ACCEPT" in done.stdout
    assert f"--pack {pack} --scenario SML-000" in done.stdout
    assert "Traceback" not in done.stdout


def read_profile_of(data: dict[str, object], folder: Path):
    """A profile from a file with this content."""
    import json

    file = folder / "profile.yaml"
    file.write_text(json.dumps(data) if data else "name: standard", "utf-8")
    return read_profile(file)


def test_a_platform_that_is_not_there_is_an_error_not_a_failure(pack, tmp_path):
    """Nobody listens: nothing is said against the target, and the session is not green."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        done = run(tmp_path, "--yidi-target", url, "--yidi-pack", str(pack))
    assert {"error": 6} == outcomes(done.stdout), done.stdout + done.stderr
    assert 0 != done.returncode


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_a_session_in_which_nothing_applied_is_not_green(tmp_path, workers):
    """Every scenario skipped is exit code 5, pytest's word for no tests."""
    pack = make_pack(tmp_path / "small", ", features: [cancel_2208]")
    with running(application(reference())) as url:
        read_profile_of({"name": "p", "features": {"cancel_2208": False}}, tmp_path)
        options = ("--yidi-pack", str(pack), "--yidi-profile", str(tmp_path / "profile.yaml"))
        done = run(tmp_path, "--yidi-target", url, *options, *workers)
    assert {"skipped": 6} == outcomes(done.stdout), done.stdout + done.stderr
    assert 5 == done.returncode
    assert "Nothing was checked" in done.stdout


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_a_stale_waiver_makes_the_session_red(pack, tmp_path, workers):
    """A waiver of something that held in every scenario is named at the end."""
    waiver = {"check": "expectation.accepted", "reason": "r", "owner": "o", "until": "2999-01-01"}
    read_profile_of({"name": "p", "waivers": [waiver]}, tmp_path)
    with running(application(reference())) as url:
        options = ("--yidi-pack", str(pack), "--yidi-profile", str(tmp_path / "profile.yaml"))
        done = run(tmp_path, "--yidi-target", url, *options, *workers)
    assert 1 == done.returncode, done.stdout + done.stderr
    assert "expectation.accepted: stale" in done.stdout


def test_items_can_be_chosen_by_name(pack, tmp_path):
    """``-k`` works as for any test."""
    with running(application(reference())) as url:
        done = run(tmp_path, "--yidi-target", url, "--yidi-pack", str(pack), "-k", "SML-003")
    assert {"passed": 1} == outcomes(done.stdout), done.stdout + done.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--yidi-target", "http://127.0.0.1:1", "--yidi-pack", "outpatiant"), "outpatient"),
        (("--yidi-pack", "outpatient"), "--yidi-target"),
        (("--yidi-target", "http://127.0.0.1:1", "--yidi-profile", "absent.yaml"), "absent.yaml"),
    ],
)
def test_wrong_options_are_wrong_usage(tmp_path, options, said):
    """An unknown pack, a missing target and a missing file are told in one line, with pytest's exit code 4."""
    done = run(tmp_path, *options)
    assert 4 == done.returncode
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_without_its_options_the_plugin_imports_nothing(tmp_path):
    """Whoever has the package installed pays nothing in other projects' tests."""
    (tmp_path / "test_other.py").write_text(
        "import sys\ndef test_other():\n"
        "    loaded = {m.split('.')[0] for m in sys.modules} & {'sim', 'aiohttp', 'jinja2', 'jsonschema', 'rich'}\n"
        "    assert loaded <= {'sim'} and not [m for m in sys.modules if m.startswith('conformance.') and m != 'conformance.plugin']\n"
    )
    done = run(tmp_path)
    assert {"passed": 1} == outcomes(done.stdout), done.stdout
