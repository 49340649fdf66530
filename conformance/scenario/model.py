"""A scenario as typed values."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, Literal

from attrs import evolve, field, frozen

from sim.lang import Text
from sim.platform.people import Institution, Person

Expectation = Literal["accepted", "refused", "same_reply", "either"]
RunKind = Literal["plain", "control", "fault"]
PATIENT = "patient"
"""The person a step is about unless it names another."""


@frozen
class PersonNeed:
    """What a scenario needs of a person; None means that it does not matter.

    ``filing`` is a filing valid today for the institution's province, ``"none"`` that there is no such filing.
    """

    insurance: Literal["employee", "resident"] = "employee"
    place: Literal["other_province", "local"] = "other_province"
    retired: bool | None = None
    suspended: bool = False
    filing: str | None = None
    civil_servant: bool | None = None
    needy: bool | None = None
    account: bool | None = None

    def fits(self, person: Person, institution: Institution, on: date) -> bool:
        """Whether a person can play the part at an institution on a day."""
        if person.insutype != {"employee": "310", "resident": "390"}[self.insurance]:
            return False
        if (self.place == "local") != (person.province == institution.province):
            return False
        if self.suspended != (person.psn_insu_stas != "1"):
            return False
        facts = (
            (self.retired, person.retired),
            (self.civil_servant, person.cvlserv_flag == "1"),
            (self.needy, person.needy),
            (self.account, person.balance > 0),
        )
        if any(asked is not None and asked != found for asked, found in facts):
            return False
        return self.filing is None or self.filing == filing_of(person, institution.province, on)


def filing_of(person: Person, province: str, on: date) -> str:
    """The kind of the filing that covers treatment in a province on a day, or ``"none"``."""
    return next((f.kind for f in person.filings if f.covers(province, on, on)), "none")


@frozen
class InstitutionNeed:
    """What a scenario needs of the institution."""

    level: str | None = None


@frozen
class Charged:
    """One line of a bill: a catalogue item, the quantity in 1/10000, and whether the hospital approved its use."""

    item: str
    quantity: int
    approved: bool | None = None


@frozen
class Change:
    """An override of one value of a composed message, by dotted path.

    ``value`` is put there as it is; or, when ``source`` is a dotted path into an earlier step (``settle.reply.output``,
    ``other.psn_no``), the value found there; or, with ``plus``, the amount there changed by so many fen.
    """

    path: tuple[str | int, ...]
    value: Any = None
    source: str = ""
    plus: int | None = None


@frozen
class Step:
    """One thing the hospital does.

    ``send`` a transaction composed from the dictionary, or ``repeat`` an earlier step's bytes, or say it ``again``
    under a new message id. ``msgid_of`` sends under the message id of an earlier step. ``person``, ``visit`` and
    ``batch`` are labels: of a need, of a visit (a new label opens one at 2201), of a charge batch.
    """

    name: str
    send: str = ""
    repeat: str = ""
    again: str = ""
    msgid_of: str = ""
    person: str = PATIENT
    visit: str = "1"
    batch: str = "1"
    of: str = ""
    account: bool = False
    emergency: bool = False
    bill: tuple[Charged, ...] = ()
    changes: tuple[Change, ...] = ()
    removed: tuple[tuple[str | int, ...], ...] = ()
    expect: Expectation = "accepted"
    faulty: bool = False


@frozen
class Fault:
    """The one thing that is wrong in a negative scenario.

    At ``step`` the changes apply; or, with ``extra``, one more step comes after it. ``follow``: the step without the
    fault is sent afterwards and must be accepted, because a refusal leaves nothing behind.
    """

    step: str
    changes: tuple[Change, ...] = ()
    removed: tuple[tuple[str | int, ...], ...] = ()
    person: str = ""
    extra: Step | None = None
    follow: bool = False


@frozen
class Scenario:
    """One thing to find out about a target. ``steps`` of a negative one are those of its base."""

    id: str
    title: Text
    requirements: tuple[str, ...]
    steps: tuple[Step, ...]
    people: tuple[tuple[str, PersonNeed], ...] = ((PATIENT, PersonNeed()),)
    institution: InstitutionNeed = InstitutionNeed()
    features: tuple[str, ...] = ()
    fault: Fault | None = None
    base: str = ""
    about: Text | None = field(default=None)

    @property
    def negative(self) -> bool:
        """Whether it is a minimal pair with a fault."""
        return self.fault is not None

    @property
    def runs(self) -> tuple[RunKind, ...]:
        """The conversations it takes: one, or the pair."""
        return ("control", "fault") if self.fault else ("plain",)

    @property
    def faulty_step(self) -> str:
        """The name of the step that must be refused in the run with the fault; empty for a positive scenario."""
        if self.fault is None:
            return ""
        return self.fault.extra.name if self.fault.extra else self.fault.step

    def steps_of(self, run: str) -> Iterator[Step]:
        """The steps of one conversation of the scenario, the fault put in where it belongs."""
        if run != "fault" or self.fault is None:
            yield from self.steps
            return
        yield from faulted(self.steps, self.fault)

    def step(self, run: str, name: str) -> Step | None:
        """The step of that name."""
        return next((step for step in self.steps_of(run) if step.name == name), None)


def faulted(steps: tuple[Step, ...], fault: Fault) -> Iterator[Step]:
    """Steps up to and with the fault; then, with ``follow``, the same step without it and the rest."""
    done = False
    for step in steps:
        if done:
            yield step
            continue
        if step.name != fault.step:
            yield step
            continue
        if fault.extra is not None:
            yield step
            yield evolve(fault.extra, expect="refused", faulty=True)
        else:
            yield evolve(
                step,
                changes=step.changes + fault.changes,
                removed=step.removed + fault.removed,
                person=fault.person or step.person,
                expect="refused",
                faulty=True,
            )
        if not fault.follow:
            return
        if fault.extra is None:
            yield evolve(step, name=f"{step.name}/clean")
        done = True
