"""The runner: verdicts over HTTP and in process, hostile targets, isolation by person, its own mistakes."""

import asyncio
import gzip
import itertools
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from conformance.mutants import mutant
from conformance.mutants.build import saying
from conformance.pack import Pack
from conformance.profile import Profile
from conformance.result import RunResult
from conformance.run import certify_platform
from conformance.scenario.compose import compose
from conformance.scenario.load import parse_scenario
from conformance.targets.platform import watch
from conformance.targets.transport import HttpTransport, InProcessTransport, Sent
from sim.errors import HarnessError, InputError
from sim.files import parse_yaml
from sim.interface import interface, wire
from sim.platform.reference import Reference, reference
from sim.service import application, running


def clock_at(start: datetime) -> Callable[[], datetime]:
    """A clock that moves a millisecond whenever it is looked at."""
    ticks = itertools.count()
    return lambda: start + timedelta(milliseconds=next(ticks))


NOON = datetime(2024, 6, 3, 12, 0, 0)


def certify(platform: Reference, pack: Pack, profile: Profile | None = None, **more: Any) -> RunResult:
    clock = clock_at(NOON)
    transport = InProcessTransport(platform.call, clock)
    return certify_platform(transport, profile or Profile(), [pack], clock=clock, **more)


def test_the_reference_passes_without_a_finding(good: RunResult) -> None:
    """Nothing is found, nothing is left unjudged, every scenario was played."""
    assert "passed" == good.verdict
    assert () == good.findings
    assert [] == [o for o in good.not_judged if not o.clause.startswith("REL-")]  # funds were judged exactly
    assert {"passed"} == {scenario.status for scenario in good.scenarios}


def test_a_second_run_against_the_same_platform_gives_the_same_verdict(outpatient: Pack) -> None:
    """Counters are read first and computed from; nothing has to be reset."""
    platform = reference()
    runs = [certify(platform, outpatient) for _ in range(3)]
    assert ["passed"] * 3 == [run.verdict for run in runs]


def test_over_http_the_verdict_is_the_same(outpatient: Pack) -> None:
    """Real sockets, both path shapes."""
    with running(application(reference())) as url:
        assert "passed" == certify_platform(url, Profile(), [outpatient]).verdict
        result = certify_platform(f"{url}/fsi/api", Profile(path="infno"), [outpatient], only=["OUT-001"])
    assert "passed" == result.verdict
    assert {e.request.target.rpartition("/")[2] for e in result.conversation} >= {"1101", "2207"}


def test_a_planted_fault_is_caught_over_http(outpatient: Pack) -> None:
    """The same eyes on a socket."""
    with running(application(mutant("total_off_by_a_fen").build())) as url:
        result = certify_platform(url, Profile(), [outpatient], only=["OUT-001"])
    assert "failed" == result.verdict
    assert "AMT-A1" in {finding.clause.id for finding in result.findings}


def test_a_closed_port_means_that_nothing_was_checked(outpatient: Pack) -> None:
    """Silence is never success: exit code 4, and every scenario says that it was not run."""
    result = certify_platform("http://127.0.0.1:9", Profile(), [outpatient])
    assert ("nothing_checked", 4) == (result.verdict, result.exit_code)
    assert {"not_run"} == {scenario.status for scenario in result.scenarios}


def test_no_person_plays_in_two_scenarios_at_once(outpatient: Pack) -> None:
    """Between a scenario's first and last message nobody else speaks about its people."""
    platform = reference()
    clock = clock_at(NOON)

    class Slow(InProcessTransport):
        async def send(self, infno: str, body: bytes) -> Sent:
            await asyncio.sleep(0)
            return await super().send(infno, body)

    watched = asyncio.run(watch(Slow(platform.call, clock), Profile(), outpatient.scenarios, workers=16, clock=clock))
    spans: dict[str, dict[str, list[int]]] = {}
    for exchange in watched.conversation:
        message = exchange.request.message or {}
        if exchange.infno == "1101" and exchange.scenario:
            certno = message["input"]["data"]["mdtrt_cert_no"]
            spans.setdefault(certno, {}).setdefault(exchange.scenario, []).append(exchange.seq)
    interleaved = {e.scenario for e in watched.conversation.exchanges[:60]}
    assert len(interleaved) > 8, "scenarios were not played side by side, so this test would prove nothing"
    for by_scenario in spans.values():
        ranges = sorted((min(seqs), max(seqs)) for seqs in by_scenario.values())
        assert all(earlier[1] < later[0] for earlier, later in itertools.pairwise(ranges))


def test_lacking_features_and_people_are_told_not_hidden(outpatient: Pack) -> None:
    """A scenario that does not apply says why it was not run."""
    features = {**Profile().features, "cancel_2208": False}
    result = certify(reference(), outpatient, Profile(features=features, people=Profile().people[:3]))
    reasons = {s.id: s.reason.show("en") for s in result.scenarios if s.status == "not_run" and s.reason}
    assert "cancel_2208" in reasons["OUT-014"]
    assert "no person" in reasons["OUT-003"]


def test_an_interrupted_run_is_partial_and_never_passes(outpatient: Pack) -> None:
    """What was played stands; the exit code is not 0."""
    asked = itertools.count()
    result = certify(reference(), outpatient, workers=1, stopped=lambda: next(asked) > 40)
    assert result.partial
    assert ("incomplete", 4) == (result.verdict, result.exit_code)
    assert {"passed", "not_run"} == {scenario.status for scenario in result.scenarios}


def test_a_mistake_of_the_suite_is_a_fault_of_the_harness(outpatient: Pack) -> None:
    """A scenario that changes nothing is never blamed on the target."""
    text = (
        "id: T-1\ntitle: {zh: 试, en: t}\nrequirements: [LIFE-ACCEPT]\nsteps:\n  - {send: 1101, set: {input.no.x: 1}}\n"
    )
    clock = clock_at(NOON)
    scenario = parse_scenario(parse_yaml(text))
    watched = asyncio.run(watch(InProcessTransport(reference().call, clock), Profile(), [scenario], clock=clock))
    assert ["harness_failed"] == [played.status for played in watched.played]
    assert ["T-1"] == [fault.scenario for fault in watched.faults]


def test_an_unknown_scenario_is_an_error(outpatient: Pack) -> None:
    """A slip in --scenario does not run an empty set."""
    with pytest.raises(InputError, match="OUT-01"):
        certify(reference(), outpatient, only=["OUT-01"])


def test_a_required_field_that_nobody_knows_is_the_suites_fault() -> None:
    """Composing stops; it does not send something it made up."""
    with pytest.raises(HarnessError, match="psn_no"):
        compose(interface(), "2208", {"setl_id": "1", "mdtrt_id": "2"})


# --- right but unusual ---


def shuffled(value: Any) -> Any:
    """The same message with its keys the other way round and fields nobody asked for."""
    if isinstance(value, dict):
        return {"zz_own_field": "x"} | {key: shuffled(value[key]) for key in reversed(list(value))}
    return [shuffled(row) for row in value] if isinstance(value, list) else value


def one_row(reply: dict[str, Any]) -> dict[str, Any]:
    """A one-row object printed as a list of one is a matter of reading (open point), not of amounts."""
    return {**reply, "infcode": str(reply["infcode"])}


def test_other_key_order_and_extra_fields_are_no_finding(outpatient: Pack) -> None:
    """Correct but unusual implementations pass."""
    result = certify(saying(lambda _, reply: shuffled(reply)), outpatient)
    assert ("passed", ()) == (result.verdict, result.findings)


def test_a_status_code_as_a_string_is_a_leniency(outpatient: Pack) -> None:
    """Both forms were recorded; the report lists which was met."""
    result = certify(saying(lambda _, reply: one_row(reply)), outpatient, only=["OUT-001"])
    assert ("passed", ()) == (result.verdict, result.findings)
    assert {"ENV-INFCODE-FORM"} == {o.clause for o in result.leniencies}


def in_strings(value: Any, inside: bool = False) -> Any:
    """The same message with every number of its output written as a string."""
    if isinstance(value, dict):
        return {key: in_strings(part, inside or key == "output") for key, part in value.items()}
    if isinstance(value, list):
        return [in_strings(part, inside) for part in value]
    return str(value) if inside and isinstance(value, int | Decimal) and not isinstance(value, bool) else value


def test_amounts_in_strings_pass_where_the_profile_promises_them(outpatient: Pack) -> None:
    """And are a finding where numbers were promised."""
    platform = saying(lambda _, reply: in_strings(reply))
    promised = certify(platform, outpatient, Profile(amounts="string"))
    assert ("passed", ()) == (promised.verdict, promised.findings)
    assert "failed" == certify(platform, outpatient, only=["OUT-001"]).verdict


# --- hostile ---

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def endless(request: web.Request) -> web.StreamResponse:
    """Never stops sending."""
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b"x" * 1_000_000)


async def drip(request: web.Request) -> web.StreamResponse:
    """One byte now and then, so that no single read times out."""
    response = web.StreamResponse()
    await response.prepare(request)
    for _ in range(1000):
        await response.write(b" ")
        await asyncio.sleep(0.02)
    return response


async def elsewhere(request: web.Request) -> web.StreamResponse:
    """Sends the client somewhere else."""
    raise web.HTTPFound("http://192.0.2.1/")


BOMB = gzip.compress(b"0" * 20_000_000)


async def compressed(request: web.Request) -> web.StreamResponse:
    """A small body that would be large."""
    return web.Response(body=BOMB, headers={"Content-Encoding": "gzip"})


async def rubbish(request: web.Request) -> web.StreamResponse:
    """Not text at all."""
    return web.Response(body=bytes(range(256)))


async def hangs_up(request: web.Request) -> web.StreamResponse:
    """Closes the connection without an answer."""
    assert request.transport is not None
    request.transport.close()
    return web.Response()


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (endless, "broken"),
        (drip, "timeout"),
        (elsewhere, "answered"),
        (compressed, "answered"),
        (rubbish, "answered"),
        (hangs_up, "broken"),
    ],
)
def test_a_hostile_target_costs_bounded_time_and_memory_and_is_a_finding(
    outpatient: Pack, answer: Answer, outcome: str
) -> None:
    """It is recorded as it was, never followed or unpacked, and never passes."""

    async def run() -> Any:
        app = web.Application()
        app.router.add_post("/{tail:.*}", answer)
        async with TestServer(app) as server:
            profile = Profile(connect_ms=500, reply_ms=1000)
            transport = HttpTransport(str(server.make_url("/")), connect_ms=500, reply_ms=1000)
            return profile, await watch(transport, profile, [outpatient.scenario("OUT-001")], workers=1)

    from conformance.judge import judge

    profile, watched = asyncio.run(run())
    assert {outcome} == {exchange.outcome for exchange in watched.conversation}
    sizes = [len(exchange.reply.body) for exchange in watched.conversation if exchange.reply]
    assert all(size <= wire.MAX_BYTES for size in sizes)
    found = judge(watched.conversation, profile, [outpatient.scenario("OUT-001")])
    assert any(o.status == "fail" for o in found)
