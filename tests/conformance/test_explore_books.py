"""Exploring reconciliation: what stands in an institution's books, what is told of it, and platforms that tell it wrongly."""

import base64
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from conformance.explore import explore_platform
from conformance.explore.rules import OPEN, verdict
from conformance.explore.talk import Sketch, Talk
from conformance.explore.world import Cast, Move
from conformance.mutants import build, mutant
from conformance.mutants.hunt import run_against, run_mutant
from conformance.pack import Pack, load_pack
from conformance.profile import FEATURES, Profile
from conformance.result import RunResult
from conformance.run import certify_platform
from conformance.scenario.dump import as_yaml
from conformance.targets.held import unzipped
from conformance.targets.platform import china_time
from conformance.targets.transport import InProcessTransport
from sim.interface import interface
from sim.platform.context import Context
from sim.platform.reference import Reference, reference
from tests.conformance.midnight_clock import Crossing
from tests.conformance.test_explore import assert_found, checks, sketches

IFACE = interface("national")
ONE = ({"item": "CZ99000060", "quantity": 1},)
EMPLOYEE = Cast({"insurance": "employee", "account": True})
VISIT = (
    Move("register", 1),
    Move("describe", 2, visit=1),
    Move("charge", 3, visit=1, bill=ONE),
    Move("trial", 4, visit=1),
)
SETTLED = (*VISIT, Move("settle", 5, visit=1))


def of_books(act: str, number: int, *flags: str, of: int = 0) -> Move:
    return Move(act, number, kind="outpatient", of=of, flags=frozenset(flags))


def told(first: int, *flags: str, of: int = 0) -> tuple[Move, ...]:
    """A file handed in, compared, and its result fetched."""
    return (of_books("hand_in", first, *flags, of=of), of_books("compare", first + 1), of_books("fetch", first + 2))


def talk_of(*moves: Move) -> Talk:
    talk = Sketch(EMPLOYEE, moves).talk(FEATURES, IFACE)
    assert len(moves) == len(talk.moves)
    return talk


def pack_of(folder: Path, talk: Talk) -> Pack:
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    (folder / "pack.yaml").write_text(
        'name: t\nversion: "1"\nrole: platform\ninterfaces: [national]\ntitle: {zh: t, en: t}\n', "utf-8"
    )
    for one in talk.scenarios():
        (folder / f"{one['id'].lower()}.yaml").write_text(as_yaml(one), "utf-8")
    return load_pack(folder)


def passed(result: RunResult, check: str) -> int:
    return sum(one.check == check and one.status == "pass" for one in result.observations)


# --- the model ---


def test_the_books_hold_what_was_settled_and_cancelled_and_not_what_was_reversed() -> None:
    """A cancellation is a line of its own; what nobody here heard of is in no book of the institution."""
    lost = Move("settle", 5, visit=1, flags=frozenset({"lost"}))
    cancel = Move("cancel", 6, visit=1, of=5)
    for moves, lines in (
        (SETTLED, [5]),
        ((*VISIT, lost), []),
        ((*SETTLED, cancel), [5, 6]),
        ((*SETTLED, Move("cancel", 6, visit=1, of=5, flags=frozenset({"lost"}))), [5]),
        ((*SETTLED, Move("reverse", 6, of=5)), []),
    ):
        assert lines == talk_of(*moves).world.booked("first", "outpatient")
    assert [] == talk_of(*SETTLED).world.booked("first", "inpatient")


def test_what_is_handed_in_is_what_the_model_has_in_the_books(tmp_path: Path) -> None:
    """In conversations as they are made up, a right file has as many lines as the model says."""
    seen = 0
    for sketch in sketches(40, 3):
        moves = tuple(move for move in sketch.moves if not move.wrong)
        talk, expected = Talk(sketch.cast, FEATURES, IFACE), []
        for move in moves:
            if move.act == "hand_in":
                booked = talk.world.booked(move.at, move.kind)
                expected.append(len(booked) - move.has("left_out") + move.has("strange"))
            talk.make(move)
        if not expected:
            continue
        result = run_against(reference(), [pack_of(tmp_path / "pack", talk)])
        assert set() == checks(result)
        files = [one.request.message or {} for one in result.conversation if one.infno == "9101"]
        sent = [base64.b64decode(one["input"]["fsUploadIn"]["in"]) for one in files]
        assert expected == [len(list(unzipped(content))) for content in sent]
        seen += len(expected)
    assert seen > 10


def test_a_total_is_asked_once_every_line_is_told_and_until_something_moves() -> None:
    """Before the result was fetched nobody knows it; a settlement, a cancellation or a reversal makes it old."""
    assert OPEN == verdict(talk_of(*SETTLED, *told(6)[:2]).world, of_books("total", 8))
    whole = talk_of(*SETTLED, *told(6))
    assert "" == verdict(whole.world, of_books("total", 9))
    for undo in (Move("cancel", 9, visit=1, of=5), Move("reverse", 9, of=5)):
        assert OPEN == verdict(talk_of(*SETTLED, *told(6), undo).world, of_books("total", 10))
    assert OPEN == verdict(talk_of(*SETTLED, of_books("hand_in", 6), of_books("fetch", 7)).world, of_books("total", 8))


def test_another_institution_does_not_fetch_a_file(tmp_path: Path) -> None:
    """It is refused by its clause; a platform that gives it away is found."""
    cast = Cast(EMPLOYEE.person, None, None, {"near": "other_province"})
    foreign = Move("fetch", 7, at="second", kind="outpatient", wrong="turn")
    talk = Sketch(cast, (*SETTLED, of_books("hand_in", 6), foreign)).talk(FEATURES, IFACE)
    assert ["ORD-FILE-FOREIGN"] == [wrong.clause for wrong in talk.wrongs]
    pack = pack_of(tmp_path, talk)
    assert "passed" == run_against(reference(), [pack]).verdict
    assert "expectation.refused" in checks(run_mutant(mutant("breaks_file_foreign"), [pack]))


def test_books_are_not_reconciled_where_a_variant_requires_what_nobody_can_say() -> None:
    """Everything else is made up there as well."""
    talk = Talk(EMPLOYEE, FEATURES, interface("hunan"))
    for move in SETTLED:
        talk.make(move)
    assert {"cancel", "reverse"} <= {move.act for move in talk.choices()}
    assert not [move for move in talk.choices() if move.kind]


# --- wrong platforms ---


def without_cancellations() -> Reference:
    """Totals leave out what was cancelled: sums agree, the count does not."""

    def change(_: Context, message: dict[str, Any]) -> None:
        message["input"]["data"]["refd_setl_flag"] = "0"

    return build.with_treatment(("3201",), lambda handler: build.before(handler, change))


@pytest.mark.parametrize(
    ("name", "check", "seed", "most"),
    [
        ("totals_always_equal", "reconciliation.total", 2, 12),
        ("totals_never_equal", "reconciliation.total", 2, 12),
        ("lines_always_equal", "reconciliation.wrong", 4, 6),
        ("lines_never_equal", "reconciliation.right", 2, 10),
        ("only_sent_lines_are_told", "reconciliation.missing", 4, 7),
    ],
)
def test_a_platform_that_reconciles_wrongly_is_found(
    name: str, check: str, seed: int, most: int, tmp_path: Path
) -> None:
    """In few conversations, shrunk; the pack fails there again for the same reason, and passes at the reference."""
    assert_found(name, check, 40, seed, most, tmp_path)


def test_a_platform_that_leaves_cancellations_out_is_found(tmp_path: Path) -> None:
    """The shortest conversation has a cancellation, and a total after it."""
    found = explore_platform(
        lambda: InProcessTransport(without_cancellations().call, china_time), Profile(), examples=40, seed=4
    )
    assert (True, True) == (found.failed, found.repeats)
    assert "reconciliation.total" in checks(found.result)
    assert 8 >= found.steps
    pack = load_pack(found.write(tmp_path))
    assert {"2208", "2305", "2103"} & {step.send for one in pack.scenarios for step in one.steps}
    assert "passed" == run_against(reference(), [pack]).verdict


# --- the judge, and what the hospital asks ---


def test_a_cancellation_of_which_the_answer_was_lost_is_told_by_its_line(tmp_path: Path) -> None:
    """Whether the settlement's own line differs then is left open; that the negative one is missing is not."""
    lost = Move("cancel", 6, visit=1, of=5, flags=frozenset({"lost"}))
    pack = pack_of(tmp_path, talk_of(*SETTLED, lost, *told(7), of_books("total", 10)))
    result = run_against(reference(), [pack])
    assert "passed" == result.verdict
    assert 1 == passed(result, "reconciliation.missing")
    assert "reconciliation.missing" in checks(run_mutant(mutant("only_sent_lines_are_told"), [pack]))


def test_totals_are_judged_although_others_were_settled_there_before(tmp_path: Path) -> None:
    """Another person, whom this run did not read, and the same bill of the same person: both are in the right total."""
    platform, pack = reference(), pack_of(tmp_path, talk_of(*SETTLED, *told(6), of_books("total", 9)))

    def certified(profile: Profile) -> RunResult:
        transport = InProcessTransport(platform.call, china_time)
        return certify_platform(transport, profile, [pack], workers=1)

    first, *others = Profile().people
    for people in ((first, *others), (*others, first), (first, *others)):
        result = certified(Profile(people=people))
        assert "passed" == result.verdict
        assert 1 == passed(result, "reconciliation.total")
        said = [one for one in result.conversation if one.infno == "3201"]
        replies = [one.reply.message or {} for one in said if one.reply is not None]
        assert ["0"] == [reply["output"]["stmtinfo"]["stmt_rslt"].strip("0") or "0" for reply in replies]


def test_midnight_accuses_nobody(tmp_path: Path) -> None:
    """Wherever it comes in a conversation that settles, cancels and reconciles."""
    cancelled = (*SETTLED, Move("cancel", 6, visit=1, of=5))
    moves = (*cancelled, *told(7, "left_out", of=6), of_books("total", 10), of_books("total", 11, "total_off"))
    pack = pack_of(tmp_path, talk_of(*moves))

    def played(clock: Crossing) -> RunResult:
        transport = InProcessTransport(reference().call, clock)
        return certify_platform(transport, Profile(), [pack], workers=1, clock=clock)

    whole = Crossing(before=timedelta(seconds=70))
    assert "passed" == played(whole).verdict
    for at in range(1, whole.reads, 7):
        assert set() == checks(played(Crossing(at))), at
