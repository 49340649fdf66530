"""Who and what a scenario needs so that its thread can be said again: people and institutions of the recording, and
what is asked of those who will play them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Literal

from attrs import asdict, evolve, frozen

from conformance.conversation import Exchange
from conformance.profile import Profile
from conformance.recorded.people import Acquaintance, Known
from conformance.recorded.places import Places
from conformance.recorded.reading import person_of, text_of
from conformance.recorded.threads import Thread
from conformance.scenario.compose import dig
from conformance.scenario.effects import effect_of
from conformance.scenario.model import PATIENT, InstitutionNeed, PersonNeed
from conformance.targets.held import fen
from conformance.targets.player import accepted
from sim.errors import InputError
from sim.lang import Text, say
from sim.platform.people import PHARMACY, Institution, Person

OTHER = "other"
FIRST, SECOND = "first", "second"
RELAXED = ("disease", "account", "aid", "needy", "civil_servant", "retired", "filing", "province")
"""What is asked of people no longer, in this order, when nobody of the profile fits."""
RELAXED_PLACES = ("province", "level")
"""And of institutions, after that."""
CHRONIC = ("14", "9901", "9902", "9903", "9904")


@frozen
class Cast:
    """By their parts. ``stand_in``: the thread is about nobody, and the patient only there because somebody must be."""

    people: Mapping[str, Known]
    places: Mapping[str, Institution]
    stand_in: bool = False

    @property
    def persons(self) -> Mapping[str, Person]:
        """The people themselves."""
        return {role: one.person for role, one in self.people.items()}

    def label_of(self, exchange: Exchange) -> str:
        """The part of the institution that sent a message; a refused one may come from nobody. Raises InputError for a
        third institution."""
        code = (exchange.request.message or {}).get("fixmedins_code")
        label = next((label for label, one in self.places.items() if one.fixmedins_code == code), "")
        if not label and accepted(exchange):
            raise InputError(say("recorded.third_place"))
        return label or FIRST


def cast_of(thread: Thread, known: Acquaintance, places: Places) -> Cast | Text:
    """Who takes part in a thread; or why nobody can take a part."""
    people = _people(thread, known)
    parts, profile = _places(thread, places), places.profile
    strange = next((one for one in people.values() if one.need(parts[FIRST], date(2000, 1, 1)) is None), None)
    if strange is not None:
        return say("recorded.insurance", insutype=strange.person.insutype)
    if people:
        return Cast(people, parts)
    if any(accepted(one) is not False and person_of(one.request.message) for one in thread.exchanges):
        return say("recorded.unknown_person")
    if any(accepted(one) is not False and one.infno == "1101" for one in thread.exchanges):
        return say("recorded.unknown_person")
    somebody = next((p for p in profile.people if PersonNeed().fits(p, parts[FIRST], date(2000, 1, 1))), None)
    somebody = somebody or next(iter(profile.people), None)
    if somebody is None:
        return say("recorded.nobody")
    return Cast({PATIENT: Known(somebody, None)}, parts, stand_in=True)


def _people(thread: Thread, known: Acquaintance) -> dict[str, Known]:
    """The patient, and one other person if there is one: whoever has a visit before those who only say who they are,
    and those whose credential was only presented last."""
    found: dict[str, Known] = {}
    messages = [exchange.request.message or {} for exchange in thread.exchanges]
    visits = [one for one in messages if effect_of(str(one.get("infno"))).opens]
    order = (*map(known.who, (*visits, *messages)), *map(known.presented, messages))
    for who in order:
        if who is not None and who not in found.values() and len(found) < 2:
            found[OTHER if found else PATIENT] = who
    return found


def _places(thread: Thread, places: Places) -> dict[str, Institution]:
    """The institution that speaks first, and another one: that speaks and is listened to, or is referred to."""
    senders = [places.of_code((one.request.message or {}).get("fixmedins_code")) for one in thread.exchanges]
    heard = [place for place, one in zip(senders, thread.exchanges, strict=True) if accepted(one)]
    found = {FIRST: (heard or senders)[0]}
    declared = [one for one in senders if places.declared(one.fixmedins_code)]
    for place in (*heard, *declared, *_referred(thread.exchanges, places)):
        if place.fixmedins_code != found[FIRST].fixmedins_code:
            found.setdefault(SECOND, place)
    return found


def _referred(exchanges: Sequence[Exchange], places: Places) -> Iterator[Institution]:
    """Where patients are transferred to."""
    for exchange in exchanges:
        code = text_of(exchange.request.message, "reflin_medins_no")
        if code and (accepted(exchange) or places.declared(code)):
            yield places.of_code(code)


# --- what is asked for -----------------------------------------------------------------------------------------------


@frozen
class Needs:
    """Of people by their part, and of the institutions."""

    people: Mapping[str, PersonNeed]
    places: Mapping[str, InstitutionNeed]

    def rows(self, stand_in: bool) -> dict[str, Any]:
        """As a scenario file has them."""
        names = {PATIENT: "person", OTHER: "other"}
        found: dict[str, Any] = {}
        for role, need in self.people.items():
            if not (stand_in and need == PersonNeed()):
                found[names[role]] = {"insurance": need.insurance, "place": need.place} | _told(need, PersonNeed())
        for label, place in self.places.items():
            told = _told(place, InstitutionNeed())
            if told or label == SECOND:
                found["institution" if label == FIRST else SECOND] = told
        return found


def _told(need: Any, usual: Any) -> dict[str, Any]:
    standard = asdict(usual)
    return {key: value for key, value in asdict(need).items() if value != standard[key]}


def needs_of(cast: Cast, exchanges: Sequence[Exchange], profile: Profile, day: date, alone: bool) -> Needs:
    """Everything that is known of those who took part, as far as scenarios can ask for it."""
    first = cast.places[FIRST]
    if cast.stand_in:
        who = cast.people[PATIENT].person
        usual = PersonNeed()
        people = {PATIENT: usual if usual.fits(who, first, day) else _least(cast.people[PATIENT], first, day)}
    else:
        people = {role: _of_person(one, first, exchanges, day) for role, one in cast.people.items()}
        people = {role: evolve(need, family=_family(role, cast, exchanges)) for role, need in people.items()}
    places = {FIRST: evolve(_of_place(first, profile), alone=alone)}
    if SECOND in cast.places:
        second = cast.places[SECOND]
        near: Literal["same_province", "other_province"] = "other_province"
        if second.province == first.province:
            near = "same_province"
        places[SECOND] = evolve(_of_place(second, profile), near=near)
    return Needs(people, places)


def _least(known: Known, first: Institution, day: date) -> PersonNeed:
    need = known.need(first, day) or PersonNeed()
    return PersonNeed(insurance=need.insurance, place=need.place, suspended=need.suspended)


def _of_person(known: Known, first: Institution, exchanges: Sequence[Exchange], day: date) -> PersonNeed:
    need = known.need(first, day) or PersonNeed()
    treated = _treated_for(exchanges, known.person.psn_no)
    if treated is not None:
        return evolve(need, disease=treated)
    if known.declared and known.person.chronic:
        return evolve(need, disease=known.person.chronic[0])
    return need


def _family(role: str, cast: Cast, exchanges: Sequence[Exchange]) -> Literal["open", "member"] | None:
    """Whether the patient draws on the account of the family, or the other person is who shares it."""
    patient, who = cast.people[PATIENT].person, cast.people[role].person
    if role == OTHER:
        return "member" if patient.family and who.psn_no == patient.family else None
    replies = (exchange.reply.message for exchange in exchanges if accepted(exchange) and exchange.reply)
    shared = any(fen(dig(reply, "output", "setlinfo", "acct_mulaid_pay")) for reply in replies)
    return "open" if patient.family or shared else None


def _treated_for(exchanges: Sequence[Exchange], psn_no: str) -> str | None:
    """The chronic disease for which somebody was treated: it is filed for them. One that is filed here was not."""
    for exchange in exchanges:
        message = exchange.request.message
        if person_of(message) != psn_no or not accepted(exchange):
            continue
        if exchange.infno == "2503":
            return "none"
        code = text_of(message, "dise_codg")
        if text_of(message, "med_type") in CHRONIC and len(code) == len("M00000") and code.startswith("M"):
            return code
    return None


def _of_place(place: Institution, profile: Profile) -> InstitutionNeed:
    declared = profile.institution(place.fixmedins_code)
    return InstitutionNeed(
        level=declared.level or None if declared else None,
        kind="pharmacy" if place.fixmedins_type == PHARMACY else "hospital",
        province=place.province or None,
    )


def castable(needs: Needs, profile: Profile, day: date) -> tuple[Needs, tuple[str, ...]] | None:
    """The needs, so far that somebody fits, and what is asked for no longer; None when nobody ever does."""
    dropped: list[str] = []
    for drop in (None, *RELAXED, *(f"institution.{name}" for name in RELAXED_PLACES)):
        if drop is not None:
            less = _without(needs, drop)
            if less == needs:
                continue
            needs = less
            dropped.append(drop)
        if _fits(needs, profile, day):
            return needs, tuple(dropped)
    return None


def _without(needs: Needs, drop: str) -> Needs:
    nothing: dict[str, Any] = {drop.rpartition(".")[2]: None}
    if drop.startswith("institution."):
        return evolve(needs, places={label: evolve(one, **nothing) for label, one in needs.places.items()})
    return evolve(needs, people={role: evolve(one, **nothing) for role, one in needs.people.items()})


def _fits(needs: Needs, profile: Profile, day: date) -> bool:
    for first in profile.places:
        if not needs.places[FIRST].fits(first):
            continue
        second = needs.places.get(SECOND)
        if second is not None and not any(second.fits(one, first) for one in profile.places):
            continue
        taken: set[str] = set()
        patient: Person | None = None
        for need in needs.people.values():
            free = (p for p in profile.people if p.certno not in taken)
            fit = next((p for p in free if need.fits(p, first, day, patient)), None)
            if fit is None:
                break
            patient = patient or fit
            taken.add(fit.certno)
        else:
            return True
    return False
