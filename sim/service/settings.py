"""How the service is set up: header gateway, protection of the body, variants of the wire, limits, readings, language.

Without any of it the service takes what real clients send and answers as the interface has it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal

from attrs import field, frozen

from sim.errors import BadFileError, InputError
from sim.files import Document, check, read_yaml
from sim.interface import wire
from sim.interface.crypto import Mode, Sm4, hex_bytes, point, private_number
from sim.interface.leniency import LENIENCIES
from sim.interface.protection import Protection
from sim.interface.signature import WINDOW, Scheme, TimeUnit
from sim.lang import Lang
from sim.platform.readings import Readings


@frozen
class Gateway:
    """The header gateway. ``keys``: the secret of each access key; ``status``: the HTTP status of its refusals.

    ``remembered`` False lets a request come again with the same nonce or signature.
    """

    scheme: Scheme
    keys: Mapping[str, str] = field(hash=False)
    unit: TimeUnit = "seconds"
    window: timedelta = WINDOW
    remembered: bool = True
    status: int = 401


@frozen
class WireForm:
    """How replies are written, and which leniencies towards requests are refused."""

    infcode: Literal["number", "string"] = "number"
    amounts: Literal["number", "string"] = "number"
    output: Literal["object", "text"] = "object"
    charset: Literal["utf-8", "gbk"] = "utf-8"
    refused: frozenset[str] = frozenset()

    @property
    def plain(self) -> bool:
        """Whether replies are written just as the interface has it."""
        return (self.infcode, self.amounts, self.output, self.charset) == ("number", "number", "object", "utf-8")


@frozen
class Limits:
    """What one client may take: bytes of a body, seconds until it has come, messages a second (None: any number)."""

    body_bytes: int = wire.MAX_BYTES
    body_seconds: int = 30
    per_second: int | None = None
    burst: int = 50


@frozen
class Between:
    """How long parties in other processes are waited for, in seconds: for one attempt, and until no other begins.

    ``recover_seconds``: how often what is in doubt is taken up again, once it is older than the patience.
    """

    attempt_seconds: int = 5
    patience_seconds: int = 15
    recover_seconds: int = 10


@frozen
class Settings:
    """Everything. ``gateway`` None asks for no headers.

    ``readings`` and ``lang`` are for whoever builds the platforms (`sim.service.launch`): how they read what the
    interface leaves open, and the language of ``err_msg`` and of the pages.
    """

    gateway: Gateway | None = None
    protection: Protection = field(factory=Protection)
    wire: WireForm = WireForm()
    limits: Limits = Limits()
    between: Between = Between()
    readings: Readings = field(factory=Readings)
    lang: Lang = "zh"


@cache
def schema() -> Mapping[str, Any]:
    """The JSON Schema of a settings file."""
    found: dict[str, Any] = json.loads(files("sim.service").joinpath("settings.schema.json").read_text("utf-8"))
    return found


def read_settings(file: Path | Traversable) -> Settings:
    """Read a settings file. Raises InputError or BadFileError: file, line, key, nearest valid name."""
    return from_document(read_yaml(file))


def from_document(document: Document) -> Settings:
    """The same for a file already read."""
    check(document, schema())
    data: Mapping[str, Any] = document.data or {}
    problems = list(_bad_keys(document, data))
    if problems:
        raise BadFileError(problems)
    return Settings(
        gateway=_gateway(data["gateway"]) if data.get("gateway", {}).get("scheme", "none") != "none" else None,
        protection=_protection(data.get("protection", {})),
        wire=_wire(data.get("wire", {})),
        limits=Limits(**data.get("limits", {})),
        between=Between(**data.get("between", {})),
        readings=Readings(**data.get("readings", {})),
        lang=data.get("lang", "zh"),
    )


def _gateway(data: Mapping[str, Any]) -> Gateway:
    more = {name: data[name] for name in ("unit", "remembered", "status") if name in data}
    window = timedelta(seconds=data["window_seconds"]) if "window_seconds" in data else WINDOW
    return Gateway(scheme=data["scheme"], keys=dict(data["keys"]), window=window, **more)


def _protection(data: Mapping[str, Any]) -> Protection:
    told = {name: data[name] for name in ("signature", "public_keys", "private_key", "encoding") if name in data}
    given = data.get("sm4")
    mode: Mode = given.get("mode", "ecb") if given else "ecb"
    return Protection(**told, cipher=Sm4(given["key"], mode, given.get("iv", "")) if given else None)


def _wire(data: Mapping[str, Any]) -> WireForm:
    told = {name: data[name] for name in ("infcode", "amounts", "output", "charset") if name in data}
    lenient, single = data.get("lenient", True), data.get("leniencies", {})
    refused = frozenset(name for name in LENIENCIES if not single.get(name, lenient))
    return WireForm(**told, refused=refused)


def _bad_keys(document: Document, data: Mapping[str, Any]) -> list[InputError]:
    """Keys of the wrong length or that are no numbers: found when the file is read, not by the first message."""
    given = data.get("protection", {})
    found: list[InputError] = []

    def test(length: int, value: str, *path: str) -> None:
        try:
            (point(value) if length == 65 else private_number(value) if length == 32 else hex_bytes(value, length))
        except InputError as error:
            found.append(document.error(error.text, "protection", *path))

    for name, value in given.get("public_keys", {}).items():
        test(65, value, "public_keys", name)
    if "private_key" in given:
        test(32, given["private_key"], "private_key")
    if "sm4" in given:
        test(16, given["sm4"]["key"], "sm4", "key")
        if given["sm4"].get("mode") == "cbc":
            test(16, given["sm4"].get("iv", ""), "sm4", "iv")
    return found
