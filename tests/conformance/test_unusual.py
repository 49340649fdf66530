"""A right implementation may be unusual: other key order, further fields, strings, lists of one, slow: no finding."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from flows import recorded
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.conversation import Conversation, Exchange, Raw
from conformance.judge import judge
from conformance.profile import Profile
from sim.interface import wire

NAMES = ("outpatient", "inpatient", "interim", "pharmacy", "chronic", "reconciliation", "attempts")
TALKS = {name: recorded(name) for name in NAMES}
Change = Callable[[Any], Any]


def deep(value: Any, change: Change) -> Any:
    """A message with every object changed, from the inside out."""
    if isinstance(value, dict):
        return change({key: deep(one, change) for key, one in value.items()})
    if isinstance(value, list):
        return [deep(one, change) for one in value]
    return value


def spoken(conversation: Conversation, change: Change) -> Conversation:
    """The same conversation with a target that writes its replies otherwise."""

    def one(exchange: Exchange) -> Exchange:
        message = exchange.reply.message if exchange.reply else None
        if message is None:
            return exchange
        return evolve(exchange, reply=Raw(wire.encode(change(message)), (), 200))

    return Conversation(tuple(map(one, conversation)))


def found(conversation: Conversation, profile: Profile) -> list[tuple[int, str, str]]:
    return [(o.seq, o.clause, o.path) for o in judge(conversation, profile) if o.status == "fail"]


@given(name=st.sampled_from(NAMES), random=st.randoms(use_true_random=False))
@settings(max_examples=12, deadline=None)
def test_the_order_of_keys_says_nothing(name: str, random: Any) -> None:
    """Any order, in every object."""

    def shuffled(one: dict[str, Any]) -> dict[str, Any]:
        keys = list(one)
        random.shuffle(keys)
        return {key: one[key] for key in keys}

    assert [] == found(spoken(TALKS[name], lambda message: deep(message, shuffled)), Profile())


@given(name=st.sampled_from(NAMES), field=st.from_regex(r"[a-z]{3,12}_ext", fullmatch=True), value=st.text(max_size=20))
@settings(max_examples=12, deadline=None)
def test_further_fields_are_a_provinces_own(name: str, field: str, value: str) -> None:
    """Wherever they stand."""
    change: Change = lambda message: deep(message, lambda one: {**one, field: value})  # noqa: E731
    assert [] == found(spoken(TALKS[name], change), Profile())


@pytest.mark.parametrize("name", NAMES)
def test_amounts_may_be_strings_where_that_is_promised(name: str) -> None:
    """And are findings where numbers are."""

    def stringly(one: dict[str, Any]) -> dict[str, Any]:
        return {key: str(value) if isinstance(value, Decimal) else value for key, value in one.items()}

    talk = spoken(TALKS[name], lambda message: deep(message, stringly))
    received = [(o.clause, o.path) for o in judge(talk, Profile(amounts="string")) if o.status == "fail"]
    wholly = [one for one in received if one[0].startswith(("AMT", "EXACT", "REL", "LIFE", "REV", "ORD"))]
    assert [] == wholly
    if name in ("outpatient", "inpatient", "pharmacy"):
        assert {clause for _, clause, _ in found(talk, Profile())} & {"IF-2207-FORM", "IF-2304-FORM", "IF-2102-FORM"}


@pytest.mark.parametrize("name", NAMES)
def test_a_node_of_one_row_may_be_a_list(name: str) -> None:
    """Readers accept both; sums, policy and order are judged as well."""

    def listed(message: dict[str, Any]) -> dict[str, Any]:
        output = message.get("output")
        if not isinstance(output, dict) or "setlinfo" not in output:
            return message
        return {**message, "output": {**output, "setlinfo": [output["setlinfo"]]}}

    assert [] == found(spoken(TALKS[name], listed), Profile())


def test_a_slow_answer_within_limits_is_an_answer() -> None:
    """Time alone is no fault."""
    slow = [evolve(e, answered_at="2024-03-05T23:59:59.000") for e in TALKS["inpatient"]]
    assert [] == found(Conversation(tuple(slow)), Profile())


def test_infcode_may_be_a_string_and_is_listed() -> None:
    """Seen both ways in the field: a leniency where the other form was promised."""
    talk = spoken(TALKS["pharmacy"], lambda message: {**message, "infcode": str(message["infcode"])})
    assert [] == found(talk, Profile(infcode="string"))
    assert {"ENV-INFCODE-FORM"} == {o.clause for o in judge(talk, Profile()) if o.status == "leniency"}
