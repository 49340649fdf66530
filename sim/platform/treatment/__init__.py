"""The treatment side: handlers of hospitals' messages, by ``infno``."""

from __future__ import annotations

from collections.abc import Mapping

from sim.platform.office.handlers import OFFICE
from sim.platform.setting import Handler
from sim.platform.treatment.bill import upload, withdraw, withdraw_rows
from sim.platform.treatment.cancel import cancel
from sim.platform.treatment.check import check
from sim.platform.treatment.filing import at_insured_place, chronic, designate, transfer
from sim.platform.treatment.history import diagnoses, fee_lines, present, visits
from sim.platform.treatment.pharmacy import cancel as cancel_sale
from sim.platform.treatment.pharmacy import settle as settle_sale
from sim.platform.treatment.pharmacy import trial as trial_sale
from sim.platform.treatment.queries import accumulated, identify, settlement_info
from sim.platform.treatment.registers import code_list, institutions
from sim.platform.treatment.reversal import reverse
from sim.platform.treatment.session import sign_in, sign_out
from sim.platform.treatment.settle import settle, trial
from sim.platform.treatment.stay import admit, cancel_admission, cancel_discharge, change, discharge
from sim.platform.treatment.visit import cancel_registration, describe, register

TREATMENT: Mapping[str, Handler] = {
    **OFFICE,
    "9001": sign_in,
    "9002": sign_out,
    "1101": identify,
    "1201": institutions,
    "1901": code_list,
    "2001": check,
    "2101": trial_sale,
    "2102": settle_sale,
    "2103": cancel_sale,
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
    "2403": change,
    "2404": cancel_admission,
    "2405": cancel_discharge,
    "2301": upload,
    "2302": withdraw_rows,
    "2303": trial,
    "2303A": trial,
    "2304": settle,
    "2304A": settle,
    "2305": cancel,
    "2501": transfer,
    "2502": at_insured_place,
    "2503": chronic,
    "2504": at_insured_place,
    "2505": designate,
    "2506": at_insured_place,
    "2601": reverse,
    "5201": visits,
    "5202": diagnoses,
    "5203": settlement_info,
    "5204": fee_lines,
    "5205": at_insured_place,
    "5206": accumulated,
    "5301": at_insured_place,
    "5302": at_insured_place,
    "5303": present,
    "5304": at_insured_place,
}

__all__ = ["TREATMENT"]
