"""The tool that makes policy files: every entry of a source arrives, with its origin, in the engine's dimensions."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from sim.benefits import Accumulators, Care, Case, LineShare, Policy, settle
from sim.benefits.load import build
from sim.files import parse_yaml
from tools.convert_policies import main
from tools.policy_conversion import Pool, convert, written
from tools.policy_conversion.shares import class_b
from tools.policy_conversion.values import levels, table

NOTES: dict[str, str] = {}
"""English to Chinese; `entry` gives every entry a note of its own."""


def entry(value: Any, note: str = "", **more: Any) -> dict[str, Any]:
    """An entry of the source. Its note is its fingerprint: where the note stands, the entry has arrived."""
    note = note or f"note {len(NOTES)}"
    NOTES[note] = f"注 {note}"
    return {"value": value, "source": "GDN", "provenance": "found", "confidence": "medium", "note": note, **more}


def pool(name: str, insurance: str, **sections: Any) -> dict[str, Any]:
    """A pool of the source."""
    head = {
        "id": name,
        "pool": "Cloud",
        "region_code": "990100",
        "insurance": insurance,
        "effective_from": "2024-01-01",
    }
    return {**head, **sections}


EMPLOYEE = pool(
    "cloud-employee",
    "employee",
    inpatient={
        "deductible_first": entry({"L1": 400, "L2": 600, "L3": 1000}),
        "deductible_second_factor": entry(0.5),
        "ratio_in_service": entry({"0-30000": {"L1": 0.9, "L2": 0.87, "L3": 0.85}, "30000+": 0.95}),
        "retired_personal_share_factor": entry(0.6),
        "pool_cap_year": entry({"2024-01-01": 100000, "2025-01-01": 120000}),
        "retired_unified_supplement_of_personal_share": entry(0.5),
        "total_paid_ceiling_ratio": entry(0.98),
    },
    large_amount={"ratio_above_cap": entry(0.8), "cap": entry(400000)},
    critical_illness={
        "deductible": entry(30000),
        "ratio": entry(
            {
                "basis": "absolute",
                "segments": [{"from": 30000, "to": 80000, "ratio": 0.6}, {"from": 80000, "to": None, "ratio": 0.7}],
            }
        ),
    },
    outpatient={
        "deductible_year": entry({"in_service": 200, "retired_under70": 150, "retired_70plus": 100}),
        "ratio_in_service": entry({"primary": 0.6, "L2": 0.55, "L3": 0.5}),
        "retired_add": entry(0.05),
        "cost_cap_year": entry(8000),
    },
    out_of_town={
        "ratios": entry({"referral_or_emergency": 0.9, "other_temporary": 0.7}),
        "no_filing_needed_in": entry(["Hebei"]),
    },
    other={
        "class_b_first_self_pay": entry(0.15),
        "material_first_self_pay": entry({"domestic": 0.2, "imported": 0.5}),
        "something_nobody_knows": entry({"odd": "text"}),
    },
)
RESIDENT = pool(
    "cloud-resident",
    "resident",
    inpatient={
        "deductible_per_stay": entry({"L1_L2": 300, "L3": 800}),
        "ratio": entry({"all": 0.7, "township": 0.85}),
        "cap_year": entry(250000),
        "floor_of_total": entry({"in_province": 0.45, "out_of_province": 0.4}),
    },
    critical_illness={
        "deductible": entry({"ordinary": 12000, "needy": 6000}),
        "ratio": entry({"ordinary": 0.6, "needy": 0.65}),
        "cap": entry(300000),
        "incentive_cap_add": entry(3000),
    },
    out_of_town={
        "first_self_pay": entry({"long_term_filed": 0, "referral_or_emergency": 0.1, "other_temporary": 0.2}),
        "unreferred_non_emergency": entry("not paid"),
    },
    other={"medical_aid_ratio_by_group": entry([0.5, 0.7, 1]), "class_b_counts_at": entry(0.9)},
)
BORDER = pool(
    "border-resident",
    "resident",
    inpatient={
        "deductible_first": entry(500),
        "deductible_later": entry(250),
        "ratio": entry(0.75, effective_from="2025-07-01"),
    },
    out_of_town={
        "in_province_out_of_city": entry({"deductible": 900, "ratio": 0.6}),
        "out_of_city_drop": entry(0.1),
    },
)
WORDS: dict[str, Any] = {
    "pools": {"Cloud": "云"},
    "provinces": {"Hebei": "130000"},
    "notes": NOTES,
    "assumed": {
        "medical_aid_groups": {
            "order": ["at_risk", "subsistence", "destitute"],
            "note": {"zh": "顺序为假设", "en": "the order is assumed"},
        },
        "beyond_the_province": {"zh": "沿用", "en": "taken over"},
    },
    "sources": {},
    "additions": {
        "cloud-resident": {
            "chronic": [
                {
                    "use": "pool_payment",
                    "cap": {"value": 2000, "source": "REFERENCE", "provenance": "assumed", "confidence": "low"},
                    "fund": "resident_pool",
                }
            ]
        }
    },
}
SOURCE: dict[str, Any] = {"sources": {"GDN": "a compilation"}, "pools": [EMPLOYEE, RESIDENT, BORDER]}


def versions(name: str) -> tuple[Policy, ...]:
    """A pool, converted, written, and read by the engine's own reader, which checks every number."""
    return build(parse_yaml(written(convert(SOURCE, WORDS)[f"{name}.yaml"]), f"{name}.yaml"))


def paid(chosen: Policy, fen: int, **case: Any) -> dict[str, int]:
    """The amounts of one stay or visit with this in-scope cost."""
    known = {"care": "inpatient", "level": "L3", "on": chosen.start, **case}
    share = LineShare(1, fen, 0, 0, 0, fen, 0)
    return dict(settle(chosen, Case(**known), (share,), Accumulators(chosen.start.year)).amounts)


def notes_in(data: Any) -> set[str]:
    """Every English text in a file."""
    if isinstance(data, list):
        return set().union(*(notes_in(one) for one in data))
    if not isinstance(data, dict):
        return set()
    return {data["en"]} if set(data) == {"zh", "en"} else notes_in(list(data.values()))


def missing(source: dict[str, Any]) -> list[str]:
    """Entries whose notes stand nowhere in the file of their pool."""
    files = {name: notes_in(yaml.safe_load(written(data))) for name, data in convert(source, WORDS).items()}
    return [
        f"{section}.{name}"
        for data in source["pools"]
        for section, entries in data.items()
        if isinstance(entries, dict)
        for name, one in entries.items()
        if one["note"] not in files[f"{data['id']}.yaml"]
    ]


WITHOUT_NOTE = ["outpatient.cost_cap_year", "other.medical_aid_ratio_by_group"]
"""The end of a band has no origin of its own; the order of aid groups is assumed, and its note says that instead."""


def test_no_entry_is_dropped() -> None:
    """Every entry stands in its pool's file, as a number or as a row of what is not modelled."""
    assert WITHOUT_NOTE == missing(SOURCE)
    assert 800_000 == versions("cloud-employee")[0].care[Care.OUTPATIENT][1].bands[-1].end
    (row,) = versions("cloud-employee")[0].not_modelled
    assert ("other.something_nobody_knows", "found") == (row.what.show("en"), row.origin.provenance)


def test_a_tool_that_forgets_an_entry_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrong: an entry taken and not written anywhere."""

    def forgetful(one: Pool) -> dict[str, Any]:
        one.take("other", "something_nobody_knows")
        return class_b(one)

    monkeypatch.setattr("tools.policy_conversion.files.class_b", forgetful)
    assert sorted([*WITHOUT_NOTE, "other.something_nobody_knows"]) == sorted(missing(SOURCE))


def test_an_area_without_filing_keeps_its_own_origin() -> None:
    """Source, provenance and confidence come from its entry."""
    (area,) = [p.no_filing for p in versions("cloud-employee")[:1]]
    assert area is not None
    assert ("GDN", "found", "medium") == (area.origin.source, area.origin.provenance, area.origin.confidence)
    assert frozenset({"130000"}) == area.areas


# What the numbers become


def test_a_stay_is_settled_by_the_numbers_of_the_source() -> None:
    """50,000 yuan at level 3: deductible 1,000, then 85% to 30,000 and 95% above: 43,650."""
    chosen = versions("cloud-employee")[0]
    assert 100_000 == paid(chosen, 5_000_000)["act_pay_dedc"]
    assert 2_900_000 * 85 // 100 + 2_000_000 * 95 // 100 == paid(chosen, 5_000_000)["hifp_pay"]
    retired = paid(chosen, 3_000_000, retired=True, age=66)
    assert 2_900_000 * 91 // 100 == retired["hifp_pay"]
    assert (2_900_000 * 9 // 100) // 2 == retired["oth_pay"]


def test_a_dated_value_makes_a_version() -> None:
    """The cap grew on 1 January 2025."""
    first, second = versions("cloud-employee")
    assert (date(2024, 1, 1), date(2025, 1, 1), date(2025, 1, 1), None) == (
        first.start,
        first.end,
        second.start,
        second.end,
    )
    assert [10_000_000, 12_000_000] == [paid(p, 50_000_000)["hifp_pay"] for p in (first, second)]


def test_a_value_used_before_its_source_vouches_for_it_is_marked() -> None:
    """The ratio is known from July 2025 on: before, it is assumed, with low confidence and the reason."""
    early, late = (
        next(r.origins["bands"] for m, r in p.plan(Case("inpatient", "L3", p.start)).moves if m.__name__ == "bands")
        for p in versions("border-resident")
    )
    assert ("assumed", "low") == (early.provenance, early.confidence)
    assert early.note is not None
    assert "2025-07-01" in early.note.show("zh")
    assert ("found", "medium") == (late.provenance, late.confidence)


@pytest.mark.parametrize(
    ("fen", "case"),
    [
        (300_000 * 55 // 100 - 11_000, {"level": "L2"}),
        (300_000 * 60 // 100 - 12_000, {"level": "community"}),
        (300_000 * 55 // 100 - 8_250, {"retired": True, "age": 60}),
        (300_000 * 55 // 100 - 5_500, {"retired": True, "age": 70}),
        ((300_000 - 20_000) * 45 // 100, {"filing": "referral", "treated_in": "520000"}),
        ((300_000 - 20_000) * 50 // 100, {"filing": "unfiled", "treated_in": "130000"}),
    ],
)
def test_a_visit_by_level_age_and_filing(fen: int, case: dict[str, Any]) -> None:
    """3,000 yuan outpatient: levels, the primary ones together, deductibles by age, points for retired people, factors
    out of town, none where no filing is needed."""
    known = {"care": "outpatient", "level": "L3", **case}
    assert fen == paid(versions("cloud-employee")[0], 300_000, **known)["fund_pay_sumamt"]


def test_shares_of_class_b_and_materials() -> None:
    """As written, or one less what counts; imported materials bear their own."""
    employee, resident = versions("cloud-employee")[0], versions("cloud-resident")[0]
    assert (1_500, 1_000) == (employee.class_b.value, resident.class_b.value)
    assert {"08": 2_000, "08-imported": 5_000} == {k: q.value for k, q in employee.items.items()}


def test_residents_away_from_home() -> None:
    """A tenth is first self-pay on referral; who goes unreferred is not paid, though the floor of the total stands."""
    chosen = versions("cloud-resident")[0]
    away = {"treated_in": "520000"}
    assert (1_000_000 - 80_000) * 70 // 100 == paid(chosen, 1_000_000)["hifp_pay"]
    assert (900_000 - 80_000) * 70 // 100 == paid(chosen, 1_000_000, filing="referral", **away)["hifp_pay"]
    assert 0 == paid(chosen, 1_000_000, filing="unfiled", **away)["fund_pay_sumamt"]


def test_needy_terms_and_medical_aid() -> None:
    """Easier terms of critical-illness insurance; aid by group, in the order that the words assume."""
    chosen = versions("cloud-resident")[0]
    plain, needy = (paid(chosen, 9_000_000, needy=flag)["hifmi_pay"] for flag in (False, True))
    rest = 9_000_000 - (9_000_000 - 80_000) * 70 // 100
    assert ((rest - 1_200_000) * 60 // 100, (rest - 600_000) * 65 // 100) == (plain, needy)
    aided = [paid(chosen, 9_000_000, aid_group=g)["maf_pay"] for g in ("none", "at_risk", "subsistence", "destitute")]
    left = rest - plain
    assert [0, left // 2, left * 7 // 10, left] == aided


def test_care_in_the_province_and_beyond() -> None:
    """Terms of other cities of the province; beyond it the same, as an assumption with its note."""
    chosen = versions("border-resident")[1]
    near = paid(chosen, 1_000_000, filing="long_term", treated_in="990000", in_province=True)
    far = paid(chosen, 1_000_000, filing="long_term", treated_in="520000")
    assert ((1_000_000 - 90_000) * 60 // 100,) * 2 == (near["hifp_pay"], far["hifp_pay"])
    assert (1_000_000 - 50_000) * 75 // 100 == paid(chosen, 1_000_000)["hifp_pay"]
    assert "taken over" in written(convert(SOURCE, WORDS)["border-resident.yaml"])


def test_what_the_words_add_is_there() -> None:
    """Care that no entry speaks of."""
    assert {"inpatient", "chronic"} == {str(care) for care in versions("cloud-resident")[0].care}


@pytest.mark.parametrize(
    ("expected", "given"),
    [
        ({"L1": 1, "L2": 1, "L3": 2}, {"L1_L2": 1, "L3": 2}),
        ({"L1": 1, "L2": 2, "L3": 3, "L3_province": 4}, {"L1": 1, "L2": 2, "L3_city": 3, "L3_province": 4}),
        ({"community": 1, "township": 1, "L1": 1, "L2": 2, "L3": 3}, {"primary": 1, "L2": 2, "L3": 3}),
        ({"township": 2, "L1": 1, "L2": 1, "L3": 1}, {"all": 1, "township": 2}),
        ({"L1": 1, "other": {"age_0": 2, "age_70": 3}}, {"L1": 1, "other_under70": 2, "other_70plus": 3}),
        ({"other": 9}, {"L1": 7, "L2": 9}),
    ],
)
def test_levels_of_the_source_become_those_of_the_engine(expected: Any, given: Any) -> None:
    """In the engine's order; where a level is missing one number holds for all."""
    assert (expected, list(expected)) == (levels(given), list(levels(given)))


def test_tables_by_person_and_age() -> None:
    """Cohorts stay, ages become keys, what is no table is left alone."""
    cohorts = {"in_service": 1, "retired": 2, "retired_before_2001": 3}
    assert cohorts == table(cohorts)
    assert {"age_0": 5, "age_18": 4, "age_60": 5} == table({"under60": 4, "60plus_or_child": 5})
    assert 7 == table(7)


# The files


def test_the_command_writes_the_same_bytes_again(tmp_path: Path) -> None:
    """One file a pool and the table of sources; a second run changes nothing."""
    source, words = tmp_path / "source.yaml", tmp_path / "words.yaml"
    source.write_text(yaml.safe_dump(SOURCE), encoding="utf-8")
    words.write_text(yaml.safe_dump(WORDS), encoding="utf-8")
    for out in ("first", "second"):
        main(source, tmp_path / out, words)
    made = {file.name: file.read_bytes() for file in (tmp_path / "first").iterdir()}
    assert {"cloud-employee.yaml", "cloud-resident.yaml", "border-resident.yaml", "sources.yaml"} == set(made)
    assert made == {file.name: file.read_bytes() for file in (tmp_path / "second").iterdir()}
    assert made["cloud-employee.yaml"].startswith(b"# Made by tools/convert_policies.py")
    assert {"GDN", "REFERENCE", "CATALOGUE"} == set(yaml.safe_load(made["sources.yaml"])["sources"])


def test_no_anchor_is_written() -> None:
    """The reader of policies refuses aliases, so a number used twice is written twice."""
    assert "*id" not in written(convert(SOURCE, WORDS)["cloud-resident.yaml"])


def test_a_note_without_chinese_stops_before_anything_is_written(tmp_path: Path) -> None:
    """The error names pool, entry and note."""
    source, words = tmp_path / "source.yaml", tmp_path / "words.yaml"
    source.write_text(yaml.safe_dump(SOURCE), encoding="utf-8")
    lost = BORDER["inpatient"]["deductible_later"]["note"]
    known = {**WORDS, "notes": {en: zh for en, zh in NOTES.items() if en != lost}}
    words.write_text(yaml.safe_dump(known), encoding="utf-8")
    with pytest.raises(LookupError, match=rf"border-resident\.inpatient\.deductible_later: .*{lost}"):
        main(source, tmp_path / "out", words)
    assert not (tmp_path / "out").exists()
