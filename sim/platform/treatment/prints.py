"""What of the hospital's messages is kept because a query prints it, and how a fee line looks in a query."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sim.interface.envelope import datetime19
from sim.platform.catalogue import Item

if TYPE_CHECKING:
    from sim.platform.context import Context

DRUGS = ("101", "102", "103", "104", "106")
"""list_type of drugs: western and patent, herb slices, own preparations, ethnic, granules."""
NO_FORM = "无"
"""Printed as dosage form and specification where an item has none."""
PERSON = (
    "psn_no",
    "psn_name",
    "psn_cert_type",
    "certno",
    "gend",
    "naty",
    "brdy",
    "age",
    "insutype",
    "psn_type",
    "cvlserv_flag",
)
"""What a settlement tells about the patient."""
DISCHARGE = ("dscg_dept_codg", "dscg_dept_name", "dscg_bed", "dscg_way", "die_date", "cop_flag")
"""What comes with a discharge, and goes with its cancellation."""
DETAILS = frozenset(
    (
        "coner_name",
        "tel",
        "medrcdno",
        "atddr_no",
        "chfpdr_name",
        "adm_dept_codg",
        "adm_dept_name",
        "adm_bed",
        "dscg_maindiag_code",
        "dscg_maindiag_name",
        *DISCHARGE,
        "main_cond_dscr",
        "oprn_oprt_code",
        "oprn_oprt_name",
        "fpsc_no",
        "matn_type",
        "birctrl_type",
        "latechb_flag",
        "geso_val",
        "fetts",
        "fetus_cnt",
        "pret_flag",
        "birctrl_matn_date",
    )
)
"""Fields of a visit that 5201 prints as they were sent."""
_SENT = frozenset(
    (
        "rx_drord_no",
        "fee_ocur_time",
        "medins_list_codg",
        "sin_dos_dscr",
        "used_frqu_dscr",
        "prd_days",
        "medc_way_dscr",
        "bilg_dept_codg",
        "bilg_dept_name",
        "bilg_dr_codg",
        "bilg_dr_name",
        "acord_dept_codg",
        "acord_dept_name",
        "orders_dr_code",
        "orders_dr_name",
        "hosp_appr_flag",
        "tcmdrug_used_way",
        "etip_flag",
        "etip_hosp_code",
        "dscg_tkdrug_flag",
        "matn_fee_flag",
    )
)
"""Fields of a fee line that 5204 prints as they were sent."""
_MEDICATION = frozenset(
    (
        "rx_drord_no",
        "fee_ocur_time",
        "medins_list_codg",
        "hosp_appr_flag",
        "tcmdrug_used_way",
        "etip_flag",
        "etip_hosp_code",
        "dscg_tkdrug_flag",
        "matn_fee_flag",
    )
)
"""Those of them that 5205 prints too."""


def details_of(context: Context, data: Mapping[str, Any]) -> dict[str, Any]:
    """What 5201 will print of a message about a visit, and who sent it when."""
    found = _given(data, DETAILS)
    if data.get("dr_name"):
        found["chfpdr_name"] = data["dr_name"]  # the outpatient messages' name for it
    return found | {
        "opter_id": str(context.message["opter"])[:20],
        "opter_name": str(context.message["opter_name"]),
        "opt_time": datetime19(context.now.replace(microsecond=0)),
    }


def kept_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """What queries will print of an uploaded row."""
    found = _given(row, _SENT)
    if row.get("rxno"):
        found["rx_drord_no"] = row["rxno"]  # a pharmacy's name for it
    return found


def _given(data: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name in names and value is not None and value != ""}


def line_row(item: Item, number: str, price: int, quantity: int, sent: Mapping[str, Any]) -> dict[str, Any]:
    """What 5204 and 5205 both print of a fee line: the item, and what was sent."""
    name = item.name.show("zh")
    return {
        "feedetl_sn": number,
        **{key: value for key, value in sent.items() if key in _MEDICATION},
        "cnt": Decimal(quantity).scaleb(-4),
        "pric": Decimal(price).scaleb(-6),
        "chrgitm_lv": item.chrgitm_lv,
        "hilist_code": item.code,
        "hilist_name": name,
        "list_type": item.list_type,
        "med_list_codg": item.code,
        "medins_list_name": name,
        "med_chrgitm_type": item.med_chrgitm_type,
        "spec": NO_FORM,
        "dosform_name": NO_FORM,
        "lmt_used_flag": "1" if item.restricted else "0",
        "hosp_prep_flag": "0",
        "bas_medn_flag": "1" if item.basic else "0",
        "hi_nego_drug_flag": "1" if item.negotiated else "0",
        "chld_medc_flag": "0",
    }
