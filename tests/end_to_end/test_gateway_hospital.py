"""A hospital system behind a gateway, certified as docs/certify-hospital.md shows it."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from conformance.conversation import read
from sim.interface import crypto
from tests.end_to_end.commands import QUIET, ROOT

YAML = re.compile(r"^```yaml\n# (gateway|sealed)\.yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXPORT = re.compile(r"^export (\w+)=(\S+)$", re.MULTILINE)
CERTIFY = re.compile(
    r'^yidi (?:--lang zh )?certify hospital --drive "python signing_client\.py (.*)" --profile gateway\.yaml --out report$',
    re.MULTILINE,
)
PAGES = (ROOT / "docs" / "certify-hospital.md", ROOT / "docs" / "zh" / "certify-hospital.md")
SHORT = ("--pack", "hospital", "--pack", "hospital-faults", "--scenario", "HOS-001", "--scenario", "HOS-101")
PLATFORM, HOSPITAL = "5e6f7a8b" * 8, "1d2c3b4a" * 8
SEALED = {"PLATFORM_KEY": PLATFORM, "SM4_KEY": "0123456789abcdeffedcba9876543210"}
CLIENT = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from conformance.example.hospital_client import main
from conformance.mutants.gateway_hospitals import SealingHospital
from sim.interface.crypto import Sm4
from sim.interface.protection import Protection
class Sealed(SealingHospital):
    protection = Protection("sm2-input", private_key=sys.argv[1], cipher=Sm4({SEALED["SM4_KEY"]!r}))
    platform_key = {crypto.public_key(PLATFORM)!r}
main(Sealed())
"""


def shown(page: Path = PAGES[0]) -> tuple[dict[str, str], dict[str, str], str]:
    """The files of the example, its secret, and what its client is told."""
    text = page.read_text("utf-8")
    (told,) = CERTIFY.findall(text)
    return dict(YAML.findall(text)), dict(EXPORT.findall(text)), told


def yidi(folder: Path, secrets: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own, with secrets in its environment."""
    command = [sys.executable, "-m", "yidi", "--lang", "en", *words]
    env = {**QUIET, "PYTHONPATH": str(ROOT), **secrets}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, env=env)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the example's files stand, with the clients beside them."""
    for name, content in shown()[0].items():
        (tmp_path / f"{name}.yaml").write_text(content, encoding="utf-8")
    source = (ROOT / "conformance" / "example" / "signing_client.py").read_text("utf-8")
    (tmp_path / "signing_client.py").write_text(source, encoding="utf-8")
    (tmp_path / "sealing_client.py").write_text(CLIENT, encoding="utf-8")
    return tmp_path


def certify(
    folder: Path, secrets: Mapping[str, str], drive: str, profile: str, *more: str
) -> subprocess.CompletedProcess[str]:
    command = f"{sys.executable} {drive}"
    return yidi(folder, secrets, "certify", "hospital", "--drive", command, "--profile", profile, *more)


def no_secret_in(folder: Path, secrets: Mapping[str, str]) -> None:
    for file in folder.rglob("*"):
        content = file.read_bytes() if file.is_file() else b""
        assert not [name for name, secret in secrets.items() if secret.encode() in content], file


def test_both_languages_show_the_same_example() -> None:
    """But for the comments."""
    (english, keys, told), (chinese, *others) = (shown(page) for page in PAGES)
    assert {"gateway", "sealed"} == set(english)
    assert {n: re.sub(r" *#.*", "", c) for n, c in english.items()} == {
        n: re.sub(r" *#.*", "", c) for n, c in chinese.items()
    }
    assert [keys, told] == others


def test_the_example_is_certified_and_verified_without_a_secret(folder: Path) -> None:
    """Every pack: exit 0 and no finding, no secret in what was written; verified and judged with none at hand."""
    _, keys, told = shown()
    done = certify(folder, keys, f"signing_client.py {told}", "gateway.yaml", "--out", "out")
    assert (0, "") == (done.returncode, done.stderr), done.stdout
    assert "findings: 0, warnings: 0" in done.stdout
    report = json.loads((folder / "out" / "report.json").read_text("utf-8"))
    state = {row["clause"]: row["state"] for row in report["coverage"]}
    assert {"held"} == {state[f"HOS-GATEWAY-{name}"] for name in ("SIGNED", "TIME", "SIGNATURE", "ONCE")}
    no_secret_in(folder / "out", keys)
    verified = yidi(folder, {}, "verify", "out/evidence")
    assert 0 == verified.returncode, verified.stdout + verified.stderr
    judged = yidi(folder, {}, "judge", "out/evidence/conversation.jsonl", "--profile", "gateway.yaml")
    assert 0 == judged.returncode, judged.stdout + judged.stderr


def test_a_wrong_secret_is_one_finding_that_says_so(folder: Path) -> None:
    """Exit 1, one cause, and verifying comes to the same."""
    _, keys, told = shown()
    words = told.replace("GATEWAY_SECRET", "OTHER_SECRET")
    secrets = {**keys, "OTHER_SECRET": "that-of-another-place"}
    done = certify(folder, secrets, f"signing_client.py {words}", "gateway.yaml", *SHORT, "--out", "out")
    assert (1, "") == (done.returncode, done.stderr), done.stdout
    told_of = re.findall(r"^\d+\. finding: (.*)$", done.stdout, re.MULTILINE)
    assert ["the signature in headers is wrong: compare access key, secret and algorithm"] == told_of
    assert 0 == yidi(folder, {}, "verify", "out").returncode


def test_a_missing_secret_is_told_by_its_name(folder: Path) -> None:
    """Exit 2, before the hospital system is asked anything."""
    done = certify(folder, {}, "signing_client.py tif HIS-0001 GATEWAY_SECRET", "gateway.yaml")
    assert 2 == done.returncode
    assert "GATEWAY_SECRET" in done.stderr
    assert "Traceback" not in done.stderr


def test_sealed_bodies_are_certified_and_verified_without_a_key(folder: Path) -> None:
    """SM2 and SM4 as the example has them: exit 0 with the hospital's key, 1 with another."""
    done = certify(folder, SEALED, f"sealing_client.py {HOSPITAL}", "sealed.yaml", *SHORT, "--out", "out")
    assert (0, "") == (done.returncode, done.stderr), done.stdout
    no_secret_in(folder / "out", {"PLATFORM_KEY": PLATFORM, "SM4_KEY": SEALED["SM4_KEY"]})
    sealed = [e for e in read(folder / "out" / "evidence" / "conversation.jsonl") if e.infno == "2207"]
    assert sealed
    assert all(b'"mdtrt_id"' not in e.request.body and e.request.opened for e in sealed)
    assert 0 == yidi(folder, {}, "verify", "out/evidence").returncode
    other = HOSPITAL.replace("3", "6")
    done = certify(folder, SEALED, f"sealing_client.py {other}", "sealed.yaml", *SHORT, "--out", "bad")
    assert 1 == done.returncode, done.stderr
    told_of = re.findall(r"^\d+\. finding: (.*)$", done.stdout, re.MULTILINE)
    assert 1 == len(told_of)
    assert "compare the hospital's key" in told_of[0]
