"""Settlement heads recorded from real platforms hold up against the dictionary and its amount identities."""

import json
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from sim.interface import Amount, interface, validate
from sim.interface.examples import example
from sim.resources import fixtures

RECORDED = json.loads(fixtures("interface", "recorded_heads.json").read_text(encoding="utf-8"), parse_float=Decimal)
HEADS = {head["id"]: head for head in RECORDED["heads"]}
LIKE = {"query": "2207", "5262": "2207"}  # queries outside this dictionary whose answer has the same head


def reply_with(head: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """A conforming reply of the head's transaction that carries the recorded values."""
    infno = LIKE.get(head["infno"], head["infno"])
    seeds = (example(interface(), infno, "reply", Random(seed)) for seed in range(100))  # noqa: S311 - not for secrets
    reply = next(r for r in seeds if r["infcode"] == 0)
    # a null code is a column that the trial leaves empty
    reply["output"]["setlinfo"].update({**head["amounts"], **head["codes"]})
    reply["output"]["setldetail"] = [{**row, "setl_proc_info": "x", "inscp_scp_amt": 0} for row in head["setldetail"]]
    return infno, reply


def test_there_are_nine() -> None:
    """As many as were collected."""
    assert [f"S{n}" for n in range(1, 10)] == list(HEADS)


@pytest.mark.parametrize("name", HEADS)
def test_the_numbers_pass_as_a_settlement_head(name: str) -> None:
    """Every recorded amount and code fits its field; so do amounts with another sign, from cancellations."""
    head = HEADS[name]
    infno, reply = reply_with(head)
    assert [] == [p for p in validate(interface(), infno, "reply", reply) if "setlinfo" in p.path]


@pytest.mark.parametrize("name", HEADS)
def test_one_more_decimal_would_be_seen(name: str) -> None:
    """The check above has eyes: the same head with a tenth of a fen is refused at that amount."""
    infno, reply = reply_with(HEADS[name])
    reply["output"]["setlinfo"]["medfee_sumamt"] += Decimal("0.001")
    problems = validate(interface(), infno, "reply", reply)
    assert ("output.setlinfo.medfee_sumamt", "decimals") in [(p.path, p.rule) for p in problems]


def holds(amount: Amount, head: dict[str, Any]) -> bool:
    """Whether a linear identity holds in a head, empty amounts read as 0."""
    values = {key: value or 0 for key, value in head["amounts"].items()}
    return bool(values.get(amount.total, 0) == sum(values.get(part, 0) for part in amount.parts))


@pytest.mark.parametrize(
    ("identity", "where"),
    [
        ("A1", ["S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8", "S9"]),
        ("A2", ["S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8", "S9"]),
        ("A3", ["S1", "S2", "S3", "S5", "S6", "S8"]),
        ("A4", ["S1", "S2", "S3", "S5", "S6", "S8"]),
        ("R2", ["S4"]),
        ("R3", ["S7"]),
    ],
)
def test_the_identities_hold_where_they_are_said_to(identity: str, where: list[str]) -> None:
    """To the cent; and not by reading everything as 0: one fen more in the total breaks each of them."""
    amount = next(a for a in interface().amounts if a.id == identity)
    assert amount.parts
    for name in where:
        head = HEADS[name]
        assert holds(amount, head), name
        amounts = {**head["amounts"], amount.total: head["amounts"][amount.total] + Decimal("0.01")}
        assert not holds(amount, {**head, "amounts": amounts}), name
