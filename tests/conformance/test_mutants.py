"""The suite proves its eyesight: every known-bad platform is caught, for its own fault, and every check catches one."""

import pytest

from conformance.mutants import Mutant, hunt, mutant, mutants
from conformance.pack import Pack
from conformance.result import RunResult
from sim.errors import InputError
from sim.platform.reference import reference
from tools.mutants_table import files

ONLY_WARNED = {
    "answered_before_it_came",
    "balance_before_the_payment",
    "breaks_cancel_discharged",
    "breaks_change_discharged",
    "breaks_discharge_twice",
    "breaks_filing_again",
    "breaks_rev_cancelled",
    "breaks_undischarge",
    "breaks_undischarge_settled",
    "breaks_withdraw_nothing",
    "one_refmsgid_for_all",
    "refuses_in_one_text",
    "reversal_of_unknown_accepted",
    "trial_with_a_settlement_number",
}
"""Faults against clauses that only SHOULD hold."""
SEEN_ELSEWHERE = {
    "envelope.http": "in this process there is no status; test_hostile_targets.py",
    "envelope.infcode_form": "only ever a leniency; test_unusual.py",
    "reference.restricted": "only ever a leniency",
    "reference.several_uploads": "only ever a pass",
}
"""Checks that no platform in this process can fail, and where they are tried."""


@pytest.mark.parametrize("one", mutants(), ids=lambda one: one.id)
def test_every_mutant_is_caught_by_the_check_for_its_fault(one: Mutant, platform_packs: tuple[Pack, ...]) -> None:
    """And its verdict is failed, unless the clause only SHOULD hold."""
    (caught,) = hunt(platform_packs, [one])
    assert one.check in caught.by
    assert caught.verdict == ("passed" if one.id in ONLY_WARNED else "failed")


def test_the_named_scenarios_say_nothing_against_the_right_platform(whole: RunResult) -> None:
    """What catches a mutant is the fault, not the scenario."""
    named = {name for one in mutants() for name in one.scenarios}
    assert [] == [f for f in whole.findings if f.observation.scenario in named]
    assert named <= {scenario.id for scenario in whole.scenarios if scenario.status == "passed"}


def test_every_check_kills_a_mutant(whole: RunResult) -> None:
    """A check that never fails anywhere might as well not be there. Readings of open points fail only where promised
    (test_readings.py)."""
    there = {o.check for o in whole.observations if o.status != "not_judged" and not o.check.startswith("reading.")}
    assert set(SEEN_ELSEWHERE) == there - {one.check for one in mutants()}


def test_there_are_enough_of_them() -> None:
    """Each kind of fault the field knows."""
    assert 65 <= len(mutants())
    assert all(one.scenarios and one.check for one in mutants())


def test_a_platform_without_a_fault_survives(platform_packs: tuple[Pack, ...]) -> None:
    """The hunt itself finds nothing in the reference."""
    right = Mutant("right", mutants()[0].title, reference, ("OUT-001", "OUT-N01"), "amounts.A1")
    (caught,) = hunt(platform_packs, [right])
    assert caught.survived
    assert "passed" == caught.verdict


def test_the_published_table_is_the_register_of_mutants() -> None:
    """docs/mutants.md is generated, in both languages, and not out of date."""
    for file, content in files().items():
        assert content == file.read_text(encoding="utf-8"), f"{file.name}: run python -m tools.mutants_table"


def test_an_unknown_mutant_names_the_nearest() -> None:
    """A slip on the command line is shown what was meant."""
    with pytest.raises(InputError, match="settles_twice"):
        mutant("settle_twice")
