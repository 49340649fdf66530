"""The other parts of a plan: desks, durations, origins and demand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sim import money
from sim.benefits import policy_for
from sim.errors import InputError
from sim.lang import say
from sim.planning.figures import Reader
from sim.planning.schema import LEVELS
from sim.platform.regions import province_of, regions
from sim.world.setup import Bill, Desk, Duration, Flow, Hospital, Origin, Stay

MONTH = 365.25 / 12
"""Days of an institution-month."""


def seconds(clock: str) -> float:
    """``"08:30"`` as seconds of the day."""
    hours, minutes = clock.split(":")
    return int(hours) * 3600.0 + int(minutes) * 60.0


def duration(reader: Reader, raw: Mapping[str, Any], *path: str | int) -> Duration:
    """A drawn time. A lognormal one needs a sigma, the others may have none."""
    mean = reader.number(*path, "mean")
    if raw["law"] == "lognormal":
        if mean <= 0.0:
            reader.wrong(say("planning.mean_positive"), *path, "mean")
        return Duration("lognormal", mean, reader.number(*path, "sigma"))
    if "sigma" in raw:
        reader.wrong(say("planning.sigma_unused", law=raw["law"]), *path, "sigma")
    return Duration(raw["law"], mean)


def durations(reader: Reader, data: Mapping[str, Any]) -> dict[str, Duration]:
    """All times that visits draw, by the names that the declaration uses."""
    found = {name: duration(reader, raw, "durations", name) for name, raw in data["durations"].items()}
    for name, raw in data["readers"].items():
        found[f"reader.{name}"] = duration(reader, raw["time"], "readers", name, "time")
    for name, raw in data["links"].items():
        found[f"link.{name}"] = duration(reader, raw, "links", name)
    found["timeout"] = Duration("fixed", reader.number("faults", "timeout"))
    return found


def desks(reader: Reader, data: Mapping[str, Any], open_for: float) -> dict[str, dict[str, Desk]]:
    """Desks by hospital level and name. Local patients alone must leave a counter free some of the time."""
    found: dict[str, dict[str, Desk]] = {}
    for name, raw in data["desks"].items():
        counters = {level: reader.count("desks", name, "counters", level) for level in raw["counters"]}
        local = raw.get("local")
        hold = duration(reader, local["hold"], "desks", name, "local", "hold") if local else Duration("fixed", 0.0)
        for level in LEVELS:
            if level not in counters:
                continue
            per_day = 0.0
            if local and level in local["per_day"]:
                per_day = reader.number("desks", name, "local", "per_day", level)
            rate = per_day / open_for
            busy = rate * hold.mean / counters[level]
            if busy >= 1.0:
                text = say("planning.overloaded", desk=name, level=level, percent=f"{busy * 100:.0f}")
                reader.wrong(text, "desks", name, "local", "per_day", level)
            found.setdefault(level, {})[name] = Desk(name, counters[level], rate, hold)
    return found


def stay(reader: Reader, data: Mapping[str, Any]) -> Stay | None:
    """How long inpatients stay."""
    if "stay" not in data:
        return None
    mean = reader.number("stay", "mean")
    if mean <= 0.0:
        reader.wrong(say("planning.mean_positive"), "stay", "mean")
    return Stay(mean, reader.number("stay", "sigma"), max(1, reader.count("stay", "longest")))


def origins(reader: Reader, data: Mapping[str, Any], start: date, houses: Sequence[Hospital]) -> tuple[Origin, ...]:
    """The pools that patients come from; each must have benefit rules and at least one region to be treated in."""
    found: list[Origin] = []
    connected = tuple(region.code for region in regions())
    as_of = data.get("policy_as_of", {}).get("date")
    treated = {province_of(house.institution.admdvs) for house in houses}
    for n, raw in enumerate(data["origins"]):
        division, insutype = raw["division"], raw["insutype"]
        if province_of(division) not in connected:
            text = say("planning.unknown_region", code=division)
            reader.wrong(text, "origins", n, "division")
            continue
        if any((division, insutype) == (other.admdvs, other.insutype) for other in found):
            reader.wrong(say("planning.origin_twice", division=division, insutype=insutype), "origins", n)
        if treated and treated <= {province_of(division)}:
            reader.wrong(say("planning.origin_at_home", division=division), "origins", n, "division")
        _has_rules(reader, n, division, insutype, start, as_of)
        joined = 0
        if "joined" in raw:
            try:
                joined = max(0, (date.fromisoformat(raw["joined"]) - start).days)
            except ValueError:
                reader.wrong(say("planning.no_date", value=raw["joined"]), "origins", n, "joined")
        weight = reader.number("origins", n, "weight")
        found.append(Origin(division, insutype, weight, max(1, reader.count("origins", n, "people")), joined))
    if found and not any(origin.weight for origin in found):
        reader.wrong(say("planning.no_weight"), "origins")
    return tuple(found)


def _has_rules(reader: Reader, n: int, division: str, insutype: str, start: date, as_of: str | None) -> None:
    try:
        day = start if as_of is None else max(start, date.fromisoformat(as_of))
    except ValueError:
        return  # told where the date stands
    try:
        policy_for(division, insutype, day)
    except InputError as error:
        reader.wrong(say("planning.no_rules", problem=error.text), "origins", n)


def flows(reader: Reader, data: Mapping[str, Any], houses: Sequence[Hospital], days: int) -> tuple[Flow, ...]:
    """Demand by kind: how many visits are expected at each hospital on each day."""
    found = []
    for n, raw in enumerate(data["demand"]):
        levels = {level: reader.number("demand", n, "levels", level) for level in raw["levels"]}
        growth = 1.0 + reader.number("demand", n, "growth", default=0.0)
        relative = [growth ** (day / MONTH) for day in range(days)]
        weight = [0.0] * days
        open_days = 0
        for house in houses:
            of_level = levels.get(house.level, 0.0)
            open_days += max(0, days - house.joined)
            for day in range(house.joined, days):
                weight[day] += of_level
        total = sum(w * r for w, r in zip(weight, relative, strict=True))
        expected = _expected(reader, n, raw, open_days / MONTH)
        if houses and expected and total <= 0.0:
            reader.wrong(say("planning.nobody_open"), "demand", n, "levels")
        scale = expected / total if total > 0.0 else 0.0
        daily = tuple(scale * r for r in relative)
        busiest = max((daily[day] * levels.get(house.level, 0.0) for house in houses for day in range(days)), default=0)
        if busiest > 50_000:
            reader.wrong(say("planning.too_many_visits"), "demand", n)
        found.append(Flow(raw["kind"], daily, levels, _bill(reader, raw["bill"], n)))
    return tuple(found)


def _expected(reader: Reader, n: int, raw: Mapping[str, Any], institution_months: float) -> float:
    given = [name for name in ("expected", "per_institution_month") if name in raw]
    if len(given) != 1:
        reader.wrong(say("planning.demand_size"), "demand", n)
        return 0.0
    value = reader.number("demand", n, given[0])
    return value if given[0] == "expected" else value * institution_months


def _bill(reader: Reader, raw: Mapping[str, Any], n: int) -> Bill:
    at = ("demand", n, "bill")
    shares = []
    for name in ("A", "B", "C"):
        share = reader.figure(*at, "classes", name)
        try:
            shares.append(money.scaled(share, 4))
        except InputError as error:
            reader.wrong(error.text, *at, "classes", name)
            shares.append(0)
    if sum(shares) != money.FULL:
        reader.wrong(say("planning.classes_sum", sum=str(Decimal(sum(shares)) / money.FULL)), *at, "classes")
        shares = [money.FULL, 0, 0]
    try:
        mean = money.parse(reader.figure(*at, "mean"))
    except InputError as error:
        reader.wrong(error.text, *at, "mean")
        mean = 0
    least, most = raw["lines"]["least"], raw["lines"]["most"]
    if most < least:
        reader.wrong(say("planning.lines_order"), *at, "lines", "most")
        most = least
    return Bill(mean, reader.number(*at, "sigma"), (shares[0], shares[1], shares[2]), (least, most))
