"""4101, 4101A: the settlement list (医疗保障基金结算清单), checked against the settlement that it is of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sim.money import parse, show
from sim.platform.context import Context
from sim.platform.office_records import SETTLEMENT_LISTS, SettlementList
from sim.platform.records import SETTLEMENTS, VISITS, Settlement, Visit
from sim.platform.refusal import refuse

WHOSE = ("psn_no", "mdtrt_id", "setl_id")
"""What every row of a node that names them must name."""
MAIN = "1"
"""maindiag_flag of the main diagnosis."""


def upload(context: Context) -> dict[str, Any]:
    """Keep the list of a settlement. Sent again it takes the place of the one before, under the same number."""
    info = context.node("setlinfo")
    settlement, visit = _settlement(context, info)
    _check_days(info, settlement, visit)
    _check_funds(context.rows("payinfo"), settlement)
    _check_diagnoses(context.rows("diseinfo"))
    for name in ("bldinfo", "icuinfo", "oprninfo"):
        for row in context.rows(name):
            for whose in WHOSE:
                if row.get(whose) and row[whose] != info[whose]:
                    raise refuse("list.other", node=name, field=whose, value=row[whose])
    before = context.store.get(SETTLEMENT_LISTS, settlement.setl_id)
    kept = SettlementList(
        setl_id=settlement.setl_id,
        setl_list_id=before.setl_list_id if before is not None else f"{context.store.next('settlement_list'):09d}",
        fixmedins_code=context.sender,
        at=context.now,
        nodes=dict(context.message["input"]),
    )
    context.store.put(SETTLEMENT_LISTS, kept)
    return {"data": {"setl_list_id": kept.setl_list_id}}


def _settlement(context: Context, info: Mapping[str, Any]) -> tuple[Settlement, Visit]:
    """The settlement and visit that the list names: this institution's, this person's, standing."""
    found = context.store.get(SETTLEMENTS, info["setl_id"])
    if found is None or found.fixmedins_code != context.sender or found.state in ("pending", "reversing", "reversed"):
        raise refuse("settlement.unknown", setl_id=info["setl_id"])
    if found.mdtrt_id != info["mdtrt_id"]:
        raise refuse("list.other_visit", setl_id=found.setl_id, mdtrt_id=info["mdtrt_id"])
    visit = context.store.get(VISITS, found.mdtrt_id)
    if visit is None or visit.psn_no != info["psn_no"]:
        raise refuse("visit.other_person", mdtrt_id=found.mdtrt_id, psn_no=info["psn_no"])
    if found.state != "valid":
        raise refuse("settlement.cancelled", setl_id=found.setl_id)
    return found, visit


def _check_days(info: Mapping[str, Any], settlement: Settlement, visit: Visit) -> None:
    """The list's days are the visit's: admission and discharge, or first and last day of what was settled."""
    begins = visit.begins.date()
    ends = visit.ends.date() if visit.ends is not None and settlement.final else settlement.at.date()
    expected = {"setl_begn_date": begins, "setl_end_date": ends}
    if visit.kind == "inpatient":
        expected["adm_time"] = begins
        if visit.ends is not None:
            expected["dscg_time"] = visit.ends.date()
    else:
        expected["opsp_mdtrt_date"] = begins
    for name, day in expected.items():
        given = info.get(name) or ""
        if given and given[:10] != str(day):
            raise refuse("list.day", field=name, value=given, day=str(day))


def _check_funds(rows: Sequence[Mapping[str, Any]], settlement: Settlement) -> None:
    """What each fund paid is what the settlement printed; a fund that paid nothing may be left out."""
    ours, theirs = Counter[str](), Counter[str]()
    for row in settlement.detail:
        ours[row["fund_pay_type"]] += parse(row["fund_payamt"])
    for row in rows:
        theirs[row["fund_pay_type"]] += parse(row["fund_payamt"])
    for fund in sorted({*ours, *theirs}):
        if ours[fund] != theirs[fund]:
            raise refuse("list.fund", fund=fund, value=show(theirs[fund]), settled=show(ours[fund]))


def _check_diagnoses(rows: Sequence[Mapping[str, Any]]) -> None:
    """Exactly one main diagnosis of each kind that is listed, and none listed twice."""
    seen = Counter((row["diag_type"], row["diag_code"]) for row in rows)
    twice = next((code for (_, code), count in seen.items() if count > 1), None)
    if twice is not None:
        raise refuse("list.diagnosis_twice", code=twice)
    mains = Counter(row["diag_type"] for row in rows if row["maindiag_flag"] == MAIN)
    wrong = next((kind for kind in sorted({row["diag_type"] for row in rows}) if mains[kind] > 1), None)
    if wrong is not None or not mains:
        raise refuse("list.main_diagnosis", count=sum(mains.values()))
