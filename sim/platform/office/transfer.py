"""9101, 9102: files to and from the platform.

The bytes travel as base64 in the field ``in`` of the envelope, in both directions; an HTTP service that moves them as
they are (multipart, a byte stream) puts them there and takes them from there with `content_of`.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sim.interface.envelope import datetime19, is_accepted
from sim.platform.context import Context
from sim.platform.office import downloads, packing
from sim.platform.office_records import FILES, FileKind, StoredFile
from sim.platform.refusal import refuse

KEPT = timedelta(days=3)
"""How long a file can be used or fetched."""
MOST_FILES = 1000
"""How many files an institution may have waiting."""
PLC = "plc"
"""The fixmedins_code with which catalogue files are fetched."""
NODE, CONTENT = "fsDownloadOut", "in"
"""Where the bytes lie in the output of 9102."""

_SPACE = str.maketrans("", "", " \t\r\n")


def upload(context: Context) -> dict[str, Any]:
    """9101: keep a zipped text for a later transaction to read."""
    data = context.node("fsUploadIn")
    if data["fixmedins_code"] != context.sender:
        raise refuse("file.other_institution", code=data["fixmedins_code"])
    filename = str(data["filename"])
    if not packing.plain_name(filename) or not filename.lower().endswith(".zip"):
        raise refuse("file.name", name=filename[:40])
    content = _decoded(str(data["in"]))
    packing.check(content)
    kept = keep(context, "upload", filename, content)
    return {
        "file_qury_no": kept.file_qury_no,
        "filename": filename,
        "fixmedins_code": context.sender,
        "dld_endtime": datetime19(kept.until),
    }


def download(context: Context) -> dict[str, Any]:
    """9102: an institution's own file, or (``plc``) one that a catalogue download prepared."""
    data = context.node("fsDownloadIn")
    number, filename, owner = str(data["file_qury_no"]), str(data["filename"]), str(data["fixmedins_code"])
    if owner == PLC:
        content = downloads.fetched(context, number, filename)
    elif owner == context.sender:
        content = _own(context, number, filename)
    else:
        raise refuse("file.other_institution", code=owner)
    return {NODE: {"filename": filename, CONTENT: base64.b64encode(content).decode("ascii")}}


def _own(context: Context, number: str, filename: str) -> bytes:
    file = context.store.get(FILES, number)
    if file is None or file.fixmedins_code != context.sender:
        raise refuse("file.unknown", number=number)
    if file.filename != filename:
        raise refuse("file.other_name", number=number, name=file.filename)
    _check_time(context, file)
    return file.content


def content_of(reply: Mapping[str, Any]) -> tuple[str, bytes] | None:
    """The file name and bytes in a reply to 9102; None for any other reply."""
    output = reply.get("output")
    node = output.get(NODE) if is_accepted(reply) and isinstance(output, dict) else None
    return (node["filename"], base64.b64decode(node[CONTENT])) if isinstance(node, dict) else None


def uploaded(context: Context, number: str) -> StoredFile:
    """The institution's upload of that number. Refuses one that is not there, another institution's, or too old."""
    file = context.store.get(FILES, number)
    if file is None or file.kind != "upload" or file.fixmedins_code != context.sender:
        raise refuse("file.unknown", number=number)
    _check_time(context, file)
    return file


def keep(context: Context, kind: FileKind, filename: str, content: bytes) -> StoredFile:
    """Keep a file of the institution that asks; its files that have had their time go first."""
    waiting = 0
    for file in context.store.find(FILES, "institution", context.sender):
        if file.until <= context.now:
            context.store.delete(FILES, file.file_qury_no)
        else:
            waiting += 1
    if waiting >= MOST_FILES:
        raise refuse("file.too_many", limit=MOST_FILES)
    file = StoredFile(
        file_qury_no=context.number("file"),
        fixmedins_code=context.sender,
        filename=filename,
        kind=kind,
        msgid=context.msgid,
        at=context.now,
        until=context.now.replace(microsecond=0) + KEPT,
        content=content,
    )
    context.store.put(FILES, file)
    return file


def _check_time(context: Context, file: StoredFile) -> None:
    if file.until <= context.now:
        raise refuse("file.expired", number=file.file_qury_no, until=datetime19(file.until))


def _decoded(text: str) -> bytes:
    if len(text) > 2 * packing.MOST_ZIPPED:  # base64 is longer by a third, line ends included by less than a half
        raise refuse("file.too_large", limit=packing.MOST_ZIPPED)
    try:
        return base64.b64decode(text.translate(_SPACE), validate=True)
    except (binascii.Error, ValueError):
        raise refuse("file.not_base64") from None
