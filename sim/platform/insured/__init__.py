"""The insured side: handlers of relayed messages, by ``infno``. What they refuse they refuse before they write."""

from __future__ import annotations

from collections.abc import Mapping

from sim.platform.insured.benefit import settle, split_lines, trial
from sim.platform.insured.entitlement import admit, identify
from sim.platform.insured.giveback import cancel, undo
from sim.platform.insured.used import accumulated
from sim.platform.setting import Handler

INSURED: Mapping[str, Handler] = {
    "1101": identify,
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
    "2601": undo,
    "5206": accumulated,
}

__all__ = ["INSURED"]
