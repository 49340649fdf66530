"""What the operator sees: stories of visits and persons, leniencies, the live list; and the way back to the start."""

import asyncio
from html import unescape
from typing import get_args

import httpx
import pytest
from platform_desk import NOW, Desk, person, world

from sim.interface import wire
from sim.lang import templates
from sim.money import parse
from sim.page.filters import yuan
from sim.platform.records import MESSAGES, ClaimState, SettlementState, VisitKind, VisitState
from sim.platform.sql import open_store
from sim.service import application
from sim.service.story import alias


class Http(Desk):
    """The desk, sending bytes to the application."""

    def __init__(self, app, patient=None):
        super().__init__(app.state.service.reference, patient)
        self.app = app

    def call(self, message):
        return wire.decode(self.app.state.service.answer(wire.encode(message)))


@pytest.fixture
def app():
    return application(world(), clock=lambda: NOW)


def ask(app, method, path, *, client=("127.0.0.1", 5000), base="http://localhost", **more):
    async def go():
        transport = httpx.ASGITransport(app, client=client)
        async with httpx.AsyncClient(transport=transport, base_url=base) as http:
            return await http.request(method, path, **more)

    return asyncio.run(go())


def secrets(patient):
    return [patient.psn_no, patient.psn_name, patient.certno, patient.token, patient.card_no]


def test_the_story_of_a_visit_is_told_from_all_parties(app):
    """Visit, lines, settlement, claim and messages of that visit and no other; amounts agree; nobody is named."""
    patient = person("110000")
    desk, other = Http(app, patient), Http(app, person("110000", n=1))
    desk.ready().settle()
    other.ready()
    found = wire.decode(ask(app, "GET", f"/api/visits/{desk.mdtrt_id}").content)
    assert ("520000", desk.setl_id, "valid") == (
        found["province"],
        found["settlements"][0]["setl_id"],
        found["settlements"][0]["state"],
    )
    assert [desk.setl_id] == [claim["setl_id"] for claim in found["claims"]]
    assert found["settlements"][0]["medfee_sumamt"] == sum(line["amount"] for line in found["lines"])
    assert {"2201", "2203", "2204", "2207"} == {entry["infno"] for entry in found["messages"]}
    page = unescape(ask(app, "GET", f"/visits/{desk.mdtrt_id}").text)
    assert desk.setl_id in page
    for secret in secrets(patient):
        assert secret not in page
        assert secret not in str(found)


def test_the_accumulators_of_a_person_are_told_under_another_name(app):
    """They move with a settlement; the address does not tell who it is."""
    patient = person("110000")
    desk = Http(app, patient).ready()
    assert 404 == ask(app, "GET", f"/api/persons/{alias(patient.psn_no)}").status_code
    desk.settle()
    found = wire.decode(ask(app, "GET", f"/api/persons/{alias(patient.psn_no)}").content)
    assert [desk.setl_id] == [claim["setl_id"] for claim in found["claims"]]
    assert found["accumulators"][0]["accumulators"]["year"] == 2024
    assert alias(patient.psn_no) in [
        one["person"] for one in wire.decode(ask(app, "GET", "/api/persons").content)["persons"]
    ]
    page = unescape(ask(app, "GET", f"/persons/{alias(patient.psn_no)}").text)
    assert desk.setl_id in page
    for secret in secrets(patient):
        assert secret not in page
        assert secret not in str(found)


def test_the_page_of_a_visit_puts_its_settlements_side_by_side_in_words(app):
    """Settled, cancelled, settled: both columns with their amounts, states in the reader's language, in order."""
    desk = Http(app, person("110000")).ready()
    first = desk.settle()
    desk.ok("2208", desk.cancellation())
    second = desk.settle()
    trial = desk.message("2206", desk.asked())
    Http(app, person("110000", n=1)).ready()
    reversing = desk.message("2601", desk.reversal(trial))
    desk.call(trial)
    desk.call(reversing)
    for lang, states in (("en", ("cancelled", "valid")), ("zh", ("已撤销", "有效"))):
        page = unescape(ask(app, "GET", f"/visits/{desk.mdtrt_id}?lang={lang}").text)
        table = page[page.index("<table", page.index(templates()["service.page.amounts"]["en"])) :]
        table = table[: table.index("</table>")]
        assert table.index(first["setl_id"]) < table.index(second["setl_id"])
        assert all(state in table for state in states)
        row = table[table.index("fund_pay_sumamt") :].partition("</tr>")[0]
        assert 2 == row.count(yuan(parse(first["fund_pay_sumamt"])))
    events = wire.decode(ask(app, "GET", f"/api/visits/{desk.mdtrt_id}").content)["messages"]
    assert {"2201", "2203", "2204", "2206", "2207", "2208", "2601"} == {one["infno"] for one in events}
    assert [reversing["msgid"]] == [one["msgid"] for one in events if one["infno"] == "2601"]


def test_every_state_and_kind_has_a_name():
    """Whatever a record can be."""
    states = {*get_args(VisitState), *get_args(SettlementState), *get_args(ClaimState)}
    assert all(f"service.state.{state}" in templates() for state in states)
    assert all(f"service.kind.{kind}" in templates() for kind in get_args(VisitKind))


def test_what_does_not_exist_is_not_found(app):
    """Visits, persons, reserved paths."""
    for path in ("/visits/1", "/persons/1", "/api/visits/1", "/api/persons/1", "/.yidi/other"):
        assert 404 == ask(app, "GET", path).status_code
    assert 404 == ask(app, "POST", "/.yidi/other").status_code


def test_the_live_list_shows_pairs_and_comes_again(app):
    """Request and reply side by side; the browser is asked to load it again; markup from outside stays text."""
    Http(app).ready()
    app.state.service.answer(b'{"infno": "<b>x</b>", "y": "</pre>"}')
    answer = ask(app, "GET", "/live?lang=en")
    assert "3" == answer.headers["refresh"]
    assert 'class="pair"' in answer.text
    assert "<b>x</b>" not in answer.text
    assert templates()["service.page.live"]["en"] in answer.text


def test_leniencies_are_listed(app):
    """On the overview, in its JSON, and with the message."""
    desk = Http(app)
    body = wire.encode(desk.message("1101", {"data": desk.shown()}))
    answer = ask(app, "POST", "/", content=body.decode().encode("gbk"), headers={"content-type": "text/plain"})
    assert "text_plain,gbk_body" == answer.headers["x-yidi-lenient"]
    assert {"text_plain": 1, "gbk_body": 1} == wire.decode(ask(app, "GET", "/api/overview").content)["leniencies"]
    assert templates()["leniency.name.gbk_body"]["en"] in ask(app, "GET", "/?lang=en").text


def test_invented_transactions_do_not_fill_the_memory(app):
    """They are counted together."""
    for number in range(500):
        app.state.service.answer(b'{"infno": "x%d"}' % number)
    assert {"?": 500} == dict(app.state.service.recent.refused)


def memory(tmp_path):
    return world(), None


def sqlite(tmp_path):
    database = open_store(f"sqlite:///{tmp_path}/yidi.db")
    return world(store=database), database


@pytest.mark.parametrize("kept", [memory, sqlite])
def test_a_reset_goes_back_to_the_known_state(kept, tmp_path):
    """The visit is gone, its message numbers are free, the next visit is the first again."""
    platforms, database = kept(tmp_path)
    app = application(platforms, clock=lambda: NOW, database=database)
    desk = Http(app).ready()
    desk.settle()
    first = desk.mdtrt_id
    assert 200 == ask(app, "POST", "/.yidi/reset").status_code
    assert 0 == app.state.service.recent.total
    assert 404 == ask(app, "GET", f"/visits/{first}").status_code
    again = Http(app).ready()
    again.settle()
    assert first == again.mdtrt_id
    if database is not None:
        database.close()


@pytest.mark.parametrize(
    "more",
    [
        {"client": ("192.0.2.7", 5000)},
        {"base": "http://yidi.example"},
        {"headers": {"origin": "http://elsewhere.example"}},
    ],
    ids=["another machine", "another name", "another page"],
)
def test_only_this_machine_can_reset(app, more):
    """Nor can a page of somebody else's, opened in a browser on this machine."""
    desk = Http(app).ready()
    assert 403 == ask(app, "POST", "/.yidi/reset", **more).status_code
    assert 200 == ask(app, "GET", f"/visits/{desk.mdtrt_id}").status_code


def test_pages_ask_for_the_token_once():
    """Without it 401; with it a cookie that opens the next page."""
    app = application(world(), clock=lambda: NOW, token="sesame")  # noqa: S106
    assert 401 == ask(app, "GET", "/").status_code
    assert 401 == ask(app, "GET", "/api/messages?token=wrong").status_code
    opened = ask(app, "GET", "/?token=sesame")
    assert 200 == opened.status_code
    assert 200 == ask(app, "GET", "/live", headers={"cookie": opened.headers["set-cookie"].split(";")[0]}).status_code
    assert 401 == ask(app, "POST", "/.yidi/reset").status_code


def test_replies_wait_until_they_are_on_the_disk(tmp_path):
    """With a database that writes many messages at a time, no reply leaves before its message is there."""
    address = f"sqlite:///{tmp_path}/yidi.db"
    database = open_store(address, group=True)
    app = application(world(store=database), clock=lambda: NOW, database=database)
    desk = Desk(app.state.service.reference)
    message = desk.message("1101", {"data": desk.shown()})
    key = (MESSAGES, message["fixmedins_code"], message["msgid"])
    database.flush()
    other = open_store(address)
    app.state.service.answer(wire.encode(message))  # past the entrance: committed, and on no disk yet
    assert other("520000").get(*key) is None
    other("520000").rollback()  # it looks anew
    reply = ask(app, "POST", "/", content=wire.encode(message)).content
    assert reply == other("520000").get(*key).reply
    other.close()
    database.close()
