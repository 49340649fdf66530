"""The library of relations: each holds for every policy, each catches an engine with the fault it is made for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from benefits_comparisons import Engine, comparisons
from benefits_scenes import Scene, bills, rich_scenes
from benefits_workshop import DAY, flat, in_scope, line, made, number
from hypothesis import given, settings

from sim.benefits import Accumulators, Care, Case, Filing, Line, Policy, policies, policy
from sim.benefits.change import replaced, with_readings
from sim.benefits.mechanisms import MECHANISMS
from sim.benefits.relations import RELATIONS, Observed, Terms, Verdict, terms_of
from sim.benefits.sheet import Rule, Sheet
from sim.errors import InputError

OUR_OWN = Engine()
BEIJING = policy("beijing-employee", DAY)
BILL = [
    line(1, "01", "1234.567890", "7.3"),
    line(2, "02", "45.205", "150", item="03"),
    line(3, "02", "1500", "3", limit="1200"),
    line(4, "03", "88", "5"),
]


def broken(engine: Engine, scene: Scene, lines: Sequence[Line]) -> dict[str, Verdict]:
    """The relations that an engine breaks in a scene."""
    found = {}
    for name, seen, terms in comparisons(engine, scene, lines):
        verdict = RELATIONS[name].judge(*seen, terms=terms)
        if verdict.outcome == "broken":
            found[name] = verdict
    return found


@settings(max_examples=300, deadline=None)
@given(rich_scenes(), bills())
def test_every_relation_holds_for_policies_of_every_kind(scene: Scene, lines: list[Line]) -> None:
    """Pools and made-up policies, every reading of rounding and reach, any person, any earlier bills."""
    assert broken(OUR_OWN, scene, lines) == {}


@pytest.mark.parametrize("chosen", policies(), ids=lambda p: f"{p.id}@{p.start}")
def test_every_relation_holds_for_every_pool(chosen: Policy) -> None:
    """Every kind of care and filing, a small bill and one beyond every cap; and the relations do say something."""
    outcomes: Counter[str] = Counter()
    big = [*BILL, *in_scope(70_000_000)]
    for care in chosen.care:
        for n, filing in enumerate(Filing):
            away = "" if filing is Filing.LOCAL else "520000"
            level = ("L3", "L2", "L1")[n % 3]
            case = Case(care, level, chosen.start, n % 2 == 0, 40 + n * 8, filing, treated_in=away)
            case = evolve(case, disease="diabetes" if care is Care.CHRONIC else "")
            scene = Scene(chosen, case, Accumulators(chosen.start.year), 123_456, n % 2 == 1)
            for bill in (BILL, [evolve(one, number=n) for n, one in enumerate(big, 1)]):
                for name, seen, terms in comparisons(OUR_OWN, scene, bill):
                    verdict = RELATIONS[name].judge(*seen, terms=terms)
                    outcomes[f"{name} {verdict.outcome}"] += 1
                    assert "broken" != verdict.outcome, (name, case, [d.text().show("en") for d in verdict.deviations])
    said = {name for name in RELATIONS if outcomes[f"{name} holds"]}
    assert {"home_no_worse", "long_term_no_worse", "referral_no_worse", "needy_no_worse"} <= said
    assert set(RELATIONS) - said <= {
        "two_visits_are_paid_like_their_sum",
        "later_stay_no_worse",
        "retired_no_worse",
        "transfer_no_worse",
    }


def test_everywhere_home_and_filing_are_ordered() -> None:
    """In every pool, whatever the care, level and person: at home no less than away, filed no less than not.

    The one exception is real: a retired Beijing employee's supplement pays on cost below the pool's cap, and where the
    large-amount fund is used up too, a lower ratio leaves more cost there.
    """
    wanted = {"home_no_worse", "long_term_no_worse", "referral_no_worse", "needy_no_worse"}
    missing = set()
    for chosen in policies():
        for care in chosen.care:
            for retired in (False, True):
                for level in ("L1", "L2", "L3"):
                    case = Case(care, level, chosen.start, retired, filing="unfiled", treated_in="520000")
                    promised = terms_of(chosen, case).no_worse or set()
                    missing |= {(chosen.id, str(care), retired, name) for name in wanted - promised}
    ordered = ("home_no_worse", "long_term_no_worse", "referral_no_worse")
    assert {("beijing-employee", "inpatient", True, name) for name in ordered} == missing


# Wrong engines


def with_pool(change: Callable[[Sheet, Rule], None], name: str = "pool_payment") -> Engine:
    """An engine whose one mechanism does something else."""
    return Engine(policy=lambda chosen: replaced(chosen, name, change))


def pays_twice(sheet: Sheet, rule: Rule) -> None:
    """The pool pays the in-scope amount twice: the person would get money back."""
    sheet.pay(rule.payer(), 2 * sheet.in_scope, "pool")


def pays_everything(sheet: Sheet, rule: Rule) -> None:
    """The pool pays own pay too."""
    sheet.pay(rule.payer(), sheet.total, "pool")


def uncapped(sheet: Sheet, rule: Rule) -> None:
    """The pool does not know its cap."""
    numbers = {name: value for name, value in rule.numbers.items() if name != "cap"}
    MECHANISMS["pool_payment"].apply(sheet, evolve(rule, numbers=numbers))


def falls_off(sheet: Sheet, rule: Rule) -> None:
    """Beyond an amount the pool pays nothing at all."""
    if sheet.cost < 2_000_000:
        MECHANISMS["pool_payment"].apply(sheet, rule)


def deductible_each_line(sheet: Sheet, rule: Rule) -> None:
    """The deductible is charged for every fee line."""
    times = len(sheet.shares)
    numbers = {name: value * times for name, value in rule.numbers.items()}
    MECHANISMS["deductible_by_stay"].apply(sheet, evolve(rule, numbers=numbers))


def transfer_doubled(sheet: Sheet, rule: Rule) -> None:
    """A transferred stay bears the deductible twice."""
    MECHANISMS["deductible_by_stay"].apply(sheet, rule)
    if sheet.case.transfer:
        sheet.deductible *= 2


def supplement_instead(sheet: Sheet, rule: Rule) -> None:
    """The pool leaves civil servants to their supplement, which pays less."""
    if not sheet.case.civil_servant:
        MECHANISMS["pool_payment"].apply(sheet, rule)


def second_stay_dearer(sheet: Sheet, rule: Rule) -> None:
    """The numbers of first and later stays are exchanged."""
    first, second = rule.numbers["first"], rule.numbers["second"]
    MECHANISMS["deductible_by_stay"].apply(sheet, evolve(rule, numbers={"first": second, "second": first}))


def swapped(**words: tuple[object, object]) -> Engine:
    """An engine that mistakes one fact of a case for another, both ways."""

    def change(case: Case) -> Case:
        new = {}
        for name, (one, other) in words.items():
            old = getattr(case, name)
            new[name] = other if old == one else one if old == other else old
        return evolve(case, **new)

    return Engine(case=change)


def whole_yuan(lines: Sequence[Line]) -> list[Line]:
    """Every line cut off to whole yuan."""
    return [
        evolve(
            one,
            price=abs(one.amount) // 100 * 1_000_000,
            quantity=unit,
            amount=abs(one.amount) // 100 * unit // 100,
            limit=None,
        )
        for one in lines
        for unit in [10_000 if one.quantity >= 0 else -10_000]
    ]


def class_c_counts(lines: Sequence[Line]) -> list[Line]:
    """Class C is taken for class A."""
    return [evolve(one, chrgitm_lv="01") if one.chrgitm_lv == "03" else one for one in lines]


def no_refunds(lines: Sequence[Line]) -> list[Line]:
    """Refund lines are dropped."""
    return [one for one in lines if one.quantity > 0]


def account_spares_the_fund(scene: Scene) -> Scene:
    """Where the account pays, the pool's bands pay half."""
    if not scene.use_account:
        return scene

    def halved(sheet: Sheet, rule: Rule) -> None:
        sheet.parts = [(amount, ratio // 2) for amount, ratio in sheet.parts]
        MECHANISMS["pool_payment"].apply(sheet, rule)

    return evolve(scene, policy=replaced(scene.policy, "pool_payment", halved))


def stay(ratio: Any, *more: dict[str, Any]) -> Policy:
    """A pool that pays stays at one ratio, and more."""
    bands_ = {"use": "bands", "counted": "in_scope", "over": "year", "bands": flat(ratio)}
    return made({"inpatient": [bands_, {"use": "pool_payment", "fund": "employee_pool"}, *more]})


HALF, MORE, WHOLE = Decimal("0.5"), Decimal("0.6"), Decimal(1)
RETIRED = stay({"in_service": HALF, "retired": MORE})
NEEDY = stay({"ordinary": HALF, "needy": MORE})
AID = number({"none": 0, "at_risk": HALF, "subsistence": MORE, "destitute": WHOLE})
AIDED = stay(HALF, {"use": "medical_aid", "ratio": AID, "fund": "medical_aid"})
CIVIL = stay(MORE, {"use": "civil_servant_supplement", "ratio": number(HALF), "fund": "civil_servant"})
YEAR = made(
    {
        "inpatient": [
            {"use": "deductible_per_year", "amount": number(1_000)},
            {"use": "bands", "counted": "in_scope", "over": "year", "bands": flat(HALF)},
            {"use": "pool_payment", "fund": "employee_pool"},
        ]
    }
)
BANDED = made(
    {
        "inpatient": [
            {
                "use": "bands",
                "counted": "in_scope",
                "over": "stay",
                "bands": [
                    {"from": 0, "to": 100, "ratio": number(Decimal("0.333"))},
                    {"from": 100, "to": None, "ratio": number(Decimal("0.777"))},
                ],
            },
            {"use": "pool_payment", "fund": "employee_pool"},
        ]
    }
)
AWAY = "520000"


def scene(chosen: Policy = BEIJING, balance: int = 0, use: bool = False, **case: Any) -> Scene:
    """A stay at a third-class hospital, elsewhere on referral if nothing else is said."""
    facts = {"care": "inpatient", "level": "L3", "on": chosen.start, "filing": "referral", "treated_in": AWAY, **case}
    return Scene(chosen, Case(**facts), Accumulators(chosen.start.year), balance, use)


HUGE = in_scope(30_000_000)
SMALL = [line(n, "01", yuan) for n, yuan in enumerate(("34.31", "37.54", "22.80", "37.78"), 1)]
Fake = tuple[Engine, Scene, Sequence[Line]]
FAKES: dict[str, Fake] = {
    "nobody_pays_a_negative_amount": (with_pool(pays_twice), scene(), HUGE),
    "funds_pay_in_scope_cost_only": (with_pool(pays_everything), scene(), BILL),
    "an_account_not_asked_does_not_pay": (Engine(account=lambda held, _: (held, True)), scene(balance=9_000), BILL),
    "the_account_pays_what_it_holds": (
        Engine(account=lambda held, use: (held + 500, use)),
        scene(balance=9_000, use=True),
        BILL,
    ),
    "no_fund_passes_its_cap": (with_pool(uncapped), scene(), HUGE),
    "the_same_bill_gives_the_same_result": (Engine(same_again=False), scene(), BILL),
    "the_order_of_lines_is_irrelevant": (
        Engine(policy=lambda chosen: with_readings(chosen, rounding="line")),
        scene(BANDED),
        SMALL,
    ),
    "splitting_a_line_changes_nothing_but_rounding": (Engine(lines=whole_yuan), scene(), [line(9, "01", "1.5", "6")]),
    "a_wholly_self_paid_line_moves_only_self_pay": (Engine(lines=class_c_counts), scene(), BILL),
    "a_line_and_its_refund_change_nothing": (Engine(lines=no_refunds), scene(), BILL),
    "more_in_scope_never_lowers_what_funds_pay": (with_pool(falls_off), scene(), BILL),
    "the_account_moves_no_fund": (Engine(twist=account_spares_the_fund), scene(balance=9_000), BILL),
    "settle_reverse_settle": (Engine(given_back=False), scene(), BILL),
    "two_visits_are_paid_like_their_sum": (Engine(before=lambda used: Accumulators(used.year)), scene(YEAR), BILL),
    "retired_no_worse": (swapped(retired=(True, False)), scene(RETIRED), BILL),
    "needy_no_worse": (swapped(needy=(True, False)), scene(NEEDY), BILL),
    "aided_no_worse": (swapped(aid_group=("none", "destitute")), scene(AIDED), BILL),
    "home_no_worse": (swapped(filing=(Filing.LOCAL, Filing.REFERRAL)), scene(), BILL),
    "long_term_no_worse": (swapped(filing=(Filing.LONG_TERM, Filing.UNFILED)), scene(filing="unfiled"), BILL),
    "referral_no_worse": (swapped(filing=(Filing.REFERRAL, Filing.UNFILED)), scene(filing="unfiled"), BILL),
    "lower_level_no_worse": (swapped(level=("L2", "L3")), scene(), BILL),
    "later_stay_no_worse": (with_pool(second_stay_dearer, "deductible_by_stay"), scene(), BILL),
    "transfer_no_worse": (with_pool(transfer_doubled, "deductible_by_stay"), scene(), BILL),
    "supplement_no_worse": (with_pool(supplement_instead), scene(CIVIL), BILL),
}


def test_every_relation_has_an_engine_that_breaks_it() -> None:
    """None of them is empty talk."""
    assert set(RELATIONS) == set(FAKES)


@pytest.mark.parametrize("name", FAKES)
def test_a_wrong_engine_is_caught_by_the_relation_made_for_it(name: str) -> None:
    """The right engine keeps the relation in the scene, the wrong one breaks it, with field and both figures."""
    engine, where, lines = FAKES[name]
    outcomes = {
        RELATIONS[each].judge(*seen, terms=terms).outcome
        for each, seen, terms in comparisons(OUR_OWN, where, lines)
        if each == name
    }
    assert "holds" in outcomes
    assert "broken" not in outcomes
    verdict = broken(engine, where, lines)[name]
    assert verdict.clause == RELATIONS[name].clause
    for deviation in verdict.deviations:
        assert abs(deviation.left - deviation.right) > deviation.allowance
        for lang in ("zh", "en"):
            assert deviation.field in deviation.text().show(lang)


@pytest.mark.parametrize("name", RELATIONS)
def test_a_relation_says_what_it_is_and_needs(name: str) -> None:
    """A clause of its own, a text in both languages, and reasons where it does not apply."""
    each = RELATIONS[name]
    assert each.clause.startswith("REL-")
    assert 1 == sum(other.clause == each.clause for other in RELATIONS.values())
    assert each.text.show("zh") != each.text.show("en")
    empty = [Observed({})] * len(each.roles)
    for need in each.needs:
        assert need.text().show("zh") != need.text().show("en")
        verdict = each.judge(*empty)
        assert ("not_applicable", each.needs[0].text()) == (verdict.outcome, verdict.why)
    with pytest.raises(InputError, match=name):
        each.judge(*([Observed({})] * (len(each.roles) - 1)))
    if not each.many:
        with pytest.raises(InputError, match=name):
            each.judge(*empty, Observed({}))


def test_nothing_is_said_of_amounts_that_a_reply_leaves_out() -> None:
    """A foreign reply may lack fields; a relation judges those it carries."""
    once, again = Observed({"medfee_sumamt": 100, "balc": 3}), Observed({"fund_pay_sumamt": 5, "balc": 4})
    assert "holds" == RELATIONS["the_same_bill_gives_the_same_result"].judge(once, again).outcome
    other = Observed({"medfee_sumamt": 101})
    (found,) = RELATIONS["the_same_bill_gives_the_same_result"].judge(once, other).deviations
    assert ("medfee_sumamt", 101, "=", 100) == (found.field, found.left, found.sign, found.right)


@pytest.mark.parametrize(
    ("name", "seen", "why"),
    [
        ("splitting_a_line_changes_nothing_but_rounding", (Observed({}, 3), Observed({}, 2)), "fewer lines"),
        (
            "a_wholly_self_paid_line_moves_only_self_pay",
            (Observed({"fulamt_ownpay_amt": 5}), Observed({"fulamt_ownpay_amt": 4})),
            "no more own pay",
        ),
        (
            "more_in_scope_never_lowers_what_funds_pay",
            (Observed({"inscp_scp_amt": 5}), Observed({"inscp_scp_amt": 4})),
            "no more in scope",
        ),
        (
            "more_in_scope_never_lowers_what_funds_pay",
            (Observed({"inscp_scp_amt": 5}), Observed({"inscp_scp_amt": 6, "medfee_sumamt": 9})),
            "total grew",
        ),
        ("supplement_no_worse", (Observed({"medfee_sumamt": 5}), Observed({"medfee_sumamt": 6})), "differ"),
    ],
)
def test_bills_that_do_not_fit_are_not_judged(name: str, seen: tuple[Observed, ...], why: str) -> None:
    """Not applicable, with the reason; never a false accusation."""
    verdict = RELATIONS[name].judge(*seen, terms=Terms(roundings=1))
    assert "not_applicable" == verdict.outcome
    assert verdict.why is not None
    assert why in verdict.why.show("en")


def test_what_is_unknown_is_judged_with_more_allowance() -> None:
    """An engine that rounds line by line is not blamed where nobody knows that it must not."""
    engine, where, lines = FAKES["the_order_of_lines_is_irrelevant"]
    unknown = [
        RELATIONS[name].judge(*seen, terms=Terms()).outcome
        for name, seen, _ in comparisons(engine, where, lines)
        if name == "the_order_of_lines_is_irrelevant"
    ]
    assert {"holds"} == set(unknown)


def test_the_bound_of_a_split_line_is_reached() -> None:
    """Two pieces of half a fen each round up to two fen: the bound of (k + 1) / 2 fen is no larger than needed."""
    where = scene(stay(WHOLE))
    whole = [line(1, "01", "0.01", "1")]
    pieces = [line(1, "01", "0.01", "0.5"), line(2, "01", "0.01", "0.5")]
    one, two = OUR_OWN.seen(where, whole), OUR_OWN.seen(where, pieces)
    assert (1, 2) == (one.amounts["medfee_sumamt"], two.amounts["medfee_sumamt"])
    judge = RELATIONS["splitting_a_line_changes_nothing_but_rounding"].judge
    terms = terms_of(where.policy, where.case)
    assert "holds" == judge(one, two, terms=terms).outcome
    beyond = evolve(two, amounts={**two.amounts, "medfee_sumamt": 3})
    assert "broken" == judge(one, beyond, terms=terms).outcome
