"""The accounts of a ledger. An account that faces another party names it after the colon.

======================= ============================== =========== ====================================================
account                 in the books of                mirrored by meaning (debit positive)
======================= ============================== =========== ====================================================
``due_from:110000``     treatment province             ``due_to``  what an insured province owes, not yet netted
``due_to:520000``       insured province               ``due_from`` what it owes a treatment province, not yet netted
``clearing:hub``        province                       ``clearing`` what it pays (-) or receives (+) by a month's notice
``clearing:110000``     hub                            ``clearing`` the same from the other side
``advance_given:520000`` insured province              ``advance_held`` advance funds paid to a treatment province
``advance_held:110000`` treatment province             ``advance_given`` advance funds that it keeps for another
``hospital:H52...``     treatment province             none        claims of an institution, not yet paid
``refused:110000``      treatment province             none        sums refused in audit, to go back to a fund
``fund``                insured province               none        what the funds paid
``personal_accounts``   insured province               none        what personal accounts paid
``bank``                every party                    none        money received and paid
======================= ============================== =========== ====================================================
"""

from __future__ import annotations

from typing import Final

FUND: Final = "fund"
PERSONAL: Final = "personal_accounts"
BANK: Final = "bank"
MIRRORED_BY: Final = {
    "due_from": "due_to",
    "due_to": "due_from",
    "clearing": "clearing",
    "advance_given": "advance_held",
    "advance_held": "advance_given",
}
"""Kinds of accounts that face another party, and the kind that its books answer with."""


def due_from(province: str) -> str:
    """Owed by an insured province."""
    return f"due_from:{province}"


def due_to(province: str) -> str:
    """Owed to a treatment province."""
    return f"due_to:{province}"


def clearing(party: str) -> str:
    """Netted, and not yet paid."""
    return f"clearing:{party}"


def advance_given(province: str) -> str:
    """Advance funds with a treatment province."""
    return f"advance_given:{province}"


def advance_held(province: str) -> str:
    """Advance funds of an insured province."""
    return f"advance_held:{province}"


def hospital(code: str) -> str:
    """An institution's claims."""
    return f"hospital:{code}"


def refused(province: str) -> str:
    """Refused in audit, to be returned to an insured province."""
    return f"refused:{province}"


def split(account: str) -> tuple[str, str]:
    """Kind and whom it faces: ``split("due_from:110000") == ("due_from", "110000")``."""
    kind, _, other = account.partition(":")
    return kind, other
