"""Exploring: a right platform stands every conversation made up, a wrong one is found, and what is written repeats it."""

from decimal import Decimal
from pathlib import Path

import pytest

from conformance.explore import Explored, explore_platform
from conformance.explore.talk import WRONG, Move, Sketch
from conformance.mutants import mutant
from conformance.mutants.hunt import run_against
from conformance.pack import load_pack
from conformance.profile import Profile
from conformance.requirements import clauses
from conformance.result import RunResult
from conformance.scenario.dump import as_yaml
from conformance.targets.platform import china_time
from conformance.targets.transport import InProcessTransport
from sim.errors import InputError
from sim.platform.reference import Reference, reference


def explored(platform: Reference, examples: int, seed: int, profile: Profile | None = None) -> Explored:
    return explore_platform(
        InProcessTransport(platform.call, china_time), profile or Profile(), examples=examples, seed=seed
    )


def checks(result: RunResult) -> set[str]:
    return {finding.observation.check for finding in result.errors}


def test_the_reference_stands_every_conversation() -> None:
    """Legal ones and those with one fault."""
    found = explored(reference(), 40, 3)
    assert not found.failed
    assert 40 <= found.conversations
    assert "passed" == found.result.verdict


@pytest.mark.parametrize(
    ("name", "check", "seed", "most"),
    [
        ("counters_not_moved", "exact.counters", 1, 9),
        ("settles_twice", "expectation.refused", 5, 6),
    ],
)
def test_a_wrong_platform_is_found_and_the_pack_repeats_it(
    name: str, check: str, seed: int, most: int, tmp_path: Path
) -> None:
    """What is written fails there for the same reason, and passes where the fault is not."""
    found = explored(mutant(name).build(), 150, seed)
    assert found.failed
    assert check in checks(found.result)
    assert most >= max(len(scenario.steps) for scenario in found.pack.scenarios)
    pack = load_pack(found.write(tmp_path))
    assert check in checks(run_against(mutant(name).build(), [pack]))
    assert "passed" == run_against(reference(), [pack]).verdict


def test_the_same_seed_makes_the_same_conversations() -> None:
    """Message ids and times apart."""
    one, two, other = (explored(reference(), 12, seed) for seed in (1, 1, 2))
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


def test_every_fault_is_against_a_clause_of_the_register() -> None:
    """A finding can name it."""
    assert {wrong.clause for several in WRONG.values() for wrong in several} <= set(clauses())


# --- conversations that were once judged wrongly ---


ONE = ({"item": "CZ99000060", "quantity": 1},)
BEGUN = (Move("register"), Move("charge", bill=ONE))
TRIED = (Move("attempt"), Move("settle"))


def judged(tmp_path: Path, *moves: Move) -> RunResult:
    (tmp_path / "pack.yaml").write_text(
        'name: t\nversion: "1"\nrole: platform\ninterfaces: [national]\ntitle: {zh: t, en: t}\n', "utf-8"
    )
    talk = Sketch({"insurance": "employee", "account": True}, moves).talk()
    assert list(moves) == talk.moves
    for one in talk.scenarios():
        (tmp_path / f"{one['id'].lower()}.yaml").write_text(as_yaml(one), "utf-8")
    return run_against(reference(), [load_pack(tmp_path)])


def test_another_bill_after_a_cancelled_settlement_gives_other_amounts(tmp_path: Path) -> None:
    """Settling again is the same only when the same is asked for."""
    result = judged(tmp_path, *BEGUN, *TRIED, Move("cancel"), Move("charge", bill=ONE), *TRIED)
    assert set() == checks(result)
    assert "passed" == result.verdict


def test_the_account_after_a_settlement_without_it_gives_other_amounts(tmp_path: Path) -> None:
    """The same lines, but now the account pays."""
    result = judged(tmp_path, *BEGUN, *TRIED, Move("reverse"), Move("attempt", flag=True), Move("settle"))
    assert "passed" == result.verdict


def test_the_same_after_a_cancelled_settlement_is_compared(tmp_path: Path) -> None:
    """Otherwise the two above would prove nothing."""
    result = judged(tmp_path, *BEGUN, *TRIED, Move("cancel"), *TRIED)
    assert "life.settled_again" in {o.check for o in result.observations if o.status == "pass"}


def test_a_class_c_line_of_nothing_is_a_class_c_line(tmp_path: Path) -> None:
    """Its amount rounds to zero, and so does what is wholly self-paid."""
    bill = ({"item": "TZ99000035", "quantity": Decimal("0.0001")},)
    result = judged(tmp_path, Move("register"), Move("charge", bill=bill))
    assert "passed" == result.verdict
    assert "amounts.L5" in {o.check for o in result.observations if o.status == "pass"}
