"""Every business flow is judged, and a right one gives no finding."""

import pytest
from flows import FLOWS, recorded

from conformance.judge import judge
from conformance.profile import Profile


@pytest.mark.parametrize("name", sorted(FLOWS))
def test_a_right_flow_has_no_finding(name: str) -> None:
    """Neither against the interface nor against sums, policy or order."""
    found = judge(recorded(name), Profile())
    assert [] == [(o.seq, o.clause, o.path, str(o.expected), str(o.actual)) for o in found if o.status == "fail"]
