"""What several tests of the suite share: the outpatient pack, and the reference's own conversation with it."""

import sys
from pathlib import Path

import pytest

from conformance.mutants import right
from conformance.pack import Pack, load_pack, packs
from conformance.result import RunResult

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
