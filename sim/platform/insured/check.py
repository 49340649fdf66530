"""2001: which funds would pay for a treatment, each with the reason when it would not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from attrs import evolve

from sim.benefits import Care, Case, Filing, Fund, Policy, funds
from sim.lang import Text, say
from sim.platform.context import Context
from sim.platform.filings import Filed
from sim.platform.identities import standing
from sim.platform.insured.benefit import case_of
from sim.platform.insured.chronic import chronic_filing
from sim.platform.insured.entitlement import ACTIVE, balance_of, person_of
from sim.platform.people import Person
from sim.platform.refusal import Refused, refuse

FUND_CHECK = "01"
"""trt_chk_type of a check by fund."""
EMPLOYEE = "310"
"""insutype that has personal accounts."""
ACCOUNT, NOTHING = "account", "nothing"
"""The account's key among the funds, and what a policy says where it pays nothing."""


def check(context: Context) -> dict[str, Any]:
    """One row a fund of the person's insurance, the pools first, the account last.

    ``trt_enjymnt_flag`` 0 promises that the fund pays nothing for such a treatment; 1 that it may.
    """
    data = context.node()
    person = person_of(context, data["psn_no"])
    if data["insutype"] != person.insutype:
        raise refuse("person.insutype", value=data["insutype"])
    treatment = context.relay["case"]
    case = case_of(context, person, treatment)
    policy = context.setting.policies(person.insuplc_admdvs, person.insutype, case.on)
    barred, filing = _barred(context, person, case, treatment)
    begins = person.psn_insu_date if filing is None else filing.from_day
    ends = "" if filing is None or filing.to_day is None else filing.to_day.isoformat()
    rows = []
    for fund, reason in _funds(policy, case, person, balance_of(context, person)):
        why = barred or reason
        note = why or (say("platform.check.unfiled") if case.filing is Filing.UNFILED else None)
        rows.append(
            {
                "psn_no": person.psn_no,
                "trt_chk_type": FUND_CHECK,
                "fund_pay_type": fund.code,
                "trt_enjymnt_flag": "0" if why else "1",
                "begndate": begins.isoformat(),
                "enddate": ends,
                "trt_chk_rslt": note.show(context.setting.lang) if note else "",
            }
        )
    return {"trtinfo": rows}


def _barred(
    context: Context, person: Person, case: Case, treatment: Mapping[str, Any]
) -> tuple[Text | None, Filed | None]:
    """Why nothing would pay at all, and the chronic disease filing that the treatment draws on."""
    if person.psn_insu_stas != ACTIVE:
        return say("platform.person.suspended", psn_no=person.psn_no, value=person.psn_insu_stas), None
    first = date.fromisoformat(treatment["begins"])
    if first < person.psn_insu_date:
        return say("platform.check.before_insurance", on=first, since=person.psn_insu_date), None
    if case.care is not Care.CHRONIC:
        return None, None
    try:
        return None, chronic_filing(context, person, treatment)
    except Refused as refusal:
        return refusal.text, None


def _funds(policy: Policy, case: Case, person: Person, balance: int) -> Iterator[tuple[Fund, Text | None]]:
    """Every fund of the policy in its order, with the reason why it pays nothing here, or None."""
    paying = {fund.key for fund in _of_care(policy, case)}
    seen: set[str] = set()
    for care in (case.care, *Care):
        for fund in _of_care(policy, evolve(case, care=care)):
            if fund.key in seen:
                continue
            seen.add(fund.key)
            yield fund, _personal(fund, person, case.on) or (None if fund.key in paying else _not_covered(case))
    if person.insutype == EMPLOYEE:
        reason = None
        if policy.account == NOTHING:
            reason = say("platform.check.account_closed")
        elif balance <= 0:
            reason = say("platform.check.account_empty")
        yield funds()[ACCOUNT], reason


def _of_care(policy: Policy, case: Case) -> list[Fund]:
    return [rule.fund for _, rule in policy.plan(case).moves if rule.fund is not None]


def _personal(fund: Fund, person: Person, on: date) -> Text | None:
    """Funds that pay for some people only, and only on some days."""
    if fund.key == "civil_servant" and person.cvlserv_flag != "1":
        return say("platform.check.not_civil_servant")
    if fund.key == "medical_aid" and not standing(person.held, on).groups:
        return say("platform.check.not_needy")
    return None


def _not_covered(case: Case) -> Text:
    return say("platform.check.not_covered", care=case.care.value)
