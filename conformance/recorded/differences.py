"""What a recorded message says otherwise than the player would have said it at that point."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from attrs import define, field, frozen

from conformance.recorded.identities import PERSONAL, made_up
from conformance.recorded.reading import days_from, plausible_line
from conformance.recorded.tongue import Tongue
from conformance.targets.desk import NO_PERSON
from sim.errors import InputError
from sim.files import dotted
from sim.interface import Interface, validate
from sim.lang import say
from sim.money import LARGEST, parse, wire

Path = tuple[str | int, ...]
_NAMED = re.compile(r"[A-Za-z0-9_]{1,64}")
DATES = frozenset({"begntime", "endtime", "dscgTime", "fee_ocur_time", "diag_time"})
STAFF = frozenset(
    {
        *("opter_no", "mac", "ip", "atddr_no", "dr_name", "chfpdr_name", "dise_dor_no", "dise_dor_name"),
        *("dept_code", "dept_name", "caty", "diag_dept", "adm_dept_codg", "adm_dept_name", "adm_bed", "dscg_caty"),
        *("dscg_dept_codg", "dscg_dept_name", "bilg_dept_codg", "bilg_dept_name", "bilg_dr_codg", "bilg_dr_name"),
        *("orders_dr_code", "orders_dr_name", "acord_dept_codg", "acord_dept_name", "diag_dr_codg", "diag_dr_name"),
        *("medins_fill_dept", "medins_fill_psn"),
    }
)
OWN = (
    DATES
    | STAFF
    | frozenset(
        {
            *("ipt_otp_no", "ipt_no", "medcasno", "medrcdno", "chrg_bchno", "feedetl_sn", "invono", "sign_no"),
            *("medins_list_codg", "memo", "rxno", "drord_no", "biz_sn", "bill_code", "bill_no"),
        }
    )
)
"""The hospital's own business: numbers, clocks, staff. Any right value of these is as good as another."""
LITERAL = frozenset({"det_item_fee_sumamt"})
MONEY = ("amt", "pay", "fee", "sum")
"""A sum of money is told by how far it is off; a line's own amount, and any other number, as it is."""
SUMS = frozenset({"medfee_sumamt", "fund_pay_sumamt", "cash_payamt", "acct_pay", "fixmedins_setl_cnt"})
NOT_AROUND = frozenset({"infno", "input", "opter", "opter_name", "fixmedins_name", "sign_no", "insuplc_admdvs"})
"""What around the input is left to the player, or looked at by itself."""


@define
class Differences:
    """``changes`` and ``removed`` as a scenario has them; ``unnamed``: fields that have no words there."""

    changes: dict[str, Any] = field(factory=dict)
    removed: list[str] = field(factory=list)
    unnamed: list[str] = field(factory=list)


@frozen
class Matter:
    """A message that is compared. ``unknown``: fields whose number is none of this conversation; ``sums``: whether its
    sums are those of the books, so that another conversation has its own."""

    iface: Interface
    infno: str
    tongue: Tongue
    now: datetime
    refused: bool
    visit: str = ""
    unknown: frozenset[str] = frozenset()
    sums: bool = False


def differences(matter: Matter, composed: Mapping[str, Any], recorded: Mapping[str, Any]) -> Differences:
    """Compare. In a refused message a value of the hospital's own counts too where the dictionary does not allow it or
    it lies on another day, and so does a required field that is not there: each may have been the reason."""
    return _Comparison(matter, recorded).of(composed, recorded)


class _Absent:
    pass


_ABSENT = _Absent()


class _Comparison:
    def __init__(self, matter: Matter, recorded: Mapping[str, Any]) -> None:
        self.matter = matter
        self.found = Differences()
        self.wrong: set[str] = set()
        self.required: frozenset[str] = frozenset()
        transaction = matter.iface.transactions.get(matter.infno)
        if matter.refused and transaction is not None:
            problems = validate(matter.iface, matter.infno, "request", recorded, numbers="either")
            self.wrong = {problem.path for problem in problems}
            self.required = frozenset(f.name for node in transaction.input for f in node.fields if f.required)

    def of(self, composed: Mapping[str, Any], recorded: Mapping[str, Any]) -> Differences:
        """All of them, those around the input first."""
        self._insured_place(composed, recorded)
        if self.matter.refused:
            self._around(composed, recorded)
        made, came = composed.get("input", _ABSENT), recorded.get("input", _ABSENT)
        for path, one, other in _unlike(made, came, ("input",)):
            if not all(isinstance(part, int) or _NAMED.fullmatch(part) for part in path):
                self._unnamed(path)
            else:
                self._place(path, one, other)
        return self.found

    def _unnamed(self, path: Path) -> None:
        """A field that a scenario cannot name: without it an accepted message stays one, a refused one may not."""
        name = str(path[-1])[:40]
        if self.matter.refused:
            raise InputError(say("scenario.no_path", path=name))
        self.found.unnamed.append(name)

    def _insured_place(self, composed: Mapping[str, Any], recorded: Mapping[str, Any]) -> None:
        name = "insuplc_admdvs"
        made, came = composed.get(name), recorded.get(name, _ABSENT)
        nobody = not made and self.matter.infno in NO_PERSON and not (self.matter.refused and name in self.wrong)
        if made == came or nobody:
            return
        if came is _ABSENT:
            self.found.removed.append(name)
        else:
            self.found.changes[name] = self.matter.tongue.tell(name, came, self.matter.now)

    def _around(self, composed: Mapping[str, Any], recorded: Mapping[str, Any]) -> None:
        """Around the input of a refused message: what is not allowed, not there, or of another institution."""
        for name, made in composed.items():
            came = recorded.get(name, _ABSENT)
            if name in NOT_AROUND or made == came:
                continue
            if came is _ABSENT:
                if name in self.wrong:
                    self.found.removed.append(name)
            elif name in self.wrong or name in ("fixmedins_code", "mdtrtarea_admvs"):
                kept = {"msgid": made_up(came) if isinstance(came, str) else came, "inf_time": came}
                self.found.changes[name] = kept.get(name) or self.matter.tongue.tell(name, came, self.matter.now)

    def _place(self, path: Path, made: Any, came: Any) -> None:
        name = str(next(part for part in reversed(path) if isinstance(part, str)))
        shown = dotted(path)
        if came is _ABSENT:
            if self.matter.refused and (name in self.required or isinstance(made, dict | list)):
                self.found.removed.append(shown)
        elif not self._left(name, path, made, came):
            self._change(path, name, made, came)

    def _left(self, name: str, path: Path, made: Any, came: Any) -> bool:
        """Whether the player's value is as good as the one recorded."""
        matter = self.matter
        if any(dotted(path[:end]) in self.wrong for end in range(1, len(path) + 1)):
            return False
        if (matter.sums and name in SUMS) or _same_number(made, came):
            return True
        if name in PERSONAL or (made is _ABSENT and came in ("", None) and not matter.refused):
            return True
        one, other = days_from(made, matter.now), days_from(came, matter.now)
        if one is not None and one == other:
            return True
        if name in DATES:
            return not matter.refused or one is None or other is None
        if name == "feedetl_sn":
            if matter.refused and not plausible_line(came):
                return False
            return matter.tongue.line(matter.visit, str(came)) in ("", made)
        return name in OWN and name not in matter.unknown

    def _change(self, path: Path, name: str, made: Any, came: Any) -> None:
        shown, tongue = dotted(path), self.matter.tongue
        if isinstance(came, Mapping | list):
            later: dict[str, Any] = {}
            self.found.changes[shown] = self._tree(path, name, made, came, later)
            self.found.changes |= later
            return
        before, after = _fen(made), _fen(came)
        if before is not None and after is not None and name not in LITERAL and any(w in name for w in MONEY):
            self.found.changes[shown] = {"plus": wire(after - before)}
            return
        self.found.changes[shown] = tongue.tell(name, came, self.matter.now, self.matter.visit)

    def _tree(self, path: Path, name: str, made: Any, came: Any, later: dict[str, Any]) -> Any:
        """An object or a list as it is; what must be told by where it comes from is put in by ``later`` changes."""
        if isinstance(came, Mapping):
            like = made if isinstance(made, Mapping) else {}
            return {
                key: self._tree((*path, key), str(key), like.get(key, _ABSENT), inner, later)
                for key, inner in came.items()
            }
        if isinstance(came, list):
            rows: Sequence[Any] = made if isinstance(made, list) and made else [_ABSENT]
            return [
                self._tree((*path, number), name, rows[min(number, len(rows) - 1)], inner, later)
                for number, inner in enumerate(came)
            ]
        if name in OWN | PERSONAL and name != "feedetl_sn" and isinstance(made, str | int) and isinstance(came, str):
            moved = days_from(made, self.matter.now)
            told: Any = made if moved is None else {moved[0]: moved[1]}
        else:
            told = self.matter.tongue.tell(name, came, self.matter.now, self.matter.visit)
        if isinstance(told, dict):
            later[dotted(path)] = told
            return ""
        return told


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


def _same_number(made: Any, came: Any) -> bool:
    """A number may be written as a text."""
    if not isinstance(came, str) or not isinstance(made, int | Decimal) or isinstance(made, bool):
        return False
    try:
        return Decimal(came) == made
    except InvalidOperation:
        return False


def _fen(value: Any) -> int | None:
    if not isinstance(value, int | Decimal) or isinstance(value, bool):
        return None
    try:
        fen = parse(value)
    except InputError:
        return None
    return fen if abs(fen) <= LARGEST else None
