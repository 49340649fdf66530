"""The back office on a database: files, requests, mappings and lists outlive the server."""

from pathlib import Path

from office_desk import Office
from platform_desk import world
from test_clearing_requests import APRIL, asked
from test_mappings import ITEM, gone, mapped, row
from test_settlement_lists import listed

from sim.platform.sql import open_store


def test_what_the_back_office_was_told_is_known_after_a_restart(tmp_path: Path):
    """Upload, mapping, list and request before; comparison, download, the same numbers and refusals after."""
    url = f"sqlite:///{tmp_path / 'office.db'}"
    database = open_store(url)
    office = Office(world(store=database))
    desk, _ = office.visit()
    refunded, _ = office.visit(1)
    office.cancel(refunded)
    number = office.upload()
    office.desk.ok("3301", {"data": [row()]})
    desk.printed = desk.ok("5203", desk.cancellation())
    list_id = desk.ok("4101A", listed(desk, adm_time="", dscg_time=""))["data"]["setl_list_id"]
    office.desk.now = APRIL
    request = office.desk.ok("3203", asked(office))["result"]["clr_appy_evt_id"]
    database.close()

    database = open_store(url)
    desk.ref = office.ref = office.desk.ref = world(store=database)
    office.desk.now = desk.now
    assert "0" == office.reconcile()[0]
    file = office.desk.ok("3202", office.detail(number))["fileinfo"]
    assert office.fetch(file)
    assert {"0"} == {line["stmt_rslt"] for line in office.compare()}
    assert [ITEM.code] == mapped(office.desk)
    office.desk.ok("3302", gone(office.desk))
    assert list_id == desk.ok("4101A", listed(desk, adm_time="", dscg_time=""))["data"]["setl_list_id"]
    office.desk.now = APRIL
    assert request in office.desk.send("3203", asked(office))["err_msg"]
    office.desk.ok("3204", {"data": {"clr_appy_evt_id": request}})
    database.close()
