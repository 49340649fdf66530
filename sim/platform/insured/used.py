"""What a person has used up."""

from __future__ import annotations

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
        {
            "insutype": used.insutype,
            "year": str(used.year),
            "cum_ym": wanted or f"{used.year}{context.now:%m}" if used.year == context.now.year else f"{used.year}12",
            "cum_type_code": code,
            "cum": value,
        }
        for used in years
        if not wanted or wanted[:4] == str(used.year)
        for code, value in used.accumulators.to_rows()
    ]
    return {"cuminfo": rows}
