"""Plans as files: what is right is read whole, what is wrong is told with place and nearest name."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest

from sim.errors import BadFileError, InputError
from sim.planning import Plan, plans, read_plan, starting
from sim.planning.figures import statistics
from sim.planning.schema import PLAN

Edit = Callable[..., Path]


@pytest.mark.parametrize("name", plans())
def test_the_plans_that_come_along_are_right(name: str) -> None:
    """Each can be read by its name and says in both languages what it is."""
    plan = read_plan(name)
    assert name == plan.id
    assert plan.title.show("zh") != plan.title.show("en")
    assert plan.setup.hospitals
    assert 64 == len(plan.digest)


def test_the_schema_is_a_schema() -> None:
    """Valid JSON Schema 2020-12."""
    jsonschema.Draft202012Validator.check_schema(PLAN)


def test_guizhou_says_where_its_numbers_come_from() -> None:
    """177 hospitals by the year's end, demand and fee from the published statistic, origins an assumption of low confidence."""
    plan = read_plan("guizhou-2017")
    figures = {figure.key: figure for figure in plan.figures}
    assert 177 == sum(house.joined < plan.setup.days for house in plan.setup.hospitals)
    assert (5282, "found", "high") == (
        figures["demand[0].expected"].value,
        figures["demand[0].expected"].provenance,
        figures["demand[0].expected"].confidence,
    )
    weights = [figure for key, figure in figures.items() if key.startswith("origins") and key.endswith("weight")]
    assert {("assumption", "low")} == {(figure.provenance, figure.confidence) for figure in weights}
    assert {"input", "check"} == {published.role for published in plan.published}
    assert plan.setup.policy_as_of is not None
    assert plan.policy_why is not None


def test_demand_sums_to_what_is_expected() -> None:
    """Expected visits over all hospitals and days are the published 5,282."""
    plan = read_plan("guizhou-2017")
    (flow,) = plan.setup.flows
    total = sum(flow.expected(house, day) for house in plan.setup.hospitals for day in range(plan.setup.days))
    assert total == pytest.approx(5282, rel=1e-9)


def test_the_prediction_knows_nothing_of_guizhou_but_its_hospitals() -> None:
    """Its demand and fee come from national figures; what Guizhou published is only compared with."""
    plan = read_plan("guizhou-2017-predicted")
    used = {figure.statistic for figure in plan.figures if figure.statistic}
    assert {"guizhou.2017.institutions"} == {name for name in used if name.startswith("guizhou")}
    roles = {published.measure: published.role for published in plan.published}
    assert "check" == roles["settled"] == roles["fees"] == roles["mean_fee"]


def test_derived_statistics_are_what_they_say() -> None:
    """The arithmetic behind the derived figures."""
    found = {name: Decimal(each.value) for name, each in statistics().items()}
    assert found["guizhou.2017.mean_fee"] == round(found["guizhou.2017.fees"] / found["guizhou.2017.inpatients"])
    institutions = (found["china.2017-06.institutions"] + found["china.2017.institutions"]) / 2
    rate = found["china.2017H2.inpatients"] / (6 * institutions)
    assert found["china.2017H2.rate"] == round(rate, 3)
    share = found["china.2017-2019Q1.fund_share"]
    assert found["china.2017-2019Q1.mean_fee"] == round(Decimal("28.51e9") / share / Decimal("2.03e6"), 0)


def test_layout_and_comments_do_not_change_the_digest(edited: Edit, demo: Plan) -> None:
    """The digest is of the data; another number changes it."""
    same = edited("demo-day", ("plan: 1\n", "# a comment\n\nplan:   1\n"))
    assert demo.digest == read_plan(same).digest
    other = edited("demo-day", ("expected: 80", "expected: 81"))
    assert demo.digest != read_plan(other).digest


def test_a_plan_can_be_moved_to_another_day(demo: Plan) -> None:
    """Everything else stays."""
    moved = starting(demo, date(2026, 5, 1))
    assert (date(2026, 5, 1), True) == (moved.setup.start, moved.moved)
    assert moved.setup.flows == demo.setup.flows
    assert not starting(demo, demo.setup.start).moved


WRONG = [
    ("seed: 20240311", "sead: 20240311", "sead", "seed", "unknown key sead"),
    ("seed: 20240311", "seed: many", "seed", None, "expected integer"),
    ("seed: 20240311", "seed: -1", "seed", None, "minimum"),
    ("seed: 20240311\n", "", "seed", None, "missing"),
    ("plan: 1", "plan: 2", "plan", None, "1 was expected"),
    ('to: "2024-03-11"', 'to: "2024-03-10"', "period.to", None, "last day"),
    ('to: "2024-03-11"', 'to: "2024-02-30"', "period.to", None, "is not a date"),
    ('to: "2024-03-11"', 'to: "2034-02-28"', "period.to", None, "at most"),
    ('closes: "17:00"', 'closes: "07:00"', "hours.closes", None, "after the opening"),
    ('code: "520000"', 'code: "990000"', "regions[0].code", None, "not a region"),
    ('code: "110000"\n', 'code: "520000"\n', "regions[1].code", None, "twice"),
    ("H52019900001", "H52019900091", "regions[0].known[0]", "H52019900001", "no institution"),
    ('"510100", insutype: "310"', '"510100", insutype: "340"', "origins[5].insutype", "390", "not one of"),
    ('"510100", insutype: "310"', '"520100", insutype: "310"', "origins[5]", None, "twice"),
    ('"510100", insutype: "310"', '"460000", insutype: "310"', "origins[5]", None, "no benefit rules"),
    ('division: "510100"', "division: 510100", "origins[5].division", None, "expected string"),
    ("people: 4000", "people: 0", "origins[0].people", None, "minimum"),
    ("long_term: 60", "longterm: 60", "filings.longterm", "long_term", "unknown key"),
    ("    expected: 80", "    expected: 80\n    per_institution_month: 3", "demand[0]", None, "either expected"),
    ("kind: outpatient", "kind: out-patient", "demand[0].kind", "outpatient", "not one of"),
    ("kind: outpatient", "kind: inpatient", "stay", None, "inpatient visits need stay"),
    (
        "    levels: {L3: 10, L2: 4, community: 2}",
        "    levels: {L3: 10, township: 2}",
        "desks.counter.counters",
        None,
        "no counters",
    ),
    ("A: 0.35", "A: 0.45", "demand[0].bill.classes", None, "sum to 1"),
    ("A: 0.35", "A: 0.35001", "demand[0].bill.classes.A", None, "decimals"),
    ("least: 3, most: 6", "least: 3, most: 2", "demand[0].bill.lines.most", None, "below least"),
    ("mean: {value: 680", "mean: {valve: 680", "demand[0].bill.mean.valve", "value", "unknown key"),
    (
        "mean: {value: 680, source",
        "mean: {value: 680, statistic: x, source",
        "demand[0].bill.mean",
        None,
        "either a value",
    ),
    ('mean: {value: 680, source: "set by us", ', "mean: {value: 680, ", "demand[0].bill.mean.source", None, "missing"),
    ("mean: {value: 680", "mean: {value: 680.123", "demand[0].bill.mean", None, "decimals"),
    (
        "expected: 80",
        "expected: {statistic: guizhou.2017.inpatient}",
        "demand[0].expected.statistic",
        "guizhou.2017.inpatients",
        "no published figure",
    ),
    (
        "expected: 80",
        "expected: {statistic: guizhou.2017.inpatients, source: me}",
        "demand[0].expected.source",
        None,
        "leave it out",
    ),
    ("law: lognormal, mean: 180", "law: normal, mean: 180", "desks.counter.local.hold.law", "lognormal", "not one of"),
    ("law: lognormal, mean: 180", "law: fixed, mean: 180", "desks.counter.local.hold.sigma", None, "no sigma"),
    ("L3: 560", "L3: 760", "desks.counter.local.per_day.L3", None, "never drain"),
    ("failure: 0.05", "failure: 1.5", "readers.card.failure", None, "maximum"),
    ("{loss: 0.01", "{lost: 0.01", "faults.lost", "loss", "unknown key"),
    ("card: 50, code: 42, identity: 8", "card: 0", "credentials", None, "above zero"),
    ("  agree: {law: lognormal, mean: 20, sigma: 0.6}\n", "", "durations.agree", None, "need agree"),
]


@pytest.mark.parametrize(("old", "new", "key", "near", "words"), WRONG, ids=[f"{w[2]}: {w[4]}" for w in WRONG])
def test_a_mistake_is_told_with_its_place(
    edited: Edit, old: str, new: str, key: str, near: str | None, words: str
) -> None:
    """File, line, key, what was expected and the nearest valid name; in Chinese too."""
    file = edited("demo-day", (old, new))
    with pytest.raises(BadFileError) as caught:
        read_plan(file)
    problem = next(p for p in caught.value.problems if p.place is not None and p.place.key == key)
    assert problem.place is not None
    assert str(file) == problem.place.file
    line = file.read_text(encoding="utf-8").splitlines()[(problem.place.line or 0) - 1]
    assert (
        key.split(".")[-1].split("[")[0] in line
        or new.strip() in line
        or not new
        or key in ("stay", "origins[5]", "demand[0]")
    )
    assert words in problem.show("en")
    assert near == problem.nearest
    assert any("一" <= letter <= "鿿" for letter in problem.show("zh"))


def test_several_mistakes_are_told_at_once_in_order_of_line(edited: Edit) -> None:
    """Nobody corrects a plan one error at a time."""
    file = edited("demo-day", ('closes: "17:00"', 'closes: "07:00"'), ("A: 0.35", "A: 0.45"), ("L3: 560", "L3: 5600"))
    with pytest.raises(BadFileError) as caught:
        read_plan(file)
    lines = [problem.place.line for problem in caught.value.problems if problem.place]
    assert 3 <= len(lines)
    assert sorted(lines, key=lambda n: n or 0) == lines


@pytest.mark.parametrize(
    ("change", "key", "words"),
    [
        (("institutions: {value: 63", "institutions: {value: 23"), "regions[0].connected[1]", "never fall"),
        (('from: "2017-07-15"', 'from: "2017-05-15"'), "regions[0].connected[1]", "follow in time"),
        (
            ("institutions: {value: 161", "institutions: {value: 1161"),
            "regions[0].connected[4].institutions",
            "only 177",
        ),
        (('"520300", ', '"530300", '), "regions[0].divisions[1]", "not in the region"),
        (('  date: "2024-01-01"', '  date: "2016-01-01"'), "origins[0]", "no benefit rules"),
        (("{measure: settled,", "{measure: setled,"), "published[0].measure", "not one of"),
        (("{measure: settled,", "{measure: settled, kind: outpatient,"), "published[0].kind", "no demand"),
        (("  sigma: {value: 0.6", "  sigma: {value: -1"), "stay.sigma.value", "minimum"),
    ],
)
def test_mistakes_of_schedules_and_comparisons(edited: Edit, change: tuple[str, str], key: str, words: str) -> None:
    """The same for what only long plans have."""
    with pytest.raises(BadFileError) as caught:
        read_plan(edited("guizhou-2017", change))
    assert any(p.place and p.place.key == key and words in p.show("en") for p in caught.value.problems)


def test_a_plan_that_is_not_there(tmp_path: Path) -> None:
    """A file that is missing, a name that is nearly right."""
    with pytest.raises(InputError, match="not found"):
        read_plan(tmp_path / "none.yaml")
    with pytest.raises(InputError) as caught:
        read_plan("guizhou-2071")
    assert "guizhou-2017" == caught.value.nearest


def test_statistics_have_titles_in_both_languages() -> None:
    """Every published figure says what it is and where it was read."""
    for each in statistics().values():
        assert each.name.show("zh") != each.name.show("en")
        assert each.source
