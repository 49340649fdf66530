"""What is paid on top: supplements, critical-illness insurance, medical aid, on what is left to the person.

Those that count over the year pay what is due on the year's total less what was due before this bill, so that two
bills are paid what their sum would be.
"""

from __future__ import annotations

from sim.benefits.mechanisms.ratios import cut, lowered
from sim.benefits.mechanisms.registry import MAYBE_MONEY, NEEDED_MONEY, NEEDED_RATIO, Stage, Word, mechanism
from sim.benefits.sheet import Band, Rule, Sheet
from sim.benefits.step import FINE, percent
from sim.lang import say
from sim.money import divide, show, take


@mechanism(Stage.AFTER, pays=True, ratio=NEEDED_RATIO)
def supplement_of_remainder(sheet: Sheet, rule: Rule) -> None:
    """A supplement pays a share of what the person bears inside the bands; the deductible is not part of it."""
    ratio = rule.numbers["ratio"]
    if not ratio:
        return
    rest = max(0, sheet.shared - sheet.paid)  # a floor may already pay more than the bands share
    pay = take(rest, ratio)
    sheet.pay(rule.payer(), pay)
    if sheet.steps is not None:
        text = say("benefits.supplement", rest=show(rest), ratio=percent(ratio), pay=show(pay))
        sheet.explain(rule, text, {"rest": rest, "ratio": ratio}, pay, "ratio")


@mechanism(Stage.AFTER, pays=True, ratio=NEEDED_RATIO)
def veteran_subsidy(sheet: Sheet, rule: Rule) -> None:
    """A subsidy for disabled veterans (伤残军人): a share of the in-scope cost above the deductible, never beyond the
    rest."""
    if not sheet.case.veteran:
        return
    cost, ratio = sheet.cost - sheet.deductible, rule.numbers["ratio"]
    pay = min(take(cost, ratio), sheet.cost - sheet.paid)
    sheet.pay(rule.payer(), pay)
    if sheet.steps is not None:
        text = say("benefits.veteran", cost=show(cost), ratio=percent(ratio), pay=show(pay))
        sheet.explain(rule, text, {"cost": cost, "ratio": ratio}, pay, "ratio")


def critical_due(base: int, deductible: int, counted: str, rule_bands: tuple[Band, ...]) -> int:
    """What is due on a year's base (fen) above a deductible, by bands, a cap aside."""
    if base <= deductible:
        return 0
    start, end = (deductible, base) if counted == "absolute" else (0, base - deductible)
    return divide(sum(amount * ratio for amount, ratio in cut(start, end, rule_bands)), FINE)


def _grown(
    sheet: Sheet, rule: Rule, before: int, base: int, counted: str, rule_bands: tuple[Band, ...]
) -> tuple[int, int]:
    """(due on the year, paid now): what is due on before + base less what was due on before, each up to the cap."""
    numbers = rule.numbers
    deductible, cap = numbers.get("deductible", 0), numbers.get("cap")
    due = critical_due(before + base, deductible, counted, rule_bands)
    owed = critical_due(before, deductible, counted, rule_bands) if before > deductible else 0
    if cap is not None:
        cap += numbers.get("cap_step", 0) * sheet.case.reward_steps
        due, owed = min(due, cap), min(owed, cap)
    return due, due - owed


def _bands(sheet: Sheet, rule: Rule) -> tuple[Band, ...]:
    if not sheet.lowered:
        return rule.bands
    return tuple(Band(b.start, b.end, lowered(sheet, b.ratio)) for b in rule.bands)


@mechanism(
    Stage.AFTER,
    pays=True,
    bands=True,
    words={"counted": Word(("absolute", "over_deductible"))},
    deductible=NEEDED_MONEY,
    cap=MAYBE_MONEY,
    cap_step=MAYBE_MONEY,
)
def critical_illness(sheet: Sheet, rule: Rule) -> None:
    """大病保险: pays bands of the year's in-scope self-pay above its deductible.

    First self-pay, over-limit and the out-of-town first self-pay do not count. ``cap_step`` raises the cap for each
    reward step (连续参保、零报销激励) of the person.
    """
    base = sheet.cost - sheet.paid
    before = sheet.before.critical_base
    deductible = rule.numbers["deductible"]
    due, pay = _grown(sheet, rule, before, base, rule.words["counted"], _bands(sheet, rule))
    sheet.critical_base += base
    sheet.critical += pay
    sheet.pay(rule.payer(), pay, "critical")
    if sheet.steps is not None:
        text = say(
            "benefits.critical",
            base=show(base),
            year=show(before + base),
            deductible=show(deductible),
            due=show(due),
            pay=show(pay),
        )
        inputs = {"base": base, "before": before, "deductible": deductible, "due": due}
        sheet.explain(rule, text, inputs, pay, "bands" if pay else "deductible")


@mechanism(Stage.AFTER, pays=True, ratio=NEEDED_RATIO)
def civil_servant_supplement(sheet: Sheet, rule: Rule) -> None:
    """公务员医疗补助: pays a share of the in-scope cost still left to a civil servant."""
    if not sheet.case.civil_servant:
        return
    ratio = rule.numbers["ratio"]
    rest = sheet.cost - sheet.paid
    pay = take(rest, ratio)
    sheet.pay(rule.payer(), pay)
    if sheet.steps is not None:
        text = say("benefits.civil_servant", rest=show(rest), ratio=percent(ratio), pay=show(pay))
        sheet.explain(rule, text, {"rest": rest, "ratio": ratio}, pay, "ratio")


@mechanism(
    Stage.AFTER,
    pays=True,
    bands=True,
    words={"over": Word(("stay", "year"))},
    deductible=MAYBE_MONEY,
    cap=MAYBE_MONEY,
)
def civil_servant_bands(sheet: Sheet, rule: Rule) -> None:
    """公务员医疗补助 in bands of the in-scope cost still left to a civil servant, each time or over the year."""
    if sheet.case.civil_servant:
        _supplement(sheet, rule, "civil", sheet.before.civil_base if rule.words["over"] == "year" else 0, rule.bands)


@mechanism(Stage.AFTER, pays=True, ratio=NEEDED_RATIO, deductible=MAYBE_MONEY, cap=MAYBE_MONEY)
def unit_supplement(sheet: Sheet, rule: Rule) -> None:
    """企业补充医疗保险: a share of the year's in-scope cost left, above a deductible, for a unit's members."""
    if sheet.case.unit_scheme:
        _supplement(sheet, rule, "unit", sheet.before.unit_base, (Band(0, None, rule.numbers["ratio"]),))


@mechanism(Stage.AFTER, pays=True, ratio=NEEDED_RATIO, deductible=MAYBE_MONEY, cap=MAYBE_MONEY)
def medical_aid(sheet: Sheet, rule: Rule) -> None:
    """医疗救助: pays a person in need, by group, a share of the year's in-scope cost left, above a deductible."""
    if rule.numbers["ratio"]:
        _supplement(sheet, rule, "aid", sheet.before.aid_base, (Band(0, None, rule.numbers["ratio"]),))


def _supplement(sheet: Sheet, rule: Rule, counter: str, before: int, rule_bands: tuple[Band, ...]) -> None:
    """Pay bands of what is left, and count it under ``<counter>_base`` and ``<counter>_paid``."""
    rest = sheet.cost - sheet.paid
    if sheet.lowered:
        rule_bands = tuple(Band(b.start, b.end, lowered(sheet, b.ratio)) for b in rule_bands)
    due, pay = _grown(sheet, rule, before, rest, "over_deductible", rule_bands)
    sheet.more[f"{counter}_base"] = rest
    sheet.more[f"{counter}_paid"] = pay
    sheet.pay(rule.payer(), pay, f"{counter}_paid")
    if sheet.steps is not None:
        year, deductible = before + rest, rule.numbers.get("deductible", 0)
        fund = rule.payer().name
        text = say("benefits.on_the_rest", fund=fund, rest=show(rest), year=show(year), due=show(due), pay=show(pay))
        inputs = {"rest": rest, "before": before, "deductible": deductible, "due": due}
        sheet.explain(rule, text, inputs, pay, "bands" if rule.bands else "ratio")
