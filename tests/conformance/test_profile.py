"""Profiles: defaults, what a file may say, and errors that name the place."""

from pathlib import Path

import pytest

from conformance.profile import FEATURES, Profile, read_profile
from sim.errors import BadFileError, InputError
from sim.files import parse_yaml
from sim.platform.people import persons


def write(folder: Path, text: str) -> Path:
    file = folder / "target.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_without_a_file_everything_is_the_references(tmp_path: Path) -> None:
    """The default profile and an empty file say the same, but for name and digest."""
    empty = read_profile(write(tmp_path, "{}\n"))
    standard = Profile()
    same = ("role", "interface", "path", "amounts", "infcode", "policy", "people", "institutions", "items", "features")
    assert [getattr(standard, name) for name in same] == [getattr(empty, name) for name in same]
    assert persons() == standard.people


def test_a_full_profile_is_read(tmp_path: Path) -> None:
    """Every key reaches the value it is for."""
    file = write(
        tmp_path,
        """
name: vendor
role: platform
endpoint: {url: "http://192.0.2.1/fsi", path: infno}
amounts: string
infcode: string
timeouts: {connect_ms: 100, reply_ms: 200}
policy: {default: unknown, 110000-310: beijing-employee}
people:
  - {psn_name: 测试, certno: "991101199001010011", insutype: "310", insuplc_admdvs: "110000", psn_type: "1101",
     filings: [{kind: referral, destination: "520000", to: "2030-12-31"}]}
items: {XZ99000001: {code: A1, price: 4.52}}
features: {cancel_2208: false}
waivers: [{check: AMT-A6, reason: known, owner: ops, until: "2030-01-01"}]
""",
    )
    profile = read_profile(file)
    assert ("vendor", "infno", "string", "string", 100, 200) == (
        profile.name,
        profile.path,
        profile.amounts,
        profile.infcode,
        profile.connect_ms,
        profile.reply_ms,
    )
    assert "beijing-employee" == profile.policy_name("110000", "310")
    assert "unknown" == profile.policy_name("520100", "310")
    assert ("A1", 4_520_000) == (profile.items["XZ99000001"].code, profile.items["XZ99000001"].price)
    assert not profile.promises("cancel_2208")
    assert profile.promises("reversal_2601")
    person = profile.person("991101199001010011")
    assert person is not None
    assert "referral" == person.filings[0].kind
    assert "AMT-A6" == profile.waivers[0].check


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("rolle: platform\n", 1, "rolle"),
        ("name: a\nrole: platfrom\n", 2, "nearest valid name: platform"),
        ("interface: natinal\n", 1, "nearest valid name: national"),
        ("features:\n  cancel_2280: true\n", 2, "nearest valid name: cancel_2208"),
        ("endpoint: {url: ftp://x}\n", 1, "endpoint.url"),
        ("amounts: numbers\n", 1, "nearest valid name: number"),
        ("waivers:\n  - {check: A, reason: b, owner: c, until: '2030-02-30'}\n", 2, "2030-02-30"),
        ("waivers:\n  - {check: A, reason: b, until: '2030-02-01'}\n", 2, "owner"),
        ("items:\n  XZ9900001: {code: A, price: 1}\n", 2, "nearest valid name: XZ990000"),
        ("timeouts: {reply_ms: 0}\n", 1, "timeouts.reply_ms"),
    ],
)
def test_a_mistake_names_line_key_and_what_was_meant(tmp_path: Path, text: str, line: int, says: str) -> None:
    """One clear error: file, line, and the nearest valid name."""
    with pytest.raises(InputError) as caught:
        read_profile(write(tmp_path, text))
    shown = caught.value.show("en")
    assert f"line {line}" in shown
    assert says in shown


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """Nobody fixes a file one error at a time."""
    with pytest.raises(BadFileError) as caught:
        read_profile(write(tmp_path, "rolle: x\namounts: text\nsignature: sm3\n"))
    assert 3 == len(caught.value.problems)


def test_the_same_person_twice_is_an_error(tmp_path: Path) -> None:
    """Isolation by person needs persons that differ."""
    row = "{psn_name: 测试, certno: '1', insutype: '310', insuplc_admdvs: '110000', psn_type: '11'}"
    with pytest.raises(InputError, match="already"):
        read_profile(write(tmp_path, f"people:\n  - {row}\n  - {row}\n"))


def test_features_are_yes_or_no() -> None:
    """Asking for a feature that does not exist is a mistake of the suite, not a no."""
    with pytest.raises(KeyError):
        Profile().promises("cancel")
    assert all(isinstance(value, bool) for value in FEATURES.values())
    assert parse_yaml("a: 1").data == {"a": 1}
