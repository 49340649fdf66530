"""The shapes of a bundle's JSON files: nothing else is believed, since a bundle may come from a stranger."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_HEX: Mapping[str, Any] = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_TEXT: Mapping[str, Any] = {"type": "string"}
_BOTH: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["zh", "en"],
    "properties": {"zh": _TEXT, "en": _TEXT},
}
_NUMBER: Mapping[str, Any] = {"type": "integer", "minimum": 0}


def _object(**properties: Any) -> dict[str, Any]:
    """An object with exactly these members."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(properties),
        "properties": properties,
    }


def _list(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items}


MANIFEST_SCHEMA: Mapping[str, Any] = _object(
    format={"const": "yidi-evidence/1"},
    digest={"enum": ["sha256", "sm3"]},
    files={
        "type": "object",
        "propertyNames": {"pattern": "^(packs/[A-Za-z0-9_-]+/)?[A-Za-z0-9_][A-Za-z0-9_.-]*$"},
        "additionalProperties": _HEX,
        "required": ["conversation.jsonl", "chain.txt", "run.json", "verdict.json"],
    },
    reports={
        "type": "object",
        "propertyNames": {"pattern": "^[A-Za-z0-9_][A-Za-z0-9_.-]*$"},
        "additionalProperties": _HEX,
    },
    chain=_object(exchanges=_NUMBER, head={"type": "string", "pattern": "^([0-9a-f]{64})?$"}),
    tool={"type": "object", "required": ["yidi", "code"], "additionalProperties": _TEXT},
    signature=_object(
        scheme={"enum": ["ed25519", "sm2"]},
        public_key={"type": "string", "pattern": "^([0-9a-f]{64}|04[0-9a-f]{128})$"},
        proves=_TEXT,
    ),
)

VERDICT_SCHEMA: Mapping[str, Any] = _object(
    verdict={"enum": ["passed", "failed", "harness_failed", "nothing_checked", "incomplete"]},
    exit_code=_NUMBER,
    observations=_object(count=_NUMBER, by_status={"type": "object", "additionalProperties": _NUMBER}, sha256=_HEX),
    findings=_list({"type": "object", "required": ["seq"], "properties": {"seq": _NUMBER}}),
)

RUN_SCHEMA: Mapping[str, Any] = _object(
    target=_TEXT,
    role=_TEXT,
    interface=_TEXT,
    started=_TEXT,
    finished=_TEXT,
    seed={"type": "integer"},
    partial={"type": "boolean"},
    strict={"type": "boolean"},
    driven={"type": "boolean"},
    judged={"type": "boolean"},
    command=_list(_TEXT),
    versions={"type": "object", "additionalProperties": _TEXT},
    profile=_object(name=_TEXT, digest=_TEXT, kind={"enum": ["file", "default", "unknown"]}),
    packs=_list(_object(name=_TEXT, version=_TEXT, folder={"type": "string", "pattern": "^(packs/[A-Za-z0-9_-]+)?$"})),
    scenarios=_list(
        _object(
            id=_TEXT,
            pack=_TEXT,
            title=_BOTH,
            negative={"type": "boolean"},
            status={"enum": ["passed", "failed", "harness_failed", "not_run"]},
            reason={"anyOf": [{"type": "null"}, _BOTH]},
            milliseconds=_NUMBER,
        )
    ),
    harness_errors=_list(_object(text=_BOTH, scenario=_TEXT)),
    waivers=_list(_object(check=_TEXT, reason=_TEXT, owner=_TEXT, until=_TEXT)),
)
