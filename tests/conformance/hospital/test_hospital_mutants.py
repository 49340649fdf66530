"""The suite proves its eyesight on the hospital's side: every known-bad client is caught, for its own fault."""

from collections import Counter

import pytest

from conformance.mutants.hospital_hunt import hospital_packs, hunt_hospitals, right_hospital, run_hospital
from conformance.mutants.hospitals import hospital_mutant, hospital_mutants
from sim.errors import InputError

ALSO = {"hospital.told_refused": ("hospital_swallows_unknown_outcomes", "HOS-101")}
"""Checks that see a fault which another check is named for."""
ONLY_WARNED = {
    "hospital_hides_reasons",
    "hospital_leaves_registration",
    "hospital_refunds_by_reversal",
    "hospital_reverses_twice",
    "hospital_takes_any_answer",
}
"""Faults against clauses that SHOULD hold, in which nothing else is broken."""


@pytest.mark.parametrize("name", [one.id for one in hospital_mutants()])
def test_every_mutant_is_caught_by_the_check_for_its_fault(name: str) -> None:
    """And its verdict is failed, unless the clause only SHOULD hold."""
    mutant = hospital_mutant(name)
    (caught,) = hunt_hospitals(hospital_packs(), [mutant])
    assert mutant.check in caught.by
    assert not caught.survived
    assert caught.verdict == ("passed" if name in ONLY_WARNED else "failed")


@pytest.mark.parametrize("check", sorted(ALSO))
def test_other_checks_see_something_too(check: str) -> None:
    """No check is there for show."""
    name, scenario = ALSO[check]
    result = run_hospital(hospital_mutant(name).build(), hospital_packs(), [scenario])
    assert check in {finding.observation.check for finding in result.findings}


def test_every_check_kills_a_mutant() -> None:
    """The checks that looked at the right client are those that the mutants are for."""
    looked = Counter(observation.check for observation in right_hospital().observations)
    assert set(looked) == {one.check for one in hospital_mutants()} | set(ALSO)
    assert len(hospital_mutants()) >= 40


def test_an_unknown_mutant_names_the_nearest() -> None:
    """A slip is shown what was meant."""
    with pytest.raises(InputError, match="hospital_double_click"):
        hospital_mutant("hospital_doubleclick")
