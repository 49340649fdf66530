"""What holds under every policy, known or not: bounds and order between amounts."""

from __future__ import annotations

from conformance.checks.book import Book, SettleFacts
from conformance.checks.look import text
from conformance.checks.sink import Sink
from sim.benefits.closing import FUNDS, PARTS
from sim.lang import say
from sim.money import show

_SIGNED: tuple[str, ...] = (
    *PARTS,
    *FUNDS,
    "medfee_sumamt",
    "fund_pay_sumamt",
    "act_pay_dedc",
    "psn_part_amt",
    "acct_pay",
)
_SIGNED += ("psn_cash_pay", "hosp_part_amt", "balc")


def judge_relations(book: Book, sink: Sink) -> None:
    """Every settlement and trial."""
    for facts in book.settles.values():
        _signs(facts, sink)
        _bounds(facts, sink)
        _account(facts, sink)


def _signs(facts: SettleFacts, sink: Sink) -> None:
    wrong = [name for name in _SIGNED if (facts.head.get(name) or 0) < 0]
    if not wrong:
        sink.ok("relations.not_negative", "REL-NOT-NEGATIVE", facts.look)
    for name in wrong:
        value = show(facts.head.get(name) or 0)
        path = f"output.setlinfo.{name}"
        sink.verdict(False, "relations.not_negative", "REL-NOT-NEGATIVE", facts.look, path, "", ">= 0.00", value)


def _bounds(facts: SettleFacts, sink: Sink) -> None:
    scope, fund = facts.head.get("inscp_scp_amt") or 0, facts.head.get("fund_pay_sumamt") or 0
    sink.verdict(
        fund <= scope,
        "relations.fund_in_scope",
        "REL-FUND-SCOPE",
        facts.look,
        "output.setlinfo.fund_pay_sumamt",
        "基金支付总额",
        f"<= {show(scope)}",
        show(fund),
        say("judge.fund_scope"),
    )


def _account(facts: SettleFacts, sink: Sink) -> None:
    used, paid = text(facts.look.data.get("acct_used_flag")), facts.head.get("acct_pay") or 0
    at = "output.setlinfo.acct_pay"
    if used == "0":
        expected, actual = "0.00", show(paid)
        cause = say("cause.account")
        sink.verdict(
            paid == 0,
            "relations.account_left",
            "REL-ACCT-LEFT",
            facts.look,
            at,
            "个人账户支出",
            expected,
            actual,
            None,
            cause,
        )
    if facts.balance is None:
        for check, clause in (("relations.account_balance", "REL-ACCT-BALANCE"), ("relations.balance", "AMT-A7")):
            sink.note("not_judged", check, clause, facts.look, at, "", why=say("judge.balance_unseen"))
        return
    sink.verdict(
        paid <= facts.balance,
        "relations.account_balance",
        "REL-ACCT-BALANCE",
        facts.look,
        at,
        "个人账户支出",
        f"<= {show(facts.balance)}",
        show(paid),
        cause=say("cause.account"),
    )
    left = facts.head.get("balc")
    expected_left = facts.balance - paid
    before = facts.balance
    trial = facts.is_trial
    sink.verdict(
        left == expected_left or (trial and left == before),
        "relations.balance",
        "AMT-A7",
        facts.look,
        "output.setlinfo.balc",
        "余额",
        show(expected_left),
        show(left) if left is not None else say("judge.absent"),
        say("judge.identity", formula="balc = balc - acct_pay"),
        say("cause.account"),
    )
