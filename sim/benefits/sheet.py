"""The working sheet of one settlement: what the mechanisms of a policy write on, one after the other.

It lives inside `settle` only; nothing outside the room sees it.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from sim.benefits.accumulators import Accumulators
from sim.benefits.case import Care, Case
from sim.benefits.quantity import REFERENCE, Origin
from sim.benefits.step import Step
from sim.lang import Text

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
    ``pool`` ``large`` ``critical_base`` ``critical``  what goes into the accumulators
    """

    __slots__ = (
        "before",
        "case",
        "cost",
        "critical",
        "critical_base",
        "deductible",
        "excluded",
        "funds",
        "in_scope",
        "large",
        "over_cap",
        "paid",
        "parts",
        "pool",
        "ratio",
        "shared",
        "stay",
        "steps",
        "total",
    )

    def __init__(self, case: Case, before: Accumulators, total: int, in_scope: int, explain: bool) -> None:
        self.case = case
        self.before = before
        self.stay = case.care in STAYS
        self.total = total
        self.in_scope = self.cost = in_scope
        self.excluded = self.deductible = self.ratio = self.shared = self.over_cap = self.paid = 0
        self.pool = self.large = self.critical_base = self.critical = 0
        self.parts: list[tuple[int, int]] = []
        self.funds: list[tuple[Fund, int]] = []
        self.steps: list[Step] | None = [] if explain else None

    def pay(self, fund: Fund, amount: int) -> None:
        """A fund pays."""
        self.paid += amount
        if amount:
            self.funds.append((fund, amount))

    def explain(self, rule: Rule, text: Text, inputs: Mapping[str, int], result: int, number: str = "") -> None:
        """Note a step; ``number`` names the parameter whose origin decides. Call only where ``steps`` is not None."""
        if self.steps is not None:
            origin = rule.origins.get(number, REFERENCE)
            self.steps.append(Step(rule.clause, text, inputs, result, origin.source, origin.confidence, origin.note))
