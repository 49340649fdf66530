"""The whole way: a hospital system driven by command, judged, reported, and judged again offline."""

import sys
from pathlib import Path

import pytest

from conformance import conversation
from conformance.drive import CommandDriver
from conformance.drive.certify import certify_hospital
from conformance.evidence import verify
from conformance.judge import judge
from conformance.mutants.hospital_hunt import right_hospital
from conformance.pack import load_pack, packs
from conformance.profile import Profile
from conformance.report import write
from conformance.result import RunResult
from sim.errors import InputError

EXAMPLE = Path(__file__).parents[3] / "conformance" / "example" / "hospital_client.py"


@pytest.fixture(scope="module")
def right() -> RunResult:
    """The example client over every pack for hospitals, in this process."""
    return right_hospital()


def test_the_example_client_is_right(right: RunResult) -> None:
    """The known-good hospital: nothing found, every scenario played."""
    assert [f.observation for f in right.findings] == []
    assert {"passed"} == {s.status for s in right.scenarios}
    assert ("passed", 0, "hospital") == (right.verdict, right.exit_code, right.role)


def test_every_scenario_reaches_a_clause_it_names(right: RunResult) -> None:
    """A scenario that does not look at what it claims to would prove nothing."""
    looked: dict[str, set[str]] = {}
    for one in right.observations:
        looked.setdefault(one.scenario, set()).add(one.clause)
    for name in packs("hospital"):
        for scenario in load_pack(name).scenarios:
            assert set() == set(scenario.requirements) - looked[scenario.id], scenario.id


def test_a_command_is_driven_and_its_evidence_comes_to_the_same_verdict(tmp_path: Path) -> None:
    """Orders and messages are recorded, so that `yidi verify` and `yidi judge` need no hospital."""
    pack = load_pack("hospital")
    driver = CommandDriver(f"{sys.executable} {EXAMPLE}")
    result = certify_hospital("127.0.0.1:0", driver, Profile(), [pack], only=["HOS-001", "HOS-010"])
    assert ("passed", 2) == (result.verdict, len([s for s in result.scenarios if s.status == "passed"]))
    write(result, tmp_path, "en")
    assert verify(tmp_path).same
    read = conversation.read(tmp_path / "evidence" / "conversation.jsonl")
    assert result.observations == judge(read, Profile(role="hospital"), pack.scenarios)
    assert {"patient", "hospital"} == {exchange.sender for exchange in read}


def test_a_pack_for_platforms_is_refused() -> None:
    """Packs say for which side they are."""
    with pytest.raises(InputError, match="outpatient"):
        certify_hospital("127.0.0.1:0", CommandDriver(sys.executable), Profile(), [load_pack("outpatient")])
