"""A run that midnight overtakes does not blame a target that is right, and does not overlook one that is wrong."""

from datetime import timedelta

import pytest
from midnight_clock import MIDNIGHT, NEVER, Crossing

from conformance.checks.days import days_around, straddles, told_at
from conformance.conversation import Exchange, Raw
from conformance.drive.certify import certify_hospital
from conformance.drive.drivers import CallDriver
from conformance.example import hospital_client
from conformance.example.hospital_client import Hospital, Message
from conformance.mutants import mutant
from conformance.pack import load_pack
from conformance.profile import Profile
from conformance.result import RunResult
from conformance.run import certify_platform
from conformance.targets import midnight
from conformance.targets.transport import InProcessTransport
from sim.money import wire
from sim.platform import Reference, reference

EVERYWHERE = 2
"""Midnight comes at every second reading of the clock: each message reads it several times."""


def accused(result: RunResult) -> list[tuple[str, str]]:
    return [(finding.observation.check, finding.observation.step) for finding in result.findings]


def at_platform(name: str, clock: Crossing, target: Reference | None = None, pack: str = "reconciliation") -> RunResult:
    transport = InProcessTransport((target or reference()).call, clock)
    return certify_platform(transport, Profile(), [load_pack(pack)], only=[name], clock=clock)


@pytest.mark.parametrize("name", ["REC-004", "REC-006", "REC-016"])
def test_wherever_midnight_comes_a_right_platform_is_not_accused(name: str) -> None:
    """A settlement, its cancellation, both accounts; lines left out; a sign-in that ends with its day."""
    whole = Crossing()
    assert "passed" == at_platform(name, whole).verdict
    for at in range(1, whole.reads, EVERYWHERE):
        result = at_platform(name, Crossing(at))
        assert [] == accused(result), at
        assert result.verdict in ("passed", "nothing_checked"), at


def test_midnight_between_months_accuses_nobody_of_what_was_over() -> None:
    """What is asked about last month is another month afterwards."""
    whole = Crossing()
    assert "passed" == at_platform("CLE-003", whole, pack="clearing").verdict
    for at in range(1, whole.reads, EVERYWHERE):
        assert [] == accused(at_platform("CLE-003", Crossing(at), pack="clearing")), at


def test_a_wrong_platform_is_found_on_either_side_of_midnight() -> None:
    """Far from it nothing is left open: the day that a settlement counts on is the one the platform told."""
    clock = Crossing(at=NEVER, before=timedelta(hours=3))
    wrong = at_platform("REC-009", clock, mutant("totals_always_equal").build())
    assert "reconciliation.total" in {check for check, _ in accused(wrong)}


def hospital_run(
    monkeypatch: pytest.MonkeyPatch, name: str, clock: Crossing, hospital: Hospital | None = None, after: str = ""
) -> RunResult:
    """Patients at a hospital whose clock is the suite's; ``after`` an order of that kind midnight comes."""
    monkeypatch.setattr(hospital_client, "clock", lambda form="%Y-%m-%d %H:%M:%S": clock().strftime(form))
    desk, pack = hospital or Hospital(), load_pack("hospital-end-of-day")

    def answer(order: Message) -> Message:
        told = desk.order(order)
        clock.at = clock.reads if order["do"] == after else clock.at
        return told

    return certify_hospital("127.0.0.1:0", CallDriver(answer), Profile(), [pack], only=name.split(), clock=clock)


class Today(Hospital):
    """Reconciles what belongs to the day it is, and no other: as right as the example, which also asks about days that
    are over."""

    def on_end_day(self, order: Message) -> Message:
        books, today = self.books, hospital_client.clock()[:10]
        self.books = [row for row in books if row["setl_time"].startswith(today)]
        try:
            return super().on_end_day(order)
        finally:
            self.books = books


class RefundsOnTheirSettlementsDay(Hospital):
    """Books what is given back on the day on which it had been settled."""

    def on_cancel(self, order: Message) -> None:
        super().on_cancel(order)
        self.books[-1]["setl_time"] = self.books[-2]["setl_time"]


class OneFenTooMuch(Hospital):
    """Its books are off by a fen."""

    def on_pay(self, order: Message) -> Message:
        told = super().on_pay(order)
        self.books[-1] = {**self.books[-1], "fund_pay_sumamt": self.books[-1]["fund_pay_sumamt"] + wire(1)}
        return told


@pytest.mark.parametrize("kind", [Hospital, Today, RefundsOnTheirSettlementsDay])
def test_wherever_midnight_comes_a_right_hospital_is_not_accused(
    kind: type[Hospital], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Settlement, refund and the end of the day, with midnight at any message; the driver goes on."""
    whole = Crossing()
    assert "passed" == hospital_run(monkeypatch, "HOS-202", whole, kind()).verdict
    for at in range(1, whole.reads, 3):
        result = hospital_run(monkeypatch, "HOS-202", Crossing(at), kind())
        assert [] == accused(result), at
        assert result.verdict in ("passed", "nothing_checked"), at


def late() -> Crossing:
    """Two hours before midnight, then one hour after it."""
    return Crossing(before=timedelta(hours=2), after=timedelta(hours=1))


def test_the_day_that_ended_is_judged_by_the_times_that_were_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour after midnight the example asks about yesterday and is judged on it; another with wrong sums is found;
    whoever asks only about today is not accused."""
    right = hospital_run(monkeypatch, "HOS-201", late(), after="pay")
    (asked,) = [e.request.message for e in right.conversation if e.infno == "3201"]
    assert asked is not None
    assert "2026-11-30" == asked["input"]["data"]["stmt_begndate"]
    assert ["pass"] == [o.status for o in right.observations if o.check == "hospital.rec_sums"]
    assert [] == accused(right)
    wrong = hospital_run(monkeypatch, "HOS-201", late(), OneFenTooMuch(), after="pay")
    assert "hospital.rec_sums" in {check for check, _ in accused(wrong)}
    assert [] == accused(hospital_run(monkeypatch, "HOS-201", late(), Today(), after="pay"))


@pytest.mark.parametrize("kind", [Hospital, Today])
def test_each_day_has_an_account_of_its_own(kind: type[Hospital], monkeypatch: pytest.MonkeyPatch) -> None:
    """A run over two days: what was settled on one day is no part of the other's sums."""
    result = hospital_run(monkeypatch, "HOS-201 HOS-202", late(), kind(), after="end_day")
    assert ([], "passed") == (accused(result), result.verdict)
    asked = [e.request.message["input"]["data"] for e in result.conversation if e.infno == "3201" and e.request.message]
    assert {"2026-11-30", "2026-12-01"} == {data["stmt_begndate"] for data in asked}
    judged = [o.status for o in result.observations if o.check == "hospital.rec_sums"]
    assert ["pass"] * len(asked) == judged


def test_near_midnight_what_is_open_is_told_and_is_not_red(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody asks about a day that may be over: not judged, for midnight, and the run is not red for it alone."""
    result = hospital_run(monkeypatch, "HOS-201", Crossing(), Today(), after="pay")
    (done,) = [o for o in result.observations if o.check == "hospital.rec_done"]
    assert ("not_judged", True) == (done.status, done.why is not None and "midnight" in done.why.show("en"))
    assert ((), "passed") == (result.red_untestable, result.verdict)


def test_without_midnight_nothing_is_left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same hospitals at noon: who forgets a pool or is off by a fen is found."""
    noon = Crossing(before=timedelta(hours=12))
    assert "hospital.rec_sums" in {
        check for check, _ in accused(hospital_run(monkeypatch, "HOS-201", noon, OneFenTooMuch()))
    }


def test_no_scenario_begins_in_the_last_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits for the new day; a clock that stands still is not waited for for ever."""
    waited: list[float] = []
    moments = iter([59.0, 30.0, 1.0, -1.0])
    assert 3 == len(list(midnight.pauses(lambda: MIDNIGHT - timedelta(seconds=next(moments)))))
    assert [] == list(midnight.pauses(lambda: MIDNIGHT - timedelta(seconds=61)))
    elapsed = iter(range(0, 1000, 10))
    monkeypatch.setattr(midnight.time, "monotonic", lambda: float(next(elapsed)))
    for seconds in midnight.pauses(lambda: MIDNIGHT - timedelta(seconds=5)):
        waited.append(seconds)
    assert 0 < len(waited) < 10


def exchange(sent: str, answered: str | None) -> Exchange:
    return Exchange(1, "hospital", "platform", sent, Raw(b"{}"), "answered", answered, Raw(b"{}"))


def test_the_day_is_the_one_told_unless_it_lies_elsewhere() -> None:
    """A settlement sent before midnight and made after it is of the new day; a time of last year is no answer to it."""
    late = exchange("2026-11-30T23:59:59.900", "2026-12-01T00:00:00.100")
    assert "2026-12-01" == told_at({"setl_time": "2026-12-01 00:00:00"}, late)[:10]
    assert "2026-11-30" == told_at({"setl_time": "2025-11-30 10:00:00"}, late)[:10]
    assert "2026-11-30" == told_at({}, late)[:10] == told_at({"setl_time": "soon"}, late)[:10]
    assert {"2026-11-30", "2026-12-01"} == days_around("2026-11-30 23:58:30")
    assert {"2026-11-30"} == days_around("2026-11-30 23:57:30", None, "")
    assert straddles(days_around("2026-11-30 23:58:30"), "2026-11-30", "2026-11-30")
    assert not straddles(days_around("2026-11-30 23:58:30"), "2026-11-01", "2026-12-31")
