"""The service on a database that other processes use too, and one that fails."""

import asyncio

import httpx
import pytest
from platform_desk import NOW, Desk, world

from sim.interface import wire
from sim.lang import say
from sim.platform.sql import Conflict, Unavailable, open_store
from sim.platform.treatment import TREATMENT
from sim.service import application


def post(app, body):
    async def go():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as http:
            return await http.post("/", content=body, headers={"content-type": "application/json"})

    return asyncio.run(go())


class Raising:
    """The query 1101, which first raises so many times."""

    def __init__(self, error, times):
        self.error = error
        self.left = times

    def __call__(self, context):
        if self.left:
            self.left -= 1
            raise self.error(say("store.busy"))
        return TREATMENT["1101"](context)


def asked(handler):
    app = application(world(handlers={"treatment": {"1101": handler}}), clock=lambda: NOW)
    desk = Desk(app.state.service.reference)
    return post(app, wire.encode(desk.message("1101", {"data": desk.shown()})))


def test_a_message_is_begun_again_when_another_process_was_faster():
    """The client sees one reply, and no sign of it."""
    assert 0 == asked(Raising(Conflict, 3)).json()["infcode"]


def test_a_message_is_not_begun_again_for_ever():
    """It is refused in the end, and the server goes on."""
    assert -1 == asked(Raising(Conflict, 1000)).json()["infcode"]


def test_a_failing_database_gives_no_reply_that_could_be_wrong():
    """Neither accepted nor refused: what became of the message is not known."""
    answer = asked(Raising(Unavailable, 1))
    assert (503, {"code", "message"}) == (answer.status_code, set(answer.json()))


class Failing:
    """A database whose disk is full when it flushes."""

    def __init__(self, database):
        self.database = database

    def __call__(self, party):
        return self.database(party)

    def flush(self):
        raise Unavailable(say("store.busy"))


def test_a_flush_that_fails_reaches_everybody_who_waits(tmp_path):
    """All of several messages under way get 503, none an acceptance."""
    database = open_store(f"sqlite:///{tmp_path}/yidi.db", group=True)
    failing = Failing(database)
    app = application(world(store=failing), clock=lambda: NOW, database=failing)
    desk = Desk(app.state.service.reference)
    bodies = [wire.encode(desk.message("1101", {"data": desk.shown()})) for _ in range(5)]

    async def go():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as http:
            return await asyncio.gather(*(http.post("/", content=body) for body in bodies))

    assert [503] * 5 == [answer.status_code for answer in asyncio.run(go())]
    database.close()


@pytest.mark.parametrize("group", [False, True])
def test_many_messages_at_once_are_all_kept(tmp_path, group):
    """Twenty together, one or many to a write; a second look at the file finds every one."""
    address = f"sqlite:///{tmp_path}/yidi.db"
    with open_store(address, group=group) as database:
        app = application(world(store=database), clock=lambda: NOW, database=database)
        desk = Desk(app.state.service.reference)
        messages = [desk.message("1101", {"data": desk.shown()}) for _ in range(20)]

        async def go():
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as http:
                return await asyncio.gather(*(http.post("/", content=wire.encode(one)) for one in messages))

        assert [0] * 20 == [answer.json()["infcode"] for answer in asyncio.run(go())]
        database.flush()
    with open_store(address) as again:
        ref = world(store=again)
        assert [0] * 20 == [ref.call(one, NOW)["infcode"] for one in messages]
        assert 20 == ref.parties["520000"].store.count(ref.parties["520000"].messages.table)
