"""Known ways to settle wrongly, each a change of one step. Used to say which of them explains a difference."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

from attrs import evolve

from sim.benefits.accumulators import Accumulators
from sim.benefits.case import LEVELS, Filing
from sim.benefits.change import replaced, with_readings, with_word, without
from sim.benefits.line import CLASS_A, CLASS_B, CLASS_C
from sim.benefits.load import policies
from sim.benefits.mechanisms import MECHANISMS, bands, cut
from sim.benefits.sheet import Band, Rule, Sheet
from sim.benefits.situation import Amounts, Situation
from sim.benefits.step import FINE
from sim.money import FULL, divide, take

Fault = Callable[[Situation], Iterator[Amounts]]
FAULTS: dict[str, Fault] = {}
"""Every known fault by name; it yields the amounts that it would give, none where it cannot occur."""


def fault(function: Fault) -> Fault:
    """Register a fault under its own name; its text is ``benefits.fault.<name>``."""
    FAULTS[function.__name__] = function
    return function


def _with(s: Situation, mechanism: str, function: Callable[[Sheet, Rule], None]) -> Iterator[Amounts]:
    if s.uses(mechanism):
        yield s.under(replaced, mechanism, function).settled()


# The lines


@fault
def class_b_share_ignored(s: Situation) -> Iterator[Amounts]:
    """Class B counts whole."""
    lines = tuple(evolve(one, share=0) if one.chrgitm_lv == CLASS_B else one for one in s.lines)
    yield evolve(s, lines=lines).settled()


@fault
def price_limit_ignored(s: Situation) -> Iterator[Amounts]:
    """What is above a price limit counts."""
    yield evolve(s, lines=tuple(evolve(one, limit=None) for one in s.lines)).settled()


@fault
def class_c_counted(s: Situation) -> Iterator[Amounts]:
    """Class C counts as if it were class A."""
    lines = tuple(evolve(one, chrgitm_lv=CLASS_A) if one.chrgitm_lv == CLASS_C else one for one in s.lines)
    yield evolve(s, lines=lines).settled()


@fault
def approval_ignored(s: Situation) -> Iterator[Amounts]:
    """Restricted items count without the hospital's approval."""
    yield evolve(s, lines=tuple(evolve(one, restricted=False, approved=None) for one in s.lines)).settled()


# The deductible


_DEDUCTIBLES = tuple(name for name in MECHANISMS if name.startswith("deductible_"))


@fault
def deductible_not_charged(s: Situation) -> Iterator[Amounts]:
    """No deductible."""
    yield s.under(without, *_DEDUCTIBLES).settled()


@fault
def deductible_charged_twice(s: Situation) -> Iterator[Amounts]:
    """Taken off once more; the reply may print it once or twice."""
    for name in _DEDUCTIBLES:
        if not s.uses(name):
            continue

        def twice(sheet: Sheet, rule: Rule, name: str = name) -> None:
            MECHANISMS[name].apply(sheet, rule)
            sheet.deductible = min(sheet.cost, 2 * sheet.deductible)

        found = s.under(replaced, name, twice).settled()
        yield found
        yield {**found, "act_pay_dedc": s.settled()["act_pay_dedc"]}


@fault
def later_stay_deductible_missed(s: Situation) -> Iterator[Amounts]:
    """A later stay bears the first stay's deductible."""
    if s.before.stays:
        yield evolve(s, before=evolve(s.before, stays=0)).settled()


@fault
def deductible_of_the_year_forgotten(s: Situation) -> Iterator[Amounts]:
    """What was charged earlier in the year is forgotten."""
    forgotten = evolve(s.before, outpatient_deductible=0, inpatient_deductible=0, chronic_deductible=0)
    yield evolve(s, before=forgotten).settled()


# Bands and ratios


def _shifted(by: int) -> Callable[[Sheet, Rule], None]:
    def shift(sheet: Sheet, rule: Rule) -> None:
        moved = tuple(
            Band(b.start + by if b.start else 0, None if b.end is None else b.end + by, b.ratio) for b in rule.bands
        )
        bands(sheet, evolve(rule, bands=moved))

    return shift


@fault
def band_edge_wrong(s: Situation) -> Iterator[Amounts]:
    """The edges of bands are off by a fen, a yuan, or the deductible."""
    deductible = s.settled()["act_pay_dedc"]
    for by in (1, -1, 100, -100, deductible, -deductible):
        yield from _with(s, "bands", _shifted(by))


@fault
def bands_on_the_other_base(s: Situation) -> Iterator[Amounts]:
    """Bands count from the deductible where they should count from the first yuan, or the other way round."""
    for word in ("in_scope", "over_deductible"):
        yield s.under(with_word, ("bands",), "counted", word).settled()


@fault
def bands_over_another_time(s: Situation) -> Iterator[Amounts]:
    """Bands start anew with each bill where they should go on over the year, or the other way round."""
    for word in ("stay", "year"):
        yield s.under(with_word, ("bands",), "over", word).settled()


@fault
def one_band_for_all(s: Situation) -> Iterator[Amounts]:
    """The ratio of one band is applied to the whole amount."""
    plan = s.policy.plan(s.case)
    ratios = {band.ratio for move, rule in plan.moves if move is bands for band in rule.bands}
    for ratio in sorted(ratios):

        def flat(sheet: Sheet, _: Rule, ratio: int = ratio) -> None:
            sheet.parts = cut(0, sheet.cost - sheet.deductible, (Band(0, None, ratio),))

        yield from _with(s, "bands", flat)


@fault
def retiree_rule_ignored(s: Situation) -> Iterator[Amounts]:
    """A retired person is treated as in service."""
    if s.case.retired:
        yield evolve(s, case=evolve(s.case, retired=False)).settled()


@fault
def retiree_rule_for_the_working(s: Situation) -> Iterator[Amounts]:
    """A person in service is treated as retired."""
    if not s.case.retired:
        yield evolve(s, case=evolve(s.case, retired=True)).settled()


@fault
def wrong_hospital_level(s: Situation) -> Iterator[Amounts]:
    """The numbers of another hospital level are used."""
    for level in LEVELS:
        if level != s.case.level:
            yield evolve(s, case=evolve(s.case, level=level)).settled()


# Out of town


@fault
def reduction_not_applied(s: Situation) -> Iterator[Amounts]:
    """Out-of-town care is paid as at home."""
    if s.case.filing is not Filing.LOCAL:
        yield evolve(s, case=evolve(s.case, filing=Filing.LOCAL)).settled()


@fault
def reduction_for_another_filing(s: Situation) -> Iterator[Amounts]:
    """The filed are reduced like the unfiled, or under another category than their own."""
    for filing in Filing:
        if filing not in (Filing.LOCAL, s.case.filing):
            yield evolve(s, case=evolve(s.case, filing=filing)).settled()


@fault
def no_filing_area_ignored(s: Situation) -> Iterator[Amounts]:
    """Care where no filing is needed is reduced all the same."""
    yield s.under(evolve, no_filing=None).settled()


@fault
def reduction_as_points(s: Situation) -> Iterator[Amounts]:
    """A factor is read as points: 0.7 becomes thirty points less."""

    def lower(sheet: Sheet, rule: Rule) -> None:
        points = (FULL - rule.numbers["factor"]) * (FINE // FULL)
        sheet.parts = [(amount, max(0, ratio - points)) for amount, ratio in sheet.parts]

    yield from _with(s, "out_of_town_factor", lower)


@fault
def reduction_on_every_layer(s: Situation) -> Iterator[Amounts]:
    """The out-of-town effect lowers every layer, not the pool's alone (or the pool's alone, not every layer's)."""
    for word in ("every_layer", "pool"):
        yield s.under(with_readings, out_of_town=word).settled()


# Payment


@fault
def rounded_each_line(s: Situation) -> Iterator[Amounts]:
    """Each fee line is rounded by itself."""
    yield s.under(with_readings, rounding="line").settled()


@fault
def rounded_each_band(s: Situation) -> Iterator[Amounts]:
    """Each band is rounded by itself."""
    yield s.under(with_readings, rounding="band").settled()


@fault
def fractions_cut_off(s: Situation) -> Iterator[Amounts]:
    """The pool's payment is cut off to whole fen, not rounded half up."""

    def cut_off(sheet: Sheet, rule: Rule) -> None:
        weighted = sum(amount * ratio for amount, ratio in sheet.parts)
        MECHANISMS["pool_payment"].apply(sheet, rule)
        if sheet.pool == divide(weighted, FINE) > weighted // FINE:
            sheet.pool -= 1
            sheet.paid -= 1
            sheet.funds[-1] = (sheet.funds[-1][0], sheet.funds[-1][1] - 1)

    yield from _with(s, "pool_payment", cut_off)


@fault
def cap_ignored(s: Situation) -> Iterator[Amounts]:
    """The pool pays beyond its cap."""

    def uncapped(sheet: Sheet, rule: Rule) -> None:
        numbers = {name: value for name, value in rule.numbers.items() if name not in ("cap", "disease_cap")}
        MECHANISMS["pool_payment"].apply(sheet, evolve(rule, numbers=numbers))

    yield from _with(s, "pool_payment", uncapped)


@fault
def cap_on_costs(s: Situation) -> Iterator[Amounts]:
    """The cap limits the cost that is shared, not the payment."""

    def capped(sheet: Sheet, rule: Rule) -> None:
        left = max(0, rule.numbers.get("cap", sheet.cost) - sheet.used_paid)
        parts, over = [], 0
        for amount, ratio in sheet.parts:
            kept = min(amount, left)
            parts.append((kept, ratio))
            left, over = left - kept, over + amount - kept
        sheet.parts = parts
        numbers = {name: value for name, value in rule.numbers.items() if name != "cap"}
        MECHANISMS["pool_payment"].apply(sheet, evolve(rule, numbers=numbers))
        sheet.over_cap = over

    yield from _with(s, "pool_payment", capped)


@fault
def year_forgotten(s: Situation) -> Iterator[Amounts]:
    """Nothing of what was used up earlier in the year is counted."""
    yield evolve(s, before=Accumulators(s.before.year), earlier={}).settled()


@fault
def year_end_otherwise(s: Situation) -> Iterator[Amounts]:
    """A stay over New Year is settled whole where it should be split by date, or the other way round."""
    if s.case.over_new_year:
        other = "discharge" if s.policy.year_end == "split" else "split"
        yield s.under(with_readings, year_end=other).settled()


@fault
def days_off_by_one(s: Situation) -> Iterator[Amounts]:
    """Of a stay split at New Year the day of discharge counts and that of admission does not."""
    if s.case.over_new_year and s.policy.year_end == "split" and s.case.admitted is not None:
        day = timedelta(days=1)
        lines = tuple(evolve(one, on=one.on and one.on + day) for one in s.lines)
        yield evolve(s, case=evolve(s.case, admitted=s.case.admitted + day, on=s.case.on + day), lines=lines).settled()


@fault
def layer_not_paid(s: Situation) -> Iterator[Amounts]:
    """One of the layers above the pool does not pay."""
    for use in s.policy.care.get(s.case.care, ()):
        if use.mechanism.pays and use.mechanism.name != "pool_payment":
            yield s.under(without, use.mechanism.name).settled()


@fault
def nothing_paid(s: Situation) -> Iterator[Amounts]:
    """Everything is left to the person."""
    yield s.under(evolve, care={}).settled()


@fault
def supplement_on_the_deductible(s: Situation) -> Iterator[Amounts]:
    """The supplement pays its share of the deductible too."""

    def wide(sheet: Sheet, rule: Rule) -> None:
        sheet.pay(rule.payer(), take(sheet.cost - sheet.paid, rule.numbers["ratio"]))

    yield from _with(s, "supplement_of_remainder", wide)


@fault
def needy_terms_ignored(s: Situation) -> Iterator[Amounts]:
    """A person in need is settled on ordinary terms, or the other way round."""
    yield evolve(s, case=evolve(s.case, needy=not s.case.needy)).settled()


@fault
def older_numbers(s: Situation) -> Iterator[Amounts]:
    """The numbers of another version of the same policy are used."""
    for other in policies():
        if other.id == s.policy.id and other.start != s.policy.start:
            same = {name: getattr(s.policy, name) for name in ("start", "end", "year_end", "mutual_aid")}
            yield evolve(s, policy=evolve(other, **same)).settled()


# The account


@fault
def account_counted_in_fund(s: Situation) -> Iterator[Amounts]:
    """The personal account is counted into fund_pay_sumamt; the personal share may leave it out."""
    right = s.settled()
    fund = right["fund_pay_sumamt"] + right["acct_pay"]
    yield {**right, "fund_pay_sumamt": fund}
    yield {**right, "fund_pay_sumamt": fund, "psn_part_amt": right["psn_cash_pay"]}


@fault
def account_used_unasked(s: Situation) -> Iterator[Amounts]:
    """The account pays though nobody asked, or does not though somebody did."""
    yield evolve(s, use_account=not s.use_account).settled()
