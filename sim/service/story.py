"""What the platforms hold about one visit or one person, gathered from all parties, with identities masked."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from typing import Any

import attrs

from sim.platform import HUB, Reference
from sim.platform.records import ACCOUNTS, CLAIMS, LINES, SETTLEMENTS, USED, VISITS, Account, Used
from sim.platform.store import Store
from sim.service.recent import Recent, mask

LISTED = 200
"""How many persons or visits a list shows."""


def stores(reference: Reference) -> Iterator[tuple[str, Store]]:
    """Every province's store."""
    return ((name, party.store) for name, party in reference.parties.items() if name != HUB)


def alias(psn_no: str) -> str:
    """A name for a person that tells nothing about him, the same in every run: what addresses of pages carry."""
    return hashlib.blake2b(psn_no.encode(), digest_size=6, person=b"yidi-operator").hexdigest()


def visits(reference: Reference) -> list[dict[str, Any]]:
    """The last visits of every province, in short: number, province, kind, state."""
    found = [visit for _, store in stores(reference) for visit in store.last(VISITS, LISTED)]
    last = sorted(found, key=lambda visit: (visit.begins, visit.mdtrt_id), reverse=True)[:LISTED]
    return [
        {
            "mdtrt_id": visit.mdtrt_id,
            "kind": visit.kind,
            "state": visit.state,
            "begins": visit.begins.isoformat(),
            "fixmedins_code": visit.fixmedins_code,
            "insuplc_admdvs": visit.insuplc_admdvs,
            "person": alias(visit.psn_no),
        }
        for visit in last
    ]


def visit_story(reference: Reference, recent: Recent, mdtrt_id: str) -> dict[str, Any] | None:
    """Everything about one visit: itself, its fee lines and settlements, the claims at the insured place, and those of
    the last messages that name it. Amounts of records are fen, those of ``head`` and messages yuan."""
    held = next(
        ((name, store, visit) for name, store in stores(reference) if (visit := store.get(VISITS, mdtrt_id))), None
    )
    if held is None:
        return None
    name, store, visit = held
    claims = [
        claim
        for _, other in stores(reference)
        for claim in other.find(CLAIMS, "person", visit.psn_no, visit.insutype)
        if claim.mdtrt_id == mdtrt_id
    ]
    told = {one.serial for one in recent.entries if _names(one.request, mdtrt_id) or _names(one.reply, mdtrt_id)}
    numbers = {str(one.request.get("msgid")) for one in recent.entries if one.serial in told}
    about = [one for one in recent.entries if one.serial in told or _reverses(one.request, numbers)]
    return {
        "mdtrt_id": mdtrt_id,
        "province": name,
        "person": alias(visit.psn_no),
        "visit": record(visit),
        "lines": [record(line) for line in store.find(LINES, "visit", mdtrt_id)],
        "settlements": [record(one) for one in store.find(SETTLEMENTS, "visit", mdtrt_id)],
        "claims": [record(one) for one in claims],
        "messages": [entry.shown() for entry in about],
    }


def persons(reference: Reference) -> list[dict[str, Any]]:
    """Everybody who has used something up, in short."""
    found = {
        (used.psn_no, used.insutype, used.year): name for name, store in stores(reference) for used in store.all(USED)
    }
    return [
        {"person": alias(psn_no), "province": name, "insutype": insutype, "year": year}
        for (psn_no, insutype, year), name in sorted(found.items())[:LISTED]
    ]


def person_story(reference: Reference, person: str) -> dict[str, Any] | None:
    """A person's accumulators by insurance and year, account and claims, by his `alias`. Amounts are fen."""
    for name, store in stores(reference):
        used: list[Used] = [one for one in store.all(USED) if alias(one.psn_no) == person]
        accounts: list[Account] = [one for one in store.all(ACCOUNTS) if alias(one.psn_no) == person]
        if not used and not accounts:
            continue
        keys = sorted({(u.psn_no, u.insutype) for u in used} | {(a.psn_no, a.insutype) for a in accounts})
        claims = [claim for key in keys for claim in store.find(CLAIMS, "person", *key)]
        return {
            "person": person,
            "province": name,
            "accumulators": [record(one) for one in sorted(used, key=lambda one: (one.insutype, one.year))],
            "accounts": [record(one) for one in accounts],
            "claims": [record(one) for one in sorted(claims, key=lambda one: (one.at, one.setl_id))],
        }
    return None


def record(value: Any) -> dict[str, Any]:
    """A record as plain values, identities masked."""
    made: dict[str, Any] = mask(_plain(attrs.asdict(value)), set())
    return made


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value


def _names(value: Any, mdtrt_id: str) -> bool:
    """Whether a message names a visit anywhere."""
    if isinstance(value, Mapping):
        return value.get("mdtrt_id") == mdtrt_id or any(_names(each, mdtrt_id) for each in value.values())
    return isinstance(value, list) and any(_names(each, mdtrt_id) for each in value)


def _reverses(request: Mapping[str, Any], numbers: Collection[str]) -> bool:
    """Whether a message is a 2601 of one of these; it does not name the visit itself."""
    content = request.get("input")
    data = content.get("data") if isinstance(content, Mapping) else None
    return isinstance(data, Mapping) and str(data.get("omsgid")) in numbers
