"""What a recorded message says otherwise than the player would have said it at that point."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from attrs import define, field, frozen

from sim.errors import InputError
from sim.files import dotted
from sim.interface import Interface, validate
from sim.money import LARGEST, parse, wire
from sim.platform.people import Person

Path = tuple[str | int, ...]
OWN = frozenset(
    {
        *("begntime", "endtime", "dscgTime", "fee_ocur_time", "diag_time"),
        *("ipt_otp_no", "ipt_no", "chrg_bchno", "feedetl_sn", "invono", "medins_list_codg", "memo"),
        *("opter_no", "mac", "ip", "sign_no", "atddr_no", "dr_name", "chfpdr_name", "dise_dor_no", "dise_dor_name"),
        *("dept_code", "dept_name", "caty", "diag_dept", "adm_dept_codg", "adm_dept_name", "adm_bed"),
        *("dscg_dept_codg", "dscg_dept_name", "bilg_dept_codg", "bilg_dept_name", "bilg_dr_codg", "bilg_dr_name"),
        *("orders_dr_code", "orders_dr_name", "acord_dept_codg", "acord_dept_name"),
    }
)
"""The hospital's own business: numbers, clocks, staff. Any right value of these is as good as another."""
PERSONAL = frozenset(
    {"psn_name", "psn_cert_type", "tel", "addr", "gend", "naty", "brdy", "coner_name", "coner_tel", "emp_name"}
)
"""Values that belong to the person who plays the part, whoever it is."""
CREDENTIALS = ("certno", "token", "card_no")
NUMBERS = frozenset({"psn_no", "certno", "mdtrt_cert_no", "card_sn", "mdtrt_id", "setl_id", "omsgid"})
"""Numbers that somebody gave: never carried over as they are."""
IDENTIFIES = frozenset({"psn_no", "certno", "mdtrt_cert_no", "card_sn"})
LITERAL = frozenset({"cnt", "pric", "det_item_fee_sumamt", "diag_srt_no"})
"""Numbers that a change names outright; any other amount is told by how far it is off."""
_IDENTITY = re.compile(r"\d{15,18}[\dXx]?")


@frozen
class Names:
    """The people by their part, and the fields whose number is not one of this conversation's."""

    people: Mapping[str, Person]
    unknown: frozenset[str] = frozenset()


@define
class Differences:
    """``changes`` and ``removed`` as a scenario has them; ``made_up``: fields whose value was replaced by another."""

    changes: dict[str, Any] = field(factory=dict)
    removed: list[str] = field(factory=list)
    made_up: set[str] = field(factory=set)


def differences(
    iface: Interface,
    infno: str,
    composed: Mapping[str, Any],
    recorded: Mapping[str, Any],
    names: Names,
    *,
    refused: bool,
) -> Differences:
    """Compare. In a refused message a value of the hospital's own counts too where the dictionary does not allow it,
    and so does a required field that is not there: either may have been the reason."""
    found = Differences()
    wrong: set[str] = set()
    required: frozenset[str] = frozenset()
    transaction = iface.transactions.get(infno)
    if refused and transaction is not None:
        problems = validate(iface, infno, "request", recorded, numbers="either")
        wrong = {problem.path for problem in problems}
        required = frozenset(f.name for node in transaction.input for f in node.fields if f.required)
    _place(composed, recorded, found)
    for path, made, came in _unlike(composed.get("input"), recorded.get("input"), ("input",)):
        name = str(next(part for part in reversed(path) if isinstance(part, str)))
        shown = dotted(path)
        if came is _ABSENT:
            if refused and (name in required or isinstance(made, dict | list)):
                found.removed.append(shown)
            continue
        if shown not in wrong and ((name in OWN and name not in names.unknown) or name in PERSONAL):
            continue
        if made is _ABSENT and came in ("", None) and not refused:
            continue
        _change(found, path, name, made, came, names)
    return found


class _Absent:
    pass


_ABSENT = _Absent()


def _unlike(made: Any, came: Any, path: Path) -> Iterator[tuple[Path, Any, Any]]:
    """Every place where the two differ, with both values."""
    if isinstance(made, list) and len(made) == 1 and isinstance(came, dict):
        made = made[0]  # one row may be sent without the list around it; the player sends the list
        path = (*path, 0)
    if isinstance(made, Mapping) and isinstance(came, Mapping):
        for key in (*made, *(key for key in came if key not in made)):
            yield from _unlike(made.get(key, _ABSENT), came.get(key, _ABSENT), (*path, key))
    elif isinstance(made, list) and isinstance(came, list) and len(made) == len(came):
        for number, (one, other) in enumerate(zip(made, came, strict=True)):
            yield from _unlike(one, other, (*path, number))
    elif not _alike(made, came):
        yield path, made, came


def _alike(made: Any, came: Any) -> bool:
    numbers = (int, Decimal)
    if isinstance(made, numbers) and isinstance(came, numbers) and not isinstance(came, bool):
        return bool(made == came)
    return type(made) is type(came) and bool(made == came)


def _place(composed: Mapping[str, Any], recorded: Mapping[str, Any], found: Differences) -> None:
    """The one field around the input that is not the hospital's own: the insured place."""
    name = "insuplc_admdvs"
    if composed.get(name) != recorded.get(name) and (composed.get(name) or recorded.get("infno") != "1101"):
        found.changes[name] = recorded.get(name, "")


def _change(found: Differences, path: Path, name: str, made: Any, came: Any, names: Names) -> None:
    shown = dotted(path)
    if name == "mdtrt_cert_type":
        found.changes[shown] = came
        return
    if name in NUMBERS and isinstance(came, str):
        source = _whose(name, came, names)
        if source:
            found.changes[shown] = {"from": source}
        elif came and (name in names.unknown or name in IDENTIFIES):
            found.changes[shown] = _made_up(came)
            found.made_up.add(name)
        else:
            found.changes[shown] = came
        return
    before, after = _fen(made), _fen(came)
    if before is not None and after is not None and name not in LITERAL:
        found.changes[shown] = {"plus": wire(after - before)}
        return
    found.changes[shown] = _clean(came, found)


def _whose(name: str, value: str, names: Names) -> str:
    """Where a person's number comes from: ``other.psn_no``, ``patient.card_no``."""
    for role, person in names.people.items():
        for attribute in (name,) if name in ("psn_no", "card_sn") else CREDENTIALS:
            if value and getattr(person, attribute) == value:
                return f"{role}.{attribute}"
    return ""


def _made_up(value: str) -> str:
    """Another value of the same shape."""
    return re.sub(r"[A-Za-z]", "Z", re.sub(r"\d", "9", value))


def _clean(value: Any, found: Differences) -> Any:
    """A value as it is, without anything that could identify a person inside it."""
    if isinstance(value, Mapping):
        return {
            key: _made_up(str(inner)) if key in NUMBERS | PERSONAL and inner else _clean(inner, found)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_clean(inner, found) for inner in value]
    if isinstance(value, str) and _IDENTITY.search(value):
        found.made_up.add("*")
        return _IDENTITY.sub(lambda match: _made_up(match.group()), value)
    return value


def _fen(value: Any) -> int | None:
    if not isinstance(value, int | Decimal) or isinstance(value, bool):
        return None
    try:
        fen = parse(value)
    except InputError:
        return None
    return fen if abs(fen) <= LARGEST else None
