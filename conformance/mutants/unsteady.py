"""Known-bad platforms whose result depends on what it must not depend on: found by comparing settlements."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from attrs import define, field

from conformance.mutants import build
from conformance.mutants.amounts import HEADS, STAY_HEADS
from conformance.mutants.build import Message, Output
from conformance.mutants.known import add, known
from sim.platform.context import Context
from sim.platform.reference import Reference

YUAN = Decimal("1.00")
RECKON = (*HEADS, *STAY_HEADS)


@define
class Seen:
    """What a visit has seen: lines since the last withdrawal, how often it was reckoned, whether it was undone."""

    lines: list[Mapping[str, Any]] = field(factory=list)
    reckoned: int = 0
    undone: bool = False


Wavers = Callable[[Seen, Mapping[str, Any]], bool]


def _first_is_dear(seen: Seen, _: Mapping[str, Any]) -> bool:
    return bool(seen.lines) and seen.lines[0]["med_list_codg"].startswith("SZ")


def _item_twice(seen: Seen, _: Mapping[str, Any]) -> bool:
    codes = [row["med_list_codg"] for row in seen.lines if row["cnt"] > 0]
    return len(set(codes)) < len(codes)


def _own_pay_line(seen: Seen, _: Mapping[str, Any]) -> bool:
    return any(row["med_list_codg"] in ("XZ99000027", "XZ99000028", "SZ99000041", "CZ99000064") for row in seen.lines)


WAVERS: Mapping[str, tuple[Wavers, str, str]] = {
    "every_other_result_differs": (
        lambda seen, _: seen.reckoned % 2 == 0,
        "CMP-001",
        "relations.the_same_bill_gives_the_same_result",
    ),
    "order_of_lines_matters": (_first_is_dear, "CMP-001", "relations.the_order_of_lines_is_irrelevant"),
    "split_lines_are_paid_more": (
        _item_twice,
        "CMP-002",
        "relations.splitting_a_line_changes_nothing_but_rounding",
    ),
    "own_pay_earns_funds": (_own_pay_line, "CMP-003", "relations.a_wholly_self_paid_line_moves_only_self_pay"),
    "account_use_moves_funds": (
        lambda _, data: data.get("acct_used_flag") == "1",
        "CMP-008",
        "relations.the_account_moves_no_fund",
    ),
    "refunds_leave_something": (
        lambda seen, _: any(row["cnt"] < 0 for row in seen.lines),
        "CMP-009",
        "relations.a_line_and_its_refund_change_nothing",
    ),
    "undoing_leaves_something": (lambda seen, _: seen.undone, "CMP-010", "relations.settle_reverse_settle"),
}
"""What a platform pays a yuan more for -> the scenario and the relation that find it."""


def wavering(wavers: Wavers) -> Callable[[], Reference]:
    """A platform whose funds pay a yuan more when something holds that must not matter."""

    def make() -> Reference:
        visits: dict[str, Seen] = {}

        def change(message: Message, reply: Message) -> Message:
            given = message.get("input")
            nodes: Sequence[Any] = list(given.values()) if isinstance(given, dict) else []
            node = next((one[0] if isinstance(one, list) and one else one for one in nodes), None)
            data: Mapping[str, Any] = node if isinstance(node, dict) else {}
            seen = visits.setdefault(str(data.get("mdtrt_id") or data.get("psn_no")), Seen())
            infno = message.get("infno")
            if reply["infcode"] != 0:
                return reply
            if infno in ("2204", "2301"):
                seen.lines += message["input"]["feedetail"]
            elif infno in ("2205", "2302"):
                seen.lines = []
            elif infno in ("2208", "2305", "2601"):
                for one in visits.values():
                    one.undone = True
            elif infno in RECKON:
                seen.reckoned += 1
                if wavers(seen, data):
                    _pay_more(reply["output"]["setlinfo"])
            return reply

        return build.saying(change)

    return make


def _pay_more(head: dict[str, Any]) -> None:
    for name, by in (("fund_pay_sumamt", YUAN), ("hifp_pay", YUAN), ("psn_part_amt", -YUAN), ("psn_cash_pay", -YUAN)):
        head[name] += by


for _name, (_wavers, _scenario, _check) in WAVERS.items():
    add(_name, wavering(_wavers), _scenario, _check)


def _replying(change: Callable[[dict[str, Any]], None], *infnos: str) -> Reference:
    def changed(_: Context, output: Output) -> Output:
        change(output["setlinfo"])
        return output

    return build.with_treatment(infnos or RECKON, lambda handler: build.after(handler, changed))


@known("CMP-011", "relations.more_in_scope_never_lowers_what_funds_pay")
def dearer_care_is_paid_less() -> Reference:
    """The more care costs, the less the funds pay."""

    def change(head: dict[str, Any]) -> None:
        if head["inscp_scp_amt"] > 12000:
            paid = head["fund_pay_sumamt"]
            for name in ("psn_part_amt", "psn_cash_pay"):
                head[name] += paid
            head["fund_pay_sumamt"] = head["hifp_pay"] = Decimal("0.00")

    return _replying(change)


@known("OUT-010", "relations.balance")
def balance_before_the_payment() -> Reference:
    """A settlement prints the balance as it was before the account paid."""

    def change(head: dict[str, Any]) -> None:
        head["balc"] += head["acct_pay"]

    return _replying(change, "2207")


@known("OUT-010", "relations.the_account_pays_what_it_holds")
def account_overdrawn() -> Reference:
    """The account pays more than it holds."""

    def change(head: dict[str, Any]) -> None:
        head["acct_pay"] += 100_000
        head["psn_cash_pay"] -= 100_000

    return _replying(change)
