"""Settlements known from outside, and wrong implementations that they must catch."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from benefits_workshop import DAY, Mechanic, with_fault

from sim.benefits import Accumulators, Case, Policy, give_back, policy, settle, sources, unsettle
from sim.benefits.mechanisms import bands, cut
from sim.benefits.sheet import Band, Rule, Sheet
from sim.benefits.step import FINE
from sim.benefits.worked import differences, run, worked_examples
from sim.errors import InputError
from sim.money import FULL, divide, take

ALL = worked_examples()
BY_ID = {e["id"]: e for e in ALL}
EXAMPLES = [e for e in ALL if e.get("verdict") != "does_not_follow"]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e["id"])
def test_a_worked_example_is_reproduced_to_the_fen(example: dict[str, Any]) -> None:
    """Every amount and counter that an example states comes out exactly."""
    assert differences(example, run(example)) == ()


def test_the_examples_name_what_they_rest_on() -> None:
    """Sources are known or spelled out; ids are unique."""
    assert len(BY_ID) == len(ALL)
    for example in ALL:
        keys = example["source"].split(",")
        assert set(keys) <= {*sources(), "YBF22"} or " " in example["source"], example["id"]


def test_an_example_that_breaks_its_own_rule_is_not_reproduced() -> None:
    """W08: the source caps the pool at 100,000 and prints 170,000; the engine keeps to the cap."""
    refused = [e for e in ALL if e.get("verdict") == "does_not_follow"]
    assert ["W08"] == [e["id"] for e in refused]
    for example in refused:
        settled = run(example)
        assert {"hifp_pay", "cvlserv_pay"} <= {d.name for d in differences(example, settled)}
        assert 10_000_000 == settled.amounts["hifp_pay"]


def test_what_is_not_a_plain_match_says_why() -> None:
    """A residual or a refused example carries its reading; a published one is among the five known."""
    assert {"W01", "W03", "W04", "W06", "W08"} <= {e["id"] for e in ALL if e["kind"] == "published"}
    for example in ALL:
        assert example.get("verdict", "follows") in ("follows", "residual", "does_not_follow")
        assert "verdict" not in example or example["reading"]


def test_settle_reverse_settle_is_the_first_settlement() -> None:
    """X27: a reversal gives the counters back, and the second settlement equals the first."""
    first = run(BY_ID["X01"])
    assert first.amounts["hifp_pay"] == 1_589_500
    reversal = unsettle(first, first.accumulators, balance=0)
    assert reversal.accumulators == first.before
    assert reversal.amounts["hifp_pay"] == -1_589_500
    assert run(BY_ID["X01"]).amounts == first.amounts


def test_a_reversal_gives_back_its_own_part_only() -> None:
    """A stay settled in between keeps what it used."""
    first = run(BY_ID["X01"])
    chosen = policy("beijing-employee", DAY)
    later = settle(chosen, Case("inpatient", "L3", DAY), first.shares, first.accumulators)
    left = give_back(later.accumulators, first)
    assert (left.stays, left.pool_paid, left.inpatient_deductible) == (1, 1_644_750, 65_000)


def test_more_cannot_be_given_back_than_is_there() -> None:
    """Counters that never held the settlement, or belong to another year, refuse."""
    first = run(BY_ID["X01"])
    with pytest.raises(InputError, match="inpatient_deductible"):
        give_back(first.before, first)
    with pytest.raises(InputError, match="2025"):
        give_back(Accumulators(2025), first)


# Wrong implementations. Each takes the place of one mechanism; at least one example must see it.


def edge_off_by_one(sheet: Sheet, rule: Rule) -> None:
    """Bands end one fen late."""
    shifted = tuple(
        Band(b.start + (b.start > 0), b.end + 1 if b.end is not None else None, b.ratio) for b in rule.bands
    )
    bands(sheet, evolve(rule, bands=shifted))


def counted_from_the_deductible(sheet: Sheet, rule: Rule) -> None:
    """Bands count from the deductible on, though the policy counts in-scope cost."""
    bands(sheet, evolve(rule, words={**rule.words, "counted": "over_deductible"}))


def starting_anew(sheet: Sheet, rule: Rule) -> None:
    """Bands start anew with every bill, though the policy counts the year."""
    bands(sheet, evolve(rule, words={**rule.words, "over": "stay"}))


def deductible_ignored(sheet: Sheet, rule: Rule) -> None:
    """Nothing is charged."""


def deductible_of_the_first_stay_again(sheet: Sheet, rule: Rule) -> None:
    """Later stays bear the first one's deductible."""
    sheet.deductible = min(sheet.cost, rule.numbers["first"])


def deductible_twice(sheet: Sheet, rule: Rule) -> None:
    """Charged once, and once more when the bands are cut."""
    sheet.deductible = min(sheet.cost, 2 * rule.numbers["first"])


def yearly_deductible_each_time(sheet: Sheet, rule: Rule) -> None:
    """What was used up before is forgotten."""
    sheet.deductible = min(sheet.cost, rule.numbers["amount"])


def rounding_each_band(sheet: Sheet, rule: Rule) -> None:
    """Every band is rounded by itself."""
    sheet.pay(rule.payer(), sum(divide(amount * ratio, FINE) for amount, ratio in sheet.parts))


def cap_on_costs(sheet: Sheet, rule: Rule) -> None:
    """The cap limits the cost that is shared, not the payment."""
    cost = sum(amount for amount, _ in sheet.parts)
    left = max(0, rule.numbers.get("cap", cost) - sheet.before.pool_paid)
    kept = min(cost, left)
    sheet.over_cap = cost - kept
    paid = divide(sum(a * r for a, r in cut_parts(sheet.parts, kept)), FINE)
    sheet.pool += paid
    sheet.pay(rule.payer(), paid)


def cut_parts(parts: list[tuple[int, int]], cost: int) -> list[tuple[int, int]]:
    """The first so much cost of some parts."""
    found = []
    for amount, ratio in parts:
        found.append((min(amount, cost), ratio))
        cost -= min(amount, cost)
    return found


def cap_forgotten(sheet: Sheet, rule: Rule) -> None:
    """The fund pays beyond its cap."""
    sheet.pay(rule.payer(), divide(sum(a * r for a, r in sheet.parts), FINE))


def factor_on_the_fund(sheet: Sheet, rule: Rule) -> None:
    """The retired's factor multiplies the fund's ratio instead of the personal share."""
    sheet.parts = [(amount, divide(ratio * rule.numbers["factor"], FULL)) for amount, ratio in sheet.parts]


def reduction_forgotten(sheet: Sheet, rule: Rule) -> None:
    """Out-of-town care is paid as at home."""


def reduction_on_points(sheet: Sheet, rule: Rule) -> None:
    """The factor is taken as points: 0.7 becomes thirty points less."""
    lower = (FULL - rule.numbers["factor"]) * (FINE // FULL)
    sheet.parts = [(amount, max(0, ratio - lower)) for amount, ratio in sheet.parts]


def first_self_pay_after_the_ratio(sheet: Sheet, rule: Rule) -> None:
    """The out-of-town first self-pay is taken, but the deductible was charged before it."""
    whole = sheet.cost
    sheet.cost = whole - take(max(0, whole - 80_000), rule.numbers["share"])


def large_fund_lowered_too(sheet: Sheet, rule: Rule) -> None:
    """The out-of-town factor lowers the large-amount fund as well."""
    sheet.pay(rule.payer(), take(take(sheet.over_cap, rule.numbers["ratio"]), 7_000))


def critical_illness_without_a_deductible(sheet: Sheet, rule: Rule) -> None:
    """The bands are laid on the whole self-pay."""
    base = sheet.cost - sheet.paid
    sheet.pay(rule.payer(), divide(sum(a * r for a, r in cut(0, base, rule.bands)), FINE))


def critical_illness_on_the_other_basis(sheet: Sheet, rule: Rule) -> None:
    """Absolute bands are laid on the amount above the deductible."""
    base = max(0, sheet.cost - sheet.paid - rule.numbers["deductible"])
    sheet.pay(rule.payer(), divide(sum(a * r for a, r in cut(0, base, rule.bands)), FINE))


def supplement_on_the_deductible_too(sheet: Sheet, rule: Rule) -> None:
    """The supplement halves everything that the person bears."""
    sheet.pay(rule.payer(), take(sheet.cost - sheet.paid, rule.numbers["ratio"]))


def the_year_forgotten(sheet: Sheet, rule: Rule) -> None:
    """A unit's deductible is taken from every bill."""
    rest = max(0, sheet.cost - sheet.paid - rule.numbers["deductible"])
    sheet.pay(rule.payer(), take(rest, rule.numbers["ratio"]))


def aid_without_a_cap(sheet: Sheet, rule: Rule) -> None:
    """Medical aid goes on for ever."""
    sheet.pay(rule.payer(), take(sheet.cost - sheet.paid, rule.numbers["ratio"]))


def one_band_for_civil_servants(sheet: Sheet, rule: Rule) -> None:
    """The first band's ratio for everything."""
    if sheet.case.civil_servant:
        sheet.pay(rule.payer(), take(sheet.cost - sheet.paid, rule.bands[0].ratio))


def subsidy_on_the_rest(sheet: Sheet, rule: Rule) -> None:
    """The veterans' share is taken of what is left instead of the cost."""
    if sheet.case.veteran:
        sheet.pay(rule.payer(), take(sheet.cost - sheet.paid, rule.numbers["ratio"]))


def transfer_ignored(sheet: Sheet, rule: Rule) -> None:
    """Transferred people bear the whole deductible again."""
    sheet.deductible = min(sheet.cost, rule.numbers["amount"])


def interim_starting_anew(sheet: Sheet, rule: Rule) -> None:
    """Interim settlements always start the bands anew."""
    bands(sheet, evolve(rule, words={**rule.words, "interim": "restart"}))


def rounding_at_the_end(sheet: Sheet, rule: Rule) -> None:
    """Rounds once, whatever the policy says."""
    sheet.pay(rule.payer(), divide(sum(a * r for a, r in sheet.parts), FINE), "pool")


def no_ceiling(sheet: Sheet, rule: Rule) -> None:
    """Funds may pay everything."""


FAULTS: list[tuple[str, Mechanic]] = [
    ("bands", edge_off_by_one),
    ("bands", counted_from_the_deductible),
    ("bands", starting_anew),
    ("deductible_by_stay", deductible_ignored),
    ("deductible_by_stay", deductible_of_the_first_stay_again),
    ("deductible_by_stay", deductible_twice),
    ("deductible_per_year", yearly_deductible_each_time),
    ("pool_payment", rounding_each_band),
    ("pool_payment", cap_on_costs),
    ("pool_payment", cap_forgotten),
    ("personal_share_factor", factor_on_the_fund),
    ("out_of_town_factor", reduction_forgotten),
    ("out_of_town_factor", reduction_on_points),
    ("out_of_town_first_self_pay", reduction_forgotten),
    ("out_of_town_first_self_pay", first_self_pay_after_the_ratio),
    ("large_amount", large_fund_lowered_too),
    ("critical_illness", critical_illness_without_a_deductible),
    ("critical_illness", critical_illness_on_the_other_basis),
    ("supplement_of_remainder", supplement_on_the_deductible_too),
    ("unit_supplement", the_year_forgotten),
    ("medical_aid", aid_without_a_cap),
    ("civil_servant_bands", one_band_for_civil_servants),
    ("veteran_subsidy", subsidy_on_the_rest),
    ("deductible_per_visit", transfer_ignored),
    ("bands", interim_starting_anew),
    ("pool_payment", rounding_at_the_end),
    ("ceiling_of_total", no_ceiling),
]


@pytest.mark.parametrize(("mechanism", "faulty"), FAULTS, ids=[f"{m}-{f.__name__}" for m, f in FAULTS])
def test_a_wrong_implementation_is_caught(mechanism: str, faulty: Mechanic) -> None:
    """At least one example differs under the fault; those without the mechanism stay exact."""

    def change(chosen: Policy) -> Policy:
        return with_fault(chosen, mechanism, faulty)

    caught = [e["id"] for e in EXAMPLES if differences(e, run(e, change))]
    assert caught != []


def test_the_replacement_itself_changes_nothing() -> None:
    """A mechanism replaced by itself is not caught: the catching is the fault's doing."""
    assert [e["id"] for e in EXAMPLES if differences(e, run(e, lambda p: with_fault(p, "bands", bands)))] == []
