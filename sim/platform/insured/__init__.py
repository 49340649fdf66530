"""The insured side: handlers of relayed messages, by ``infno``. What they refuse they refuse before they write."""

from __future__ import annotations

from collections.abc import Mapping

from sim.platform.insured.benefit import settle, split_lines, trial
from sim.platform.insured.check import check
from sim.platform.insured.chronic import medication
from sim.platform.insured.entitlement import admit, identify
from sim.platform.insured.filing import (
    chronic,
    chronic_filings,
    designate,
    designations,
    transfer,
    transfers,
    withdraw,
)
from sim.platform.insured.giveback import cancel, undo
from sim.platform.insured.used import accumulated
from sim.platform.setting import Handler

INSURED: Mapping[str, Handler] = {
    "1101": identify,
    "2001": check,
    "2101": trial,
    "2102": settle,
    "2103": cancel,
    "2201": admit,
    "2401": admit,
    "2204": split_lines,
    "2301": split_lines,
    "2206": trial,
    "2206A": trial,
    "2303": trial,
    "2303A": trial,
    "2207": settle,
    "2207A": settle,
    "2304": settle,
    "2304A": settle,
    "2208": cancel,
    "2305": cancel,
    "2501": transfer,
    "2502": withdraw,
    "2503": chronic,
    "2504": withdraw,
    "2505": designate,
    "2506": withdraw,
    "2601": undo,
    "5205": medication,
    "5206": accumulated,
    "5301": chronic_filings,
    "5302": designations,
    "5304": transfers,
}

__all__ = ["INSURED"]
