"""What of a conversation belongs together: one scenario's run, or one person's way through a visit."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import define, field, frozen

from conformance.conversation import Exchange
from conformance.recorded.people import Acquaintance
from conformance.scenario.compose import dig
from sim.lang import Text, say

SESSION = frozenset({"9001", "9002"})
OPENS = frozenset({"2201", "2401"})


@frozen
class LeftOut:
    """An exchange that is not in the pack, and why."""

    seq: int
    infno: str
    why: Text


@define
class Thread:
    """Exchanges that belong together, in order."""

    exchanges: list[Exchange] = field(factory=list)
    opened: bool = False


def threads(exchanges: Sequence[Exchange], known: Acquaintance, left_out: list[LeftOut]) -> list[Thread]:
    """Sort a conversation into threads; what belongs to none is added to ``left_out``."""
    found: list[Thread] = []
    by_key: dict[tuple[str, ...], Thread] = {}
    by_visit: dict[str, Thread] = {}
    for exchange in exchanges:
        message = exchange.request.message
        why = _no_part(exchange)
        if why is not None or message is None:
            left_out.append(LeftOut(exchange.seq, exchange.infno, why or say("recorded.no_message")))
            continue
        who = known.who(message)
        visit = _visit(exchange)
        key = _key(exchange, who.person.psn_no if who else "")
        thread = by_key.get(key) if exchange.scenario else by_visit.get(visit) or by_key.get(key)
        again = exchange.infno == "1101" and thread is not None and thread.opened and not exchange.scenario
        if thread is None or again:
            thread = by_key[key] = Thread()
            found.append(thread)
        thread.exchanges.append(exchange)
        thread.opened = thread.opened or exchange.infno in OPENS
        opened = _opened(exchange)
        if opened:
            by_visit[opened] = thread
    return found


def _no_part(exchange: Exchange) -> Text | None:
    if not exchange.request.recorded:
        return say("evidence.body_not_recorded")
    if exchange.request.message is None or not exchange.infno:
        return say("recorded.no_message")
    if exchange.infno in SESSION:
        return say("recorded.session")
    return say("recorded.probe") if exchange.note == "probe" else None


def _key(exchange: Exchange, psn_no: str) -> tuple[str, ...]:
    if exchange.scenario:
        return ("scenario", exchange.scenario, exchange.run)
    presented = dig(exchange.request.message, "input", "data", "mdtrt_cert_no")
    return ("person", psn_no or f"unknown:{presented}")


def _visit(exchange: Exchange) -> str:
    given = dig(exchange.request.message, "input")
    for node in ("data", "mdtrtinfo", "feedetail", "dscginfo"):
        number = dig(given, node, "mdtrt_id")
        if isinstance(number, str) and number:
            return number
    return ""


def _opened(exchange: Exchange) -> str:
    """The visit that a reply opened."""
    if exchange.infno not in OPENS or exchange.reply is None or exchange.outcome != "answered":
        return ""
    output = dig(exchange.reply.message, "output")
    number = dig(output, "data", "mdtrt_id") or dig(output, "result", "mdtrt_id")
    return number if isinstance(number, str) else ""
