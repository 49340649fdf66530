"""Treatment province, hub and insured province as processes of their own, over real HTTP, each with a database."""

import time
import urllib.error
import urllib.request

import pytest
from platform_desk import Desk, person, reference, says
from processes import HERE, HUB, KEY, THERE, database, parties, started

from sim.errors import InputError
from sim.interface import wire
from sim.platform import Outbound
from sim.platform.intents import INTENTS
from sim.platform.records import CLAIMS, SETTLEMENTS
from sim.platform.sql import open_store
from sim.service import china_time, serve
from sim.service.launch import Cast, peers_of
from sim.service.links import FROM, PATH, SIGNATURE, Peers, headers_of
from sim.service.routes import read_routes


class Wire(Desk):
    """The desk, sending over HTTP to the treatment province."""

    url = ""

    def call(self, message):
        return post(self.url, message)

    def told(self, message):
        """The definite reply; on a busy machine a party may give no answer in its second, and then is asked again."""
        end = time.monotonic() + 30
        while says(reply := self.call(message), "unanswered") and time.monotonic() < end:
            time.sleep(0.2)
        return reply

    def ok(self, infno, content, **changes):
        reply = self.told(self.message(infno, content, **changes))
        assert reply["infcode"] == 0, (infno, reply["err_msg"])
        return reply["output"]


def post(url, message, **headers):
    request = urllib.request.Request(url, data=wire.encode(message), headers=headers)  # noqa: S310
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
        return wire.decode(answer.read())


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    folder = tmp_path_factory.mktemp("parties")
    with started(parties(folder)) as processes:
        yield folder, processes


def desk_at(processes, n=0):
    desk = Wire(reference(), person("110000", n=n))
    desk.url = processes[HERE].url
    desk.now = china_time()
    return desk


def valid(folder):
    """The settlements that stand in the two databases, as (treatment place, insured place)."""
    with open_store(database(folder, HERE)) as here, open_store(database(folder, THERE)) as there:
        return (
            {s.setl_id for s in here(HERE).all(SETTLEMENTS) if s.state == "valid"},
            {c.setl_id for c in there(THERE).all(CLAIMS) if c.state == "valid"},
        )


def until(seconds, condition):
    """Wait for something that happens by itself."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def test_a_person_insured_elsewhere_settles_cancels_and_reverses(running):
    """The whole visit over three processes; what stands at the end stands in both databases."""
    folder, processes = running
    desk = desk_at(processes).ready()
    assert desk.settle()["medfee_sumamt"] > 0
    desk.ok("2208", desk.cancellation())
    settle = desk.message("2207", desk.settlement())
    reply = desk.told(settle)
    assert 0 == reply["infcode"]
    assert reply == desk.call(settle)
    desk.ok("2601", desk.reversal(settle))
    again = desk.settle()["setl_id"]
    here, there = valid(folder)
    assert here == there
    assert again in here


def test_with_the_hub_away_nothing_is_known_and_with_the_hub_back_everything(running):
    """The hub is killed; the settlement stays in doubt; when the hub is back the same message is settled."""
    folder, processes = running
    desk = desk_at(processes, 1).ready()
    settle = desk.message("2207", desk.settlement())
    processes[HUB].kill()
    assert says(desk.call(settle), "unanswered")
    processes[HUB].start()
    reply = desk.told(settle)
    assert 0 == reply["infcode"]
    here, there = valid(folder)
    assert here == there
    assert reply["output"]["setlinfo"]["setl_id"] in here


def test_what_is_in_doubt_is_resolved_without_anybody_asking(running):
    """The insured province is away when a settlement is asked of it; back, it is asked again by the treatment place."""
    folder, processes = running
    desk = desk_at(processes, 2).ready()
    processes[THERE].kill()
    assert says(desk.call(desk.message("2207", desk.settlement())), "unanswered")
    with open_store(database(folder, HERE)) as here:
        assert 1 == here(HERE).count(INTENTS)
    processes[THERE].start()

    def resolved():
        with open_store(database(folder, HERE)) as here:
            return here(HERE).count(INTENTS) == 0

    until(15, resolved)
    here, there = valid(folder)
    assert here == there


def test_a_treatment_place_that_was_killed_resolves_when_it_starts(running):
    """Killed with a question open: its start takes it up from the file."""
    folder, processes = running
    desk = desk_at(processes, 3).ready()
    processes[HUB].kill()
    assert says(desk.call(desk.message("2207", desk.settlement())), "unanswered")
    processes[HERE].kill()
    processes[HUB].start()
    processes[HERE].start()

    def resolved():
        with open_store(database(folder, HERE)) as here:
            return here(HERE).count(INTENTS) == 0

    until(10, resolved)
    here, there = valid(folder)
    assert here == there


def status(url, body, headers):
    request = urllib.request.Request(url, data=body, headers=headers)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_only_who_has_the_key_can_speak_for_a_party(running):
    """Unsigned, wrongly signed, signed for another party, altered or old questions are turned away; a right one not."""
    _, processes = running
    ref = reference()
    desk = Desk(ref)
    question = next(ref.parties[HERE].handle(desk.message("1101", {"data": desk.shown()}), desk.now))
    assert isinstance(question, Outbound)
    body, now = wire.encode(question.message), china_time()
    url = processes[HUB].url + PATH + HUB
    right = headers_of(KEY, HERE, HUB, now, body)
    assert 200 == status(url, body, right)
    assert 401 == status(url, body, {})
    assert 401 == status(url, body, headers_of("another key", HERE, HUB, now, body))
    assert 401 == status(url, body, headers_of(KEY, HERE, THERE, now, body))
    assert 401 == status(url, body + b" ", right)
    assert 401 == status(url, body, {**right, FROM: THERE})
    assert 401 == status(url, body, headers_of(KEY, HERE, HUB, now.replace(year=2020), body))
    assert 401 == status(url, body, {**right, SIGNATURE: ""})
    assert 404 == status(processes[HUB].url + PATH + HERE, body, headers_of(KEY, HUB, HERE, now, body))
    plain = wire.encode(desk.message("1101", {"data": desk.shown()}))
    assert 400 == status(url, plain, headers_of(KEY, HERE, HUB, now, plain))


@pytest.mark.parametrize(
    ("cast", "told"),
    [
        (Cast("province", "520000"), "--hub"),
        (Cast("province", hub="http://127.0.0.1:1"), "--admdvs"),
        (Cast("province", "520001", "http://127.0.0.1:1"), "520000"),
        (Cast("province", "520000", "nowhere"), "nowhere"),
        (Cast("hub"), "--provinces"),
        (Cast("hub", provinces=["no-such-file.yaml"]), "no-such-file.yaml"),
        (Cast("hub", provinces=["52000=http://127.0.0.1:1"]), "520000"),
        (Cast(hub="http://127.0.0.1:1"), "--hub"),
    ],
)
def test_options_that_do_not_fit_the_role_are_told(cast, told):
    """What is missing or wrong, by its name, and the nearest that is right."""
    with pytest.raises(InputError) as caught:
        peers_of(cast)
    assert told in caught.value.show("en")


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ('provinces: {"520000": "http://a"}', None, ""),
        ('provinces:\n  "520000": "a"', 2, "520000"),
        ('provinces:\n  "110000": "http://a"\n  "520001": "http://a"', 3, "520000"),
        ("province: {}", 1, "provinces"),
    ],
)
def test_a_file_of_provinces_is_checked(tmp_path, text, line, told):
    """File, line and key of what is wrong; a right one gives the addresses."""
    file = tmp_path / "provinces.yaml"
    file.write_text(text)
    if line is None:
        assert {"520000": "http://a", "110000": "http://b"} == read_routes([str(file), "110000=http://b"])
        return
    with pytest.raises(InputError) as caught:
        read_routes([str(file)])
    shown = caught.value.show("en")
    assert (True, True) == (f"provinces.yaml, line {line}" in shown, told in shown), shown


def test_elsewhere_than_on_this_machine_parties_need_a_key():
    """The server refuses to start, before it listens."""
    with pytest.raises(InputError, match="--key"):
        serve(reference(), host="192.0.2.1", token="t", peers=Peers(HUB, {}))  # noqa: S106
