"""What a policy says, as far as relations ask: known for a policy of ours, promised or unknown for a foreign one."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve, field, frozen

from sim.benefits.case import Care, Case, Filing
from sim.benefits.policy import Plan, Policy
from sim.benefits.sheet import Rule


@frozen
class Terms:
    """Facts of a policy for one kind of case; None is unknown.

    ``deductible_of_total``  the deductible is a share of the bill's total, so that own pay moves it
    ``rounded_by_line``      the pool rounds every fee line by itself
    ``adds_up``              everything is counted over the year, so that two visits are paid like their sum
    ``roundings``            how many amounts of one settlement are rounded (funds, bands, out-of-town first self-pay)
    ``caps``                 the year's cap (fen) by setlinfo field, for fields that one capped fund alone pays into
    ``no_worse``             ids of relations between people whose numbers the policy orders that way
    """

    deductible_of_total: bool | None = None
    rounded_by_line: bool | None = None
    adds_up: bool | None = None
    roundings: int | None = None
    caps: Mapping[str, int] | None = field(default=None, hash=False)
    no_worse: frozenset[str] | None = None


UNKNOWN = Terms()
"""Nothing is known: what a suite knows of a foreign target that promises nothing."""


def terms_of(policy: Policy, case: Case) -> Terms:
    """The facts of one of our policies for a kind of case, read off its numbers."""
    plan = policy.plan(case)
    rules = [(move.__name__, rule) for move, rule in plan.moves]
    names = {name for name, _ in rules}
    return Terms(
        deductible_of_total="deductible_share_of_total" in names,
        rounded_by_line=any(rule.words.get("rounding") == "line" for _, rule in rules),
        adds_up=_adds_up(rules, case),
        roundings=_roundings(rules),
        caps=_caps(rules),
        no_worse=frozenset(
            name
            for name, better, worse in _people(case)
            if better is not None and worse is not None and dominates(policy.plan(better), policy.plan(worse))
        )
        | _later_stay(rules),
    )


def _caps(rules: list[tuple[str, Rule]]) -> dict[str, int]:
    payers = [rule.fund.field for _, rule in rules if rule.fund is not None]
    found = {}
    for name, rule in rules:
        if name in ("pool_payment", "large_amount", "critical_illness") and rule.numbers.get("cap") is not None:
            fund = rule.payer().field
            if payers.count(fund) == 1 and "cap_step" not in rule.numbers:
                found[fund] = rule.numbers["cap"]
    return found


_BY_VISIT = frozenset(
    {
        "deductible_by_stay",
        "deductible_per_visit",
        "deductible_share_of_total",
        "ceiling_of_total",
    }
)
"""Mechanisms that look at each visit by itself."""


def _adds_up(rules: list[tuple[str, Rule]], case: Case) -> bool:
    names = {name for name, _ in rules}
    if names & _BY_VISIT or case.veteran or case.interim is not None or case.transfer:
        return False
    limited = False
    for name, rule in rules:
        if rule.words.get("over") == "stay" or rule.words.get("rounding") == "line" or "floor" in rule.numbers:
            return False
        limited |= name == "pool_payment" and bool({"cap", "disease_cap"} & set(rule.numbers))
    # The cost above a cap is known to the fen of payment only, which is several fen of cost.
    return not (limited and names & {"large_amount", "supplement_of_remainder"})


def _roundings(rules: list[tuple[str, Rule]]) -> int:
    count = 0
    bands = 1
    for name, rule in rules:
        if name == "bands":
            bands = len(rule.bands)
        elif name == "out_of_town_first_self_pay":
            count += 1
        elif rule.fund is not None:
            count += bands if rule.words.get("rounding") == "band" else 1
    return count


# Who is never worse off

_HIGHER_IS_BETTER: Mapping[str, Mapping[str, bool]] = {
    "out_of_town_first_self_pay": {"share": False},
    "not_paid": {"refused": False},
    "deductible_by_stay": {"first": False, "second": False, "third": False},
    "deductible_per_visit": {"amount": False},
    "deductible_per_year": {"amount": False},
    "deductible_share_of_total": {"share": False, "lowest": False, "highest": False},
    "bands": {},
    "personal_share_factor": {"factor": False},
    "added_points": {"points": True},
    "out_of_town_factor": {"factor": True},
    "out_of_town_drop": {"points": False},
    "pool_payment": {"cap": True, "disease_cap": True, "floor": True},
    "large_amount": {"ratio": True, "cap": True, "cap_with_pool": True},
    "supplement_of_remainder": {"ratio": True},
    "veteran_subsidy": {"ratio": True},
    "critical_illness": {"deductible": False, "cap": True, "cap_step": True},
    "civil_servant_supplement": {"ratio": True},
    "civil_servant_bands": {"deductible": False, "cap": True},
    "unit_supplement": {"ratio": True, "deductible": False, "cap": True},
    "medical_aid": {"ratio": True, "deductible": False, "cap": True},
    "ceiling_of_total": {"ratio": True},
}
"""Which way each number of a mechanism must go for a person to be no worse off; an absent cap is no cap."""


def dominates(better: Plan, worse: Plan) -> bool:
    """Whether every number of one plan is at least as good for the person as the other's, mechanism by mechanism."""
    if [move for move, _ in better.moves] != [move for move, _ in worse.moves]:
        return False
    figures = [[_figures(rule) for _, rule in plan.moves] for plan in (better, worse)]
    if (_supplement_below_a_cap(better) or _supplement_below_a_cap(worse)) and figures[0] != figures[1]:
        return False
    layered = any(move.__name__ == "large_amount" for move, _ in better.moves)
    less_deducted = _deducted(better)[1] <= _deducted(worse)[0]
    for (move, mine), (_, theirs) in zip(better.moves, worse.moves, strict=True):
        name = move.__name__
        if name not in _HIGHER_IS_BETTER:
            return False
        fixed_cap = layered and name == "pool_payment"
        if not _numbers_no_worse(name, mine, theirs, fixed_cap) and not (less_deducted and name in _OF_VISIT):
            return False
        if any(a.ratio < b.ratio for a, b in zip(mine.bands, theirs.bands, strict=True)):
            return False
    return True


def _figures(rule: Rule) -> tuple[dict[str, int], list[int]]:
    return dict(rule.numbers), [band.ratio for band in rule.bands]


_OF_VISIT = ("deductible_per_visit", "deductible_share_of_total")


def _deducted(plan: Plan) -> tuple[int, int]:
    """The least and the most (fen) that the deductibles of a visit, fixed and by the total, come to."""
    low = high = 0
    for move, rule in plan.moves:
        if move.__name__ == "deductible_per_visit":
            low, high = low + rule.numbers["amount"], high + rule.numbers["amount"]
        elif move.__name__ == "deductible_share_of_total":
            low, high = low + rule.numbers["lowest"], high + rule.numbers["highest"]
    return low, high


def _supplement_below_a_cap(plan: Plan) -> bool:
    """A higher ratio reaches the pool's cap with less cost, and the supplement pays on the cost below the cap: where
    the layers above are used up too, the better ratio pays less in all."""
    rules = {move.__name__: rule for move, rule in plan.moves}
    supplement, pool = rules.get("supplement_of_remainder"), rules.get("pool_payment")
    return (
        supplement is not None
        and pool is not None
        and bool(supplement.numbers["ratio"])
        and bool({"cap", "disease_cap"} & set(pool.numbers))
    )


def _numbers_no_worse(name: str, mine: Rule, theirs: Rule, fixed_cap: bool) -> bool:
    for key, higher in _HIGHER_IS_BETTER[name].items():
        a, b = mine.numbers.get(key), theirs.numbers.get(key)
        if name == "deductible_by_stay":  # a stay without a number of its own bears the one before it
            a, b = _of_stay(mine, key), _of_stay(theirs, key)
        if a == b:
            continue
        if "cap" in key and fixed_cap:  # a later cap may be the worse one where the layer above pays more
            return False
        if a is None or b is None:
            if ("cap" in key) != (a is None):
                return False
        elif (a > b) != higher:
            return False
    return True


def _of_stay(rule: Rule, name: str) -> int | None:
    order = ("first", "second", "third")
    return next((rule.numbers[n] for n in reversed(order[: order.index(name) + 1]) if n in rule.numbers), None)


def _later_stay(rules: list[tuple[str, Rule]]) -> frozenset[str]:
    for name, rule in rules:
        if name == "deductible_by_stay":
            amounts = [_of_stay(rule, stay) or 0 for stay in ("first", "second", "third")]
            if amounts == sorted(amounts, reverse=True):
                return frozenset({"later_stay_no_worse"})
    return frozenset()


def _people(case: Case) -> list[tuple[str, Case | None, Case | None]]:
    """(relation, the better placed, the other) as variants of a case; None where the case has no such variant."""
    away = case.filing is not Filing.LOCAL
    filed = case.filing in (Filing.OTHER_TEMPORARY, Filing.UNFILED)
    return [
        ("retired_no_worse", evolve(case, retired=True), evolve(case, retired=False)),
        ("needy_no_worse", evolve(case, needy=True), evolve(case, needy=False)),
        ("aided_no_worse", evolve(case, aid_group="destitute"), evolve(case, aid_group="none")),
        ("home_no_worse", evolve(case, filing=Filing.LOCAL, treated_in=""), case if away else None),
        ("long_term_no_worse", evolve(case, filing=Filing.LONG_TERM) if away else None, case if away else None),
        ("referral_no_worse", evolve(case, filing=Filing.REFERRAL) if filed else None, case if filed else None),
        ("lower_level_no_worse", *_levels(case)),
    ]


def _levels(case: Case) -> tuple[Case | None, Case | None]:
    below = {"L2": "L1", "L3": "L2", "L3_province": "L3"}
    if case.level not in below or case.care is Care.PHARMACY:
        return None, None
    return evolve(case, level=below[case.level]), case
