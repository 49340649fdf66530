"""The treatment side: handlers of hospitals' messages, by ``infno``."""

from __future__ import annotations

from collections.abc import Mapping

from sim.platform.setting import Handler
from sim.platform.treatment.bill import upload, withdraw, withdraw_rows
from sim.platform.treatment.cancel import cancel
from sim.platform.treatment.queries import accumulated, identify, settlement_info
from sim.platform.treatment.reversal import reverse
from sim.platform.treatment.session import sign_in, sign_out
from sim.platform.treatment.settle import settle, trial
from sim.platform.treatment.stay import admit, cancel_admission, cancel_discharge, discharge
from sim.platform.treatment.visit import cancel_registration, describe, register

TREATMENT: Mapping[str, Handler] = {
    "9001": sign_in,
    "9002": sign_out,
    "1101": identify,
    "2201": register,
    "2202": cancel_registration,
    "2203": describe,
    "2203A": describe,
    "2204": upload,
    "2205": withdraw,
    "2206": trial,
    "2206A": trial,
    "2207": settle,
    "2207A": settle,
    "2208": cancel,
    "2401": admit,
    "2402": discharge,
    "2404": cancel_admission,
    "2405": cancel_discharge,
    "2301": upload,
    "2302": withdraw_rows,
    "2303": trial,
    "2303A": trial,
    "2304": settle,
    "2304A": settle,
    "2305": cancel,
    "2601": reverse,
    "5203": settlement_info,
    "5206": accumulated,
}

__all__ = ["TREATMENT"]
