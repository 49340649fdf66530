"""One bill settled and explained: for people as lines of text, for programs as data."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from attrs import frozen

from sim.benefits.bill import Bill, read_bill
from sim.benefits.closing import sides
from sim.benefits.line import split_all
from sim.benefits.load import sources
from sim.benefits.policy import Policy
from sim.benefits.settle import Settlement
from sim.benefits.step import Step
from sim.benefits.year_end import settle_by_year
from sim.errors import InputError
from sim.lang import Lang, Text, say
from sim.money import show


@frozen
class Explained:
    """A bill, the policy it was settled under, and the settlement with all its steps."""

    bill: Bill
    policy: Policy
    settlement: Settlement

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps of the lines, then those of the sharing, in order."""
        lines = [step for share in self.settlement.shares for step in share.steps]
        return (*lines, *self.settlement.steps)


def settle_bill(file: Path, policy_id: str | None = None, on: date | None = None) -> Explained:
    """Settle the bill in a file, under its own policy and date unless others are named; a policy by id or file.

    Raises InputError with file, line and key for a wrong bill, and for a policy or date that does not exist.
    """
    bill = read_bill(file, on)
    policy = bill.version_on(bill.case.on, policy_id)
    try:
        settled = settle_by_year(
            lambda day: bill.version_on(day, policy_id),
            bill.case,
            split_all(bill.lines, policy),
            bill.counters,
            bill.balance,
            bill.use_account,
            family_balance=bill.family_balance,
            use_family=bill.use_family,
        )
    except InputError as error:
        raise bill.located(error) from None
    return Explained(bill, policy, settled)


def as_text(done: Explained, lang: Lang) -> str:
    """The explanation as a person reads it: case, steps with clause and source, amounts, closing sums."""

    def t(key: str, **args: Any) -> str:
        return say(key, **args).show(lang)

    case, out = done.bill.case, []
    out.append(done.bill.title.show(lang))
    out.append(
        t(
            "benefits.explain.case",
            policy=done.policy.id,
            pool=done.policy.pool,
            start=done.policy.start.isoformat(),
            on=case.on.isoformat(),
            care=say(f"benefits.care.{case.care}"),
            level=case.level,
            filing=str(case.filing),
        )
    )
    out += ["", t("benefits.explain.steps")]
    for number, step in enumerate(done.steps, 1):
        out.append(f"{number:3d}. {step.text.show(lang)}")
        note = f"; {step.note.show(lang)}" if step.note is not None else ""
        out.append(f"     [{step.clause}; {step.source}, {step.confidence}{note}]")
    out += ["", t("benefits.explain.amounts")]
    for name, value in done.settlement.amounts.items():
        shown = _shown(name, value)
        if value or name in ALWAYS:
            out.append(f"  {name:<20}{shown:>16}")
    for part in done.settlement.parts:
        amounts = ", ".join(f"{name} {show(part.amounts[name])}" for name in OF_A_YEAR)
        out.append(f"  {part.accumulators.year}: {amounts}")
    out += ["", t("benefits.explain.details")]
    for row in done.settlement.details:
        out.append(f"  {row.fund_pay_type}  {show(row.fund_payamt):>14}  {row.fund_pay_type_name.show(lang)}")
    out += ["", t("benefits.explain.closing")]
    for name, formula, left, right in _closing(done.settlement):
        out.append(f"  {name}  {formula}: {show(left)} = {show(right)}")
    used = sorted({key for step in done.steps for key in step.source.split(",") if key in sources()})
    out += ["", t("benefits.explain.sources"), *(f"  {key}: {sources()[key]}" for key in used)]
    return "\n".join(out)


ALWAYS = ("medfee_sumamt", "inscp_scp_amt", "fund_pay_sumamt", "psn_part_amt", "acct_pay", "psn_cash_pay")
"""Amounts that are printed even when they are zero."""


OF_A_YEAR = ("medfee_sumamt", "inscp_scp_amt", "act_pay_dedc", "fund_pay_sumamt", "psn_part_amt")
"""Amounts that are printed for each year of a stay that was split at the year end."""


def _shown(name: str, value: int) -> str:
    """An amount in yuan with two decimals, the one ratio with four."""
    return str(Decimal(value).scaleb(-4)) if name == "pool_prop_selfpay" else show(value)


def _closing(settlement: Settlement) -> list[tuple[str, str, int, int]]:
    rows = [(row.fund_pay_type, row.fund_payamt) for row in settlement.details]
    return sides(settlement.amounts, rows)


def as_data(done: Explained) -> dict[str, Any]:
    """The same for programs: amounts in yuan as strings with two decimals, texts in both languages."""
    return {
        "bill": {"file": done.bill.name, "title": done.bill.title.both()},
        "policy": {"id": done.policy.id, "from": done.policy.start.isoformat(), "on": done.bill.case.on.isoformat()},
        "amounts": {name: _shown(name, value) for name, value in done.settlement.amounts.items()},
        "years": [
            {"year": part.accumulators.year, **{name: _shown(name, value) for name, value in part.amounts.items()}}
            for part in done.settlement.parts
        ],
        "setldetail": [
            {"fund_pay_type": d.fund_pay_type, "fund_payamt": show(d.fund_payamt), "name": d.fund_pay_type_name.both()}
            for d in done.settlement.details
        ],
        "lines": [
            {
                "feedetl_sn": s.number,
                "det_item_fee_sumamt": show(s.amount),
                "fulamt_ownpay_amt": show(s.fulamt_ownpay_amt),
                "overlmt_amt": show(s.overlmt_selfpay),
                "preselfpay_amt": show(s.preselfpay_amt),
                "inscp_scp_amt": show(s.inscp_scp_amt),
            }
            for s in done.settlement.shares
        ],
        "steps": [_step(step) for step in done.steps],
        "closing": [
            {"id": name, "identity": formula, "left": show(left), "right": show(right)}
            for name, formula, left, right in _closing(done.settlement)
        ],
    }


def _step(step: Step) -> dict[str, Any]:
    note: Text | None = step.note
    return {
        "clause": step.clause,
        "text": step.text.both(),
        "inputs": dict(step.inputs),
        "result": step.result,
        "source": step.source,
        "confidence": step.confidence,
        "note": note.both() if note is not None else None,
    }
