"""The keys of this side, for every test of sealed bodies."""

import pytest

from tests.conformance.sealing.sealed import KEY, OURS


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The keys of this side, as an operator gives them."""
    monkeypatch.setenv("YIDI_TEST_PRIVATE", OURS)
    monkeypatch.setenv("YIDI_TEST_SM4", KEY)
