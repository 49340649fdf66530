"""A profile: how a target is reached and what it promises. Everything a check may lean on beyond the interface itself.

Without a file: messages go to the URL as given, no signature, numbers as numbers, the reference's policies and people.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache, cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal

from attrs import evolve, field, frozen

from conformance.result import ProfileSummary, Waiver
from conformance.sealing import Sealing, problems, sealing_of
from sim import interface
from sim.errors import BadFileError, InputError
from sim.files import Document, check, read_yaml
from sim.interface.signature import WINDOW, Scheme, TimeUnit, sign
from sim.lang import Text, say
from sim.money import parse, scaled
from sim.platform.catalogue import items as catalogue_items
from sim.platform.identities import Identity
from sim.platform.people import (
    HOSPITAL,
    Department,
    FilingRecord,
    Institution,
    Named,
    Person,
    institutions,
    persons,
    pharmacies,
)

Role = Literal["platform", "hospital"]
PathShape = Literal["as_is", "infno"]
NumberForm = Literal["number", "string"]
REFERENCE = "reference"
UNKNOWN = "unknown"
DEFAULT_POOL = "default"

FEATURES: Mapping[str, bool] = {
    "repeat_is_answered_again": False,
    "several_batches": True,
    "reversal_2601": True,
    "cancel_2208": True,
    "restricted_unapproved_is_own_pay": True,
    "refuses_foreign_credential": True,
    "refuses_foreign_reversal": True,
    "inpatient_desk": False,
    "past_month_lines": False,
}
"""What a target may promise beyond the settled clauses, and what is assumed of one that says nothing. Most are open
points of the interface: a target that reads one the other way says so here, and is then judged by its own reading."""


NONCES = frozenset({"tif"})
"""The schemes of signed headers that have a nonce."""


@frozen
class Signing:
    """How requests are signed in their headers. The secret is read from the environment variable ``secret_env`` and
    stands in no file and no report. ``promises``: what the target's gateway promises to refuse; ``window``: how far a
    timestamp may be from the time of the gateway that is played for a hospital system."""

    scheme: Scheme
    key: str
    secret_env: str
    unit: TimeUnit
    promises: frozenset[str] = frozenset()
    window: timedelta = WINDOW

    def headers(self, infno: str, at: datetime, nonce: str) -> dict[str, str]:
        """The headers of one request sent at ``at`` (China Standard Time). Raises InputError without a secret."""
        return sign(self.scheme, self.key, self.secret(), at, unit=self.unit, name=infno, nonce=nonce)

    def secret(self) -> str:
        """What both sides know. Raises InputError without one."""
        found = os.environ.get(self.secret_env)
        if not found:
            raise InputError(say("profile.no_secret", name=self.secret_env))
        return found

    @property
    def at_hand(self) -> bool:
        """Whether there is a secret, right or wrong; who judges what others recorded may have none."""
        return bool(os.environ.get(self.secret_env))


@frozen
class Charge:
    """What a hospital charges for one item: the national code it uploads and the unit price in 1/1000000 yuan."""

    code: str
    price: int


@cache
def reference_items() -> Mapping[str, Charge]:
    """The reference's catalogue by code: what scenarios name, and what a target has unless its profile maps it."""
    return {item.code: Charge(item.code, item.price) for item in catalogue_items()}


@frozen(slots=False)
class Profile:
    """A target as the judge and the runner know it. ``policy`` maps ``"<admdvs>-<insutype>"`` or ``"default"`` to a
    policy's name, ``"reference"`` (chosen by insured place and insurance) or ``"unknown"``. Times in milliseconds.
    ``source``: the file it was read from, byte for byte, if it was."""

    name: str = "default"
    role: Role = "platform"
    interface: str = "national"
    url: str = ""
    path: PathShape = "as_is"
    amounts: NumberForm = "number"
    infcode: NumberForm = "number"
    connect_ms: int = 5_000
    reply_ms: int = 30_000
    policy: Mapping[str, str] = field(factory=lambda: {DEFAULT_POOL: REFERENCE})
    people: tuple[Person, ...] = field(factory=persons)
    institutions: tuple[Institution, ...] = field(factory=institutions)
    items: Mapping[str, Charge] = field(factory=lambda: dict(reference_items()))
    features: Mapping[str, bool] = field(factory=lambda: dict(FEATURES))
    readings: Mapping[str, str] = field(factory=dict)
    signing: Signing | None = None
    protection: Sealing | None = None
    waivers: tuple[Waiver, ...] = ()
    digest: str = ""
    source: bytes = field(default=b"", eq=False, repr=False)

    def policy_name(self, admdvs: str, insutype: str) -> str:
        """What is promised for one pool: a policy's name, ``"reference"`` or ``"unknown"``."""
        return self.policy.get(f"{admdvs}-{insutype}") or self.policy.get(DEFAULT_POOL, UNKNOWN)

    def person(self, certno: str) -> Person | None:
        """The declared person with this identity number."""
        return self._by_certno.get(certno)

    @property
    def places(self) -> tuple[Institution, ...]:
        """The institutions to play; the reference's pharmacies with them, where no others are declared."""
        return (*self.institutions, *pharmacies()) if self.institutions == institutions() else self.institutions

    def institution(self, code: str) -> Institution | None:
        """The declared institution with this code; else the reference's pharmacy with it."""
        declared = next((one for one in self.institutions if one.fixmedins_code == code), None)
        return declared or next((shop for shop in pharmacies() if shop.fixmedins_code == code), None)

    @cached_property
    def families(self) -> Mapping[str, str]:
        """Whose account is shared with whom: the identity numbers of a person and of the member who shares."""
        certnos = {person.psn_no: person.certno for person in self.people}
        return {one.certno: certnos[one.family] for one in self.people if one.family in certnos}

    @cached_property
    def _by_certno(self) -> Mapping[str, Person]:
        return {person.certno: person for person in self.people}

    def promises(self, feature: str) -> bool:
        """Whether the target promises a feature. Raises KeyError for a feature that does not exist."""
        return self.features[feature]

    def summary(self) -> ProfileSummary:
        """What a report says about the profile."""
        rows: list[tuple[Text, str]] = [
            (say("profile.row.role"), self.role),
            (say("profile.row.interface"), self.interface),
            (say("profile.row.path"), self.path),
            (say("profile.row.amounts"), self.amounts),
            (say("profile.row.infcode"), self.infcode),
            (say("profile.row.policy"), ", ".join(f"{k}: {v}" for k, v in sorted(self.policy.items()))),
            (say("profile.row.readings"), ", ".join(f"{k}: {v}" for k, v in sorted(self.readings.items()))),
            (say("profile.row.signature"), f"{self.signing.scheme} {self.signing.key}" if self.signing else "none"),
            *([(say("sealing.row"), self.protection.shown())] if self.protection else []),
            (say("profile.row.features"), ", ".join(sorted(k for k, v in self.features.items() if v))),
        ]
        return ProfileSummary(self.name, self.digest, tuple(rows))


@cache
def schema() -> Mapping[str, Any]:
    """The JSON Schema of a profile file."""
    found: dict[str, Any] = json.loads(files("conformance").joinpath("profile.schema.json").read_text("utf-8"))
    return found


def read_profile(file: Path | Traversable, name: str | None = None) -> Profile:
    """Read a profile. Raises InputError or BadFileError naming file, line, key, and the nearest valid name."""
    document = read_yaml(file, name)
    source = file.read_bytes()
    return evolve(from_document(document, hashlib.sha256(source).hexdigest()), source=source)


def from_document(document: Document, digest: str = "") -> Profile:
    """A profile from a file already read."""
    check(document, schema())
    data: Mapping[str, Any] = document.data or {}
    problems = list(_problems(document, data))
    if problems:
        raise BadFileError(problems)
    endpoint, timeouts = data.get("endpoint", {}), data.get("timeouts", {})
    standard = Profile()
    policy = data.get("policy", REFERENCE)
    return Profile(
        name=data.get("name", Path(document.name).stem),
        role=data.get("role", standard.role),
        interface=data.get("interface", standard.interface),
        url=endpoint.get("url", ""),
        path=endpoint.get("path", standard.path),
        amounts=data.get("amounts", standard.amounts),
        infcode=data.get("infcode", standard.infcode),
        connect_ms=timeouts.get("connect_ms", standard.connect_ms),
        reply_ms=timeouts.get("reply_ms", standard.reply_ms),
        policy={DEFAULT_POOL: policy} if isinstance(policy, str) else dict(policy),
        people=tuple(_person(row) for row in data["people"]) if "people" in data else standard.people,
        institutions=tuple(map(_institution, data["institutions"]))
        if "institutions" in data
        else standard.institutions,
        items={**standard.items, **{key: Charge(row["code"], scaled(row["price"], 6)) for key, row in _items(data)}},
        features={**FEATURES, **data.get("features", {})},
        readings=dict(data.get("readings", {})),
        signing=_signing(data.get("signature", "none")),
        protection=sealing_of(document, data),
        waivers=tuple(Waiver(**row) for row in data.get("waivers", ())),
        digest=digest,
    )


def _signing(data: str | Mapping[str, Any]) -> Signing | None:
    if isinstance(data, str):
        return None
    scheme: Scheme = data["scheme"]
    unit: TimeUnit = data.get("unit", "milliseconds" if scheme == "csb" else "seconds")
    window = timedelta(seconds=data["window_seconds"]) if "window_seconds" in data else WINDOW
    return Signing(scheme, data["key"], data["secret_env"], unit, frozenset(data.get("promises", ())), window)


def _items(data: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    return list(data.get("items", {}).items())


def _person(row: Mapping[str, Any]) -> Person:
    """A declared test person; what the file does not say is not used against the target."""
    filings = tuple(
        FilingRecord(
            kind=one["kind"],
            destination=one["destination"],
            from_day=date.fromisoformat(one.get("from", "2000-01-01")),
            to_day=date.fromisoformat(one["to"]) if "to" in one else None,
        )
        for one in row.get("filings", ())
    )
    certno = row["certno"]
    return Person(
        psn_no=f"unknown:{certno}",
        psn_cert_type=row.get("psn_cert_type", "01"),
        certno=certno,
        psn_name=row["psn_name"],
        gend="9",
        naty="01",
        brdy=date(1980, 1, 1),
        token=row.get("token", ""),
        card_no=row.get("card_no", ""),
        card_sn=row.get("card_sn", ""),
        insuplc_admdvs=row["insuplc_admdvs"],
        insutype=row["insutype"],
        psn_type=row["psn_type"],
        cvlserv_flag=row.get("cvlserv_flag", "0"),
        psn_insu_stas=row.get("psn_insu_stas", "1"),
        psn_insu_date=date(2000, 1, 1),
        balance=parse(row.get("balance", "0.00")),
        needy=row.get("needy", False),
        chronic=tuple(row.get("chronic", ())),
        filings=filings,
        family=f"unknown:{row['family']}" if "family" in row else "",
        identities=tuple(map(Identity.read, row.get("identities", ()))),
    )


def _institution(row: Mapping[str, Any]) -> Institution:
    return Institution(
        fixmedins_code=row["fixmedins_code"],
        fixmedins_name=row["fixmedins_name"],
        admdvs=row["admdvs"],
        hosp_lv=row.get("hosp_lv", ""),
        level=row["level"],
        fixmedins_type=row.get("fixmedins_type", HOSPITAL),
        departments=tuple(Department(**one) for one in row.get("departments", ())),
        doctors=tuple(Named(**one) for one in row.get("doctors", ())),
        operators=tuple(Named(**one) for one in row["operators"]),
    )


def _problems(document: Document, data: Mapping[str, Any]) -> list[InputError]:
    """What a JSON Schema cannot say: names that must exist elsewhere, dates that must be dates, people who repeat."""
    found: list[InputError] = []
    names = interface.names()
    if data.get("interface", "national") not in names:
        given = data["interface"]
        text = say("file.not_one_of", value=repr(given), allowed=", ".join(names))
        found.append(document.error(text, "interface", valid=names, given=given))
    for feature in data.get("features", {}):
        if feature not in FEATURES:
            text = say("file.unknown_key", key=feature, allowed=", ".join(FEATURES))
            found.append(document.error(text, "features", feature, valid=tuple(FEATURES), given=feature))
    known = reference_items()
    for item in data.get("items", {}):
        if item not in known:
            text = say("file.unknown_key", key=item, allowed=", ".join(known))
            found.append(document.error(text, "items", item, valid=tuple(known), given=item))
    for number, waiver in enumerate(data.get("waivers", ())):
        try:
            date.fromisoformat(waiver["until"])
        except ValueError:
            text = say("profile.not_a_date", value=waiver["until"])
            found.append(document.error(text, "waivers", number, "until"))
    found += problems(document, data, [row["fixmedins_code"] for row in data.get("institutions", ())])
    seen: dict[str, int] = {}
    for number, person in enumerate(data.get("people", ())):
        first = seen.setdefault(person["certno"], number)
        if first != number:
            text = say("profile.person_twice", first=first)
            found.append(document.error(text, "people", number, "certno"))
    for number, person in enumerate(data.get("people", ())):
        for place, one in enumerate(person.get("identities", ())):
            for key in ("from", "to"):
                try:
                    date.fromisoformat(one.get(key, "2000-01-01"))
                except ValueError:
                    text = say("profile.not_a_date", value=one[key])
                    found.append(document.error(text, "people", number, "identities", place, key))
        if person.get("family", person["certno"]) not in seen or person.get("family") == person["certno"]:
            found.append(document.error(say("profile.family_unknown"), "people", number, "family"))
    return found
