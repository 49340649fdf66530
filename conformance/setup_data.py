"""What a target must hold before the suite can play against it: people, filings, institutions, catalogue.

Tables for whoever loads them (CSV, and all of it as one JSON file), and a profile to write the target's own test
persons into where nothing can be loaded.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from conformance.profile import Profile
from conformance.scenario.dump import as_yaml
from sim.errors import InputError
from sim.lang import Lang, say
from sim.money import wire
from sim.platform.catalogue import NO_LIMIT, Item, limit_on_wire
from sim.platform.catalogue import items as catalogue_items
from sim.platform.people import Institution, Person

PROFILE = "profile.yaml"
Row = Mapping[str, Any]


def tables(profile: Profile) -> dict[str, list[Row]]:
    """Rows by table, keys as the interface names the fields; amounts in yuan, dates as YYYY-MM-DD."""
    return {
        "persons": [_person(one) for one in profile.people],
        "filings": [row for one in profile.people for row in _filings(one)],
        "identities": [row for one in profile.people for row in _identities(one)],
        "chronic": [{"psn_no": one.psn_no, "opsp_dise_code": code} for one in profile.people for code in one.chronic],
        "institutions": [_institution(one) for one in profile.places],
        "departments": [row for one in profile.places for row in _staff(one, one.departments)],
        "doctors": [row for one in profile.places for row in _staff(one, one.doctors)],
        "operators": [row for one in profile.places for row in _staff(one, one.operators)],
        "items": list(_items(profile)),
    }


def export(profile: Profile, folder: Path) -> tuple[Path, ...]:
    """Write every table as CSV, all as ``setup.json``, and ``profile.yaml``; returns the files.

    Numbers of persons and cards stand in the files as they are, since a target cannot be loaded with masked ones.
    Raises InputError when a file is there already: it may hold what somebody wrote into it.
    """
    rows = tables(profile)
    content = {f"{name}.csv": _csv(table) for name, table in rows.items() if table}
    content["setup.json"] = json.dumps(rows, ensure_ascii=False, indent=2, default=_plain) + "\n"
    content[PROFILE] = as_yaml(_as_profile(profile))
    for name in content:
        if (folder / name).exists():
            raise InputError(say("people.there_already", file=str(folder / name)))
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in content.items():
        # with a mark, because the spreadsheets that open CSV would otherwise take Chinese for another encoding
        (folder / name).write_text(text, "utf-8-sig" if name.endswith(".csv") else "utf-8", newline="")
    return tuple(folder / name for name in content)


def overview(profile: Profile, lang: Lang) -> Iterator[tuple[str, ...]]:
    """The people as a table for reading: insured place, insurance, what sets them apart; nobody can be told by it."""
    for number, one in enumerate(profile.people, 1):
        marks = [
            say(f"people.{name}").show(lang)
            for name, holds in (
                ("retired", one.retired),
                ("civil_servant", one.cvlserv_flag == "1"),
                ("needy", one.needy),
                ("suspended", one.psn_insu_stas != "1"),
            )
            if holds
        ]
        filed = " ".join(f"{filing.kind}:{filing.destination}" for filing in one.filings)
        held = (f"{it.code}:{it.from_day}/{it.to_day or ''}" for it in one.identities)
        told = ", ".join([*marks, *held, *one.chronic])
        yield str(number), one.insuplc_admdvs, one.insutype, one.psn_type, str(wire(one.balance)), filed, told


def _person(one: Person) -> Row:
    return {
        "psn_no": one.psn_no,
        "psn_name": one.psn_name,
        "psn_cert_type": one.psn_cert_type,
        "certno": one.certno,
        "gend": one.gend,
        "naty": one.naty,
        "brdy": one.brdy.isoformat(),
        "token": one.token,
        "card_no": one.card_no,
        "card_sn": one.card_sn,
        "insuplc_admdvs": one.insuplc_admdvs,
        "insutype": one.insutype,
        "psn_type": one.psn_type,
        "cvlserv_flag": one.cvlserv_flag,
        "psn_insu_stas": one.psn_insu_stas,
        "psn_insu_date": one.psn_insu_date.isoformat(),
        "balc": wire(one.balance),
        "needy": int(one.needy),
        "family": one.family,
    }


def _filings(one: Person) -> Iterator[Row]:
    for filing in one.filings:
        yield {
            "psn_no": one.psn_no,
            "kind": filing.kind,
            "destination": filing.destination,
            "from": filing.from_day.isoformat(),
            "to": filing.to_day.isoformat() if filing.to_day else "",
        }


def _identities(one: Person) -> Iterator[Row]:
    for held in one.held:
        yield {
            "psn_no": one.psn_no,
            "psn_idet_type": held.code,
            "from": held.from_day.isoformat(),
            "to": held.to_day.isoformat() if held.to_day else "",
        }


def _institution(one: Institution) -> Row:
    return {
        "fixmedins_code": one.fixmedins_code,
        "fixmedins_name": one.fixmedins_name,
        "fixmedins_type": one.fixmedins_type,
        "uscc": one.uscc,
        "admdvs": one.admdvs,
        "hosp_lv": one.hosp_lv,
        "level": one.level,
    }


def _staff(place: Institution, people: Iterable[Any]) -> Iterator[Row]:
    for one in people:
        caty = {"caty": one.caty} if hasattr(one, "caty") else {}
        yield {"fixmedins_code": place.fixmedins_code, "code": one.code, "name": one.name, **caty}


def _items(profile: Profile) -> Iterator[Row]:
    """The catalogue as each province of an institution has it; codes and prices as the profile maps them."""
    provinces = sorted({one.province for one in profile.places})
    for item in catalogue_items():
        charge = profile.items[item.code]
        for province in provinces:
            yield _item(item.at(province), charge.code, charge.price, province)


def _item(item: Item, code: str, price: int, province: str) -> Row:
    return {
        "admdvs": province,
        "med_list_codg": code,
        "name": item.name.show("zh"),
        "list_type": item.list_type,
        "med_chrgitm_type": item.med_chrgitm_type,
        "chrgitm_lv": item.chrgitm_lv,
        "pric": limit_on_wire(price),
        "pric_uplmt_amt": "" if item.limit >= NO_LIMIT else limit_on_wire(item.limit),
        "lmt_used_flag": int(item.restricted),
        "hi_nego_drug_flag": int(item.negotiated),
        "bas_medn_flag": int(item.basic),
    }


def _as_profile(profile: Profile) -> dict[str, Any]:
    """People and institutions as a profile has them."""
    return {
        "name": profile.name,
        "interface": profile.interface,
        "people": [
            _declared(one, {person.psn_no: person.certno for person in profile.people}) for one in profile.people
        ],
        "institutions": [
            {
                "fixmedins_code": one.fixmedins_code,
                "fixmedins_name": one.fixmedins_name,
                "fixmedins_type": one.fixmedins_type,
                "admdvs": one.admdvs,
                "hosp_lv": one.hosp_lv,
                "level": one.level,
                **_rows("departments", [{"code": d.code, "name": d.name, "caty": d.caty} for d in one.departments]),
                **_rows("doctors", [{"code": d.code, "name": d.name} for d in one.doctors]),
                "operators": [{"code": d.code, "name": d.name} for d in one.operators],
            }
            for one in profile.places
        ],
    }


def _rows(name: str, rows: list[dict[str, str]]) -> dict[str, Any]:
    """A list that is left out when it is empty: pharmacies have neither departments nor doctors."""
    return {name: rows} if rows else {}


def _declared(one: Person, certnos: Mapping[str, str]) -> dict[str, Any]:
    names = ("psn_name", "certno", "psn_cert_type", "token", "card_no", "card_sn", "insutype", "insuplc_admdvs")
    found: dict[str, Any] = {name: getattr(one, name) for name in (*names, "psn_type", "cvlserv_flag", "psn_insu_stas")}
    found |= {"needy": one.needy, "balance": format(wire(one.balance), ".2f")}
    filings = [
        {
            "kind": filing.kind,
            "destination": filing.destination,
            "from": filing.from_day.isoformat(),
            **({"to": filing.to_day.isoformat()} if filing.to_day else {}),
        }
        for filing in one.filings
    ]
    identities = [
        {
            "type": held.code,
            "from": held.from_day.isoformat(),
            **({"to": held.to_day.isoformat()} if held.to_day else {}),
        }
        for held in one.identities
    ]
    found |= {"identities": identities} if identities else {}
    found |= {"chronic": list(one.chronic)} if one.chronic else {}
    found |= {"family": certnos[one.family]} if one.family in certnos else {}
    return found | ({"filings": filings} if filings else {})


def _csv(rows: Sequence[Row]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({name: _plain(value) for name, value in row.items()} for row in rows)
    return out.getvalue()


def _plain(value: Any) -> Any:
    return format(value, "f") if isinstance(value, Decimal) else value
