"""The standard set of bills that every policy settles, and its results as lines of text that explain themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import pairwise
from typing import Any

from attrs import field, frozen
from benefits_workshop import line

from sim.benefits import COUNTERS, Accumulators, Case, Line, Policy, Settlement, settle, split_all
from sim.benefits.case import DISEASES, GROUPS, Interim
from sim.benefits.closing import FUNDS

ELSEWHERE = "650000"
"""A province that is no pool's no-filing area."""
AREAS = ("110000", "310000", "320000", "330000", "500000", "510000", "120000", "130000", "340000")
"""Provinces that some pools need no filing for."""


@frozen
class StandardBill:
    """A bill, without the policy and the date: what the person is, the lines, and what came before in the year.

    ``after`` names the bill of the set whose counters this one starts from; ``used`` are counters by name.
    """

    name: str
    case: Mapping[str, Any]
    lines: tuple[Line, ...]
    after: str = ""
    used: Mapping[str, int] = field(factory=dict)
    balance: int = 0
    family_balance: int = 0

    def on(self, day: date) -> Case:
        """The case on a date."""
        return Case(on=day, **self.case)


def mixed(*prices: str) -> tuple[Line, ...]:
    """Lines of class A, B, C in turn at these prices, of a kind of charge each."""
    items = ("09", "03", "06", "01", "12")
    return tuple(line(n, f"0{1 + (n - 1) % 3}", p, item=items[n % 5]) for n, p in enumerate(prices, 1))


SMALL = mixed("812.40", "1260.55", "96.00")
MIDDLE = mixed("18240.37", "9035.15", "1210.00", "8400.00", "2117.33")
LARGE = mixed("186400.12", "71200.55", "9800.00", "20410.01")
HUGE = mixed("960000.00", "310500.75", "52000.00", "240000.09")
VISIT = mixed("236.70", "148.95", "30.00")
VISITS = mixed("9240.10", "3105.45", "120.00")
REFUND = (
    line(1, "01", "75.25", "40"),
    line(2, "02", "1250.125", "6.5", item="03", limit="1180"),
    line(3, "01", "75.25", "-8", refund_of=1),
    line(4, "02", "1250.125", "-1.5", item="03", limit="1180", refund_of=2),
)
LIMITS = (
    line(1, "01", "86.333333", "12.75", limit="80"),
    line(2, "02", "4400", "2", item="08", imported=True),
    line(3, "02", "990.90", "3", item="09", restricted=True),
    line(4, "02", "990.90", "3", item="09", restricted=True, approved=True),
    line(5, "02", "515.55", "2", share=2_500),
    line(6, "01", "3000", approved=False),
    line(7, "01", "12000"),
    line(8, "02", "2700", item="08"),
)


def stay(level: str = "L3", **more: Any) -> dict[str, Any]:
    """A stay; out of town as soon as it is filed."""
    away = {"treated_in": ELSEWHERE} if "filing" in more else {}
    return {"care": "inpatient", "level": level, **away, **more}


def visit(care: str = "outpatient", level: str = "L2", **more: Any) -> dict[str, Any]:
    """A visit; out of town as soon as it is filed."""
    away = {"treated_in": ELSEWHERE} if "filing" in more else {}
    return {"care": care, "level": level, **away, **more}


BILLS: tuple[StandardBill, ...] = (
    StandardBill("stay-community", stay("community"), SMALL),
    StandardBill("stay-L1", stay("L1"), MIDDLE),
    StandardBill("stay-L2", stay("L2"), MIDDLE),
    StandardBill("stay-L3", stay(), MIDDLE, balance=123_456),
    StandardBill("stay-L3-small", stay(), SMALL),
    StandardBill("stay-L3-large", stay(), LARGE),
    StandardBill("stay-L3-over-the-cap", stay(), HUGE),
    StandardBill("stay-L3-second", stay(), MIDDLE, after="stay-L3"),
    StandardBill("stay-L3-third", stay(), LARGE, after="stay-L3-second"),
    StandardBill("stay-L3-after-the-cap", stay(), LARGE, after="stay-L3-over-the-cap"),
    StandardBill("stay-L2-retired", stay("L2", retired=True, age=66), MIDDLE),
    StandardBill("stay-L3-retired-large", stay(retired=True, age=81, retired_in=1998), LARGE),
    StandardBill("stay-L3-long-term", stay(filing="long_term"), MIDDLE),
    StandardBill("stay-L3-referral", stay(filing="referral"), MIDDLE),
    StandardBill("stay-L3-emergency", stay(filing="emergency"), MIDDLE),
    StandardBill("stay-L3-other-temporary", stay(filing="other_temporary"), MIDDLE),
    StandardBill("stay-L3-unfiled", stay(filing="unfiled"), MIDDLE),
    StandardBill("stay-L3-unfiled-large", stay(filing="unfiled"), LARGE),
    StandardBill("stay-L3-referral-in-province", stay(filing="referral", in_province=True), MIDDLE),
    StandardBill("stay-L3-supplements", stay(civil_servant=True, unit_scheme=True, veteran=True), LARGE),
    StandardBill("stay-L3-needy", stay(needy=True, aid_group="subsistence"), LARGE),
    StandardBill("stay-L3-destitute", stay(needy=True, aid_group="destitute"), MIDDLE),
    StandardBill("stay-L3-tier-2", stay(tier=2, reward_steps=3), LARGE),
    StandardBill("stay-township-child", stay("township", age=9), MIDDLE),
    StandardBill("stay-L2-transferred", stay("L2", transfer=True, transfer_deductible=30_000), MIDDLE),
    StandardBill("stay-L3-interim", stay(interim=Interim(5_000_000, 4_600_000, 80_000)), MIDDLE, used={"stays": 1}),
    StandardBill("stay-L3-refunds", stay(), REFUND),
    StandardBill("stay-L3-limits", stay(), LIMITS),
    StandardBill("outpatient-small", visit(), VISIT),
    StandardBill("outpatient-account", visit(level="L3"), VISITS, balance=50_000, family_balance=20_000),
    StandardBill("outpatient-later", visit(level="L3"), VISITS, after="outpatient-account"),
    StandardBill("outpatient-veteran", visit(veteran=True), VISITS),
    StandardBill("outpatient-retired", visit(level="community", retired=True, age=72), VISITS),
    StandardBill("outpatient-unfiled", visit(filing="unfiled"), VISITS),
    StandardBill("emergency-visit", visit("emergency", "L3"), VISIT),
    StandardBill("pharmacy", visit("pharmacy", "L1"), VISIT, balance=100_000),
    StandardBill("chronic-hypertension", visit("chronic", disease="hypertension"), VISITS),
    StandardBill("chronic-dialysis", visit("chronic", "L3", disease="dialysis"), LARGE),
    StandardBill(
        "chronic-dialysis-later", visit("chronic", "L3", disease="dialysis"), VISITS, after="chronic-dialysis"
    ),
    StandardBill("chronic-other", visit("chronic", disease="other", filing="long_term"), VISITS),
)


WIDE = mixed("62345.67")
NARROW = mixed("1834.55")
LEVELS_ASKED = ("community", "township", "L1", "L2", "L3", "L3_province")
PEOPLE: Mapping[str, Mapping[str, Any]] = {
    "working": {},
    "retired-66": {"retired": True, "age": 66},
    "retired-76": {"retired": True, "age": 76},
}
AWAY = ("long_term", "referral", "emergency", "other_temporary", "unfiled")


def variations() -> Iterator[StandardBill]:
    """One thing changed at a time, so that every number of a policy decides some amount; stored in brief."""
    for level in LEVELS_ASKED:
        for who, person in PEOPLE.items():
            yield StandardBill(f"stay-{level}-{who}", stay(level, **person), WIDE)
            yield StandardBill(f"outpatient-{level}-{who}", visit(level=level, **person), NARROW)
        for nth in (1, 2):
            yield StandardBill(f"stay-{level}-after-{nth}", stay(level), WIDE, used={"stays": nth})
        yield StandardBill(f"chronic-{level}", visit("chronic", level, disease="other"), WIDE)
        for filing in ("long_term", "referral"):
            yield StandardBill(f"stay-{level}-{filing}", stay(level, filing=filing), WIDE)
        yield StandardBill(f"stay-{level}-in-province", stay(level, filing="referral", in_province=True), WIDE)
    for filing in AWAY:
        yield StandardBill(f"stay-small-{filing}", stay("L2", filing=filing), mixed("9400.20"))
        yield StandardBill(f"stay-huge-{filing}", stay("L2", filing=filing), HUGE)
        yield StandardBill(f"outpatient-{filing}", visit(filing=filing), NARROW)
        yield StandardBill(f"chronic-{filing}", visit("chronic", disease="other", filing=filing), NARROW)
    for who, person in PEOPLE.items():
        yield StandardBill(f"outpatient-large-{who}", visit(**person), LARGE)
        yield StandardBill(f"chronic-{who}", visit("chronic", "L3", disease="other", **person), NARROW)
        yield StandardBill(f"chronic-huge-{who}", visit("chronic", "L3", disease="other", **person), HUGE)
        yield StandardBill(f"stay-huge-{who}", stay(**person), HUGE)
    for disease in DISEASES:
        yield StandardBill(f"chronic-{disease}", visit("chronic", "L3", disease=disease), LARGE)
    for earlier, disease in pairwise(("", *DISEASES)):
        before = f"chronic-year-{earlier}" if earlier else ""
        yield StandardBill(f"chronic-year-{disease}", visit("chronic", "L3", disease=disease), LARGE, before)
    for group in GROUPS:
        yield StandardBill(f"stay-aid-{group}", stay(aid_group=group), mixed("2400.00"))
    for area in AREAS:
        yield StandardBill(f"stay-unfiled-in-{area}", stay(filing="unfiled") | {"treated_in": area}, WIDE)
    for price in ("150000.00", "270000.00", "420000.00", "640000.00"):
        yield StandardBill(f"stay-of-{price}", stay(), mixed(price))
    yield StandardBill("outpatient-child", visit(age=9), NARROW)
    yield StandardBill("outpatient-over-60", visit(age=64), NARROW)
    yield StandardBill("stay-civil-servant", stay(civil_servant=True), HUGE)
    yield StandardBill("stay-rewarded", stay(reward_steps=2), HUGE)


VARIATIONS = tuple(variations())


def settled(policy: Policy, bills: Iterable[StandardBill] = BILLS, explain: bool = True) -> dict[str, Settlement]:
    """The bills under one version of a policy, on the day it begins."""
    found: dict[str, Settlement] = {}
    for bill in bills:
        fresh = Accumulators(policy.start.year, **bill.used)
        before = found[bill.after].accumulators if bill.after else fresh
        shares = split_all(bill.lines, policy, explain)
        found[bill.name] = settle(
            policy,
            bill.on(policy.start),
            shares,
            before,
            bill.balance,
            use_account=bill.balance > 0,
            explain=explain,
            family_balance=bill.family_balance,
            use_family=bill.family_balance > 0,
        )
    return found


def told(policy: Policy, name: str, done: Settlement) -> Iterator[str]:
    """One result, a line an amount: version, bill, what, value; for care that the pool does not pay, the refusal."""

    def row(what: str, value: object) -> str:
        return f"{policy.start} {name} {what} {value}"

    for step in done.steps:
        if step.clause.endswith(".not_covered"):
            assert done.amounts["fund_pay_sumamt"] == 0
            yield row("refused:", f"{step.text.show('en')} / {step.text.show('zh')}")
            return
    for field_name, value in done.amounts.items():
        if value:
            yield row(field_name, value)
    for detail in done.details:
        yield row(f"setldetail {detail.fund_pay_type}", detail.fund_payamt)
    for counter in COUNTERS:
        moved = getattr(done.accumulators, counter) - getattr(done.before, counter)
        if moved:
            yield row(f"counter {counter}", f"{moved:+d}")


BRIEF = ("act_pay_dedc", "pool_prop_selfpay", *FUNDS, "psn_part_amt")


def in_brief(policy: Policy, name: str, done: Settlement) -> str:
    """A varied bill's result on one line: deductible, ratio, and who pays what."""
    amounts = " ".join(f"{key}={done.amounts[key]}" for key in BRIEF if done.amounts[key])
    return f"{policy.start} varied {name} {amounts}"


HEAD = (
    "# The standard bills under {id}: version, bill, field, value.",
    "# Amounts in fen, pool_prop_selfpay in 1/10000; what is zero is left out. Written by the test, not by hand.",
)


def results(versions: Iterable[Policy]) -> str:
    """All results of one policy file; care that a version does not pay is refused once, not varied."""
    rows = []
    for policy in versions:
        rows += [text for name, done in settled(policy).items() for text in told(policy, name, done)]
        paid = [bill for bill in VARIATIONS if bill.case["care"] in policy.care]
        rows += [in_brief(policy, name, done) for name, done in settled(policy, paid).items()]
    return "\n".join([*(text.format(id=next(iter(versions)).id) for text in HEAD), *rows]) + "\n"
