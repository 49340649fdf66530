"""What a target is loaded with says the same as the profile that is judged by."""

import csv
import json
from pathlib import Path

import pytest

from conformance.mutants import right
from conformance.pack import load_pack
from conformance.profile import Profile, read_profile
from conformance.setup_data import export, overview, tables
from conformance.targets.platform import china_time
from sim.errors import InputError
from sim.platform.people import persons

SAID = ("psn_name", "certno", "token", "card_no", "card_sn", "insutype", "insuplc_admdvs", "psn_type", "balance")


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened))


def test_the_exported_profile_plays_the_same_parts(tmp_path: Path) -> None:
    """Read again, its people are the same in everything a profile says, and fit the same needs of every scenario."""
    export(Profile(), tmp_path)
    read = read_profile(tmp_path / "profile.yaml")
    for one, again in zip(persons(), read.people, strict=True):
        assert [getattr(one, name) for name in SAID] == [getattr(again, name) for name in SAID]
        assert (one.needy, one.filings, one.chronic) == (again.needy, again.filings, again.chronic)
    assert Profile().places == read.places
    today = china_time().date()
    for scenario in load_pack("outpatient").scenarios:
        for _, need in scenario.people:
            for place in read.institutions:
                fitting = [need.fits(p, place, today) for p in persons()]
                assert fitting == [need.fits(p, place, today) for p in read.people]


def test_the_exported_profile_plays_every_part(tmp_path: Path) -> None:
    """A target that was loaded with it is judged by it: sales and chronic diseases as well."""
    export(Profile(), tmp_path)
    result = right(
        [load_pack(name) for name in ("smoke", "chronic", "pharmacy")], read_profile(tmp_path / "profile.yaml")
    )
    assert [] == [(f.observation.scenario, f.observation.check, f.observation.path) for f in result.findings]
    assert {"passed"} == {scenario.status for scenario in result.scenarios}


def test_tables_and_json_say_the_same(tmp_path: Path) -> None:
    """Row by row; every table of the JSON file that has rows is a CSV file."""
    written = export(Profile(), tmp_path)
    told = json.loads((tmp_path / "setup.json").read_text(encoding="utf-8"))
    assert {f"{name}.csv" for name, table in told.items() if table} == {f.name for f in written if f.suffix == ".csv"}
    for name, table in told.items():
        if table:
            assert [{k: str(v) for k, v in row.items()} for row in table] == rows(tmp_path / f"{name}.csv")
    assert len(persons()) == len(told["persons"])


def test_amounts_are_exact(tmp_path: Path) -> None:
    """Balances to the fen, prices with all their decimals, also where a profile maps them."""
    export(Profile(), tmp_path)
    assert [f"{p.balance // 100}.{p.balance % 100:02d}" for p in persons()] == [
        row["balc"] for row in rows(tmp_path / "persons.csv")
    ]
    assert {"4.68", "10"} <= {row["pric"] for row in rows(tmp_path / "items.csv")}


def test_a_price_limit_is_the_province_s_own(tmp_path: Path) -> None:
    """The bed costs at most 50 yuan a day in Beijing and 40 in Guizhou."""
    found = {
        row["admdvs"]: str(row["pric_uplmt_amt"])
        for row in tables(Profile())["items"]
        if row["med_list_codg"] == "SZ99000039"
    }
    assert "40" == found["520000"]
    assert "50" == found["110000"]


def test_nothing_is_written_over(tmp_path: Path) -> None:
    """Somebody may have filled the profile in; then no file at all is written."""
    (tmp_path / "profile.yaml").write_text("mine", "utf-8")
    with pytest.raises(InputError, match=r"profile\.yaml"):
        export(Profile(), tmp_path)
    assert ["profile.yaml"] == [file.name for file in tmp_path.iterdir()]


def test_the_overview_tells_nobody_apart() -> None:
    """No name, number or credential is in it."""
    shown = "\n".join("\t".join(row) for row in overview(Profile(), "zh"))
    for one in persons():
        for secret in (one.psn_name, one.certno, one.card_no, one.token, one.psn_no):
            assert secret not in shown
    assert "退休" in shown
