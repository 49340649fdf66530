"""Faults on purpose: which messages they hit, and what a client then sees on a real socket."""

import http.client
import time
from urllib.parse import urlsplit

import pytest
from platform_desk import NOW, Desk, world

from sim.errors import InputError
from sim.files import parse_yaml
from sim.interface import interface, wire
from sim.service import application, read_faults, running
from sim.service.faults import Fault, FaultPlan, Faults, from_document, misnamed

HOSPITAL = "H52010000001"


def message(infno="2207", msgid="1", **data):
    return {"infno": infno, "msgid": msgid, "fixmedins_code": HOSPITAL, "input": {"data": {"psn_no": "P1", **data}}}


def hits(fault, messages, seed=0):
    plan = FaultPlan(Faults(seed, (fault,)))
    return [plan.next(one) is not None for one in messages]


def test_a_fault_keeps_to_its_transactions_persons_and_institutions():
    """Minimal pairs for each condition; a person is found by number or by what he presents."""
    assert [True, False] == hits(Fault("reset", infno=frozenset({"2207"})), [message(), message("2206")])
    assert [True, False] == hits(Fault("reset", person=frozenset({"P1"})), [message(), message(psn_no="P2")])
    assert [True] == hits(Fault("reset", person=frozenset({"T"})), [message(psn_no="P2", mdtrt_cert_no="T")])
    other = {**message(), "fixmedins_code": "H11"}
    assert [True, False] == hits(Fault("reset", institution=frozenset({HOSPITAL})), [message(), other])


def test_a_fault_counts_what_it_concerns():
    """The first two are spared, then two are hit; other messages do not count."""
    messages = [message(msgid=str(n)) for n in range(6)]
    fault = Fault("reset", infno=frozenset({"2207"}), skip=2, times=2)
    assert [False, False, True, True, False, False] == hits(fault, messages)
    mixed = [message("1101"), *messages]
    assert [False, False, False, True, True, False, False] == hits(fault, mixed)


def test_of_several_faults_the_first_that_hits_counts():
    """When its count is used up the next one takes over."""
    plan = FaultPlan(Faults(0, (Fault("reset", times=1), Fault("html"))))
    assert ["reset", "html", "html"] == [plan.next(message(msgid=str(n))).kind for n in range(3)]


def test_chance_is_a_function_of_seed_and_message():
    """The same for every run and order, another with another seed, about as often as it says; a retry draws anew."""
    fault = Fault("reset", chance=300_000)
    messages = [message(msgid=str(n)) for n in range(2000)]
    first = hits(fault, messages, seed=5)
    assert first == hits(fault, messages, seed=5)
    assert first == hits(fault, messages[::-1], seed=5)[::-1]
    assert first != hits(fault, messages, seed=6)
    assert 520 < sum(first) < 680
    again = hits(fault, [message()] * 400, seed=5)
    assert 70 < sum(again) < 170
    assert [False] * 5 == hits(Fault("reset", chance=0), messages[:5])
    assert [True] * 5 == hits(Fault("reset", chance=1_000_000), messages[:5])


def test_a_fault_file_is_read(tmp_path):
    """Every key reaches its value."""
    file = tmp_path / "faults.yaml"
    file.write_text(
        "seed: 3\nfaults:\n- {name: slow, do: delay, stage: before, seconds: 0.5, when: {infno: ['2207'], person: [P],"
        " institution: [H], skip: 1, times: 2, probability: 0.25}}\n- do: html\n"
    )
    found = read_faults(file, interface())
    slow = found.faults[0]
    assert (3, "delay", "before", "0.5", 1, 2, 250_000) == (
        found.seed,
        slow.kind,
        slow.stage,
        str(slow.seconds),
        slow.skip,
        slow.times,
        slow.chance,
    )
    assert Fault("html") == found.faults[1]


@pytest.mark.parametrize(
    ("text", "line", "nearest"),
    [
        ("fault: []", 1, "faults"),
        ("faults:\n- do: dely", 2, "delay"),
        ("faults:\n- do: delay", 2, None),
        ("faults:\n- do: html\n  seconds: 3", 3, None),
        ("faults:\n- do: half_body\n  stage: before", 3, None),
        ("faults:\n- do: html\n  when:\n    infno: ['2707']", 4, "2207"),
        ("faults:\n- do: html\n  when:\n    probability: 1.5", 4, None),
        ("faults:\n- do: html\n  when:\n    probability: 0.0000001", 4, None),
        ("faults:\n- do: html\n  when:\n    time: 1", 4, "times"),
    ],
)
def test_a_mistake_is_told_with_its_line(text, line, nearest):
    """Unknown names, missing and misplaced keys, numbers out of range."""
    with pytest.raises(InputError) as caught:
        from_document(parse_yaml(text, "faults.yaml"), interface())
    assert (line, nearest) == (caught.value.place.line, caught.value.nearest)


def test_a_misnamed_reply_differs_only_in_its_numbers():
    """inf_refmsgid and medins_setl_id are others of the same length."""
    reply = {"infcode": 0, "inf_refmsgid": "520000", "output": {"setlinfo": {"medins_setl_id": "M1", "setl_id": "1"}}}
    made = misnamed(reply)
    assert ("520001", "M0", "1") == (made["inf_refmsgid"], *made["output"]["setlinfo"].values())
    assert "520000" == reply["inf_refmsgid"]


# --- on the wire -----------------------------------------------------------------------------------------------------


class Client(Desk):
    """The desk, sending over a connection of its own; `sent` keeps the last body."""

    def __init__(self, app, url):
        super().__init__(app.state.service.reference)
        self.where = urlsplit(url)
        self.sent = b""

    def exchange(self, body):
        self.sent = body
        connection = http.client.HTTPConnection(self.where.hostname, self.where.port, timeout=10)
        try:
            connection.request("POST", "/", body, {"content-type": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def call(self, message):
        return wire.decode(self.exchange(wire.encode(message))[1])


@pytest.fixture(scope="module")
def served():
    app = application(world(), clock=lambda: NOW, faults=Faults())
    with running(app) as url:
        yield app, url


def struck(served, *faults):
    """A client just before the settlement, and a service that does this to it."""
    app, url = served
    app._entrance.plan = FaultPlan(Faults())
    client = Client(app, url).ready()
    app._entrance.plan = FaultPlan(Faults(0, faults))
    return client, wire.encode(client.message("2207", client.settlement()))


def settled(client):
    """What the platform holds of the visit, asked for by the very message again."""
    status, body = client.exchange(client.sent)
    assert 200 == status
    return wire.decode(body)


@pytest.mark.parametrize("stage", ["before", "after"])
def test_a_reset_loses_the_message_or_the_reply(served, stage):
    """The client cannot tell which; the retry settles once: anew, or by the stored reply."""
    client, body = struck(served, Fault("reset", stage=stage, times=1))
    with pytest.raises(ConnectionError):
        client.exchange(body)
    noted = served[0].state.service.recent.shown()[0]
    assert ("reset", stage == "after") == (noted["fault"], noted["accepted"])
    first, second = settled(client), settled(client)
    assert (0, first) == (first["infcode"], second)


def test_half_a_body_breaks_off(served):
    """The length says more than comes."""
    client, body = struck(served, Fault("half_body", times=1))
    with pytest.raises(http.client.IncompleteRead) as caught:
        client.exchange(body)
    whole = settled(client)
    assert wire.encode(whole)[: len(caught.value.partial)] == caught.value.partial
    assert len(caught.value.partial) == len(wire.encode(whole)) // 2


def test_an_error_page_comes_instead(served):
    """HTML with status 502; the message was carried out."""
    client, body = struck(served, Fault("html", times=1))
    status, page = client.exchange(body)
    assert (502, True) == (status, page.startswith(b"<html>"))
    assert 0 == settled(client)["infcode"]


def test_an_answer_comes_twice(served):
    """Two objects in one body."""
    client, body = struck(served, Fault("duplicate", times=1))
    _, twice = client.exchange(body)
    assert twice[: len(twice) // 2] == twice[len(twice) // 2 :]
    assert wire.decode(twice[: len(twice) // 2]) == settled(client)


def test_a_message_comes_twice_to_the_platform(served):
    """One settlement, the stored reply."""
    client, body = struck(served, Fault("twice", times=1))
    before = served[0].state.service.recent.total
    assert 0 == wire.decode(client.exchange(body)[1])["infcode"]
    assert 2 == served[0].state.service.recent.total - before


def test_a_reply_names_another_message(served):
    """The retry names the right one."""
    client, body = struck(served, Fault("wrong_msgid", times=1))
    reply = wire.decode(client.exchange(body)[1])
    right = settled(client)
    assert reply["inf_refmsgid"] != right["inf_refmsgid"]
    assert reply["output"]["setlinfo"]["medins_setl_id"] != right["output"]["setlinfo"]["medins_setl_id"]


@pytest.mark.parametrize("stage", ["before", "after"])
def test_a_reply_comes_late(served, stage):
    """Not before its time; others are served meanwhile by the same server."""
    client, body = struck(served, Fault("delay", stage=stage, seconds=1, times=1))
    begun = time.monotonic()
    assert 0 == wire.decode(client.exchange(body)[1])["infcode"]
    assert time.monotonic() - begun >= 1


def test_a_server_hangs_and_then_ends_the_connection(served):
    """Nothing comes."""
    client, body = struck(served, Fault("hang", seconds=1, times=1))
    begun = time.monotonic()
    with pytest.raises(ConnectionError):
        client.exchange(body)
    assert time.monotonic() - begun >= 1
    assert 0 == settled(client)["infcode"]
