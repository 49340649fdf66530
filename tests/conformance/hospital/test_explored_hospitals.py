"""Days are made up for a hospital system; the shortest that fails is a pack that repeats it."""

from pathlib import Path

import pytest

from conformance.drive import CallDriver
from conformance.drive.certify import certify_hospital
from conformance.example.inpatient_client import InpatientHospital
from conformance.explore.hospital import Day, explore_hospital, simpler
from conformance.explore.sides import explore
from conformance.mutants.gateway_hospitals import PROFILE as BEHIND
from conformance.mutants.gateway_hospitals import UnsignedHeaders, keys_at_hand, right_client
from conformance.mutants.hospital_hunt import PROFILE
from conformance.mutants.hospitals import hospital_mutant
from conformance.pack import load_pack
from conformance.profile import Profile
from sim.errors import InputError


def test_the_right_client_survives_what_is_made_up() -> None:
    """Nothing fails, and something was said; the same seed says the same."""
    first, again = (
        explore_hospital(CallDriver(InpatientHospital().order), PROFILE, examples=12, seed=3) for _ in range(2)
    )
    assert (12, False, 0) == (first.conversations, first.failed, first.result.exit_code)
    assert (first.messages, first.pack.files) == (again.messages, again.pack.files)


def test_a_fault_is_found_and_shortened_to_what_it_takes(tmp_path: Path) -> None:
    """One trouble, no act that does not matter; as a pack from disk it fails again, and the right client passes it."""
    client = hospital_mutant("hospital_retries_under_new_ids").build()
    found = explore_hospital(CallDriver(client.order), PROFILE, examples=120, seed=1)
    assert found.failed
    pack = load_pack(found.write(tmp_path))
    (scenario,) = pack.scenarios
    assert 1 == sum(len(act.trouble) for act in scenario.acts)
    assert found.steps <= 4
    for hospital, right in ((client, False), (InpatientHospital(), True)):
        result = certify_hospital("127.0.0.1:0", CallDriver(hospital.order), PROFILE, [pack])
        assert right == (result.errors == ())
    with pytest.raises(InputError):
        found.write(tmp_path)


def test_a_simpler_day_is_smaller() -> None:
    """So that shortening ends."""
    trouble = [{"do": "refuse", "infno": "2207", "text": "x", "always": True}, {"do": "html", "infno": "2206"}]
    lines = [{"item": "XZ99000001", "quantity": 2}, {"item": "XZ99000009", "quantity": 1}]
    day = Day(({"do": "present"}, {"do": "bill", "lines": lines}, {"do": "pay", "trouble": trouble}))
    smaller = list(simpler(day))
    assert len(smaller) > 6
    assert all(one.size < day.size for one in smaller)


def test_a_client_that_fails_at_its_first_message_is_shortened_to_one_act() -> None:
    """A day on which nothing is done is none."""
    found = explore_hospital(CallDriver(hospital_mutant("hospital_speaks_gbk").build().order), PROFILE, examples=1)
    assert (True, 1) == (found.failed, found.steps)


def test_what_is_made_up_is_played_behind_a_gateway_too() -> None:
    """The right client survives; one that signs nothing is found out."""
    with keys_at_hand():
        right, wrong = (
            explore_hospital(CallDriver(client.order), BEHIND, examples=4, seed=5)
            for client in (right_client(), UnsignedHeaders())
        )
    assert (4, False) == (right.conversations, right.failed)
    assert {"hospital.gateway_signed"} == {finding.observation.check for finding in wrong.result.findings}


def test_one_side_is_explored_at_a_time() -> None:
    """A platform or a hospital system."""
    with pytest.raises(InputError, match="one side"):
        explore("http://127.0.0.1:1", "true", "", Profile(), examples=1, seed=0)
