"""A scenario as typed values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cached_property
from typing import Any, Literal, cast

from attrs import evolve, field, frozen

from sim.lang import Text
from sim.platform.identities import standing
from sim.platform.people import PHARMACY, Institution, Person

Aid = Literal["at_risk", "subsistence", "destitute", "several", "ended"]
Expectation = Literal["accepted", "refused", "same_reply", "either"]
RunKind = Literal["plain", "control", "fault"]
PATIENT = "patient"
"""The person a step is about unless it names another."""


@frozen
class PersonNeed:
    """What a scenario needs of a person; None means that it does not matter.

    ``filing`` is a filing valid today for the institution's province, ``"none"`` that there is no such filing;
    ``province`` the insured place's; ``disease`` a chronic disease that is filed, ``"none"`` that none is, ``"any"``.
    ``family``: ``"open"`` where a member of the family shares his account, ``"member"`` whoever shares his with the
    patient. ``aid``: the group of medical aid that the person's identities give today, ``several`` of two at once,
    ``ended`` where they gave one and no longer do. Such people play no part that does not ask for it.
    """

    insurance: Literal["employee", "resident"] = "employee"
    place: Literal["other_province", "local"] = "other_province"
    retired: bool | None = None
    suspended: bool = False
    filing: str | None = None
    civil_servant: bool | None = None
    needy: bool | None = None
    account: bool | None = None
    province: str | None = None
    disease: str | None = None
    family: Literal["open", "member"] | None = None
    aid: Aid | None = None

    def fits(self, person: Person, institution: Institution, on: date, patient: Person | None = None) -> bool:
        """Whether a person can play the part at an institution on a day, beside whoever plays the patient."""
        if self.family == "open" and not person.family:
            return False
        if self.family == "member" and patient is not None and person.psn_no != patient.family:
            return False
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
        if self.province not in (None, person.province) or not self._disease_fits(person):
            return False
        if self.aid != aid_of(person, on):
            return False
        return self.filing is None or self.filing == filing_of(person, institution.province, on)

    def _disease_fits(self, person: Person) -> bool:
        filed = person.chronic
        return {None: True, "none": not filed, "any": bool(filed)}.get(self.disease, self.disease in filed)


def aid_of(person: Person, on: date) -> Aid | None:
    """The group of medical aid that a person's identities give on a day, and what else `PersonNeed` says of it; None
    where no code decides."""
    if not person.identities:
        return None
    groups = standing(person.held, on).groups
    if len(groups) > 1:
        return "several"
    if groups:
        return cast(Aid, next(iter(groups)))
    decides = any(standing((one,), one.from_day).groups for one in person.identities)
    return "ended" if decides and not any(one.holds(on) for one in person.identities) else None


def filing_of(person: Person, province: str, on: date) -> str:
    """The kind of the filing that covers treatment in a province on a day, or ``"none"``."""
    return next((f.kind for f in person.filings if f.covers(province, on, on)), "none")


@frozen
class InstitutionNeed:
    """What a scenario needs of an institution. ``near``: where the second one lies as seen from the first;
    ``alone``: nobody else works there meanwhile."""

    level: str | None = None
    kind: Literal["hospital", "pharmacy"] = "hospital"
    province: str | None = None
    near: Literal["same_province", "other_province"] | None = None
    alone: bool = False

    def fits(self, institution: Institution, first: Institution | None = None) -> bool:
        """Whether an institution can play the part; of the second one, beside the first."""
        if self.level not in (None, institution.level) or self.province not in (None, institution.province):
            return False
        if (self.kind == "pharmacy") != (institution.fixmedins_type == PHARMACY):
            return False
        if first is None:
            return True
        if institution.fixmedins_code == first.fixmedins_code:
            return False
        return self.near is None or (self.near == "same_province") == (institution.province == first.province)


@frozen
class Charged:
    """One line of a bill: a catalogue item, the quantity in 1/10000, and whether the hospital approved its use.

    ``back_of``: it gives some of that line back (its number in the visit, from 1); the quantity then counts back.
    """

    item: str
    quantity: int
    approved: bool | None = None
    back_of: int = 0


Moment = Literal["date", "time"]


@frozen
class Change:
    """An override of one value of a composed message, by dotted path; or a value by field name, before it is composed.

    ``value`` is put there as it is; or, when ``source`` is a dotted path into an earlier step (``settle.reply.output``,
    ``other.psn_no``), the value found there; or, with ``plus``, the amount there changed by so many fen; or, with
    ``moment``, the date or time ``value`` days from now, or a date of last month (``month_begins``, ``month_ends``).
    """

    path: tuple[str | int, ...]
    value: Any = None
    source: str = ""
    plus: int | None = None
    moment: Moment | None = None


@frozen
class FileNeed:
    """How an uploaded file of the institution's own books differs from them: lines (by the step that settled or
    cancelled) left out or with another total (fen), and lines made up."""

    left_out: tuple[str, ...] = ()
    changed: tuple[tuple[str, int], ...] = ()
    made_up: int = 0


@frozen
class Step:
    """One thing the hospital does.

    ``send`` a transaction composed from the dictionary, or ``repeat`` an earlier step's bytes, or say it ``again``
    under a new message id. ``msgid_of`` sends under the message id of an earlier step. ``person``, ``visit`` and
    ``batch`` are labels: of a need, of a visit (a new label opens one at 2201), of a charge batch; ``at`` is the second
    institution. ``values`` are by field name. ``body`` spoils the bytes (`spoil.SPOILS`). ``held``: composed, but not
    sent before a step repeats it; ``lost``: sent, but its answer never comes; ``times``: sent so often at once.
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
    at: Literal["first", "second"] = "first"
    bill: tuple[Charged, ...] = ()
    file: FileNeed = FileNeed()
    values: tuple[Change, ...] = ()
    body: tuple[str, int] | None = None
    headers: tuple[tuple[str, str], ...] = ()
    held: bool = False
    lost: bool = False
    times: int = 1
    changes: tuple[Change, ...] = ()
    removed: tuple[tuple[str | int, ...], ...] = ()
    expect: Expectation = "accepted"
    faulty: bool = False


@frozen
class Fault:
    """The one thing that is wrong in a negative scenario.

    At ``step`` the changes apply; or, with ``extra``, one more step comes after it; or, with ``first``, one that is
    right comes before it and makes it wrong. ``follow``: the step without the fault is sent afterwards and must be
    accepted, because a refusal leaves nothing behind.
    """

    step: str
    changes: tuple[Change, ...] = ()
    removed: tuple[tuple[str | int, ...], ...] = ()
    person: str = ""
    at: Literal["first", "second", ""] = ""
    values: tuple[Change, ...] = ()
    body: tuple[str, int] | None = None
    headers: tuple[tuple[str, str], ...] = ()
    file: FileNeed | None = None
    first: Step | None = None
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
    second: InstitutionNeed | None = None
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

    @property
    def needs_http(self) -> bool:
        """Whether it says something with headers, which only a target on a port sees."""
        return any(step.headers for run in self.runs for step in self.steps_of(run))

    def step(self, run: str, name: str) -> Step | None:
        """The step of that name."""
        return self._by_name.get((run == "fault", name))

    @cached_property
    def _by_name(self) -> Mapping[tuple[bool, str], Step]:
        """The first step of each name, without and with the fault: the judge asks for every exchange."""
        runs: tuple[tuple[bool, RunKind], ...] = ((False, "control"), (True, "fault"))
        return {(bad, step.name): step for bad, run in runs for step in reversed(tuple(self.steps_of(run)))}


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
            if fault.first is not None:
                yield fault.first
            yield evolve(
                step,
                changes=step.changes + fault.changes,
                removed=step.removed + fault.removed,
                person=fault.person or step.person,
                at=fault.at or step.at,
                values=step.values + fault.values,
                body=fault.body or step.body,
                headers=step.headers + fault.headers,
                file=fault.file or step.file,
                expect="refused",
                faulty=True,
            )
        if not fault.follow:
            return
        if fault.extra is None:
            yield evolve(step, name=f"{step.name}/clean")
        done = True
