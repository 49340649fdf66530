"""Catalogue downloads and page-by-page queries: complete, only what is newer, only what is the place's own."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from office_desk import Office, unzipped
from platform_desk import BEIJING, GUIYANG, HALF, NOW, Desk, person, says, world

from sim.errors import InputError
from sim.interface import interface, validate
from sim.lang import plain
from sim.platform import items
from sim.platform.catalogue import versions
from sim.platform.office import downloads
from sim.platform.office.layouts import layouts, newest

LATER = datetime(2024, 8, 1, 9, 0, 0)
NATIONAL = sorted(set(layouts()) & set(interface().transactions))
HUNAN = sorted(set(layouts()) & set(interface("hunan").transactions))
ITEM_FILES = {"1301": "101", "1302": "102", "1305": "201", "1306": "301"}
VERSIONS = ["v0000", "v0001", "v0002", "v0003", "v0004"]


def desk_at(now: datetime = NOW, name: str = "national", **given_desk: Any) -> Desk:
    desk = Desk(world(interface=name), **given_desk)
    desk.now = now
    return desk


def download(desk: Desk, infno: str, ver: str = "v0000") -> list[dict[str, str]]:
    """Prepare a file and fetch it; rows by column label."""
    told = desk.ok(infno, {"data": {"ver": ver}})
    rows = unzipped(Office.of(desk).fetch(told, "plc"))
    assert len(rows) == told["data_cnt"]
    return [dict(zip(layouts()[infno].columns, row, strict=True)) for row in rows]


# --- files ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("infno", NATIONAL)
def test_the_first_download_has_everything(infno):
    """From v0000: every row issued by the day, each with code, validity and version, in the columns of the interface."""
    rows = download(desk_at(LATER), infno)
    assert rows
    assert {"1"} == {row["有效标志"] for row in rows}
    assert len(rows) == len({row["唯一记录号"] for row in rows})
    if infno in ITEM_FILES:
        assert {item.code for item in items() if item.list_type == ITEM_FILES[infno]} == {
            row["医疗目录编码"] for row in rows
        }


@pytest.mark.parametrize("infno", NATIONAL)
@settings(max_examples=10, deadline=None)
@given(ver=st.sampled_from(VERSIONS), now=st.sampled_from([NOW, LATER]))
def test_a_later_download_has_only_what_is_newer(infno, ver, now):
    """The rows after a version and those up to it are all rows, without overlap; nothing issued later is among them."""
    check_newer(desk_at(now), infno, ver)


def check_newer(desk: Desk, infno: str, ver: str) -> None:
    everything, newer = download(desk, infno), download(desk, infno, ver)
    kept = [row for row in everything if int(row["版本号"][1:]) <= int(ver[1:])]
    by = "唯一记录号"
    assert sorted(row[by] for row in everything) == sorted(row[by] for row in kept + newer)
    assert all(int(row["版本号"][1:]) <= newest(desk.now.date()) for row in everything)


def ignores_the_version(context: Any) -> Any:
    """A platform that always sends everything."""
    context.message = {**context.message, "input": {"data": {"ver": "v0000"}}}
    return downloads.prepare(context)


def repeats_the_last_version(context: Any) -> Any:
    """A platform that sends what the hospital has once more: not older, instead of newer."""
    ver = max(0, int(context.message["input"]["data"]["ver"][1:]) - 1)
    context.message = {**context.message, "input": {"data": {"ver": f"v{ver:04d}"}}}
    return downloads.prepare(context)


@pytest.mark.parametrize("handler", [ignores_the_version, repeats_the_last_version])
def test_a_platform_that_sends_too_much_is_caught(handler):
    """The same property fails for it."""
    desk = Desk(world(handlers={"treatment": {"1301": handler}}))
    check_newer(desk_at(), "1301", "v0001")
    with pytest.raises(AssertionError):
        check_newer(desk, "1301", "v0001")


def test_a_catalogue_of_ones_own_is_downloaded():
    """Files and queries hold the items the reference was built with, and no others."""
    own = [evolve(items()[0], code="XZ99009999")]
    desk = Desk(world(catalogue=own))
    assert ["XZ99009999"] == [row["医疗目录编码"] for row in download(desk, "1301")]
    assert ["XZ99009999"] == [row["hilist_code"] for row in desk.ok("1312", query())["data"]]


def test_a_version_is_not_shown_before_its_day():
    """The third version comes in July: in March its items are in no file and no query."""
    third = {item.code for item in items() if item.ver == 3 and item.list_type == "101"}
    assert third
    for now, there in ((NOW, set()), (LATER, third)):
        desk = desk_at(now)
        assert there == third & {row["医疗目录编码"] for row in download(desk, "1301")}
        rows = desk.ok("1312", query(list_type="101"))["data"]
        assert there == third & {row["hilist_code"] for row in rows}
    assert there == third & {
        row["hilist_code"] for row in desk_at(NOW).ok("1312", query(query_date="2024-07-01"))["data"]
    }


def test_class_and_restriction_are_the_treatment_places():
    """A file tells the class that the place's own fee lines get, so Guiyang's and Beijing's differ."""
    told = {}
    for hospital in (GUIYANG, BEIJING):
        desk = desk_at(hospital=hospital)
        told[hospital.admdvs] = {
            row["医疗目录编码"]: (row["国家医保药品目录甲乙类标识"], row["限制使用标志"])
            for row in download(desk, "1301")
        }
        desk = Desk(
            desk.ref, hospital=hospital, goods=[i for i in items() if i.list_type == "101" and i.ver == 1]
        ).ready()
        for row, item in zip(desk.rows, desk.goods, strict=True):
            assert (row["chrgitm_lv"], row["lmt_used_flag"]) == told[hospital.admdvs][item.code]
    assert told[GUIYANG.admdvs] != told[BEIJING.admdvs]


def test_the_same_file_can_be_fetched_again_until_its_last_day():
    """The same bytes each time; after dld_end_time it is refused as expired."""
    desk = desk_at()
    office = Office(desk.ref)
    told = office.desk.ok("1301", {"data": {"ver": "v0000"}})
    assert "2024-03-12" == told["dld_end_time"]
    first = office.fetch(told, "plc")
    office.desk.now = NOW.replace(day=12, hour=23)
    assert first == office.fetch(told, "plc")
    office.desk.now = NOW.replace(day=13, hour=0)
    assert says(office.desk.send("9102", office.fetching(told, "plc")), "file.expired")


def test_catalogue_files_that_nobody_prepared_are_not_there():
    """Another province's, a future one, one of no such transaction, version or day; and not without plc."""
    office = Office(world())
    told = office.desk.ok("1301", {"data": {"ver": "v0001"}})
    good = str(told["file_qury_no"])
    bad = [
        good.replace("520000", "110000"),
        good.replace("20240305", "20240306"),
        good.replace("20240305", "20240230"),
        good.replace("1301", "1312"),
        good.replace("v0001", "v0009"),
        good + "1",
        "",
    ]
    for number in bad[:-1]:
        reply = office.desk.send("9102", office.fetching({**told, "file_qury_no": number}, "plc"))
        assert says(reply, "file.unknown"), number
    assert says(office.desk.send("9102", office.fetching({**told, "filename": "a.zip"}, "plc")), "file.other_name")
    assert says(office.desk.send("9102", office.fetching(told)), "file.unknown")
    assert office.fetch(told, "plc")


@pytest.mark.parametrize("ver", ["x", "v", "v-1", "v1.0", "1" * 10, "v١"])
def test_a_version_must_be_one(ver):
    """A version that is none is refused; with and without the letter it is accepted."""
    desk = desk_at()
    assert says(desk.send("1301", {"data": {"ver": ver}}), "catalogue.version")
    assert desk.ok("1301", {"data": {"ver": "v0001"}}) == desk.ok("1301", {"data": {"ver": "1"}})
    assert says(desk.send("1301", {"data": {"ver": ""}}), "schema.violated")


@pytest.mark.parametrize("infno", sorted(set(HUNAN) - set(NATIONAL)))
def test_a_provinces_further_files(infno):
    """Files that only a province's interface has are there where it is spoken, in its columns, and nowhere else."""
    printed = interface("hunan").transactions[infno].files["file_columns"]
    assert list(layouts()[infno].columns) == list(printed)
    assert download(desk_at(LATER, "hunan"), infno)
    reply = desk_at().send(infno, {"data": {"ver": "v0000"}})
    assert says(reply, "infno.unknown_near") or says(reply, "infno.unknown")


# --- queries ----------------------------------------------------------------------------------------------------------


def query(**changes: Any) -> dict[str, Any]:
    return {"data": {"updt_time": "2000-01-01", "page_num": 1, "page_size": 1000, **changes}}


QUERIES = ("1312", "1316", "1318", "1319")


@pytest.mark.parametrize("infno", QUERIES)
@settings(max_examples=10, deadline=None)
@given(size=st.integers(1, 60))
def test_pages_together_are_the_whole(infno, size):
    """Whatever the size: the pages in order are the rows of one large page, and the counts fit."""
    desk = desk_at()
    whole = desk.ok(infno, query())
    pages = [desk.ok(infno, query(page_num=n, page_size=size)) for n in range(1, -(-whole["recordCounts"] // size) + 1)]
    assert whole["data"] == [row for page in pages for row in page["data"]]
    assert {(whole["recordCounts"], len(pages))} == {(page["recordCounts"], page["pages"]) for page in pages}
    assert ["true"] == [page["lastPage"] for page in pages if page["lastPage"] == "true"]
    beyond = desk.ok(infno, query(page_num=len(pages) + 1, page_size=size))
    assert ([], "true") == (beyond["data"], beyond["lastPage"])
    assert len(whole["data"]) == len({row["rid"] for row in whole["data"]})


@pytest.mark.parametrize("infno", QUERIES)
def test_only_what_changed_since_is_told(infno):
    """updt_time is the first day of change that counts."""
    desk = desk_at(LATER)
    second = str(versions()[2])
    rows = desk.ok(infno, query())["data"]
    since = desk.ok(infno, query(updt_time=second))["data"]
    assert [row for row in rows if row["updt_time"] >= second] == since
    assert len(rows) > len(since) > 0
    assert [] == desk.ok(infno, query(updt_time="2030-01-01"))["data"]


FILTERS = [
    ("chrgitm_lv", "02"),
    ("list_type", "201"),
    ("med_chrgitm_type", "09"),
    ("lmt_used_flag", "1"),
    ("vali_flag", "1"),
]


@pytest.mark.parametrize(("name", "value"), FILTERS)
def test_each_field_narrows_1312(name, value):
    """The answer is exactly the rows with that value."""
    desk = desk_at()
    rows = desk.ok("1312", query())["data"]
    assert [row for row in rows if row[name] == value] == desk.ok("1312", query(**{name: value}))["data"] != []


def test_1312_finds_by_name_code_and_place():
    """A part of the name, the whole code; another province's catalogue is not here."""
    desk = desk_at()
    item = items()[3]
    for asked in ({"hilist_name": item.name.show("zh")[:5]}, {"hilist_code": item.code}):
        assert item.code in {row["hilist_code"] for row in desk.ok("1312", query(**asked))["data"]}
    assert [] == desk.ok("1312", query(hilist_code="no such"))["data"]
    assert [] == desk.ok("1312", query(insu_admdvs="110000"))["data"]
    assert desk.ok("1312", query(insu_admdvs="520100"))["data"] == desk.ok("1312", query())["data"]


def test_limits_and_shares_are_those_of_the_fee_lines():
    """1318 tells the limit that 2204 prints, 1319 the first share of people insured here."""
    local = person("520100", "1101")
    goods = [item for item in items() if item.ver == 1 and not item.restricted]
    desk = Desk(world(), local, goods=goods).ready()
    limits = {row["hilist_code"]: row["hilist_pric_uplmt_amt"] for row in desk.ok("1318", query())["data"]}
    shares = {
        row["hilist_code"]: row["selfpay_prop"] for row in desk.ok("1319", query(selfpay_prop_psn_type="310"))["data"]
    }
    assert {"0.1000", "0.0000", "1.0000"} == {str(share) for share in shares.values()}
    for row, item in zip(desk.rows, goods, strict=True):
        assert Decimal(row["pric_uplmt_amt"]) == limits.get(item.code, 999999)
        assert row["selfpay_prop"] == shares[item.code]


def test_a_place_without_residents_scheme_has_no_such_shares():
    """Where no policy covers an insurance, 1319 has no rows of it, and the others stay."""

    def employees_only(admdvs: str, insutype: str, on: Any) -> Any:
        if insutype != "310":
            raise InputError(plain("无", "none"))
        return HALF

    rows = Desk(world(policies=employees_only)).ok("1319", query())["data"]
    assert {"310"} == {row["selfpay_prop_psn_type"] for row in rows}


PAGES = [("page.number", {"page_num": 0}), ("page.size", {"page_size": 0}), ("page.size", {"page_size": 1001})]


@pytest.mark.parametrize("infno", QUERIES)
@pytest.mark.parametrize(("reason", "changes"), PAGES)
def test_a_page_that_cannot_be_is_refused(infno, reason, changes):
    """Pages count from 1 and have 1 to 1000 rows; the good query is answered."""
    desk = desk_at()
    assert says(desk.send(infno, query(**changes)), reason)
    assert desk.ok(infno, query())["data"]


def test_ethnic_drugs_are_listed_where_the_interface_has_them():
    """1304 in a province's interface."""
    reply = desk_at(LATER, "hunan").send("1304", query())
    assert [] == validate(interface("hunan"), "1304", "reply", reply)
    rows = reply["output"]["data"]
    assert {item.code for item in items() if item.list_type == "104"} == {row["med_list_codg"] for row in rows}
