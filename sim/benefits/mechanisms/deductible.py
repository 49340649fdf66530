"""The deductible (起付线): by order of stay, by visit, by year, as a share of the total; less for transfers and the
chronically ill."""

from __future__ import annotations

from sim.benefits.mechanisms.registry import MAYBE_MONEY, NEEDED_MONEY, NEEDED_RATIO, Stage, Word, mechanism
from sim.benefits.sheet import Rule, Sheet
from sim.lang import say
from sim.money import divide, show, take

_EASED = {
    "transfer": Word(("full", "halved", "waived", "difference"), required=False),
    "chronic": Word(("full", "halved", "waived"), required=False),
}
"""What becomes of it for a stay transferred from another hospital, and for a certified chronic disease."""


def eased(sheet: Sheet, rule: Rule, amount: int) -> int:
    """The deductible after what the policy says about transfers and the chronically ill (fen)."""
    case = sheet.case
    words = [rule.words.get("transfer", "full")] if case.transfer else []
    if case.disease:
        words.append(rule.words.get("chronic", "full"))
    left = amount
    for word in words:
        if word == "halved":
            left = divide(left, 2)
        elif word == "waived":
            left = 0
        elif word == "difference":
            left = max(0, left - case.transfer_deductible)
    if sheet.steps is not None and left != amount:
        text = say("benefits.deductible_eased", old=show(amount), new=show(left))
        sheet.explain(rule, text, {"deductible": amount, "earlier": case.transfer_deductible}, left)
    return left


def _charge(sheet: Sheet, rule: Rule, left: int, name: str) -> None:
    cost = sheet.cost - sheet.deductible
    charged = min(cost, max(0, left))
    sheet.deductible += charged
    if sheet.steps is not None:
        text = say("benefits.deductible", left=show(max(0, left)), cost=show(cost), charged=show(charged))
        sheet.explain(rule, text, {"cost": cost, "left": max(0, left)}, charged, name)


def _of_the_stay(sheet: Sheet, rule: Rule, amount: int, name: str) -> None:
    """Charge a deductible that a stay bears once, however often it is settled on the way."""
    if sheet.case.transfer or sheet.case.disease:
        amount = eased(sheet, rule, amount)
    interim = sheet.case.interim
    _charge(sheet, rule, amount if interim is None else amount - interim.deductible, name)


@mechanism(Stage.DEDUCTIBLE, words=_EASED, first=NEEDED_MONEY, second=MAYBE_MONEY, third=MAYBE_MONEY)
def deductible_by_stay(sheet: Sheet, rule: Rule) -> None:
    """起付线 by order of stay in the year: the second's holds until a third is set; without either, the first's."""
    earlier = sheet.before.stays
    if sheet.case.interim is not None and earlier:  # its own first part is among them
        earlier -= 1
    order = ("first", "second", "third")[: earlier + 1]
    name = next(name for name in reversed(order) if name in rule.numbers)
    _of_the_stay(sheet, rule, rule.numbers[name], name)


@mechanism(Stage.DEDUCTIBLE, words=_EASED, amount=NEEDED_MONEY)
def deductible_per_visit(sheet: Sheet, rule: Rule) -> None:
    """起付线 of every single visit or stay."""
    _of_the_stay(sheet, rule, rule.numbers["amount"], "amount")


@mechanism(Stage.DEDUCTIBLE, words=_EASED, amount=NEEDED_MONEY)
def deductible_per_year(sheet: Sheet, rule: Rule) -> None:
    """起付线 counted once a year: over stays, over outpatient visits, or over visits for chronic diseases."""
    amount = rule.numbers["amount"]
    if sheet.case.transfer or sheet.case.disease:
        amount = eased(sheet, rule, amount)
    _charge(sheet, rule, amount - sheet.used_deductible, "amount")


@mechanism(Stage.DEDUCTIBLE, words=_EASED, share=NEEDED_RATIO, lowest=NEEDED_MONEY, highest=NEEDED_MONEY)
def deductible_share_of_total(sheet: Sheet, rule: Rule) -> None:
    """起付线 as a share of the bill's total, between a lowest and a highest amount."""
    interim = sheet.case.interim
    total = sheet.total if interim is None else sheet.total + interim.total
    share = take(total, rule.numbers["share"])
    _of_the_stay(sheet, rule, min(max(share, rule.numbers["lowest"]), rule.numbers["highest"]), "share")
