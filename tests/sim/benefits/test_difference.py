"""Which known fault explains a settlement from elsewhere: planted, found, named; and none where none does."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from attrs import evolve
from benefits_workshop import DAY, in_scope, line

from sim.benefits import Accumulators, Case, policy, settle, split_all
from sim.benefits.change import READINGS, with_readings
from sim.benefits.difference import as_data, as_text, cause_text, explain_difference, explain_files, read_reply
from sim.benefits.explain import settle_bill
from sim.benefits.faults import FAULTS
from sim.benefits.situation import Situation
from sim.errors import InputError
from sim.resources import fixtures

BEIJING = policy("beijing-employee", DAY)
STAY = Case("inpatient", "L3", DAY, filing="referral", treated_in="520000")
YEAR = Accumulators(2024, stays=1, inpatient_deductible=130_000, inpatient_in_scope=9_000_000, pool_paid=7_000_000)
LINES = (
    line(1, "01", "45000.37"),
    line(2, "02", "1000.05", limit="900"),
    line(3, "03", "88"),
    line(4, "02", "500", restricted=True),
)
RICH = Situation(BEIJING, STAY, LINES, YEAR, 30_000, True)
SITUATIONS = {
    "capped": RICH,
    "retired": evolve(RICH, case=evolve(STAY, retired=True, age=66), before=Accumulators(2024)),
    "visit": Situation(
        BEIJING,
        evolve(STAY, care="outpatient", retired=True, age=66),
        LINES,
        Accumulators(2024, outpatient_deductible=50_000, outpatient_in_scope=50_000),
    ),
    "neighbour": evolve(RICH, case=evolve(STAY, filing="unfiled", treated_in="130000"), before=Accumulators(2024)),
    "fractions": Situation(
        BEIJING,
        Case("outpatient", "L3", DAY),
        (line(1, "01", "9.63"), line(2, "01", "10.68")),
        Accumulators(2024, outpatient_deductible=180_000, outpatient_in_scope=1_999_038),
    ),
    "small lines": Situation(
        BEIJING,
        Case("outpatient", "L3", DAY),
        tuple(line(n, "01", "0.05") for n in range(1, 4)),
        Accumulators(2024, outpatient_deductible=180_000, outpatient_in_scope=180_000),
    ),
    "needy": Situation(
        policy("nanchang-resident", date(2025, 6, 1)),
        Case("inpatient", "L3", date(2025, 6, 1), needy=True),
        tuple(in_scope(20_000_000)),
        Accumulators(2025),
    ),
    "resident": Situation(
        policy("guiyang-resident", DAY), Case("inpatient", "L3", DAY), tuple(in_scope(9_000_000)), Accumulators(2024)
    ),
    "new year": evolve(
        RICH,
        case=evolve(STAY, on=date(2025, 1, 8), admitted=date(2024, 12, 20)),
        policy=with_readings(policy("beijing-employee", date(2025, 1, 8)), year_end="split"),
        before=Accumulators(2025),
        earlier={2024: YEAR},
    ),
    "large": evolve(RICH, before=evolve(YEAR, pool_paid=9_000_000)),
    "dated": evolve(
        RICH, policy=policy("chongqing-resident", DAY), case=Case("inpatient", "L3", DAY), before=Accumulators(2024)
    ),
}


def planted(name: str) -> list[tuple[str, dict[str, int]]]:
    """Every situation in which a fault gives other amounts than ours, with those amounts."""
    found = []
    for title, situation in SITUATIONS.items():
        ours = situation.settled()
        found += [(title, dict(got)) for got in FAULTS[name](situation) if got != ours]
    return found


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_named(name: str) -> None:
    """Each known fault makes a difference in some situation, and is among the causes found for it."""
    cases = planted(name)
    assert cases
    for title, theirs in cases:
        finding = explain_difference(SITUATIONS[title], theirs)
        assert name in finding.causes, title
        assert finding.differing


@pytest.mark.parametrize(
    "name",
    [
        "deductible_charged_twice",
        "days_off_by_one",
        "cap_on_costs",
        "price_limit_ignored",
        "class_c_counted",
        "rounded_each_line",
    ],
)
def test_some_fault_is_told_apart_from_all_others(name: str) -> None:
    """In at least one situation the fault is the only cause found."""
    assert any((name,) == explain_difference(SITUATIONS[title], theirs).causes for title, theirs in planted(name))


def test_the_right_settlement_differs_in_nothing() -> None:
    """Our own amounts: no difference, no cause looked for."""
    finding = explain_difference(RICH, RICH.settled())
    assert ((), ()) == (finding.differing, finding.causes)
    assert "same" in as_text(finding, "en")


@pytest.mark.parametrize("off", [1, 7, 123_457])
def test_a_difference_that_no_known_fault_gives_is_said_to_be_unknown(off: int) -> None:
    """An amount off by something arbitrary has no cause, and the text says so."""
    ours = RICH.settled()
    theirs = {**ours, "hifp_pay": ours["hifp_pay"] - off, "psn_cash_pay": ours["psn_cash_pay"] + off}
    finding = explain_difference(RICH, theirs)
    assert () == finding.causes
    assert {"hifp_pay", "psn_cash_pay"} == {d.name for d in finding.differing}
    assert "none of" in as_text(finding, "en")
    assert "都不能解释" in as_text(finding, "zh")


def test_only_what_the_reply_carries_is_compared() -> None:
    """Two fields are enough; none is an error."""
    ours = RICH.settled()
    finding = explain_difference(RICH, {"medfee_sumamt": ours["medfee_sumamt"], "act_pay_dedc": 0})
    assert "deductible_not_charged" in finding.causes
    with pytest.raises(InputError, match="no amount"):
        explain_difference(RICH, {"elsewhere": 1})


def test_every_fault_has_a_text_in_both_languages() -> None:
    """The names are keys of the texts."""
    for name in FAULTS:
        assert cause_text(name).show("zh") != cause_text(name).show("en")


def test_files_are_compared_like_values(tmp_path: Path) -> None:
    """A bill and a reply as a message; the finding as data is plain JSON."""
    bill = Path(str(fixtures("bills", "beijing-classes-abc.yaml")))
    head = settle_bill(bill).settlement.head()
    reply = tmp_path / "reply.json"
    message = {"infcode": 0, "output": {"setlinfo": {name: float(value) for name, value in head.items()}}}
    reply.write_text(json.dumps(message), encoding="utf-8")
    assert () == explain_files(bill, reply).differing
    message["output"]["setlinfo"]["act_pay_dedc"] = "0.00"  # type: ignore[index]
    reply.write_text(json.dumps(message), encoding="utf-8")
    data = json.loads(json.dumps(as_data(explain_files(bill, reply))))
    assert ["act_pay_dedc"] == [row["name"] for row in data["differing"]]
    assert 0 == read_reply(reply)["act_pay_dedc"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "not JSON"),
        ("[]", "medfee_sumamt"),
        ('{"output": {}}', "medfee_sumamt"),
        ('{"setlinfo": {"medfee_sumamt": 1.234}}', "medfee_sumamt.*two decimals"),
    ],
)
def test_a_bad_reply_is_refused_with_file_and_key(tmp_path: Path, content: str, says: str) -> None:
    """What is not a settlement reply names itself."""
    reply = tmp_path / "reply.json"
    reply.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=says) as caught:
        read_reply(reply)
    assert str(reply) in caught.value.show("en")
    with pytest.raises(InputError, match="cannot be read"):
        read_reply(tmp_path / "nowhere.json")


@pytest.mark.parametrize("point", [*READINGS, "year_end", "mutual_aid"])
def test_an_unknown_reading_is_refused_with_the_nearest(point: str) -> None:
    """Points and readings have names; a slip is an error."""
    with pytest.raises(InputError, match="there are"):
        with_readings(BEIJING, **{point: "sometimes"})
    with pytest.raises(InputError, match="nearest valid name: rounding"):
        with_readings(BEIJING, roundin="once")


def test_a_reading_changes_a_copy() -> None:
    """The policy itself stays what it was."""
    situation = SITUATIONS["fractions"]
    banded = evolve(situation, policy=with_readings(BEIJING, rounding="band")).settled()
    assert banded != situation.settled()
    shares = split_all(situation.lines, BEIJING)
    assert situation.settled() == settle(BEIJING, situation.case, shares, situation.before).amounts
