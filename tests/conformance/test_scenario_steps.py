"""What a step can say besides its transaction: values, files, bytes, places, time; and the clear errors of each."""

import asyncio
import json
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.conversation import Exchange
from conformance.describe import describe
from conformance.mutants import right
from conformance.pack import load_pack
from conformance.profile import Profile
from conformance.scenario.effects import effects, that_reckon
from conformance.scenario.load import read_scenario
from conformance.scenario.model import FileNeed
from conformance.scenario.spoil import SPOILS
from conformance.targets.held import Books, Entry, bytes_in, unzipped, zipped
from conformance.targets.platform import Recorder, china_time
from conformance.targets.player import Player
from conformance.targets.transport import InProcessTransport
from sim import interface
from sim.errors import YidiError
from sim.interface import wire
from sim.platform import reference
from sim.platform.people import institutions, persons

HEAD = "id: T-1\ntitle: {zh: 测试, en: A test}\nrequirements: [LIFE-ACCEPT]\n"
MESSAGE = wire.encode({"infno": "2201", "opter_name": "经办人", "input": {"data": {"psn_name": "甲𠮷", "n": 1}}})
READ_ALL_THE_SAME = ("bom", "whitespace", "escaped")
"""Bodies that are the same message in other bytes."""


def scenario(tmp_path: Path, text: str) -> Any:
    file = tmp_path / "t.yaml"
    file.write_text(HEAD + text, encoding="utf-8")
    return read_scenario(file)[0]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("steps: [{send: 1101, body: {gziped: true}}]", "gzip"),
        ("steps: [{send: 1101, body: {padded: 99999999999}}]", "padded"),
        ("steps: [{send: 1101, at: second}]", "needs.second"),
        ("steps: [{send: 1101, values: {a: {date: soon}}}]", "values.a"),
        ("steps: [{send: 1101, values: {a: {time: month_ends}}}]", "values.a"),
        ("steps: [{send: 1101, values: {a: {plus: x}}}]", "values.a"),
        ('steps: [{send: 1101, headers: {Content-Type: "a\\nb"}}]', "headers"),
        ("steps: [{send: 1101, times: 1}]", "times"),
        ("steps: [{send: 9101, file: {leave: [a]}}]", "leave"),
        ("needs: {person: {disease: diabetes}}\nsteps: [{send: 1101}]", "disease"),
        ("needs: {institution: {kind: clinic}}\nsteps: [{send: 1101}]", "kind"),
        ("needs: {second: {near: here}}\nsteps: [{send: 1101}]", "near"),
        ("base: T-2\nfault: {step: 1101, body: {cut: 1}, at: second}", "fault"),
        ("base: T-2\nfault: {step: 1101, values: {a: 1, b: 2}}", "fault"),
        ("steps: [{send: 2301, bill: [{item: XZ99000001, back_of: 0}]}]", "back_of"),
        ("steps: [{send: 2999}]", "2999"),
    ],
)
def test_a_slip_is_told_with_its_place(text: str, told: str, tmp_path: Path) -> None:
    """File, line and key; the nearest valid name where there is one."""
    with pytest.raises(YidiError) as error:
        scenario(tmp_path, text)
    shown = error.value.show("en")
    assert told in shown
    assert "t.yaml, line" in shown


def test_a_step_says_what_it_was_given(tmp_path: Path) -> None:
    """Everything a row can hold arrives in the step."""
    text = (
        "needs: {second: {near: same_province}}\n"
        "steps:\n"
        "  - {send: 2301, at: second, lost: true, headers: {X-A: b}, body: {cut: 3}, times: 2, held: true,"
        " file: {leave_out: [2207], change: {a: 0.01}, made_up: 2}, values: {endtime: {time: -3}, a: {date: month_ends}},"
        " bill: [{item: XZ99000001, quantity: 2, back_of: 4}]}\n"
    )
    (step,) = scenario(tmp_path, text).steps
    assert ("second", True, True, 2) == (step.at, step.lost, step.held, step.times)
    assert ((("X-A", "b"),), ("cut", 3)) == (step.headers, step.body)
    assert FileNeed(("2207",), (("a", 1),), 2) == step.file
    assert [("endtime", -3, "time"), ("a", "month_ends", "date")] == [
        (one.path[0], one.value, one.moment) for one in step.values
    ]
    assert (4, 20_000) == (step.bill[0].back_of, step.bill[0].quantity)


@pytest.mark.parametrize("name", sorted(SPOILS))
def test_a_spoiled_body_is_no_message_any_more(name: str) -> None:
    """Every reader that keeps to the rules refuses it, but for those that say the same in other bytes."""
    spoiled = SPOILS[name](MESSAGE, 5_000_000 if name == "padded" else 60)
    if name in READ_ALL_THE_SAME:
        assert wire.decode(MESSAGE) == wire.decode(spoiled)
        assert MESSAGE != spoiled
    else:
        with pytest.raises(wire.WireError):
            wire.decode(spoiled)


def test_every_transaction_with_an_effect_is_one_of_the_interface() -> None:
    """And settling, trying, cancelling and reversing each have theirs."""
    assert set(effects()) <= set(interface.interface().transactions)
    for kind in ("trial", "settle", "cancel", "reverse"):
        assert that_reckon(kind)


# --- files ---


def entry(number: int, fen: int, clr_type: str = "11") -> Entry:
    return Entry(f"s{number}", f"{number:018d}", "m", "p", "310", clr_type, date(2026, 3, 4), fen, fen // 2, 0)


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=6))
@settings(max_examples=20, deadline=None)
def test_a_file_comes_back_as_its_rows(amounts: list[int]) -> None:
    """Packed and unpacked again; sums are those of the rows."""
    books = Books([entry(n, fen) for n, fen in enumerate(amounts)])
    sent = books.file(FileNeed(), "11", "p")
    assert [one.row() for one in sent] == list(unzipped(bytes_in(zipped(one.row() for one in sent))))
    assert sum(amounts) == int(books.sums(sent)["medfee_sumamt"].scaleb(2))
    assert len(amounts) == books.sums(sent)["fixmedins_setl_cnt"]


def test_what_is_planted_in_a_file_is_there() -> None:
    """A line left out, one with another amount, one made up; another clearing type is never in it."""
    books = Books([entry(1, 100), entry(2, 200), entry(3, 300, "21")])
    sent = books.file(FileNeed(("s1",), (("s2", 1),), 1), "11", "p")
    assert [201, 100] == [one.medfee_sumamt for one in sent]


def test_a_cancellation_is_a_negative_line_and_marks_both() -> None:
    """And a reversal takes the settlement out of the books."""
    books = Books([entry(1, 100), entry(2, 200)])
    books.cancelled("c", entry(1, 0).setl_id, "9", date(2026, 3, 5))
    books.reversed(entry(2, 0).setl_id)
    assert [(100, True), (-100, True)] == [(one.medfee_sumamt, one.refunded) for one in books.entries]


def test_only_the_platforms_own_lines_are_learnt_from_a_result() -> None:
    """Lines that were sent have a number; own lines that the file forgot are known anyway."""
    books = Books([entry(1, 100)])
    told = [
        ["p", "m", "1", "x", "0", "0", "", "1.00", "0.50", "0.00"],
        ["p", "null", "null", "y", "1", "0", "", "1.00", "0.50", "0.00"],
        ["q", "null", "null", "z", "1", "0", "", "7.00", "null", "null"],
    ]
    books.learn(bytes_in(zipped(told)), "11", {"q": "390"}, date(2026, 3, 4))
    assert [("q", "390", 700, 0)] == [(o.psn_no, o.insutype, o.medfee_sumamt, o.fund_pay_sumamt) for o in books.others]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x00" * 50, "中".encode()])
def test_a_file_that_is_none_has_no_rows(content: bytes) -> None:
    """Whatever a target sends costs nothing and breaks nothing."""
    assert [] == list(unzipped(content))


# --- playing ---


def played(tmp_path: Path, text: str) -> tuple[list[Exchange], Any]:
    one = scenario(tmp_path, text)
    recorder = Recorder(InProcessTransport(reference().call, china_time), china_time)
    place = institutions()[0]
    patient = next(p for p in persons() if p.province != place.province and p.psn_insu_stas == "1")
    player = Player(one, "plain", {"patient": patient}, place, Profile(), interface.interface(), recorder)
    reason = asyncio.run(player.play())
    return recorder.exchanges, reason


def test_a_held_message_is_sent_when_it_is_repeated(tmp_path: Path) -> None:
    """Composed first, sent later, and then counts as sent."""
    steps = "steps:\n  - {send: 1101}\n  - {send: 2201, name: late, held: true}\n  - {send: 5206}\n"
    steps += "  - {repeat: late, name: arrives, expect: accepted}\n  - {send: 2202}\n"
    exchanges, reason = played(tmp_path, steps)
    assert reason is None
    assert ["1101", "5206", "2201", "2202"] == [e.infno for e in exchanges]
    composed = (exchanges[2].request.message or {})["msgid"]
    assert composed not in {(e.request.message or {}).get("msgid") for e in exchanges[:2]}


def test_a_lost_answer_tells_nothing_until_it_is_repeated(tmp_path: Path) -> None:
    """What follows has to wait for the repetition: without it the visit's number is missing."""
    lost = "steps:\n  - {send: 1101}\n  - {send: 2201, name: m, lost: true}\n"
    exchanges, reason = played(tmp_path, lost + "  - {send: 2202}\n")
    assert "mdtrt_id" in reason.show("en")
    exchanges, reason = played(tmp_path, lost + "  - {repeat: m, expect: accepted}\n  - {send: 2202}\n")
    assert reason is None
    assert exchanges[1].request.body == exchanges[2].request.body
    assert "lost" == exchanges[1].note


def test_a_message_is_sent_as_often_as_asked(tmp_path: Path) -> None:
    """The same bytes, at once."""
    exchanges, reason = played(tmp_path, "steps:\n  - {send: 1101}\n  - {send: 5206, name: m, times: 3}\n")
    assert reason is None
    assert 3 == len([e for e in exchanges if e.infno == "5206"])
    assert 1 == len({e.request.body for e in exchanges if e.infno == "5206"})


def test_moments_are_reckoned_from_now(tmp_path: Path) -> None:
    """Days before and after, and the ends of the last month."""
    text = "steps:\n  - {send: 1101}\n  - send: 5201\n    values: {begntime: {time: -2}, endtime: {time: 0}}\n"
    exchanges, _ = played(tmp_path, text)
    asked = (exchanges[1].request.message or {})["input"]["data"]
    first, last = (datetime.fromisoformat(asked[name]) for name in ("begntime", "endtime"))
    assert 2 == (last - first).days


def test_a_pack_may_ask_for_an_institution_alone() -> None:
    """While somebody is alone there nobody else works there."""
    result = right([load_pack("reconciliation"), load_pack("smoke")])
    alone = {s.id for s in load_pack("reconciliation").scenarios if s.institution.alone}
    spans: dict[tuple[str, str], list[int]] = {}
    for e in result.conversation:
        message: Mapping[str, Any] = e.request.message or {}
        if e.scenario:
            spans.setdefault((e.scenario, str(message.get("fixmedins_code"))), []).append(e.seq)
    for (name, place), seqs in spans.items():
        first = next(one for one in load_pack("reconciliation").scenarios if one.id == name) if name in alone else None
        if first is None or first.second is not None:
            continue
        inside = range(min(seqs), max(seqs))
        others = {n for (n, p), more in spans.items() if p == place and n != name and any(s in inside for s in more)}
        assert set() == others, (name, place)


def test_a_schema_tells_every_key_of_a_step() -> None:
    """The published schema and the reader know the same keys."""
    told = json.loads((Path(__file__).parents[2] / "conformance/scenario/schema.json").read_text(encoding="utf-8"))
    assert {"values", "body", "headers", "file", "held", "lost", "times", "at"} <= set(
        told["$defs"]["step"]["properties"]
    )


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("REC-006", "[leave_out forgotten]"),
        ("MAL-N01", "[body cut]"),
        ("REV-N09", "[held]"),
        ("SEC-N01", "[at second]"),
        ("DUP-015", "[x2]"),
        ("CRO-N06", "[person other]"),
        ("MAL-007", "[Content-Type]"),
    ],
)
def test_what_is_special_about_a_step_is_shown(name: str, words: str) -> None:
    """`yidi pack show` prints the one fault of a pair, whatever kind it is of."""
    assert any(words in line for line in describe(name, "en"))
