"""The working sheet of one settlement: what the mechanisms of a policy write on, one after the other.

It lives inside `settle` only; nothing outside the room sees it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import field, frozen

from sim.benefits.accumulators import Accumulators
from sim.benefits.case import DISEASES, Care, Case
from sim.benefits.quantity import REFERENCE, Origin
from sim.benefits.step import Step
from sim.lang import Text

if TYPE_CHECKING:
    from sim.benefits.line import LineShare

STAYS = frozenset({Care.INPATIENT})


@frozen
class Fund:
    """A fund that pays: the setlinfo field it is counted in, its fund_pay_type code and its name."""

    key: str
    field: str
    code: str
    name: Text


@frozen
class Band:
    """A band (分段) of a ratio: from and to in fen (None: no end), ratio in basis points."""

    start: int
    end: int | None
    ratio: int


@frozen
class Rule:
    """One mechanism of a policy with the numbers that hold for one kind of case.

    ``numbers`` are fen, basis points or counts by parameter name; an absent number is one the policy does not set.
    """

    clause: str
    numbers: Mapping[str, int] = field(factory=dict, hash=False)
    words: Mapping[str, str] = field(factory=dict, hash=False)
    bands: tuple[Band, ...] = ()
    fund: Fund | None = None
    origins: Mapping[str, Origin] = field(factory=dict, hash=False)

    def payer(self) -> Fund:
        """The fund of a mechanism that pays; its presence was checked when the policy was read."""
        assert self.fund is not None  # noqa: S101
        return self.fund


class Sheet:
    """Amounts in fen while a settlement is being worked out.

    ``in_scope``   in-scope cost of the bill; never changes
    ``excluded``   the part of it that the out-of-town first self-pay takes out, or that is not paid at all
    ``cost``       what is shared: in_scope - excluded
    ``deductible`` deductible charged
    ``parts``      [amount, ratio in 1/100000000] a band, above the deductible
    ``ratio``      mean ratio of the pool in basis points
    ``shared``     cost that the pool and the large-amount fund shared with the person
    ``over_cap``   cost that the pool's cap left to the next layer
    ``paid``       paid by funds so far; ``funds`` who paid what
    ``pool`` ``large`` ``critical_base`` ``critical``  what goes into the accumulators; ``more`` the same by counter
    ``used_deductible`` ``used_in_scope`` ``used_paid``  the year's counters of this kind of care
    ``used_for_disease``  paid this year for the chronic disease treated
    ``lowered``    changes of ratios that reach every layer
    ``shares``     the fee lines, for rounding line by line
    """

    __slots__ = (
        "before",
        "case",
        "cost",
        "counted",
        "critical",
        "critical_base",
        "deductible",
        "excluded",
        "funds",
        "in_scope",
        "large",
        "lowered",
        "more",
        "over_cap",
        "paid",
        "parts",
        "pool",
        "ratio",
        "shared",
        "shares",
        "stay",
        "steps",
        "total",
        "used_deductible",
        "used_for_disease",
        "used_in_scope",
        "used_paid",
    )

    def __init__(
        self,
        case: Case,
        before: Accumulators,
        total: int,
        in_scope: int,
        explain: bool,
        shares: Sequence[LineShare] = (),
    ) -> None:
        self.case = case
        self.before = before
        self.stay = case.care in STAYS
        self.used_for_disease = 0
        if self.stay:
            self.used_deductible = before.inpatient_deductible
            self.used_in_scope = before.inpatient_in_scope
            self.used_paid = before.pool_paid
        elif case.care is Care.CHRONIC:
            self.used_deductible = before.chronic_deductible
            self.used_in_scope = before.chronic_in_scope
            self.used_paid = before.chronic_paid
            if case.disease in DISEASES:
                self.used_for_disease = getattr(before, f"{case.disease}_paid")
        else:
            self.used_deductible = before.outpatient_deductible
            self.used_in_scope = before.outpatient_in_scope
            self.used_paid = before.outpatient_paid
        self.total = total
        self.in_scope = self.cost = in_scope
        self.excluded = self.deductible = self.ratio = self.shared = self.over_cap = self.paid = 0
        self.pool = self.large = self.critical_base = self.critical = 0
        self.parts: list[tuple[int, int]] = []
        self.funds: list[tuple[Fund, int]] = []
        self.counted: list[str] = []
        self.more: dict[str, int] = {}
        self.lowered: list[Callable[[int], int]] = []
        self.shares = shares
        self.steps: list[Step] | None = [] if explain else None

    def pay(self, fund: Fund, amount: int, counter: str = "") -> None:
        """A fund pays; ``counter`` is where it is counted: ``pool``, ``large``, ``critical`` or a counter's name."""
        self.paid += amount
        if amount:
            self.funds.append((fund, amount))
            self.counted.append(counter)

    def take_back(self, i: int, amount: int) -> None:
        """Take part of the i-th payment off its counter again."""
        counter = self.counted[i]
        if counter in self.more:
            self.more[counter] -= amount
        elif counter:
            setattr(self, counter, getattr(self, counter) - amount)

    def explain(self, rule: Rule, text: Text, inputs: Mapping[str, int], result: int, number: str = "") -> None:
        """Note a step; ``number`` names the parameter whose origin decides. Call only where ``steps`` is not None."""
        if self.steps is not None:
            origin = rule.origins.get(number, REFERENCE)
            self.steps.append(Step(rule.clause, text, inputs, result, origin.source, origin.confidence, origin.note))
