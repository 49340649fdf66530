"""A real platform that wants SM2 signatures and SM4 encryption, certified as docs/certify.md shows it."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from conformance.conversation import read
from tests.end_to_end.commands import QUIET, ROOT, serving

YAML = re.compile(r"^```yaml\n# (platform|profile)\.yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXPORT = re.compile(r"^export (\w+)=(\S+)$", re.MULTILINE)
CERTIFY = re.compile(r"^yidi (certify platform --target) http://127\.0\.0\.1:8765 (.*) --out out/sealed$", re.MULTILINE)
PAGES = (ROOT / "docs" / "certify.md", ROOT / "docs" / "zh" / "certify.md")


def files(page: Path) -> dict[str, str]:
    return dict(YAML.findall(page.read_text("utf-8")))


def keys(page: Path = PAGES[0]) -> dict[str, str]:
    return dict(EXPORT.findall(page.read_text("utf-8")))


def yidi(
    folder: Path, secrets: Mapping[str, str], *words: str, before: str = "pass"
) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own, with secrets in its environment; ``before`` is run first in it."""
    start = f"import sys; {before}; sys.argv = ['yidi', *sys.argv[1:]]; from yidi import main; main()"
    command = [sys.executable, "-c", start, "--lang", "en", *words]
    env = {**QUIET, "PYTHONPATH": str(ROOT), **secrets}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, env=env)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the example's files stand."""
    found = tmp_path_factory.mktemp("sealed")
    for name, content in files(PAGES[0]).items():
        (found / f"{name}.yaml").write_text(content, encoding="utf-8")
    return found


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    """The example's platform."""
    with serving("--db", "memory", "--settings", folder / "platform.yaml") as found:
        yield found


def test_both_languages_show_the_same_example() -> None:
    """But for the comments."""
    english, chinese = ({n: re.sub(r" *#.*", "", c) for n, c in files(page).items()} for page in PAGES)
    assert {"platform", "profile"} == set(english)
    assert english == chinese
    assert keys(PAGES[0]) == keys(PAGES[1])
    assert CERTIFY.findall(PAGES[0].read_text("utf-8")) == CERTIFY.findall(PAGES[1].read_text("utf-8"))


def test_the_example_is_certified_and_verified_without_a_secret(folder: Path, url: str) -> None:
    """Smoke and outpatient over HTTP: exit 0, no finding; no secret in what was written; verified with none at hand."""
    ((command, more),) = CERTIFY.findall(PAGES[0].read_text("utf-8"))
    assert more.endswith("--pack smoke --pack outpatient")
    done = yidi(folder, keys(), *command.split(), url, *more.split(), "--out", "out")
    assert (0, "") == (done.returncode, done.stderr), done.stdout
    assert "findings: 0, warnings: 0" in done.stdout
    report = json.loads((folder / "out" / "report.json").read_text("utf-8"))
    held = {row["clause"] for row in report["coverage"] if row["clause"].startswith("SEC-") and row["state"] == "held"}
    assert {"SEC-REPLY-SIGNATURE", "SEC-REPLY-OPENS", "SEC-BODY-ALTERED", "SEC-BODY-PLAIN"} <= held
    for file in (folder / "out").rglob("*"):
        content = file.read_bytes() if file.is_file() else b""
        assert not [name for name, secret in keys().items() if secret.encode() in content], file
    sealed = [e for e in read(folder / "out" / "evidence" / "conversation.jsonl") if e.infno == "2207"]
    assert sealed
    assert all(b'"setlinfo"' not in e.reply.body and e.request.opened for e in sealed if e.reply)
    verified = yidi(folder, {}, "verify", "out/evidence")
    assert 0 == verified.returncode, verified.stdout + verified.stderr


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("SM4_KEY", "the platform's SM4 key is not the profile's"),
        ("HOSPITAL_KEY", "right 1101 messages are refused"),
    ],
)
def test_a_wrong_key_is_a_finding_that_says_so(folder: Path, url: str, name: str, says: str) -> None:
    """Exit 1; the first finding names the keys, with what the platform says, and the others follow from it."""
    wrong = {**keys(), name: keys()[name].replace("3", "6")}
    words = ("certify", "platform", "--target", url, "--profile", "profile.yaml", "--pack", "smoke")
    done = yidi(folder, wrong, *words)
    assert 1 == done.returncode, done.stderr
    findings = re.findall(r"^\d+\. finding: (.*)$", done.stdout, re.MULTILINE)
    assert "compare the keys" in findings[0]
    assert says in findings


def test_a_missing_key_is_told_with_its_place(folder: Path) -> None:
    """Exit 2 before anything is sent: the file, the line and the key of the profile, the variable's name."""
    secrets = {name: value for name, value in keys().items() if name != "SM4_KEY"}
    words = ("certify", "platform", "--target", "http://127.0.0.1:9", "--profile", "profile.yaml", "--pack", "smoke")
    done = yidi(folder, secrets, *words)
    lines = files(PAGES[0])["profile"].splitlines()
    line = next(number for number, text in enumerate(lines, 1) if "SM4_KEY" in text)
    assert 2 == done.returncode
    assert f"profile.yaml, line {line}" in done.stderr
    assert "protection.sm4.key_env" in done.stderr
    assert "SM4_KEY" in done.stderr


def test_without_the_extra_the_command_says_how_to_get_it(folder: Path) -> None:
    """Exit 2, not a traceback."""
    words = ("certify", "platform", "--target", "http://127.0.0.1:9", "--profile", "profile.yaml", "--pack", "smoke")
    done = yidi(folder, keys(), *words, before="sys.modules['gmalg'] = None")
    assert 2 == done.returncode
    assert "pip install 'yidi[sm]'" in done.stderr
    assert "Traceback" not in done.stderr
