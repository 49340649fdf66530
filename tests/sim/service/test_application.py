"""The application without a network: bytes in, bytes out."""

import asyncio
import re
from datetime import datetime
from decimal import Decimal
from html import unescape

import httpx
import pytest
from platform_desk import NOW, Desk, says, world

from sim.interface import interface, validate, wire
from sim.lang import templates
from sim.platform import Reference
from sim.service import application, china_time
from sim.service.body import named_by
from sim.service.recent import HIDDEN, MASKED, mask


class Http(Desk):
    """The desk, sending bytes to the application."""

    def __init__(self, app, path="/"):
        super().__init__(app.state.service.reference)
        self.app = app
        self.path = path

    def call(self, message):
        reply = wire.decode(self.app.state.service.answer(wire.encode(message), self.path))
        assert [] == validate(interface(), message["infno"], "reply", reply)
        return reply


@pytest.fixture
def app():
    return application(world(), clock=lambda: NOW)


def client(app):
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://platform")


def post(app, body, path="/", **more):
    async def go():
        async with client(app) as http:
            return await http.post(path, content=body, **more)

    return asyncio.run(go())


def get(app, path):
    async def go():
        async with client(app) as http:
            return await http.get(path)

    return asyncio.run(go())


def test_a_visit_is_settled_through_bytes(app):
    """The whole outpatient story; money comes back as numbers with two decimals."""
    head = Http(app).ready().settle()
    assert isinstance(head["fund_pay_sumamt"], Decimal)
    assert head["setl_time"].startswith("2024-03-05")


@pytest.mark.parametrize(
    "path", ["/", "/fsi/api/rsfComIfsService/callService", "/x/1101", "/ebus/poc-hsa-hgs-1101", "/api/v1101/1101/"]
)
def test_any_path_takes_a_message(app, path):
    """One fixed URL, the transaction as last segment, or glued to a prefix."""
    desk = Http(app, path)
    reply = post(app, wire.encode(desk.message("1101", {"data": desk.shown()})), path)
    assert (200, 0) == (reply.status_code, reply.json()["infcode"])
    assert reply.headers["content-type"].startswith("application/json")


def test_a_path_that_names_another_transaction_is_refused(app):
    """A minimal pair of paths: the body's own number is accepted."""
    desk = Http(app)
    body = wire.encode(desk.message("1101", {"data": desk.shown()}))
    assert "2207" in post(app, body, "/api/2207").json()["err_msg"]
    assert -1 == post(app, body, "/api/2207").json()["infcode"]
    assert 0 == post(app, body, "/api/1101").json()["infcode"]


def test_what_a_path_names():
    """Only a known transaction number at the end of the last segment counts."""
    known = {"2203", "2203A", "1101"}
    paths = {
        "/a/2203": "2203",
        "/a/x-2203A": "2203A",
        "/a/2203/": "2203",
        "/2203/a": None,
        "/a/12203": None,
        "/": None,
        "/a/9999": None,
        "/a/port2203": "2203",
    }
    assert paths == {path: named_by(path, known) for path in paths}


BAD = {
    "empty": (b"", "wire.empty"),
    "not JSON": (b'{"infno": ', "wire.not_json"),
    "HTML": (b"<html></html>", "wire.not_json"),
    "a list": (b"[]", "wire.not_object"),
    "a number": (b"1", "wire.not_object"),
    "GBK with nothing in it": ('{"opter_name": "中"}'.encode("gbk"), "platform.infno.unknown"),
    "neither UTF-8 nor GBK": (b'{"opter_name": "\xff\xfe"}', "wire.not_utf8"),
    "UTF-16": ('{"opter_name": "中"}'.encode("utf-16"), "wire.not_utf8"),
    "a key twice": (b'{"infno": "1101", "infno": "2207"}', "wire.duplicate_key"),
    "too deep": (b'{"a":' * 100 + b"1" + b"}" * 100, "wire.too_deep"),
    "too large": (b'{"a": "' + b"x" * wire.MAX_BYTES + b'"}', "wire.too_large"),
    "relayed": (b'{"infno": "1101", "input": {"relay": {"from": "520000"}}}', "service.relayed"),
    "nothing in it": (b"{}", "platform.infno.unknown"),
}


@pytest.mark.parametrize(("body", "reason"), BAD.values(), ids=BAD)
def test_a_bad_body_gets_an_interface_reply_and_the_next_message_is_handled(app, body, reason):
    """The refusal conforms to the interface and says why; the application goes on."""
    answer = post(app, body)
    reply = wire.decode(answer.content)
    assert 200 == answer.status_code
    pattern = ".*".join(re.escape(part) for part in re.split(r"\{[a-z_]+\}", templates()[reason]["zh"]))
    assert re.fullmatch(pattern, reply["err_msg"], re.DOTALL), reply["err_msg"]
    assert [] == validate(interface(), "1101", "reply", reply)
    Http(app).ready().settle()


def test_a_body_just_within_the_limit_is_read(app):
    """4 MiB exactly is a message (and refused for what it says), one byte more is too large."""
    filling = b'{"infno": "' + b"x" * (wire.MAX_BYTES - 13) + b'"}'
    assert len(filling) == wire.MAX_BYTES
    assert "不存在" in post(app, filling).json()["err_msg"]
    assert str(wire.MAX_BYTES) in post(app, filling + b" ").json()["err_msg"]


def test_a_fault_of_ours_is_an_interface_reply_too(caplog):
    """A handler that raises is answered with a refusal, logged, and the application goes on."""

    def broken(context):
        raise RuntimeError("planted")

    app = application(world(handlers={"treatment": {"9001": broken}}), clock=lambda: NOW)
    desk = Http(app)
    reply = desk.send("9001", {"signIn": {"opter_no": "1", "mac": "0", "ip": "0"}})
    assert templates()["service.internal"]["zh"] == reply["err_msg"]
    assert "planted" in caplog.text
    desk.register()


def test_the_operator_page_shows_counts_and_masked_messages(app):
    """Transactions, counts and the last messages; nothing that tells who a person is."""
    desk = Http(app).ready()
    desk.settle()
    desk.send("2207", desk.settlement(psn_no="11000099000000000002"))
    reply = get(app, "/")
    page = unescape(reply.text)
    assert reply.headers["content-type"].startswith("text/html")
    assert "2207" in page
    assert "门诊结算" in page
    for secret in (
        desk.patient.psn_no,
        desk.patient.psn_name,
        desk.patient.certno,
        desk.patient.token,
        "11000099000000000002",
    ):
        assert secret not in page
    assert HIDDEN in page
    assert desk.setl_id in page


def test_the_operator_page_escapes_what_comes_from_outside(app):
    """A message cannot put markup on the page."""
    post(app, b'{"infno": "<script>alert(1)</script>", "x": "</pre><b>"}', "/<i>")
    text = get(app, "/").text
    assert "<script>alert" not in text
    assert "</pre><b>" not in text
    assert "&lt;script&gt;" in text


def test_messages_as_json_are_masked(app):
    """Newest first, with the reply, amounts as numbers."""
    desk = Http(app).ready()
    desk.settle()
    shown = wire.decode(get(app, "/api/messages").content)
    assert 5 == shown["total"] == len(shown["messages"])
    newest = shown["messages"][0]
    assert ("2207", True) == (newest["infno"], newest["accepted"])
    assert HIDDEN == newest["request"]["input"]["data"]["psn_no"]
    assert HIDDEN == newest["reply"]["output"]["setlinfo"]["psn_name"]
    assert desk.patient.psn_no not in str(shown)


def test_masking_reaches_every_depth():
    """Lists and objects; values are collected; empty ones stay empty."""
    secrets: set[str] = set()
    message = {"a": [{"psn_no": "123456789", "b": {"certno": "", "card_sn": None, "mdtrt_cert_no": 5}}]}
    assert {"a": [{"psn_no": HIDDEN, "b": {"certno": "", "card_sn": None, "mdtrt_cert_no": HIDDEN}}]} == mask(
        message, secrets
    )
    assert {"123456789"} == secrets
    assert {"psn_no", "psn_name", "certno", "mdtrt_cert_no"} <= MASKED


def test_only_the_last_messages_are_kept(app):
    """Memory stays bounded; the count goes on."""
    service = app.state.service
    for _ in range(500):
        service.answer(b"{}")
    assert (500, 200) == (service.recent.total, len(service.recent.entries))


def test_other_paths_are_not_found(app):
    """GET elsewhere is no page."""
    assert 404 == get(app, "/nothing").status_code


def test_the_page_is_there_before_any_message(app):
    """An empty platform has a page in both languages."""
    page = get(app, "/?lang=en").text
    assert 'lang="en"' in page
    assert templates()["service.page.nothing"]["en"] in page


def test_the_clock_is_the_services():
    """Times in replies come from the clock that was given; the default is China's wall clock."""
    app = application(world(), clock=lambda: datetime(2031, 5, 6, 7, 8, 9))
    desk = Http(app)
    reply = desk.send("9001", {"signIn": {"opter_no": "1", "mac": "0", "ip": "0"}})
    assert "2031-05-06 07:08:09" == reply["output"]["signinoutb"]["sign_time"]
    assert china_time().tzinfo is None
    assert isinstance(app.state.service.reference, Reference)
    assert not says(reply, "infno.unknown")
