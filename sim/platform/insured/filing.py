"""Filings at the insured place: 2501 to 2506, and the queries that show them (5301, 5302, 5304)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from attrs import evolve

from sim.interface.envelope import datetime19
from sim.platform.chronic import MED_TYPES, is_code, name_of
from sim.platform.context import Context
from sim.platform.filings import (
    CHANGE_MONTHS,
    FILED,
    REGISTERS,
    TEMPORARY_MONTHS,
    Filed,
    filings_of,
    in_effect,
    months_later,
)
from sim.platform.insured.entitlement import person_of, standing
from sim.platform.people import Person
from sim.platform.records import CLAIMS
from sim.platform.refusal import refuse
from sim.platform.regions import province_of

Output = dict[str, Any]
WITHDRAWS = {"2502": ("transfer",), "2504": ("chronic",), "2506": ("designated", "out_of_town")}
"""The types of filing that each transaction withdraws."""
DECIDED = ("chronic", "designated", "out_of_town")
"""Types that cannot be withdrawn by the hospital any more once they are approved (or, at once valid, used)."""


def day(data: Mapping[str, Any], name: str) -> date | None:
    """A date of a message; a time of day behind it is cut off."""
    text = str(data.get(name) or "")
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError:
        raise refuse("time.impossible", value=text) from None


def _days(data: Mapping[str, Any], first: date | None = None) -> tuple[date, date | None]:
    begins = day(data, "begndate") or first
    if begins is None:
        raise refuse("filing.no_begin")
    ends = day(data, "enddate")
    if ends is not None and ends < begins:
        raise refuse("filing.ends_early", ends=ends, begins=begins)
    return begins, ends


def temporary_end(begins: date) -> date:
    """The last day of a temporary filing that names none."""
    return months_later(begins, TEMPORARY_MONTHS) - timedelta(days=1)


def transfer(context: Context) -> Output:
    """2501: a transfer to another hospital; in another province it is the referral filing. In effect at once."""
    data = context.node("refmedin")
    person = _filing_person(context, data)
    refl_date = day(data, "refl_date")
    begins, ends = _days(data, refl_date)
    filing = Filed(
        trt_dcla_detl_sn="",
        type="transfer",
        psn_no=person.psn_no,
        insutype=person.insutype,
        state="approved",
        at=context.now,
        from_day=begins,
        to_day=ends or temporary_end(begins),
        fixmedins_code=context.sender,
        subject=data["reflin_medins_no"],
        category="referral",
        destination=province_of(data["mdtrtarea_admdvs"]),
        content={**data, **_operator(context)},
    )
    return _answer(add(context, person, filing))


def chronic(context: Context) -> Output:
    """2503: a chronic disease as a hospital has identified it; the insured place approves it."""
    data = context.node()
    person = _filing_person(context, data)
    code = str(data["opsp_dise_code"])
    if not is_code(code):
        raise refuse("chronic.unknown", value=code)
    identified = day(data, "hosp_ide_date")
    if identified is not None and identified > context.now.date():
        raise refuse("chronic.identified_later", value=identified)
    begins, ends = _days(data)
    filing = Filed(
        trt_dcla_detl_sn="",
        type="chronic",
        psn_no=person.psn_no,
        insutype=person.insutype,
        state="submitted",
        at=context.now,
        from_day=begins,
        to_day=ends,
        fixmedins_code=context.sender,
        subject=code,
        content={**data, **_operator(context)},
    )
    return _answer(add(context, person, filing))


def designate(context: Context) -> Output:
    """2505: the institution a person has chosen; with biz_appy_type 06 to 08 an out-of-town filing from the desk."""
    data = context.node()
    person = _filing_person(context, data)
    begins, ends = _days(data)
    category = REGISTERS.get(str(data["biz_appy_type"]), "")
    destination = context.setting.institutions[data["fixmedins_code"]].province
    if category and destination == context.code:
        raise refuse("filing.at_home", value=destination)
    if category and category != "long_term" and ends is None:
        ends = temporary_end(begins)
    filing = Filed(
        trt_dcla_detl_sn="",
        type="out_of_town" if category else "designated",
        psn_no=person.psn_no,
        insutype=person.insutype,
        state="approved" if category else "submitted",
        at=context.now,
        from_day=begins,
        to_day=ends,
        fixmedins_code=context.sender,
        subject=data["fixmedins_code"],
        biz_appy_type=data["biz_appy_type"],
        category=category,
        destination=destination if category else "",
        content={**data, **_operator(context)},
    )
    return _answer(add(context, person, filing))


def add(context: Context, person: Person, filing: Filed) -> Filed:
    """Number a filing and keep it. Refuses one that another stands in the way of."""
    for other in filings_of(context.store, person):
        if other.type != filing.type or other.state_at(context.now, context.setting.readings) in _GONE:
            continue
        if not other.overlaps(filing.from_day, filing.to_day):
            continue
        same = other.subject == filing.subject and other.biz_appy_type == filing.biz_appy_type
        if filing.type == "out_of_town":
            same = other.category == filing.category and other.destination == filing.destination
            earliest = months_later(other.from_day, CHANGE_MONTHS)
            if "long_term" == filing.category == other.category and not same and filing.from_day < earliest:
                raise refuse("filing.too_soon", sn=other.trt_dcla_detl_sn, earliest=earliest)
        if same:
            raise refuse("filing.exists", sn=other.trt_dcla_detl_sn, begins=other.from_day)
        if filing.type == "designated" and _place_in_order(other) == _place_in_order(filing):
            raise refuse("filing.order_taken", order=filing.content["fix_srt_no"], sn=other.trt_dcla_detl_sn)
    numbered = evolve(filing, trt_dcla_detl_sn=context.number("filing"))
    context.store.put(FILED, numbered)
    return numbered


_GONE = ("withdrawn", "declined")


def withdraw(context: Context) -> Output:
    """2502, 2504, 2506: by the institution that filed. The latter two only before the insured place approves."""
    data = context.node()
    person = person_of(context, data["psn_no"])
    number = str(data["trt_dcla_detl_sn"])
    filing = context.store.get(FILED, number)
    if filing is None:
        raise refuse("filing.unknown", sn=number)
    if filing.psn_no != person.psn_no:
        raise refuse("filing.other_person", sn=number, psn_no=person.psn_no)
    if filing.type not in WITHDRAWS[context.infno]:
        raise refuse("filing.other_kind", sn=number, infno=context.infno)
    if filing.fixmedins_code != context.sender:
        raise refuse("filing.other_institution", sn=number)
    readings = context.setting.readings
    state = filing.state_at(context.now, readings)
    if state in _GONE:
        raise refuse(f"filing.{state}", sn=number)
    if filing.type in DECIDED and state == "approved":
        if not readings.filings_at_once:
            raise refuse("filing.approved", sn=number)
        if _used(context, person, filing):
            raise refuse("filing.used", sn=number)
    context.store.put(FILED, evolve(filing, state="withdrawn", decided_at=context.now))
    return {}


def _used(context: Context, person: Person, filing: Filed) -> bool:
    """Whether a valid settlement drew on it."""
    for claim in context.store.find(CLAIMS, "person", person.psn_no, filing.insutype):
        if claim.state != "valid" or claim.at < filing.at:
            continue
        if filing.type == "chronic" and claim.filing == filing.trt_dcla_detl_sn:
            return True
        if filing.type == "designated" and claim.fixmedins_code == filing.subject and claim.med_type in MED_TYPES:
            return True
        if filing.type == "out_of_town" and claim.treated_in == filing.destination:
            return True
    return False


def chronic_filings(context: Context) -> Output:
    """5301: the approved chronic disease filings of a person."""
    person = person_of(context, context.node()["psn_no"])
    found = in_effect(context.store, person, "chronic", context.now, context.setting.readings)
    return {
        "feedetail": [
            {
                "opsp_dise_code": filing.subject,
                "opsp_dise_name": filing.content.get("opsp_dise_name") or name_of(filing.subject),
                "begndate": filing.from_day.isoformat(),
                "enddate": _shown(filing.to_day),
            }
            for filing in found
        ]
    }


def designations(context: Context) -> Output:
    """5302: the approved designated institutions of a person for one kind of business, in the person's own order."""
    data = context.node()
    person = person_of(context, data["psn_no"])
    types = ("designated", "out_of_town")
    found = [
        filing
        for filing in filings_of(context.store, person)
        if filing.type in types
        and filing.trt_dcla_detl_sn
        and filing.biz_appy_type == data["biz_appy_type"]
        and filing.state_at(context.now, context.setting.readings) == "approved"
    ]
    return {
        "psnfixmedin": [
            {
                "psn_no": person.psn_no,
                "insutype": filing.insutype,
                "fix_srt_no": filing.content["fix_srt_no"],
                "fixmedins_code": filing.subject,
                "fixmedins_name": filing.content["fixmedins_name"],
                "begndate": filing.from_day.isoformat(),
                "enddate": _shown(filing.to_day),
                "memo": filing.content.get("memo") or "",
            }
            for filing in sorted(found, key=lambda filing: (_place_in_order(filing)[1], filing.trt_dcla_detl_sn))
        ]
    }


KEPT = ("tel", "addr", "diag_code", "diag_name", "dise_cond_dscr", "reflin_medins_no", "reflin_medins_name", "refl_rea")
"""Fields of 2501 that 5304 prints as they were sent."""


def transfers(context: Context) -> Output:
    """5304: the transfers of a person whose day of transfer lies in a period."""
    data = context.node()
    person = person_of(context, data["psn_no"])
    first, last = day(data, "begntime"), day(data, "endtime") or context.now.date()
    if first is None or last < first:
        raise refuse("period.ends_early", ends=data.get("endtime"), begins=data["begntime"])
    found = in_effect(context.store, person, "transfer", context.now, context.setting.readings)
    return {
        "refmedin": [
            {
                "insutype": filing.insutype,
                "dcla_souc": filing.channel,
                "psn_no": person.psn_no,
                "psn_cert_type": person.psn_cert_type,
                "certno": person.certno,
                "psn_name": person.psn_name,
                "gend": person.gend,
                "brdy": person.brdy.isoformat(),
                "insu_optins": person.insuplc_admdvs,
                **{name: filing.content.get(name) or "" for name in KEPT},
                "out_flag": "1" if filing.destination != context.code else "0",
                "refl_date": str(filing.content["refl_date"])[:10],
                "begndate": filing.from_day.isoformat(),
                "enddate": _shown(filing.to_day),
                "hosp_agre_refl_flag": filing.content.get("hosp_agre_refl_flag") or "1",
                **{name: filing.content[name] for name in ("opter_id", "opter_name", "opt_time")},
            }
            for filing in found
            if first <= date.fromisoformat(str(filing.content["refl_date"])[:10]) <= last
        ]
    }


def _filing_person(context: Context, data: Mapping[str, Any]) -> Person:
    person = standing(context, data)
    if data.get("insu_optins") and data["insu_optins"] != person.insuplc_admdvs:
        raise refuse("place.not_persons", psn_no=person.psn_no, value=data["insu_optins"])
    return person


def _operator(context: Context) -> dict[str, str]:
    message = context.message
    return {
        "opter_id": str(message["opter"])[:20],
        "opter_name": str(message["opter_name"]),
        "opt_time": datetime19(_second(context.now)),
    }


def _second(at: datetime) -> datetime:
    return at.replace(microsecond=0)


def _place_in_order(filing: Filed) -> tuple[str, int]:
    number = str(filing.content["fix_srt_no"])
    return filing.biz_appy_type, int(number) if number.isdecimal() else 0


def _answer(filing: Filed) -> Output:
    return {"result": {"trt_dcla_detl_sn": filing.trt_dcla_detl_sn}}


def _shown(to_day: date | None) -> str:
    return "" if to_day is None else to_day.isoformat()
