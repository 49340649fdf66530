"""Right but unusual platforms pass the packs without a finding: the suite blames nobody for another right way."""

import asyncio
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import pytest
from attrs import field, frozen

from conformance.mutants.build import saying
from conformance.pack import Pack, load_pack
from conformance.profile import FEATURES, Profile
from conformance.run import certify_platform
from conformance.targets.platform import china_time
from conformance.targets.transport import InProcessTransport, Sent
from sim.interface import wire
from sim.platform import Reference, reference
from sim.platform.readings import Readings

Message = dict[str, Any]
PACKS = ("smoke", "reversal", "chronic", "reconciliation")


def deep(value: Any, change: Callable[[Message], Message]) -> Any:
    """A message with every object changed, from the inside out."""
    if isinstance(value, dict):
        return change({key: deep(one, change) for key, one in value.items()})
    return [deep(one, change) for one in value] if isinstance(value, list) else value


def replying(change: Callable[[Message], Message]) -> Callable[[], Reference]:
    """The reference with every reply changed."""
    return lambda: saying(lambda _, reply: change(reply))


def in_objects(change: Callable[[Message], Message]) -> Callable[[], Reference]:
    return replying(lambda reply: deep(reply, change))


def listed(reply: Message) -> Message:
    """Nodes of one row come as lists of one."""
    output = reply.get("output")
    if not isinstance(output, dict) or "setlinfo" not in output:
        return reply
    return {**reply, "output": {**output, "setlinfo": [output["setlinfo"]]}}


def shortest(one: Message) -> Message:
    """Numbers without the noughts at their ends: 12.50 as 12.5, 3.00 as 3."""

    def short(value: Any) -> Any:
        if not isinstance(value, Decimal):
            return value
        number = value.normalize()
        return int(number) if number == number.to_integral_value() else number

    return {key: short(value) for key, value in one.items()}


def stringly(reply: Message) -> Message:
    """Every number of the output as a string."""

    def written(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: written(one) for key, one in value.items()}
        if isinstance(value, list):
            return [written(one) for one in value]
        return str(value) if isinstance(value, Decimal | int) and not isinstance(value, bool) else value

    return {**reply, "output": written(reply.get("output"))}


def read_otherwise(**given: bool) -> Callable[[], Reference]:
    """The reference with another reading of an open point."""
    return lambda: reference(readings=Readings(**given))


@frozen
class Unusual:
    """A right platform, and what its profile says of it."""

    build: Callable[[], Reference]
    profile: Profile = field(factory=Profile)
    write: Callable[[Message], bytes] = wire.encode


def promising(**features: bool) -> Profile:
    return Profile(features={**FEATURES, **features})


UNUSUAL: Mapping[str, Unusual] = {
    "keys_in_reverse": Unusual(in_objects(lambda one: dict(reversed(one.items())))),
    "further_fields": Unusual(in_objects(lambda one: {**one, "prov_ext_01": "省内扩展", "ext_obj": {"a": 1}})),
    "lists_of_one": Unusual(replying(listed)),
    "short_numbers": Unusual(in_objects(shortest)),
    "amounts_in_strings": Unusual(replying(stringly), Profile(amounts="string")),
    "infcode_in_strings": Unusual(
        replying(lambda reply: {**reply, "infcode": str(reply["infcode"])}), Profile(infcode="string")
    ),
    "chinese_as_escapes": Unusual(reference, write=lambda reply: b"\n" + _escaped(wire.encode(reply).decode()) + b"\n"),
    "repeated_reversals_refused": Unusual(read_otherwise(repeated_reversal_refused=True)),
    "refused_ids_are_free_again": Unusual(read_otherwise(refusal_uses_msgid=False)),
    "sign_in_required": Unusual(read_otherwise(sign_in_required=True)),
    "six_digits_for_equal": Unusual(read_otherwise(six_digit_stmt_rslt=True)),
    "one_upload_a_batch": Unusual(read_otherwise(one_call_a_batch=True), promising(several_batches=False)),
    "english_reasons": Unusual(lambda: reference(lang="en")),
    "keeps_few_replies": Unusual(lambda: reference(replies_kept=0)),
    "no_reversal": Unusual(reference, promising(reversal_2601=False)),
    "unknown_policy": Unusual(reference, Profile(policy={"default": "unknown"})),
}
"""By name."""


def _escaped(text: str) -> bytes:
    return "".join(c if c.isascii() else f"\\u{ord(c):04x}" for c in text).encode()


@pytest.fixture(scope="module")
def chosen() -> tuple[Pack, ...]:
    return tuple(load_pack(name) for name in PACKS)


@pytest.mark.parametrize("name", sorted(UNUSUAL))
def test_a_right_platform_gets_no_finding(name: str, chosen: tuple[Pack, ...]) -> None:
    """However unusual it is, as long as its profile says what it promises otherwise."""
    one = UNUSUAL[name]
    transport = InProcessTransport(one.build().call, china_time, write=one.write)
    result = certify_platform(transport, one.profile, chosen)
    assert [] == [(f.observation.scenario, f.observation.check, f.observation.path) for f in result.errors]
    assert [] == [(f.observation.scenario, f.observation.check) for f in result.warnings]
    assert set() == {s.id for s in result.scenarios if s.status not in ("passed", "not_run")}


def test_slow_answers_within_limits_are_answers() -> None:
    """A platform that takes its time is as right as a quick one."""

    class Slow(InProcessTransport):
        async def send(self, infno: str, body: bytes, headers: Mapping[str, str] | None = None) -> Sent:
            await asyncio.sleep(0.02)
            return await super().send(infno, body, headers)

    result = certify_platform(Slow(reference().call, china_time), Profile(), [load_pack("smoke")])
    assert "passed" == result.verdict


def test_an_unusual_platform_with_a_fault_is_still_caught(chosen: tuple[Pack, ...]) -> None:
    """Tolerance is not blindness."""

    def change(reply: Message) -> Message:
        output = reply.get("output")
        if isinstance(output, dict) and isinstance(output.get("setlinfo"), dict):
            head = output["setlinfo"]
            if "medfee_sumamt" in head:
                head["medfee_sumamt"] += Decimal("0.01")
        return listed(reply)

    transport = InProcessTransport(replying(change)().call, china_time)
    result = certify_platform(transport, Profile(), chosen, only=("SMO-001",))
    assert "amounts.A1" in {f.observation.check for f in result.errors}
