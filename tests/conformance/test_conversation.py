"""Conversation files: every byte comes back, in order of sending; compressed bodies are judged as they were before."""

import gzip
import zlib
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from conformance import conversation
from conformance.compression import unpacked
from conformance.conversation import Conversation, Exchange, Raw, line, parse, read, write
from sim.errors import InputError, Place
from sim.interface import wire

HEADER = st.tuples(st.text(min_size=1, max_size=5), st.text(max_size=8) | st.just("\udcb2\udce2"))
RAW = st.builds(
    Raw,
    st.binary(max_size=40) | st.text(max_size=20).map(str.encode) | st.just("a\u2028b\x85c\x0bd".encode()),
    st.lists(HEADER, max_size=3).map(tuple),
    st.none() | st.integers(100, 599),
    st.text(max_size=10),
    st.booleans(),
)


def exchange(seq: int = 1, request: Raw | None = None, reply: Raw | None = None) -> Exchange:
    return Exchange(seq, "a", "b", "2024-06-03T12:00:00.000", request or Raw(b"{}"), "answered", None, reply)


@given(request=RAW, reply=st.none() | RAW)
def test_every_exchange_comes_back_as_it_was(request: Raw, reply: Raw | None) -> None:
    """Any bytes in bodies, separators that other readers take for line ends, header bytes that are no UTF-8."""
    one = exchange(request=request, reply=reply)
    written = line(one)
    assert 1 == written.count(b"\n")
    assert one == parse(written, Place("x"))


def test_a_file_is_read_in_order_of_sending(tmp_path: Path) -> None:
    """A watcher writes what ends first; two recordings one after the other stay as they are."""
    file = tmp_path / "t.jsonl"
    write([exchange(2), exchange(3), exchange(1)], file)
    assert [1, 2, 3] == [e.seq for e in read(file)]
    write([exchange(2), exchange(1), exchange(2)], file)
    assert [2, 1, 2] == [e.seq for e in read(file)]


def test_line_separators_of_unicode_do_not_end_a_line(tmp_path: Path) -> None:
    """Found in real free text; a reader that splits there cannot read its own file."""
    file = tmp_path / "t.jsonl"
    write([exchange(1, Raw('{"x": "\u2028\x85"}'.encode()))], file)
    assert 1 == len(read(file))


@pytest.mark.parametrize("content", [b"[" * 100_000, b"{}", b"\xff", b"null", b'{"seq": 1}'])
def test_what_is_no_exchange_is_told_with_its_line(tmp_path: Path, content: bytes) -> None:
    """File and line, whatever it is."""
    file = tmp_path / "t.jsonl"
    file.write_bytes(line(exchange()) + content + b"\n")
    with pytest.raises(InputError) as error:
        read(file)
    assert "t.jsonl, line 2" in error.value.show("en")


def test_an_endless_line_costs_no_more_than_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused when the limit is reached, not when it ends."""
    monkeypatch.setattr(conversation, "LONGEST_LINE", 1000)
    file = tmp_path / "t.jsonl"
    file.write_bytes(b"x" * 5000)
    with pytest.raises(InputError, match="1000"):
        read(file)


BODY = b'{"infno": "1101"}'
RAW_DEFLATE = zlib.compressobj(wbits=-15)
PACKED = {
    "gzip": gzip.compress(BODY),
    "deflate": zlib.compress(BODY),
    "Deflate": RAW_DEFLATE.compress(BODY) + RAW_DEFLATE.flush(),
}


def answered(coding: str, body: bytes, allowed: str = "gzip, deflate") -> Raw:
    """The reply as it stands after unpacking."""
    request = Raw(b"{}", (("Accept-Encoding", allowed),) if allowed else ())
    reply = Raw(body, (("Content-Encoding", coding), ("X", "1")), 200)
    [one] = unpacked(Conversation((exchange(1, request, reply),)))
    assert one.reply is not None
    return one.reply


@pytest.mark.parametrize("coding", PACKED)
def test_an_allowed_compression_is_undone(coding: str) -> None:
    """Body as before, without the header that says otherwise; only if the sender had allowed it."""
    assert Raw(BODY, (("X", "1"),), 200) == answered(coding, PACKED[coding])
    for allowed in ("identity", ""):
        assert PACKED[coding] == answered(coding, PACKED[coding], allowed).body


@pytest.mark.parametrize(
    "body",
    [b"", b"rubbish", PACKED["gzip"][:-4], gzip.compress(b"0" * (wire.MAX_BYTES + 1))],
    ids=["empty", "rubbish", "cut", "bomb"],
)
def test_what_cannot_be_unpacked_stays_as_it_came(body: bytes) -> None:
    """It is then no message; a bomb costs no more than the largest message."""
    assert body == answered("gzip", body).body


def test_a_compressed_request_is_undone(tmp_path: Path) -> None:
    """What a sender packs is its own choice."""
    request = Raw(PACKED["gzip"], (("content-encoding", "gzip"),))
    [one] = unpacked(Conversation((evolve(exchange(), request=request),)))
    assert BODY == one.request.body
