"""Runs of plans against the reference: repeatable, complete, and true to the platform's own books."""

import csv
import io
import json
import re
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from sim import planning
from sim.errors import InputError
from sim.interface import envelope, interface, validate
from sim.planning import Plan, platform, simulate, summary, tables, write
from sim.planning.output import to_csv
from sim.planning.run import Run, seed_of
from sim.platform.records import CLAIMS, SETTLEMENTS
from sim.world.record import AMOUNTS, Record
from sim.world.transport import Blocking, InProcess, Times, Way, links
from sim.world.visit import MESSAGES, OUTCOMES

Exchange = tuple[dict[str, Any], dict[str, Any] | None, Times]


def recorded(plan: Plan) -> tuple[Run, Any, list[Exchange]]:
    """A run against a checking platform, with that platform and every exchange."""
    reference = platform(plan)
    said: list[Exchange] = []
    run = simulate(plan, transport=InProcess(reference), on_exchange=lambda *exchange: said.append(exchange))
    return run, reference, said


@pytest.fixture(scope="module")
def day(demo: Plan) -> tuple[Run, Any, list[Exchange]]:
    return recorded(demo)


@pytest.fixture(scope="module")
def weeks(inpatients: Plan) -> tuple[Run, Any, list[Exchange]]:
    return recorded(inpatients)


@pytest.fixture(params=["day", "weeks"])
def any_run(request: pytest.FixtureRequest) -> tuple[Run, Any, list[Exchange]]:
    found: tuple[Run, Any, list[Exchange]] = request.getfixturevalue(request.param)
    return found


def csvs(run: Run) -> dict[str, bytes]:
    return {table.name: to_csv(table) for table in tables(run)}


def test_the_demonstration_day_is_a_day_to_look_at(day: tuple[Run, Any, list[Exchange]]) -> None:
    """60 to 100 visits in two provinces; most settle, some wait, some are refused, some readings fail."""
    records = day[0].replications[0].results.records
    outcomes = Counter(record.outcome for record in records)
    assert 60 <= len(records) <= 100
    assert outcomes["settled"] > 0.9 * len(records)
    assert outcomes["refused"] > 0
    assert {"52", "11"} == {record.treated_in[:2] for record in records}
    assert any(record.wait_s > 60 for record in records)
    assert any(record.unread for record in records)
    assert any(record.fund_pay_sumamt for record in records)


def test_the_same_seed_writes_the_same_tables_and_another_seed_others(demo: Plan) -> None:
    """Byte for byte."""
    first = csvs(simulate(demo))
    assert first == csvs(simulate(demo))
    assert first["visits"] != csvs(simulate(demo, seed=1))["visits"]


def test_checking_messages_changes_no_result(demo: Plan, day: tuple[Run, Any, list[Exchange]]) -> None:
    """The fast platform (messages not checked) and the checking one give the same tables."""
    assert csvs(day[0]) == csvs(simulate(demo))


def test_every_message_is_a_message_of_the_interface(any_run: tuple[Run, Any, list[Exchange]]) -> None:
    """Requests and replies of a simulation pass the interface's own check."""
    national = interface("national")
    for request, reply, _ in any_run[2]:
        assert [] == validate(national, request["infno"], "request", request)
        if reply is not None and envelope.is_accepted(reply):
            assert [] == validate(national, request["infno"], "reply", reply)


def test_message_numbers_are_unique(any_run: tuple[Run, Any, list[Exchange]]) -> None:
    """No msgid is used twice, whatever is retried."""
    numbers = [request["msgid"] for request, _, _ in any_run[2]]
    assert len(numbers) == len(set(numbers))


def test_exchanges_are_told_in_simulated_time(any_run: tuple[Run, Any, list[Exchange]]) -> None:
    """The hook sees when each was sent and answered, within the plan's days, never backwards."""
    for request, _, times in any_run[2]:
        assert times.sent <= times.answered
        assert request["inf_time"] == f"{times.sent:%Y-%m-%d %H:%M:%S}"


def test_money_is_what_the_platform_settled(any_run: tuple[Run, Any, list[Exchange]]) -> None:
    """Each settled record has exactly one valid settlement with the same amounts to the fen; no other one is valid."""
    run, reference, _ = any_run
    valid = {
        claim.setl_id: claim
        for name, party in reference.parties.items()
        if name != "hub"
        for claim in party.store.all(CLAIMS)
        if claim.state == "valid"
    }
    held = {
        settlement.setl_id
        for name, party in reference.parties.items()
        if name != "hub"
        for settlement in party.store.all(SETTLEMENTS)
        if settlement.final and settlement.holds
    }
    settled = {record.setl_id: record for record in run.replications[0].results.records if record.outcome == "settled"}
    assert settled
    assert set(settled) == set(valid) == held
    for setl_id, record in settled.items():
        amounts = valid[setl_id].amounts
        assert record.medfee_sumamt == amounts["medfee_sumamt"]
        assert [getattr(record, name) for name in AMOUNTS] == [amounts.get(name, 0) for name in AMOUNTS]


def test_amounts_close_in_every_record(any_run: tuple[Run, Any, list[Exchange]]) -> None:
    """The identities of the interface, and the patient pays the rest."""
    for record in any_run[0].replications[0].results.records:
        if record.outcome != "settled":
            assert record.paid_at_counter == record.medfee_sumamt
            assert {None} == {getattr(record, name) for name in AMOUNTS}
            continue
        got = {name: getattr(record, name) for name in AMOUNTS}
        parts = ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt")
        assert record.medfee_sumamt == sum(got[name] for name in parts)
        assert record.medfee_sumamt == got["fund_pay_sumamt"] + got["psn_part_amt"] + got["hosp_part_amt"]
        assert got["psn_part_amt"] == got["acct_pay"] + got["psn_cash_pay"]
        assert record.paid_at_counter == got["psn_cash_pay"]


def test_every_refusal_has_its_outcome(any_run: tuple[Run, Any, list[Exchange]]) -> None:
    """As many refused messages (but reversals) as refused records, each with a class that the reference knows."""
    run, _, said = any_run
    refused = [
        (request["infno"], reply["err_msg"])
        for request, reply, _ in said
        if reply is not None and not envelope.is_accepted(reply) and request["infno"] != "2601"
    ]
    records = [record for record in run.replications[0].results.records if record.outcome == "refused"]
    assert sorted(refused) == sorted((record.refused_infno, record.refusal_text) for record in records)
    assert all(record.refusal not in ("", "other") for record in records)
    assert {record.outcome for record in run.replications[0].results.records} <= set(OUTCOMES)


def test_lost_messages_are_reversed_and_repeated(weeks: tuple[Run, Any, list[Exchange]]) -> None:
    """With a fifth of the exchanges lost most patients settle all the same; a reversal names a message that was lost."""
    run, _, said = weeks
    records = run.replications[0].results.records
    assert sum(record.lost for record in records) > 20
    assert sum(record.reversals for record in records) > 5
    assert sum(record.outcome == "settled" for record in records) > len(records) / 2
    lost = {request["msgid"]: request["infno"] for request, reply, _ in said if reply is None}
    for request, _, _ in said:
        if request["infno"] == "2601":
            data = request["input"]["data"]
            assert lost[data["omsgid"]] == data["oinfno"]


class Travelled(InProcess):
    """Checks how far each accepted message goes."""

    def __init__(self, reference: Any) -> None:
        super().__init__(reference)
        self.said: set[str] = set()

    def send(self, message: dict[str, Any], now: Any, hop: Any) -> Way:
        crossed: list[str] = []

        def noted(link: str) -> float:
            crossed.append(link)
            seconds: float = hop(link)
            return seconds

        reply = yield from super().send(message, now, noted)
        if envelope.is_accepted(reply):
            there = links(message)
            assert [*there, *there[::-1]] == crossed
            self.said.add(message["infno"])
        return reply


def test_messages_travel_as_far_as_declared(demo: Plan, inpatients: Plan) -> None:
    """The route that the declaration states is the one that the platforms take."""
    said: set[str] = set()
    for plan in (demo, inpatients):
        transport = Travelled(platform(plan))
        simulate(plan, transport=transport)
        said |= transport.said
    assert set(MESSAGES) == said


def test_a_blocking_call_gives_the_same_records(demo: Plan, day: tuple[Run, Any, list[Exchange]]) -> None:
    """One call a message, as over HTTP, with simulated time by the declared routes: the same day to the bit."""
    reference = platform(demo)
    at = datetime(2024, 3, 11, 12)
    transport = Blocking(lambda message: reference.call(message, at))

    records = simulate(demo, transport=transport).replications[0].results.records

    def comparable(record: Record) -> tuple[Any, ...]:
        return (record.visit_id, record.outcome, record.medfee_sumamt, record.wait_s, record.left_s)

    same = [
        comparable(a) == comparable(b) for a, b in zip(records, day[0].replications[0].results.records, strict=True)
    ]
    refused = [record.outcome == "refused" for record in records]
    assert all(s or r for s, r in zip(same, refused, strict=True)) or all(same)


def test_replications_differ_and_can_be_repeated_alone(demo: Plan) -> None:
    """The first has the run's seed, the others seeds of their own that give the same again."""
    run = simulate(demo, seed=5, replications=2)
    seeds = [each.seed for each in run.replications]
    assert [5, seed_of(5, 1)] == seeds
    assert run.replications[0].results != run.replications[1].results
    alone = simulate(demo, seed=seeds[1]).replications[0].results
    assert alone == run.replications[1].results


def test_workers_change_nothing(demo: Plan) -> None:
    """Two processes give the tables of one."""
    assert csvs(simulate(demo, replications=2)) == csvs(simulate(demo, replications=2, workers=2))


def test_comparisons_are_computed_from_the_records(inpatients: Plan, weeks: tuple[Run, Any, list[Exchange]]) -> None:
    """Simulated figures beside the published ones, and the error between them."""
    run = weeks[0]
    settled = [record for record in run.replications[0].results.records if record.outcome == "settled"]
    found = {each.published.measure: each for each in run.comparisons}
    assert found["settled"].simulated == len(settled)
    assert found["settled"].error == pytest.approx(len(settled) / 5282 - 1)
    fees = sum(record.medfee_sumamt for record in settled)
    assert found["fees"].simulated == pytest.approx(fees / 100)
    fund = sum(record.fund_pay_sumamt or 0 for record in settled)
    assert found["fund_share"].simulated == pytest.approx(fund / fees)
    assert 177 == found["institutions"].simulated


def test_totals_are_sums_of_visits(any_run: tuple[Run, Any, list[Exchange]]) -> None:
    """Every grouping of the same visits has the same totals."""
    run = any_run[0]
    visits = list(csv.DictReader(io.StringIO(csvs(run)["visits"].decode())))
    billed = sum(int(row["medfee_sumamt"]) for row in visits)
    fund = sum(int(row["fund_pay_sumamt"] or 0) for row in visits)
    for name in ("daily", "by_origin", "by_hospital", "by_level"):
        rows = list(csv.DictReader(io.StringIO(csvs(run)[name].decode())))
        assert len(visits) == sum(int(row["visits"]) for row in rows)
        assert billed == sum(int(row["billed"]) for row in rows)
        assert fund == sum(int(row["fund_pay_sumamt"]) for row in rows)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"engine_name": "compiled"}, "--engine simpy"),
        ({"engine_name": "simpi"}, "no engine simpi"),
        ({"replications": 0}, "--replications"),
        ({"workers": 0}, "--workers"),
        ({"seed": 2**64}, "--seed"),
        ({"seed": -1}, "--seed"),
    ],
)
def test_wrong_arguments_are_told(demo: Plan, arguments: dict[str, Any], words: str) -> None:
    """An engine that is not there, a number out of range."""
    with pytest.raises(InputError, match=words):
        simulate(demo, **arguments)


def test_the_summary_is_rows_in_both_languages(day: tuple[Run, Any, list[Exchange]]) -> None:
    """Names and values for a person."""
    rows = summary(day[0])
    assert f"{len(day[0].records):,}" == rows[0].value.show("en")
    assert all(row.name.show("zh") and row.value.show("en") for row in rows)


def test_everything_is_written(day: tuple[Run, Any, list[Exchange]], tmp_path: Path) -> None:
    """CSV and Parquet with the same content, run.json with versions, seed, digest and assumptions, a report."""
    pyarrow = pytest.importorskip("pyarrow.parquet")
    run = day[0]
    written = write(run, tmp_path / "new" / "folder", "zh")
    assert () == written.notes
    assert {path.name for path in (tmp_path / "new" / "folder").iterdir()} == {path.name for path in written.files}
    for table in tables(run):
        parquet = pyarrow.read_table(tmp_path / "new" / "folder" / f"{table.name}.parquet")
        assert list(table.columns) == parquet.column_names
        assert [list(row) for row in table.rows] == [list(row.values()) for row in parquet.to_pylist()]
    told = json.loads((tmp_path / "new" / "folder" / "run.json").read_text(encoding="utf-8"))
    assert (run.plan.digest, run.seed, "simpy") == (told["plan"]["digest"], told["seed"], told["engine"])
    assert len(run.plan.figures) == len(told["assumptions"])
    assert told["versions"]["simpy"]
    assert told["timings"]["running_s"] >= 0


def test_without_pyarrow_it_says_so(
    day: tuple[Run, Any, list[Exchange]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CSV is always written; what is missing is told, not silently left out."""
    monkeypatch.setattr("sim.planning.output.find_spec", lambda _: None)
    monkeypatch.setattr("sim.planning.charts.find_spec", lambda _: None)
    written = write(day[0], tmp_path)
    assert ["planning.no_parquet", "planning.no_charts"] == [note.key for note in written.notes]
    assert [] == list(tmp_path.glob("*.parquet"))
    assert "altair" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<svg" not in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_folder_that_cannot_be_written_is_told(day: tuple[Run, Any, list[Exchange]], tmp_path: Path) -> None:
    """A file in the way is an input error, not a traceback."""
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write"):
        write(day[0], tmp_path / "file" / "below")


def test_the_report_stands_alone_and_speaks_two_languages(
    weeks: tuple[Run, Any, list[Exchange]], tmp_path: Path
) -> None:
    """Nothing is fetched; inputs stand with their source and confidence; published beside simulated; charts inline."""
    pytest.importorskip("vl_convert")
    write(weeks[0], tmp_path, "en")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//|@import|url\(""", page.replace('xlink:href="#', ""))
    assert "China Daily, Guizhou channel, 2018-02-08" in page
    assert "assumption, confidence low" in page
    assert "建模假设，置信度低" in page
    assert "5,282" in page
    assert "2024-01-01" in page
    assert 8 == page.count("<svg ")
    assert page == planning.report.render_report(weeks[0], "en")


def test_the_report_of_an_empty_run_is_a_report(edited: Any, tmp_path: Path) -> None:
    """No visits: no charts, no division by nothing."""
    run = simulate(planning.read_plan(edited("demo-day", ("expected: 80", "expected: 0"))))
    assert () == run.records
    write(run, tmp_path)
    assert (tmp_path / "report.html").stat().st_size > 1000
