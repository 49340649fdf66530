"""Each message against the dictionary: what must be there, in which form, with which codes; both directions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from conformance.checks.look import Look
from conformance.checks.sink import Sink, shown
from conformance.profile import Profile
from sim.interface import Interface, Problem, interface, validate
from sim.lang import Text, say

KINDS: Mapping[str, str] = {"required": "REQ", "code": "CODE", "code_regional": "CODE"}
"""The part of a clause's name by the rule that is broken; every other rule is about form."""
ELSEWHERE = frozenset({"infcode", "inf_refmsgid", "refmsg_time", "respond_time", "err_msg"})
"""Envelope fields that the envelope's own checks judge, with their own words."""


def judge_schema(looks: Sequence[Look], profile: Profile, sink: Sink) -> None:
    """The messages of the side under test. Messages of the suite's own side are only told when they were not right
    without being meant so: the reply to such a message proves nothing."""
    iface = interface(profile.interface)
    for look in looks:
        known = look.infno in iface.transactions
        if known and not _meant(look):
            _request(iface, look, profile, sink)
        if look.reply is not None and look.yes and known:
            _reply(iface, look, profile, sink)


def _meant(look: Look) -> bool:
    """Whether the scenario wants the request as it is: its fault, an override of a recorded message, the same again."""
    step = look.step
    return look.faulty or bool(step and (step.changes or step.removed or step.repeat or step.again))


@cache
def kinds(iface: Interface, infno: str) -> tuple[str, ...]:
    """Which of REQ, FORM and CODE a reply of this transaction can be judged by."""
    fields = [f for node in iface.transactions[infno].output for f in node.fields]
    found = ["REQ"] if any(f.required for f in fields) else []
    found += ["FORM"] if fields else []
    found += ["CODE"] if any(f.codes for f in fields) else []
    return tuple(found)


def _reply(iface: Interface, look: Look, profile: Profile, sink: Sink) -> None:
    assert look.reply is not None  # noqa: S101
    problems = validate(iface, look.infno, "reply", look.reply, numbers=profile.amounts)
    if problems:
        usual = _usual(iface, look.infno, look.reply)
        problems = validate(iface, look.infno, "reply", usual, numbers=profile.amounts) if usual else problems
    if not problems:
        for kind in kinds(iface, look.infno):
            sink.ok(f"schema.reply.{kind.lower()}", f"IF-{look.infno}-{kind}", look)
        return
    broken: set[str] = set()
    for problem in problems:
        if problem.path in ELSEWHERE:
            continue
        kind = KINDS.get(problem.rule, "FORM")
        regional = problem.rule == "code_regional" or _national(iface, look.infno, problem)
        if not regional:
            broken.add(kind)
        clause = f"IF-{look.infno}-{kind}" if problem.path.startswith("output") else "ENV-FIELDS"
        sink.note(
            "leniency" if regional else "fail",
            f"schema.reply.{kind.lower()}",
            clause,
            look,
            problem.path,
            problem.label,
            problem.expected,
            shown(problem.actual),
            cause=_cause(look, problem),
        )
    for kind in kinds(iface, look.infno):
        if kind not in broken:
            sink.ok(f"schema.reply.{kind.lower()}", f"IF-{look.infno}-{kind}", look)


def _national(iface: Interface, infno: str, problem: Problem) -> bool:
    """Whether a code that a provincial variant does not list is one of the national interface: people insured in other
    provinces bring theirs along."""
    if problem.rule != "code" or iface.name == "national":
        return False
    fields = (field for node in iface.transactions[infno].output for field in node.fields)
    codes = next((field.codes for field in fields if field.name == problem.field), None)
    listed = interface().codelists.get(codes or "")
    return listed is not None and problem.actual.strip('"') in listed.values


def _usual(iface: Interface, infno: str, reply: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The reply with nodes of one row as the dictionary has them; None when they are so already.

    Whether such a node is an object or a list of one is an open point of the interface.
    """
    output = reply.get("output")
    if not isinstance(output, dict):
        return None
    other: dict[str, Any] = {}
    for node in iface.transactions[infno].output:
        value = output.get(node.name)
        if node.kind == "object" and isinstance(value, list) and len(value) == 1:
            other[node.name] = value[0]
        elif node.kind == "list" and isinstance(value, dict):
            other[node.name] = [value]
    return {**reply, "output": {**output, **other}} if other else None


def _cause(look: Look, problem: Problem) -> Text:
    if not look.output:
        return say("cause.empty_reply")
    return say("cause.schema", infno=look.infno, field=problem.field or problem.path)


def _request(iface: Interface, look: Look, profile: Profile, sink: Sink) -> None:
    own = profile.role == "platform"
    problems = validate(iface, look.infno, "request", look.request, numbers=profile.amounts)
    if own and not problems:
        return
    if not problems:
        sink.ok("schema.request", "IF-REQUEST", look)
    for problem in problems:
        why = say("judge.own_request") if own else None
        sink.note(
            "not_judged" if own else "fail",
            "schema.request",
            "IF-REQUEST",
            look,
            problem.path,
            problem.label,
            problem.expected,
            shown(problem.actual),
            why,
        )
