"""Everything that a settlement depends on, to be settled under changed policies, cases or lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import evolve, field, frozen

from sim.benefits.accumulators import Accumulators
from sim.benefits.case import Case
from sim.benefits.line import Line, split_all
from sim.benefits.policy import Policy
from sim.benefits.year_end import settle_by_year

Amounts = Mapping[str, int]


@frozen
class Situation:
    """A policy, a case with its lines, the counters ``before`` it, and the accounts (fen).

    A stay over New Year may need what held earlier: the counters of ``earlier`` years, and the ``older`` versions of
    the policy by the year in which they end; a year that lacks one is settled under ``policy``.
    """

    policy: Policy
    case: Case
    lines: tuple[Line, ...]
    before: Accumulators
    balance: int = 0
    use_account: bool = False
    family_balance: int = 0
    use_family: bool = False
    earlier: Mapping[int, Accumulators] = field(factory=dict, hash=False)
    older: Mapping[int, Policy] = field(factory=dict, hash=False)

    def settled(self) -> Amounts:
        """The amounts of the settlement, in fen."""
        return settle_by_year(
            lambda day: self.older.get(day.year, self.policy) if day < self.case.on else self.policy,
            self.case,
            split_all(self.lines, self.policy, explain=False),
            {**self.earlier, self.before.year: self.before},
            self.balance,
            self.use_account,
            explain=False,
            family_balance=self.family_balance,
            use_family=self.use_family,
        ).amounts

    def under(self, change: Callable[..., Policy], *args: Any, **named: Any) -> Situation:
        """The same under changed policies: ``change(policy, *args, **named)`` for every version."""
        older = {year: change(version, *args, **named) for year, version in self.older.items()}
        return evolve(self, policy=change(self.policy, *args, **named), older=older)

    def uses(self, mechanism: str) -> bool:
        """Whether the care runs through a mechanism."""
        return any(use.mechanism.name == mechanism for use in self.policy.care.get(self.case.care, ()))
