"""1201, the register of institutions, and 1901, the interface's code lists."""

import json
import re

import pytest
from counter import BEIJING, GUIYANG, SHOP, Counter
from hypothesis import given
from hypothesis import strategies as st
from platform_desk import says, world
from test_fixtures import maker

from sim.interface import interface
from sim.platform import institutions, pharmacies
from sim.platform.people import with_check_character
from sim.resources import fixtures

REF = world()
HOSPITALS, SHOPS = institutions(), pharmacies()
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def asked(**given_: str) -> dict:
    return Counter(REF).send("1201", {"medinsinfo": given_})


def codes(**given_: str) -> list[str]:
    reply = asked(**given_)
    assert 0 == reply["infcode"], reply["err_msg"]
    return [row["fixmedins_code"] for row in reply["output"]["medinsinfo"]]


@pytest.mark.parametrize("institution", [*HOSPITALS, *SHOPS], ids=lambda each: each.fixmedins_code)
def test_every_institution_is_found_by_code_and_by_name(institution):
    """With its type; with the other type it is not, and the reason says so."""
    kind, other = institution.fixmedins_type, {"1": "2", "2": "1"}[institution.fixmedins_type]
    assert [institution.fixmedins_code] == codes(fixmedins_type=kind, fixmedins_code=institution.fixmedins_code)
    assert institution.fixmedins_code in codes(fixmedins_type=kind, fixmedins_name=institution.fixmedins_name)
    refused = asked(fixmedins_type=other, fixmedins_code=institution.fixmedins_code)
    assert says(refused, "institution.none_found")


def test_a_part_of_a_name_finds_all_that_have_it():
    """Of any province, since a transfer may go anywhere; code and name together must both fit."""
    assert [h.fixmedins_code for h in HOSPITALS if "北京" in h.fixmedins_name] == codes(
        fixmedins_type="1", fixmedins_name="北京"
    )
    both = {"fixmedins_type": "1", "fixmedins_code": BEIJING.fixmedins_code}
    assert [BEIJING.fixmedins_code] == codes(**both, fixmedins_name="北京")
    assert says(asked(**both, fixmedins_name="贵阳"), "institution.none_found")


def test_nothing_found_is_refused_for_its_reason():
    """An unknown code, an unknown name, neither; each has its own reason."""
    assert says(asked(fixmedins_type="1", fixmedins_code="H99999999999"), "institution.unknown")
    assert says(asked(fixmedins_type="1", fixmedins_name="没有"), "institution.none_found")
    assert says(asked(fixmedins_type="1"), "schema.violated")
    assert codes(fixmedins_type="2", fixmedins_code=SHOP.fixmedins_code)


def test_credit_codes_are_well_formed_and_nobodys():
    """18 characters, the division of the institution, an organisation number of 99, and the right check character."""
    weights = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28]  # GB 32100, as printed
    for each in (*HOSPITALS, *SHOPS):
        code = each.uscc
        assert 18 == len(code)
        assert (each.admdvs, "99") == (code[2:8], code[8:10])
        total = sum(ALPHABET.index(c) * w for c, w in zip(code[:17], weights, strict=True))
        assert ALPHABET[(31 - total % 31) % 31] == code[17]
    assert len({each.uscc for each in (*HOSPITALS, *SHOPS)}) == len(HOSPITALS) + len(SHOPS)


def test_the_maker_wrote_the_pharmacies():
    """The stored file is what the tool writes: P and 11 digits, and names that say they are made up."""
    stored = json.loads(fixtures("people", "pharmacies.json").read_text("utf-8"))["pharmacies"]
    assert list(maker().pharmacies()) == stored
    for each in SHOPS:
        assert re.fullmatch(r"P\d{4}99\d{5}", each.fixmedins_code)
        assert "虚构" in each.fixmedins_name


@given(st.integers(0, 16), st.sampled_from(ALPHABET))
def test_a_changed_character_is_seen(place, other):
    """The check character tells any single change."""
    code = GUIYANG.uscc
    spoiled = code[:place] + other + code[place + 1 : 17]
    assert (spoiled == code[:17]) == (with_check_character(spoiled)[17] == code[17])


def listed(name: str, parent: str = "0", valid: str = "1") -> dict:
    data = {"type": name, "admdvs": "520000", "date": "2024-03-05", "parentValue": parent, "valiFlag": valid}
    return Counter(REF).send("1901", {"data": data})


@pytest.mark.parametrize("name", sorted(interface().codelists))
def test_every_code_list_is_answered_as_the_interface_has_it(name):
    """Every value once, in the interface's order, numbered from 1."""
    reply = listed(name)
    rows = reply["output"]["list"]
    assert list(interface().codelists[name].values) == [row["value"] for row in rows]
    assert list(range(1, len(rows) + 1)) == [row["sort"] for row in rows]
    assert {name} >= {row["type"] for row in rows}


def test_flat_lists_have_no_children_and_nothing_withdrawn():
    """Below another value, or among invalid values, there is nothing."""
    assert [] == listed("gend", parent="1")["output"]["list"]
    assert [] == listed("gend", valid="0")["output"]["list"]


def test_an_unknown_list_is_refused_with_the_nearest():
    """A typing error gets a hint, nonsense does not."""
    near = listed("med_typ")
    assert says(near, "codes.unknown_near")
    assert "med_type" in near["err_msg"]
    assert says(listed("完全不同"), "codes.unknown")
