"""Open points: either reading passes without a promise and is told; a promise must be kept."""

from pathlib import Path

import pytest
from flows import recorded

from conformance.judge import judge
from conformance.profile import Profile, read_profile, schema
from conformance.requirements import clauses, open_points
from sim.errors import BadFileError

MET = {
    "discharge_order": "before",
    "repeated_msgid": "answered",
    "refused_msgid": "used_up",
    "unknown_reversal": "refused",
    "repeated_reversal": "answered",
    "line_number_again": "free",
    "cancel_with_lines": "refused",
    "refund_of_settled": "refused",
    "shared_account": "refused",
    "without_trial": "accepted",
    "filing_effect": "approved",
    "one_row_nodes": "object",
    "treatment_area": "city",
}
"""What the reference answers to open questions."""


def test_every_open_point_can_be_promised_and_is_detected_or_says_why_not() -> None:
    """Thirty points; the schema of a profile has each with all its readings and a title in both languages."""
    promised = schema()["properties"]["readings"]["properties"]
    assert 30 == len(open_points())
    assert {name: list(point.readings) for name, point in open_points().items()} == {
        name: keys["enum"] for name, keys in promised.items()
    }
    assert all(" / " in keys["title"] for keys in promised.values())
    silent = {p.name for p in open_points().values() if clauses()[p.clause].excluded is not None}
    assert {"rounding", "reduction", "interim_bands", "lookup", "refund_count", "cancelled_pair"} <= silent
    assert set() == silent & set(MET)


def test_without_a_promise_the_reading_is_told_and_nothing_is_found() -> None:
    """The report can list which reading was met."""
    found = judge(recorded("open_questions"), Profile())
    told = {o.check.removeprefix("reading."): o.actual for o in found if o.check.startswith("reading.")}
    assert set(MET) <= set(told)
    for name, reading in MET.items():
        assert open_points()[name].readings[reading] == told[name], name
    assert not [o for o in found if o.status == "fail"]


@pytest.mark.parametrize("name", sorted(MET))
def test_a_promise_is_judged(name: str) -> None:
    """Promised as it is, it passes; promised otherwise, it is a finding of that point and of nothing else."""
    talk, point = recorded("open_questions"), open_points()[name]
    for reading in point.readings:
        failed = {o.clause for o in judge(talk, Profile(readings={name: reading})) if o.status == "fail"}
        assert (set() if reading == MET[name] else {point.clause}) == failed


def test_a_reading_that_does_not_exist_names_the_nearest(tmp_path: Path) -> None:
    """A slip in a profile is not taken for silence."""
    file = tmp_path / "target.yaml"
    file.write_text("readings:\n  repeated_msgid: answerd\n", encoding="utf-8")
    with pytest.raises(BadFileError, match="answered"):
        read_profile(file)
