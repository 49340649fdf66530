"""A recorded conversation as a pack: it replays, what was refused is refused again, and nobody is named in it."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from conformance.conversation import Conversation, Exchange
from conformance.from_conversation import LEFT_OUT, MadePack, pack_from
from conformance.mutants import mutant, right
from conformance.mutants.hunt import run_against
from conformance.pack import Pack, load_pack
from conformance.profile import Profile
from conformance.recording import Recorder
from conformance.result import RunResult
from conformance.run import certify_platform
from conformance.scenario.compose import changed as applied
from conformance.scenario.dump import as_yaml
from conformance.scenario.model import Change
from conformance.targets.platform import china_time
from conformance.targets.transport import InProcessTransport
from sim import planning
from sim.errors import InputError
from sim.files import parse_yaml
from sim.interface import wire
from sim.platform.reference import reference


@pytest.fixture(scope="module")
def day() -> Conversation:
    """The demonstration day, simulated in this process."""
    recorder = Recorder()
    planning.simulate(planning.read_plan("demo-day"), None, 1, on_exchange=recorder)
    return Conversation(tuple(recorder.exchanges))


@pytest.fixture(scope="module")
def made(day: Conversation, tmp_path_factory: pytest.TempPathFactory) -> MadePack:
    return pack_from(day, tmp_path_factory.mktemp("day") / "demo-day")


def refusals(conversation: Conversation) -> int:
    return sum(1 for e in conversation if e.reply and str((e.reply.message or {}).get("infcode")) != "0")


def replayed(folder: Path) -> RunResult:
    return right([load_pack(folder)])


def accusing(result: RunResult) -> list[str]:
    return [f"{s.id}: {s.reason}" for s in result.scenarios if s.status != "passed"]


def test_a_simulated_day_replays(day: Conversation, made: MadePack) -> None:
    """Every visit is a scenario, played against the reference all pass; only signing in is left to the player."""
    result = replayed(made.folder)
    assert [] == accusing(result)
    assert "passed" == result.verdict
    assert {"9001"} == {one.infno for one in made.left_out}
    assert len(day) == made.steps + len(made.left_out)


def test_every_exchange_is_in_the_pack_or_listed(day: Conversation, made: MadePack) -> None:
    """Nothing is dropped silently, and the list lies in the pack's folder."""
    listed = json.loads((made.folder / LEFT_OUT).read_text("utf-8"))
    assert [one.seq for one in made.left_out] == sorted(one["seq"] for one in listed["left_out"])
    assert all(one["why"]["zh"] and one["why"]["en"] for one in listed["left_out"])


def test_what_was_refused_is_expected_to_be_refused(day: Conversation, made: MadePack) -> None:
    """As many refusals as there were; people out of insurance are asked for as such."""
    steps = [(s, step) for s in load_pack(made.folder).scenarios for step in s.steps if step.expect == "refused"]
    assert refusals(day) == len(steps) > 0
    assert all(dict(s.people)["patient"].suspended for s, _ in steps)


def test_nobody_of_the_conversation_is_in_the_pack(day: Conversation, made: MadePack) -> None:
    """No number, name or credential, no number of a visit or a message."""
    pack = "".join(file.read_text("utf-8") for file in sorted(made.folder.iterdir()))
    secret = {"psn_no", "psn_name", "certno", "mdtrt_cert_no", "card_sn", "mdtrt_id", "setl_id", "msgid", "sign_no"}
    values: set[str] = set()

    def gather(value: Any, name: str = "") -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                gather(inner, key)
        elif isinstance(value, list):
            for inner in value:
                gather(inner, name)
        elif name in secret and isinstance(value, str) and value:
            values.add(value)

    for exchange in day:
        gather(exchange.request.message)
        gather(exchange.reply.message if exchange.reply else None)
    assert len(values) > 300
    assert [] == [value for value in values if value in pack]


def data(name: str, value: Any) -> Any:
    def change(message: dict[str, Any]) -> None:
        old = message["input"]["data"][name]
        message["input"]["data"][name] = value(old) if callable(value) else value

    return change


FAULTS = {
    "total a fen off": ("2207", data("medfee_sumamt", lambda old: old + Decimal("0.01"))),
    "no such visit": ("2207", data("mdtrt_id", "11000019999999999999")),
    "a required field missing": ("2207", lambda m: m["input"]["data"].pop("insutype")),
    "a date that is none": ("2201", data("begntime", "2024-02-31 10:00:00")),
    "no insured place": ("2207", lambda m: m.update(insuplc_admdvs="")),
    "unknown item": ("2204", lambda m: m["input"]["feedetail"][0].update(med_list_codg="ZZ00000000")),
    "no such transaction": ("2207", lambda m: m.update(infno="9999")),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_refusal_is_kept_as_refused(fault: str, outpatient: Pack, tmp_path: Path) -> None:
    """A fault in one message of real traffic: refused then, expected to be refused, and refused when replayed, for
    what stands in the step; without its override the same step is accepted."""
    infno, change = FAULTS[fault]
    done: list[str] = []

    class Faulty(InProcessTransport):
        """Spoils the first message of one kind and sends it before the right one."""

        async def send(self, number: str, body: bytes) -> Any:
            if number == infno and not done:
                done.append(number)
                message = wire.decode(body)
                change(message)
                message["msgid"] = message["msgid"][:-4] + "9999"
                spoiled.append(await super().send(number, wire.encode(message)))
            return await super().send(number, body)

    spoiled: list[Any] = []
    transport = Faulty(reference().call, china_time)
    result = certify_platform(transport, Profile(), [outpatient], only=["OUT-001"])
    talk: list[Exchange] = []
    for exchange in result.conversation:
        if exchange.infno == infno and spoiled and exchange.run == "plain":
            sent = spoiled.pop()
            talk.append(evolve(exchange, request=sent.request, reply=sent.reply, step="spoiled"))
        talk.append(exchange)
    numbered = [evolve(e, seq=seq, scenario="", step="") for seq, e in enumerate(talk, 1)]
    assert 1 == refusals(Conversation(tuple(numbered)))
    made = pack_from(numbered, tmp_path / "pack")
    [scenario] = load_pack(made.folder).scenarios
    [step] = [step for step in scenario.steps if step.expect == "refused"]
    assert step.changes or step.removed
    assert [] == accusing(replayed(made.folder))
    file = made.folder / "rec-0001.yaml"
    document = parse_yaml(file.read_text("utf-8")).data
    for row in document["steps"]:
        if row.get("expect") == "refused":
            row.pop("set", None)
            row.pop("remove", None)
    file.write_text(as_yaml(document), "utf-8")
    assert "failed" == replayed(made.folder).verdict


def test_the_packs_own_conversation_becomes_a_pack_that_replays(good: RunResult, tmp_path: Path) -> None:
    """All the suite's scenarios and their faults, reversals, repeats and second people included."""
    made = pack_from(good.conversation, tmp_path / "pack")
    result = replayed(made.folder)
    assert [] == accusing(result)
    assert {"9001", "1101", "5206"} == {one.infno for one in made.left_out}
    kinds = {step.expect for s in load_pack(made.folder).scenarios for step in s.steps}
    assert {"accepted", "refused", "same_reply"} <= kinds


def test_the_pack_has_eyes(made: MadePack) -> None:
    """Recorded traffic, replayed against a platform with a planted fault, finds it."""
    pack = load_pack(made.folder)
    few = evolve(pack, scenarios=pack.scenarios[:10])
    assert "failed" == run_against(mutant("total_off_by_a_fen").build(), [few]).verdict


def test_a_stranger_is_listed(day: Conversation, tmp_path: Path) -> None:
    """Without a reply to 1101 nobody knows what person is needed; the rest of the pack stands."""
    first = next(e for e in day if e.infno == "1101")
    hidden = [evolve(e, reply=None, outcome="timeout") if e is first else e for e in day.exchanges[:40]]
    made = pack_from(hidden, tmp_path / "pack")
    assert first.seq in {one.seq for one in made.left_out}
    assert any("1101" in one.why.show("en") for one in made.left_out if one.seq == first.seq)


def test_nothing_that_can_be_said_is_an_error(day: Conversation, tmp_path: Path) -> None:
    """An empty pack would look like success; a pack that is there already is not written over."""
    with pytest.raises(InputError, match="none of the 1"):
        pack_from([e for e in day if e.infno == "9001"][:1], tmp_path / "pack")
    pack_from(day.exchanges[:30], tmp_path / "two")
    with pytest.raises(InputError, match="already"):
        pack_from(day.exchanges[:30], tmp_path / "two")


def test_a_later_override_does_not_go_into_an_earlier_one() -> None:
    """A list that an override puts in is the message's own: what later overrides write there is in no scenario."""
    rows = [{"psn_no": "", "diag_code": "J06.900"}]
    overrides = (Change(("input", "rows"), rows), Change(("input", "rows", 0, "psn_no"), source="patient.psn_no"))
    for number in ("one", "two"):
        message = applied({"input": {}}, overrides, (), lambda _, found=number: found)
        assert [{"psn_no": number, "diag_code": "J06.900"}] == message["input"]["rows"]
    assert [{"psn_no": "", "diag_code": "J06.900"}] == rows


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.text(max_size=12)
    | st.sampled_from(["010", "1e5", "yes", "12:30", "~", "null", "0x1f", "1_000", "=", "<<", "2024-01-01"])
    | st.decimals(-1000, 1000, places=2),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc_.[0]", min_size=1, max_size=6), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(value=st.dictionaries(st.text("abc", min_size=1, max_size=3), plain, max_size=3))
def test_what_is_written_is_read_back(value: dict[str, Any]) -> None:
    """No text becomes a number, no number loses a digit."""
    found = parse_yaml(as_yaml(value)).data
    assert value == found
    assert repr(value).replace("Decimal('-0.00')", "") == repr(found).replace("Decimal('-0.00')", "")
