"""What a relation is, and how one is judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Literal

from attrs import field, frozen

from sim.benefits.relations.observed import Observed
from sim.benefits.relations.terms import UNKNOWN, Terms
from sim.errors import InputError
from sim.lang import Text, say
from sim.money import show

Outcome = Literal["holds", "broken", "not_applicable"]
Sign = Literal["=", "<=", ">="]


@frozen
class Deviation:
    """Where a relation is broken: the field, both figures in fen, how they should stand to each other, and by how much
    they may miss it because amounts are rounded."""

    field: str
    left: int
    sign: Sign
    right: int
    allowance: int = 0

    def text(self) -> Text:
        """The deviation in words, with both figures in yuan."""
        return say(
            "relation.deviation",
            field=self.field,
            left=show(self.left),
            sign=self.sign,
            right=show(self.right),
            allowance=show(self.allowance),
        )


class NotApplicableError(Exception):
    """Raised by a judging function where the settlements do not fit the relation; ``why`` says how."""

    def __init__(self, why: Text) -> None:
        super().__init__(why)
        self.why = why


@frozen
class Verdict:
    """``holds``, ``broken`` (with deviations) or ``not_applicable`` (with why)."""

    relation: str
    clause: str
    outcome: Outcome
    deviations: tuple[Deviation, ...] = ()
    why: Text | None = None


@frozen
class Need:
    """A fact without which a relation says nothing.

    ``of`` is ``policy`` for a fact of `Terms`, ``bill`` for one of `Observed` (of every settlement compared).
    ``value`` is what the fact must be; None asks only that it be known.
    """

    of: Literal["policy", "bill"]
    fact: str
    value: bool | str | None = None

    def text(self) -> Text:
        """The need in words."""
        return say(f"relation.need.{self.fact}")

    def met(self, terms: Terms, seen: Sequence[Observed]) -> bool:
        """Whether the fact is there."""
        if self.of == "bill":
            return all(self._is(getattr(one, self.fact)) for one in seen)
        return self._is(getattr(terms, self.fact))

    def _is(self, fact: object) -> bool:
        if fact is None or self.value is None:
            return fact is not None
        if isinstance(fact, frozenset):
            return self.value in fact
        return fact == self.value


Seen = tuple[Observed, ...]
Judge = Callable[[Seen, Terms], Iterator[Deviation]]


@frozen
class Relation:
    """A relation between settlements that holds for every policy, or for every policy that meets its needs.

    ``roles`` names the settlements that are compared, in order; the last may be repeated where ``many`` is set.
    Settlements of one comparison belong to one person and kind of visit and start from the same counters, save for
    what the text of the relation says.
    """

    id: str
    clause: str
    roles: tuple[str, ...]
    function: Judge = field(eq=False, repr=False)
    needs: tuple[Need, ...] = ()
    many: bool = False

    @property
    def text(self) -> Text:
        """The relation in words, Chinese and English."""
        return Text(f"relation.{self.id}")

    def judge(self, *seen: Observed, terms: Terms = UNKNOWN) -> Verdict:
        """Hold settlements against the relation; never raises for amounts, however wrong.

        Raises InputError when the number of settlements is not that of the roles.
        """
        fits = len(seen) >= len(self.roles) if self.many else len(seen) == len(self.roles)
        if not fits:
            raise InputError(say("relation.roles", id=self.id, roles=", ".join(self.roles), count=len(seen)))
        for need in self.needs:
            if not need.met(terms, seen):
                return Verdict(self.id, self.clause, "not_applicable", why=need.text())
        try:
            found = tuple(self.function(seen, terms))
        except NotApplicableError as error:
            return Verdict(self.id, self.clause, "not_applicable", why=error.why)
        return Verdict(self.id, self.clause, "broken" if found else "holds", found)


_registered: dict[str, Relation] = {}
RELATIONS: Mapping[str, Relation] = MappingProxyType(_registered)
"""Every relation by id."""


def register(made: Relation) -> None:
    """Add a relation to `RELATIONS`; its text is ``relation.<id>``."""
    _registered[made.id] = made


def relation(clause: str, *roles: str, needs: Sequence[Need] = (), many: bool = False) -> Callable[[Judge], Judge]:
    """Register a function as the relation of its own name."""

    def decorate(function: Judge) -> Judge:
        register(Relation(function.__name__, clause, roles, function, tuple(needs), many))
        return function

    return decorate


def compare(
    left: Observed, right: Observed, names: Sequence[str], sign: Sign = "=", allowance: int = 0
) -> Iterator[Deviation]:
    """Deviations among fields that both replies carry."""
    for name in names:
        if name in left.amounts and name in right.amounts:
            yield from stands(name, left.amounts[name], sign, right.amounts[name], allowance)


def stands(name: str, left: int, sign: Sign, right: int, allowance: int = 0) -> Iterator[Deviation]:
    """A deviation when two figures do not stand to each other as they should, beyond an allowance (fen)."""
    off = left - right
    wrong = {"=": abs(off), "<=": off, ">=": -off}[sign] > allowance
    if wrong:
        yield Deviation(name, left, sign, right, allowance)
