"""Care of a filed chronic or special disease (门诊慢特病): whether it may be settled, and what was bought under it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sim.platform.chronic import MED_TYPES, settled_across
from sim.platform.context import Context
from sim.platform.filings import CHRONIC_DESIGNATION, Filed, filings_of, in_effect
from sim.platform.insured.entitlement import person_of
from sim.platform.people import Person
from sim.platform.records import CLAIMS
from sim.platform.refusal import refuse


def chronic_filing(context: Context, person: Person, treatment: Mapping[str, Any]) -> Filed:
    """The filing under which a treatment runs. Refuses one that has none, with what is missing.

    The disease must be filed, approved, valid on the day, settled across provinces if the treatment is; and a person
    who has designated institutions in the place of treatment for such care is treated there.
    """
    disease, on = str(treatment["dise_codg"]), date.fromisoformat(treatment["on"])
    mine = [f for f in filings_of(context.store, person) if f.type == "chronic" and f.subject == disease]
    states = {f: f.state_at(context.now, context.setting.readings) for f in mine}
    approved = [filing for filing in mine if states[filing] == "approved"]
    valid = next((filing for filing in approved if filing.holds(on, on)), None)
    if valid is not None:
        if str(context.relay["from"]) != context.code and not settled_across(disease, on):
            raise refuse("chronic.not_across", value=disease)
        _check_designated(context, person, on)
        return valid
    if approved:
        raise refuse("chronic.not_valid", value=disease, on=on)
    if "submitted" in states.values():
        raise refuse("chronic.not_approved", value=disease)
    raise refuse("person.no_chronic", value=disease)


def _check_designated(context: Context, person: Person, on: date) -> None:
    institutions, readings = context.setting.institutions, context.setting.readings
    chosen = {
        filing.subject
        for filing in in_effect(context.store, person, "designated", context.now, readings)
        if filing.biz_appy_type == CHRONIC_DESIGNATION
        and filing.holds(on, on)
        and institutions[filing.subject].province == context.relay["from"]
    }
    if chosen and context.sender not in chosen:
        raise refuse("chronic.not_designated", code=context.sender, chosen=", ".join(sorted(chosen)))


def medication(context: Context) -> dict[str, Any]:
    """5205: the drugs of valid settlements of chronic disease care in a period, wherever they were bought."""
    data = context.node()
    person = person_of(context, data["psn_no"])
    first = datetime.fromisoformat(data["begntime"])
    last = datetime.fromisoformat(data["endtime"]) if data.get("endtime") else context.now
    if last < first:
        raise refuse("period.ends_early", ends=data["endtime"], begins=data["begntime"])
    claims = [
        claim
        for claim in context.store.find(CLAIMS, "person", person.psn_no, person.insutype)
        if claim.state == "valid" and claim.med_type in MED_TYPES
    ]
    return {
        "feedetail": [
            {**row, "psn_no": person.psn_no, "fixmedins_code": claim.fixmedins_code}
            for claim in sorted(claims, key=lambda claim: (claim.at, claim.setl_id))
            for row in claim.drugs
            if first <= datetime.fromisoformat(row["fee_ocur_time"]) <= last
        ]
    }
