"""The drive protocol: orders to a hospital system, and its answers. The shapes are in ``schema.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import jsonschema_rs
from attrs import frozen

from sim.errors import InputError
from sim.interface import wire
from sim.lang import Text, say
from sim.money import parse

PROTOCOL = 1
LONGEST = 1024 * 1024
"""Bytes of an answer that are read at most; one has a few hundred."""

Result = Literal["done", "refused", "unknown", "crashed"]
Ending = Literal["answered", "late", "gone", "nonsense", "absent", "ended"]
"""How an order ended: an answer; none in time; the driver went away in the middle; something that is no answer; nobody
there from the start; the person at the keyboard ended the run."""


@frozen
class Answer:
    """What the hospital system said back. Amounts in fen, None where it said nothing of them."""

    result: Result
    text: str = ""
    psn_no: str = ""
    mdtrt_id: str = ""
    setl_id: str = ""
    medfee_sumamt: int | None = None
    fund_pay_sumamt: int | None = None
    acct_pay: int | None = None
    cash: int | None = None
    reconciled: bool | None = None


@frozen
class Told:
    """What became of an order: the bytes that came back, if any, and why they are no answer where they are none."""

    ending: Ending
    body: bytes = b""
    problem: Text | None = None

    @property
    def answer(self) -> Answer | None:
        """The answer, when there is one."""
        if self.ending != "answered":
            return None
        return answer_of(wire.decode(self.body))


@cache
def schema() -> Mapping[str, Any]:
    """The JSON Schema of orders and answers."""
    found: dict[str, Any] = json.loads(files("conformance.drive").joinpath("schema.json").read_text("utf-8"))
    return found


@cache
def _validator(part: str) -> Any:
    return jsonschema_rs.validator_for({"$ref": f"#/$defs/{part}", "$defs": schema()["$defs"]})


def told(body: bytes) -> Told:
    """What came back, looked at: an answer of the protocol, or nonsense and why."""
    try:
        if len(body) > LONGEST:
            return Told("nonsense", body[:LONGEST], say("hospital.drive.too_long", limit=LONGEST))
        problem = problem_of("answer", json.loads(body))
    except (ValueError, RecursionError):
        return Told("nonsense", body, say("hospital.drive.not_json"))
    if problem is not None:
        return Told("nonsense", body, problem)
    try:
        answer_of(wire.decode(body))
    except (wire.WireError, InputError) as error:
        return Told("nonsense", body, error.text)
    return Told("answered", body)


def problem_of(part: Literal["order", "answer"], message: Any) -> Text | None:
    """Why an order or answer is none, or None when it is one."""
    validator = _validator(part)
    if validator.is_valid(message):
        return None
    error = next(iter(validator.iter_errors(message)))
    path = ".".join(map(str, error.instance_path)) or "-"
    return say("hospital.drive.not_the_protocol", path=path, problem=str(error.message)[:200])


def answer_of(message: Mapping[str, Any]) -> Answer:
    """An answer from its decoded message. Raises InputError for an amount that is none."""

    def fen(name: str) -> int | None:
        return None if message.get(name) is None else parse(message[name])

    def text(name: str) -> str:
        return str(message.get(name) or "")

    reconciled = message.get("reconciled")
    return Answer(
        result=message["result"],
        text=text("text"),
        psn_no=text("psn_no"),
        mdtrt_id=text("mdtrt_id"),
        setl_id=text("setl_id"),
        medfee_sumamt=fen("medfee_sumamt"),
        fund_pay_sumamt=fen("fund_pay_sumamt"),
        acct_pay=fen("acct_pay"),
        cash=fen("cash"),
        reconciled=reconciled if isinstance(reconciled, bool) else None,
    )


def encode(order: Mapping[str, Any]) -> bytes:
    """An order as one line, without its end."""
    return json.dumps(order, ensure_ascii=False, default=_plain).encode("utf-8")


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    raise TypeError(type(value).__name__)
