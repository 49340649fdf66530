"""What the pool pays up to its cap, the large-amount fund above it, and the limit on everything paid."""

from __future__ import annotations

from sim.benefits.mechanisms.ratios import PER_POINT, lowered
from sim.benefits.mechanisms.registry import MAYBE_MONEY, MAYBE_RATIO, NEEDED_RATIO, Stage, Word, mechanism
from sim.benefits.sheet import Rule, Sheet
from sim.benefits.step import FINE, percent
from sim.lang import say
from sim.money import divide, share_out, show, take


def cost_at(parts: list[tuple[int, int]], payment: int) -> int:
    """The largest cost (fen), walking the bands, on which no more than a payment is due once rounded."""
    left, cost = payment * FINE + (FINE - 1) // 2, 0
    for amount, ratio in parts:
        if amount * ratio > left:
            return cost + left // ratio
        left -= amount * ratio
        cost += amount
    return cost


def due_by_line(sheet: Sheet) -> int:
    """What is due when every fee line is rounded by itself: lines fill deductible and bands in their order."""
    weights = _net([share.inscp_scp_amt for share in sheet.shares])
    costs = share_out(sheet.cost, weights)
    parts = [(sheet.deductible, 0), *sheet.parts]
    spent = sum(amount for amount, _ in parts)
    parts.append((max(0, sheet.cost - spent), 0))  # above the last band
    due, at, room = 0, 0, parts[0][0]
    for cost in costs:
        weighted = 0
        while cost:
            while not room:
                at += 1
                room = parts[at][0]
            step = min(cost, room)
            weighted += step * parts[at][1]
            cost, room = cost - step, room - step
        due += divide(weighted, FINE)
    return due


def _net(amounts: list[int]) -> list[int]:
    """Amounts of lines with what refunds give back taken off the last ones."""
    back = -sum(a for a in amounts if a < 0)
    left = [max(0, a) for a in amounts]
    for i in reversed(range(len(left))):
        cut = min(back, left[i])
        left[i], back = left[i] - cut, back - cut
    return left


@mechanism(
    Stage.POOL,
    pays=True,
    words={"rounding": Word(("once", "band", "line"), required=False)},
    cap=MAYBE_MONEY,
    disease_cap=MAYBE_MONEY,
    floor=MAYBE_RATIO,
)
def pool_payment(sheet: Sheet, rule: Rule) -> None:
    """The fund pays each band's ratio up to its cap of the year; the cap counts payments, not costs.

    ``rounding`` once for the settlement, each band or each line. ``disease_cap`` limits the year's payment for the
    chronic disease treated. ``floor`` is the least share of the in-scope cost that is paid (保底).
    """
    weighted = cost = 0
    for amount, ratio in sheet.parts:
        weighted += amount * ratio
        cost += amount
    rounding = rule.words.get("rounding", "once")
    if rounding == "once":
        due = divide(weighted, FINE)
    elif rounding == "band":
        due = sum(divide(amount * ratio, FINE) for amount, ratio in sheet.parts)
    else:
        due = due_by_line(sheet)
    if "floor" in rule.numbers:
        due = _at_least(sheet, rule, due)
    pay, shared, numbers = due, cost, rule.numbers
    for name, used in (("cap", sheet.used_paid), ("disease_cap", sheet.used_for_disease)):
        if name in numbers:
            left = numbers[name] - used
            if left < 0:
                left = 0
            if pay > left:
                pay = left
                shared = min(shared, cost_at(sheet.parts, left))
    sheet.over_cap = cost - shared
    if cost:
        sheet.ratio = divide(weighted, cost * PER_POINT)
    sheet.shared = shared
    sheet.pool += pay
    sheet.pay(rule.payer(), pay, "pool")
    if sheet.steps is not None:
        _explain_pool(sheet, rule, cost, due, pay)


def _at_least(sheet: Sheet, rule: Rule, due: int) -> int:
    least = min(take(sheet.in_scope, rule.numbers["floor"]), sheet.cost)
    if due >= least:
        return due
    if sheet.steps is not None:
        share = rule.numbers["floor"]
        text = say("benefits.floor", share=percent(share), cost=show(sheet.in_scope), due=show(due), pay=show(least))
        sheet.explain(rule, text, {"in_scope": sheet.in_scope, "floor": share, "due": due}, least, "floor")
    return least


def _explain_pool(sheet: Sheet, rule: Rule, cost: int, due: int, pay: int) -> None:
    text = say("benefits.pool", cost=show(cost), fund=rule.payer().name, pay=show(due))
    sheet.explain(rule, text, {"cost": cost, "ratio": sheet.ratio}, due)
    if due > pay:
        name = (
            "cap" if "cap" in rule.numbers and pay == max(0, rule.numbers["cap"] - sheet.used_paid) else "disease_cap"
        )
        cap = rule.numbers[name]
        text = say(f"benefits.{name}", cap=show(cap), pay=show(pay), over=show(sheet.over_cap))
        sheet.explain(rule, text, {"due": due, "cap": cap, "over": sheet.over_cap}, pay, name)


@mechanism(Stage.ABOVE, pays=True, ratio=NEEDED_RATIO, cap=MAYBE_MONEY, cap_with_pool=MAYBE_MONEY)
def large_amount(sheet: Sheet, rule: Rule) -> None:
    """大额医疗费用补助: a ratio of the cost above the pool's cap, up to an own cap or one counted with the pool's."""
    cost, ratio = sheet.over_cap, rule.numbers["ratio"]
    if not cost:
        return
    if sheet.lowered:
        ratio = lowered(sheet, ratio)
    pay = take(cost, ratio)
    before = sheet.before
    if "cap" in rule.numbers:
        pay = min(pay, max(0, rule.numbers["cap"] - before.large_paid))
    if "cap_with_pool" in rule.numbers:
        used = before.large_paid + before.pool_paid + sheet.pool
        pay = min(pay, max(0, rule.numbers["cap_with_pool"] - used))
    covered = cost_at([(cost, ratio * PER_POINT)], pay)
    sheet.shared += covered
    sheet.over_cap = cost - covered
    sheet.large += pay
    sheet.pay(rule.payer(), pay, "large")
    if sheet.steps is not None:
        text = say("benefits.large", cost=show(cost), ratio=percent(ratio), pay=show(pay))
        sheet.explain(rule, text, {"cost": cost, "ratio": ratio}, pay, "ratio")


@mechanism(Stage.TOTAL, ratio=NEEDED_RATIO)
def ceiling_of_total(sheet: Sheet, rule: Rule) -> None:
    """All funds together pay no more than this share of the in-scope cost; the last payer gives way first."""
    limit = take(sheet.in_scope, rule.numbers["ratio"])
    excess = sheet.paid - limit
    if excess <= 0:
        return
    paid, left = sheet.paid, excess
    for i in reversed(range(len(sheet.funds))):
        fund, amount = sheet.funds[i]
        less = min(left, amount)
        sheet.funds[i] = (fund, amount - less)
        sheet.take_back(i, less)
        left -= less
    sheet.paid = limit
    if sheet.steps is not None:
        text = say("benefits.ceiling", share=percent(rule.numbers["ratio"]), paid=show(paid), limit=show(limit))
        sheet.explain(rule, text, {"paid": paid, "ratio": rule.numbers["ratio"]}, limit, "ratio")
