"""``protection:`` of a profile: every key reaches its value, mistakes are told, and no secret is shown."""

import sys
from pathlib import Path

import pytest

from conformance.profile import Profile, read_profile
from conformance.profile import schema as profile_schema
from conformance.run import reach
from conformance.sealing import Sealing
from sim.errors import InputError
from sim.interface import crypto
from sim.service.settings import schema as settings_schema
from tests.conformance.sealing.sealed import KEY, OURS, THEIRS, sealing


def profile(tmp_path: Path, section: str) -> Profile:
    file = tmp_path / "target.yaml"
    file.write_text(f"name: t\nprotection:\n  {section}\n", encoding="utf-8")
    return read_profile(file)


def test_every_key_of_the_section_reaches_its_value(tmp_path: Path) -> None:
    """One name for all institutions is the default's; what protects nothing is no protection."""
    public = crypto.public_key(THEIRS)
    read = profile(
        tmp_path,
        f"""signature: sm2-fields
  private_key_env: A_KEY
  public_key: "{public}"
  encoding: raw
  sm4: {{key_env: B_KEY, mode: cbc, iv: "{"44" * 16}"}}
  promises: [wrong_refused, plain_refused]""",
    ).protection
    promises = frozenset({"wrong_refused", "plain_refused"})
    assert Sealing("sm2-fields", {"default": "A_KEY"}, public, "raw", "B_KEY", "cbc", "44" * 16, promises) == read
    assert profile(tmp_path, "encoding: raw").protection is None
    assert Profile().protection is None


@pytest.mark.parametrize(
    ("section", "line", "says"),
    [
        ("signatur: sm2-input", 3, "nearest valid name: signature"),
        ("signature: sm2-inptu", 3, "nearest valid name: sm2-input"),
        ("signature: sm2-input", 2, "private_key_env"),
        (f'private_key: "{OURS}"', 3, "nearest valid name: private_key_env"),
        (f'sm4: {{key: "{KEY}"}}', 3, "key_env"),
        ("sm4: {key_env: 9K}", 3, "protection.sm4.key_env"),
        ("sm4: {key_env: K, mode: cbc}", 3, "32 hexadecimal digits"),
        ('signature: sm3-input\n  public_key: "04"', 4, "130 hexadecimal digits"),
        ("signature: sm2-input\n  private_key_env: {H1: K}", 4, "H1"),
        ("signature: sm2-input\n  private_key_env: {H52019900001: K}", 4, "no private key for the institution"),
        ("signature: sm3-input\n  promises: [plain_refused]", 4, "protection.sm4"),
        ("sm4: {key_env: K}\n  promises: [altered_refused]", 4, "protection.signature"),
        (f'signature: sm3-input\n  public_keys: {{default: "{"11" * 65}"}}', 4, "hospital system under test"),
    ],
)
def test_a_mistake_names_line_and_key_and_shows_no_secret(tmp_path: Path, section: str, line: int, says: str) -> None:
    """Also of somebody who wrote a secret where its variable's name belongs."""
    with pytest.raises(InputError) as caught:
        profile(tmp_path, section)
    shown = caught.value.show("en")
    assert f"line {line}" in shown
    assert says in shown
    assert OURS not in shown
    assert KEY not in shown


@pytest.mark.parametrize(
    ("name", "value", "line", "says"),
    [
        ("YIDI_TEST_PRIVATE", "", 4, "is empty"),
        ("YIDI_TEST_PRIVATE", "11" * 31, 4, "64 hexadecimal digits"),
        ("YIDI_TEST_PRIVATE", "zz" * 32, 4, "64 hexadecimal digits"),
        ("YIDI_TEST_PRIVATE", "00" * 32, 4, "order of the curve"),
        ("YIDI_TEST_SM4", "", 5, "is empty"),
        ("YIDI_TEST_SM4", "11" * 15, 5, "32 hexadecimal digits"),
    ],
)
def test_a_secret_that_is_missing_or_ill_formed_is_told_before_anything_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, line: int, says: str
) -> None:
    """By the name of its variable and where the profile names it, never by its value."""
    section = "signature: sm2-input\n  private_key_env: YIDI_TEST_PRIVATE\n  sm4: {key_env: YIDI_TEST_SM4}"
    read = profile(tmp_path, section)
    monkeypatch.setenv(name, value)
    with pytest.raises(InputError) as caught:
        reach("http://127.0.0.1:9", read)
    shown = caught.value.show("en")
    assert f"line {line}" in shown
    assert "target.yaml" in shown
    assert name in shown
    assert says in shown
    assert not value or value not in shown


def test_a_public_key_that_is_no_point_is_told(tmp_path: Path) -> None:
    """Or every signature of the platform would be wrong."""
    section = f'signature: sm2-input\n  private_key_env: YIDI_TEST_PRIVATE\n  public_key: "{"11" * 64}"'
    with pytest.raises(InputError, match="no point of the SM2 curve") as caught:
        reach("http://127.0.0.1:9", profile(tmp_path, section))
    assert caught.value.place is not None
    assert 5 == caught.value.place.line


def test_without_the_software_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is named; SM3 and SM4 need none."""
    signed, digested = Profile(protection=sealing()), Profile(protection=sealing("sm3-input"))
    monkeypatch.setitem(sys.modules, "gmalg.sm2", None)
    with pytest.raises(InputError, match=r"yidi\[sm\]"):
        reach("http://127.0.0.1:9", signed)
    reach("http://127.0.0.1:9", digested)


def test_profile_and_settings_say_the_same_words() -> None:
    """One vocabulary for both sides of the wire."""
    ours = profile_schema()["properties"]["protection"]["properties"]
    theirs = settings_schema()["properties"]["protection"]["properties"]
    assert ours["signature"] == theirs["signature"]
    assert ours["encoding"] == theirs["encoding"]
    assert ours["sm4"]["properties"]["mode"] == theirs["sm4"]["properties"]["mode"]
    assert {"private_key_env", "public_key", "public_keys", "sm4"} <= set(ours)
    assert {"private_key", "public_keys", "sm4"} <= set(theirs)


def test_the_report_names_the_protection_and_not_the_keys() -> None:
    """Enough of the public key to know it again."""
    rows = {text.show("en"): value for text, value in Profile(protection=sealing()).summary().rows}
    assert rows["protection of bodies"].startswith(f"sm2-input, public_key {crypto.public_key(THEIRS)[:16]}…, sm4-ecb")
