"""Known-bad hospital clients: what the operator sees."""

from __future__ import annotations

import re
from decimal import Decimal

from conformance.example.hospital_client import Hospital, Message
from conformance.mutants.hospitals.known import Clients


class CashIncludesAccount(Hospital):
    """What the account paid is collected in cash as well."""

    def on_pay(self, order: Message) -> Message:
        """psn_part_amt instead of psn_cash_pay."""
        told = super().on_pay(order)
        return {**told, "cash": f"{self.patient(order)['last']['psn_part_amt']:.2f}"}


class ShowsOwnFund(Hospital):
    """The fund's part shown is total less cash."""

    def on_pay(self, order: Message) -> Message:
        """The account is shown as fund."""
        told = super().on_pay(order)
        fund = Decimal(told["medfee_sumamt"]) - Decimal(told["cash"])
        return {**told, "fund_pay_sumamt": str(fund)}


class HidesReasons(Hospital):
    """Every refusal is shown in the same words."""

    def order(self, order: Message) -> Message:
        """The reason stays in the log."""
        told = super().order(order)
        return {**told, "text": "操作失败"} if told["result"] == "refused" else told


class CrashesOnErrorPages(Hospital):
    """An answer that is no JSON ends the program."""

    def send(self, body: bytes) -> bytes:
        """Nobody expects it."""
        answer = super().send(body)
        if answer.startswith(b"<"):
            raise SystemError("unexpected token <")
        return answer


class NumbersOnly(Hospital):
    """Only the number 0 is taken for success."""

    def send(self, body: bytes) -> bytes:
        """A code in quotes is a failure."""
        return re.sub(rb'"infcode": *"0"', b'"infcode": "-1"', super().send(body))


CLIENTS: Clients = (
    (CashIncludesAccount, "cash", "HOS-004"),
    (ShowsOwnFund, "shown", "HOS-004"),
    (HidesReasons, "reason", "HOS-018"),
    (CrashesOnErrorPages, "answered", "HOS-106"),
    (NumbersOnly, "expected", "HOS-023"),
)
"""Each with the check that must see its fault, and a scenario in which it does."""
