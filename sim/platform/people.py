"""The synthetic people and institutions (`fixtures/people`), as values that the platform, world and suite share."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from functools import cache
from typing import Any, Literal

from attrs import frozen

from sim.money import parse
from sim.platform.identities import NEEDY, Identity
from sim.platform.regions import province_of
from sim.resources import fixtures

CREDENTIALS = ("01", "02", "03")
"""mdtrt_cert_type of what a person can present: electronic credential, identity card, social security card."""
FilingKind = Literal["long_term", "referral", "other_temporary"]
HOSPITAL, PHARMACY = "1", "2"
"""fixmedins_type: designated medical institution, designated retail pharmacy."""
_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The characters of a unified social credit code, each worth its place (GB 32100)."""


@frozen
class FilingRecord:
    """A filing (备案) for treatment in one province, from a day up to a day or, with None, until changed."""

    kind: FilingKind
    destination: str
    from_day: date
    to_day: date | None

    def covers(self, province: str, first: date, last: date) -> bool:
        """Whether it is for that province and valid on some day of the period."""
        return self.destination == province and self.from_day <= last and (self.to_day is None or first <= self.to_day)


@frozen
class Person:
    """One insured person. ``balance`` is the opening balance of the personal account (个人账户) in fen.

    ``token`` is what the electronic credential (mdtrt_cert_type 01) presents, ``certno`` the identity card (02),
    ``card_no`` with ``card_sn`` the social security card (03). Code fields hold the interface's own codes.
    ``family`` is the psn_no of whoever, insured at the same place, shares the personal account (账户共济). ``needy`` is
    under medical assistance (医疗救助人员) since the insurance began; ``identities`` are those with days of their own.
    """

    psn_no: str
    psn_cert_type: str
    certno: str
    psn_name: str
    gend: str
    naty: str
    brdy: date
    token: str
    card_no: str
    card_sn: str
    insuplc_admdvs: str
    insutype: str
    psn_type: str
    cvlserv_flag: str
    psn_insu_stas: str
    psn_insu_date: date
    balance: int
    needy: bool = False
    chronic: tuple[str, ...] = ()
    filings: tuple[FilingRecord, ...] = ()
    family: str = ""
    identities: tuple[Identity, ...] = ()

    @property
    def province(self) -> str:
        """The province of insurance."""
        return province_of(self.insuplc_admdvs)

    @property
    def held(self) -> tuple[Identity, ...]:
        """Every identity, in the order in which 1101 prints them."""
        return ((Identity(NEEDY, self.psn_insu_date),) if self.needy else ()) + self.identities

    @property
    def retired(self) -> bool:
        """Whether the person type says retired (12 and everything under it)."""
        return self.psn_type.startswith("12")

    def age_on(self, day: date) -> int:
        """Whole years lived on a day."""
        return day.year - self.brdy.year - ((day.month, day.day) < (self.brdy.month, self.brdy.day))

    def credential(self, kind: str) -> str:
        """What the person presents for a kind of credential (01, 02, 03). Raises KeyError for another kind."""
        return {"01": self.token, "02": self.certno, "03": self.card_no}[kind]


@frozen
class Named:
    """A doctor or operator: code and name."""

    code: str
    name: str


@frozen
class Department:
    """A hospital department; ``caty`` is its national code."""

    code: str
    name: str
    caty: str


@frozen
class Institution:
    """A designated hospital or pharmacy. ``level`` is what benefits tell apart, ``hosp_lv`` the interface's code."""

    fixmedins_code: str
    fixmedins_name: str
    admdvs: str
    hosp_lv: str
    level: str
    departments: tuple[Department, ...] = ()
    doctors: tuple[Named, ...] = ()
    operators: tuple[Named, ...] = ()
    fixmedins_type: str = HOSPITAL

    @property
    def province(self) -> str:
        """The province it lies in."""
        return province_of(self.admdvs)

    @property
    def uscc(self) -> str:
        """The unified social credit code (GB 32100): of no real body, since its organisation number starts with 99."""
        digits = "".join(character for character in self.fixmedins_code if character in "0123456789")
        body = f"99{digits[-6:]:0>6}"
        public_or_enterprise = "91" if self.fixmedins_type == PHARMACY else "12"
        return with_check_character(f"{public_or_enterprise}{self.admdvs}{body}{_organisation_check(body)}")


class People:
    """Persons by number and by what they present. Raises ValueError when two share a number or a credential."""

    def __init__(self, everybody: Iterable[Person]) -> None:
        self._by_no: dict[str, Person] = {}
        self._by_credential: dict[tuple[str, str], Person] = {}
        for person in everybody:
            if person.psn_no in self._by_no:
                raise ValueError(f"two persons have the number {person.psn_no}")
            self._by_no[person.psn_no] = person
            for kind in CREDENTIALS:
                key = (kind, person.credential(kind))
                if key in self._by_credential:
                    raise ValueError(f"two persons present the same credential of kind {kind}")
                self._by_credential[key] = person

    def by_no(self, psn_no: str) -> Person | None:
        """The person with that number."""
        return self._by_no.get(psn_no)

    def by_credential(self, kind: str, number: str) -> Person | None:
        """Whose credential that is."""
        return self._by_credential.get((kind, number))

    def __len__(self) -> int:
        return len(self._by_no)


@cache
def persons() -> tuple[Person, ...]:
    """The people of the fixtures, in order."""
    rows = json.loads(fixtures("people", "persons.json").read_text(encoding="utf-8"))["persons"]
    return tuple(_person(row) for row in rows)


@cache
def institutions() -> tuple[Institution, ...]:
    """The hospitals of the fixtures, in order."""
    return _institutions("institutions")


@cache
def pharmacies() -> tuple[Institution, ...]:
    """The pharmacies of the fixtures, in order."""
    return _institutions("pharmacies")


def _institutions(name: str) -> tuple[Institution, ...]:
    rows = json.loads(fixtures("people", f"{name}.json").read_text(encoding="utf-8"))[name]
    return tuple(
        Institution(
            fixmedins_code=row["fixmedins_code"],
            fixmedins_name=row["fixmedins_name"],
            admdvs=row["admdvs"],
            hosp_lv=row["hosp_lv"],
            level=row["level"],
            departments=tuple(Department(**d) for d in row["departments"]),
            doctors=tuple(Named(**d) for d in row["doctors"]),
            operators=tuple(Named(**d) for d in row["operators"]),
            fixmedins_type=PHARMACY if name == "pharmacies" else HOSPITAL,
        )
        for row in rows
    )


def with_check_character(first17: str) -> str:
    """A unified social credit code with its last character (GB 32100: powers of 3 modulo 31)."""
    total = sum(_ALPHABET.index(character) * pow(3, place, 31) for place, character in enumerate(first17))
    return first17 + _ALPHABET[-total % 31]


def _organisation_check(body: str) -> str:
    """The check character of an organisation number (GB 11714)."""
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    value = 11 - sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True)) % 11
    return {10: "X", 11: "0"}.get(value, str(value))


def _person(row: dict[str, Any]) -> Person:
    filings = tuple(
        FilingRecord(
            kind=entry["kind"],
            destination=entry["destination"],
            from_day=date.fromisoformat(entry["from"]),
            to_day=date.fromisoformat(entry["to"]) if entry["to"] else None,
        )
        for entry in row["filings"]
    )
    same: tuple[str, ...] = (
        "psn_no",
        "psn_cert_type",
        "certno",
        "psn_name",
        "gend",
        "naty",
        "token",
        "card_no",
        "card_sn",
    )
    same += ("insuplc_admdvs", "insutype", "psn_type", "cvlserv_flag", "psn_insu_stas", "needy")
    return Person(
        **{name: row[name] for name in same},
        brdy=date.fromisoformat(row["brdy"]),
        psn_insu_date=date.fromisoformat(row["psn_insu_date"]),
        balance=parse(row["balance"]),
        chronic=tuple(row["chronic"]),
        filings=filings,
        family=row.get("family", ""),
        identities=tuple(map(Identity.read, row.get("identities", ()))),
    )
