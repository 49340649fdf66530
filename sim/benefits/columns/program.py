"""Policies as programs of whole numbers: one program for each kind of case, its tables already looked up.

Everything that depends on the case alone is worked out here with the scalar engine's own functions: which numbers hold,
what becomes of a deductible for transferred people, how filing and retirement change the bands' ratios. What is left
depends on amounts and counters, and is what the kernel does for each claim.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum

from attrs import frozen

from sim.benefits.accumulators import COUNTERS, Accumulators
from sim.benefits.case import DISEASES, Care, Case
from sim.benefits.closing import FUNDS
from sim.benefits.mechanisms import MECHANISMS
from sim.benefits.mechanisms.deductible import eased
from sim.benefits.mechanisms.ratios import PER_POINT, lowered
from sim.benefits.policy import Policy
from sim.benefits.sheet import Band, Rule, Sheet
from sim.errors import InputError
from sim.lang import say

NONE = -1
"""A number that a policy does not set."""
ENDLESS = 2**62
LARGEST = 40_000_000_000
"""The largest amount (fen) whose product with a fine ratio, doubled for rounding, still fits 64 bits."""


class Op(IntEnum):
    """What the kernel can do. The numbers of each stand in the order in which `_EMIT` puts them."""

    FIRST_SELF_PAY = 1
    NOT_PAID = 2
    DEDUCTIBLE_BY_STAY = 3
    DEDUCTIBLE = 4
    DEDUCTIBLE_OF_YEAR = 5
    DEDUCTIBLE_SHARE = 6
    BANDS = 7
    POOL = 8
    LARGE = 9
    SUPPLEMENT = 10
    OF_COST = 11
    CRITICAL = 12
    OF_REST = 13
    REST_OVER_YEAR = 14
    CEILING = 15


WIDTH = 10
"""Numbers of one operation, its code first, the first band and the count of bands last."""
INDEX = {name: i for i, name in enumerate(COUNTERS)}
KINDS = {Care.INPATIENT: "inpatient", Care.CHRONIC: "chronic"}


@frozen
class Program:
    """One kind of case: operations, and where its care is counted.

    ``counters`` are the columns of deductible, in-scope cost, payment, payment for the disease, and stays (or NONE).
    ``account`` is 0 where the account pays nothing, 1 the personal share, 2 only what is in scope.
    """

    ops: tuple[tuple[int, ...], ...]
    bands: tuple[tuple[int, int, int], ...]
    counters: tuple[int, int, int, int, int]
    account: int


def compile_case(policy: Policy, case: Case) -> Program:
    """The program of a policy for one kind of case. Raises InputError for what columns cannot do, by its name."""
    if case.interim is not None:
        raise InputError(say("benefits.columns.interim"))
    if policy.year_end == "split" and case.over_new_year:
        raise InputError(say("benefits.columns.split_first", id=policy.id))
    writer = _Writer(policy, case)
    for move, rule in policy.plan(case).moves:
        name = move.__name__
        if name not in _EMIT or MECHANISMS[name].apply is not move:
            raise InputError(say("benefits.columns.mechanism", name=name))
        _EMIT[name](writer, rule)
    kind = KINDS.get(case.care, "outpatient")
    paid = "pool_paid" if kind == "inpatient" else f"{kind}_paid"
    disease = f"{case.disease}_paid" if kind == "chronic" and case.disease in DISEASES else None
    return Program(
        tuple(tuple(op) for op in writer.ops),
        tuple(writer.bands),
        (
            INDEX[f"{kind}_deductible"],
            INDEX[f"{kind}_in_scope"],
            INDEX[paid],
            INDEX[disease] if disease else NONE,
            INDEX["stays"] if kind == "inpatient" else NONE,
        ),
        ("nothing", "personal_share", "in_scope").index(policy.account),
    )


class _Writer:
    """Collects operations; a sheet stands by for what the scalar functions want to see."""

    def __init__(self, policy: Policy, case: Case) -> None:
        self.policy = policy
        self.case = case
        self.sheet = Sheet(case, Accumulators(policy.start.year), 0, 0, explain=False)
        self.ops: list[list[int]] = []
        self.bands: list[tuple[int, int, int]] = []

    def put(self, op: Op, *numbers: int, rule_bands: Sequence[tuple[int, int | None, int]] = ()) -> None:
        """Add an operation; bands with ratios in 1/100000000."""
        row = [int(op), *numbers]
        row += [0] * (WIDTH - 2 - len(row)) + [len(self.bands), len(rule_bands)]
        self.bands += [(start, ENDLESS if end is None else end, ratio) for start, end, ratio in rule_bands]
        self.ops.append(row)

    def eased(self, rule: Rule, amount: int) -> int:
        """A deductible after what the policy says about transfers and the chronically ill."""
        return eased(self.sheet, rule, amount) if self.case.transfer or self.case.disease else amount

    def lowered(self, ratio: int) -> int:
        """A later layer's ratio, basis points."""
        return lowered(self.sheet, ratio) if self.sheet.lowered else ratio

    def later_bands(self, rule_bands: Sequence[Band]) -> list[tuple[int, int | None, int]]:
        """Bands of a later layer, with fine ratios."""
        return [(b.start, b.end, self.lowered(b.ratio) * PER_POINT) for b in rule_bands]


def _field(rule: Rule) -> int:
    return FUNDS.index(rule.payer().field)


def _by_stay(w: _Writer, rule: Rule) -> None:
    first = rule.numbers["first"]
    second = rule.numbers.get("second", first)
    amounts = (first, second, rule.numbers.get("third", second))
    w.put(Op.DEDUCTIBLE_BY_STAY, *(w.eased(rule, amount) for amount in amounts))


def _share_of_total(w: _Writer, rule: Rule) -> None:
    """Halving, waiving and the difference are steps of a line: the kernel takes it as (halvings, waived, earlier)."""
    words = [rule.words.get("transfer", "full")] if w.case.transfer else []
    if w.case.disease:
        words.append(rule.words.get("chronic", "full"))
    if words == ["difference", "halved"]:  # the difference first, then half of it
        raise InputError(say("benefits.columns.mechanism", name="deductible_share_of_total"))
    earlier = w.case.transfer_deductible if "difference" in words else 0
    numbers = rule.numbers["share"], rule.numbers["lowest"], rule.numbers["highest"]
    w.put(Op.DEDUCTIBLE_SHARE, *numbers, words.count("halved"), int("waived" in words), earlier)


def _bands(w: _Writer, rule: Rule) -> None:
    numbers = int(rule.words["counted"] == "in_scope"), int(rule.words["over"] == "year")
    w.put(Op.BANDS, *numbers, rule_bands=[(b.start, b.end, b.ratio * PER_POINT) for b in rule.bands])


def _ratios(name: str) -> Callable[[_Writer, Rule], None]:
    """A change of ratios, applied to the bands already written by the scalar mechanism itself."""

    def change(w: _Writer, rule: Rule) -> None:
        row = next((op for op in reversed(w.ops) if op[0] == Op.BANDS), None)
        at, count = (row[-2], row[-1]) if row is not None else (0, 0)
        w.sheet.parts = [(1, w.bands[i][2]) for i in range(at, at + count)]
        MECHANISMS[name].apply(w.sheet, rule)
        for i, (_, ratio) in enumerate(w.sheet.parts, at):
            w.bands[i] = (*w.bands[i][:2], ratio)

    return change


def _pool(w: _Writer, rule: Rule) -> None:
    rounding = rule.words.get("rounding", "once")
    if rounding == "line":
        raise InputError(say("benefits.columns.by_line"))
    get = rule.numbers.get
    numbers = get("cap", NONE), get("disease_cap", NONE), get("floor", NONE), int(rounding == "band")
    w.put(Op.POOL, _field(rule), *numbers)


def _large(w: _Writer, rule: Rule) -> None:
    get = rule.numbers.get
    w.put(Op.LARGE, _field(rule), w.lowered(rule.numbers["ratio"]), get("cap", NONE), get("cap_with_pool", NONE))


def _critical(w: _Writer, rule: Rule) -> None:
    cap = rule.numbers.get("cap", NONE)
    if cap != NONE:
        cap += rule.numbers.get("cap_step", 0) * w.case.reward_steps
    absolute = int(rule.words["counted"] == "absolute")
    numbers = _field(rule), rule.numbers["deductible"], cap, absolute
    w.put(Op.CRITICAL, *numbers, rule_bands=w.later_bands(rule.bands))


def _rest(counter: str) -> Callable[[_Writer, Rule], None]:
    """A layer on the rest that is counted under a counter of its own."""

    def emit(w: _Writer, rule: Rule) -> None:
        case = w.case
        wanted = {"civil": case.civil_servant, "unit": case.unit_scheme, "aid": bool(rule.numbers.get("ratio"))}
        if not wanted[counter]:
            return
        layer = rule.bands or (Band(0, None, rule.numbers["ratio"]),)
        year = int(rule.words.get("over", "year") == "year")
        counters = INDEX[f"{counter}_base"], INDEX[f"{counter}_paid"]
        limits = rule.numbers.get("deductible", 0), rule.numbers.get("cap", NONE)
        w.put(Op.REST_OVER_YEAR, _field(rule), *counters, year, *limits, rule_bands=w.later_bands(layer))

    return emit


def _of_cost(w: _Writer, rule: Rule) -> None:
    if w.case.veteran:
        w.put(Op.OF_COST, _field(rule), rule.numbers["ratio"])


def _of_rest(w: _Writer, rule: Rule) -> None:
    if w.case.civil_servant:
        w.put(Op.OF_REST, _field(rule), rule.numbers["ratio"])


_EMIT: dict[str, Callable[[_Writer, Rule], None]] = {
    "out_of_town_first_self_pay": lambda w, r: w.put(Op.FIRST_SELF_PAY, r.numbers["share"]),
    "not_paid": lambda w, r: w.put(Op.NOT_PAID, int(bool(r.numbers["refused"]))),
    "deductible_by_stay": _by_stay,
    "deductible_per_visit": lambda w, r: w.put(Op.DEDUCTIBLE, w.eased(r, r.numbers["amount"])),
    "deductible_per_year": lambda w, r: w.put(Op.DEDUCTIBLE_OF_YEAR, w.eased(r, r.numbers["amount"])),
    "deductible_share_of_total": _share_of_total,
    "bands": _bands,
    "personal_share_factor": _ratios("personal_share_factor"),
    "added_points": _ratios("added_points"),
    "out_of_town_factor": _ratios("out_of_town_factor"),
    "out_of_town_drop": _ratios("out_of_town_drop"),
    "pool_payment": _pool,
    "large_amount": _large,
    "supplement_of_remainder": lambda w, r: w.put(Op.SUPPLEMENT, _field(r), r.numbers["ratio"]),
    "veteran_subsidy": _of_cost,
    "critical_illness": _critical,
    "civil_servant_supplement": _of_rest,
    "civil_servant_bands": _rest("civil"),
    "unit_supplement": _rest("unit"),
    "medical_aid": _rest("aid"),
    "ceiling_of_total": lambda w, r: w.put(Op.CEILING, r.numbers["ratio"]),
}
