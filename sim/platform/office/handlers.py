"""The transactions of the back office, by ``infno``."""

from __future__ import annotations

from collections.abc import Mapping

from sim.platform.office import (
    catalogue,
    clearing,
    confirmation,
    downloads,
    layouts,
    mapping,
    reconcile,
    settlement_list,
    transfer,
)
from sim.platform.setting import Handler

OFFICE: Mapping[str, Handler] = {
    **dict.fromkeys(layouts.layouts(), downloads.prepare),
    "1304": catalogue.ethnic,
    "1312": catalogue.catalogue,
    "1316": catalogue.matches,
    "1317": catalogue.own_mappings,
    "1318": catalogue.limits,
    "1319": catalogue.shares,
    "3201": reconcile.total,
    "3202": reconcile.detail,
    "3203": clearing.request,
    "3204": clearing.withdraw,
    "3260": confirmation.detail,
    "3261": confirmation.confirm,
    "3262": confirmation.roll_back,
    "3301": mapping.upload,
    "3302": mapping.withdraw,
    "4101": settlement_list.upload,
    "4101A": settlement_list.upload,
    "9101": transfer.upload,
    "9102": transfer.download,
}
"""Handlers by ``infno``; those a chosen interface does not know are never reached."""

__all__ = ["OFFICE"]
