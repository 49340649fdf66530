"""One exchange made ready to be judged: decoded once, with what the scenario meant by it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

from conformance.conversation import Exchange
from conformance.scenario.model import Scenario, Step
from sim.errors import InputError
from sim.interface import envelope, interface
from sim.money import LARGEST, scaled

SETTLES = frozenset({"2207", "2207A", "2304", "2304A", "2102"})
TRIALS = frozenset({"2206", "2206A", "2303", "2303A", "2101"})
HEADS = SETTLES | TRIALS
CANCELS = frozenset({"2208", "2305", "2103"})
SALES = frozenset({"2101", "2102"})
"""A pharmacy's trial and settlement, which bring their lines along."""
UPLOADS = frozenset({"2204", "2301"})
REVERSES = frozenset({"2601"})
EFFECTS = SETTLES | CANCELS | REVERSES
_EMPTY: Mapping[str, Any] = {}


class Look:
    """An exchange with its messages.

    ``yes``: accepted, refused (False), or neither (None: no readable answer). ``faulty``: the scenario put its fault
    here, so that the request need not be right. ``head``: the reply's setlinfo, ``fen`` its amounts in fen.
    ``original``: the look whose message id this one repeats, ``same_body`` whether with the same bytes.
    """

    __slots__ = (
        "data",
        "exchange",
        "expect",
        "faulty",
        "fen",
        "head",
        "infno",
        "original",
        "output",
        "reply",
        "request",
        "same_body",
        "scenario",
        "seq",
        "step",
        "yes",
    )

    def __init__(self, exchange: Exchange, scenario: Scenario | None, step: Step | None) -> None:
        self.exchange = exchange
        self.seq = exchange.seq
        self.scenario = scenario
        self.step = step
        self.faulty = bool(step and step.faulty)
        self.expect = step.expect if step else "accepted" if exchange.scenario else ""
        self.request: Mapping[str, Any] = exchange.request.message or _EMPTY
        infno = self.request.get("infno")
        self.infno = infno if isinstance(infno, str) else ""
        reply = exchange.reply.message if exchange.reply and exchange.outcome == "answered" else None
        self.reply: Mapping[str, Any] | None = reply
        self.yes: bool | None = None
        if reply is not None and reply.get("infcode") not in (None, ""):
            self.yes = envelope.is_accepted(reply)
        self.data: Mapping[str, Any] = _main(self.request.get("input"))
        output = reply.get("output") if reply is not None else None
        self.output: Mapping[str, Any] = output if isinstance(output, dict) else _EMPTY
        head = self.output.get("setlinfo")
        if isinstance(head, list) and head:
            head = head[0]
        self.head: Mapping[str, Any] = head if isinstance(head, dict) else _EMPTY
        texts = _texts()
        self.fen: Mapping[str, int | None] = {name: fen(it) for name, it in self.head.items() if name not in texts}
        self.original: Look | None = None
        self.same_body = False

    @property
    def msgid(self) -> str:
        """The sender's message id."""
        return text(self.request.get("msgid"))

    @property
    def psn_no(self) -> str:
        """The person the request is about."""
        return text(self.data.get("psn_no"))

    @property
    def mdtrt_id(self) -> str:
        """The visit the request is about."""
        return text(self.data.get("mdtrt_id"))

    @property
    def institution(self) -> str:
        """The institution that asks."""
        return text(self.request.get("fixmedins_code"))

    def node(self, name: str) -> Any:
        """A node of the request's input."""
        given = self.request.get("input")
        return given.get(name) if isinstance(given, dict) else None


def _main(given: Any) -> Mapping[str, Any]:
    """The node that says whom and what a request is about: ``data``, else the first; of a list its first row."""
    if not isinstance(given, dict):
        return _EMPTY
    for node in (given.get("data"), *given.values()):
        if isinstance(node, dict):
            return node
        if isinstance(node, list) and node and isinstance(node[0], dict):
            return node[0]
    return _EMPTY


@cache
def _texts() -> frozenset[str]:
    """Fields of a settlement that hold text by the dictionary, so that no number is looked for in them."""
    outputs = (node for infno in HEADS for node in interface().transactions[infno].output)
    fields = [field for node in outputs for field in node.fields]
    return frozenset(f.name for f in fields) - {f.name for f in fields if f.type in ("number", "integer")}


def text(value: Any) -> str:
    """An identifier as text; anything else as nothing."""
    return value if isinstance(value, str) else ""


def rows(value: Any) -> list[Mapping[str, Any]]:
    """The rows of a node, whether it came as a list or as one object."""
    listed = value if isinstance(value, list) else [value]
    return [row for row in listed if isinstance(row, dict)]


def fen(value: Any) -> int | None:
    """An amount in fen; None when it is absent or is not an amount (the schema check says so)."""
    found = whole(value, 2)
    return found if found is not None and abs(found) <= LARGEST else None


def whole(value: Any, decimals: int) -> int | None:
    """A number as a whole number of ``10**-decimals``; None when it is none."""
    kind = type(value)
    if kind is int:
        shifted: int = value * int(10**decimals)
        return shifted
    if kind is Decimal:
        return _shifted(value, decimals)
    if kind is str and not value.replace(".", "", 1).removeprefix("-").isdecimal():
        return None  # names, dates, codes: most of what is no amount
    return _scaled(value, decimals) if kind is str and value else None


@lru_cache(maxsize=8192)  # many checks look at the same amounts
def _shifted(value: Decimal, decimals: int) -> int | None:
    if not value.is_finite() or abs(value.adjusted()) >= 20:
        return _scaled(value, decimals)
    moved = value.scaleb(decimals)  # the usual case, made quick
    found = int(moved)
    return found if found == moved else None


def _scaled(value: Decimal | str, decimals: int) -> int | None:
    try:
        return scaled(value, decimals)
    except InputError:
        return None
