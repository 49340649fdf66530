"""What the insured place pays: splitting lines, trial and final settlement."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from attrs import frozen

from sim.benefits import COUNTERS, Accumulators, Care, Case, Filing, Line, LineShare, Policy, Settlement, split
from sim.benefits import settle as apportion
from sim.benefits.case import disease_of
from sim.money import wire
from sim.platform.catalogue import NO_LIMIT
from sim.platform.chronic import MED_TYPES
from sim.platform.context import Context
from sim.platform.filings import categories
from sim.platform.identities import standing, strongest
from sim.platform.insured import covered
from sim.platform.insured.chronic import chronic_filing
from sim.platform.insured.entitlement import balance_of, brief, entitled, family_of, person_of
from sim.platform.insured.giveback import move
from sim.platform.people import Person
from sim.platform.records import CLAIMS, USED, Claim
from sim.platform.refusal import refuse
from sim.platform.regions import province_of

EMERGENCY = ("13", "1301")
"""med_type of emergency care (急诊)."""
STRENGTH = ("long_term", "referral", "emergency", "other_temporary")
"""Of several valid filings the one that serves the person best counts."""


@frozen
class Computed:
    """A settlement as computed, and whose it is."""

    person: Person
    settlement: Settlement
    filing: str = ""


def policies_of(context: Context, person: Person) -> Callable[[date], Policy]:
    """The person's policy by day; asked once a day of a bill."""
    found: dict[date, Policy] = {}

    def policy_on(day: date) -> Policy:
        if day not in found:
            found[day] = context.setting.policies(person.insuplc_admdvs, person.insutype, day)
        return found[day]

    return policy_on


def lines_of(context: Context) -> list[tuple[Line, date]]:
    """The relayed lines, each with the day of its fee."""
    return [
        (
            Line(
                number=int(row["feedetl_sn"]),
                code=row["code"],
                chrgitm_lv=row["chrgitm_lv"],
                med_chrgitm_type=row["med_chrgitm_type"],
                price=row["price"],
                quantity=row["quantity"],
                amount=row["amount"],
                limit=None if row["limit"] == NO_LIMIT else row["limit"],
                restricted=row["restricted"],
                approved=row["approved"],
            ),
            date.fromisoformat(row["on"]),
        )
        for row in context.relay["lines"]
    ]


def split_lines(context: Context) -> dict[str, Any]:
    """2204, 2301: the four parts of each line. Class and limit came along; the first self-pay share is the pool's."""
    person = person_of(context, context.rows("feedetail")[0]["psn_no"])
    policy_on = policies_of(context, person)
    return {"result": parts(context, [split(line, policy_on(day), explain=False) for line, day in lines_of(context)])}


def parts(context: Context, shares: Sequence[LineShare]) -> list[dict[str, Any]]:
    """The parts of each relayed line as they go back."""
    return [
        {
            "feedetl_sn": row["feedetl_sn"],
            "fulamt_ownpay_amt": share.fulamt_ownpay_amt,
            "overlmt_selfpay": share.overlmt_selfpay,
            "preselfpay_amt": share.preselfpay_amt,
            "inscp_scp_amt": share.inscp_scp_amt,
            "selfpay_prop": share.selfpay_prop,
        }
        for row, share in zip(context.relay["lines"], shares, strict=True)
    ]


def filing_of(context: Context, person: Person, treatment: Mapping[str, Any]) -> Filing:
    """Under what filing the visit runs: the best that is valid on some day of it; emergency counts as filed."""
    province = str(context.relay["from"])
    if province == context.code:
        return Filing.LOCAL
    if treatment["emergency"] or treatment["med_type"] in EMERGENCY:
        return Filing.EMERGENCY
    first, last = date.fromisoformat(treatment["begins"]), date.fromisoformat(treatment["on"])
    kinds = categories(context.store, person, province, first, last, context.now, context.setting.readings)
    return next((Filing(kind) for kind in STRENGTH if kind in kinds), Filing.UNFILED)


def care_of(treatment: Mapping[str, Any]) -> Care:
    """The kind of care, from the kind of visit and its med_type."""
    if treatment["kind"] == "inpatient":
        return Care.INPATIENT
    if treatment["med_type"] in MED_TYPES:
        return Care.CHRONIC
    if treatment["kind"] == "pharmacy":
        return Care.PHARMACY
    return Care.EMERGENCY if treatment["med_type"] in EMERGENCY else Care.OUTPATIENT


def compute(context: Context) -> Computed:
    """The settlement, without a trace of it."""
    data, treatment = request(context), context.relay["case"]
    person = entitled(context, data, credential_required=treatment["kind"] != "inpatient")
    used_flag = str(data.get("acct_used_flag") or "0")
    family = family_of(context, person) if used_flag == "2" else None
    if used_flag == "2" and family is None:
        raise refuse("account.shared")
    on = date.fromisoformat(treatment["on"])
    care = care_of(treatment)
    filing = chronic_filing(context, person, treatment).trt_dcla_detl_sn if care is Care.CHRONIC else ""
    policy_on = policies_of(context, person)
    shares = [split(line, policy_on(day), explain=False) for line, day in lines_of(context)]
    case = case_of(context, person, treatment)
    if policy_on(on).year_end == "split" and case.over_new_year:
        raise refuse("settlement.split_by_year", begins=treatment["begins"], ends=treatment["on"])
    used = context.store.get(USED, person.psn_no, person.insutype, on.year)
    before = used.accumulators if used is not None else Accumulators(on.year)
    balance, family_balance = balance_of(context, person), balance_of(context, family) if family is not None else 0

    def paid(as_one_of: Case) -> Settlement:
        return apportion(
            policy_on(on),
            as_one_of,
            shares,
            before,
            balance=balance,
            use_account=used_flag == "1",
            explain=False,
            family_balance=family_balance,
            use_family=family is not None,
        )

    _, settlement = strongest(case, standing(person.held, on), paid)
    return Computed(person, settlement, filing)


def request(context: Context) -> Mapping[str, Any]:
    """The node in which a trial or settlement comes."""
    return context.node("druginfo" if context.infno in ("2101", "2102") else "data")


def case_of(context: Context, person: Person, treatment: Mapping[str, Any]) -> Case:
    """The case of a relayed treatment, for a person whom no identity helps."""
    on, province = date.fromisoformat(treatment["on"]), str(context.relay["from"])
    care = care_of(treatment)
    return Case(
        care=care,
        level=treatment["level"],
        on=on,
        retired=person.retired,
        age=person.age_on(on),
        filing=filing_of(context, person, treatment),
        civil_servant=person.cvlserv_flag == "1",
        treated_in="" if province == province_of(person.insuplc_admdvs) else province,
        disease=disease_of(treatment["dise_codg"]) if care is Care.CHRONIC else "",
        admitted=date.fromisoformat(treatment["begins"]) if care is Care.INPATIENT else None,
    )


def printed(context: Context, computed: Computed) -> dict[str, Any]:
    """The insured place's part of the answer to a trial or a settlement."""
    settlement = computed.settlement
    details = [
        {
            "fund_pay_type": row.fund_pay_type,
            "inscp_scp_amt": wire(row.inscp_scp_amt),
            "crt_payb_lmt_amt": wire(row.crt_payb_lmt_amt) if row.crt_payb_lmt_amt is not None else None,
            "fund_payamt": wire(row.fund_payamt),
            "fund_pay_type_name": row.fund_pay_type_name.show("zh"),
            "setl_proc_info": row.setl_proc_info,
        }
        for row in settlement.details
    ]
    told = {
        "setlinfo": {
            **brief(computed.person, context.now.date()),
            **settlement.head(),
        },
        "setldetail": details,
    }
    if context.infno in ("2101", "2102"):  # a pharmacy's lines come with the settlement, so their parts go back with it
        told["result"] = parts(context, settlement.shares)
    return told


def trial(context: Context) -> dict[str, Any]:
    """2206, 2303: what a settlement would give."""
    return printed(context, compute(context))


def settle(context: Context) -> dict[str, Any]:
    """2207, 2304: settle, once for a charge batch whatever is sent."""
    relay = context.relay
    mdtrt_id = str(relay.get("mdtrt_id") or request(context)["mdtrt_id"])
    earlier = context.store.find(CLAIMS, "batch", context.sender, mdtrt_id, relay["batch"])
    _refuse_second(earlier)
    computed = compute(context)
    settlement = computed.settlement
    claim = Claim(
        setl_id=relay["setl_id"],
        psn_no=computed.person.psn_no,
        insutype=computed.person.insutype,
        year=settlement.accumulators.year,
        treated_in=relay["from"],
        fixmedins_code=context.sender,
        mdtrt_id=mdtrt_id,
        batch=relay["batch"],
        made_by=context.msgid,
        at=context.now,
        state="valid",
        amounts=settlement.amounts,
        moved=moved(settlement),
        med_type=relay["case"]["med_type"],
        filing=computed.filing,
        drugs=tuple(relay.get("drugs", ())),
    )
    context.store.put(CLAIMS, claim)
    move(context, computed.person, claim, 1)
    covered.book(context, "settlement", 1, claim)
    return printed(context, computed)


def moved(settlement: Settlement) -> dict[str, int]:
    """By how much each counter moved."""
    before, after = settlement.before, settlement.accumulators
    changes = {name: getattr(after, name) - getattr(before, name) for name in COUNTERS}
    return {name: by for name, by in changes.items() if by}


def _refuse_second(earlier: Sequence[Claim]) -> None:
    for claim in earlier:
        if claim.state == "valid":
            raise refuse("settlement.done", setl_id=claim.setl_id)
