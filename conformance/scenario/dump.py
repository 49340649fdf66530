"""Scenarios to YAML, in the form that is read back: numbers with their digits, no text that could be taken for one."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import yaml

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*\Z")
_NOT_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


class _Dumper(yaml.SafeDumper):
    """Block style; no aliases, which the reader refuses."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the library's signature
        """Every value is written out."""
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    plain = _WORD.match(value) is not None and value.lower() not in _NOT_WORDS
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=None if plain else '"')


def _number(dumper: yaml.SafeDumper, value: Decimal) -> yaml.Node:
    written = format(value, "f")
    return dumper.represent_scalar("tag:yaml.org,2002:float", written if "." in written else f"{written}.0")


_Dumper.add_representer(str, _text)
_Dumper.add_representer(Decimal, _number)


def as_yaml(data: Any) -> str:
    """Plain data (mappings, lists, str, int, bool, None, Decimal) as YAML text."""
    made: str = yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)
    return made
