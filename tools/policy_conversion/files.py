"""From the whole source to the files of policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from tools.policy_conversion.care import inpatient, outpatient
from tools.policy_conversion.pool import Pool
from tools.policy_conversion.shares import class_b
from tools.policy_conversion.values import Dumper, Flow, dated, deep, deep_move, origin


def version(pool: Pool) -> dict[str, Any]:
    """The whole version."""
    stay, visit = inpatient(pool), outpatient(pool)
    care: dict[str, Any] = {}
    more = pool.words["additions"].get(pool.data["id"], {})
    for kind, listed in (("outpatient", visit), ("inpatient", stay)):
        if listed:
            listed += [deep_move(move) for move in more.get(f"on_top_of_{kind}", ())]
    if visit:
        care |= {"outpatient": visit, "emergency": "outpatient", "pharmacy": "outpatient"}
    if stay:
        care["inpatient"] = stay
    if "chronic" in more:
        care["chronic"] = [deep_move(move) for move in more["chronic"]]
    found: dict[str, Any] = {"from": pool.day}
    if pool.data.get("notes", "").startswith("historic"):  # known for its own year only
        found["until"] = f"{int(pool.day[:4]) + 1}-01-01"
    found["class_b"] = class_b(pool)
    areas = pool.take("out_of_town", "no_filing_needed_in")
    if areas:
        codes = [pool.words["provinces"][name] for name in areas["value"]]
        found["no_filing"] = {"areas": codes, "treated_as": "long_term", **origin(areas)}
    pays = "personal_share" if pool.employee else "nothing"
    found["account"] = Flow(
        pays=pays,
        source="REFERENCE",
        provenance="reference",
        confidence="low",
        note=Flow(zh="各地对账户可支付的范围规定不同", en="what the account may pay differs by place"),
    )
    found["care"] = care
    rows = [
        {"what": Flow(zh=f"{s}.{n}", en=f"{s}.{n}"), "value": deep(entry["value"]), **origin(entry)}
        for s, entries in pool.data.items()
        if isinstance(entries, dict)
        for n, entry in entries.items()
        if (s, n) not in pool.used
    ]
    if rows:
        found["not_modelled"] = rows
    return found


def days(data: dict[str, Any]) -> list[str]:
    """The dates from which something holds: the pool's own, and those of dated values after it."""
    found = {data["effective_from"]}
    for section in data.values():
        for entry in section.values() if isinstance(section, dict) else ():
            value = entry.get("value")
            if dated(value):
                found |= {k for k in value if k > data["effective_from"]}
            if entry.get("effective_from", "") > data["effective_from"]:
                found.add(entry["effective_from"])
    return sorted(found)


def policy(data: dict[str, Any], words: Mapping[str, Any]) -> dict[str, Any]:
    """One policy file."""
    data = translated(data, words["notes"])
    return {
        "id": data["id"],
        "pool": Flow(zh=words["pools"][data["pool"]], en=data["pool"]),
        "admdvs": data["region_code"],
        "insutype": "310" if data["insurance"] == "employee" else "390",
        "versions": [version(Pool(data, day, words)) for day in days(data)],
    }


def translated(data: dict[str, Any], notes: Mapping[str, str]) -> dict[str, Any]:
    """The pool with every note in both languages. Raises LookupError that names a note without Chinese."""

    def entry(section: str, name: str, value: Any) -> Any:
        note = value.get("note") if isinstance(value, dict) else None
        if not isinstance(note, str):
            return value
        if note not in notes:
            raise LookupError(f"{data['id']}.{section}.{name}: no Chinese for the note {note!r}")
        return {**value, "note": {"zh": notes[note], "en": note}}

    return {
        section: {name: entry(section, name, value) for name, value in found.items()}
        if isinstance(found, dict)
        else found
        for section, found in data.items()
    }


def convert(source: Mapping[str, Any], words: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Every file by name: one a pool, and the table of sources."""
    found = {f"{entry['id']}.yaml": policy(entry, words) for entry in source["pools"]}
    sources = {
        **source["sources"],
        "REFERENCE": "decided by the reference itself",
        "CATALOGUE": "the catalogue of the treatment place",
        **words["sources"],
    }
    return {**found, "sources.yaml": {"sources": sources}}


def written(data: dict[str, Any]) -> str:
    """The text of one file."""
    dumped: str = yaml.dump(data, Dumper=Dumper, allow_unicode=True, sort_keys=False, width=118)
    return "# Made by tools/convert_policies.py; the sources are in sources.yaml.\n" + dumped
