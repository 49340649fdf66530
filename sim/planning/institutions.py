"""The hospitals of a plan: those that the fixtures know, or made-up ones by level, with the days on which they join."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sim.lang import say
from sim.planning.figures import Reader
from sim.planning.schema import LEVELS
from sim.platform.people import Department, Institution, Named, institutions
from sim.platform.regions import province_of, regions
from sim.world.setup import Desk, Hospital

_HOSP_LV = {"L3": "2", "L2": "5", "L1": "8", "community": "11", "township": "11"}
_TITLE = {"L3": "三级医院", "L2": "二级医院", "L1": "一级医院", "community": "社区卫生服务中心", "township": "卫生院"}
_MOST = 90_000
"""Made-up institutions of one province: serials above are those of the fixtures."""

ByLevel = Mapping[str, Mapping[str, Desk]]


def hospitals(reader: Reader, data: Mapping[str, Any], start: date, days: int, desks: ByLevel) -> tuple[Hospital, ...]:
    """All hospitals of all treatment regions, in the order of the plan."""
    found: list[Hospital] = []
    names = {region.code: region.name for region in regions()}
    seen: set[str] = set()
    for n, region in enumerate(data["regions"]):
        code = region["code"]
        if code not in names:
            text = say("planning.unknown_region", code=code)
            reader.wrong(text, "regions", n, "code")
            continue
        if code in seen:
            reader.wrong(say("planning.region_twice", code=code), "regions", n, "code")
        seen.add(code)
        if ("known" in region) == ("institutions" in region):
            reader.wrong(say("planning.known_or_made"), "regions", n)
            continue
        rows = _known(reader, n, region) if "known" in region else _made(reader, n, region, names[code].show("zh"))
        joined = _joined(reader, n, region, len(rows), start, days)
        found += [
            Hospital(number, day, institution, desks.get(institution.level, {}))
            for (number, institution), day in zip(rows, joined, strict=True)
        ]
    return tuple(found)


def _known(reader: Reader, n: int, region: Mapping[str, Any]) -> list[tuple[int, Institution]]:
    everything = {institution.fixmedins_code: institution for institution in institutions()}
    found = []
    for i, code in enumerate(region["known"]):
        institution = everything.get(code)
        if institution is None or institution.province != region["code"]:
            here = tuple(c for c, each in everything.items() if each.province == region["code"])
            text = say("planning.unknown_institution", code=code, region=region["code"])
            reader.wrong(text, "regions", n, "known", i, valid=here, given=code)
            continue
        found.append((int(region["code"][:2]) * 100_000 + _MOST + int(code[-4:]), institution))
    return found


def _made(reader: Reader, n: int, region: Mapping[str, Any], name: str) -> list[tuple[int, Institution]]:
    divisions = region.get("divisions", [region["code"]])
    for i, division in enumerate(divisions):
        if province_of(division) != region["code"]:
            text = say("planning.division_elsewhere", code=division, region=region["code"])
            reader.wrong(text, "regions", n, "divisions", i)
    levels = [
        level
        for level in LEVELS
        if level in region["institutions"]
        for _ in range(reader.count("regions", n, "institutions", level))
    ]
    if not 0 < len(levels) < _MOST:
        reader.wrong(say("planning.institution_count", most=_MOST - 1), "regions", n, "institutions")
        return []
    return [
        (int(region["code"][:2]) * 100_000 + serial, _institution(level, serial, divisions, name))
        for serial, level in enumerate(levels, 1)
    ]


def _institution(level: str, serial: int, divisions: Sequence[str], name: str) -> Institution:
    division = divisions[(serial - 1) % len(divisions)]
    return Institution(
        fixmedins_code=f"H{division[:4]}98{serial:05d}",
        fixmedins_name=f"{name}示例{_TITLE[level]}{serial}（虚构）",
        admdvs=division,
        hosp_lv=_HOSP_LV[level],
        level=level,
        departments=(Department("0301", "内科示例门诊", "A03"),),
        doctors=(Named(f"D{division}98{serial:05d}", "医生示例"),),
        operators=(Named(f"OP{serial:05d}", "经办员示例"),),
    )


def _joined(reader: Reader, n: int, region: Mapping[str, Any], count: int, start: date, days: int) -> list[int]:
    """The day each institution joins: in the order of the list, as the schedule of connected institutions grows."""
    if "connected" not in region:
        return [0] * count
    steps: list[tuple[int, int]] = []
    for i, step in enumerate(region["connected"]):
        connected = reader.count("regions", n, "connected", i, "institutions")
        try:
            day = (date.fromisoformat(step["from"]) - start).days
        except ValueError:
            reader.wrong(say("planning.no_date", value=step["from"]), "regions", n, "connected", i, "from")
            continue
        if steps and (day <= steps[-1][0] or connected < steps[-1][1]):
            reader.wrong(say("planning.schedule_order"), "regions", n, "connected", i)
        if connected > count:
            text = say("planning.schedule_too_many", connected=connected, count=count)
            reader.wrong(text, "regions", n, "connected", i, "institutions")
        steps.append((day, connected))
    return [next((max(0, day) for day, connected in steps if connected > place), days) for place in range(count)]
