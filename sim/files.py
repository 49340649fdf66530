"""Files that people write: YAML with a line for every value, and errors that name file, line and key.

YAML is read as version 1.2 core: ``010``, ``yes`` and ``12:30`` stay strings, a number with a point is a
`decimal.Decimal` (no float ever enters), duplicate keys, aliases and tags are refused.
"""

from __future__ import annotations

import re
from ast import literal_eval
from collections.abc import Mapping, Sequence
from decimal import Decimal
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import jsonschema
import yaml
from attrs import frozen

from sim.errors import BadFileError, InputError, Place, nearest
from sim.lang import Text, say

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)$")
_DECIMAL = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))([eE][-+]?[0-9]+)?$")
_WORDS: Mapping[str, Any] = {"true": True, "false": False, "null": None, "~": None, "": None}
# What YAML 1.1 guesses for plain scalars; the guess itself is not used, any other tag was written on purpose.
_SCALARS = frozenset({"str", "int", "float", "bool", "null", "timestamp", "merge", "value"})
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@frozen
class Document:
    """A file's plain data and the line of every value in it."""

    name: str
    data: Any
    lines: Mapping[tuple[str | int, ...], int]

    def place(self, *path: str | int) -> Place:
        """The place of the value at a path of keys and list positions; of its nearest parent if it is absent."""
        at = tuple(path)
        while at and at not in self.lines:
            at = at[:-1]
        return Place(self.name, self.lines.get(at, 1), dotted(path))

    def error(self, text: Text, *path: str | int, valid: Sequence[str] = (), given: str = "") -> InputError:
        """An error at a path; with ``valid`` names it suggests the one nearest to ``given``."""
        return InputError(text, self.place(*path), nearest(given, valid) if valid else None)


def dotted(path: Sequence[str | int]) -> str:
    """``("steps", 2, "send")`` as ``steps[2].send``."""
    shown = ""
    for step in path:
        shown += f"[{step}]" if isinstance(step, int) else f".{step}" if shown else step
    return shown


def read_yaml(file: Traversable | Path, name: str | None = None) -> Document:
    """Read one YAML file. Raises InputError (missing, not UTF-8) or BadFileError (not YAML, duplicate key, alias)."""
    shown = name or str(file)
    try:
        raw = file.read_bytes()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        raise InputError(say("file.not_found", file=shown)) from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(say("file.not_utf8", byte=error.start), Place(shown)) from None
    return parse_yaml(text, shown)


def parse_yaml(text: str, name: str = "<stdin>") -> Document:
    """The same for text already in hand."""
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise InputError(
                    say("file.anchor_forbidden"), Place(name, event.start_mark.line + 1 if event.start_mark else None)
                )
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise InputError(
            say("file.not_yaml", problem=error.problem or error.context or ""),
            Place(name, mark.line + 1 if mark else None),
        ) from None
    except yaml.YAMLError as error:
        raise InputError(say("file.not_yaml", problem=str(error).splitlines()[0]), Place(name)) from None
    lines: dict[tuple[str | int, ...], int] = {}
    data = _plain(root, (), lines, name) if root is not None else None
    return Document(name, data, lines)


def _plain(node: yaml.Node, path: tuple[str | int, ...], lines: dict[tuple[str | int, ...], int], name: str) -> Any:
    line = node.start_mark.line + 1
    lines[path] = line
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node, line, path, name)
    if node.tag not in ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"):
        raise InputError(say("file.tag_forbidden", tag=node.tag), Place(name, line, dotted(path)))
    if isinstance(node, yaml.SequenceNode):
        return [_plain(child, (*path, i), lines, name) for i, child in enumerate(node.value)]
    found: dict[str, Any] = {}
    for key_node, child in node.value:
        key = str(key_node.value)
        at = (*path, key)
        if key in found:
            raise InputError(
                say("file.duplicate_key", first=lines[at]),
                Place(name, key_node.start_mark.line + 1, dotted(at)),
            )
        found[key] = _plain(child, at, lines, name)
        lines[at] = key_node.start_mark.line + 1
    return found


def _scalar(node: yaml.ScalarNode, line: int, path: tuple[str | int, ...], name: str) -> Any:
    if node.tag.removeprefix("tag:yaml.org,2002:") not in _SCALARS:
        raise InputError(say("file.tag_forbidden", tag=node.tag), Place(name, line, dotted(path)))
    text = str(node.value)
    if node.style in ("'", '"', "|", ">"):
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.match(text):
        return int(text)
    if _DECIMAL.match(text):
        return Decimal(text)
    return text


def check(document: Document, schema: Mapping[str, Any]) -> None:
    """Check a document against a JSON Schema (2020-12). Raises BadFileError with every problem, in order of line."""
    validator = jsonschema.Draft202012Validator(schema)
    problems = [_problem(document, e) for error in validator.iter_errors(document.data) for e in _leaves(error)]
    if problems:
        raise BadFileError(sorted(problems, key=lambda p: (p.place.line or 0, p.place.key) if p.place else (0, "")))


def _leaves(error: jsonschema.ValidationError) -> list[jsonschema.ValidationError]:
    """An ``anyOf``/``oneOf`` says little; the branch that came furthest says what was meant."""
    if error.validator not in ("anyOf", "oneOf") or not error.context:
        return [error]
    branches: dict[Any, list[jsonschema.ValidationError]] = {}
    for sub in error.context:
        branches.setdefault(sub.schema_path[0], []).append(sub)
    best = max(branches.values(), key=lambda subs: (max(len(s.path) for s in subs), -len(subs)))
    return [leaf for sub in best for leaf in _leaves(sub)]


def _problem(document: Document, error: jsonschema.ValidationError) -> InputError:
    path = tuple(error.absolute_path)
    rule: Any = error.validator_value
    value: Any = error.instance
    schema: Any = error.schema
    if error.validator == "additionalProperties":
        allowed = sorted(schema.get("properties", {}))
        extra = next(key for key in value if key not in allowed)
        text = say("file.unknown_key", key=extra, allowed=", ".join(allowed))
        return document.error(text, *path, extra, valid=allowed, given=extra)
    if error.validator == "required":
        # One error a missing key, and only its message says which.
        missing = literal_eval(error.message.removesuffix(" is a required property"))
        return document.error(say("file.missing_key", key=missing), *path, missing)
    if error.validator == "enum":
        allowed = [str(item) for item in rule]
        text = say("file.not_one_of", value=repr(value), allowed=", ".join(allowed))
        return document.error(text, *path, valid=allowed, given=str(value))
    if error.validator == "type":
        shown = rule if isinstance(rule, str) else " | ".join(rule)
        text = say("file.wrong_type", expected=shown, actual=_type_name(value))
        return document.error(text, *path)
    return document.error(say("file.wrong_value", problem=error.message), *path)


def _type_name(value: Any) -> str:
    names = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", Decimal: "number"}
    return "null" if value is None else f"{names.get(type(value), type(value).__name__)} ({value!r:.60})"
