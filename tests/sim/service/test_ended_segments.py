"""What was only read keeps nobody from writing: two processes on one database, one of them answering from its memory."""

import asyncio

import httpx
import pytest
from platform_desk import NOW, Desk, person, world

from sim.platform.sql import open_store
from sim.service import application
from sim.service.operator import Operator

PAGES = [
    route.path for route in Operator(None, "").routes() if "GET" in route.methods and "{path:path}" not in route.path
]


@pytest.fixture
def processes(tmp_path):
    """Two references as two processes have them: each with its own connection to one file."""
    url = f"sqlite:///{tmp_path / 'yidi.db'}"
    with open_store(url, durable=False) as one, open_store(url, durable=False) as other:
        yield world(store=one), world(store=other)


def get(app, path):
    async def go():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as http:
            return await http.get(path)

    return asyncio.run(go())


def elsewhere(other, desk):
    """The other process takes the settlement of the first one's desk back."""
    again = Desk(other, desk.patient)
    again.sign_in()
    assert other.call(again.message("2601", desk.reversal(desk.settling)), NOW)["infcode"] == 0


def settled(ref):
    desk = Desk(ref, person("110000")).ready()
    desk.settling = desk.message("2207", desk.settlement())
    desk.setl_id = desk.call(desk.settling)["output"]["setlinfo"]["setl_id"]
    return desk


def test_a_stored_reply_leaves_nothing_open(processes):
    """A message is repeated here and reversed there; the next message here does not have to begin again."""
    here, other = processes
    desk = settled(here)
    assert desk.call(desk.settling)["output"]["setlinfo"]["setl_id"] == desk.setl_id
    elsewhere(other, desk)
    assert 0 == desk.send("1101", {"data": desk.shown()})["infcode"]


def test_pages_leave_nothing_open(processes):
    """Whatever a page read, another process may write, and the next message here does not have to begin again."""
    here, other = processes
    app = application(here, clock=lambda: NOW)
    for path in PAGES:
        desk = settled(here)
        filled = path.format(mdtrt_id=desk.mdtrt_id, person="0" * 12, party="520000", month="2024-03")
        assert get(app, filled).status_code in (200, 404), path
        elsewhere(other, desk)
        assert 0 == desk.send("1101", {"data": desk.shown()})["infcode"], path


def test_a_page_that_another_process_wrote_under_begins_again(processes):
    """The reader sees one moment, and no error."""
    here, other = processes
    app = application(here, clock=lambda: NOW)
    desk = settled(here)
    store, written = here.parties["520000"].store, []
    whole = store.count

    def slow(table):
        """Another process writes while the page is being made, once."""
        found = whole(table)
        if not written:
            written.append(True)
            elsewhere(other, desk)
        return found

    store.count = slow
    assert (200, [True]) == (get(app, "/api/overview").status_code, written)
