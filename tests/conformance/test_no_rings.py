"""The judge leaves no rings: what it made is gone as soon as nobody holds it, without a search for garbage."""

import gc
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from conformance.checks.book import Book, SettleFacts, open_book
from conformance.conversation import Conversation, read, write
from conformance.example.inpatient_client import InpatientHospital
from conformance.judge import explain, judge
from conformance.mutants.hospital_hunt import hospital_packs, run_hospital
from conformance.pack import Pack
from conformance.profile import Profile
from conformance.result import RunResult
from conformance.scenario.model import Scenario

OURS = ("conformance", "sim")


def left_behind(work: Callable[[], Any]) -> Counter[str]:
    """What only a search for garbage would have freed once the result of some work is dropped: our own kinds of it."""
    work()  # what is made once and kept for ever is made now
    gc.collect()
    flags = gc.get_debug()
    gc.disable()
    try:
        kept = work()
        del kept
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        return Counter(type(one).__name__ for one in gc.garbage if type(one).__module__.split(".")[0] in OURS)
    finally:
        gc.garbage.clear()
        gc.set_debug(flags)
        gc.enable()


def judged(talk: Conversation, profile: Profile, scenarios: Sequence[Scenario], file: Path) -> Counter[str]:
    """What is left behind of a conversation that is read from disk, judged and explained."""
    write(talk, file)

    def work() -> Any:
        conversation = read(file)
        return conversation, judge(conversation, profile, scenarios), explain(conversation, profile)

    return left_behind(work)


def test_what_was_judged_of_a_platform_is_gone(
    whole: RunResult, platform_packs: tuple[Pack, ...], tmp_path: Path
) -> None:
    """The conversation of every pack, with its observations."""
    scenarios = [scenario for pack in platform_packs for scenario in pack.scenarios]
    assert Counter() == judged(whole.conversation, Profile(), scenarios, tmp_path / "talk.jsonl")


def test_what_was_judged_of_a_hospital_is_gone(whole: RunResult, tmp_path: Path) -> None:
    """A hospital that is given orders, and one whose messages alone are seen."""
    driven = run_hospital(InpatientHospital(), hospital_packs(), ("HOS-001", "HOS-101"))
    assert "passed" == driven.verdict
    for talk in (driven.conversation, whole.conversation):
        assert Counter() == judged(talk, Profile(role="hospital"), (), tmp_path / "talk.jsonl")


def test_a_ring_would_be_seen(good: RunResult) -> None:
    """The search finds a book whose settlement points back at it."""

    def work() -> Book:
        book = open_book(good.conversation, {})
        settled: SettleFacts = next(iter(book.settles.values()))
        settled.lines.append(book)  # type: ignore[arg-type]
        return book

    assert {"Book", "SettleFacts"} <= set(left_behind(work))
