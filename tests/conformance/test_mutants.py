"""The suite proves its eyesight: every known-bad platform is caught, for its own fault."""

import pytest

from conformance.mutants import hunt, mutant, mutants
from conformance.pack import Pack
from sim.errors import InputError

CAUGHT_BY = {
    "accumulators_not_given_back": "life.counters_back",
    "answers_empty_object": "envelope.infcode",
    "cancellation_with_positive_amounts": "amounts.R1",
    "cancels_without_a_settlement": "expectation.refused",
    "cash_includes_account": "amounts.A3",
    "counters_not_moved": "exact.counters",
    "deductible_charged_twice": "exact.deductible",
    "final_differs_from_trial": "life.trial_equals_final",
    "foreign_credential_accepted": "expectation.refused",
    "fund_includes_account": "amounts.A2",
    "out_of_town_reduction_ignored": "exact.funds",
    "price_limit_ignored": "amounts.L4",
    "refuses_in_one_text": "envelope.reasons_differ",
    "refuses_without_reason": "envelope.err_msg",
    "reply_for_another_person": "life.psn_no",
    "retired_paid_as_working": "exact.funds",
    "reversal_of_unknown_accepted": "life.reversal_known",
    "settles_twice": "life.settled_once",
    "strings_for_numbers": "schema.reply.form",
    "times_in_the_wrong_form": "envelope.time_form",
    "total_off_by_a_fen": "amounts.A1",
    "trial_leaves_trace": "life.trial_no_trace",
    "wrong_total_accepted": "expectation.refused",
}
ONLY_WARNED = {"refuses_in_one_text", "reversal_of_unknown_accepted"}
"""Faults against clauses that SHOULD hold."""


def test_the_table_is_complete() -> None:
    """A mutant without an expected catcher is not a proof of anything."""
    assert set(CAUGHT_BY) == {one.id for one in mutants()}
    assert len(mutants()) >= 8


@pytest.mark.parametrize("name", sorted(CAUGHT_BY))
def test_every_mutant_is_caught_by_the_check_for_its_fault(name: str, outpatient: Pack) -> None:
    """And its verdict is failed, unless the clause only SHOULD hold."""
    (caught,) = hunt([outpatient], [mutant(name)])
    assert CAUGHT_BY[name] in caught.by
    assert not caught.survived
    assert caught.verdict == ("passed" if name in ONLY_WARNED else "failed")


def test_an_unknown_mutant_names_the_nearest() -> None:
    """A slip on the command line is shown what was meant."""
    with pytest.raises(InputError, match="settles_twice"):
        mutant("settle_twice")
