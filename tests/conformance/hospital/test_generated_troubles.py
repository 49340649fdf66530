"""Whatever patients do and whatever goes wrong, in any order: a right client gets no finding, a bad one is found."""

from typing import Any

from attrs import evolve
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from conformance.drive import CallDriver
from conformance.drive.certify import certify_hospital
from conformance.drive.scenario import Act, HospitalScenario, Trouble
from conformance.example.hospital_client import Hospital
from conformance.example.inpatient_client import InpatientHospital
from conformance.mutants.hospital_hunt import PROFILE
from conformance.mutants.hospitals import hospital_mutant
from conformance.pack import load_pack
from conformance.result import RunResult
from conformance.scenario.model import Charged
from sim.lang import plain

ANY: Any = ("done", "refused", "unknown")
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
ITEMS = ("XZ99000001", "XZ99000009", "SZ99000048", "XZ99000026")
HIT = ("1101", "2201", "2203", "2204", "2206", "2207", "2208", "2401", "2301", "2303", "2304", "2305", "2601", "3201")

troubles = st.builds(
    Trouble,
    kind=st.sampled_from(["lost", "lost", "lost", "html", "half", "doubled", "refuse"]),
    infno=st.sampled_from(HIT),
    stage=st.sampled_from(["before", "after"]),
    skip=st.sampled_from([0, 0, 1]),
    times=st.sampled_from([1, 2, 1000]),
    text=st.just("不予办理"),
)
bills = st.lists(
    st.builds(Charged, st.sampled_from(ITEMS), st.sampled_from([10_000, 25_000, 3_350])), min_size=1, max_size=3
)


@st.composite
def scenarios(draw: st.DrawFn) -> HospitalScenario:
    """A patient's day of up to eight acts, at the desk or in the ward."""
    ward = draw(st.booleans())
    begin = "admit" if ward else "register"
    doing = st.sampled_from(
        [begin, "bill", "bill", "estimate", "pay", "pay", "pay", "cancel", "leave", *(["discharge"] * 2 * ward)]
    )
    asked = ["present", begin, *draw(st.lists(doing, min_size=1, max_size=7)), "end_day"]
    acts = [
        Act(
            f"{do}_{number}",
            do,
            lines=tuple(draw(bills)) if do == "bill" else (),
            trouble=tuple(draw(st.lists(troubles, max_size=2))),
            expect=ANY,
        )
        for number, do in enumerate(asked)
    ]
    title = plain("生成的场景", "A generated scenario")
    return HospitalScenario("GEN-1", title, ("HOS-ONCE",), (), acts=tuple(acts))


def certified(scenario: HospitalScenario, hospital: Hospital) -> RunResult:
    """One scenario, played for one client."""
    pack = evolve(load_pack("hospital"), scenarios=(scenario,))
    return certify_hospital("127.0.0.1:0", CallDriver(hospital.order), PROFILE, [pack])


@settings(
    max_examples=40, deadline=None, suppress_health_check=SLOW, phases=[Phase.explicit, Phase.generate, Phase.shrink]
)
@given(scenarios())
def test_a_right_client_is_never_blamed(scenario: HospitalScenario) -> None:
    """No finding, whatever happens to it."""
    result = certified(scenario, InpatientHospital())
    found = [
        (f.observation.step, f.observation.check, f.observation.actual and f.observation.actual.show("en"))
        for f in result.findings
    ]
    assert [] == found


def test_a_client_that_retries_under_new_ids_is_found_somewhere() -> None:
    """The generator reaches the fault that matters most."""
    caught: list[HospitalScenario] = []

    @settings(
        max_examples=30,
        deadline=None,
        suppress_health_check=SLOW,
        phases=[Phase.generate],
        database=None,
        derandomize=True,
    )
    @given(scenarios())
    def look(scenario: HospitalScenario) -> None:
        client = hospital_mutant("hospital_retries_under_new_ids").build()
        if any(f.observation.check == "hospital.no_new_id" for f in certified(scenario, client).findings):
            caught.append(scenario)

    look()
    assert caught
