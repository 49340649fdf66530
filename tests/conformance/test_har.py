"""HAR: what an archive says of interface messages comes through whole, and nothing is made of what it left out."""

import base64
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from conformance import har
from conformance.conversation import Conversation, Exchange
from conformance.har import read_har
from conformance.judge import judge
from conformance.judging import judge_file
from conformance.profile import Profile
from conformance.result import RunResult
from sim.errors import BadFileError, InputError


def entry(exchange: Exchange, packed: bool = False) -> dict[str, Any]:
    """An exchange as a recorder would export it, bodies as text or as base64."""

    def body(raw: bytes) -> dict[str, Any]:
        if packed:
            return {"text": base64.b64encode(raw).decode(), "encoding": "base64", "size": len(raw)}
        return {"text": raw.decode(), "size": len(raw)}

    assert exchange.reply is not None
    assert exchange.answered_at is not None
    sent, came = datetime.fromisoformat(exchange.sent_at), datetime.fromisoformat(exchange.answered_at)
    return {
        "startedDateTime": f"{sent.isoformat(timespec='milliseconds')}+08:00",
        "time": (came - sent) / timedelta(milliseconds=1),
        "request": {
            "method": "POST",
            "url": "http://platform.example/api",
            "headers": [{"name": n, "value": v} for n, v in exchange.request.headers],
            "postData": {"mimeType": "application/json", **body(exchange.request.body)},
        },
        "response": {
            "status": exchange.reply.status,
            "headers": [{"name": n, "value": v} for n, v in exchange.reply.headers],
            "content": {"mimeType": "application/json", **body(exchange.reply.body)},
        },
    }


def archive(file: Path, entries: list[Any]) -> Path:
    file.write_text(json.dumps({"log": {"version": "1.2", "entries": entries}}), "utf-8")
    return file


PAGE = {
    "startedDateTime": "2024-06-03T12:00:00Z",
    "request": {"method": "GET", "url": "http://x.example/index.html"},
    "response": {"status": 200, "content": {"text": "<html>"}},
}


@pytest.mark.parametrize("packed", [False, True], ids=["text", "base64"])
def test_an_archive_of_a_run_is_judged_as_the_run(good: RunResult, tmp_path: Path, packed: bool) -> None:
    """Bodies, headers, status and times come back; other traffic in between does not; the judge sees the same."""
    said = good.conversation.exchanges[:60]
    file = archive(tmp_path / "a.har", [PAGE, *(entry(e, packed) for e in said), PAGE])
    found = read_har(file)
    assert [(e.request.body, e.request.headers) for e in said] == [(e.request.body, e.request.headers) for e in found]
    replies = [(e.reply.body, e.reply.status) for e in said if e.reply]
    assert replies == [(e.reply.body, e.reply.status) for e in found if e.reply]
    assert [(e.sent_at, e.answered_at) for e in said] == [(e.sent_at, e.answered_at) for e in found]
    loose = [(o.check, o.status, o.seq) for o in judge(Conversation(tuple(found)), Profile())]
    assert loose == [(o.check, o.status, o.seq) for o in judge_file(file).observations]
    assert {"amounts.A1", "schema.reply.req"} <= {check for check, status, _ in loose if status == "pass"}


def test_times_of_any_zone_become_the_watchers_and_give_the_order(good: RunResult, tmp_path: Path) -> None:
    """Entries in any order; UTC is read as UTC."""
    first, second = (entry(e) for e in good.conversation.exchanges[:2])
    first["startedDateTime"], second["startedDateTime"] = "2024-06-03T04:00:01Z", "2024-06-03T12:00:00.500+08:00"
    found = read_har(archive(tmp_path / "a.har", [first, second]))
    assert ["2024-06-03T12:00:00.500", "2024-06-03T12:00:01.000"] == [e.sent_at for e in found]
    assert [1, 2] == [e.seq for e in found]


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        ("net::ERR_TIMED_OUT", "timeout"),
        ("net::ERR_CONNECTION_REFUSED", "unreachable"),
        ("net::ERR_NAME_NOT_RESOLVED", "unreachable"),
        (None, "broken"),
    ],
)
def test_no_answer_is_an_outcome(good: RunResult, tmp_path: Path, error: str | None, outcome: str) -> None:
    """Recorders write a status of 0 and, some of them, why."""
    one = entry(good.conversation.exchanges[0])
    one["response"] = {"status": 0, "content": {}, "_error": error}
    [found] = read_har(archive(tmp_path / "a.har", [one]))
    assert (outcome, None, None) == (found.outcome, found.reply, found.answered_at)


def test_a_body_that_was_left_out_is_not_judged(good: RunResult, tmp_path: Path) -> None:
    """Left out is not empty: an empty reply is a finding, one that nobody kept is not judged."""
    left_out, empty = (entry(good.conversation.exchanges[0]) for _ in range(2))
    del left_out["response"]["content"]["text"]
    empty["response"]["content"] = {"size": 0, "text": ""}
    for one, expected in ((left_out, "not_judged"), (empty, "fail")):
        file = archive(tmp_path / "a.har", [one])
        assert {expected} == {o.status for o in judge_file(file).observations if o.check == "envelope.json"}


def test_a_body_stands_unpacked_in_an_archive(good: RunResult, tmp_path: Path) -> None:
    """The header that says gzip is of the line, not of the text: taking it at its word would spoil every reply."""
    one = entry(good.conversation.exchanges[0])
    one["response"]["headers"].append({"name": "Content-Encoding", "value": "gzip"})
    file = archive(tmp_path / "a.har", [one])
    assert {"pass"} == {o.status for o in judge_file(file).observations if o.check == "envelope.json"}


def test_a_broken_message_is_still_a_message(good: RunResult, tmp_path: Path) -> None:
    """A reader that took only what is well formed would hide the worst."""
    one = entry(good.conversation.exchanges[0])
    one["request"]["postData"]["text"] = '{"infno": "2207", '
    assert 1 == len(read_har(archive(tmp_path / "a.har", [one])))


def bad(**change: Any) -> dict[str, Any]:
    return {
        "startedDateTime": "2024-06-03T12:00:00Z",
        "request": PAGE["request"],
        "response": PAGE["response"],
        **change,
    }


POST = {"method": "POST", "url": "http://x.example/2207", "postData": {"text": "?", "encoding": "base64"}}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "not JSON"),
        ("[", "line 1"),
        ("[" * 100_000, "not JSON"),
        ('{"log": {}}', "log"),
        (json.dumps({"log": {"entries": [PAGE, bad(request={"method": "POST"})]}}), "log.entries[1].request"),
        (json.dumps({"log": {"entries": [bad(response={"status": "200"})]}}), "log.entries[0].response.status"),
        (json.dumps({"log": {"entries": [bad(request=POST)]}}), "log.entries[0].request.postData.text"),
        (
            json.dumps(
                {"log": {"entries": [bad(request={**POST, "postData": {"text": "{}"}}, startedDateTime="now")]}}
            ),
            "log.entries[0].startedDateTime",
        ),
        (json.dumps({"log": {"entries": [PAGE]}}), "none of the 1 entries"),
    ],
)
def test_what_is_no_archive_is_told_with_its_place(tmp_path: Path, content: str, told: str) -> None:
    """File and path in the JSON."""
    file = tmp_path / "a.har"
    file.write_text(content, "utf-8")
    with pytest.raises(InputError) as error:
        read_har(file)
    assert told in error.value.show("en")
    assert "a.har" in error.value.show("en")


def test_a_huge_archive_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounded, and the limit is named."""
    file = archive(tmp_path / "a.har", [PAGE] * 50)
    monkeypatch.setattr(har, "LARGEST", 1000)
    with pytest.raises(InputError, match="1000"):
        read_har(file)


def test_many_problems_are_told_but_not_all(tmp_path: Path) -> None:
    """The first of them are enough."""
    file = archive(tmp_path / "a.har", [bad(response={})] * 100)
    with pytest.raises(BadFileError) as error:
        read_har(file)
    assert har.SHOWN == len(error.value.problems)


def test_a_missing_archive(tmp_path: Path) -> None:
    """One clear error."""
    with pytest.raises(InputError, match="absent"):
        read_har(tmp_path / "absent.har")
