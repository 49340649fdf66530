"""Where the hub finds the provinces, when each runs as a process of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from sim.errors import InputError, nearest
from sim.files import Document, check, read_yaml
from sim.lang import say
from sim.platform import regions

_ADDRESS = re.compile(r"https?://[^/\s]+(/.*)?")


@cache
def schema() -> Mapping[str, Any]:
    """The JSON Schema of a file of provinces."""
    found: dict[str, Any] = json.loads(files("sim.service").joinpath("routes.schema.json").read_text("utf-8"))
    return found


def read_routes(given: Iterable[str]) -> dict[str, str]:
    """Addresses by province code, from files and from ``CODE=URL``. Raises InputError or BadFileError."""
    found: dict[str, str] = {}
    for each in given:
        code, equals, url = each.partition("=")
        if equals and code.isdecimal():
            found[province(code)] = address(url)
        else:
            found |= _from_file(read_yaml(Path(each)))
    return found


def _from_file(document: Document) -> dict[str, str]:
    check(document, schema())
    routes: dict[str, str] = dict(document.data["provinces"])
    known = codes()
    for code in routes:
        if code not in known:
            text = say("service.no_province", code=code)
            raise document.error(text, "provinces", code, valid=known, given=code)
    return routes


def codes() -> tuple[str, ...]:
    """The codes of all provinces."""
    return tuple(sorted(region.code for region in regions()))


def province(code: str) -> str:
    """The code of a connected province. Raises InputError with the nearest."""
    known = codes()
    if code not in known:
        raise InputError(say("service.no_province", code=code), nearest=nearest(code, known))
    return code


def address(url: str) -> str:
    """The address of another party. Raises InputError."""
    if not _ADDRESS.fullmatch(url):
        raise InputError(say("service.bad_address", url=url))
    return url
