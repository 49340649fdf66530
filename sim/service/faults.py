"""Faults on purpose, for ``yidi serve --faults FILE``: what a network and a server in trouble do to a client.

Which messages are hit is decided by transaction, person, institution, count or chance. Chance is a function of the
seed, the fault, the message's number and how often that number has come, so that a run can be repeated and a retry gets
a chance of its own.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal

from attrs import define, evolve, field, frozen

from sim.errors import InputError
from sim.files import Document, check, read_yaml
from sim.interface import Interface
from sim.lang import say

Kind = Literal["delay", "hang", "reset", "half_body", "html", "duplicate", "twice", "wrong_msgid"]
Stage = Literal["before", "after"]
PERSON = ("psn_no", "certno", "mdtrt_cert_no")
"""Fields by which a fault can be kept to a person."""
HTML = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n"
REMEMBERED = 10_000
"""Message numbers whose repetitions are counted."""


@frozen
class Fault:
    """One kind of trouble.

    delay: the reply comes ``seconds`` late; hang: for so long nothing comes, then the connection ends; reset: the
    connection is reset; half_body: it ends after half of the reply; html: an error page instead of the reply;
    duplicate: the reply comes twice in one answer; twice: the platform gets the message twice, the second reply is
    sent; wrong_msgid: the reply names another message. ``stage``: whether the trouble comes before the platform has
    handled the message (it then never does, except for a delay) or after.

    Hits messages of these transactions (``infno``), persons and institutions, empty meaning all; leaves out the first
    ``skip`` of them, hits at most ``times`` (None: all), each with a ``chance`` in millionths.
    """

    kind: Kind
    name: str = ""
    stage: Stage = "after"
    seconds: Decimal | int = 0
    infno: frozenset[str] = frozenset()
    person: frozenset[str] = frozenset()
    institution: frozenset[str] = frozenset()
    skip: int = 0
    times: int | None = None
    chance: int = 1_000_000

    def concerns(self, message: Mapping[str, Any]) -> bool:
        """Whether a message is one of those it can hit."""
        if self.infno and message.get("infno") not in self.infno:
            return False
        if self.institution and message.get("fixmedins_code") not in self.institution:
            return False
        return not self.person or bool(self.person & _persons(message.get("input")))


@frozen
class Faults:
    """A file of faults; of several that hit a message the first counts."""

    seed: int = 0
    faults: tuple[Fault, ...] = ()


@define
class FaultPlan:
    """The faults with their counts: what happens to each message of a running service."""

    given: Faults
    _met: list[int] = field(init=False)
    _hit: list[int] = field(init=False)
    _seen: OrderedDict[tuple[str, str], int] = field(init=False, factory=OrderedDict)

    def __attrs_post_init__(self) -> None:
        self._met = [0] * len(self.given.faults)
        self._hit = [0] * len(self.given.faults)

    def next(self, message: Mapping[str, Any]) -> Fault | None:
        """What happens to this message; None when nothing does."""
        key = (str(message.get("fixmedins_code"))[:40], str(message.get("msgid"))[:40])
        occurrence = self._seen.pop(key, 0) + 1
        self._seen[key] = occurrence
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        for number, fault in enumerate(self.given.faults):
            if not fault.concerns(message):
                continue
            self._met[number] += 1
            if self._met[number] <= fault.skip or (fault.times is not None and self._hit[number] >= fault.times):
                continue
            if drawn(self.given.seed, number, *key, occurrence) < fault.chance:
                self._hit[number] += 1
                return fault
        return None


def drawn(seed: int, number: int, sender: str, msgid: str, occurrence: int) -> int:
    """A number from 0 to 999,999 that these decide, and nothing else."""
    text = f"{seed}|{number}|{sender}|{msgid}|{occurrence}"
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") % 1_000_000


def misnamed(reply: Mapping[str, Any]) -> dict[str, Any]:
    """The reply as if it belonged to another message: the receiver's number and the sender's own that it repeats."""
    made = {**reply, "inf_refmsgid": _other(str(reply.get("inf_refmsgid") or ""))}
    output = made.get("output")
    if isinstance(output, dict) and isinstance(output.get("setlinfo"), dict):
        head = output["setlinfo"]
        other = {**head, "medins_setl_id": _other(str(head.get("medins_setl_id") or ""))}
        made["output"] = {**output, "setlinfo": other}
    return made


@cache
def schema() -> Mapping[str, Any]:
    """The JSON Schema of a fault file."""
    found: dict[str, Any] = json.loads(files("sim.service").joinpath("faults.schema.json").read_text("utf-8"))
    return found


def read_faults(file: Path | Traversable, interface: Interface | None = None) -> Faults:
    """Read a fault file. Raises InputError or BadFileError: file, line, key, nearest valid name.

    With an ``interface`` the transactions it names must exist there.
    """
    return from_document(read_yaml(file), interface)


def from_document(document: Document, interface: Interface | None = None) -> Faults:
    """The same for a file already read."""
    check(document, schema())
    data: Mapping[str, Any] = document.data or {}
    rows = data.get("faults", ())
    if interface is not None:
        known = tuple(interface.transactions)
        for at, row in enumerate(rows):
            for number, infno in enumerate(row.get("when", {}).get("infno", ())):
                if infno not in known:
                    text = say("faults.unknown_infno", infno=infno)
                    raise document.error(text, "faults", at, "when", "infno", number, valid=known, given=infno)
    found = tuple(_fault(document, at, row) for at, row in enumerate(rows))
    return Faults(seed=data.get("seed", 0), faults=found)


def _fault(document: Document, at: int, row: Mapping[str, Any]) -> Fault:
    when = row.get("when", {})
    chance = when.get("probability", 1)
    millionths = Decimal(chance) * 1_000_000
    if millionths != int(millionths):
        raise document.error(say("faults.too_fine", value=chance), "faults", at, "when", "probability")
    fault = Fault(
        kind=row["do"],
        name=row.get("name", ""),
        infno=frozenset(when.get("infno", ())),
        person=frozenset(when.get("person", ())),
        institution=frozenset(when.get("institution", ())),
        skip=when.get("skip", 0),
        times=when.get("times"),
        chance=int(millionths),
    )
    if fault.kind in ("delay", "hang") and "seconds" not in row:
        raise document.error(say("file.missing_key", key="seconds"), "faults", at, "seconds")
    if "seconds" in row:
        if fault.kind not in ("delay", "hang"):
            raise _misplaced(document, at, "seconds", fault.kind)
        fault = evolve(fault, seconds=row["seconds"])
    if "stage" in row:
        if fault.kind not in ("delay", "hang", "reset", "html"):
            raise _misplaced(document, at, "stage", fault.kind)
        fault = evolve(fault, stage=row["stage"])
    return fault


def _misplaced(document: Document, at: int, key: str, kind: str) -> InputError:
    return document.error(say("faults.misplaced", key=key, kind=kind), "faults", at, key)


def _persons(value: Any) -> frozenset[str]:
    """Every value of a message by which a person can be named."""
    found: set[str] = set()
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            found.update(str(one[name]) for name in PERSON if name in one)
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
    return frozenset(found)


def _other(number: str) -> str:
    """A number of the same shape that is not this one."""
    if not number:
        return "0" * 30
    return number[:-1] + ("1" if number[-1] == "0" else "0")


def doubled(body: bytes) -> bytes:
    """A reply that comes twice in one answer."""
    return body + body


def half(body: bytes) -> bytes:
    """The first half of a reply, cut without regard to characters."""
    return body[: len(body) // 2]
