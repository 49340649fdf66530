"""Whom a recorded conversation tells, however it is written."""

import pytest

from conformance.conversation import Exchange, Raw
from conformance.recorded.identities import Secrets


@pytest.mark.parametrize("written", ['"11000099000000000002"', "11000099000000000002"])
def test_a_number_of_a_person_counts_as_text_and_as_a_number(written: str) -> None:
    """A sender who writes psn_no without quotes gives nobody away."""
    sent = Raw(b'{"input": {"data": [{"psn_no": %s, "cnt": 3, "flag": true, "memo": null}]}}' % written.encode())
    secrets = Secrets.of([Exchange(1, "hospital", "platform", "2026-01-01T00:00:00.000", sent, "timeout")])
    assert ("11000099000000000002",) == secrets.values
    assert secrets.told_in("person 11000099000000000002 again")
    assert not secrets.told_in("nobody, 3")
