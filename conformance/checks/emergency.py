"""Whether a visit is an emergency, as far as its messages tell.

Marks are a med_type, and a key of ``exp_content`` where the interface has a place for it. Three answers: it is (True),
it is not (False), or sources do not settle it (None): an emergency that a later description does not repeat, a stay of
the type "from emergency", a mark or its denial where the interface has no place for it. A target may then read either.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from conformance.checks.look import text

EMERGENCY = ("13", "1301")
"""med_type of emergency care."""
FROM_EMERGENCY = "24"
"""med_type of a stay that follows emergency care (急诊转住院)."""
KEYS: Mapping[str, tuple[str, Mapping[str, bool]]] = {
    "inpatient": ("IPT_TYPE", {"1": False, "2": True, "3": False}),
    "outpatient": ("OTP_ER_REFL_FLAG", {"1": True, "2": False, "3": True}),
}
"""The key of ``exp_content`` for a kind of visit, and what its values say. Purchases have none."""


def said(kind: str, info: Mapping[str, Any]) -> bool | None:
    """What one message says; None: nothing."""
    if text(info.get("med_type")) in EMERGENCY:
        return True
    if kind not in KEYS or not (given := text(info.get("exp_content"))):
        return None
    try:
        content = json.loads(given)
    except (ValueError, RecursionError):
        return None
    name, values = KEYS[kind]
    return values.get(str(content.get(name))) if isinstance(content, dict) else None


def described(before: bool | None, kind: str, info: Mapping[str, Any]) -> bool | None:
    """Whether a visit is an emergency once it was described (again): what the message says, else open if it was."""
    now = said(kind, info)
    if now:
        return True
    if text(info.get("med_type")) == FROM_EMERGENCY:
        return None
    if now is None and before is not False:
        return None
    return False


def registered(info: Mapping[str, Any]) -> bool | None:
    """Whether an outpatient visit is one at its registration, which has no place for the key: open if it has it."""
    return None if said("outpatient", info) else False


def settled(visit: bool | None, kind: str, info: Mapping[str, Any]) -> bool | None:
    """Whether a visit is settled as an emergency: an outpatient's settlement may say so first; otherwise a settlement
    that says other than its visit leaves it open."""
    now = said(kind, info)
    if now is None or now is visit:
        return visit
    return True if now and kind != "inpatient" else None
