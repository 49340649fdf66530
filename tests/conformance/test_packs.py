"""The packs as they are shipped: enough of them, right about a right platform, and each scenario seen to fail."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from attrs import evolve

from conformance.mutants import mutant, right
from conformance.mutants.build import saying
from conformance.mutants.hunt import run_against
from conformance.pack import Pack, load_pack, packs
from conformance.profile import FEATURES, Profile
from conformance.result import RunResult, Waiver
from conformance.run import certify_platform
from conformance.targets.platform import china_time
from conformance.targets.transport import InProcessTransport
from sim.lang import LANGS
from sim.platform import Reference, reference
from sim.service import application, running

NAMES = {
    *("smoke", "outpatient", "chronic", "pharmacy", "inpatient", "filing", "reversal", "duplicates-and-timeouts"),
    *("reconciliation", "clearing", "cross-province", "security", "malformed", "queries", "hunan"),
}
HTTP = {"MAL-007", "MAL-008", "MAL-009", "MAL-010"}
ANSWERS_AGAIN = {"DUP-012", "DUP-013", "FIL-012"}
PAST_MONTH = {f"CLE-{name}" for name in ("005", "006", "N10", "N11", "N12", "N13", "N14", "N15")}


def told(result: RunResult) -> list[tuple[str, str, str, str]]:
    return [
        (f.observation.scenario, f.observation.check, f.observation.path, str(f.observation.actual))
        for f in result.findings
    ]


def test_there_are_packs_for_every_part_of_the_work(platform_packs: tuple[Pack, ...]) -> None:
    """Fourteen kinds, at least two hundred scenarios, each with a name of its own in both languages."""
    assert NAMES <= set(packs("platform"))
    everything = [scenario for pack in platform_packs for scenario in pack.scenarios]
    assert 200 <= len(everything)
    assert [] == [name for name, count in Counter(s.id for s in everything).items() if count > 1]
    assert all(scenario.title.show(lang).strip() for scenario in everything for lang in LANGS)


def test_the_reference_passes_every_pack(whole: RunResult) -> None:
    """No finding, exit 0, and only what the target does not promise is left out."""
    assert [] == told(whole)
    assert 0 == whole.exit_code
    assert HTTP | ANSWERS_AGAIN | PAST_MONTH == {s.id for s in whole.scenarios if s.status != "passed"}


def test_a_second_run_without_a_reset_says_the_same(platform_packs: tuple[Pack, ...]) -> None:
    """Counters are read first, and books that others filled are learnt: the target may have any history."""
    repeated = ("smoke", "outpatient", "filing", "reversal", "reconciliation", "clearing")
    chosen = [pack for pack in platform_packs if pack.name in repeated]
    target = reference()
    first, second = run_against(target, chosen), run_against(target, chosen)
    assert [] == told(first) == told(second)
    assert {s.id: s.status for s in first.scenarios} == {s.id: s.status for s in second.scenarios}


def test_what_is_promised_is_played() -> None:
    """A target that answers a repeated message again plays on from that answer."""
    profile = Profile(features={**FEATURES, "repeat_is_answered_again": True})
    result = certify(reference(), profile, ("duplicates-and-timeouts", "filing"), ANSWERS_AGAIN)
    assert [] == told(result)
    assert ANSWERS_AGAIN == {s.id for s in result.scenarios if s.status == "passed"}


def certify(target: Reference, profile: Profile, names: tuple[str, ...], only: set[str]) -> RunResult:
    chosen = [load_pack(name) for name in names]
    return certify_platform(transport(target, china_time), profile, chosen, only=only)


def transport(target: Reference, clock: Callable[[], datetime]) -> InProcessTransport:
    return InProcessTransport(target.call, clock)


def test_the_provincial_variant_is_right_about_its_own_reference() -> None:
    """A platform of the variant passes; one of the national interface does not."""
    profile = Profile(interface="hunan")
    result = right([load_pack("hunan")], profile)
    assert [] == told(result)
    assert "passed" == result.verdict
    assert {"passed"} == {s.status for s in result.scenarios}
    assert "failed" == run_against(reference(), [load_pack("hunan")], profile).verdict


def test_a_month_that_is_over_is_cleared(past_month: RunResult) -> None:
    """What was settled in one month is extracted, confirmed and rolled back in the next."""
    assert [] == told(past_month)
    assert PAST_MONTH <= {s.id for s in past_month.scenarios if s.status == "passed"}
    assert any(o.clause == "IF-3260-REQ" and o.status == "pass" for o in past_month.observations)


def test_what_could_not_be_judged_of_a_driven_target_is_red(whole: RunResult) -> None:
    """Unless a waiver says why; of a recording nobody can ask more than it holds."""
    seen = next(o for o in whole.observations if o.clause == "AMT-A1")
    unknown = seen._replace(clause="AMT-A9", check="amounts.A9", status="not_judged")
    kept = tuple(o for o in whole.observations if o.clause != "AMT-A9")
    partly = evolve(whole, observations=(*kept, unknown))
    assert ("failed", ["AMT-A9"]) == (partly.verdict, [row.clause.id for row in partly.red_untestable])
    assert "passed" == evolve(partly, driven=False).verdict
    waiver = Waiver("AMT-A9", "no ratio is printed", "clinic", "2999-12-31")
    assert "passed" == evolve(partly, waivers=(waiver,)).verdict


@pytest.fixture(scope="module")
def port() -> Iterator[str]:
    with running(application(reference(), clock=china_time)) as url:
        yield url


def test_over_http_what_needs_headers_is_played_too(port: str) -> None:
    """The same packs against a port; every broken body is a refusal there as well."""
    result = certify_platform(port, Profile(), [load_pack("malformed"), load_pack("smoke")])
    assert [] == [(fault.scenario, str(fault.text)) for fault in result.harness_errors]
    assert [] == told(result)
    assert {"passed"} == {s.status for s in result.scenarios}


def accepting_everything() -> Reference:
    """Says yes to whatever it is asked."""

    def change(_: dict[str, Any], reply: dict[str, Any]) -> dict[str, Any]:
        return reply if reply["infcode"] == 0 else {**reply, "infcode": 0, "err_msg": None, "output": {}}

    return saying(change)


def test_every_scenario_has_a_known_bad_platform_that_fails_it(platform_packs: tuple[Pack, ...]) -> None:
    """A scenario that nothing fails would prove nothing: whatever must go well fails where every answer is empty,
    whatever must be refused where everything is accepted."""
    silent = run_against(mutant("answers_empty_object").build(), platform_packs)
    assert set() == {s.id for s in silent.scenarios if s.status == "passed"}
    lenient = run_against(accepting_everything(), platform_packs)
    negative = {s.id for pack in platform_packs for s in pack.scenarios if s.negative}
    read_first = {
        s.id for p in platform_packs if p.name == "malformed" for s in p.scenarios if s.fault and s.fault.body
    }
    found = {f.observation.scenario for f in lenient.findings if f.observation.check == "expectation.refused"}
    assert negative - read_first - PAST_MONTH <= found


def test_a_negative_scenario_is_a_minimal_pair(platform_packs: tuple[Pack, ...]) -> None:
    """Its control is its base, step for step; one thing differs."""
    for pack in platform_packs:
        for scenario in pack.scenarios:
            if scenario.fault is None:
                continue
            base = pack.scenario(scenario.base)
            assert base.steps == tuple(scenario.steps_of("control"))
            before = list(scenario.steps_of("fault"))
            changed = [step for step in before if step.faulty]
            assert 1 == len(changed), scenario.id
            assert all(
                evolve(step, name=step.name.removesuffix("/clean")) in (*base.steps, scenario.fault.first)
                for step in before
                if not step.faulty
            ), scenario.id
