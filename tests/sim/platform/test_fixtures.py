"""The synthetic people, institutions, regions and catalogue."""

import importlib.util
import json
import re
from datetime import date
from pathlib import Path

import pytest

from sim.benefits import LEVELS, policy_for
from sim.interface import interface
from sim.platform import (
    FilingRecord,
    People,
    Readings,
    connected,
    institutions,
    items,
    milestones,
    persons,
    province_of,
    readings,
    regions,
)
from sim.platform.catalogue import NO_LIMIT, Catalogue, limit_on_wire
from sim.resources import fixtures

ROOT = Path(__file__).resolve().parents[3]
WEIGHTS = [2 ** (17 - i) % 11 for i in range(17)]  # ISO 7064 MOD 11-2, from its definition


def maker():
    spec = importlib.util.spec_from_file_location("make_people", ROOT / "tools" / "make_people.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_identity_numbers_are_well_formed_and_nobodys():
    """18 characters, the right check character, the person's own birthday and sex, and a region that does not exist."""
    for person in persons():
        assert re.fullmatch(r"99\d{15}[\dX]", person.certno)
        value = sum(int(d) * w for d, w in zip(person.certno[:17], WEIGHTS, strict=True))
        assert "10X98765432"[value % 11] == person.certno[17]
        assert f"{person.brdy:%Y%m%d}" == person.certno[6:14]
        assert ("1" if int(person.certno[16]) % 2 else "2") == person.gend
    assert not any(region.code.startswith("99") for region in regions())


def test_a_wrong_check_character_would_be_seen():
    """The check above tells a changed digit."""
    number = persons()[0].certno
    other = number[:10] + str((int(number[10]) + 1) % 10) + number[11:]
    value = sum(int(d) * w for d, w in zip(other[:17], WEIGHTS, strict=True))
    assert "10X98765432"[value % 11] != number[17]


def test_people_are_many_enough_of_every_kind():
    """Beijing and Guiyang have employees in service and retired and residents; some are suspended, needy, filed."""
    everybody = persons()
    assert 130 <= len(everybody) <= 145
    kinds = {(p.insuplc_admdvs, p.psn_type) for p in everybody}
    assert {(place, kind) for place in ("110000", "520100") for kind in ("1101", "1201", "1501")} <= kinds
    assert {"110000", "520000", "500000", "510000", "530000", "360000", "150000"} == {p.province for p in everybody}
    assert {"1", "2"} == {p.psn_insu_stas for p in everybody}
    assert {"long_term", "referral", "other_temporary"} == {f.kind for p in everybody for f in p.filings}
    assert any(not p.filings for p in everybody)
    assert any(p.needy for p in everybody)
    assert any(p.chronic for p in everybody)
    assert any(p.balance for p in everybody)
    assert all(p.balance == 0 for p in everybody if p.insutype == "390")


def test_everybody_has_a_policy_and_codes_of_the_interface():
    """A person that no policy pays for would be of no use. Nanchang's policies begin with 2025."""
    codes = interface().codelists
    for person in persons():
        assert policy_for(person.insuplc_admdvs, person.insutype, date(2025, 6, 1))
        if person.insuplc_admdvs != "360100":
            assert policy_for(person.insuplc_admdvs, person.insutype, date(2024, 6, 1))
        for name in ("gend", "naty", "insutype", "psn_type", "cvlserv_flag", "psn_insu_stas", "psn_cert_type"):
            assert getattr(person, name) in codes[name].values


def test_ages_are_whole_years():
    """The birthday itself counts, the day before does not."""
    person = persons()[0]
    birthday = person.brdy.replace(year=person.brdy.year + 30)
    assert [29, 30] == [person.age_on(date.fromordinal(birthday.toordinal() - 1)), person.age_on(birthday)]


def test_a_filing_covers_its_province_and_days():
    """From the first day to the last, both included; without a last day for ever."""
    filing = FilingRecord("referral", "520000", date(2024, 1, 1), date(2024, 6, 30))
    days = [date(2023, 12, 31), date(2024, 1, 1), date(2024, 6, 30), date(2024, 7, 1)]
    assert [False, True, True, False] == [filing.covers("520000", day, day) for day in days]
    assert filing.covers("520000", date(2023, 12, 1), date(2024, 1, 1))
    assert not filing.covers("110000", date(2024, 2, 1), date(2024, 2, 1))
    assert FilingRecord("long_term", "520000", date(2024, 1, 1), None).covers("520000", days[3], days[3])


def test_two_people_cannot_share_a_number_or_credential():
    """A directory that mixed people up would settle on the wrong account."""
    first, second = persons()[:2]
    for clash in (first, second.__class__(**{**_values(second), "token": first.token})):
        with pytest.raises(ValueError, match="two persons"):
            People([first, clash])


def _values(person):
    return {name: getattr(person, name) for name in person.__slots__ if name != "__weakref__"}


def test_institutions_are_well_formed_and_fictional():
    """H and 11 digits; level and division known; where people are at home, but for those
    under medical aid; the name says that it is made up."""
    hospitals = institutions()
    assert len({h.fixmedins_code for h in hospitals}) == len(hospitals)
    for hospital in hospitals:
        assert re.fullmatch(r"H\d{4}99\d{5}", hospital.fixmedins_code)
        assert hospital.level in LEVELS
        assert hospital.hosp_lv in interface().codelists["hosp_lv"].values
        assert "虚构" in hospital.fixmedins_name
        assert hospital.departments
        assert hospital.doctors
        assert hospital.operators
        assert all(d.caty in interface().codelists["dept"].values for d in hospital.departments)
    assert {p.province for p in persons() if not p.identities} == {h.province for h in hospitals}


def test_the_maker_is_deterministic_and_wrote_the_files():
    """The same seed gives the same people, another seed others; the stored files are what it writes."""
    tool = maker()
    assert list(tool.people(1)) == list(tool.people(1)) != list(tool.people(2))
    stored = json.loads(fixtures("people", "persons.json").read_text(encoding="utf-8"))["persons"]
    made = [{k: v for k, v in row.items() if k != "psn_name"} for row in tool.people()]
    # surnames come from a library whose lists change; everything else is ours
    assert made == [{k: v for k, v in row.items() if k != "psn_name"} for row in stored]
    assert (
        list(tool.institutions())
        == json.loads(fixtures("people", "institutions.json").read_text("utf-8"))["institutions"]
    )


def test_regions_are_all_there():
    """31 provincial regions and the Corps; the census population of the whole; dates that fit their values."""
    assert len(regions()) == 32
    assert sum(r.population or 0 for r in regions()) == 1_409_778_724
    for region in regions():
        for joined in (region.inpatient, region.outpatient):
            assert f"{joined.latest:%Y-%m}" == joined.value.rsplit("/", 1)[-1][:7]
    assert [m.date for m in milestones()] == sorted(m.date for m in milestones())
    pilot = next(m for m in milestones() if m.regions)
    assert 12 == len(pilot.regions)
    assert {r.code for r in connected(date(2020, 10, 1), inpatient=False)} == set(pilot.regions)
    assert len(connected(date(2017, 9, 30))) == 32
    assert {"430000", "520000"} == {r.code for r in connected(date(2017, 7, 1))}


def test_a_division_belongs_to_its_province():
    """Six digits; anything else belongs nowhere."""
    assert ["520000", "110000", "", "", "", ""] == [
        province_of(code) for code in ("520100", "110000", "", "52010", "52010X", "５２０１００")
    ]


def test_the_catalogue_has_every_kind_of_item():
    """Classes A, B, C, negotiated, restricted, limited; some items differ between provinces."""
    everything = items()
    assert len({i.code for i in everything}) == len(everything) >= 60
    assert {"01", "02", "03"} == {i.chrgitm_lv for i in everything}
    assert any(i.negotiated and i.restricted for i in everything)
    assert any(i.limit < i.price for i in everything)
    assert any(i.limit == NO_LIMIT for i in everything)
    here, there = Catalogue(everything).at("520000"), Catalogue(everything).at("110000")
    assert 5 <= sum(here[code] != there[code] for code in here)
    codes = interface().codelists
    for item in everything:
        assert item.med_chrgitm_type in codes["med_chrgitm_type"].values
        assert item.list_type in codes["list_type"].values


def test_a_limit_is_printed_as_the_interface_has_it():
    """999999 stands for none; a limit keeps its decimals."""
    assert ["999999", "25.6", "0.12"] == [str(limit_on_wire(v)) for v in (NO_LIMIT, 25_600_000, 120_000)]


def test_every_switch_of_a_reading_exists():
    """The list of readings and the switches name each other; points are in order and unique."""
    points = [reading.point for reading in readings()]
    assert points == sorted(set(points))
    switches = {reading.switch for reading in readings() if reading.switch}
    assert switches == set(Readings.__slots__) - {"__weakref__", "sign_in_required"}
