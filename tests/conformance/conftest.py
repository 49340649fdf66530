"""What several tests of the suite share: the outpatient pack, and the reference's own conversation with it."""

import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from conformance.mutants import right
from conformance.pack import Pack, load_pack, packs
from conformance.profile import FEATURES, Profile
from conformance.result import RunResult
from conformance.run import certify_platform
from conformance.targets.transport import InProcessTransport
from sim.platform import reference

sys.path.append(str(Path(__file__).parent))


@pytest.fixture(scope="session")
def outpatient() -> Pack:
    """The pack as it is shipped."""
    return load_pack("outpatient")


@pytest.fixture(scope="session")
def good(outpatient: Pack) -> RunResult:
    """The run against the unfaulted reference."""
    return right([outpatient])


@pytest.fixture(scope="session")
def platform_packs() -> tuple[Pack, ...]:
    """Every pack for platforms of the national interface, as they are shipped."""
    return tuple(load_pack(name) for name in packs("platform", "national"))


@pytest.fixture(scope="session")
def whole(platform_packs: tuple[Pack, ...]) -> RunResult:
    """The run of every pack against the unfaulted reference."""
    return right(platform_packs)


@pytest.fixture(scope="session")
def past_month() -> RunResult:
    """The clearing pack a fortnight after reconciliation filled a month, which is over by then."""
    moment = [datetime(2026, 5, 28, 9, 0, 0)]
    transport = InProcessTransport(reference().call, lambda: moment[0])
    filled = certify_platform(transport, Profile(), [load_pack("reconciliation")], clock=lambda: moment[0])
    assert filled.verdict == "passed"
    moment[0] += timedelta(days=14)
    profile = Profile(features={**FEATURES, "past_month_lines": True})
    return certify_platform(transport, profile, [load_pack("clearing")], clock=lambda: moment[0])
