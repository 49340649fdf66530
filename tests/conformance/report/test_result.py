"""What follows from a run: verdict, exit code, findings, coverage, waivers."""

import itertools

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from conformance.observation import Observation
from conformance.result import EXIT_CODES, RunResult, ScenarioResult, Waiver, group
from sim.lang import plain
from tests.conformance.report.samples import (
    CLAUSES,
    COMMON,
    GOOD,
    NEGATIVE,
    SAMPLES,
    failed,
    harness,
    looks,
    nothing,
    partial,
    passed,
)

LEVELS = {"MUST": "REQ-AMT-04", "SHOULD": "REQ-MSG-02", "MAY": "REQ-OPN-07"}


def fail(clause: str, check: str = "a.check", scenario: str = "") -> Observation:
    """A failed look."""
    return Observation(check, clause, "fail", "interface", 1, scenario)


@pytest.mark.parametrize(
    ("name", "verdict", "code"),
    [
        ("passed", "passed", 0),
        ("failed", "failed", 1),
        ("partial", "incomplete", 4),
        ("nothing", "nothing_checked", 4),
        ("harness", "harness_failed", 3),
    ],
)
def test_verdict_and_exit_code(name, verdict, code):
    """Each kind of run has its verdict and exit code."""
    result = SAMPLES[name]()
    assert (verdict, code) == (result.verdict, result.exit_code)


@pytest.mark.parametrize(
    ("level", "strict", "verdict"),
    [("MUST", False, "failed"), ("SHOULD", False, "passed"), ("MAY", False, "passed"), ("SHOULD", True, "failed")],
)
def test_only_a_broken_must_is_red_unless_strict(level, strict, verdict):
    """SHOULD and MAY are warnings; strict makes every finding red."""
    result = evolve(passed(), observations=(*passed().observations, fail(LEVELS[level])), strict=strict)
    # strict would also fail the sample's untestable clause, so look at the finding itself
    assert ("error" if verdict == "failed" else "warning") == result.findings[0].severity
    if not strict:
        assert verdict == result.verdict


def test_a_clause_outside_the_register_counts_as_must():
    """A finding is not made harmless by a missing clause."""
    assert 1 == evolve(passed(), observations=(fail("REQ-UNHEARD-OF"),)).exit_code


@given(st.lists(st.sampled_from(["pass", "fail", "not_judged", "leniency"])), st.booleans(), st.booleans())
def test_zero_means_that_something_was_checked_and_nothing_red_was_found(statuses, partial_run, with_scenario):
    """Exit code 0 needs a look that was judged, no failed MUST, and a whole run."""
    observations = tuple(Observation("c", "REQ-AMT-04", s, "interface") for s in statuses)
    scenarios = (GOOD,) if with_scenario else ()
    result = RunResult(**COMMON, observations=observations, scenarios=scenarios, partial=partial_run)
    judged = with_scenario or any(s != "not_judged" for s in statuses)
    expected = judged and "fail" not in statuses and not partial_run
    assert expected == (result.exit_code == 0)


def test_scenarios_that_were_not_run_are_not_a_check():
    """A run in which every scenario was skipped has checked nothing."""
    skipped = ScenarioResult("s", plain("场景", "S"), "not_run")
    assert "nothing_checked" == RunResult(**COMMON, scenarios=(skipped,)).verdict


def test_only_looks_that_could_not_be_judged_are_no_check():
    """Having seen without being able to know is not a pass."""
    unknown = Observation("c", "REQ-AMT-04", "not_judged", "exact")
    assert "nothing_checked" == RunResult(**COMMON, observations=(unknown,)).verdict


def test_a_failed_scenario_without_a_finding_is_red():
    """A scenario that did not go as it must fails the run even when no check said why."""
    assert 1 == evolve(passed(), scenarios=(evolve(GOOD, status="failed"),)).exit_code


def test_a_red_finding_fails_its_scenario():
    """Steps that went through do not hide a finding."""
    result = evolve(passed(), observations=(fail("REQ-AMT-04", scenario=GOOD.id),))
    assert "failed" == result.outcome(result.scenarios[0])


def test_a_warning_leaves_its_scenario_passed():
    """A SHOULD alone fails nothing."""
    result = evolve(passed(), observations=(fail("REQ-MSG-02", scenario=GOOD.id),))
    assert ("passed", 0) == (result.outcome(result.scenarios[0]), result.exit_code)


def test_a_warning_does_not_excuse_a_failed_scenario():
    """A scenario that went wrong stays failed when all that was written down about it is a warning."""
    broken = evolve(GOOD, status="failed")
    result = evolve(passed(), scenarios=(broken,), observations=(fail("REQ-MSG-02", scenario=GOOD.id),))
    assert ("failed", 1) == (result.outcome(broken), result.exit_code)


def test_a_waiver_excuses_a_failed_scenario():
    """What a waiver covers does not come back as a failed scenario."""
    broken = evolve(GOOD, status="failed")
    look = fail("REQ-AMT-04", scenario=GOOD.id)
    waiver = Waiver("a.check", "reason", "owner", "2026-12-31")
    result = evolve(passed(), scenarios=(broken,), observations=(look,), waivers=(waiver,))
    assert ("passed", 0) == (result.outcome(broken), result.exit_code)


def test_harness_fault_wins_over_findings_and_keeps_them():
    """A vendor is not blamed by a run that cannot be trusted, and what was found is still listed."""
    assert (3, 1) == (harness().exit_code, len(harness().errors))


def waived(until: str, *, check: str = "a.check", held: bool = False) -> RunResult:
    """A run with one finding, or one that held, and one waiver."""
    status = "pass" if held else "fail"
    look = Observation("a.check", "REQ-AMT-04", status, "interface")
    waiver = Waiver(check, "reason", "owner", until)
    return RunResult(**COMMON, observations=(look, *looks("", 0, "REQ-ENV-01")), waivers=(waiver,))


@pytest.mark.parametrize("check", ["a.check", "REQ-AMT-04"])
def test_a_waiver_covers_a_finding_by_check_or_clause(check):
    """A waived finding is listed apart and is not red."""
    result = waived("2026-12-31", check=check)
    assert (0, 0, 1) == (result.exit_code, len(result.findings), len(result.waived))


@pytest.mark.parametrize(("until", "state", "code"), [("2026-01-01", "expired", 1), ("2026-01-02", "used", 0)])
def test_a_waiver_counts_up_to_its_last_day(until, state, code):
    """The run of 2 January 2026 is covered on the last day and not the day after."""
    result = waived(until)
    assert (state, code) == (result.waiver_states[0].state, result.exit_code)


def test_a_waiver_whose_subject_held_is_stale_and_red():
    """A waiver that is no longer needed must go."""
    result = waived("2026-12-31", held=True)
    assert ("stale", 1) == (result.waiver_states[0].state, result.exit_code)


def test_a_waiver_whose_check_was_not_reached_is_neither():
    """Running one pack does not make the waivers of others red."""
    result = waived("2026-12-31", check="another.check", held=True)
    assert ("not_reached", 0) == (result.waiver_states[0].state, result.exit_code)


def test_untestable_clauses_are_red_when_strict():
    """A MUST that was looked at and never judged fails a strict run only."""
    assert ("REQ-BEN-01",) == tuple(row.clause.id for row in passed().untestable)
    assert (0, 1) == (passed().exit_code, evolve(passed(), strict=True).exit_code)


def test_coverage_counts_looks_and_names_every_clause():
    """Counts of a row are those of the observations; a clause that nobody looked at is there too."""
    rows = {row.clause.id: row for row in failed().coverage}
    assert set(CLAUSES) == set(rows)
    assert (0, 2, "broken") == (rows["REQ-AMT-04"].passed, rows["REQ-AMT-04"].failed, rows["REQ-AMT-04"].state)
    assert "held" == rows["REQ-ENV-01"].state
    assert "not_reached" == rows["REQ-CLR-09"].state
    assert "excluded" == rows["REQ-MAN-01"].state
    assert "not_judged" == {row.clause.id: row for row in passed().coverage}["REQ-BEN-01"].state


def test_groups_gather_one_cause_and_put_red_first():
    """Findings with one cause stand together, in any order of observations; warnings come last."""
    observations = failed().observations
    for order in itertools.islice(itertools.permutations(observations), 0, 720, 90):
        groups = evolve(failed(), observations=order).groups
        assert [1, 1, 2] == sorted(len(g.findings) for g in groups)
        assert "warning" == groups[-1].severity
        assert {GOOD.id, NEGATIVE.id} == set(max(groups, key=lambda g: len(g.findings)).scenarios)


def test_every_finding_is_in_exactly_one_group():
    """Grouping loses nothing and shows nothing twice."""
    grouped = [f.number for g in group(failed().all_findings) for f in g.findings]
    assert sorted(grouped) == [f.number for f in failed().all_findings]


def test_the_command_that_repeats_is_quoted_for_a_shell():
    """A target with an ampersand or a space can be pasted."""
    result = evolve(passed(), driven=True, command=("yidi", "certify", "--target", "http://x/?a=1&b= 2"))
    assert "yidi certify --target 'http://x/?a=1&b= 2' --scenario outpatient.plain" == result.repeat("outpatient.plain")


def test_one_scenario_repeated_leaves_the_report_alone():
    """A report's own command must not write over that report, nor choose a scenario twice; the whole run's command is
    as it was given."""
    given = (
        "yidi",
        "certify",
        "platform",
        "--out=a b",
        "--scenario",
        "x",
        "--target",
        "http://x",
        "--out",
        "c",
        "--sm",
    )
    result = evolve(passed(), driven=True, command=given)
    assert "yidi certify platform --target http://x --sm --scenario y" == result.repeat("y")
    assert "yidi certify platform '--out=a b' --scenario x --target http://x --out c --sm" == result.repeat()


def test_a_recording_is_judged_again_as_a_whole():
    """``yidi judge`` reads a conversation: no scenario of it can be chosen."""
    result = evolve(passed(), driven=False, command=("yidi", "judge", "talk.jsonl", "--out", "out"))
    assert "yidi judge talk.jsonl --out out" == result.repeat("outpatient.plain")


def test_a_run_without_a_command_promises_none():
    """Better no command than a wrong one."""
    assert "" == evolve(nothing(), command=()).repeat("x")


def test_every_verdict_has_an_exit_code_of_the_contract():
    """0 passed, 1 findings, 3 harness, 4 nothing or not all."""
    assert {0, 1, 3, 4} == set(EXIT_CODES.values())
    assert ["passed"] == [verdict for verdict, code in EXIT_CODES.items() if code == 0]


def test_partial_run_is_never_zero():
    """Whatever else was found."""
    assert 0 != partial().exit_code
    assert all(0 != evolve(make(), partial=True).exit_code for make in SAMPLES.values())
