"""What must be, derived from messages and their answers alone.

The order of messages does not matter here, and must not: an answer can leave long after what it tells, when it was lost
and the message repeated. What stands follows from which messages were *ever* accepted:

- a settlement is made when its 2207, 2304 or 2102 was accepted;
- it is reversed for good when a 2601 of that message was accepted;
- it is cancelled when a 2208, 2305 or 2103 of it was accepted and no 2601 of that one was.

The same holds for a hospital's messages to its province and for what provinces ask of each other, which carry a node
``relay``; there the number of the settlement is in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Literal

from attrs import evolve, field, frozen

from sim.interface import envelope
from sim.lang import templates
from sim.money import parse
from sim.platform.regions import province_of
from tests.campaigns.net import Message

SETTLES, CANCELS, REVERSAL = ("2207", "2304", "2102"), ("2208", "2305", "2103"), "2601"
CLEARING = {"2207": "11", "2304": "21", "2102": "41"}
"""What settles, and the clr_type of that: outpatients, stays, pharmacies."""
EFFECTS = (*SETTLES, *CANCELS, REVERSAL)
CONFIRMS, WITHDRAWS = "3261", "3262"
OPEN = ("unanswered", "settlement.busy", "message.reversing")
"""Refusals that say nothing definite: the sender looks again."""
MONEY = (
    "medfee_sumamt",
    "inscp_scp_amt",
    "act_pay_dedc",
    "hifp_pay",
    "fund_pay_sumamt",
    "psn_part_amt",
    "acct_pay",
    "acct_mulaid_pay",
    "psn_cash_pay",
)
Fate = Literal["valid", "cancelled", "reversed"]


@frozen
class Due:
    """A settlement as messages tell it; amounts in fen, ``paid`` what the insured place owes the treatment place.
    ``month``: when it was settled as the treatment place told it; provinces do not tell each other."""

    setl_id: str
    mdtrt_id: str
    psn_no: str
    insutype: str
    insured: str
    treated: str
    hospital: str
    clr_type: str
    made_by: str
    amounts: dict[str, int] = field(hash=False)
    month: str
    fate: Fate = "valid"
    refund_id: str = ""
    refund_month: str = ""
    cancelled_by: str = ""

    @property
    def paid(self) -> int:
        """Funds and personal account: both are cleared between provinces."""
        return self.amounts["fund_pay_sumamt"] + self.amounts["acct_pay"]


def accepted(reply: Message | None) -> bool:
    """Whether an answer came and says success."""
    return reply is not None and envelope.is_accepted(reply)


def is_open(reply: Message | None) -> bool:
    """Whether the outcome is not known: no answer, or a refusal that leaves it open."""
    return reply is None or (not accepted(reply) and any(says(reply, key) for key in OPEN))


def says(reply: Message, key: str) -> bool:
    """Whether a refusal has that reason, whatever values its text holds."""
    return _pattern(key).fullmatch(str(reply["err_msg"])) is not None


@cache
def _pattern(key: str) -> re.Pattern[str]:
    parts = re.split(r"\{[a-z_]+\}", templates()[f"platform.{key}"]["zh"])
    return re.compile(".*".join(re.escape(part) for part in parts), re.DOTALL)


def settled(answers: Iterable[tuple[Message, Message]], treated: str) -> dict[str, Due]:
    """Every settlement ever made, by setl_id, from accepted messages of any kind with their answers.

    ``treated`` is the province that answered, or empty for what provinces ask of each other.
    """
    taken = list(answers)
    undone = {
        (message["fixmedins_code"], message["input"]["data"]["omsgid"])
        for message, _ in taken
        if message["infno"] == REVERSAL
    }
    cancelled: dict[str, tuple[Message, Message]] = {}
    for message, reply in taken:
        if message["infno"] in CANCELS and (message["fixmedins_code"], message["msgid"]) not in undone:
            node = message["input"]["data" if treated else "relay"]
            cancelled[node["setl_id"]] = (message, reply)
    found: dict[str, Due] = {}
    for message, reply in taken:
        if message["infno"] in SETTLES:
            due = _due(message, reply, treated, cancelled)
            gone = (due.hospital, due.made_by) in undone
            found[due.setl_id] = evolve(due, fate="reversed") if gone else due
    return found


def request(message: Message) -> Message:
    """The node in which a message asks to settle."""
    node: Message = message["input"]["druginfo" if message["infno"] == "2102" else "data"]
    return node


def _due(message: Message, reply: Message, treated: str, cancelled: dict[str, tuple[Message, Message]]) -> Due:
    data, head, relay = request(message), reply["output"]["setlinfo"], message["input"].get("relay", {})
    number = head["setl_id"] if treated else relay["setl_id"]
    by, refund = cancelled.get(number, (None, None))
    told = refund["output"]["setlinfo"] if refund is not None and treated else {}
    return Due(
        setl_id=number,
        mdtrt_id=head["mdtrt_id"] if treated else relay.get("mdtrt_id") or data["mdtrt_id"],
        psn_no=data["psn_no"],
        insutype=data["insutype"],
        insured=province_of(message["insuplc_admdvs"]),
        treated=treated or relay["from"],
        hospital=message["fixmedins_code"],
        clr_type=CLEARING[message["infno"]],
        made_by=message["msgid"],
        amounts={name: parse(head[name]) for name in MONEY},
        month=head["setl_time"][:7] if treated else "",
        fate="valid" if by is None else "cancelled",
        cancelled_by="" if by is None else by["msgid"],
        refund_id=told.get("setl_id", ""),
        refund_month=told.get("setl_time", "")[:7],
    )


def confirmed(answers: Iterable[tuple[Message, Message]]) -> dict[str, str]:
    """setl_sn -> cnfm_flag of what institutions confirmed (3261) and did not take back (3262)."""
    taken = list(answers)
    withdrawn = {
        (message["fixmedins_code"], message["input"]["data"]["otransid"])
        for message, _ in taken
        if message["infno"] == WITHDRAWS
    }
    return {
        row["setl_sn"]: row["cnfm_flag"]
        for message, _ in taken
        if message["infno"] == CONFIRMS and (message["fixmedins_code"], message["msgid"]) not in withdrawn
        for row in message["input"]["detail"]
    }
