"""Visits: what chance belongs to, and how each visit ends."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from sim.lang import say
from sim.world import draws, engine
from sim.world.record import Record, Results
from sim.world.setup import Duration, Setup, person_id, visit_id

Make = Callable[..., Setup]
SEED = 11


def run(setup: Setup, transport: Any, seed: int = SEED, **more: Any) -> Results:
    return engine.run(setup, seed, transport, engine.crowd(setup, seed), **more)


def of_first(results: Results) -> list[Record]:
    return [record for record in results.records if record.hospital.endswith("1")]


def unaffected(make_setup: Make, transport: Any, draw: Any) -> bool:
    """Whether the records of one hospital stay the same when another one is there too."""
    alone = run(make_setup(hospitals=1), transport(), draw=draw())
    together = run(make_setup(hospitals=2), transport(), draw=draw())
    assert len(alone.records) < len(together.records)
    return list(alone.records) == of_first(together)


def test_another_hospital_changes_nothing_at_this_one(make_setup: Make, accepts_everything: Any) -> None:
    """Draws are keyed by visit: what happens elsewhere moves no number here."""
    assert unaffected(make_setup, accepts_everything, lambda: draws.uniform)


def test_a_shared_stream_would_be_seen(make_setup: Make, accepts_everything: Any) -> None:
    """An engine that takes its chance from one stream in order of events fails the same property."""

    def shared_stream() -> Any:
        stream = random.Random(SEED)  # noqa: S311 - the wrong generator is the point
        return lambda *_: stream.random()

    assert not unaffected(make_setup, accepts_everything, shared_stream)


def test_a_slower_reader_changes_no_draw(make_setup: Make, accepts_everything: Any) -> None:
    """Another mean scales the times drawn for it and leaves all others: who comes, bills, failures, other delays."""
    setup = make_setup(local_rate=0.0, counters=50)
    slow = evolve(setup, durations={**setup.durations, "pay": Duration("fixed", 600.0)})
    usual, slower = run(setup, accepts_everything()), run(slow, accepts_everything())
    for a, b in zip(usual.records, slower.records, strict=True):
        assert a.settled_s == b.settled_s or a.kind == "inpatient"
        assert (a.visit_id, a.medfee_sumamt, a.unread, a.credential, a.outcome, a.filing) == (
            b.visit_id,
            b.medfee_sumamt,
            b.unread,
            b.credential,
            b.outcome,
            b.filing,
        )


def test_the_same_seed_gives_the_same_records_and_another_seed_others(
    make_setup: Make, accepts_everything: Any
) -> None:
    """Repeatable, and not frozen."""
    setup = make_setup()
    first = run(setup, accepts_everything())
    assert first == run(setup, accepts_everything())
    assert first.records != run(setup, accepts_everything(), seed=SEED + 1).records


def test_outpatients_say_what_the_interface_wants_in_order(make_setup: Make, accepts_everything: Any) -> None:
    """Sign-in once a hospital and day, then the messages of a visit in their order."""
    transport = accepts_everything()
    setup = make_setup(hospitals=1, days=1, per_day=1.0, inpatients=0.0, local_rate=0.0)
    seed = next(s for s in range(50) if len(engine.crowd(setup, s).visits) == 1)
    results = run(setup, transport, seed)
    assert ["9001", "1101", "2201", "2203", "2204", "2206", "2207"] == transport.said
    assert 6 == results.records[0].messages
    assert 7 == results.messages


def test_inpatients_say_what_the_interface_wants_in_order(make_setup: Make, accepts_everything: Any) -> None:
    """The hospital signs in again on the days of upload and discharge."""
    transport = accepts_everything()
    setup = make_setup(hospitals=1, days=1, per_day=0.0, inpatients=1.0, local_rate=0.0)
    seed = next(s for s in range(50) if len(engine.crowd(setup, s).visits) == 1)
    record = run(setup, transport, seed).records[0]
    said = [infno for infno in transport.said if infno != "9001"]
    assert ["1101", "2401", "2301", "2301", "2303", "2402", "2304"] == said
    assert 2 <= transport.said.count("9001") <= 3
    assert record.discharge_served_s is not None
    assert record.registered_s is not None
    assert record.settled_s is not None
    assert record.registered_s < record.discharge_served_s < record.settled_s < record.left_s


@pytest.mark.parametrize("infno", ["1101", "2201", "2203", "2204", "2206", "2207"])
def test_a_refusal_has_its_outcome_wherever_it_comes(make_setup: Make, refuses_one: Any, infno: str) -> None:
    """The patient pays the whole bill, nothing is counted as settled, message and class of reason stand in the record."""
    words = say("platform.infno.unsupported", infno=infno).show("zh")
    setup = make_setup(inpatients=0.0, chances={})
    results = run(setup, refuses_one(infno, words))
    assert results.records
    for record in results.records:
        assert ("refused", infno, "infno.unsupported", words) == (
            record.outcome,
            record.refused_infno,
            record.refusal,
            record.refusal_text,
        )
        assert record.paid_at_counter == record.medfee_sumamt > 0
        assert record.fund_pay_sumamt is None
        assert record.settled_s is None
        assert record.left_s > record.arrive_s


@pytest.mark.parametrize("infno", ["1101", "2401", "2301", "2303", "2402", "2304"])
def test_inpatients_refused_on_the_way_free_their_desk(make_setup: Make, refuses_one: Any, infno: str) -> None:
    """Whichever desk they are at, or none: the day's local patients are not waited for for ever."""
    setup = make_setup(per_day=0.0, chances={})
    results = run(setup, refuses_one(infno, "x"))
    assert results.records
    assert {("refused", infno, "other")} == {(r.outcome, r.refused_infno, r.refusal) for r in results.records}
    assert () == results.leftovers


def test_no_credential_can_be_read(make_setup: Make, accepts_everything: Any) -> None:
    """Each of the three is tried once and once again, then the patient pays in full and no message was sent."""
    setup = make_setup(chances={"reader.card": 1.0, "reader.code": 1.0, "reader.identity": 1.0})
    results = run(setup, accepts_everything())
    assert {("unreadable", 6, 0)} == {(r.outcome, r.unread, r.messages) for r in results.records}
    assert all(r.paid_at_counter == r.medfee_sumamt for r in results.records)
    assert () == results.leftovers


def test_a_card_that_fails_leads_to_the_next_credential(make_setup: Make, accepts_everything: Any) -> None:
    """Cards never read: who would have shown one settles with the electronic code."""
    setup = make_setup(chances={"reader.card": 1.0}, credentials={"card": 1.0})
    results = run(setup, accepts_everything())
    assert {("settled", "code", 2)} == {(r.outcome, r.credential, r.unread) for r in results.records}


def test_nothing_ever_comes_back(make_setup: Make, accepts_everything: Any) -> None:
    """Every repeatable message lost: the first one is tried three times, 20 s each, and the patient gives up."""
    setup = make_setup(chances={"loss": 1.0}, inpatients=0.0)
    results = run(setup, accepts_everything())
    assert {("unanswered", 3, 3)} == {(r.outcome, r.messages, r.lost) for r in results.records}


def test_origins_that_have_not_joined_send_nobody(make_setup: Make) -> None:
    """A pool that joins on the second day is not there on the first; nobody crosses into his own province."""
    setup = make_setup(per_day=60.0)
    beijing, chongqing = setup.origins
    setup = evolve(setup, origins=(beijing, evolve(chongqing, joined=1), evolve(beijing, admdvs="520300", weight=9.0)))
    visits = engine.crowd(setup, SEED).visits
    came = {(visit.origin.admdvs, visit.day("counter")) for visit in visits}
    assert {("110000", 0), ("110000", 1), ("500000", 1)} == came


def test_hospitals_that_have_not_joined_receive_nobody(make_setup: Make) -> None:
    """Before its day a hospital settles nobody from out of town."""
    setup = make_setup()
    first, second = setup.hospitals
    setup = evolve(setup, hospitals=(first, evolve(second, joined=1)))
    days = {
        visit.day("counter") for visit in engine.crowd(setup, SEED).visits if visit.hospital.number == second.number
    }
    assert {1} == days


def test_ids_that_do_not_fit_are_refused() -> None:
    """Two visits with one id would share their chance."""
    for part in ((16, 0, 0, 0), (1, 1 << 24, 0, 0), (1, 0, 1 << 16, 0), (1, 0, 0, 1 << 20), (1, -1, 0, 0)):
        with pytest.raises(ValueError, match="out of range"):
            visit_id(*part)
    with pytest.raises(ValueError, match="out of range"):
        person_id("110000", "310", 1 << 30)
    assert visit_id(1, 2, 3, 4) != visit_id(1, 2, 4, 3)
