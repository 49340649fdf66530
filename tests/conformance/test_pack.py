"""Packs: by name or folder, all problems at once, and nothing outside the folder."""

from pathlib import Path

import pytest

from conformance.pack import Pack, load_pack, packs
from sim.errors import BadFileError, InputError

MANIFEST = "name: mine\nversion: '1'\nrole: platform\ninterfaces: [national]\ntitle: {zh: 我的, en: mine}\n"
GOOD = "id: M-1\ntitle: {zh: 好, en: good}\nrequirements: [LIFE-ACCEPT]\nsteps:\n  - {send: 1101}\n  - {send: 2201}\n"
PAIR = "id: M-2\ntitle: {zh: 坏, en: bad}\nrequirements: [NEG-PLACE]\nbase: M-1\nfault: {step: 2201, set: {insuplc_admdvs: ''}}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    mine = tmp_path / "mine"
    mine.mkdir()
    for name, text in (("pack", MANIFEST), ("m1", GOOD), ("m2", PAIR)):
        (mine / f"{name}.yaml").write_text(text, encoding="utf-8")
    return mine


def test_built_in_packs_load(outpatient: Pack) -> None:
    """Every pack that is shipped can be read."""
    assert "outpatient" in packs()
    assert all(load_pack(name).scenarios for name in packs())
    assert outpatient.scenario("OUT-001").id == "OUT-001"


def test_a_folder_is_a_pack_and_a_pair_takes_its_base(folder: Path) -> None:
    """The negative scenario has the steps and people of its base."""
    pack = load_pack(folder)
    assert ["M-1", "M-2"] == [scenario.id for scenario in pack.scenarios]
    assert pack.scenarios[0].steps == pack.scenarios[1].steps


def test_an_unknown_pack_or_scenario_names_the_nearest(outpatient: Pack) -> None:
    """A slip is shown what was meant."""
    with pytest.raises(InputError, match="nearest valid name: outpatient"):
        load_pack("outpatent")
    with pytest.raises(InputError, match="nearest valid name: OUT-"):
        outpatient.scenario("OUT-0O1")


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("m2", PAIR.replace("M-1", "M-9"), "no positive scenario M-9"),
        ("m2", PAIR.replace("step: 2201", "step: 2202"), "nearest valid name: 2201"),
        ("m2", PAIR.replace("NEG-PLACE", "NEG-PLAC"), "nearest valid name: NEG-PLACE"),
        ("m2", PAIR.replace("M-2", "M-1"), "already used"),
        ("pack", MANIFEST.replace("national", "nationl"), "nearest valid name: national"),
        ("m2", PAIR.replace("set: {insuplc_admdvs: ''}", "person: other"), "second person"),
        ("m1", "x" * 300_000, "larger than"),
    ],
)
def test_a_mistake_in_a_pack_names_its_file(folder: Path, file: str, text: str, says: str) -> None:
    """Which file, and what is wrong with it."""
    (folder / f"{file}.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_pack(folder)
    shown = caught.value.show("en")
    assert f"{file}.yaml" in shown
    assert says in shown


def test_problems_of_all_files_come_together(folder: Path) -> None:
    """Two files wrong: both are told."""
    (folder / "m1.yaml").write_text(GOOD.replace("2201", "2200"), encoding="utf-8")
    (folder / "m3.yaml").write_text("id: 3\n", encoding="utf-8")
    with pytest.raises(BadFileError) as caught:
        load_pack(folder)
    assert {"m1.yaml", "m3.yaml"} <= {Path(p.place.file).name for p in caught.value.problems if p.place}


def test_a_link_out_of_the_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    """A pack from a stranger reads nothing of ours."""
    secret = tmp_path / "secret.yaml"
    secret.write_text(GOOD, encoding="utf-8")
    (folder / "m3.yaml").symlink_to(secret)
    with pytest.raises(InputError, match="leads out"):
        load_pack(folder)


def test_a_pack_without_scenarios_is_an_error(folder: Path) -> None:
    """Nothing to check is not a pass."""
    for file in ("m1", "m2"):
        (folder / f"{file}.yaml").unlink()
    with pytest.raises(InputError, match="no scenario"):
        load_pack(folder)
