"""What is shared at all: the out-of-town first self-pay, and care that a pool does not pay."""

from __future__ import annotations

from sim.benefits.mechanisms.registry import NEEDED_RATIO, Stage, mechanism
from sim.benefits.sheet import Rule, Sheet
from sim.benefits.step import percent
from sim.lang import say
from sim.money import show, take


@mechanism(Stage.COST, share=NEEDED_RATIO)
def out_of_town_first_self_pay(sheet: Sheet, rule: Rule) -> None:
    """异地先行自付: a share of the in-scope cost is the person's before anything else; nothing later counts it."""
    share = rule.numbers["share"]
    taken = take(sheet.cost, share)
    cost = sheet.cost
    sheet.cost -= taken
    sheet.excluded += taken
    if sheet.steps is not None and share:
        text = say("benefits.first_self_pay", cost=show(cost), share=percent(share), taken=show(taken))
        sheet.explain(rule, text, {"cost": cost, "share": share}, taken, "share")


@mechanism(Stage.COST, refused=NEEDED_RATIO)
def not_paid(sheet: Sheet, rule: Rule) -> None:
    """Care under some filing categories is not paid: 1 where the pool refuses, 0 where it pays."""
    if rule.numbers["refused"]:
        taken, sheet.cost = sheet.cost, 0
        sheet.excluded += taken
        if sheet.steps is not None:
            sheet.explain(rule, say("benefits.not_paid", cost=show(taken)), {"cost": taken}, taken, "refused")
