"""Every clause that can be broken is seen when it is: one fault planted in a right conversation at a time."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from attrs import evolve
from flows import FLOWS, recorded

from conformance.checks.order import RULES
from conformance.checks.schema import kinds
from conformance.conversation import Conversation, Exchange, Raw
from conformance.judge import judge
from conformance.profile import Profile
from conformance.requirements import clauses
from sim.interface import Interface, Node, interface, wire

IFACE = interface()


@cache
def talk(name: str) -> Conversation:
    return recorded(name)


def with_reply(conversation: Conversation, seq: int, change: Callable[[dict[str, Any]], None]) -> Conversation:
    """One reply changed."""

    def one(exchange: Exchange) -> Exchange:
        if exchange.seq != seq or exchange.reply is None:
            return exchange
        message = wire.decode(exchange.reply.body)
        change(message)
        return evolve(exchange, reply=Raw(wire.encode(message), (), 200))

    return Conversation(tuple(map(one, conversation)))


def broken(conversation: Conversation) -> set[str]:
    return {o.clause for o in judge(conversation, Profile()) if o.status == "fail"}


def accept(message: dict[str, Any]) -> None:
    message |= {"infcode": 0, "err_msg": None, "output": {}}


@cache
def passes() -> dict[str, tuple[str, int]]:
    """For each clause, a flow and an exchange where it held."""
    found: dict[str, tuple[str, int]] = {}
    for name in FLOWS:
        for o in judge(talk(name), Profile()):
            if o.status == "pass":
                found.setdefault(o.clause, (name, o.seq))
    return found


@pytest.mark.parametrize("clause", sorted({rule.clause for rule in RULES}))
def test_what_is_forbidden_and_accepted_is_a_finding(clause: str) -> None:
    """The very message that the reference refused, accepted by another."""
    name, seq = passes()[clause]
    assert clause not in broken(talk(name))
    assert clause in broken(with_reply(talk(name), seq, accept))


def replies() -> Iterator[tuple[str, str]]:
    for infno in IFACE.transactions:
        for kind in kinds(IFACE, infno):
            if clauses()[f"IF-{infno}-{kind}"].excluded is None:
                yield infno, kind


def first_row(message: dict[str, Any], node: Node) -> dict[str, Any] | None:
    output = message.get("output")
    value = output if node.name == "(root)" else output.get(node.name) if isinstance(output, dict) else None
    if isinstance(value, list):
        value = value[0] if value else None
    return value if isinstance(value, dict) else None


def spoil(iface: Interface, infno: str, kind: str, message: dict[str, Any]) -> bool:
    """Break one field: take it away, make it far too long or of another type, or give it a code of no list."""
    for node in iface.transactions[infno].output:
        row = first_row(message, node)
        for field in node.fields if row is not None else ():
            assert row is not None
            if field.name not in row or row[field.name] in (None, ""):
                continue
            if kind == "REQ" and field.required:
                del row[field.name]
                return True
            if kind == "FORM" and field.type != "object":
                row[field.name] = {"not": "a value"}
                return True
            codes = iface.codelists.get(field.codes or "")
            if kind == "CODE" and codes is not None and not codes.open and not codes.regional:
                row[field.name] = "~"
                return True
    return False


@pytest.mark.parametrize(("infno", "kind"), list(replies()))
def test_a_spoiled_field_of_every_reply_is_a_finding(infno: str, kind: str) -> None:
    """Of that transaction and that kind; where a transaction's codes are all regional, a leniency."""
    spoiled = 0
    for name in FLOWS:
        for exchange in talk(name):
            message = exchange.reply.message if exchange.reply else None
            if exchange.infno != infno or message is None or message.get("infcode") != 0:
                continue
            if not spoil(IFACE, infno, kind, wire.decode(exchange.reply.body)):  # type: ignore[union-attr]
                continue
            spoiled += 1
            changed = with_reply(talk(name), exchange.seq, lambda m: spoil(IFACE, infno, kind, m) and None)
            assert f"IF-{infno}-{kind}" in broken(changed)
            return
    assert kind == "CODE", "no reply of any flow could be spoiled"


def set_in(*path: str | int, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(message: dict[str, Any]) -> None:
        at: Any = message
        for part in path[:-1]:
            at = at[part]
        at[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("clause", "change"),
    [
        ("QRY-5203-AMOUNTS", set_in("output", "setlinfo", "fund_pay_sumamt", value=1)),
        ("QRY-5203-ID", set_in("output", "setlinfo", "setl_id", value="1")),
        ("QRY-5201-PERSON", set_in("output", "mdtrtinfo", 0, "psn_no", value="1")),
        ("QRY-5202-VISIT", set_in("output", "diseinfo", 0, "mdtrt_id", value="1")),
        ("QRY-5304-PERSON", set_in("output", "refmedin", 0, "psn_no", value="1")),
        ("QRY-1201-CODE", set_in("output", "medinsinfo", 0, "fixmedins_code", value="H1")),
        ("QRY-5204-LINES", set_in("output", 0, "det_item_fee_sumamt", value=1)),
        ("QRY-5301-WITHDRAWN", set_in("output", "feedetail", 0, "opsp_dise_code", value="M05300")),
        ("REC-DISCRIMINATES", set_in("output", "stmtinfo", "stmt_rslt", value="0")),
        ("REC-FILE-UNIQUE", set_in("output", "file_qury_no", value="")),
    ],
)
def test_a_query_that_tells_otherwise_is_a_finding(clause: str, change: Callable[[dict[str, Any]], None]) -> None:
    """Whatever a query tells of what was said before."""
    name, seq = passes()[clause]
    assert clause in broken(with_reply(talk(name), seq, change))
