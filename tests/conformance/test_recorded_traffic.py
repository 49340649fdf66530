"""Recorded traffic as real hospitals make it: other line numbers, lost and repeated messages, several people, books,
recordings that begin in the middle. What cannot be told is listed with its reason; nobody is ever named."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.conversation import Exchange, Outcome
from conformance.from_conversation import LEFT_OUT, MadePack, pack_from
from conformance.pack import load_pack
from conformance.profile import Profile
from conformance.scenario.compose import dig
from conformance.scenario.load import step_from
from conformance.scenario.model import InstitutionNeed, PersonNeed, Scenario, Step
from conformance.targets.held import zipped
from conformance.targets.platform import watch
from conformance.targets.transport import InProcessTransport
from sim.errors import InputError
from sim.interface import wire
from sim.lang import plain
from sim.platform.people import persons
from sim.platform.reference import Reference, reference

TODAY = datetime(2026, 6, 11, 9, 0, 0)
VISIT: list[dict[str, Any]] = [
    {"send": "1101"},
    {"send": "2201"},
    {"send": "2203"},
    {"send": "2204", "bill": [{"item": "XZ99000001", "quantity": 3}, {"item": "XZ99000009"}]},
    {"send": "2206"},
    {"send": "2207"},
]
STAY: list[dict[str, Any]] = [
    {"send": "1101"},
    {"send": "2401"},
    {"send": "2301", "bill": [{"item": "SZ99000039", "quantity": 5}, {"item": "CZ99000061", "quantity": 2}]},
    {"send": "2301", "bill": [{"item": "SZ99000039", "quantity": 2, "back_of": 1}, {"item": "XZ99000001"}]},
    {"send": "2302", "values": {"feedetl_sn": "4"}},
    {"send": "2301", "bill": [{"item": "XZ99000009", "quantity": 3}]},
    {"send": "2402"},
    {"send": "2303"},
    {"send": "2304"},
]
BOOKS: list[dict[str, Any]] = [{"send": infno} for infno in ("9101", "3202", "9102", "3201")]


def scenario(name: str, rows: Sequence[Mapping[str, Any]], **needs: Any) -> Scenario:
    steps = tuple(step_from(row, f"s{number}") for number, row in enumerate(rows, 1))
    people = tuple((role, PersonNeed(**need)) for role, need in needs.pop("people", {"patient": {}}).items())
    return Scenario(name, plain("", ""), ("LIFE-ACCEPT",), steps, people, InstitutionNeed(**needs))


def played(scenarios: Sequence[Scenario], platform: Reference | None = None) -> list[Exchange]:
    """One after the other on one platform; the suite's own readings of counters left away, and what it was for too."""
    transport = InProcessTransport((platform or reference()).call, lambda: TODAY)
    watched = asyncio.run(watch(transport, Profile(), scenarios, workers=1, clock=lambda: TODAY))
    assert ["passed"] * len(scenarios) == [one.status for one in watched.played], [
        str(p.reason) for p in watched.played
    ]
    spoken = [e for e in watched.conversation if e.note != "probe"]
    return numbered([evolve(e, scenario="", run="plain", step="") for e in spoken])


def numbered(talk: Sequence[Exchange]) -> list[Exchange]:
    return [evolve(one, seq=seq) for seq, one in enumerate(talk, 1)]


@cache
def visit() -> tuple[Exchange, ...]:
    return tuple(played([scenario("A-1", VISIT)]))


@cache
def stay() -> tuple[Exchange, ...]:
    return tuple(played([scenario("A-1", STAY)]))


def changed(exchange: Exchange, change: Callable[[dict[str, Any]], Any], reply: bool = False) -> Exchange:
    """The same exchange with another request; with ``reply`` the reply changed too."""
    message = wire.decode(exchange.request.body)
    change(message)
    found = evolve(exchange, request=evolve(exchange.request, body=wire.encode(message)))
    if not reply or found.reply is None:
        return found
    answer = wire.decode(found.reply.body)
    change(answer)
    return evolve(found, reply=evolve(found.reply, body=wire.encode(answer)))


def unanswered(exchange: Exchange, outcome: Outcome = "timeout") -> Exchange:
    return evolve(exchange, outcome=outcome, reply=None, answered_at=None)


def replay(made: MadePack) -> list[str]:
    """Why scenarios of a pack do not pass, each on a platform of its own."""
    found = []
    for one in load_pack(made.folder).scenarios:
        transport = InProcessTransport(reference().call, lambda: TODAY)
        watched = asyncio.run(watch(transport, Profile(), [one], workers=1, clock=lambda: TODAY))
        found += [f"{p.scenario.id}: {p.status} {p.reason}" for p in watched.played if p.status != "passed"]
    return found


def steps_of(made: MadePack) -> list[Step]:
    return [step for one in load_pack(made.folder).scenarios for step in one.steps]


def reasons(made: MadePack) -> dict[str, str]:
    """Why what was left out was, by transaction; the session is not worth telling."""
    return {one.infno: one.why.key for one in made.left_out if one.why.key != "recorded.session"}


def walk(value: Any, change: Callable[[str, Any], Any], name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: walk(inner, change, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [walk(inner, change, name) for inner in value]
    return change(name, value)


def everywhere(change: Callable[[str, Any], Any]) -> Callable[[dict[str, Any]], None]:
    """A change of every value of a message by its field name."""

    def apply(message: dict[str, Any]) -> None:
        message.update(walk(dict(message), change))

    return apply


# --- a hospital's own ways -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", ["LSH{}", "2026-0611-{:04d}", "00{}"])
def test_a_hospital_numbers_lines_as_it_likes(shape: str, tmp_path: Path) -> None:
    """Refunds and withdrawals name lines by the hospital's numbers; the pack names the same lines by its own."""

    def own(name: str, value: Any) -> Any:
        return shape.format(int(value)) if name in ("feedetl_sn", "init_feedetl_sn") and value else value

    made = pack_from([changed(one, everywhere(own), reply=True) for one in stay()], tmp_path / "pack")
    assert ([], {}) == (replay(made), reasons(made))
    bills = [[(c.item, c.quantity, c.back_of) for c in step.bill] for step in steps_of(made) if step.bill]
    assert ("SZ99000039", 20_000, 1) == bills[1][0]
    [withdrawn] = [step for step in steps_of(made) if step.send == "2302"]
    assert ["4"] == [change.value for change in withdrawn.changes]


def test_numbers_written_as_text_are_the_same_numbers(tmp_path: Path) -> None:
    """Whoever sends amounts as text gets the pack that whoever sends numbers gets."""
    texts = [
        changed(one, everywhere(lambda _, v: v if isinstance(v, str | bool) or v is None else str(v))) for one in stay()
    ]
    one, other = pack_from(stay(), tmp_path / "numbers"), pack_from(texts, tmp_path / "texts")
    files = [[(f.name, f.read_text("utf-8")) for f in sorted(m.folder.glob("rec-*.yaml"))] for m in (one, other)]
    assert files[0] == files[1]
    assert [] == replay(other)


def test_one_row_may_come_without_its_list(tmp_path: Path) -> None:
    """Lines, diagnoses and withdrawals of one row are the same pack in either form."""

    def alone(message: dict[str, Any]) -> None:
        for name, value in message["input"].items():
            if isinstance(value, list) and len(value) == 1:
                message["input"][name] = value[0]

    single = [changed(one, alone) for one in stay()]
    assert 3 <= sum(one.request != other.request for one, other in zip(single, stay(), strict=True))
    one, other = pack_from(stay(), tmp_path / "lists"), pack_from(single, tmp_path / "rows")
    files = [[(f.name, f.read_text("utf-8")) for f in sorted(m.folder.glob("rec-*.yaml"))] for m in (one, other)]
    assert files[0] == files[1]


def test_an_item_of_another_catalogue_is_charged_as_it_was(tmp_path: Path) -> None:
    """An item that the profile does not have keeps its code, price and sum; it is refused as it was."""
    stranger = everywhere(
        lambda name, v: "ZA01BAA0000000000001" if name == "med_list_codg" and v == "XZ99000009" else v
    )
    talk = [changed(one, stranger) for one in visit()]
    refused = {**(talk[4].reply.message or {}), "infcode": -1, "err_msg": "x"} if talk[4].reply else {}
    talk[4] = evolve(talk[4], reply=evolve(talk[4].reply, body=wire.encode(refused)) if talk[4].reply else None)
    made = pack_from(talk[:5], tmp_path / "pack")
    [bill] = [step for step in steps_of(made) if step.bill]
    assert "refused" == bill.expect
    assert "ZA01BAA0000000000001" in {change.value for change in bill.changes}
    assert [] == replay(made)


def test_a_field_that_nobody_can_name_is_remarked(tmp_path: Path) -> None:
    """It has no effect on an accepted message, and the pack says that it is not there."""
    odd = changed(visit()[3], lambda m: m["input"]["mdtrtinfo"].update({"a.b[0]": "x"}))
    made = pack_from([*visit()[:3], odd, *visit()[4:]], tmp_path / "pack")
    assert ([], {}) == (replay(made), reasons(made))
    assert {"recorded.unnamed"} == {one.key for one in made.remarks}


# --- nobody is named -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "field", ["diag_name", "main_cond_dscr", "exp_content", "dise_name", "somebody", "psn_name", "certno", "card_sn"]
)
def test_a_person_told_in_a_text_is_told_no_more(field: str, tmp_path: Path) -> None:
    """Name, identity number and person number of somebody, within a longer text or in a field of their own."""
    talk = played(
        [scenario("A-1", VISIT), scenario("B-1", [{"send": "1101"}], people={"patient": {"insurance": "resident"}})]
    )
    numbers = [str(wire.decode(e.request.body)["input"]["data"]["mdtrt_cert_no"]) for e in talk if e.infno == "1101"]
    everybody = [one for one in persons() if one.certno in numbers]
    assert 2 == len(everybody)
    secret = [v for one in everybody for v in (one.psn_name, one.certno, one.psn_no)]
    diagnosed = next(n for n, one in enumerate(talk) if one.infno == "2203")

    def plant(message: dict[str, Any]) -> None:
        message["input"]["mdtrtinfo"][field] = f"({', '.join(secret)})"

    talk[diagnosed] = changed(talk[diagnosed], plant)
    made = pack_from(talk, tmp_path / "pack")
    files = "".join(file.read_text("utf-8") for file in made.folder.iterdir())
    assert "2203" not in reasons(made)
    assert [] == [value for value in secret if value in files]


def test_a_number_of_somebody_unknown_is_made_up(tmp_path: Path) -> None:
    """A refused message that named a person of another recording names nobody now, and is refused again."""
    third = persons()[70]
    settle = changed(visit()[6], lambda m: m["input"]["data"].update(psn_no=third.psn_no, mdtrt_cert_no=third.certno))
    refused = {**(settle.reply.message or {}), "infcode": -1, "err_msg": "x"} if settle.reply else {}
    wrong = evolve(settle, reply=evolve(settle.reply, body=wire.encode(refused)) if settle.reply else None)
    made = pack_from(numbered([*visit()[:6], wrong]), tmp_path / "pack")
    files = "".join(file.read_text("utf-8") for file in made.folder.iterdir())
    assert [] == [v for v in (third.psn_no, third.certno) if v in files]
    assert ["refused"] == [step.expect for step in steps_of(made) if step.send == "2207"]
    assert [] == replay(made)


# --- lost, repeated, unreachable ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("talk", "infno"), [(visit, "2207"), (visit, "2201"), (stay, "2304"), (stay, "2301")])
@pytest.mark.parametrize("outcome", ["timeout", "broken", "unreachable"])
def test_sent_again_after_no_answer(
    talk: Callable[[], tuple[Exchange, ...]], infno: str, outcome: Outcome, tmp_path: Path
) -> None:
    """The same message again: what the lost answer would have told is learnt then. One that reached nobody is not sent
    the first time either."""
    place = next(n for n, one in enumerate(talk()) if one.infno == infno)
    lost = unanswered(talk()[place], outcome)
    made = pack_from(numbered([*talk()[:place], lost, *talk()[place:]]), tmp_path / "pack")
    first = next(step for step in steps_of(made) if step.send == infno)
    assert (outcome != "unreachable", outcome == "unreachable") == (first.lost, first.held)
    assert ([], {}) == (replay(made), reasons(made))


@pytest.mark.parametrize(("talk", "infno"), [(visit, "2207"), (stay, "2304"), (stay, "2301")])
def test_done_by_another_message_means_that_it_never_arrived(
    talk: Callable[[], tuple[Exchange, ...]], infno: str, tmp_path: Path
) -> None:
    """A lost message whose work another one did under another id cannot have been processed: it is held back, so that
    the other one is accepted again."""
    place = next(n for n, one in enumerate(talk()) if one.infno == infno)
    lost = changed(unanswered(talk()[place]), lambda m: m.update(msgid=m["msgid"][:-4] + "9999"))
    made = pack_from(numbered([*talk()[:place], lost, *talk()[place:]]), tmp_path / "pack")
    assert next(step for step in steps_of(made) if step.send == infno).held
    assert ([], {}) == (replay(made), reasons(made))


# --- several people, two institutions, books ----------------------------------------------------------------------------------


HERE = {"province": "520000", "level": "L3"}
TWO = {"patient": {}, "other": {"insurance": "resident"}}


def treated(role: str, label: str, settlement: str) -> list[dict[str, Any]]:
    """One of two people's visit."""
    rows = [{**row, "person": role, "visit": label} for row in VISIT]
    return [*rows[:-1], {**rows[-1], "name": settlement}]


def test_books_of_two_people_go_with_their_visits(tmp_path: Path) -> None:
    """One scenario, at an institution of its own, with what the hospital's file had otherwise; what others settled there
    that day, and is not in the file, is another scenario."""
    file = {"change": {"s6": "0.01"}, "made_up": 2}
    rows = [*treated("patient", "1", "s6"), *treated("other", "2", "s12"), {**BOOKS[0], "file": file}, *BOOKS[1:3]]
    alone = scenario("A-1", VISIT, people={"patient": {"retired": True}}, **HERE)
    made = pack_from(played([alone, scenario("B-1", rows, people=TWO, **HERE)]), tmp_path / "pack")
    [books] = [one for one in load_pack(made.folder).scenarios if any(step.send == "3202" for step in one.steps)]
    upload = next(step for step in books.steps if step.send == "9101")
    told = {step.name: step.person for step in books.steps if step.send == "2207"}
    assert ({"patient", "other"}, True) == ({role for role, _ in books.people}, books.institution.alone)
    assert [("patient", 1)] == [(told[name], fen) for name, fen in upload.file.changed]
    assert ((), 2) == (upload.file.left_out, upload.file.made_up)
    assert ([], {}, 2) == (replay(made), reasons(made), len(made.made))


def test_the_sums_of_a_day_are_those_of_the_replays_books(tmp_path: Path) -> None:
    """Without a file the books are of everybody there: two people, and the sums that the platform found equal are left
    to the player; a sum that it found wrong is told by how far it was off."""
    off = {"send": "3201", "set": {"input.data.medfee_sumamt": {"plus": "0.01"}}}
    rows = [*treated("patient", "1", "s6"), *treated("other", "2", "s12"), BOOKS[3], off]
    made = pack_from(played([scenario("B-1", rows, people=TWO, **HERE)]), tmp_path / "pack")
    right, wrong = [step for step in steps_of(made) if step.send == "3201"]
    assert () == right.changes
    assert [1] == [change.plus for change in wrong.changes]
    assert ([], {}) == (replay(made), reasons(made))


def test_sums_that_the_platform_found_equal_are_the_replays_own(tmp_path: Path) -> None:
    """What others settled before the recording is in them too: the platform agreed, and the replay has its own books."""
    talk = played([scenario("B-1", [*VISIT, BOOKS[3]], **HERE)])
    talk[-1] = changed(talk[-1], lambda message: message["input"]["data"].update(medfee_sumamt=999))
    made = pack_from(talk, tmp_path / "pack")
    assert [()] == [step.changes for step in steps_of(made) if step.send == "3201"]


def at_one_place() -> list[Exchange]:
    """Three people are treated at one institution, and all three settlements are in the file it uploads."""
    kinds: list[dict[str, Any]] = [{}, {"insurance": "resident"}, {"retired": True}]
    rows = [VISIT, VISIT, [*VISIT, *BOOKS]]
    cases = [scenario(f"A-{n}", rows[n], people={"patient": kinds[n]}, **HERE) for n in range(3)]
    talk = played(cases)
    settled = [dig(e.reply.message if e.reply else None, "output", "setlinfo") for e in talk if e.infno == "2207"]
    file = [[one["setl_id"], "1", "1", "1.00", "0.00", "0.00", "0"] for one in settled]
    return [
        changed(e, lambda m: m["input"]["fsUploadIn"].update({"in": zipped(file)})) if e.infno == "9101" else e
        for e in talk
    ]


def test_books_of_many_people_are_left_out_and_their_visits_are_not(tmp_path: Path) -> None:
    """A scenario has two people; what it cannot have is listed by transaction, with the reason."""
    made = pack_from(at_one_place(), tmp_path / "pack")
    assert dict.fromkeys(("9101", "3202", "9102", "3201"), "recorded.books") == reasons(made)
    assert 3 == sum(step.send == "2207" for step in steps_of(made))
    assert [] == replay(made)


def test_the_left_out_file_says_how_much_is_whole(tmp_path: Path) -> None:
    """Threads, scenarios with their exchanges, and what was left out and why, in both languages."""
    made = pack_from(at_one_place(), tmp_path / "pack")
    told = json.loads((made.folder / LEFT_OUT).read_text("utf-8"))
    assert (made.threads, made.whole) == (told["threads"], told["whole"])
    assert [one.id for one in made.made] == [one["id"] for one in told["made"]]
    said = {int(seq) for one in told["made"] for seq in one["exchanges"].split()} | {
        one["seq"] for one in told["left_out"]
    }
    assert set(range(1, len(at_one_place()) + 1)) == said
    assert all(one["why"]["zh"] and one["why"]["en"] for one in told["left_out"])


def test_a_patient_goes_to_another_institution(tmp_path: Path) -> None:
    """Two institutions are two scenarios, unless one asks about what the other did: then the same one has both."""
    first = scenario("A-1", VISIT, **HERE)
    rows = [*VISIT, {"send": "5203", "at": "second", "expect": "either"}]
    asks = evolve(scenario("B-1", rows, **HERE), second=InstitutionNeed(near="other_province"))
    made = pack_from(played([first, asks]), tmp_path / "pack")
    assert [False, True] == sorted(one.second is not None for one in load_pack(made.folder).scenarios)
    assert ([], {}) == (replay(made), reasons(made))


# --- recordings that are not whole -----------------------------------------------------------------------------------------------


def test_a_recording_that_begins_in_the_middle(tmp_path: Path) -> None:
    """A visit whose beginning was not recorded is left out with the reason; the rest of the recording stands."""
    for begin in range(2, len(visit())):
        other = played([scenario("B-1", STAY, people={"patient": {"insurance": "resident"}})])
        made = pack_from(numbered([*visit()[begin:], *other]), tmp_path / str(begin))
        left = {one.seq for one in made.left_out}
        told = {seq for one in made.made for seq in one.exchanges}
        count = len(visit()) - begin
        assert set(range(1, count + 1)) <= left | told
        assert {"recorded.session", "recorded.unknown_person"} >= {one.why.key for one in made.left_out}
        assert [] == replay(made)


def test_what_rests_on_something_left_out_is_left_out(tmp_path: Path) -> None:
    """Lines that nobody can charge take the trial and the settlement of their visit with them, by the exchange."""
    lines = changed(visit()[4], lambda m: m["input"]["feedetail"][0].update(psn_no="1" * 20))
    made_up = [*visit()[:4], lines, *visit()[5:]]
    other = played([scenario("B-1", STAY, people={"patient": {"insurance": "resident"}})])
    made = pack_from(numbered([*made_up, *other]), tmp_path / "pack")
    assert {"2204": "recorded.elsewhere", "2206": "recorded.depends", "2207": "recorded.depends"} == reasons(made)
    assert [] == replay(made)


def test_a_thread_that_is_longer_than_a_file_may_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is listed; the other scenarios stand."""
    monkeypatch.setattr("conformance.from_conversation.LARGEST", 4096 + 500)
    other = played([scenario("B-1", [{"send": "1101"}], people={"patient": {"insurance": "resident"}})])
    made = pack_from(numbered([*stay(), *other]), tmp_path / "pack")
    assert {"recorded.too_large"} == set(reasons(made).values())
    assert ["1101"] == [step.send for step in steps_of(made)]


# --- whatever comes -----------------------------------------------------------------------------------------------------------------

ODD = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        10**30,
        1.5,
        "",
        " ",
        "9" * 40,
        "2026-06-11",
        "9999-12-31 23:59:59",
        "null",
        "某",
        "\u202e",
        [],
        {},
    ]
) | st.recursive(
    st.text(max_size=6) | st.integers(),
    lambda one: st.lists(one, max_size=2) | st.dictionaries(st.text(max_size=4), one, max_size=2),
    max_leaves=4,
)


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place of a message, the objects and lists too."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [*([path] if path else []), *(found for key, one in inner for found in leaves(one, (*path, key)))]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_whatever_was_recorded_is_told_or_listed(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Any value of any message may be anything: the pack that comes of it can be read, and every exchange is in it or
    on the list; or all of it is on the list, and that is said."""
    talk = list(data.draw(st.sampled_from([visit, stay]))())
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(talk) - 1))
        half = data.draw(st.sampled_from(["request", "reply"]))
        raw = getattr(talk[place], half)
        message = wire.decode(raw.body)
        path = data.draw(st.sampled_from(leaves(message)))
        holder = message
        for part in path[:-1]:
            holder = holder[part]
        holder[path[-1]] = data.draw(ODD)
        talk[place] = evolve(talk[place], **{half: evolve(raw, body=json.dumps(message, default=float).encode())})
    only_listed: list[str] = []
    try:
        made = pack_from(talk, tmp_path_factory.mktemp("odd") / "pack")
    except InputError as error:
        only_listed.append(error.text.key)
    assert only_listed in ([], ["recorded.nothing"])
    if only_listed:
        return
    told = {seq for one in made.made for seq in one.exchanges} | {one.seq for one in made.left_out}
    assert {one.seq for one in talk} == told
