"""Bodies that are no messages, made from one that is: what a scenario's ``body`` may ask for."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping

BOM = b"\xef\xbb\xbf"


def _cut(body: bytes, count: int) -> bytes:
    return body[: max(0, len(body) - count)]


def _nested(body: bytes, depth: int) -> bytes:
    return body[:-1] + b',"exp_content_ext":' + b"[" * depth + b"]" * depth + b"}"


def _padded(body: bytes, count: int) -> bytes:
    return body[:-1] + b',"exp_content_ext":"' + b"x" * count + b'"}'


def _twice(body: bytes, _: int) -> bytes:
    """The first key comes once more, at the end, with another value."""
    return body[:-1] + b',"infno":"1101"}'


def _not_utf8(body: bytes, _: int) -> bytes:
    return body[:-1] + b',"exp_content_ext":"\xff\xfe"}'


SPOILS: Mapping[str, Callable[[bytes, int], bytes]] = {
    "cut": _cut,
    "empty": lambda _, __: b"",
    "blank": lambda _, __: b" \r\n",
    "gbk": lambda body, _: body.decode().encode("gb18030"),
    "utf16": lambda body, _: body.decode().encode("utf-16"),
    "bom": lambda body, _: BOM + body,
    "not_utf8": _not_utf8,
    "gzip": lambda body, _: gzip.compress(body, mtime=0),
    "list": lambda body, _: b"[" + body + b"]",
    "string": lambda _, __: b'"2207"',
    "number": lambda _, __: b"2207",
    "null": lambda _, __: b"null",
    "twice": lambda body, _: body + body,
    "trailing_comma": lambda body, _: body[:-1] + b",}",
    "single_quotes": lambda body, _: body.replace(b'"', b"'"),
    "key_twice": _twice,
    "nested": _nested,
    "padded": _padded,
    "not_a_number": lambda body, _: body[:-1] + b',"exp_content_ext":NaN}',
    "half_character": lambda body, _: body[:-1] + b',"exp_content_ext":"\\ud800"}',
    "form": lambda body, _: b"data=" + body,
    "xml": lambda _, __: b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    "whitespace": lambda body, _: b"\n  " + body.replace(b'","', b'" ,\n "') + b"\n",
    "escaped": lambda body, _: _escaped(body),
}
"""By name. The number that comes with it is a count of bytes or of levels where that means something."""


def _escaped(body: bytes) -> bytes:
    """Every character beyond ASCII as a JSON escape: the same message in other bytes."""
    return "".join(c if c.isascii() else _units(c) for c in body.decode()).encode("ascii")


def _units(character: str) -> str:
    raw = character.encode("utf-16-be")
    return "".join(f"\\u{raw[n] << 8 | raw[n + 1]:04x}" for n in range(0, len(raw), 2))
