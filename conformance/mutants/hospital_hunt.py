"""Running the suite against its known-bad hospital clients: who catches what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from conformance.drive.certify import certify_hospital
from conformance.drive.drivers import CallDriver
from conformance.example.hospital_client import Hospital
from conformance.example.inpatient_client import InpatientHospital
from conformance.mutants.gateway_hospitals import PROFILE as BEHIND
from conformance.mutants.gateway_hospitals import keys_at_hand, right_client
from conformance.mutants.hospitals import HospitalMutant
from conformance.mutants.hunt import Caught
from conformance.pack import Pack, load_pack, packs
from conformance.profile import FEATURES, Profile
from conformance.result import RunResult

PROFILE = Profile(features={**FEATURES, "inpatient_desk": True})


def run_hospital(
    hospital: Hospital, chosen: Sequence[Pack], only: Iterable[str] = (), profile: Profile = PROFILE
) -> RunResult:
    """Certify a hospital client with a desk for stays in this process, over real HTTP."""
    with keys_at_hand():
        return certify_hospital("127.0.0.1:0", CallDriver(hospital.order), profile, chosen, only=only)


def hospital_packs() -> list[Pack]:
    """Every pack for hospital systems that comes with the project."""
    return [load_pack(name) for name in packs("hospital")]


def right_hospital() -> RunResult:
    """The run of the example client over all packs for hospitals, which must find nothing."""
    return run_hospital(InpatientHospital(), hospital_packs())


def right_gateway() -> RunResult:
    """The run of the right client behind a gateway, which must find nothing: everyday work, and a lost answer."""
    return run_hospital(right_client(), hospital_packs(), ("HOS-001", "HOS-101"), BEHIND)


def hunt_hospitals(
    chosen: Sequence[Pack],
    mutants: Sequence[HospitalMutant],
    on_progress: Callable[[Caught], None] | None = None,
    whole: bool = False,
) -> tuple[Caught, ...]:
    """Run packs against each mutant and tell which checks caught it: only the scenarios that are named to catch it,
    where the packs have them, or with ``whole`` everything."""
    found: list[Caught] = []
    there = {scenario.id for pack in chosen for scenario in pack.scenarios}
    for one in mutants:
        named = () if whole or not there.issuperset(one.scenarios) else one.scenarios
        result = run_hospital(one.build(), chosen, named, one.profile or PROFILE)
        by = Counter(finding.observation.check for finding in result.findings)
        found.append(Caught(one, dict(sorted(by.items())), result.verdict))
        if on_progress is not None:
            on_progress(found[-1])
    return tuple(found)
