"""3301 and 3302: a hospital's own items mapped to the catalogue, and what follows from it."""

from collections.abc import Callable
from typing import Any

import pytest
from platform_desk import ITEMS, OTHER, Desk, says, world

from sim.interface import interface, validate
from sim.platform import Readings

HUNAN = interface("hunan")
ITEM, ELSE = ITEMS[6], ITEMS[7]


def row(own: str = "OWN1", **changes: Any) -> dict[str, Any]:
    mapped = {
        "fixmedins_hilist_id": own,
        "fixmedins_hilist_name": "示例院内名称",
        "list_type": ITEM.list_type,
        "med_list_codg": ITEM.code,
        "begndate": "2024-01-01",
        "enddate": "2024-12-31",
    }
    return {**mapped, **changes}


def gone(desk: Desk, own: str = "OWN1", **changes: Any) -> dict[str, Any]:
    code = {"fixmedins_code": desk.hospital.fixmedins_code, "fixmedins_hilist_id": own}
    return {"data": {**code, "list_type": ITEM.list_type, "med_list_codg": ITEM.code, **changes}}


def page(**changes: Any) -> dict[str, Any]:
    return {"data": {"updt_time": "2000-01-01", "page_num": 1, "page_size": 100, **changes}}


def mapped(desk: Desk, own: str = "OWN1") -> list[str]:
    """The catalogue codes of an own item, by 1316."""
    return [found["med_list_codg"] for found in desk.ok("1316", page(medins_list_codg=own))["data"]]


def test_a_mapping_is_there_until_it_is_withdrawn():
    """1316 finds the catalogue code by the hospital's own, for that hospital only, until 3302."""
    desk = Desk(world()).sign_in()
    assert [] == mapped(desk)
    desk.ok("3301", {"data": [row()]})
    assert [ITEM.code] == mapped(desk)
    assert [] == mapped(Desk(desk.ref, hospital=OTHER))
    assert [ITEM.code] == mapped(desk, ITEM.code)
    desk.ok("3302", gone(desk))
    assert [] == mapped(desk)
    desk.ok("3301", {"data": row()})
    assert [ITEM.code] == mapped(desk)


def test_the_same_row_again_changes_its_texts():
    """Sent again it is accepted, and there is still one mapping."""
    desk = Desk(world())
    desk.ok("3301", {"data": [row()]})
    desk.ok("3301", {"data": [row(memo="示例备注")]})
    assert [ITEM.code] == mapped(desk)


def test_all_rows_or_none():
    """A bad second row leaves nothing of the first; the refusal names row 2."""
    desk = Desk(world())
    reply = desk.send("3301", {"data": [row(), row("OWN2", med_list_codg="X")]})
    assert says(reply, "mapping.unknown_code")
    assert "2" in reply["err_msg"]
    assert [] == mapped(desk)


BAD: list[tuple[str, Callable[[], list[dict[str, Any]]]]] = [
    ("mapping.unknown_code", lambda: [row(med_list_codg="X")]),
    ("mapping.list_type", lambda: [row(list_type="301")]),
    ("mapping.period", lambda: [row(enddate="2023-12-31")]),
    ("mapping.overlaps", lambda: [row(), row(med_list_codg=ELSE.code)]),
    ("mapping.overlaps", lambda: [row(), row(begndate="2024-06-01")]),
]


@pytest.mark.parametrize(("reason", "rows"), BAD)
def test_one_fault_of_a_mapping_is_refused_for_its_reason(reason, rows):
    """The good row alone is accepted after it."""
    desk = Desk(world())
    assert says(desk.send("3301", {"data": rows()}), reason)
    desk.ok("3301", {"data": [row()]})


def test_an_item_may_be_mapped_otherwise_at_another_time():
    """Periods that do not meet: both stand, and the day decides."""
    desk = Desk(world())
    desk.ok("3301", {"data": [row(enddate="2024-03-04"), row(begndate="2024-03-05", med_list_codg=ELSE.code)]})
    assert [ELSE.code] == mapped(desk)


def test_only_what_is_mapped_is_withdrawn():
    """Another item, code, type or institution is refused, and the mapping stays."""
    desk = Desk(world())
    desk.ok("3301", {"data": [row()]})
    for changes in ({"own": "OWN2"}, {"med_list_codg": ELSE.code}, {"list_type": "301"}):
        assert says(desk.send("3302", gone(desk, **changes)), "mapping.unknown")
    assert says(desk.send("3302", gone(desk, fixmedins_code=OTHER.fixmedins_code)), "mapping.other_institution")
    other = Desk(desk.ref, hospital=OTHER)
    assert says(other.send("3302", gone(other)), "mapping.unknown")
    assert [ITEM.code] == mapped(desk)
    desk.ok("3302", gone(desk))
    assert says(desk.send("3302", gone(desk)), "mapping.unknown")


def test_lines_need_a_mapping_only_where_that_is_the_reading():
    """By the reference's reading an unmapped item is billed; by the other it is refused until mapped, and as mapped."""
    free = Desk(world(), goods=[ITEM]).sign_in().register().describe()
    free.upload()
    strict = Desk(world(readings=Readings(mapping_required=True)), goods=[ITEM]).sign_in().register().describe()
    assert says(strict.send("2204", strict.lines()), "mapping.missing")
    strict.ok("3301", {"data": [row(ITEM.code, med_list_codg=ELSE.code)]})
    assert says(strict.send("2204", strict.lines()), "mapping.other_code")
    strict.ok("3302", gone(strict, ITEM.code, med_list_codg=ELSE.code))
    strict.ok("3301", {"data": [row(ITEM.code, enddate="2024-03-04")]})
    assert says(strict.send("2204", strict.lines()), "mapping.missing")
    strict.ok("3301", {"data": [row(ITEM.code, begndate="2024-03-05")]})
    strict.upload()


def test_a_province_lists_an_institutions_mappings():
    """1317, where the interface has it: the hospital's own mappings as they were sent; another's are refused."""
    desk = Desk(world(interface="hunan"))
    desk.ok("3301", {"data": [row(memo="示例备注"), row("OWN2")]})
    reply = desk.send("1317", page())
    assert [] == validate(HUNAN, "1317", "reply", reply)
    assert [("OWN1", ITEM.code, "示例备注"), ("OWN2", ITEM.code, "")] == [
        (found["medins_list_codg"], found["med_list_codg"], found["memo"]) for found in reply["output"]["data"]
    ]
    assert 1 == len(desk.ok("1317", page(medins_list_codg="OWN2"))["data"])
    assert says(desk.send("1317", page(fixmedins_code=OTHER.fixmedins_code)), "mapping.other_institution")
    assert [] == Desk(desk.ref, hospital=OTHER).ok("1317", page())["data"]
