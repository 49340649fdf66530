"""What a person's identities (人员身份) give: terms of need, and the group of medical aid (医疗救助).

A code may leave open which group it means (``fixtures/people/identities.yaml``); then it stands for several possible
`Standing` values, and whoever judges others must not pick one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import cache
from typing import Any

from attrs import evolve, frozen

from sim.benefits import Case, Settlement
from sim.benefits.case import GROUPS
from sim.files import read_yaml
from sim.resources import fixtures

NEEDY = "23"
"""psn_idet_type of people under medical assistance (医疗救助人员), whichever group they are in."""
NOBODY = "none"
"""The group of whoever is in none."""


@frozen
class Identity:
    """A psn_idet_type with the first and the last day on which it counts; without a last one for ever."""

    code: str
    from_day: date
    to_day: date | None = None

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Identity:
        """From ``type``, ``from`` and ``to`` as files have them. Raises ValueError for a day that is none."""
        ends = row.get("to")
        return cls(row["type"], date.fromisoformat(row["from"]), date.fromisoformat(ends) if ends else None)

    def holds(self, on: date) -> bool:
        """Whether it counts on a day."""
        return self.from_day <= on and (self.to_day is None or on <= self.to_day)


@frozen
class Standing:
    """What identities give: the terms of people in need, and groups of medical aid, of which the best paid counts."""

    needy: bool = False
    groups: frozenset[str] = frozenset()

    def beside(self, other: Standing) -> Standing:
        """Both together."""
        return Standing(self.needy or other.needy, self.groups | other.groups)


@frozen
class _Meaning:
    """What a code says; None where it does not decide."""

    needy: bool | None
    group: str | None


@cache
def possible(code: str) -> tuple[Standing, ...]:
    """All that a code can mean; one where it decides. A code that nobody knows can mean anything."""
    said = _meanings().get(code, _Meaning(None, None))
    needs = (True, False) if said.needy is None else (said.needy,)
    groups = GROUPS if said.group is None else (said.group,)
    return tuple(Standing(needy, frozenset({group} - {NOBODY})) for needy in needs for group in groups)


def standing(identities: Iterable[Identity], on: date) -> Standing:
    """What identities give on a day as the reference reads them: what a code leaves open it does not give."""
    found = Standing()
    for one in identities:
        if one.holds(on):
            said = _meanings().get(one.code, _Meaning(None, None))
            found = found.beside(Standing(said.needy is True, frozenset({said.group or NOBODY} - {NOBODY})))
    return found


def standings(rows: Iterable[Iterable[Standing]]) -> tuple[Standing, ...]:
    """All that several identities can mean together, from what each can mean."""
    found = {Standing(): None}
    for row in rows:
        meanings = tuple(row)
        found = {one.beside(other): None for one in found for other in meanings}
    return tuple(found)


def strongest(case: Case, held: Standing, settle: Callable[[Case], Settlement]) -> tuple[Case, Settlement]:
    """The case of a person with that standing, and its settlement: of several groups the one paid most counts, where
    two are paid the same the one that is poorer."""
    if held == Standing():  # most people
        return case, settle(case)
    groups = sorted(held.groups, key=GROUPS.index, reverse=True) or [NOBODY]
    found = [(one, settle(one)) for one in (evolve(case, needy=held.needy, aid_group=group) for group in groups)]
    return max(found, key=lambda each: each[1].amounts["maf_pay"])


@cache
def _meanings() -> Mapping[str, _Meaning]:
    data: Any = read_yaml(fixtures("people", "identities.yaml"), "fixtures/people/identities.yaml").data
    found = {code: _Meaning(row["needy"], row["group"]) for code, row in data["codes"].items()}
    return {**found, **dict.fromkeys(data["without"]["codes"], _Meaning(False, NOBODY))}
