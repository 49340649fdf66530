"""The property behind `yidi pack from-conversation`: whatever the suite can say to a platform is recorded, becomes a
pack, and is said again with the same outcome, whoever the people and institutions of the recording were."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve, frozen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.conversation import Exchange
from conformance.from_conversation import MadePack, pack_from
from conformance.pack import Pack, load_pack, packs
from conformance.profile import FEATURES, Profile
from conformance.run import certify_platform
from conformance.scenario.compose import dig
from conformance.scenario.load import step_from
from conformance.scenario.model import InstitutionNeed, PersonNeed, Scenario
from conformance.targets.platform import Watched, watch
from conformance.targets.player import accepted
from conformance.targets.transport import InProcessTransport
from sim.lang import plain
from sim.platform.catalogue import items as catalogue
from sim.platform.people import Institution, Person, institutions, persons, pharmacies
from sim.platform.reference import Reference, reference

LAST_MONTH, TODAY = datetime(2026, 5, 28, 9, 0, 0), datetime(2026, 6, 11, 9, 0, 0)
EVERYTHING = dict.fromkeys(FEATURES, True)
NATIONAL = packs("platform", "national")
PACKS = [(name, "national") for name in NATIONAL]
PACKS += [(name, "hunan") for name in packs("platform", "hunan") if name not in NATIONAL]
EVERY_PACK = pytest.mark.parametrize(("name", "interface"), PACKS, ids=[name for name, _ in PACKS])
FRAME = {"recorded.session", "recorded.probe"}
"""What whoever plays a pack does by itself."""
NOT_TOLD = {"INP-006", "INP-007", "INP-008", "INP-010", "INP-011", "INP-012", "OUT-022", "OUT-023", "OUT-025"}
"""Scenarios about a filing, or the level of an institution: neither stands in any message."""


# --- playing, alone on a platform of its own ---------------------------------------------------------------------------


def platform(name: str, profile: Profile) -> Reference:
    """A fresh one; for clearing with a month behind it."""
    people, places = profile.people, profile.places
    made = reference(interface=profile.interface, people=people, institutions=places)
    if name == "clearing":
        transport = InProcessTransport(made.call, lambda: LAST_MONTH)
        asyncio.run(watch(transport, profile, [filling()], workers=1, clock=lambda: LAST_MONTH))
    return made


@cache
def filling() -> Scenario:
    return load_pack("reconciliation").scenario("REC-001")


def play(name: str, profile: Profile, scenario: Scenario) -> Watched:
    transport = InProcessTransport(platform(name, profile).call, lambda: TODAY)
    return asyncio.run(watch(transport, profile, [scenario], workers=1, clock=lambda: TODAY))


def runs(scenarios: Sequence[Scenario]) -> Iterator[Scenario]:
    """Every run of every scenario as a scenario of its own, so that none has the other's history; what is the same in
    everything only once."""
    seen: set[Any] = set()
    for one in scenarios:
        for kind in one.runs:
            mark = "" if kind == "plain" else kind[0].upper()
            run = evolve(one, id=f"{one.id}{mark}", fault=None, base="", steps=tuple(one.steps_of(kind)))
            shape = repr((run.steps, run.people, run.institution, run.second))
            if shape not in seen:
                seen.add(shape)
                yield run


@cache
def recorded(name: str, interface: str, strangers: bool) -> tuple[tuple[Exchange, ...], ...]:
    """What was said in each run of a pack, numbered through; what cannot be played in this process is not there."""
    profile = Profile(interface=interface, features=EVERYTHING)
    if strangers:
        profile = evolve(profile, people=tuple(map(renamed, profile.people)), institutions=elsewhere())
    found: list[tuple[Exchange, ...]] = []
    seq = 0
    for scenario in runs(load_pack(name).scenarios):
        watched = play(name, profile, scenario)
        [played] = watched.played
        if played.status != "passed":
            assert (scenario.needs_http, played.status) == (True, "not_run"), (scenario.id, played.reason)
            continue
        found.append(tuple(evolve(e, seq=seq + n) for n, e in enumerate(watched.conversation, 1)))
        seq += len(watched.conversation)
    return tuple(found)


def other(value: str) -> str:
    """Another number of the same shape."""
    return value.translate(str.maketrans("0123456789", "5678901234"))


def renamed(one: Person) -> Person:
    """The same person in everything but what identifies them: nobody whom the profile declares."""
    return evolve(
        one,
        psn_no=one.psn_no[:8] + other(one.psn_no[8:]),
        certno=one.certno[:14] + other(one.certno[14:17]) + one.certno[17:],
        psn_name=f"陌{one.psn_name[::-1]}",
        token=f"EZ{other(one.token[2:])}",
        card_no=f"Y{other(one.card_no[1:])}",
        card_sn=one.card_sn[::-1],
        family=one.family[:8] + other(one.family[8:]),
    )


def elsewhere() -> tuple[Institution, ...]:
    """The same institutions under other codes and names."""
    every = (*institutions(), *pharmacies())
    return tuple(
        evolve(
            one,
            fixmedins_code=one.fixmedins_code[:7] + other(one.fixmedins_code[7:]),
            fixmedins_name=f"远{one.fixmedins_name}",
        )
        for one in every
    )


def tapped(talk: Sequence[Exchange]) -> list[Exchange]:
    """As a tap would have it: nothing says what an exchange was for. A lost answer never came."""
    plain = (evolve(e, scenario="", run="plain", step="", note="") for e in talk)
    return [
        evolve(one, outcome="broken", answered_at=None, reply=None) if was.note == "lost" else one
        for one, was in zip(plain, talk, strict=True)
    ]


# --- comparing -----------------------------------------------------------------------------------------------------------


def outcomes(talk: Sequence[Exchange]) -> list[tuple[str, bool | None]]:
    """Transactions and whether they were accepted, in order."""
    return [(one.infno, None if one.note == "lost" or one.reply is None else accepted(one)) for one in talk]


def amounts(talk: Sequence[Exchange]) -> list[Mapping[str, Decimal]]:
    """Every amount of every settlement, trial and cancellation."""
    heads = [dig(e.reply.message if e.reply and e.note != "lost" else None, "output", "setlinfo") for e in talk]
    return [{k: v for k, v in h.items() if isinstance(v, Decimal | int)} if isinstance(h, dict) else {} for h in heads]


@frozen
class Again:
    """A thread of a recording, and the same said again from the pack: the scenario it comes from, whether it is the
    first of its recording, and both conversations."""

    scenario: str
    made: str
    reason: str
    before: Sequence[Exchange]
    after: Sequence[Exchange]

    @property
    def same(self) -> bool:
        return not self.reason and outcomes(self.before) == outcomes(self.after)


def said_again(name: str, talk: Sequence[Exchange], made: MadePack, profile: Profile) -> list[Again]:
    """Every scenario of a pack, played alone."""
    by_seq = {one.seq: one for one in talk}
    replays = {one.id: play(name, profile, one) for one in loaded(made.folder).scenarios}
    found = []
    for one in made.made:
        watched = replays[one.id]
        [played] = watched.played
        before = [by_seq[seq] for seq in one.exchanges]
        steps = [e for e in watched.conversation if e.scenario and e.note != "probe" and not e.step.startswith("who_")]
        reason = "" if played.status == "passed" else f"{played.status} {played.reason}"
        found.append(Again(before[0].scenario, one.id, reason, before, steps))
    return found


@cache
def made_of(name: str, interface: str, folder: Path, strangers: bool) -> tuple[list[Exchange], MadePack]:
    """A whole pack's recordings, one after the other, as one pack."""
    talk = [one for run in recorded(name, interface, strangers) for one in run]
    profile = Profile(interface=interface, features=EVERYTHING)
    return talk, pack_from(talk, folder / f"{interface}-{name}-{strangers}", profile=profile)


@cache
def loaded(folder: Path) -> Pack:
    return load_pack(folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("packs")


# --- the property ---------------------------------------------------------------------------------------------------------


@EVERY_PACK
def test_everything_is_said_again_with_the_same_outcome_and_amounts(name: str, interface: str, folder: Path) -> None:
    """Of every pack for platforms every run becomes a scenario, whole: on a fresh platform it passes, its steps have
    the same transactions in the same order, accepted and refused alike, and every amount of every settlement is equal."""
    talk, made = made_of(name, interface, folder, False)
    assert (len(recorded(name, interface, False)), made.threads) == (made.whole, made.whole)
    assert FRAME >= {one.why.key for one in made.left_out}
    for again in said_again(name, talk, made, Profile(interface=interface, features=EVERYTHING)):
        assert again.same, (again.scenario, again.made, again.reason, outcomes(again.before), outcomes(again.after))
        assert amounts(again.before) == amounts(again.after), (again.scenario, again.made)


@EVERY_PACK
def test_the_judge_finds_nothing_in_a_pack_played_as_a_whole(name: str, interface: str, folder: Path) -> None:
    """All scenarios side by side on one platform: none fails, and no check finds anything."""
    _, made = made_of(name, interface, folder, False)
    profile = Profile(interface=interface, features=EVERYTHING)
    transport = InProcessTransport(platform(name, profile).call, lambda: TODAY)
    result = certify_platform(transport, profile, [loaded(made.folder)], clock=lambda: TODAY)
    assert [] == [f"{s.id}: {s.reason}" for s in result.scenarios if s.status != "passed"]
    assert [] == [f.observation.check for f in result.findings]
    assert ("passed", ()) == (result.verdict, result.red_untestable)


@EVERY_PACK
def test_what_was_said_without_overrides_is_told_without_them(name: str, interface: str, folder: Path) -> None:
    """Persons, places, visits, batches, settlements, bills, refunds and files have words of their own in a scenario: a
    run that needed no override needs none in the pack either."""
    talk, made = made_of(name, interface, folder, False)
    written = {one.id: one for one in loaded(made.folder).scenarios}
    source = {one.id: one for one in runs(load_pack(name).scenarios)}
    by_seq = {one.seq: one.scenario for one in talk}
    for one in made.made:
        before, after = source[by_seq[one.exchanges[0]]], written[one.id]
        if not any(step.changes or step.removed or step.values or step.body for step in before.steps):
            overridden = [
                (step.name, step.changes or step.removed) for step in after.steps if step.changes or step.removed
            ]
            assert [] == overridden, (before.id, one.id)


@pytest.mark.parametrize("strangers", [False, True], ids=["declared", "strangers"])
@EVERY_PACK
def test_nobody_of_the_recording_stands_in_the_pack(name: str, interface: str, strangers: bool, folder: Path) -> None:
    """No name, no identity, card or person number of whoever was recorded, nor the number of a message, a visit or a
    settlement: not in the steps, not in uploaded files, not in the list of what was left out."""
    talk, made = made_of(name, interface, folder, strangers)
    files = "".join(file.read_text("utf-8") for file in sorted(made.folder.iterdir()))
    people = tuple(map(renamed, persons())) if strangers else persons()
    secret = {v for one in people for v in (one.psn_no, one.certno, one.psn_name, one.token, one.card_no, one.card_sn)}
    numbers = {str((one.request.message or {}).get("msgid") or "") for one in talk}
    for one in talk:
        output = dig(one.reply.message if one.reply else None, "output")
        paths = (("data", "mdtrt_id"), ("result", "mdtrt_id"), ("setlinfo", "mdtrt_id"), ("setlinfo", "setl_id"))
        numbers |= {str(dig(output, *path) or "") for path in paths}
    assert set() == {value for value in secret | numbers if len(value) > 1 and value in files}


@EVERY_PACK
def test_people_and_institutions_that_nobody_declared(name: str, interface: str, folder: Path) -> None:
    """Real traffic is of people and institutions that no profile has: all the same becomes a scenario, whole, with the
    same outcomes. The amounts are equal too, but where a filing or an institution's level decides, which no message
    tells; the pack says so."""
    talk, made = made_of(name, interface, folder, True)
    assert (len(recorded(name, interface, True)), made.threads) == (made.whole, made.whole)
    others = set()
    for again in said_again(name, talk, made, Profile(interface=interface, features=EVERYTHING)):
        assert again.same, (again.scenario, again.made, again.reason, outcomes(again.before), outcomes(again.after))
        if amounts(again.before) != amounts(again.after):
            others.add(again.scenario)
    assert {one for one in NOT_TOLD if one[:3] in {e.scenario[:3] for e in talk}} == others
    assert "recorded.undeclared" in {remark.key for remark in made.remarks}


@EVERY_PACK
def test_a_tap_between_two_parties_suffices(name: str, interface: str, tmp_path: Path) -> None:
    """Nothing says which exchanges belong together, what they were for, or what a lost answer would have been: still
    every message is in the pack, but bodies in which there is none; and a second visit is a scenario of its own, whose
    amounts do not have the first one behind them."""
    profile = Profile(interface=interface, features=EVERYTHING)
    for number, run in enumerate(recorded(name, interface, False)):
        talk = tapped(run)
        made = pack_from(talk, tmp_path / str(number), profile=profile)
        assert {"recorded.session", "recorded.no_message"} >= {one.why.key for one in made.left_out}, run[-1].scenario
        assert made.whole == made.threads
        for place, again in enumerate(said_again(name, talk, made, profile)):
            assert again.same, (run[-1].scenario, again.reason, outcomes(again.before), outcomes(again.after))
            assert place or amounts(again.before) == amounts(again.after), run[-1].scenario


# --- conversations that no pack has ---------------------------------------------------------------------------------------

ITEMS = ("XZ99000001", "XZ99000009", "XZ99000027", "SZ99000039", "SZ99000055", "XZ99000011")
PEOPLE = st.fixed_dictionaries(
    {"insurance": st.sampled_from(["employee", "resident"]), "place": st.sampled_from(["other_province", "local"])}
)


def restricted() -> tuple[str, ...]:
    """Items whose use a hospital must approve."""
    return tuple(item.code for item in catalogue() if item.restricted)


@st.composite
def bills(draw: st.DrawFn, most: int) -> list[dict[str, Any]]:
    """A few lines: items of every class, approved or not or nothing said, quantities with and without a fraction."""
    rows = draw(
        st.lists(st.tuples(st.sampled_from([*ITEMS, *restricted()[:4]]), st.integers(1, 80)), min_size=1, max_size=most)
    )
    approved = draw(st.lists(st.sampled_from([None, True, False]), min_size=len(rows), max_size=len(rows)))
    return [
        {"item": item, "quantity": Decimal(count) / 4 if count % 4 else count // 4}
        | ({} if yes is None else {"approved": yes})
        for (item, count), yes in zip(rows, approved, strict=True)
    ]


@st.composite
def stays(draw: st.DrawFn) -> list[dict[str, Any]]:
    """A stay: lines in several pieces, some given back, some withdrawn, perhaps settled in between, perhaps cancelled."""
    first, second = draw(bills(4)), draw(bills(3))
    number = draw(st.integers(1, len(first)))
    taken = first[number - 1]
    back = {**taken, "back_of": number, "quantity": draw(st.sampled_from([taken["quantity"], Decimal("0.25")]))}
    steps: list[dict[str, Any]] = [{"send": "1101"}, {"send": "2401"}, {"send": "2301", "bill": first}]
    if draw(st.booleans()):
        steps.append({"send": "2301", "bill": [back]})
    interim = draw(st.booleans())
    if interim:
        steps += [{"send": infno, "values": {"mid_setl_flag": "1"}} for infno in ("2303", "2304")]
    steps.append({"send": "2301", "bill": second})
    if draw(st.booleans()):
        line = sum(len(step["bill"]) for step in steps if "bill" in step)
        steps.append({"send": "2302", "values": {"feedetl_sn": str(line)}})
        steps.append({"send": "2301", "bill": second})
    steps += [{"send": infno} for infno in ("2402", "2303", "2304")]
    if draw(st.booleans()):
        steps.append({"send": "2305"})
    return steps


@st.composite
def visits(draw: st.DrawFn) -> list[dict[str, Any]]:
    """A visit with one or two charge batches, each settled by itself."""
    steps: list[dict[str, Any]] = [{"send": infno} for infno in ("1101", "2201", "2203")]
    for batch in range(1, draw(st.integers(1, 2)) + 1):
        for bill in draw(st.lists(bills(3), min_size=1, max_size=2)):
            steps.append({"send": "2204", "batch": batch, "bill": bill})
        account = {"account": "use"} if draw(st.booleans()) else {}
        steps += [{"send": infno, "batch": batch, **account} for infno in ("2206", "2207")]
    return steps


def scenario_of(rows: Sequence[Mapping[str, Any]], need: PersonNeed) -> Scenario:
    steps = tuple(step_from({"expect": "either", **row}, f"s{number}") for number, row in enumerate(rows))
    return Scenario("GEN-001", plain("", ""), ("LIFE-ACCEPT",), steps, (("patient", need),), InstitutionNeed())


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=stays() | visits(), need=PEOPLE, tap=st.booleans())
def test_any_bill_is_charged_again(
    rows: list[dict[str, Any]], need: dict[str, Any], tap: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever was charged, approved, given back, withdrawn or settled in between: the pack charges the same, and every
    platform answers with the same amounts."""
    profile = Profile(features=EVERYTHING)
    watched = play("made up", profile, scenario_of(rows, PersonNeed(**need)))
    assert () == watched.faults
    talk = tapped(watched.conversation.exchanges) if tap else list(watched.conversation)
    made = pack_from(talk, tmp_path_factory.mktemp("made") / "pack", profile=profile)
    assert FRAME >= {one.why.key for one in made.left_out}
    for again in said_again("made up", talk, made, profile):
        assert again.same, (again.reason, outcomes(again.before), outcomes(again.after))
        assert amounts(again.before) == amounts(again.after)
    steps = [step for scenario in loaded(made.folder).scenarios for step in scenario.steps]
    assert [] == [step.changes for step in steps if step.bill and step.changes]  # lines have words of their own
    charged = [(c.item, c.quantity, c.approved, c.back_of) for step in steps for c in step.bill]
    told = [
        (row["item"], int(row.get("quantity", 1) * 10_000), row.get("approved"), row.get("back_of", 0))
        for step in rows
        for row in step.get("bill", ())
    ]
    assert told == charged
