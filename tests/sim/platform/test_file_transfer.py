"""9101 and 9102: what goes up comes down byte for byte; what is no such file is refused, in bounded memory."""

import base64
import hashlib
import io
import struct
import tracemalloc
import zipfile
import zlib
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from office_desk import Office, unzipped, zipped
from platform_desk import NOW, OTHER, Desk, says, world

from sim.platform import Refused
from sim.platform.office import packing, transfer
from sim.platform.records import MESSAGES

COLUMNS = st.lists(
    st.one_of(
        st.none(), st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1).filter(lambda t: t != "null")
    ),
    min_size=3,
    max_size=3,
)


@given(rows=st.lists(COLUMNS, max_size=8))
def test_rows_come_back_as_they_were(rows):
    """Packed and unpacked: the same values, nothing where there was nothing; another reader reads the word null."""
    content = packing.pack("rows.txt", rows)
    assert rows == packing.unpack(content, 3)
    assert len(rows) == packing.check(content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        text = archive.read("rows.txt").decode()
    assert [["null" if v is None else v for v in row] for row in rows] == [
        line.split("\t") for line in text.split("\n")[:-1]
    ]


def test_the_same_rows_are_the_same_bytes():
    """Nothing of the clock or the machine is in a file."""
    assert packing.pack("a.txt", [["1", None]]) == packing.pack("a.txt", [["1", None]])


@pytest.mark.parametrize("value", ["a\tb", "a\nb", "a\rb", "a\x00"])
def test_a_value_that_would_break_its_line_is_not_written(value):
    """A caller's mistake stops here instead of shifting columns for the reader."""
    with pytest.raises(ValueError, match="cannot hold"):
        packing.pack("a.txt", [[value]])


def test_a_file_goes_up_and_comes_down():
    """The bytes of 9102 are those of 9101, under the same name, until the time that 9101 told."""
    office = Office(world())
    content = zipped([["甲", "1"], ["null", "2"]])
    told = office.desk.ok("9101", office.sending(content))
    assert ("rows.zip", office.desk.hospital.fixmedins_code) == (told["filename"], told["fixmedins_code"])
    assert "2024-03-08 09:00:00" == told["dld_endtime"]
    assert content == office.fetch(told)
    reply = office.desk.send("9102", office.fetching(told))
    assert ("rows.zip", content) == transfer.content_of(reply)
    office.desk.now = NOW + timedelta(days=3, seconds=-1)
    assert content == office.fetch(told)
    office.desk.now = NOW + timedelta(days=3)
    assert says(office.desk.send("9102", office.fetching(told)), "file.expired")


def test_base64_may_come_in_lines():
    """Line ends inside the base64 text mean nothing."""
    office = Office(world())
    content = zipped([["1"] * 40])
    lines = base64.encodebytes(content).decode().replace("\n", "\r\n")
    told = office.desk.ok("9101", office.sending(content, **{"in": lines}))
    assert content == office.fetch(told)


def test_a_repeated_upload_is_one_file():
    """The same message again answers the same number."""
    office = Office(world())
    message = office.desk.message("9101", office.sending(zipped([["1"]])))
    assert office.desk.call(message) == office.desk.call(message)


def test_only_replies_with_a_file_have_content():
    """A refusal, or another transaction's reply, holds none."""
    office = Office(world())
    assert (
        transfer.content_of(office.desk.send("9102", office.fetching({"file_qury_no": "1", "filename": "a"}))) is None
    )
    assert transfer.content_of(office.desk.send("3201", office.total())) is None


# --- whose file -------------------------------------------------------------------------------------------------------


def test_a_file_is_its_institutions_own():
    """Another institution is told that there is no such file; nobody fetches for another, or under another name."""
    office = Office(world())
    told = office.desk.ok("9101", office.sending(zipped([["1"]])))
    other = Desk(office.ref, hospital=OTHER).sign_in()
    own = office.desk.hospital.fixmedins_code
    assert says(other.send("9102", office.fetching(told, OTHER.fixmedins_code)), "file.unknown")
    assert says(other.send("9102", office.fetching(told, own)), "file.other_institution")
    assert says(office.desk.send("9102", office.fetching(told, "plc")), "file.unknown")
    assert says(office.desk.send("9102", office.fetching({**told, "filename": "other.zip"})), "file.other_name")
    assert says(office.desk.send("9102", office.fetching({**told, "file_qury_no": "1"})), "file.unknown")
    office.fetch(told)


def test_waiting_files_are_counted_and_old_ones_forgotten(monkeypatch):
    """At the limit an upload is refused; when the first have had their time there is room again."""
    monkeypatch.setattr(transfer, "MOST_FILES", 2)
    office = Office(world())
    content = zipped([["1"]])
    for _ in range(2):
        office.desk.ok("9101", office.sending(content))
    assert says(office.desk.send("9101", office.sending(content)), "file.too_many")
    office.desk.now = NOW + timedelta(days=3)
    office.desk.ok("9101", office.sending(content))
    assert 1 == office.ref.parties["520000"].store.count(transfer.FILES)


# --- what is refused --------------------------------------------------------------------------------------------------


def archive(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as zipped_file:
        for name, content in members:
            zipped_file.writestr(zipfile.ZipInfo(name), content, method)
    return made.getvalue()


GOOD = archive(("a.txt", b"1\t2\n"))


def encrypted() -> bytes:
    """The good file with the flag of encryption set, in the local header and in the directory."""
    content = bytearray(GOOD)
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def lying(size: int) -> bytes:
    """A file that unpacks to far more than its directory says."""
    content = bytearray(archive(("a.txt", b"1\n" * (8 * 1024 * 1024 + 1))))
    at = content.index(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<I", size)
    content[22:26] = struct.pack("<I", size)
    return bytes(content)


def damaged() -> bytes:
    content = bytearray(archive(("a.txt", b"12345678\n"), method=zipfile.ZIP_STORED))
    at = content.index(b"12345678")
    content[at] ^= 1
    return bytes(content)


BOMB = archive(("a.txt", b"1\n" * (8 * 1024 * 1024 + 1)))
FILES: list[tuple[str, bytes]] = [
    ("file.not_zip", b"1\t2\n"),
    ("file.not_zip", GOOD[:-5]),
    ("file.not_zip", damaged()),
    ("file.not_zip", lying(4)),
    ("file.text_too_large", BOMB),
    ("file.text_too_large", archive(("a.txt", b"0" * (16 * 1024 * 1024 + 1)))),
    ("file.one_member", archive()),
    ("file.one_member", archive(("a.txt", b"1"), ("b.txt", b"2"))),
    ("file.member_name", archive(("../a.txt", b"1"))),
    ("file.member_name", archive(("/etc/a.txt", b"1"))),
    ("file.member_name", archive(("d/a.txt", b"1"))),
    ("file.member_name", archive(("C:a.txt", b"1"))),
    ("file.member_name", archive(("d\\a.txt", b"1"))),
    ("file.member_name", archive((".a.txt", b"1"))),
    ("file.member_name", archive(("a.zip", GOOD))),
    ("file.member_name", archive(("a.txt/", b""))),
    ("file.encrypted", encrypted()),
    ("file.method", archive(("a.txt", b"1"), method=zipfile.ZIP_LZMA)),
    ("file.method", archive(("a.txt", b"1"), method=zipfile.ZIP_BZIP2)),
    ("file.not_utf8", archive(("a.txt", "甲\n".encode("gbk")))),
    ("file.too_many_rows", archive(("a.txt", b"\n" * 100_001))),
    ("file.long_row", archive(("a.txt", b"1" * 8_001))),
    ("file.control", archive(("a.txt", b"1\x00\n"))),
    ("file.control", archive(("a.txt", b"1\r2\n"))),
    ("file.too_large", b"0" * (2 * 1024 * 1024 + 1)),
]


@pytest.mark.parametrize(("reason", "content"), FILES, ids=[f"{n}-{r}" for n, (r, _) in enumerate(FILES)])
def test_what_is_no_such_file_is_refused_for_its_reason(reason, content):
    """Each fault has its own reason, nothing of the file is kept, and a good file is accepted after it."""
    office = Office(world())
    reply = office.desk.send("9101", office.sending(content))
    assert says(reply, reason), reply["err_msg"]
    assert 0 == office.ref.parties["520000"].store.count(transfer.FILES)
    office.desk.ok("9101", office.sending(GOOD))


def test_a_line_that_is_not_utf8_is_named():
    """The refusal tells the line."""
    office = Office(world())
    reply = office.desk.send("9101", office.sending(archive(("a.txt", b"1\n2\n\xff\n"))))
    assert says(reply, "file.not_utf8")
    assert "3" in reply["err_msg"]


SPOILED: list[tuple[str, dict[str, Any]]] = [
    ("file.not_base64", {"in": "***"}),
    ("file.not_base64", {"in": base64.b64encode(GOOD).decode()[:-1]}),
    ("file.not_base64", {"in": "é" * 8}),
    ("file.too_large", {"in": "A" * (4 * 1024 * 1024 + 4)}),
    ("file.name", {"filename": "a.txt"}),
    ("file.name", {"filename": "../a.zip"}),
    ("file.name", {"filename": "d/a.zip"}),
    ("file.name", {"filename": "d\\a.zip"}),
    ("file.name", {"filename": "a\n.zip"}),
    ("file.name", {"filename": ".zip"}),
    ("file.other_institution", {"fixmedins_code": OTHER.fixmedins_code}),
    ("schema.violated", {"filename": ""}),
    ("schema.violated", {"in": ""}),
]


@pytest.mark.parametrize(("reason", "changes"), SPOILED)
def test_one_fault_of_the_message_is_refused_for_its_reason(reason, changes):
    """The good message, sent after it, is accepted."""
    office = Office(world())
    reply = office.desk.send("9101", office.sending(GOOD, **changes))
    assert says(reply, reason), reply["err_msg"]
    office.desk.ok("9101", office.sending(GOOD))


def verdict(content: bytes) -> str:
    """What becomes of a file: read, or the reason of its refusal."""
    try:
        packing.check(content)
    except Refused as refusal:
        return refusal.reason
    return "read"


@given(at=st.integers(0, len(GOOD) - 1), value=st.integers(0, 255), cut=st.integers(0, len(GOOD)))
def test_no_bytes_break_the_reader(at, value, cut):
    """Any byte changed, any length cut: a file is read or refused, nothing else happens."""
    changed = bytearray(GOOD)
    changed[at] = value
    for content in (bytes(changed), GOOD[:cut], bytes(changed[:cut]), bytes(changed) + GOOD):
        assert verdict(content).startswith(("read", "platform.file."))


@pytest.mark.parametrize(
    "content",
    [BOMB, archive(("a.txt", b"0" * (64 * 1024 * 1024))), archive(("a.txt", b"\t" * (16 * 1024 * 1024)))],
    ids=["lines", "larger still", "columns"],
)
def test_a_bomb_costs_a_bounded_amount_of_memory(content):
    """However much a small file unpacks to, reading it takes no more than a few times the limit."""
    tracemalloc.start()
    try:
        with pytest.raises(Refused):
            packing.check(content)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * packing.MOST_TEXT


def test_the_largest_file_that_is_allowed_is_read():
    """The limits are not lower than they say: 100,000 lines, and 2 MiB that do not compress."""
    assert 100_000 == packing.check(archive(("a.txt", b"1\n" * 100_000)))
    noise = base64.b64encode(b"".join(zlib.compress(str(n).encode()) for n in range(70_000))).decode()
    text = "\n".join(noise[at : at + 8000] for at in range(0, len(noise), 8000)).encode()
    content = archive(("a.txt", text), method=zipfile.ZIP_STORED)
    assert packing.MOST_ZIPPED * 0.5 < len(content) <= packing.MOST_ZIPPED
    assert packing.check(content)
    assert [["1"]] == unzipped(zipped([["1"]]))


# --- in the journal ---------------------------------------------------------------------------------------------------


def noise(size: int) -> bytes:
    """A file that hardly compresses."""
    lines = (hashlib.sha256(str(n).encode()).hexdigest() for n in range(size // 64))
    return archive(("a.txt", "\n".join(lines).encode()), method=zipfile.ZIP_STORED)


@pytest.mark.parametrize("size", [1_000, 1_500_000, 4_500_000])
def test_a_repeated_download_gives_the_same_bytes_whatever_its_size(size):
    """The same 9102 again, also when its reply is larger than a request may be."""
    office = Office(world())
    number = office.upload([["1"]])
    store = office.ref.parties["520000"].store
    file = store.get(transfer.FILES, number)
    store.put(transfer.FILES, evolve(file, content=noise(size)))
    message = office.desk.message("9102", office.fetching({"file_qury_no": number, "filename": "rows.zip"}))
    first, again = office.desk.call(message), office.desk.call(message)
    assert noise(size) == transfer.content_of(first)[1] == transfer.content_of(again)[1]


def test_large_downloads_do_not_fill_the_journal():
    """Fetched a hundred times under new numbers: what is kept of the replies is a small part of one of them."""
    office = Office(world())
    number = office.upload([["1"]])
    store = office.ref.parties["520000"].store
    store.put(transfer.FILES, evolve(store.get(transfer.FILES, number), content=noise(200_000)))
    for _ in range(100):
        office.fetch({"file_qury_no": number, "filename": "rows.zip"})
    assert sum(len(known.reply) for known in store.all(MESSAGES)) < 100_000


def test_a_download_number_with_another_body_is_refused():
    """That its reply is not kept does not free the number."""
    office = Office(world())
    numbers = [office.upload([["1"]]), office.upload([["2"]])]
    store = office.ref.parties["520000"].store
    store.put(transfer.FILES, evolve(store.get(transfer.FILES, numbers[0]), content=noise(200_000)))
    first, second = (
        office.desk.message("9102", office.fetching({"file_qury_no": n, "filename": "rows.zip"})) for n in numbers
    )
    office.desk.call(first)
    assert says(office.desk.call({**second, "msgid": first["msgid"]}), "message.other_body")
