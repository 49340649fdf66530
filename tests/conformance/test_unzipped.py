"""Files that a target sends are read or left; whatever stands in them, reading ends."""

import base64
import io
import zipfile

import pytest

from conformance.targets.held import unzipped


def zipped(text: str, way: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", way) as archive:
        archive.writestr("rows.txt", text)
    return made.getvalue()


GOOD = zipped("a\tb\n" + "c\td\n" * 400)
DATA = 30 + len("rows.txt")
"""Where the packed bytes begin: behind the local header."""


def test_rows_are_read() -> None:
    """Otherwise the rest would prove nothing."""
    assert [["a", "b"], ["c", "d"]] == list(unzipped(GOOD))[:2]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no archive",
        GOOD[:-10],
        GOOD[:DATA] + b"\xff" * 8 + GOOD[DATA + 8 :],  # no deflated data: zlib itself complains
        GOOD.replace(b"\x08\x00", b"\x63\x00"),  # a way of compression that nobody knows
        zipped("\udcff".encode("utf-8", "surrogatepass").decode("latin-1"), zipfile.ZIP_STORED)[:60],
        base64.b64encode(GOOD),
    ],
)
def test_anything_else_has_no_rows(content: bytes) -> None:
    """Cut, spoiled, of another kind: nothing is raised."""
    assert [] == list(unzipped(content))
