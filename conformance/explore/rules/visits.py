"""Visits and stays: begun, described, changed, ended, given up."""

from __future__ import annotations

from collections.abc import Mapping

from conformance.explore.rules.act import (
    HOSPITAL,
    INSURED,
    OPEN_VISIT,
    OWN_VISIT,
    Act,
    Asked,
    ended,
    nothing,
    unless,
    visit_of,
    visit_there,
)
from conformance.explore.world import Move, Visit, World


def _register(world: World, move: Move) -> None:
    world.visits[move.id] = Visit(move.id, "outpatient", move.who, move.at, move.has("revised"))


def _admit(world: World, move: Move) -> None:
    flags = move.has("revised"), move.has("emergency")
    world.visits[move.id] = Visit(move.id, "inpatient", move.who, move.at, *flags, described=True)


def _describe(world: World, move: Move) -> None:
    visit_of(world, move).described = True


def _discharge(world: World, move: Move) -> None:
    visit_of(world, move).discharged = move.act == "discharge"


def _give_up(world: World, move: Move) -> None:
    visit_of(world, move).gone = True


VISITS: Mapping[str, Act] = {
    "register": Act({"outpatient": "2201"}, (INSURED, HOSPITAL), _register, may_be=frozenset({"revised"})),
    "admit": Act({"inpatient": "2401"}, (INSURED, HOSPITAL), _admit, may_be=frozenset({"revised", "emergency"})),
    "describe": Act(
        {"outpatient": "2203"},
        (
            *OPEN_VISIT,
            Asked("", unless(lambda w, m: visit_of(w, m).described)),
            Asked("", unless(lambda w, m: m.has("chronic") and w.cast.people[m.who].get("disease", "none") == "none")),
        ),
        _describe,
        visit_there,
        may_be=frozenset({"emergency", "chronic"}),
    ),
    "give_up": Act(
        {"outpatient": "2202", "inpatient": "2404"},
        (
            *OWN_VISIT,
            Asked("ORD-CANCELLED-AGAIN", lambda w, m: not visit_of(w, m).gone),
            Asked("ORD-CANCEL-SETTLED", lambda w, m: not w.standing(m.visit)),
            Asked("ORD-CANCEL-DISCHARGED", lambda w, m: not visit_of(w, m).discharged),
            Asked("", unless(lambda w, m: bool(visit_of(w, m).lines) or w.open_end(m.visit))),
        ),
        _give_up,
        visit_there,
    ),
    "change": Act(
        {"inpatient": "2403"},
        (
            *OPEN_VISIT,
            Asked("ORD-CHANGE-DISCHARGED", lambda w, m: not visit_of(w, m).discharged),
            Asked("", unless(lambda w, m: bool(w.standing(m.visit)))),
        ),
        nothing,
        visit_there,
    ),
    "discharge": Act(
        {"inpatient": "2402"},
        (*OPEN_VISIT, Asked("ORD-DISCHARGE-TWICE", lambda w, m: not visit_of(w, m).discharged)),
        _discharge,
        visit_there,
    ),
    "undischarge": Act(
        {"inpatient": "2405"},
        (
            *OPEN_VISIT,
            Asked("ORD-UNDISCHARGE", lambda w, m: visit_of(w, m).discharged),
            Asked("ORD-UNDISCHARGE-SETTLED", lambda w, m: not ended(w, m)),
        ),
        _discharge,
        visit_there,
    ),
}
