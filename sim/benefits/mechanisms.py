"""The named mechanisms that policies pick and order. Each is a plain function from a sheet and its numbers.

A mechanism knows nothing of places. It belongs to a stage; a policy must list its mechanisms in order of stages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import IntEnum
from types import MappingProxyType

from attrs import frozen

from sim.benefits.quantity import MONEY, RATIO, Unit
from sim.benefits.sheet import Band, Rule, Sheet
from sim.benefits.step import FINE, percent
from sim.lang import say
from sim.money import FULL, divide, show, take

_PER_POINT = FINE // FULL


class Stage(IntEnum):
    """The order in which costs become shares."""

    COST = 1
    """what is shared at all"""
    DEDUCTIBLE = 2
    BANDS = 3
    """bands and ratios"""
    RATIO = 4
    """changes of ratios"""
    POOL = 5
    """payment up to the cap"""
    ABOVE = 6
    """large-amount fund, above the cap"""
    AFTER = 7
    """supplements and critical-illness insurance, on what is left"""


@frozen
class Parameter:
    """A number of a mechanism: its unit and whether a policy must set it."""

    unit: Unit
    required: bool = True


@frozen
class Mechanism:
    """A registered mechanism: its function, its stage and what a policy file may say about it."""

    name: str
    apply: Callable[[Sheet, Rule], None]
    stage: Stage
    numbers: Mapping[str, Parameter]
    words: Mapping[str, tuple[str, ...]]
    bands: bool
    pays: bool


_registered: dict[str, Mechanism] = {}
MECHANISMS: Mapping[str, Mechanism] = MappingProxyType(_registered)
"""Every mechanism by name."""


def mechanism(
    stage: Stage,
    *,
    words: Mapping[str, tuple[str, ...]] | None = None,
    bands: bool = False,
    pays: bool = False,
    **numbers: Parameter,
) -> Callable[[Callable[[Sheet, Rule], None]], Callable[[Sheet, Rule], None]]:
    """Register a function under its own name."""

    def register(apply: Callable[[Sheet, Rule], None]) -> Callable[[Sheet, Rule], None]:
        name = apply.__name__
        _registered[name] = Mechanism(name, apply, stage, numbers, words or {}, bands, pays)
        return apply

    return register


NEEDED_MONEY, MAYBE_MONEY = Parameter(MONEY), Parameter(MONEY, required=False)
NEEDED_RATIO = Parameter(RATIO)


# Cost


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


# Deductible


def _charge(sheet: Sheet, rule: Rule, left: int, name: str) -> None:
    cost = sheet.cost - sheet.deductible
    charged = min(cost, max(0, left))
    sheet.deductible += charged
    if sheet.steps is not None:
        text = say("benefits.deductible", left=show(max(0, left)), cost=show(cost), charged=show(charged))
        sheet.explain(rule, text, {"cost": cost, "left": max(0, left)}, charged, name)


@mechanism(Stage.DEDUCTIBLE, first=NEEDED_MONEY, second=MAYBE_MONEY, third=MAYBE_MONEY)
def deductible_by_stay(sheet: Sheet, rule: Rule) -> None:
    """起付线 by order of stay in the year: the second's holds until a third is set; without either, the first's."""
    order = ("first", "second", "third")[: sheet.before.stays + 1]
    name = next(name for name in reversed(order) if name in rule.numbers)
    _charge(sheet, rule, rule.numbers[name], name)


@mechanism(Stage.DEDUCTIBLE, amount=NEEDED_MONEY)
def deductible_per_visit(sheet: Sheet, rule: Rule) -> None:
    """起付线 of every single visit or stay."""
    _charge(sheet, rule, rule.numbers["amount"], "amount")


@mechanism(Stage.DEDUCTIBLE, amount=NEEDED_MONEY)
def deductible_per_year(sheet: Sheet, rule: Rule) -> None:
    """起付线 counted once a year, over outpatient visits or over stays."""
    before = sheet.before
    used = before.inpatient_deductible if sheet.stay else before.outpatient_deductible
    _charge(sheet, rule, rule.numbers["amount"] - used, "amount")


@mechanism(Stage.DEDUCTIBLE, share=NEEDED_RATIO, lowest=NEEDED_MONEY, highest=NEEDED_MONEY)
def deductible_share_of_total(sheet: Sheet, rule: Rule) -> None:
    """起付线 as a share of the bill's total, between a lowest and a highest amount."""
    share = take(sheet.total, rule.numbers["share"])
    _charge(sheet, rule, min(max(share, rule.numbers["lowest"]), rule.numbers["highest"]), "share")


# Bands and ratios


def cut(start: int, end: int, bands: tuple[Band, ...]) -> list[tuple[int, int]]:
    """The stretch of cost from ``start`` to ``end`` (fen), cut at the edges of bands: (amount, fine ratio) a band."""
    parts = []
    for band in bands:
        low = start if start > band.start else band.start
        high = end if band.end is None or end < band.end else band.end
        if high > low:
            parts.append((high - low, band.ratio * _PER_POINT))
    return parts


@mechanism(Stage.BANDS, bands=True, words={"counted": ("in_scope", "over_deductible"), "over": ("stay", "year")})
def bands(sheet: Sheet, rule: Rule) -> None:
    """Ratios by amount (分段比例).

    ``counted: in_scope`` counts bands from the first yuan of in-scope cost, so that the deductible eats into the first
    band; ``over_deductible`` counts them from the deductible on. ``over: year`` goes on where the year's earlier
    outpatient visits (or stays) ended, ``over: stay`` starts anew.
    """
    start = sheet.deductible if rule.words["counted"] == "in_scope" else 0
    if rule.words["over"] == "year":
        before = sheet.before
        start += before.inpatient_in_scope if sheet.stay else before.outpatient_in_scope
        if rule.words["counted"] == "over_deductible":
            start -= before.inpatient_deductible if sheet.stay else before.outpatient_deductible
    sheet.parts = cut(start, start + sheet.cost - sheet.deductible, rule.bands)
    if sheet.steps is not None:
        for amount, ratio in sheet.parts:
            text = say("benefits.band", amount=show(amount), ratio=percent(ratio, FINE))
            sheet.explain(rule, text, {"amount": amount, "ratio": ratio // _PER_POINT}, amount, "bands")


def _change_ratios(sheet: Sheet, rule: Rule, change: Callable[[int], int], name: str) -> None:
    changed = [(amount, change(ratio)) for amount, ratio in sheet.parts]
    if sheet.steps is not None and changed != sheet.parts:
        for (amount, old), (_, new) in zip(sheet.parts, changed, strict=True):
            text = say("benefits.ratio_changed", old=percent(old, FINE), new=percent(new, FINE))
            inputs = {"amount": amount, "old": old // _PER_POINT, name: rule.numbers[name]}
            sheet.explain(rule, text, inputs, new // _PER_POINT, name)
    sheet.parts = changed


@mechanism(Stage.RATIO, factor=NEEDED_RATIO)
def personal_share_factor(sheet: Sheet, rule: Rule) -> None:
    """The person bears this factor of the ordinary personal share (退休人员个人负担比例)."""
    factor = rule.numbers["factor"]
    if factor != FULL:
        _change_ratios(sheet, rule, lambda ratio: FINE - divide((FINE - ratio) * factor, FULL), "factor")


@mechanism(Stage.RATIO, points=NEEDED_RATIO)
def added_points(sheet: Sheet, rule: Rule) -> None:
    """Points added to every ratio, never beyond the whole."""
    points = rule.numbers["points"] * _PER_POINT
    if points:
        _change_ratios(sheet, rule, lambda ratio: min(FINE, ratio + points), "points")


@mechanism(Stage.RATIO, factor=NEEDED_RATIO)
def out_of_town_factor(sheet: Sheet, rule: Rule) -> None:
    """Out-of-town care is paid at a factor of the ratio at home."""
    factor = rule.numbers["factor"]
    if factor != FULL:
        _change_ratios(sheet, rule, lambda ratio: divide(ratio * factor, FULL), "factor")


@mechanism(Stage.RATIO, points=NEEDED_RATIO)
def out_of_town_drop(sheet: Sheet, rule: Rule) -> None:
    """Out-of-town care is paid some points below the ratio at home, never below nothing."""
    points = rule.numbers["points"] * _PER_POINT
    if points:
        _change_ratios(sheet, rule, lambda ratio: max(0, ratio - points), "points")


# Payment


def cost_at(parts: list[tuple[int, int]], payment: int) -> int:
    """The largest cost (fen), walking the bands, on which no more than a payment is due once rounded."""
    left, cost = payment * FINE + (FINE - 1) // 2, 0
    for amount, ratio in parts:
        if amount * ratio > left:
            return cost + left // ratio
        left -= amount * ratio
        cost += amount
    return cost


@mechanism(Stage.POOL, pays=True, cap=MAYBE_MONEY)
def pool_payment(sheet: Sheet, rule: Rule) -> None:
    """The fund pays each band's ratio, rounded once, up to its cap of the year; the cap counts payments, not costs."""
    weighted = cost = 0
    for amount, ratio in sheet.parts:
        weighted += amount * ratio
        cost += amount
    pay = due = divide(weighted, FINE)
    shared = cost
    if "cap" in rule.numbers:
        before = sheet.before
        left = max(0, rule.numbers["cap"] - (before.pool_paid if sheet.stay else before.outpatient_paid))
        if due > left:
            pay, shared = left, cost_at(sheet.parts, left)
            sheet.over_cap = cost - shared
    if cost:
        sheet.ratio = divide(weighted, cost * _PER_POINT)
    sheet.shared = shared
    sheet.pool += pay
    sheet.pay(rule.payer(), pay)
    if sheet.steps is not None:
        _explain_pool(sheet, rule, cost, due, pay)


def _explain_pool(sheet: Sheet, rule: Rule, cost: int, due: int, pay: int) -> None:
    text = say("benefits.pool", cost=show(cost), fund=rule.payer().name, pay=show(due))
    sheet.explain(rule, text, {"cost": cost, "ratio": sheet.ratio}, due)
    if due > pay:
        text = say("benefits.cap", cap=show(rule.numbers["cap"]), pay=show(pay), over=show(sheet.over_cap))
        sheet.explain(rule, text, {"due": due, "cap": rule.numbers["cap"], "over": sheet.over_cap}, pay, "cap")


@mechanism(Stage.ABOVE, pays=True, ratio=NEEDED_RATIO, cap=MAYBE_MONEY, cap_with_pool=MAYBE_MONEY)
def large_amount(sheet: Sheet, rule: Rule) -> None:
    """大额医疗费用补助: a ratio of the cost above the pool's cap, up to an own cap or one counted with the pool's."""
    cost, ratio = sheet.over_cap, rule.numbers["ratio"]
    pay = take(cost, ratio)
    before = sheet.before
    if "cap" in rule.numbers:
        pay = min(pay, max(0, rule.numbers["cap"] - before.large_paid))
    if "cap_with_pool" in rule.numbers:
        used = before.large_paid + before.pool_paid + sheet.pool
        pay = min(pay, max(0, rule.numbers["cap_with_pool"] - used))
    covered = cost_at([(cost, ratio * _PER_POINT)], pay)
    sheet.shared += covered
    sheet.over_cap = cost - covered
    sheet.large += pay
    sheet.pay(rule.payer(), pay)
    if sheet.steps is not None and cost:
        text = say("benefits.large", cost=show(cost), ratio=percent(ratio), pay=show(pay))
        sheet.explain(rule, text, {"cost": cost, "ratio": ratio}, pay, "ratio")


@mechanism(Stage.AFTER, pays=True, ratio=NEEDED_RATIO)
def supplement_of_remainder(sheet: Sheet, rule: Rule) -> None:
    """A supplement pays a share of what the person bears inside the bands; the deductible is not part of it."""
    ratio = rule.numbers["ratio"]
    if not ratio:
        return
    rest = sheet.shared - sheet.paid
    pay = take(rest, ratio)
    sheet.pay(rule.payer(), pay)
    if sheet.steps is not None:
        text = say("benefits.supplement", rest=show(rest), ratio=percent(ratio), pay=show(pay))
        sheet.explain(rule, text, {"rest": rest, "ratio": ratio}, pay, "ratio")


def critical_due(base: int, deductible: int, counted: str, rule_bands: tuple[Band, ...]) -> int:
    """What critical-illness insurance owes on a year's base (fen), its cap aside."""
    if base <= deductible:
        return 0
    start, end = (deductible, base) if counted == "absolute" else (0, base - deductible)
    return divide(sum(amount * ratio for amount, ratio in cut(start, end, rule_bands)), FINE)


@mechanism(
    Stage.AFTER,
    pays=True,
    bands=True,
    words={"counted": ("absolute", "over_deductible")},
    deductible=NEEDED_MONEY,
    cap=MAYBE_MONEY,
)
def critical_illness(sheet: Sheet, rule: Rule) -> None:
    """大病保险: pays bands of the year's in-scope self-pay above its deductible, as the year's total grows.

    The amount due on the year so far less the amount due before this bill, so that two bills pay what their sum would.
    First self-pay, over-limit and the out-of-town first self-pay do not count.
    """
    base = sheet.cost - sheet.paid
    before = sheet.before.critical_base
    deductible, counted, cap = rule.numbers["deductible"], rule.words["counted"], rule.numbers.get("cap")
    due = critical_due(before + base, deductible, counted, rule.bands)
    owed = critical_due(before, deductible, counted, rule.bands) if before > deductible else 0
    if cap is not None:
        due, owed = min(due, cap), min(owed, cap)
    pay = due - owed
    sheet.critical_base += base
    sheet.critical += pay
    sheet.pay(rule.payer(), pay)
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
