"""Makes a result fit to be shown: identity, name and card values are masked, and nothing in it can disturb a display.

A masked value becomes ``***1``, ``***2``, ...: the same value always the same number within a report, so that one
can still see that a reply speaks of another person, and nothing of the value remains. Which fields are masked stands
in ``masked.json``. A value seen in the fields listed there under ``everywhere`` is masked wherever it appears.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from attrs import evolve, frozen

from conformance.conversation import Conversation, Exchange, Raw
from conformance.observation import Observation
from conformance.result import HarnessFault, RunResult, ScenarioResult
from conformance.scalars import scalars
from sim.interface import wire
from sim.lang import Text
from sim.page import visible

_MEMBER = re.compile(r'("(?P<name>[A-Za-z_0-9]+)"\s*:\s*)(?P<value>"(?:[^"\\]++|\\.)*+"|[-+0-9.eE]+)', re.DOTALL)
_WORD = re.compile(r"[0-9A-Za-z]{6,}")
_IDENTITY = re.compile(
    r"(?<![0-9A-Za-z])[1-9]\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?![0-9A-Za-z])"
)
_SHORTEST = 6
"""Below this a value of letters and digits is too likely to be something else elsewhere."""


@frozen
class Rules:
    """Patterns of field names: masked where they stand, and those whose values are masked wherever they appear."""

    fields: tuple[str, ...]
    everywhere: tuple[str, ...]

    def masks(self, name: str) -> bool:
        """Whether a field is masked."""
        return _any(name, self.fields)

    def spreads(self, name: str) -> bool:
        """Whether a field's value is masked wherever it appears."""
        return _any(name, self.everywhere)


@cache
def rules() -> Rules:
    """The rules that come with the suite."""
    data = json.loads(files("conformance.report").joinpath("masked.json").read_text("utf-8"))
    return Rules(tuple(data["fields"]), tuple(data["everywhere"]))


@cache
def _any(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


class Mask:
    """Replaces personal values of one run. Built from the conversation, so that it knows them all beforehand."""

    def __init__(self, conversation: Conversation) -> None:
        self._rules = rules()
        self._numbers: dict[str, int] = {}
        self._words: dict[str, str] = {}
        others: dict[str, str] = {}
        for exchange in conversation:
            for raw in (exchange.request, exchange.reply, exchange.truth):
                for name, found in scalars(raw.message) if raw is not None else ():
                    if not self._rules.masks(name) or (value := str(found)) == "":
                        continue
                    token = self.token(value)
                    if not self._rules.spreads(name):
                        continue
                    if _WORD.fullmatch(value):
                        self._words[value] = token
                    elif len(value) >= (2 if not value.isascii() else _SHORTEST):
                        others[value] = token
        longest_first = sorted(others, key=lambda value: (-len(value), value))
        self._others = re.compile("|".join(map(re.escape, longest_first))) if others else None
        self._tokens = others

    def token(self, value: str) -> str:
        """What stands for a value: the same for the same value."""
        return f"***{self._numbers.setdefault(value, len(self._numbers) + 1)}"

    def string(self, text: str) -> str:
        """A string from outside, without the personal values that are known or look like an identity number."""
        text = _WORD.sub(lambda m: self._words.get(m.group(), m.group()), text)
        if self._others is not None:
            text = self._others.sub(lambda m: self._tokens[m.group()], text)
        return _IDENTITY.sub(lambda m: self.token(m.group()), text)

    def body(self, raw: Raw) -> bytes:
        """A body with its masked fields replaced and every other byte as it was."""
        try:
            text = raw.body.decode("utf-8")
        except UnicodeDecodeError:
            text = raw.body.decode("utf-8", "backslashreplace")
        masked = self.string(_MEMBER.sub(self._member, text))
        if "\\u" in masked and any(self._rules.masks(n) and self._shows(str(v)) for n, v in scalars(_decoded(masked))):
            masked = self._rewritten(raw)  # a name written in escapes hides from a pattern
        return masked.encode("utf-8", "replace")

    def _rewritten(self, raw: Raw) -> str:
        try:
            return wire.encode(self._message(raw.message or {})).decode()
        except TypeError:  # a number longer than the writer can write
            return "***"

    def _member(self, match: re.Match[str]) -> str:
        if not self._rules.masks(match["name"]) or match["value"] == '""':
            return match.group()
        try:
            value = json.loads(match["value"])
        except ValueError:
            value = match["value"]
        return f'{match[1]}"{self.token(str(value))}"'

    def _shows(self, value: str) -> bool:
        return value != "" and re.fullmatch(r"\*\*\*\d+", value) is None

    def _message(self, value: Any, name: str = "") -> Any:
        if isinstance(value, Mapping):
            return {key: self._message(inner, key) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._message(inner, name) for inner in value]
        if value is None or isinstance(value, bool) or value == "":
            return value
        if self._rules.masks(name):
            return self.token(str(value))
        return self.string(value) if isinstance(value, str) else value


def _decoded(text: str) -> Mapping[str, Any]:
    try:
        return wire.decode(text.encode("utf-8", "replace"))
    except wire.WireError:
        return {}


def presentable(result: RunResult, *, masked: bool = True, bodies: bool = True) -> RunResult:
    """The same result with every string that came from outside made safe to show, and personal values masked.

    ``bodies`` False leaves the conversation as it is, for those who show nothing of it.
    """
    mask = Mask(result.conversation) if masked else None

    @lru_cache(maxsize=4096)  # headers say the same again and again
    def string(text: str) -> str:
        return visible(mask.string(text) if mask else text)

    def sentence(text: Text) -> Text:
        return Text(text.key, {name: _argument(value) for name, value in text.args.items()})

    def _argument(value: Any) -> Any:
        if isinstance(value, Text):
            return sentence(value)
        if value is None or isinstance(value, int):
            return value
        return string(str(value))

    def optional(text: Text | None) -> Text | None:
        return None if text is None else sentence(text)

    def raw(half: Raw) -> Raw:
        headers = tuple((string(name), string(value)) for name, value in half.headers)
        body = mask.body(half) if mask else half.body
        opened = half.opened
        if mask is not None and opened is not None:
            opened = (opened[0], mask.body(Raw(opened[1].encode("utf-8", "replace"))).decode())
        return Raw(body, headers, half.status, string(half.target), half.recorded, opened, half.unopened)

    def exchange(e: Exchange) -> Exchange:
        return evolve(
            e,
            request=raw(e.request),
            reply=None if e.reply is None else raw(e.reply),
            note=string(e.note),
            truth=None if e.truth is None else raw(e.truth),
        )

    def observation(o: Observation) -> Observation:
        if not (o.path or o.expected or o.actual or o.why or o.cause):
            return o  # nearly all: what held has nothing from outside
        return o._replace(
            path=string(o.path),
            expected=optional(o.expected),
            actual=optional(o.actual),
            why=optional(o.why),
            cause=optional(o.cause),
        )

    def scenario(s: ScenarioResult) -> ScenarioResult:
        return evolve(s, title=sentence(s.title), reason=optional(s.reason))

    def fault(f: HarnessFault) -> HarnessFault:
        return evolve(f, text=sentence(f.text), detail=string(f.detail))

    conversation = Conversation(tuple(map(exchange, result.conversation))) if bodies else result.conversation
    return evolve(
        result,
        target=string(result.target),
        command=tuple(map(string, result.command)),
        conversation=conversation,
        observations=tuple(map(observation, result.observations)),
        scenarios=tuple(map(scenario, result.scenarios)),
        harness_errors=tuple(map(fault, result.harness_errors)),
        partial_reason=optional(result.partial_reason),
    )
