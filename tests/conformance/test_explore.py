"""Exploring: a right platform stands every conversation made up, a wrong one is found, and what is written repeats it."""

import itertools
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import hypothesis
import pytest
from hypothesis.stateful import run_state_machine_as_test

from conformance.explore import Explored, explore_platform
from conformance.explore.choices import out_of_turn
from conformance.explore.machine import machine
from conformance.explore.platform import PEOPLE, STEPS
from conformance.explore.rules import ACTS, OPEN, verdict
from conformance.explore.search import effort, steady
from conformance.explore.spoils import SPOILS, USED_ID_CLAUSE
from conformance.explore.talk import Sketch, Talk, numbered
from conformance.explore.world import Cast, Move
from conformance.mutants import mutant
from conformance.mutants.hunt import run_against, run_mutant
from conformance.pack import Pack, load_pack
from conformance.profile import FEATURES, Profile
from conformance.requirements import clauses
from conformance.result import RunResult
from conformance.scenario.dump import as_yaml
from conformance.targets.platform import china_time
from conformance.targets.transport import InProcessTransport, Transport
from sim.errors import InputError
from sim.interface import interface
from sim.platform.reference import Reference, reference

IFACE = interface("national")


def explored(platform: Reference, examples: int, seed: int, profile: Profile | None = None) -> Explored:
    return explore_platform(
        InProcessTransport(platform.call, china_time), profile or Profile(), examples=examples, seed=seed
    )


def anew(name: str) -> Callable[[], Transport]:
    """A wrong platform that remembers no conversation before: what is found is then not owed to chance."""
    one = mutant(name)
    return lambda: InProcessTransport(one.build().call, china_time, read=one.read, write=one.write)


def checks(result: RunResult) -> set[str]:
    return {finding.observation.check for finding in result.errors}


def test_the_reference_stands_every_conversation() -> None:
    """Legal ones, and those in which something must be refused."""
    found = explored(reference(), 10, 3)
    assert not found.failed
    assert 10 == found.conversations
    assert "passed" == found.result.verdict


def test_a_variant_of_the_interface_is_spoken() -> None:
    """Where an ordinary stay has another code, stays are made up all the same."""
    found = explored(reference(interface="hunan"), 6, 2, Profile(interface="hunan"))
    assert "passed" == found.result.verdict
    assert not found.failed


@pytest.mark.parametrize(
    ("name", "check", "seed", "most"),
    [
        ("counters_not_moved", "exact.counters", 2, 8),
        # stays
        ("stays_not_counted", "exact.counters", 2, 7),
        ("breaks_discharge_early", "expectation.refused", 1, 4),
        ("breaks_undo_twice", "expectation.refused", 6, 8),
        ("breaks_settle_twice", "expectation.refused", 2, 7),
        # a pharmacy
        ("breaks_sale_total", "expectation.refused", 1, 3),
        # filings
        ("filings_twice", "expectation.accepted", 4, 7),
        ("withdrawn_filings_hold", "expectation.accepted", 2, 7),
        # the personal account
        ("account_overdrawn", "relations.the_account_pays_what_it_holds", 2, 7),
    ],
)
def test_a_wrong_platform_is_found_and_the_pack_repeats_it(
    name: str, check: str, seed: int, most: int, tmp_path: Path
) -> None:
    """In few conversations; what is written fails there for the same reason, and passes where the fault is not."""
    assert_found(name, check, 25, seed, most, tmp_path)


def assert_found(name: str, check: str, examples: int, seed: int, most: int, folder: Path) -> None:
    found = explore_platform(anew(name), Profile(), examples=examples, seed=seed)
    assert found.failed
    assert found.repeats
    assert check in checks(found.result)
    assert most >= found.steps
    pack = load_pack(found.write(folder))
    assert check in checks(run_mutant(mutant(name), [pack]))
    assert "passed" == run_against(reference(), [pack]).verdict


def test_what_fails_once_and_not_again_is_told_as_such() -> None:
    """A target that is wrong every other time: nothing fails twice, and still it is not silence."""
    wrong = itertools.cycle((True, False))

    def other_each_time() -> Transport:
        platform = mutant("total_off_by_a_fen").build() if next(wrong) else reference()
        return InProcessTransport(platform.call, china_time)

    found = explore_platform(other_each_time, Profile(), examples=8, seed=1)
    assert (True, False) == (found.failed, found.repeats)
    assert "amounts.A1" in checks(found.result)


def test_the_same_seed_makes_the_same_conversations() -> None:
    """Message ids and times apart."""
    one, two, other = (explored(reference(), 3, seed) for seed in (1, 1, 2))
    assert one.pack.files == two.pack.files
    assert one.messages == two.messages
    assert one.pack.files != other.pack.files


def test_a_pack_is_not_written_over_another(tmp_path: Path) -> None:
    """Nothing is lost."""
    found = explored(reference(), 2, 1)
    found.write(tmp_path)
    with pytest.raises(InputError, match="pack"):
        found.write(tmp_path)


def test_nobody_to_play_with_is_said() -> None:
    """A profile without people is an error, not a success."""
    with pytest.raises(InputError):
        explored(reference(), 5, 1, Profile(people=()))


# --- the model ---


def test_every_reason_to_refuse_is_a_clause_of_the_register() -> None:
    """A finding can name it."""
    asked = {asked.clause for act in ACTS.values() for asked in act.asks} - {""}
    assert asked | {spoil.clause for spoil in SPOILS.values()} | {USED_ID_CLAUSE} <= set(clauses())


def sketches(examples: int, seed: int) -> list[Sketch]:
    """Conversations as they are made up, not played."""
    found: list[Sketch] = []
    casts = [
        Cast({"insurance": "employee", "account": True, "disease": "any"}, {"insurance": "resident"}),
        Cast({"insurance": "employee", "place": "local"}, None, None, {"near": "other_province"}),
        Cast(PEOPLE[0], {"insurance": "employee", "suspended": True}, None, {"kind": "pharmacy"}),
    ]
    made = machine(found.append, casts, sorted(Profile().items), FEATURES, IFACE)
    with steady():
        run_state_machine_as_test(hypothesis.seed(seed)(made), settings=effort(examples, stateful_step_count=STEPS))
    return found


def test_conversations_hold_everything_that_can_be_done() -> None:
    """Every act, both kinds of batch, both people, both places, every flag, and mistakes of both sorts."""
    made = sketches(90, 10)
    right = [move for sketch in made for move in sketch.moves if not move.wrong]
    wrong = [move for sketch in made for move in sketch.moves if move.wrong]
    assert set(ACTS) == {move.act for move in right}
    assert {"1", "2"} == {move.batch for move in right}
    assert {"patient", "other"} == {move.who for move in right}
    assert {"first", "second"} == {move.at for move in right}
    assert {flag for act in ACTS.values() for flag in act.may_be} | {"interim"} == {f for m in right for f in m.flags}
    assert {"turn"} < {move.wrong for move in wrong}
    assert 20 < len({(move.act, move.wrong) for move in wrong})


def test_what_is_left_of_a_conversation_is_one() -> None:
    """Whatever moves are taken away, the rest is made up of moves in turn and of mistakes that are mistakes."""
    for sketch in sketches(10, 2):
        for gone in sketch.moves:
            rest = numbered(Sketch(sketch.cast, tuple(move for move in sketch.moves if move is not gone)))
            talk = Talk(sketch.cast, FEATURES, IFACE)
            for move in rest.moves:
                before = verdict(talk.world, move)
                if talk.make(move):
                    assert (before == "") == (move.wrong not in ("turn",))
            whole = numbered(Sketch(sketch.cast, tuple(talk.moves)))
            assert whole.moves == tuple(whole.talk(FEATURES, IFACE).moves)


ONE = ({"item": "CZ99000060", "quantity": 1},)
EMPLOYEE = Cast({"insurance": "employee", "account": True})


def said(*moves: Move, cast: Cast = EMPLOYEE) -> Talk:
    talk = Sketch(cast, moves).talk(FEATURES, IFACE)
    assert len(moves) == len(talk.moves)
    return talk


def refused(talk: Talk) -> dict[tuple[str, str], str]:
    """What must be refused now about the first batch, by act and, where it is not the usual one, by transaction."""
    return {(move.act, move.form): clause for clause, move in out_of_turn(talk.world) if move.batch == "1"}


def outpatient(visit: int = 1) -> tuple[Move, ...]:
    return (
        Move("register", visit),
        Move("describe", visit + 1, visit=visit),
        Move("charge", visit + 2, visit=visit, bill=ONE),
    )


def settled(visit: int, first: int, *flags: str, batch: str = "1") -> tuple[Move, ...]:
    return (
        Move("trial", first, visit=visit, batch=batch, flags=frozenset(flags)),
        Move("settle", first + 1, visit=visit, batch=batch, flags=frozenset(flags)),
    )


def test_a_settled_visit_takes_nothing_more() -> None:
    """Lines, another settlement and giving up are refused; a cancellation and a reversal are not."""
    talk = said(*outpatient(), *settled(1, 4))
    now = refused(talk)
    assert "ORD-LINE-SETTLED-BATCH" == now["charge", ""]
    assert "ORD-SETTLE-TWICE" == now["settle", ""]
    assert "ORD-CANCEL-SETTLED" == now["give_up", ""]
    assert "ORD-WITHDRAW-SETTLED" == now["withdraw", ""]
    assert "ORD-VISIT-KIND" == now["charge", "inpatient"]
    assert {"cancel", "reverse"} <= {move.act for move in talk.choices()}


def test_what_is_cancelled_is_neither_cancelled_nor_reversed() -> None:
    """And may be settled anew; what was never cancelled is not refused."""
    now = refused(said(*outpatient(), *settled(1, 4), Move("cancel", 6, visit=1, of=5)))
    assert "ORD-UNDO-TWICE" == now["cancel", ""]
    assert ("settle", "") not in now


def test_a_discharged_stay_is_not_changed_and_a_settled_one_keeps_its_discharge() -> None:
    """Each by its clause."""
    stay = (Move("admit", 1), Move("charge", 2, visit=1, bill=ONE), Move("discharge", 3, visit=1))
    now = refused(said(*stay))
    assert "ORD-CHANGE-DISCHARGED" == now["change", ""]
    assert "ORD-DISCHARGE-TWICE" == now["discharge", ""]
    assert ("undischarge", "") not in now
    assert "ORD-UNDISCHARGE-SETTLED" == refused(said(*stay, *settled(1, 4)))["undischarge", ""]


def test_after_an_interim_settlement_the_stay_goes_on() -> None:
    """More lines and another settlement are in turn."""
    stay = (Move("admit", 1), Move("charge", 2, visit=1, bill=ONE), *settled(1, 3, "interim"))
    talk = said(*stay, Move("charge", 5, visit=1, bill=ONE), Move("discharge", 6, visit=1), *settled(1, 7))
    assert [False, True] == [one.final for one in talk.world.settlements.values()]


def test_no_more_is_given_back_than_was_charged() -> None:
    """One of two, then two more are too many, one is not."""
    two = ({"item": "XZ99000001", "quantity": 2},)
    back = ({"item": "XZ99000001", "quantity": 1, "back_of": 1},)
    talk = said(Move("admit", 1), Move("charge", 2, visit=1, bill=two), Move("give_back", 3, visit=1, bill=back))
    many = ({"item": "XZ99000001", "quantity": 2, "back_of": 1},)
    other = ({"item": "XZ99000009", "quantity": 1, "back_of": 1},)
    unknown = ({"item": "XZ99000001", "quantity": 1, "back_of": 9},)
    found = [verdict(talk.world, Move("give_back", 4, visit=1, bill=bill)) for bill in (back, many, other, unknown)]
    assert ["", "ORD-REFUND-MORE", "ORD-REFUND-ITEM", "ORD-REFUND-UNKNOWN"] == found


def test_what_the_interface_leaves_open_is_not_made_up() -> None:
    """A second reversal, a settlement without a trial, giving up a visit with lines, a batch in two uploads unless that is
    promised."""
    talk = said(*outpatient(), *settled(1, 4), Move("reverse", 6, visit=1, of=5))
    assert OPEN == verdict(talk.world, Move("reverse", 7, visit=1, of=5))
    assert OPEN == verdict(talk.world, Move("settle", 7, visit=1))
    assert OPEN == verdict(talk.world, Move("give_up", 7, visit=1))
    more = Move("charge", 7, visit=1, bill=ONE)
    assert "" == verdict(talk.world, more)
    talk.world.promised = {**FEATURES, "several_batches": False}
    assert OPEN == verdict(talk.world, more)


def test_a_settlement_whose_answer_was_lost_is_reversed_not_cancelled() -> None:
    """Nobody knows its number; it stands all the same."""
    lost = Move("settle", 5, visit=1, flags=frozenset({"lost"}))
    talk = said(*outpatient(), Move("trial", 4, visit=1), lost)
    assert OPEN == verdict(talk.world, Move("cancel", 6, visit=1, of=5))
    assert "ORD-SETTLE-TWICE" == verdict(talk.world, Move("settle", 6, visit=1))
    assert "" == verdict(talk.world, Move("reverse", 6, visit=1, of=5))


def test_a_filing_is_taken_back_at_the_end() -> None:
    """The same person is needed again."""
    local = Cast({"insurance": "employee", "place": "local"}, None, None, {"near": "other_province"})
    (scenario,) = said(Move("refer", 1), cast=local).scenarios()
    assert ["1101", "2501", "2502"] == [step["send"] for step in scenario["steps"]]


# --- conversations that were once judged wrongly, or said wrongly ---


TRIED = settled(1, 4)


def pack_of(tmp_path: Path, *moves: Move, cast: Cast = EMPLOYEE) -> Pack:
    (tmp_path / "pack.yaml").write_text(
        'name: t\nversion: "1"\nrole: platform\ninterfaces: [national]\ntitle: {zh: t, en: t}\n', "utf-8"
    )
    for one in said(*moves, cast=cast).scenarios():
        (tmp_path / f"{one['id'].lower()}.yaml").write_text(as_yaml(one), "utf-8")
    return load_pack(tmp_path)


def judged(tmp_path: Path, *moves: Move, cast: Cast = EMPLOYEE) -> RunResult:
    return run_against(reference(), [pack_of(tmp_path, *moves, cast=cast)])


def test_another_bill_after_a_cancelled_settlement_gives_other_amounts(tmp_path: Path) -> None:
    """Settling again is the same only when the same is asked for."""
    again = (Move("cancel", 6, visit=1, of=5), Move("charge", 7, visit=1, bill=ONE), *settled(1, 8))
    result = judged(tmp_path, *outpatient(), *TRIED, *again)
    assert set() == checks(result)
    assert "passed" == result.verdict


def test_the_account_after_a_settlement_without_it_gives_other_amounts(tmp_path: Path) -> None:
    """The same lines, but now the account pays."""
    again = (Move("reverse", 6, visit=1, of=5), *settled(1, 7, "account"))
    assert "passed" == judged(tmp_path, *outpatient(), *TRIED, *again).verdict


def test_the_same_after_a_cancelled_settlement_is_compared(tmp_path: Path) -> None:
    """Otherwise the two above would prove nothing."""
    result = judged(tmp_path, *outpatient(), *TRIED, Move("cancel", 6, visit=1, of=5), *settled(1, 7))
    assert "life.settled_again" in {o.check for o in result.observations if o.status == "pass"}


def test_a_class_c_line_of_nothing_is_a_class_c_line(tmp_path: Path) -> None:
    """Its amount rounds to zero, and so does what is wholly self-paid."""
    bill = ({"item": "TZ99000035", "quantity": Decimal("0.0001")},)
    result = judged(tmp_path, *outpatient()[:2], Move("charge", 3, visit=1, bill=bill))
    assert "passed" == result.verdict
    assert "amounts.L5" in {o.check for o in result.observations if o.status == "pass"}


def test_a_restricted_drug_is_sold_as_own_pay(tmp_path: Path) -> None:
    """A pharmacy's messages have no flag that says so; the judge sees it by the line. Another line is still compared."""
    shop = Cast(EMPLOYEE.person, None, {"kind": "pharmacy"})
    bill = ({"item": "XZ99000025", "quantity": 1}, {"item": "XZ99000009", "quantity": 1})
    result = judged(tmp_path, Move("sell", 1, bill=bill), cast=shop)
    assert "passed" == result.verdict
    assert "exact.lines" in {o.check for o in result.observations if o.status == "pass"}


def test_a_settlement_that_stands_again_did_not_stand_while_it_was_cancelled(tmp_path: Path) -> None:
    """Settled, cancelled, settled, cancelled, and the first cancellation reversed: never two at once."""
    first = (*outpatient(), *TRIED, Move("cancel", 6, visit=1, of=5))
    second = (*settled(1, 7), Move("cancel", 9, visit=1, of=8), Move("reverse", 10, visit=1, of=6))
    result = judged(tmp_path, *first, *second)
    assert "passed" == result.verdict
    assert "life.settled_once" in {o.check for o in result.observations if o.status == "pass"}


def test_a_batch_uploaded_anew_does_not_take_another_ones_number(tmp_path: Path) -> None:
    """Two batches, the first withdrawn and uploaded again: each is settled by itself."""
    two = (Move("charge", 4, visit=1, batch="2", bill=ONE), Move("withdraw", 5, visit=1))
    again = (Move("charge", 6, visit=1, bill=ONE), *settled(1, 7), *settled(1, 9, batch="2"))
    assert "passed" == judged(tmp_path, *outpatient(), *two, *again).verdict


def test_an_admission_is_not_reversed_again_for_another_person(tmp_path: Path) -> None:
    """Whether a second reversal is answered is left open, but not for whom."""
    two = Cast(EMPLOYEE.person, {"insurance": "employee"})
    wrong = Move("reverse", 3, who="other", of=1, wrong="turn")
    result = judged(tmp_path, Move("admit", 1), Move("reverse", 2, of=1), wrong, cast=two)
    assert "passed" == result.verdict
    assert "expectation.refused" in {o.check for o in result.observations if o.status == "pass"}


def test_a_referral_back_is_not_taken_for_the_same_referral_again() -> None:
    """From the same hospital it is refused; from the one to which somebody was referred it is left open."""
    cast = Cast({"insurance": "employee", "place": "local"}, None, None, {"near": "other_province"})
    talk = said(Move("refer", 1), cast=cast)
    assert "NEG-FILING" == verdict(talk.world, Move("refer", 2))
    assert OPEN == verdict(talk.world, Move("refer", 2, at="second"))


def test_somebody_suspended_is_not_registered(tmp_path: Path) -> None:
    """Nor by a platform that is right; one that does not look is found."""
    cast = Cast(EMPLOYEE.person, {"insurance": "employee", "suspended": True})
    moves = (Move("register", 1), Move("register", 2, who="other", wrong="turn"))
    pack = pack_of(tmp_path, *moves, cast=cast)
    assert "passed" == run_against(reference(), [pack]).verdict
    assert "expectation.refused" in checks(run_mutant(mutant("suspended_people_are_treated"), [pack]))


def test_what_was_settled_before_does_not_keep_a_cancellation_from_being_reversed() -> None:
    """Of a stay settled in parts the last settlement is cancelled: the first one stands beside it as before."""
    first = (Move("admit", 1), Move("charge", 2, visit=1, bill=ONE), *settled(1, 3, "interim"))
    last = (Move("charge", 5, visit=1, bill=ONE), Move("discharge", 6, visit=1), *settled(1, 7))
    cancelled = (*first, *last, Move("cancel", 9, visit=1, of=8))
    assert "" == verdict(said(*cancelled).world, Move("reverse", 10, of=9))
    assert "ORD-SETTLE-TWICE" == verdict(said(*cancelled, *settled(1, 10)).world, Move("reverse", 12, of=9))
