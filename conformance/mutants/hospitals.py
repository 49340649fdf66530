"""The known-bad hospital clients: the example client, each with one fault of what really goes wrong in the field."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.drive.certify import certify_hospital
from conformance.drive.drivers import CallDriver
from conformance.example.hospital_client import Hospital
from conformance.pack import Pack, load_pack, packs
from conformance.profile import Profile
from conformance.result import RunResult


def run_hospital(hospital: Hospital, chosen: Sequence[Pack], only: Sequence[str] = ()) -> RunResult:
    """Certify a hospital client in this process, over real HTTP."""
    return certify_hospital("127.0.0.1:0", CallDriver(hospital.order), Profile(), chosen, only=only)


def right_hospital() -> RunResult:
    """The run of the example client over all packs for hospitals, which must find nothing."""
    return run_hospital(Hospital(), [load_pack(name) for name in packs("hospital")])
