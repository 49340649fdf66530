"""The jobs and the container file that vendors copy: they parse, and what they run is what there is."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.end_to_end.commands import QUIET, ROOT, serving, yidi

GITHUB, GITLAB = ROOT / "docs/ci/github-actions.yml", ROOT / "docs/ci/gitlab-ci.yml"
PROFILE = "name: ci\nrole: platform\n"


def github() -> tuple[list[str], dict[str, str], dict[str, object]]:
    job = yaml.safe_load(GITHUB.read_text(encoding="utf-8"))["jobs"]["conformance"]
    kept = next(step for step in job["steps"] if "upload-artifact" in step.get("uses", ""))
    return [step["run"] for step in job["steps"] if "run" in step], job["env"], kept


def gitlab() -> tuple[list[str], dict[str, str], dict[str, object]]:
    job = yaml.safe_load(GITLAB.read_text(encoding="utf-8"))["yidi"]
    return [*job["before_script"], *job["script"]], job["variables"], job["artifacts"]


@pytest.mark.parametrize("read", [github, gitlab])
def test_the_job_certifies_and_keeps_its_report(read, tmp_path: Path) -> None:
    """Its own command line, run against a real server with one pack, ends well and leaves what the job keeps."""
    lines, variables, kept = read()
    (command,) = [line for line in lines if line.startswith("yidi")]
    (tmp_path / "profile.yaml").write_text(PROFILE, "utf-8")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with serving() as url:
        env = {**QUIET, **variables, "TARGET": f"{url}/fsi/api", "PATH": path, "LANG": "C.UTF-8"}
        done = subprocess.run(
            ["bash", "-c", f"{command} --pack smoke"], cwd=tmp_path, env=env, capture_output=True, text=True
        )
    assert (0, "") == (done.returncode, done.stderr), done.stdout
    assert "report" in str(kept)
    for name in ("report.html", "junit.xml", "badge.svg"):
        assert (tmp_path / "report" / name).is_file()


def test_the_report_is_kept_whatever_the_verdict() -> None:
    """A red run is the one whose report is wanted."""
    assert "always()" == github()[2]["if"]
    assert "always" == gitlab()[2]["when"]
    assert "report/junit.xml" == gitlab()[2]["reports"]["junit"]


def test_the_container_copies_what_the_project_is_made_of() -> None:
    """Every path exists, nothing that is installed is left out, and its command is one of ours."""
    text = (ROOT / "Containerfile").read_text(encoding="utf-8")
    copied = {word for line in re.findall(r"^COPY (.+) \./\S*$", text, re.MULTILINE) for word in line.split()}
    assert [] == [name for name in copied if not (ROOT / name).exists()]
    assert {"sim", "conformance", "scenarios", "fixtures", "yidi.py", "pyproject.toml"} <= copied
    entry, *words = [
        *yaml.safe_load(re.search(r"^ENTRYPOINT (.+)$", text, re.MULTILINE)[1]),
        *yaml.safe_load(re.search(r"^CMD (.+)$", text, re.MULTILINE)[1]),
    ]
    assert "yidi" == entry
    refused = yidi(*words)
    assert (2, True) == (refused.returncode, "token" in refused.stderr.lower())
