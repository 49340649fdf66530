"""Policy files: read, checked, and found by id or by place and date."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from importlib.resources.abc import Traversable
from itertools import pairwise
from pathlib import Path
from typing import Any

from sim.benefits.case import Care, Filing
from sim.benefits.mechanisms import MECHANISMS, Mechanism
from sim.benefits.policy import BandTable, NoFiling, NotModelled, Policy, Use
from sim.benefits.quantity import MONEY, RATIO, REFERENCE, Quantity, Reader, entries
from sim.benefits.quantity import Path as At
from sim.benefits.schema import policy_schema
from sim.benefits.sheet import Fund
from sim.errors import BadFileError, InputError, nearest
from sim.files import Document, check, read_yaml
from sim.lang import plain, say
from sim.resources import fixtures

TABLES = ("accumulators.yaml", "funds.yaml", "sources.yaml")
"""Files beside the policies that are not policies."""


@cache
def sources() -> Mapping[str, str]:
    """Source key to what it is (``fixtures/policies/sources.yaml``)."""
    found: Mapping[str, str] = _read("sources.yaml").data["sources"]
    return found


@cache
def funds() -> Mapping[str, Fund]:
    """Fund key to fund (``fixtures/policies/funds.yaml``)."""
    rows = _read("funds.yaml").data["funds"]
    return {key: Fund(key, row["field"], row["code"], plain(row["zh"], row["en"])) for key, row in rows.items()}


@cache
def policies() -> tuple[Policy, ...]:
    """Every version of every policy that comes with the project, by id and date."""
    names = sorted(f.name for f in fixtures("policies").iterdir() if f.name.endswith(".yaml") and f.name not in TABLES)
    return tuple(version for name in names for version in build(_read(name)))


def read_policy(file: Traversable | Path) -> tuple[Policy, ...]:
    """The versions of one policy file, earliest first. Raises BadFileError with every problem of the file."""
    return build(read_yaml(file))


def policy(policy_id: str, on: date) -> Policy:
    """The version of a policy in force on a date. Raises InputError naming what is missing and what exists."""
    known = sorted({p.id for p in policies()})
    if policy_id not in known:
        text = say("benefits.policy.unknown", id=policy_id, known=", ".join(known))
        raise InputError(text, nearest=nearest(policy_id, known))
    return in_force([p for p in policies() if p.id == policy_id], on)


def policy_named(name: str, on: date) -> Policy:
    """The same by id, or from a policy file of one's own: a path that ends in ``.yaml``. Raises what either raises."""
    if name.endswith((".yaml", ".yml")):
        return in_force(read_policy(Path(name)), on)
    return policy(name, on)


def policy_for(admdvs: str, insutype: str, on: date) -> Policy:
    """The policy of an insured place (division of any depth) and insurance type in force on a date.

    A district without a policy of its own belongs to its city's pool, a city to its province's.
    """
    for place in (admdvs, admdvs[:4] + "00", admdvs[:2] + "0000"):
        versions = [p for p in policies() if p.admdvs == place and p.insutype == insutype]
        if versions:
            return in_force(versions, on)
    known = ", ".join(sorted({f"{p.admdvs}/{p.insutype}" for p in policies()}))
    raise InputError(say("benefits.policy.no_place", admdvs=admdvs, insutype=insutype, known=known))


def in_force(versions: Iterable[Policy], on: date) -> Policy:
    """The one of a policy's versions that is in force on a date. Raises InputError with the dates that exist."""
    found = list(versions)
    for version in found:
        if version.covers(on):
            return version
    dates = ", ".join(v.start.isoformat() for v in found)
    raise InputError(say("benefits.policy.no_date", id=found[0].id, on=on.isoformat(), dates=dates))


def _read(name: str) -> Document:
    return read_yaml(fixtures("policies", name), f"fixtures/policies/{name}")


def build(document: Document) -> tuple[Policy, ...]:
    """Policies from a document already read."""
    check(document, policy_schema(tuple(funds())))
    reader = Reader(document, sources())
    data = document.data
    starts = [_date(reader, v["from"], ("versions", i, "from")) for i, v in enumerate(data["versions"])]
    for i, (earlier, later) in enumerate(pairwise(starts), start=1):
        if later <= earlier:
            reader.wrong(say("benefits.policy.version_order", date=later.isoformat()), "versions", i, "from")
    ends = [_end(reader, data, i, starts) for i in range(len(starts))]
    built = tuple(
        _version(reader, data, i, start, end) for i, (start, end) in enumerate(zip(starts, ends, strict=True))
    )
    if reader.problems:
        raise BadFileError(sorted(reader.problems, key=lambda p: p.place.line or 0 if p.place else 0))
    return built


def _end(reader: Reader, data: Mapping[str, Any], i: int, starts: list[date]) -> date | None:
    """The first day on which a version no longer holds: its own ``until``, else the day the next one begins."""
    following = starts[i + 1] if i + 1 < len(starts) else None
    if "until" not in data["versions"][i]:
        return following
    end = _date(reader, data["versions"][i]["until"], ("versions", i, "until"))
    if end <= starts[i] or (following is not None and end > following):
        reader.wrong(say("benefits.policy.until", date=end.isoformat()), "versions", i, "until")
    return end


def _date(reader: Reader, value: str, path: At) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        reader.wrong(say("benefits.no_date", value=value), *path)
        return date.max


def _version(reader: Reader, data: Mapping[str, Any], i: int, start: date, end: date | None) -> Policy:
    version = data["versions"][i]
    at: At = ("versions", i)
    share = version["class_b"]
    area = version.get("no_filing")
    account = version["account"]
    year_end = version.get("year_end")
    return Policy(
        id=data["id"],
        pool=plain(data["pool"]["zh"], data["pool"]["en"]),
        admdvs=data["admdvs"],
        insutype=data["insutype"],
        start=start,
        end=end,
        class_b=_plain_ratio(reader, share["share"], (*at, "class_b", "share")),
        items={
            item: _plain_ratio(reader, value, (*at, "class_b", "items", item))
            for item, value in share.get("items", {}).items()
        },
        no_filing=NoFiling(
            frozenset(area["areas"]), Filing(area["treated_as"]), reader.origin(area, (*at, "no_filing"))
        )
        if area
        else None,
        account=account["pays"],
        mutual_aid=account.get("mutual_aid", "own_first"),
        year_end=year_end["settled"] if year_end else "discharge",
        year_end_origin=reader.origin(year_end, (*at, "year_end")) if year_end else REFERENCE,
        account_origin=reader.origin(account, (*at, "account")),
        care=_cares(reader, data["id"], version["care"], (*at, "care")),
        not_modelled=tuple(
            NotModelled(
                plain(row["what"]["zh"], row["what"]["en"]),
                row.get("value"),
                reader.origin(row, (*at, "not_modelled", n)),
            )
            for n, row in enumerate(version.get("not_modelled", ()))
        ),
    )


def _plain_ratio(reader: Reader, data: Any, path: At) -> Quantity:
    table = reader.table(data, path, RATIO)
    if isinstance(table, Quantity) and isinstance(table.value, int):
        return table
    reader.wrong(say("benefits.policy.one_number"), *path)
    return Quantity(0, reader.origin(data, path) if "source" in data else REFERENCE)


def _cares(reader: Reader, policy_id: str, data: Mapping[str, Any], at: At) -> dict[Care, tuple[Use, ...]]:
    found: dict[Care, tuple[Use, ...]] = {}
    for care, moves in data.items():
        source = moves if isinstance(moves, str) else care
        listed = data.get(source)
        if not isinstance(listed, list):
            reader.wrong(say("benefits.policy.care_as_what", care=source), *at, care)
            continue
        found[Care(care)] = _uses(reader, f"{policy_id}.{source}", listed, (*at, source), quiet=source != care)
    return found


def _uses(reader: Reader, clause: str, listed: list[Any], at: At, quiet: bool) -> tuple[Use, ...]:
    noted = len(reader.problems)
    found = tuple(_use(reader, clause, item, (*at, n)) for n, item in enumerate(listed))
    for n, (before, after) in enumerate(pairwise(found), start=1):
        if after.mechanism.stage < before.mechanism.stage:
            text = say("benefits.policy.order", later=after.mechanism.name, earlier=before.mechanism.name)
            reader.wrong(text, *at, n)
    if len({use.clause for use in found}) < len(found):
        reader.wrong(say("benefits.policy.same_clause"), *at)
    if quiet:  # the same list was or will be read under its own name
        del reader.problems[noted:]
    return found


def _use(reader: Reader, clause: str, data: Mapping[str, Any], at: At) -> Use:
    mechanism: Mechanism = MECHANISMS[data["use"]]
    numbers = {
        name: reader.table(data[name], (*at, name), parameter.unit)
        for name, parameter in mechanism.numbers.items()
        if name in data
    }
    for name, parameter in mechanism.numbers.items():
        if parameter.required and name in numbers and None in set(entries(numbers[name])):
            reader.wrong(say("benefits.policy.needs_number", key=name), *at, name)
    return Use(
        mechanism,
        f"{clause}.{data.get('id', mechanism.name)}",
        numbers,
        {name: data.get(name, word.allowed[0]) for name, word in mechanism.words.items()},
        _bands(reader, data["bands"], (*at, "bands"), data.get("counted") == "absolute") if mechanism.bands else (),
        funds()[data["fund"]] if mechanism.pays else None,
    )


def _bands(reader: Reader, listed: list[Any], at: At, absolute: bool) -> tuple[BandTable, ...]:
    """Bands must follow one another: no overlap, no gap, the first from zero unless they count absolute amounts."""
    found: list[BandTable] = []
    for n, item in enumerate(listed):
        path = (*at, n)
        start = reader.number(item["from"], (*path, "from"), MONEY)
        end = None if item["to"] is None else reader.number(item["to"], (*path, "to"), MONEY)
        ratio = reader.table(item["ratio"], (*path, "ratio"), RATIO)
        if None in set(entries(ratio)):
            reader.wrong(say("benefits.policy.needs_number", key="ratio"), *path, "ratio")
        if end is not None and end <= start:
            reader.wrong(say("benefits.policy.empty_band"), *path, "to")
        if not found and start != 0 and not absolute:
            reader.wrong(say("benefits.policy.band_from_zero"), *path, "from")
        if found:
            previous = found[-1].end
            if previous is None or start < previous:
                reader.wrong(say("benefits.policy.band_overlap"), *path, "from")
            elif start > previous:
                reader.wrong(say("benefits.policy.band_gap"), *path, "from")
        found.append(BandTable(start, end, ratio))
    return tuple(found)
