"""The text files that travel zipped: UTF-8, one record a line, TAB between columns, the word ``null`` for nothing.

Reading is bounded: a file larger than the limits is refused before more of it is unpacked, whatever its directory
says about its size.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Sequence

from sim.platform.refusal import refuse

MOST_ZIPPED = 2 * 1024 * 1024
"""The largest zip, in bytes."""
MOST_TEXT = 16 * 1024 * 1024
"""The largest text inside it, in bytes."""
MOST_ROWS = 100_000
"""The most lines of a text."""
LONGEST_ROW = 8_000
"""The longest line, in characters."""
NOTHING = "null"
"""How a column without a value is written."""

_CHUNK = 64 * 1024
_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_STAMP = (1980, 1, 1, 0, 0, 0)
_PATH = re.compile(r"[/\\:\x00-\x1f\x7f]")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def plain_name(name: str) -> bool:
    """Whether a file name is a name only: no folder, drive, control character or hidden file."""
    return bool(name.strip()) and name == name.strip() and not _PATH.search(name) and not name.startswith(".")


def pack(name: str, rows: Iterable[Sequence[str | None]]) -> bytes:
    """The rows as a zipped text. The same rows always give the same bytes. A value must not hold TAB or a line end."""
    text = "".join("\t".join(_written(value) for value in row) + "\n" for row in rows)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        member = zipfile.ZipInfo(name, _STAMP)
        member.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(member, text.encode())
    return made.getvalue()


def check(content: bytes) -> int:
    """How many lines a zipped text has. Refuses what is no such file, names what is wrong with it, and where."""
    return len(_lines(content))


def unpack(content: bytes, columns: int) -> list[list[str | None]]:
    """The rows of a zipped text, every one of so many columns."""
    rows: list[list[str | None]] = []
    for number, line in enumerate(_lines(content), 1):
        count = line.count("\t") + 1
        if count != columns:
            raise refuse("file.columns", row=number, count=count, columns=columns)
        rows.append([None if value == NOTHING else value for value in line.split("\t")])
    return rows


def _lines(content: bytes) -> list[str]:
    """The lines; the last one may lack its end, and a line may end in CR LF."""
    text = _text(content)
    if text.count("\n") > MOST_ROWS:
        raise refuse("file.too_many_rows", limit=MOST_ROWS)
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    if not lines[-1]:
        lines.pop()
    for number, line in enumerate(lines, 1):
        if len(line) > LONGEST_ROW:
            raise refuse("file.long_row", row=number, limit=LONGEST_ROW)
        if _CONTROL.search(line):
            raise refuse("file.control", row=number)
    return lines


def _written(value: str | None) -> str:
    if value is None or value == "":
        return NOTHING
    if "\t" in value or _CONTROL.search(value):
        raise ValueError(f"a column cannot hold {value!r}")
    return value


def _text(content: bytes) -> str:
    if len(content) > MOST_ZIPPED:
        raise refuse("file.too_large", limit=MOST_ZIPPED)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            raw = _member(archive)
    # zipfile answers a way of compression that it does not know with NotImplementedError
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, ValueError, RuntimeError):
        raise refuse("file.not_zip") from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise refuse("file.not_utf8", row=raw.count(b"\n", 0, error.start) + 1) from None


def _member(archive: zipfile.ZipFile) -> bytes:
    members = archive.infolist()
    if len(members) != 1:
        raise refuse("file.one_member", count=len(members))
    member = members[0]
    # the name as it was written: ZipInfo cuts it at a NUL
    if not plain_name(member.orig_filename) or not member.filename.lower().endswith(".txt"):
        raise refuse("file.member_name", name=member.filename[:40])
    if member.flag_bits & _ENCRYPTED:
        raise refuse("file.encrypted")
    if member.compress_type not in _METHODS:
        raise refuse("file.method")
    if member.file_size > MOST_TEXT:
        raise refuse("file.text_too_large", limit=MOST_TEXT)
    parts, size = [], 0
    with archive.open(member) as stream:
        while part := stream.read(_CHUNK):
            size += len(part)
            if size > MOST_TEXT:
                raise refuse("file.text_too_large", limit=MOST_TEXT)
            parts.append(part)
    return b"".join(parts)
