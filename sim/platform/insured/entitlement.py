"""Who the patient is and whether the insurance stands."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sim.money import wire
from sim.platform.context import Context
from sim.platform.people import CREDENTIALS, Person
from sim.platform.records import ACCOUNTS
from sim.platform.refusal import refuse

ACTIVE = "1"
"""psn_insu_stas of a standing insurance."""


def balance_of(context: Context, person: Person) -> int:
    """The balance of the personal account in fen."""
    account = context.store.get(ACCOUNTS, person.psn_no, person.insutype)
    return person.balance if account is None else account.balance


def family_of(context: Context, person: Person) -> Person | None:
    """Whoever shares the personal account with a person, insured at the same place; None where none is open."""
    member = context.setting.people.by_no(person.family) if person.family else None
    same = member is not None and member.insuplc_admdvs == person.insuplc_admdvs and member.psn_insu_stas == ACTIVE
    return member if same else None


def person_of(context: Context, psn_no: str) -> Person:
    """The person, insured at the very place that the envelope names."""
    person = context.setting.people.by_no(psn_no)
    place = str(context.message.get("insuplc_admdvs") or "")
    if person is None or person.province != context.code:
        raise refuse("person.unknown", psn_no=psn_no, place=place)
    if place != person.insuplc_admdvs:
        raise refuse("place.not_persons", psn_no=psn_no, value=place)
    return person


def check_credential(context: Context, person: Person, data: Mapping[str, Any], required: bool = True) -> None:
    """Refuse a credential that is not this person's. A card's ``card_sn`` is checked when it is sent."""
    kind, number = str(data["mdtrt_cert_type"]), str(data.get("mdtrt_cert_no") or "")
    if not number and not required:
        return
    if kind not in CREDENTIALS:
        raise refuse("credential.kind", value=kind)
    owner = context.setting.people.by_credential(kind, number)
    if owner is None or owner.psn_no != person.psn_no:
        raise refuse("credential.not_persons", psn_no=person.psn_no)
    if kind == "03" and data.get("card_sn") and data["card_sn"] != person.card_sn:
        raise refuse("credential.card_sn")


def standing(context: Context, data: Mapping[str, Any]) -> Person:
    """The person of a message, whose insurance is the one named and stands."""
    person = person_of(context, data["psn_no"])
    if data.get("insutype") and data["insutype"] != person.insutype:
        raise refuse("person.insutype", value=data["insutype"])
    if person.psn_insu_stas != ACTIVE:
        raise refuse("person.suspended", psn_no=person.psn_no, value=person.psn_insu_stas)
    return person


def entitled(context: Context, data: Mapping[str, Any], credential_required: bool = True) -> Person:
    """The person of a message that draws on the insurance, and who presents the person's own credential."""
    person = standing(context, data)
    check_credential(context, person, data, credential_required)
    return person


def brief(person: Person, on: date) -> dict[str, Any]:
    """What every settlement prints about the patient."""
    return {
        "psn_no": person.psn_no,
        "psn_name": person.psn_name,
        "psn_cert_type": person.psn_cert_type,
        "certno": person.certno,
        "gend": person.gend,
        "naty": person.naty,
        "brdy": person.brdy.isoformat(),
        "age": person.age_on(on),
        "insutype": person.insutype,
        "psn_type": person.psn_type,
        "cvlserv_flag": person.cvlserv_flag,
    }


def admit(context: Context) -> dict[str, Any]:
    """2201, 2401: may this person be treated on the insurance?"""
    data = context.node("data" if context.infno == "2201" else "mdtrtinfo")
    person = entitled(context, data, credential_required=context.infno == "2201")
    return {"relay": {"person": brief(person, context.now.date())}}


def identify(context: Context) -> dict[str, Any]:
    """1101: who presents this credential, with every insurance."""
    data = context.node()
    kind, number = str(data["mdtrt_cert_type"]), str(data["mdtrt_cert_no"])
    if kind not in CREDENTIALS:
        raise refuse("credential.kind", value=kind)
    person = context.setting.people.by_credential(kind, number)
    if person is None or person.province != context.code:
        raise refuse("person.unknown_credential")
    if kind == "03" and data.get("card_sn") != person.card_sn:
        raise refuse("credential.card_sn")
    for name in ("psn_cert_type", "certno", "psn_name"):
        if data.get(name) and data[name] != getattr(person, name):
            raise refuse("person.mismatch", field=name)
    told = brief(person, context.now.date())
    base = ("psn_no", "psn_cert_type", "certno", "psn_name", "gend", "naty", "brdy", "age")
    insurance = {
        "balc": wire(balance_of(context, person)),
        "insutype": person.insutype,
        "psn_type": person.psn_type,
        "psn_insu_stas": person.psn_insu_stas,
        "psn_insu_date": person.psn_insu_date.isoformat(),
        "paus_insu_date": "",
        "cvlserv_flag": person.cvlserv_flag,
        "insuplc_admdvs": person.insuplc_admdvs,
        "emp_name": "",
    }
    identities = [
        {
            "psn_idet_type": one.code,
            "begntime": f"{one.from_day} 00:00:00",
            "endtime": f"{one.to_day} 23:59:59" if one.to_day else "",
        }
        for one in person.held
    ]
    return {
        "baseinfo": {name: told[name] for name in base},
        "insuinfo": [insurance],
        "idetinfo": identities,
    }
