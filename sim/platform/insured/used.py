"""What a person has used up."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sim.platform.context import Context
from sim.platform.insured.entitlement import person_of
from sim.platform.records import USED


def accumulated(context: Context) -> dict[str, Any]:
    """5206: the counters of a person, of every year in which something was settled, or of one year (``cum_ym``)."""
    data = context.node()
    person = person_of(context, data["psn_no"])
    wanted = str(data.get("cum_ym") or "")
    years = sorted(context.store.find(USED, "person", person.psn_no), key=lambda used: (used.insutype, used.year))
    rows = [
        {"insutype": used.insutype, "year": str(used.year), "cum_ym": month, "cum_type_code": code, "cum": value}
        for used in years
        if not wanted or wanted[:4] == str(used.year)
        for month in [_month(used.year, context.now, wanted)]
        for code, value in used.accumulators.to_rows()
    ]
    return {"cuminfo": rows}


def _month(year: int, now: datetime, wanted: str) -> str:
    """Up to which month a year's counters go: the one asked for or this one, or the last of a year that is over."""
    return wanted or f"{now:%Y%m}" if year == now.year else f"{year}12"
