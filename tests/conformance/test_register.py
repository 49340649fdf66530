"""The requirements register: every clause is judged on the reference run, or says why not."""

from conformance.pack import Pack
from conformance.profile import Profile
from conformance.requirements import clauses
from conformance.result import RunResult
from sim.lang import LANGS


def test_every_clause_is_looked_at_or_excluded_with_a_reason(good: RunResult) -> None:
    """Coverage is counted from what was emitted, and no excluded clause is met in silence."""
    emitted = {o.clause for o in good.observations if o.status in ("pass", "leniency", "fail")}
    expected = {name for name, clause in clauses().items() if clause.excluded is None}
    assert expected == emitted


def test_every_check_names_a_clause_of_the_register(good: RunResult) -> None:
    """No observation speaks for a clause that nobody can read."""
    assert set() == {o.clause for o in good.observations} - set(clauses())


def test_one_check_is_one_clause_but_for_fields_and_expectations(good: RunResult) -> None:
    """A waiver by check waives what it says."""
    by_check: dict[str, set[str]] = {}
    for o in good.observations:
        by_check.setdefault(o.check, set()).add(o.clause)
    several = {check for check, names in by_check.items() if len(names) > 1}
    assert several <= {"schema.reply.req", "schema.reply.form", "schema.reply.code", "expectation.refused"}


def test_every_clause_speaks_both_languages_and_names_its_source() -> None:
    """A finding is read by people who know one of them."""
    for clause in clauses().values():
        assert all(clause.text.show(lang).strip() for lang in LANGS), clause.id
        assert clause.source
    assert len(clauses()) >= 60


def test_every_feature_of_a_profile_changes_something(outpatient: Pack) -> None:
    """A promise that no scenario and no check asks for would be an empty word."""
    asked = {feature for scenario in outpatient.scenarios for feature in scenario.features}
    by_the_judge = {"repeat_is_answered_again"}
    assert set(Profile().features) == asked | by_the_judge
