"""Request headers of a recording: what means something is said again, and no secret is ever in a pack."""

import base64
import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from conformance.commands.shared import write_pack
from conformance.conversation import Exchange, Raw
from conformance.from_conversation import LEFT_OUT, MadePack, pack_from
from conformance.pack import Pack, load_pack
from conformance.profile import Profile, Signing
from conformance.recorded.headers import REASONS, plain, secrets_in, sort
from conformance.run import certify_platform
from conformance.targets.platform import china_time
from conformance.targets.transport import HttpTransport, InProcessTransport
from sim.interface import wire
from sim.interface.signature import HEADERS
from sim.platform.reference import reference
from sim.service.app import application
from sim.service.server import running
from sim.service.settings import Settings, WireForm

SECRETS = {
    "Authorization": "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJoaXMifQ.c2lnbmVk",
    "Proxy-Authorization": "Basic aGlzOmgwc3BpdGFs",
    "Cookie": "JSESSIONID=7f3a90c1d2; theme=dark",
    "X-Api-Key": "letmein",
    "X-Hospital-Password": "opensesame",
    "Access-Token": "4f1e2d",
    "SecretKey": "k-0001",
    "X-Login-Name": "wang",
    "X-Env": "h0spital2026xyz",
    "X-Trace-Id": "6f1c1f0e-9c6b-4a55-8d3e-0242ac120002",
    "X-Odd": "p@ss!word",
    "_api_access_key": "ak-77381",
    "_api_signature": "kq7Vb3JwZXQ0aGlz0a==",
    "x-tif-paasid": "hospital-7731",
    "x-tif-signature": "0a" * 32,
}
"""Names that tell of a credential, whatever the value; and harmless names with a value that may be one."""
ORDINARY = {
    "Host": "platform.example",
    "Content-Length": "512",
    "Content-Type": "application/json; charset=utf-8",
    "Accept-Encoding": "gzip, deflate",
    "Accept": "*/*",
    "User-Agent": "his/7.1 (ward 3)",
    "Connection": "keep-alive",
}
MEANT = {
    "Content-Type": "application/json; charset=gb18030",
    "Expect": "100-continue",
    "X-Region": "520000",
    "X-Test-Lane": "grey",
    "Accept-Language": "zh-CN,zh;q=0.9",
}


@cache
def visit(pack: Pack) -> tuple[Exchange, ...]:
    """One outpatient visit, without the suite's own readings; nothing says what it was sent for."""
    transport = InProcessTransport(reference().call, china_time)
    talk = certify_platform(transport, Profile(), [pack], only=["OUT-001"]).conversation
    kept = [one for one in talk if one.note != "probe"]
    return tuple(evolve(one, seq=seq, scenario="", step="", note="") for seq, one in enumerate(kept, 1))


def sent_with(talk: tuple[Exchange, ...], headers: Mapping[str, str]) -> list[Exchange]:
    return [evolve(one, request=evolve(one.request, headers=tuple(headers.items()))) for one in talk]


def headers_of(made: MadePack) -> list[dict[str, str]]:
    return [dict(step.headers) for one in load_pack(made.folder).scenarios for step in one.steps]


def written(made: MadePack) -> str:
    return "".join(file.read_text("utf-8") for file in sorted(made.folder.iterdir()))


# --- what is carried ---------------------------------------------------------------------------------------------------


def test_what_means_something_is_said_again(outpatient: Pack, tmp_path: Path) -> None:
    """Another content type, an expectation and headers of one's own are in every step; what whoever plays the pack sets
    itself, and the usual content type, are not."""
    made = pack_from(sent_with(visit(outpatient), {**ORDINARY, **MEANT}), tmp_path / "pack")
    assert [MEANT] * made.steps == headers_of(made)
    assert set(MEANT) == set(made.carried)
    assert {"Host", "Content-Length", "Accept-Encoding", "User-Agent", "Connection"} == set(made.headers)
    assert {"way"} == set(made.headers.values())


def test_the_usual_headers_leave_no_trace(outpatient: Pack, tmp_path: Path) -> None:
    """A recording of ordinary traffic gives the pack that one without headers gives, which plays in one process too."""
    plain_one, other = (
        pack_from(sent_with(visit(outpatient), headers), tmp_path / str(len(headers))) for headers in ({}, ORDINARY)
    )
    files = [[f.read_text("utf-8") for f in sorted(made.folder.glob("rec-*"))] for made in (plain_one, other)]
    assert files[0] == files[1]
    assert not any(one.needs_http for one in load_pack(other.folder).scenarios)


def test_a_repeated_message_has_its_own_headers(outpatient: Pack, tmp_path: Path) -> None:
    """The same bytes again with another header: the step that repeats has it, the first one has not."""
    first = next(n for n, one in enumerate(visit(outpatient)) if one.infno == "2207")
    talk = list(visit(outpatient))
    talk.insert(first + 1, sent_with((talk[first],), {"X-Attempt": "2"})[0])
    made = pack_from([evolve(one, seq=seq) for seq, one in enumerate(talk, 1)], tmp_path / "pack")
    steps = [step for one in load_pack(made.folder).scenarios for step in one.steps]
    assert [("X-Attempt", "2")] == [header for step in steps for header in step.headers]
    assert [True] == [bool(step.repeat) for step in steps if step.headers]


def test_a_message_that_was_refused_for_a_header_is_refused_again(outpatient: Pack, tmp_path: Path) -> None:
    """A content type that a strict platform refuses: the recording's refusal is the pack's, over HTTP, and nobody looks
    for its reason in the platform's state; without the header the same step is accepted."""
    app = application(
        reference(), clock=china_time, settings=Settings(wire=WireForm(refused=frozenset({"text_plain"})))
    )
    with running(app) as url:
        talk = list(visit(outpatient))
        place = next(n for n, one in enumerate(talk) if one.infno == "1101")
        reply = {**(talk[place].reply.message or {}), "infcode": -1, "err_msg": "x"}  # type: ignore[union-attr]
        refused = evolve(talk[place], reply=Raw(wire.encode(reply), status=200))
        message = wire.decode(refused.request.body)
        message["msgid"] = message["msgid"][:-4] + "9999"
        sent = Raw(wire.encode(message), (("Content-Type", "text/plain"),))
        talk.insert(place + 1, evolve(refused, request=sent))
        made = pack_from([evolve(one, seq=seq) for seq, one in enumerate(talk, 1)], tmp_path / "pack")
        assert "recorded.refusal" not in {one.key for one in made.remarks}
        pack = load_pack(made.folder)
        assert "passed" == certify_platform(HttpTransport(url), Profile(), [pack]).verdict
        [one] = pack.scenarios
        bare = evolve(one, steps=tuple(evolve(step, headers=()) for step in one.steps))
        assert "failed" == certify_platform(HttpTransport(url), Profile(), [evolve(pack, scenarios=(bare,))]).verdict


# --- what never is -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_in_a_header_is_nowhere_in_the_pack(name: str, outpatient: Pack, tmp_path: Path) -> None:
    """Neither in a step nor in the list of what was left out; the header's name is told, with the reason."""
    made = pack_from(sent_with(visit(outpatient), {name: SECRETS[name]}), tmp_path / "pack")
    assert [{}] * made.steps == headers_of(made)
    pieces = [piece for piece in SECRETS[name].replace(";", " ").split() if len(piece) > 5]
    assert [] == [piece for piece in pieces if piece in written(made)]
    assert name in written(made)
    assert {name} == set(made.headers)


@pytest.mark.parametrize("token", ["t0k3n-of-the-hospital-77", "opensesame"])
def test_a_secret_of_a_header_is_hidden_elsewhere_too(token: str, outpatient: Pack, tmp_path: Path) -> None:
    """Told again under a harmless header's name, or, if it is no plain word, in a text of a message, it is in no file of
    the pack."""
    talk = list(visit(outpatient))
    at = next(n for n, one in enumerate(talk) if one.infno == "2203")
    message = wire.decode(talk[at].request.body)
    if not plain(token):
        message["input"]["mdtrtinfo"]["main_cond_dscr"] = f"see {token}, please"
    headers = (("Authorization", f"Token {token}"), ("X-Remark", f"see {token}"))
    talk[at] = evolve(talk[at], request=Raw(wire.encode(message), headers))
    made = pack_from(talk, tmp_path / "pack")
    assert "2203" in {step.send for one in load_pack(made.folder).scenarios for step in one.steps}
    assert token not in written(made)
    assert {"Authorization": "secret", "X-Remark": "value"} == dict(made.headers)


def test_nobody_is_told_in_a_header(outpatient: Pack, tmp_path: Path) -> None:
    """A name of the recording, and a number of somebody, are no plain words."""
    talk = list(visit(outpatient))
    reply: Any = talk[1].reply
    base = reply.message["output"]["baseinfo"]
    spelled = {**reply.message, "output": {**reply.message["output"], "baseinfo": {**base, "psn_name": "Zhang San"}}}
    talk[1] = evolve(talk[1], reply=evolve(reply, body=wire.encode(spelled)))
    headers = {"X-Patient": "Zhang San", "X-Number": base["psn_no"], "X-Card": base["certno"], "X-Name": "张三"}
    made = pack_from(sent_with(tuple(talk), headers), tmp_path / "pack")
    assert [] == [one for one in headers_of(made) if one]
    assert [] == [value for value in headers.values() if value in written(made)]


def test_the_suites_own_signatures_are_not_carried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every header of every scheme, as the suite makes them, counts as part of a signature."""
    monkeypatch.setenv("A_SECRET", "s")
    for scheme, names in HEADERS.items():
        made = Signing(scheme, "access-key-1", "A_SECRET", "seconds").headers("1101", china_time(), "0" * 32)
        found = sort(made.items(), lambda _: False)
        assert ({}, dict.fromkeys(names, "signature")) == (found.carried, found.left)
        assert "access-key-1" in set(secrets_in(made.items()))


@settings(deadline=None)
@given(st.binary(min_size=16, max_size=48), st.sampled_from([bytes.hex, lambda b: base64.b64encode(b).decode()]))
def test_a_random_key_is_never_a_plain_word(secret: bytes, form: Callable[[bytes], str]) -> None:
    """However a key is written, its value alone keeps it out, whatever the header is called; but for a key that happens
    to be all zeros or all one letter."""
    assume(len(set(secret)) > 8)
    assert not plain(form(secret))
    assert {"X-Lane": "value"} == sort([("X-Lane", form(secret))], lambda _: False).left


# --- what is said ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["X_Lane", "X-Twice", "X-Breaks"])
def test_what_a_scenario_cannot_write_is_told(name: str) -> None:
    """A name with an underscore, a header that comes twice, a value that is no plain text."""
    headers = [(name, "grey\tgreen" if name == "X-Breaks" else "grey")] * (2 if name == "X-Twice" else 1)
    assert ({}, {name: "unwritable"}) == (sort(headers, lambda _: False).carried, sort(headers, lambda _: False).left)


def test_the_command_says_what_was_left_out_and_why(
    outpatient: Pack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line a reason, with the names; and the list beside the pack says the same in both languages."""
    headers = {**ORDINARY, **MEANT, **SECRETS, "X_Lane": "grey"}
    write_pack(sent_with(visit(outpatient), headers), tmp_path / "pack", None, "")
    told = capsys.readouterr().err.splitlines()
    assert 2 + len(REASONS) == len(told)
    by_first = {line.rpartition(": ")[0]: line.rpartition(": ")[2].split(", ") for line in told[1:]}
    assert sorted(MEANT) == next(names for head, names in by_first.items() if "look at" in head)
    assert ["X_Lane"] == next(names for head, names in by_first.items() if "cannot write" in head)
    secret = next(names for head, names in by_first.items() if "secret" in head and "names" in head)
    assert {"Authorization", "Cookie", "X-Api-Key", "X-Hospital-Password"} <= set(secret)
    listed = json.loads((tmp_path / "pack" / LEFT_OUT).read_text("utf-8"))["headers"]
    assert told[1:] == [one["en"] for one in listed]
    assert all(one["zh"] for one in listed)
