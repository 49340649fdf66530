"""A settlement from elsewhere against ours: what differs, and which known fault of one step would explain all of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from attrs import field, frozen

from sim.benefits.bill import read_bill
from sim.benefits.closing import FUNDS, PARTS
from sim.benefits.faults import FAULTS
from sim.benefits.situation import Situation
from sim.errors import InputError, Place
from sim.lang import Lang, Text, say
from sim.money import MoneyError, parse, scaled, show


@frozen
class Differing:
    """An amount that differs, in fen: ours and theirs."""

    name: str
    ours: int
    theirs: int


@frozen
class Finding:
    """What was compared, what differs, and the names of the known faults that give exactly the other amounts."""

    compared: tuple[str, ...]
    differing: tuple[Differing, ...]
    causes: tuple[str, ...]
    ours: Mapping[str, int] = field(repr=False, hash=False)

    def text(self) -> tuple[Text, ...]:
        """The finding in sentences."""
        if not self.differing:
            return (say("benefits.difference.none", count=len(self.compared)),)
        rows = [
            say("benefits.difference.row", name=d.name, ours=show(d.ours), theirs=show(d.theirs))
            for d in self.differing
        ]
        if not self.causes:
            return (*rows, say("benefits.difference.unknown", count=len(FAULTS)))
        return (*rows, say("benefits.difference.causes"), *(cause_text(name) for name in self.causes))


def cause_text(name: str) -> Text:
    """A known fault in words."""
    return Text(f"benefits.fault.{name}")


def explain_difference(situation: Situation, theirs: Mapping[str, int]) -> Finding:
    """Compare a settlement with ours and look for the known faults that explain it whole.

    ``theirs`` are setlinfo amounts in fen by name (``pool_prop_selfpay`` in basis points); others are not compared.
    A fault explains the difference when it gives every compared amount exactly.
    """
    ours = situation.settled()
    compared = tuple(name for name in ours if name in theirs)
    if not compared:
        raise InputError(say("benefits.difference.nothing"))
    differing = tuple(Differing(name, ours[name], theirs[name]) for name in compared if ours[name] != theirs[name])
    causes = []
    if differing:
        for name, tries in FAULTS.items():
            if any(all(got[c] == theirs[c] for c in compared) for got in tries(situation)):
                causes.append(name)
    return Finding(compared, differing, tuple(causes), ours)


def read_reply(file: Path) -> dict[str, int]:
    """The amounts (fen) of a settlement reply in a JSON file: a whole message, its output, or a setlinfo alone.

    Raises InputError with file and key for what is not such a reply.
    """

    def wrong(text: Text, key: str = "") -> InputError:
        return InputError(text, Place(str(file), None, key))

    try:
        data = json.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)
    except OSError as error:
        raise wrong(say("benefits.difference.unreadable", problem=str(error.strerror))) from None
    except ValueError as error:
        raise wrong(say("benefits.difference.not_json", problem=str(error))) from None
    for key in ("output", "setlinfo"):
        if isinstance(data, dict) and isinstance(data.get(key), dict):
            data = data[key]
    if not isinstance(data, dict) or "medfee_sumamt" not in data:
        raise wrong(say("benefits.difference.no_reply"))
    return {name: _amount(name, value, wrong) for name, value in data.items() if _is_amount(name, value)}


_NAMES = frozenset(
    {
        "medfee_sumamt",
        "fund_pay_sumamt",
        "act_pay_dedc",
        "pool_prop_selfpay",
        "psn_part_amt",
        "acct_pay",
        "psn_cash_pay",
    }
    | {"hosp_part_amt", "balc", "acct_mulaid_pay", *PARTS, *FUNDS}
)


def _is_amount(name: str, value: Any) -> bool:
    return name in _NAMES and value is not None and value != ""


def _amount(name: str, value: Any, wrong: Any) -> int:
    try:
        return scaled(value, 4) if name == "pool_prop_selfpay" else parse(value)
    except MoneyError as error:
        raise wrong(error.text, name) from None


def explain_files(bill: Path, reply: Path, policy_id: str | None = None, on: date | None = None) -> Finding:
    """The same from files: a bill, and the reply that somebody else's platform gave for it."""
    read, theirs = read_bill(bill, on), read_reply(reply)
    situation = Situation(
        read.version_on(read.case.on, policy_id),
        read.case,
        read.lines,
        read.used,
        read.balance,
        read.use_account,
        read.family_balance,
        read.use_family,
        read.earlier,
        read.older(policy_id),
    )
    try:
        return explain_difference(situation, theirs)
    except InputError as error:
        raise read.located(error) from None


def as_text(finding: Finding, lang: Lang) -> str:
    """A finding as a person reads it."""
    return "\n".join(text.show(lang) for text in finding.text())


def as_data(finding: Finding) -> dict[str, Any]:
    """A finding for programs: amounts in yuan with two decimals, texts in both languages."""
    return {
        "compared": list(finding.compared),
        "differing": [{"name": d.name, "ours": show(d.ours), "theirs": show(d.theirs)} for d in finding.differing],
        "causes": [{"name": name, "text": cause_text(name).both()} for name in finding.causes],
        "text": [text.both() for text in finding.text()],
    }
