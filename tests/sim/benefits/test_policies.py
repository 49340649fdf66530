"""Policy files: what the project brings, how they are found, and what is wrong with bad ones."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from benefits_workshop import document, in_scope

from sim.benefits import (
    Accumulators,
    Care,
    Case,
    Policy,
    in_force,
    policies,
    policy,
    policy_for,
    read_policy,
    settle,
    sources,
    split_all,
)
from sim.benefits.load import build, funds
from sim.benefits.mechanisms import MECHANISMS
from sim.benefits.policy import Use
from sim.benefits.quantity import Choice, Origin, Quantity, Table
from sim.benefits.schema import CONFIDENCE, PROVENANCE
from sim.benefits.worked import policy_of, worked_examples
from sim.errors import InputError
from sim.resources import fixtures

GOOD = """\
id: somewhere-employee
pool: {zh: 某地, en: Somewhere}
admdvs: "990000"
insutype: "310"
versions:
- from: "2024-01-01"
  class_b:
    share: {value: 0.1, source: REFERENCE, provenance: reference, confidence: low}
  account: {pays: personal_share, source: REFERENCE, provenance: reference, confidence: low}
  care:
    inpatient:
    - use: deductible_by_stay
      first: {value: {L1: 200, L2: 400, L3: 800}, source: REFERENCE, provenance: reference, confidence: low}
    - use: bands
      counted: in_scope
      over: stay
      bands:
      - from: 0
        to: 30000
        ratio: {value: 0.85, source: REFERENCE, provenance: reference, confidence: low}
      - from: 30000
        to: null
        ratio: {value: 0.9, source: REFERENCE, provenance: reference, confidence: low}
    - use: pool_payment
      fund: employee_pool
"""
# (what is wrong, text replaced, replacement, line, key, part of the message)
BAD = [
    ("overlap", "- from: 30000", "- from: 20000", 21, "care.inpatient[1].bands[1].from", "overlaps"),
    ("gap", "- from: 30000", "- from: 40000", 21, "care.inpatient[1].bands[1].from", "gap"),
    ("not from zero", "- from: 0", "- from: 100", 18, "care.inpatient[1].bands[0].from", "begin at 0"),
    ("backwards", "to: 30000", "to: 0", 19, "care.inpatient[1].bands[0].to", "ends where it begins"),
    ("above one", "value: 0.85", "value: 1.85", 20, "bands[0].ratio.value", "above 1"),
    ("a share above one", "value: 0.1,", "value: 1.1,", 8, "class_b.share.value", "above 1"),
    ("negative", "L3: 800", "L3: -800", 13, "first.value.L3", "negative"),
    ("three decimals", "L3: 800", "L3: 800.125", 13, "first.value.L3", "two decimals"),
    ("a ratio with five decimals", "value: 0.9,", "value: 0.90001,", 23, "bands[1].ratio.value", "more than 4 decimals"),
    ("a word for a number", "L3: 800", "L3: much", 13, "first.value.L3", "not a number"),
    ("unknown mechanism", "use: deductible_by_stay", "use: deductable_by_stay", 12, "use", "deductible_by_stay"),
    ("unknown parameter", "over: stay", "over: stay\n      ovr: year", 17, "ovr", "nearest valid name: over"),
    ("unknown fund", "fund: employee_pool", "fund: employees_pool", 25, "fund", "employee_pool"),
    ("a level too few", "L1: 200, L2: 400, L3: 800", "L1: 200, L3: 800", 13, "first.value", "L2"),
    ("two dimensions in one", "L1: 200, L2: 400, L3: 800", "L1: 200, retired: 400", 13, "first.value", "one dimension"),
    ("no source", "source: REFERENCE, provenance: reference, confidence: low}\n    - use: bands", "provenance: reference, confidence: low}\n    - use: bands", 13, "first.source", "source"),
    ("unknown source", "source: REFERENCE, provenance: reference, confidence: low}\n  account", "source: BJ185, provenance: reference, confidence: low}\n  account", 8, "class_b.share.source", "BJ185"),
    ("order", "- use: bands", "- use: pool_payment\n      fund: employee_pool\n      id: early\n    - use: bands", 17, "care.inpatient[2]", "must stand before"),
    ("the same mechanism twice", "    - use: pool_payment\n      fund: employee_pool\n", "    - use: pool_payment\n      fund: employee_pool\n" * 2, 11, "care.inpatient", "id"),
    ("a day that is none", '"2024-01-01"', '"2024-02-30"', 6, "versions[0].from", "2024-02-30"),
    ("an end before the beginning", '"2024-01-01"', '"2024-01-01"\n  until: "2023-01-01"', 7, "until", "2023-01-01"),
    ("care as no care", "    inpatient:", "    emergency: outpatient\n    inpatient:", 11, "care.emergency", "outpatient"),
    ("a table where one number is needed", "share: {value: 0.1,", "share: {value: {in_service: 0.1, retired: 0.2},", 8, "class_b.share", "single number"),
    ("null where a number is needed", "L3: 800", "L3: null", 13, "inpatient[0].first", "null"),
    ("duplicate key", "    - use: pool_payment\n", "    - use: pool_payment\n      fund: employee_pool\n", 26, "fund", "twice"),
]  # fmt: skip


def origins(table: Table) -> Iterator[Origin]:
    if isinstance(table, Quantity):
        yield table.origin
    elif isinstance(table, Choice):
        for inner in table.by.values():
            yield from origins(inner)


def uses(chosen: Policy) -> list[Use]:
    return [use for listed in chosen.care.values() for use in listed]


def test_the_pools_of_the_first_cut_are_there() -> None:
    """Every pool that the sources describe is a policy; a pool and insurance type has one file."""
    found = {p.id for p in policies()}
    assert 39 <= len(found)  # of the first cut; a new pool is a new file
    for pool in ("beijing", "guiyang", "chongqing", "chengdu", "kunming", "shanghai", "nanchang", "shijiazhuang"):
        assert {f"{pool}-employee", f"{pool}-resident"} <= found
    assert len(found) == len({(p.admdvs, p.insutype) for p in policies()})


@pytest.mark.parametrize("chosen", policies(), ids=lambda p: f"{p.id}@{p.start}")
def test_every_number_of_every_policy_has_a_known_origin(chosen: Policy) -> None:
    """Source, provenance and confidence stand behind each number, used or not."""
    tables: list[Table] = [chosen.class_b, *chosen.items.values()]
    for use in uses(chosen):
        tables += [*use.numbers.values(), *(band.ratio for band in use.bands)]
    found = [o for t in tables for o in origins(t)] + [row.origin for row in chosen.not_modelled]
    assert found
    for origin in found:
        assert set(origin.source.split(",")) <= set(sources())
        assert origin.provenance in PROVENANCE
        assert origin.confidence in CONFIDENCE
        assert origin.note is None or origin.note.show("zh") != origin.note.show("en")


def test_every_mechanism_and_fund_is_used_or_tested() -> None:
    """No mechanism is dead: policies or worked examples run each."""
    everything = [*policies(), *(policy_of(example) for example in worked_examples())]
    used = {use.mechanism.name for p in everything for use in uses(p)}
    assert set(MECHANISMS) - used == set()
    assert {u.fund for p in everything for u in uses(p) if u.fund} <= set(funds().values())


def test_a_policy_is_found_by_id_and_date() -> None:
    """The version in force counts: the cap of Shanghai changes in July 2025."""
    assert date(2024, 7, 1) == policy("shanghai-employee", date(2025, 6, 30)).start
    assert date(2025, 7, 1) == policy("shanghai-employee", date(2025, 7, 1)).start


def test_a_district_belongs_to_its_city_and_a_city_without_a_pool_to_its_province() -> None:
    """Divisions are looked up from the finest to the province."""
    day = date(2024, 6, 1)
    assert "guiyang-resident" == policy_for("520103", "390", day).id
    assert "beijing-employee" == policy_for("110105", "310", day).id
    assert "shandong-resident-cii-2014" == policy_for("370100", "390", date(2014, 6, 1)).id


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda: policy("beijing-employe", date(2024, 6, 1)), "beijing-employe;.*nearest valid name: beijing-employee"),
        (lambda: policy("shanghai-employee", date(2020, 1, 1)), "2020-01-01.*2024-07-01, 2025-07-01"),
        (lambda: policy_for("990000", "310", date(2024, 6, 1)), "990000.*310.*110000/310"),
        (lambda: policy_for("370100", "390", date(2024, 6, 1)), "shandong-resident-cii-2014.*2014-01-01"),
        (lambda: in_force(policies()[:1], date(1999, 1, 1)), "1999-01-01"),
    ],
    ids=["id", "date", "place", "historic", "version"],
)
def test_what_is_missing_is_named_with_what_exists(ask: object, says: str) -> None:
    """An unknown id, date or place names itself and the nearest or the existing ones."""
    assert callable(ask)
    with pytest.raises(InputError, match=says):
        ask()


def test_the_good_file_is_good() -> None:
    """What the bad files below differ from is accepted."""
    (chosen,) = build(document(GOOD))
    done = settle(
        chosen, Case("inpatient", "L3", chosen.start), split_all(in_scope(3_100_000), chosen), Accumulators(2024)
    )
    assert 2_572_000 == done.amounts["hifp_pay"]  # 29,200 at 85 %, 1,000 at 90 %


@pytest.mark.parametrize(("old", "new", "line", "key", "says"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_a_bad_file_is_refused_with_file_line_and_key(old: str, new: str, line: int, key: str, says: str) -> None:
    """One fault in the good file: the error names the file, the line, the key and the rule."""
    assert GOOD.count(old) >= 1
    with pytest.raises(InputError) as caught:
        build(document(GOOD.replace(old, new, 1)))
    place = caught.value.place
    assert place is not None
    assert ("p.yaml", line) == (place.file, place.line), caught.value
    assert key in place.key
    assert says in caught.value.show("en")
    assert caught.value.show("zh") != caught.value.show("en")


def test_all_problems_of_a_file_are_reported() -> None:
    """Two faults, two problems, in order of line."""
    bad = GOOD.replace("value: 0.9,", "value: 1.9,").replace("L3: 800", "L3: -800")
    with pytest.raises(InputError) as caught:
        build(document(bad))
    assert [13, 23] == [p.place.line for p in caught.value.problems]  # type: ignore[attr-defined]


def test_a_file_of_ones_own_is_read_like_the_project_s() -> None:
    """A path gives the versions in order."""
    versions = read_policy(fixtures("policies", "shanghai-employee.yaml"))
    assert [date(2024, 7, 1), date(2025, 7, 1)] == [v.start for v in versions]
    assert [date(2025, 7, 1), None] == [v.end for v in versions]


@pytest.mark.parametrize("care", list(Care))
def test_care_that_a_policy_does_not_know_is_paid_by_nobody(care: Care) -> None:
    """Fund 0, the deductible untouched, and a step that says so; stays alone count as stays."""
    (chosen,) = build(document(GOOD.replace("    inpatient:", "    chronic:")))
    done = settle(chosen, Case(care, "L3", chosen.start), split_all(in_scope(3_100_000), chosen), Accumulators(2024))
    covered = care is Care.CHRONIC
    assert (done.amounts["fund_pay_sumamt"] > 0) is covered
    assert any(step.clause.endswith("not_covered") for step in done.steps) is not covered
    assert done.accumulators.stays == (care is Care.INPATIENT)
    assert covered or 0 == done.amounts["act_pay_dedc"]
