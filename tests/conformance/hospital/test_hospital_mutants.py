"""The suite proves its eyesight on the hospital's side: every known-bad client is caught, for its own fault."""

from collections import Counter

import pytest

from conformance.mutants.hospital_hunt import hospital_packs, hunt_hospitals, right_hospital
from conformance.mutants.hospitals import hospital_mutant, hospital_mutants
from sim.errors import InputError

CAUGHT_BY = {
    "amounts_as_strings": ("request.form", "HOS-001"),
    "cancels_by_own_number": ("cancel_known", "HOS-013"),
    "cancels_twice": ("cancel_once", "HOS-014"),
    "cash_includes_account": ("cash", "HOS-004"),
    "crashes_on_error_pages": ("answered", "HOS-106"),
    "double_click": ("once", "HOS-012"),
    "empty_insured_place": ("insured_place", "HOS-001"),
    "forgets_a_line": ("bill", "HOS-001"),
    "forgets_doubts": ("doubt_end", "HOS-111"),
    "hides_reasons": ("reason", "HOS-018"),
    "ignores_differences": ("rec_told", "HOS-206"),
    "ignores_sign_in": ("sign_in", "HOS-001"),
    "leaves_registration": ("left", "HOS-016"),
    "line_numbers_begin_again": ("line_numbers", "HOS-007"),
    "no_reconciliation": ("rec_done", "HOS-201"),
    "numbers_only": ("expected", "HOS-023"),
    "one_visit_for_all": ("visit_own", "HOS-009"),
    "other_terms_than_trial": ("terms", "HOS-004"),
    "own_codes": ("request.code", "HOS-001"),
    "own_parts": ("parts", "HOS-001"),
    "own_place_for_strangers": ("insured_place", "HOS-001"),
    "own_transaction": ("infno", "HOS-001"),
    "own_visit_number": ("visit_first", "HOS-001"),
    "random_message_ids": ("msgid", "HOS-001"),
    "reads_by_identity_card": ("credential", "HOS-005"),
    "reconciles_one_insurance": ("rec_done", "HOS-203"),
    "refunds_by_reversal": ("rev_doubt", "HOS-013"),
    "refunds_not_in_books": ("rec_sums", "HOS-202"),
    "retries_under_new_ids": ("no_new_id", "HOS-101"),
    "reuses_message_ids": ("msgid_unique", "HOS-001"),
    "reverses_by_other_number": ("rev_names", "HOS-102"),
    "reverses_twice": ("rev_once", "HOS-102"),
    "reverses_unsent_id": ("rev_original", "HOS-102"),
    "settles_again_on_second_click": ("settled_once", "HOS-012"),
    "settles_without_details": ("details_first", "HOS-001"),
    "settles_without_trial": ("trial_first", "HOS-002"),
    "shows_own_fund": ("shown", "HOS-004"),
    "skips_description": ("described", "HOS-001"),
    "skips_person_read": ("person_first", "HOS-001"),
    "speaks_gbk": ("json", "HOS-001"),
    "swallows_unknown_outcomes": ("doubt", "HOS-101"),
    "takes_refusal_for_success": ("told_done", "HOS-022"),
    "takes_silence_for_success": ("told_done", "HOS-102"),
    "total_without_last_line": ("total", "HOS-001"),
    "truncates_lines": ("line_amount", "HOS-008"),
    "uses_account_unasked": ("as_asked", "HOS-001"),
    "without_beginning": ("request.req", "HOS-001"),
    "without_version": ("request.envelope", "HOS-001"),
}
"""The check that must see each fault, and a scenario in which it does; `yidi mutants` plays all of them."""
ALSO = {"told_refused": ("swallows_unknown_outcomes", "HOS-101")}
"""Checks that see a fault which another check is named for."""
ONLY_WARNED = {"hides_reasons", "leaves_registration", "refunds_by_reversal", "reverses_twice"}
"""Faults against clauses that SHOULD hold, in which nothing else is broken."""


def test_the_table_is_complete() -> None:
    """A mutant without an expected catcher is not a proof of anything."""
    assert {f"hospital_{name}" for name in CAUGHT_BY} == {one.id for one in hospital_mutants()}
    assert len(hospital_mutants()) >= 40


@pytest.mark.parametrize("name", sorted(CAUGHT_BY))
def test_every_mutant_is_caught_by_the_check_for_its_fault(name: str) -> None:
    """And its verdict is failed, unless the clause only SHOULD hold."""
    check, scenario = CAUGHT_BY[name]
    (caught,) = hunt_hospitals(hospital_packs(), [hospital_mutant(f"hospital_{name}")], only=[scenario])
    assert f"hospital.{check}" in caught.by
    assert caught.verdict == ("passed" if name in ONLY_WARNED else "failed")


@pytest.mark.parametrize("check", sorted(ALSO))
def test_other_checks_see_something_too(check: str) -> None:
    """No check is there for show."""
    name, scenario = ALSO[check]
    (caught,) = hunt_hospitals(hospital_packs(), [hospital_mutant(f"hospital_{name}")], only=[scenario])
    assert f"hospital.{check}" in caught.by


def test_every_check_kills_a_mutant() -> None:
    """The checks that looked at the right client are those that the tables above name."""
    looked = Counter(observation.check for observation in right_hospital().observations)
    assert set(looked) == {f"hospital.{check}" for check, _ in CAUGHT_BY.values()} | {f"hospital.{c}" for c in ALSO}


def test_an_unknown_mutant_names_the_nearest() -> None:
    """A slip is shown what was meant."""
    with pytest.raises(InputError, match="hospital_double_click"):
        hospital_mutant("hospital_doubleclick")
