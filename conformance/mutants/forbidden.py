"""Known-bad platforms: each carries out one thing that the order of events forbids."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from conformance.mutants import build
from conformance.mutants.build import Message
from conformance.mutants.known import add
from sim.lang import plain, say
from sim.platform.reference import Reference

FORBIDDEN: Mapping[str, tuple[str, str]] = {
    "cancel_discharged": ("2404", "INP-N09"),
    "card_sn": ("1101", "SEC-N17"),
    "change_discharged": ("2403", "INP-N10"),
    "discharge_early": ("2402", "INP-N05"),
    "discharge_twice": ("2402", "INP-N06"),
    "file_foreign": ("9102", "REC-N06"),
    "file_unknown": ("3202", "REC-N05"),
    "filing_again": ("2502", "FIL-N07"),
    "filing_person": ("2502", "FIL-N06"),
    "insuplc": ("2201", "CRO-N01"),
    "line_digits": ("2204", "MAL-N48"),
    "line_in_call": ("2102", "PHA-N03"),
    "line_price": ("2301", "INP-N18"),
    "line_product": ("2102", "PHA-N04"),
    "line_twice": ("2301", "INP-N13"),
    "line_visits": ("2301", "INP-N19"),
    "refund_item": ("2301", "INP-N04"),
    "refund_more": ("2301", "INP-N02"),
    "refund_unknown": ("2301", "INP-N03"),
    "rev_cancelled": ("2601", "REV-N06"),
    "rev_foreign": ("2601", "REV-N05"),
    "rev_infno": ("2601", "REV-N02"),
    "rev_kind": ("2601", "REV-N03"),
    "rev_person": ("2601", "REV-N04"),
    "sale_total": ("2102", "PHA-N01"),
    "settle_nothing": ("2303", "INP-N20"),
    "settle_twice": ("2304", "INP-N15"),
    "settle_total": ("2304", "INP-N01"),
    "sign_out": ("9002", "REC-N12"),
    "undischarge": ("2405", "INP-N07"),
    "undischarge_settled": ("2405", "INP-N08"),
    "undo_foreign": ("2208", "REV-N07"),
    "undo_twice": ("2305", "INP-N16"),
    "undo_visit": ("2305", "INP-N17"),
    "visit_foreign": ("2204", "SEC-N04"),
    "visit_kind": ("2202", "INP-N14"),
    "visit_person": ("2206", "SEC-N08"),
    "withdraw_nothing": ("2302", "INP-N12"),
    "withdraw_settled": ("2302", "INP-N11"),
}
"""Rule of the order of events -> the transaction that does not keep it, and the scenario that shows it."""


def accepting(infno: str) -> Callable[[], Reference]:
    """A platform that answers whatever it should refuse of a transaction with success."""

    def change(message: Message, reply: Message) -> Message:
        if message.get("infno") != infno or reply["infcode"] == 0:
            return reply
        return {**reply, "infcode": 0, "err_msg": None, "output": {}}

    return lambda: build.saying(change)


for _rule, (_infno, _scenario) in FORBIDDEN.items():
    _kept = say(f"order.{_rule}")
    _title = plain(f"未执行：{_kept.show('zh')}", f"Not kept: {_kept.show('en')}")
    add(f"breaks_{_rule}", accepting(_infno), _scenario, f"order.{_rule}", _title)
