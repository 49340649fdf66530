"""The last messages, for the operator: what was asked and answered, with identity fields masked."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import define, field, frozen

from sim.interface import envelope
from sim.interface.leniency import Leniency

KEPT = 200
MASKED = frozenset(
    {
        "psn_no",
        "psn_name",
        "certno",
        "mdtrt_cert_no",
        "card_sn",
        "brdy",
        "tel",
        "coner_name",
        "hcard_basinfo",
        "hcard_chkinfo",
        "orgin_card_info",
    }
)
"""Fields that tell who somebody is, or let one act as him."""
HIDDEN = "***"
_IN_TEXT = 6
"""A masked value is also taken out of texts (err_msg) when it has at least this many characters."""


@frozen
class Entry:
    """One message and its reply."""

    serial: int
    at: datetime
    milliseconds: float
    path: str
    request: Mapping[str, Any] = field(hash=False)
    reply: Mapping[str, Any] = field(hash=False)
    used: tuple[Leniency, ...] = ()
    fault: str = ""

    def shown(self) -> dict[str, Any]:
        """The entry with every identity field masked, for JSON and pages."""
        secrets: set[str] = set()
        request, reply = mask(self.request, secrets), mask(self.reply, secrets)
        return {
            "serial": self.serial,
            "at": self.at.isoformat(timespec="milliseconds"),
            "milliseconds": round(self.milliseconds, 3),
            "path": _without(self.path, secrets),
            "infno": _word(request.get("infno")),
            "msgid": _word(request.get("msgid")),
            "fixmedins_code": _word(request.get("fixmedins_code")),
            "insuplc_admdvs": _word(request.get("insuplc_admdvs")),
            "accepted": envelope.is_accepted(self.reply),
            "err_msg": _without(_word(reply.get("err_msg")), secrets),
            "leniencies": [{"name": each.name, "value": _without(each.value, secrets)} for each in self.used],
            "fault": self.fault,
            "request": request,
            "reply": {**reply, "err_msg": _without(_word(reply.get("err_msg")), secrets)} if reply else {},
        }


@define
class Recent:
    """The last `KEPT` messages, and counts of all: by transaction, accepted and refused, and by leniency.

    ``known``: the transactions that are counted by name, so that nobody can fill the memory with invented ones.
    """

    known: frozenset[str] = frozenset()
    entries: deque[Entry] = field(factory=lambda: deque(maxlen=KEPT))
    accepted: Counter[str] = field(factory=Counter)
    refused: Counter[str] = field(factory=Counter)
    leniencies: Counter[str] = field(factory=Counter)
    total: int = 0

    def add(
        self,
        at: datetime,
        milliseconds: float,
        path: str,
        request: Mapping[str, Any],
        reply: Any,
        used: tuple[Leniency, ...] = (),
        fault: str = "",
    ) -> None:
        """Note a message and its reply, the leniencies it needed and the fault that hit it."""
        self.total += 1
        infno = request.get("infno")
        counted = infno if isinstance(infno, str) and infno in self.known else "?"
        (self.accepted if envelope.is_accepted(reply) else self.refused)[counted] += 1
        for each in used:
            self.leniencies[each.name] += 1
        self.entries.append(Entry(self.total, at, milliseconds, path, request, reply, used, fault))

    def clear(self) -> None:
        """Forget everything."""
        self.entries.clear()
        self.accepted.clear()
        self.refused.clear()
        self.leniencies.clear()
        self.total = 0

    def shown(self) -> list[dict[str, Any]]:
        """The entries, newest first."""
        return [entry.shown() for entry in reversed(self.entries)]


def mask(value: Any, secrets: set[str]) -> Any:
    """A message with identity fields masked; ``secrets`` collects what was there."""
    if isinstance(value, Mapping):
        return {name: _hide(each, secrets) if name in MASKED else mask(each, secrets) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [mask(each, secrets) for each in value]
    return value


def _hide(value: Any, secrets: set[str]) -> Any:
    if value in ("", None):
        return value
    if isinstance(value, str) and len(value) >= _IN_TEXT:
        secrets.add(value)
    return HIDDEN


def _without(text: str, secrets: set[str]) -> str:
    if not secrets or not text:
        return text
    longest_first = sorted(secrets, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, longest_first)), HIDDEN, text)


def _word(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)[:40]
