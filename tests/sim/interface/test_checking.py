"""Files of messages are checked with file and line."""

import base64
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import InputError
from sim.interface import envelope, interface
from sim.interface.checking import Checked, check_file
from sim.interface.lines import lines_of

AT = datetime(2024, 5, 6, 7, 8, 9)
SENDER = envelope.Sender("H11010500001", "某医院", "110105")
REQUEST = envelope.request(
    "2601",
    msgid=envelope.msgid(SENDER.fixmedins_code, AT, 1),
    sender=SENDER,
    insuplc_admdvs="520100",
    at=AT,
    input={"data": {"psn_no": "1", "omsgid": "1", "oinfno": "2207"}},
)
REPLY = envelope.accepted(refmsgid=envelope.refmsgid("520000", AT, 1), received=AT, responded=AT, output={})


def checked(folder: Path, text: str | bytes, infno: str | None = None) -> Checked:
    """The outcome for a file with this content."""
    file = folder / "messages.json"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return check_file(interface(), file, infno)


def places(outcome: Checked) -> list[tuple[int | None, str, str]]:
    """Line, direction and path of each problem."""
    return [(f.place.line, f.direction, f.problem.path) for f in outcome.found]


def broken(message: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A message with something wrong in it."""
    return {**message, **changes}


def test_one_message_on_one_line_or_on_many(tmp_path: Path) -> None:
    """A printed message gives the line of the value itself, or of the object that lacks it."""
    bad = broken(REQUEST, input={"data": {"psn_no": 5, "omsgid": "1"}})
    assert Checked(1, ()) == checked(tmp_path, json.dumps(REQUEST))
    assert [(1, "request", "input.data.oinfno"), (1, "request", "input.data.psn_no")] == places(
        checked(tmp_path, json.dumps(bad))
    )
    text = json.dumps(bad, indent=1)
    lines = text.splitlines()
    psn, data = (
        next(n for n, t in enumerate(lines, 1) if "psn_no" in t),
        next(n for n, t in enumerate(lines, 1) if '"data"' in t),
    )
    assert [(data, "request", "input.data.oinfno"), (psn, "request", "input.data.psn_no")] == places(
        checked(tmp_path, text)
    )


def test_lines_of_messages_and_exchanges(tmp_path: Path) -> None:
    """Requests, exchanges of messages and of recorded bodies; blank lines count but hold nothing."""
    text = json.dumps({"text": json.dumps(REQUEST)})
    coded = {"base64": base64.b64encode(json.dumps(broken(REPLY, infcode="0")).encode()).decode()}
    records = [
        json.dumps(broken(REQUEST, opter="")),
        "",
        json.dumps({"request": REQUEST, "reply": broken(REPLY, inf_refmsgid="1")}),
        f'{{"request": {text}, "reply": {json.dumps(coded)}}}',
        json.dumps({"request": REQUEST, "reply": None}),
    ]
    outcome = checked(tmp_path, "\n".join(records))
    assert 6 == outcome.messages
    assert [(1, "request", "opter"), (3, "reply", "inf_refmsgid"), (4, "reply", "infcode")] == places(outcome)
    shown = outcome.found[0].text()
    assert "messages.json, line 1: opter 经办人: expected a value" in shown.show("en")
    assert "messages.json 第 1 行：opter 经办人：应为" in shown.show("zh")


def test_a_reply_alone_needs_to_be_told_its_transaction(tmp_path: Path) -> None:
    """It does not name it."""
    with pytest.raises(InputError, match="does not name its transaction"):
        checked(tmp_path, json.dumps(REPLY))
    assert Checked(1, ()) == checked(tmp_path, json.dumps(REPLY), "2601")
    assert [(1, "reply", "output.setlinfo")] == places(checked(tmp_path, json.dumps(REPLY), "2207"))[:1]


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"", 1, "empty"),
        (b'{\n"infno": "2601",\n', 1, "not valid JSON"),
        (json.dumps(REQUEST).encode() + b'\n{"a": 1,}', 2, "not valid JSON"),
        (json.dumps(REQUEST).encode() + b"\n\n[1]", 3, "one JSON object"),
        (b'{"a": 1}', 1, "neither a request"),
        (b'{"infno": "22070", "input": {}}', 1, "2207"),
        (b'{"input": {}}', 1, "does not name its transaction"),
        (b'{"request": {"base64": "%%%"}}', 1, "base64"),
        (b'{"request": {"text": "<xml/>"}}', 1, "not valid JSON"),
        ('{"infno": "中"}'.encode("gbk"), 1, "UTF-8"),
    ],
)
def test_what_is_no_message_is_an_input_error_with_its_line(
    tmp_path: Path, content: bytes, line: int, words: str
) -> None:
    """Nothing is guessed, and the line is the one that is wrong."""
    with pytest.raises(InputError) as caught:
        checked(tmp_path, content)
    assert caught.value.place is not None
    assert line == caught.value.place.line
    assert words in caught.value.show("en")


def test_a_missing_file_is_an_input_error(tmp_path: Path) -> None:
    """Named in the message."""
    with pytest.raises(InputError, match=r"gone\.json"):
        check_file(interface(), tmp_path / "gone.json")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=15,
)


@given(st.dictionaries(st.text(max_size=5), json_values, max_size=4))
def test_every_value_has_the_line_it_stands_on(message: dict[str, Any]) -> None:
    """In a text with one value a line, paths come in the order of lines; on one line, all are on it."""

    def paths(value: Any, at: tuple[str | int, ...]) -> list[tuple[str | int, ...]]:
        inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        return [at, *(path for step, child in inside for path in paths(child, (*at, step)))]

    everywhere = paths(message, ())
    assert dict.fromkeys(everywhere, 0) == lines_of(json.dumps(message))
    printed = lines_of(json.dumps(message, indent=1, ensure_ascii=False))
    assert set(everywhere) == set(printed)
    order = [printed[path] for path in everywhere]
    assert sorted(set(order)) == order
