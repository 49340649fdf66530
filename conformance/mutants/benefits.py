"""Known-bad platforms: benefits worked out wrongly at the insured place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from attrs import evolve

from conformance.mutants import build
from conformance.mutants.amounts import HEADS
from conformance.mutants.build import Message
from conformance.mutants.known import known
from sim.benefits import Accumulators, Case, Filing, Policy, policy_for, with_readings
from sim.benefits.change import replaced, without
from sim.benefits.mechanisms import MECHANISMS, bands
from sim.benefits.sheet import Band, Rule, Sheet
from sim.money import take
from sim.platform.context import Context
from sim.platform.insured.entitlement import balance_of, family_of, person_of
from sim.platform.records import ACCOUNTS, USED, Account, Used
from sim.platform.reference import Reference, reference
from sim.platform.setting import Handler

DEDUCTIBLES = tuple(name for name in MECHANISMS if name.startswith("deductible_"))


def _used(context: Context) -> Used | None:
    data = context.node()
    day = context.relay["case"]["on"]
    return context.store.get(USED, data["psn_no"], data["insutype"], int(str(day)[:4]))


@known("OUT-005", "exact.deductible")
def deductible_charged_twice() -> Reference:
    """Every visit begins a deductible of its own: what was already charged this year is forgotten."""

    def forgetting(handler: Handler) -> Handler:
        def run(context: Context) -> Any:
            used = _used(context)
            if used is None:
                return handler(context)
            fresh = evolve(used.accumulators, outpatient_deductible=0)
            context.store.put(USED, evolve(used, accumulators=fresh))
            output = handler(context)
            if context.infno.startswith("2206"):
                context.store.put(USED, used)
            return output

        return run

    return build.with_insured(HEADS, forgetting)


@known("OUT-021", "exact.funds")
def out_of_town_reduction_ignored() -> Reference:
    """Out-of-town visits are paid as at home."""
    return build.reading_cases_as(build.at_home)


@known("OUT-002", "exact.funds")
def retired_paid_as_working() -> Reference:
    """Retired people get the benefits of working ones."""
    return build.reading_cases_as(lambda case: evolve(case, retired=False))


@known("OUT-005", "exact.counters")
def counters_not_moved() -> Reference:
    """Settlements are not counted towards the year."""

    def forgetting(handler: Handler) -> Handler:
        def run(context: Context) -> Any:
            used = _used(context)
            output = handler(context)
            year = int(str(context.relay["case"]["on"])[:4])
            data = context.node()
            kept = used or Used(data["psn_no"], data["insutype"], year, Accumulators(year))
            context.store.put(USED, kept)
            return output

        return run

    return build.with_insured(("2207",), forgetting)


@known("OUT-006", "amounts.L4")
def price_limit_ignored() -> Reference:
    """What is above the price limit is treated as in scope."""

    def change(_: Context, message: Message) -> None:
        for line in message["input"]["relay"]["lines"]:
            line["limit"] = 10**12

    return build.with_insured(("2204", "2206", "2207"), lambda handler: build.before(handler, change))


def _settling_by(change: Callable[[Policy], Policy]) -> Reference:
    """The reference with every policy changed."""

    def policies(admdvs: str, insutype: str, on: date) -> Policy:
        return change(policy_for(admdvs, insutype, on))

    return reference(policies=policies)


def _misread(**given: Any) -> Reference:
    return build.reading_cases_as(lambda case: evolve(case, **given))


@known("INP-001", "exact.deductible")
def no_deductible() -> Reference:
    """No deductible is charged."""
    return _settling_by(lambda policy: without(policy, *DEDUCTIBLES))


@known("INP-013", "exact.funds")
def band_edge_off() -> Reference:
    """The edges of bands lie a yuan higher."""

    def shifted(sheet: Sheet, rule: Rule) -> None:
        moved = tuple(
            Band(b.start + 100 if b.start else 0, None if b.end is None else b.end + 100, b.ratio) for b in rule.bands
        )
        bands(sheet, evolve(rule, bands=moved))

    return _settling_by(lambda policy: replaced(policy, "bands", shifted))


@known("INP-014", "exact.funds")
def cap_ignored() -> Reference:
    """The pool pays beyond its cap."""

    def uncapped(sheet: Sheet, rule: Rule) -> None:
        numbers = {name: value for name, value in rule.numbers.items() if name not in ("cap", "disease_cap")}
        MECHANISMS["pool_payment"].apply(sheet, evolve(rule, numbers=numbers))

    return _settling_by(lambda policy: replaced(policy, "pool_payment", uncapped))


@known("INP-014", "exact.funds")
def cap_applied_to_costs() -> Reference:
    """The cap limits the cost, not the payment."""

    def capped(sheet: Sheet, rule: Rule) -> None:
        left = rule.numbers.get("cap", sheet.cost)
        parts = []
        for amount, ratio in sheet.parts:
            parts.append((min(amount, left), ratio))
            left -= parts[-1][0]
        sheet.parts = parts
        MECHANISMS["pool_payment"].apply(sheet, rule)

    return _settling_by(lambda policy: replaced(policy, "pool_payment", capped))


@known("INP-001", "exact.funds")
def rounded_each_band() -> Reference:
    """Every band is rounded by itself, and a fen is lost or won."""

    def down(sheet: Sheet, rule: Rule) -> None:
        sheet_parts = [(amount - amount % 100, ratio) for amount, ratio in sheet.parts]
        sheet.parts = sheet_parts
        MECHANISMS["pool_payment"].apply(sheet, rule)

    return _settling_by(lambda policy: replaced(policy, "pool_payment", down))


@known("INP-005", "exact.funds")
def unfiled_paid_as_referred() -> Reference:
    """People without a filing are paid like those who were referred."""
    return build.reading_cases_as(lambda case: evolve(case, filing=Filing.REFERRAL) if _away(case) else case)


def _away(case: Case) -> bool:
    return case.filing is not Filing.LOCAL


@known("INP-006", "exact.funds")
def filed_paid_as_unfiled() -> Reference:
    """People with a filing are reduced like those without."""
    return build.reading_cases_as(lambda case: evolve(case, filing=Filing.UNFILED) if _away(case) else case)


@known("OUT-009", "exact.funds")
def emergency_not_recognised() -> Reference:
    """An emergency without a filing is paid as unfiled."""
    return build.reading_cases_as(
        lambda case: evolve(case, filing=Filing.UNFILED) if case.filing is Filing.EMERGENCY else case
    )


@known("OUT-025", "exact.funds")
def every_hospital_is_tertiary() -> Reference:
    """The ratios of the highest level are used everywhere."""
    return _misread(level="L3")


@known("INP-023", "exact.deductible")
def second_stay_pays_the_first_deductible() -> Reference:
    """A second stay of the year bears the deductible of a first one."""

    def forgetting(handler: Handler) -> Handler:
        def run(context: Context) -> Any:
            used = _used(context)
            if used is not None:
                fresh = evolve(used.accumulators, stays=0, inpatient_deductible=0)
                context.store.put(USED, evolve(used, accumulators=fresh))
            output = handler(context)
            if used is not None and context.infno == "2303":
                context.store.put(USED, used)
            return output

        return run

    return build.with_insured(("2303", "2304"), forgetting)


@known("INP-001", "exact.counters")
def stays_not_counted() -> Reference:
    """Settlements of stays are not counted towards the year."""

    def forgetting(handler: Handler) -> Handler:
        def run(context: Context) -> Any:
            used = _used(context)
            output = handler(context)
            year, data = int(str(context.relay["case"]["on"])[:4]), context.node()
            context.store.put(USED, used or Used(data["psn_no"], data["insutype"], year, Accumulators(year)))
            return output

        return run

    return build.with_insured(("2304",), forgetting)


@known("OUT-008", "exact.lines")
def approval_ignored() -> Reference:
    """Restricted items are own pay although the hospital approved them."""

    def change(_: Context, message: Message) -> None:
        for row in message["input"]["feedetail"]:
            row["hosp_appr_flag"] = "2"

    return build.with_treatment(("2204", "2301"), lambda handler: build.before(handler, change))


@known("FIL-004", "exact.funds")
def referral_has_no_effect() -> Reference:
    """A referral filed at a hospital changes nothing."""
    return build.reading_cases_as(
        lambda case: evolve(case, filing=Filing.UNFILED) if case.filing is Filing.REFERRAL else case
    )


@known("INP-036", "exact.funds")
def civil_supplement_left_out() -> Reference:
    """A civil servant gets no supplement."""
    return _settling_by(lambda policy: without(policy, "civil_servant_bands"))


@known("INP-037", "exact.funds")
def civil_supplement_for_everybody() -> Reference:
    """The civil servants' supplement is paid to whoever is none."""

    def for_all(sheet: Sheet, rule: Rule) -> None:
        sheet.case = evolve(sheet.case, civil_servant=True)
        MECHANISMS["civil_servant_bands"].apply(sheet, rule)

    return _settling_by(lambda policy: replaced(policy, "civil_servant_bands", for_all))


@known("INP-038", "exact.funds")
def civil_supplement_before_the_large_amount() -> Reference:
    """The supplement is taken first, and the large-amount fund pays a share of what that leaves."""
    waiting: dict[int, Rule] = {}

    def later(sheet: Sheet, rule: Rule) -> None:
        if sheet.case.civil_servant:
            waiting[id(sheet)] = rule
        else:
            MECHANISMS["large_amount"].apply(sheet, rule)

    def first(sheet: Sheet, rule: Rule) -> None:
        MECHANISMS["civil_servant_bands"].apply(sheet, rule)
        large = waiting.pop(id(sheet), None)
        if large is not None:
            sheet.pay(large.payer(), take(sheet.cost - sheet.paid, large.numbers["ratio"]), "large")

    return _settling_by(lambda policy: replaced(replaced(policy, "large_amount", later), "civil_servant_bands", first))


@known("INP-039", "exact.funds")
def need_ignored() -> Reference:
    """Critical-illness insurance pays people in need on the ordinary terms."""
    return _misread(needy=False)


@known("INP-040", "exact.funds")
def everybody_in_need() -> Reference:
    """Critical-illness insurance pays everybody on the terms of people in need."""
    return _misread(needy=True)


@known("INP-039", "exact.funds")
def critical_illness_without_deductible() -> Reference:
    """Critical-illness insurance pays from the first yuan that is left."""

    def at_once(sheet: Sheet, rule: Rule) -> None:
        numbers = {**rule.numbers, "deductible": 0}
        MECHANISMS["critical_illness"].apply(sheet, evolve(rule, numbers=numbers))

    return _settling_by(lambda policy: replaced(policy, "critical_illness", at_once))


@known("INP-041", "exact.funds")
def first_self_pay_out_of_town_forgotten() -> Reference:
    """The share that an unfiled person bears first is not taken."""
    return _settling_by(lambda policy: without(policy, "out_of_town_first_self_pay"))


@known("OUT-026", "exact.person")
def family_account_ignored() -> Reference:
    """The account of a family member is not asked, and with it not the person's own: all is cash."""
    return _settling_by(lambda policy: with_readings(policy, mutual_aid="none"))


@known("OUT-027", "exact.person")
def family_account_overdrawn() -> Reference:
    """The family member's account pays whatever is left, however little it holds."""

    def unlimited(handler: Handler) -> Handler:
        def run(context: Context) -> Any:
            person = person_of(context, context.node()["psn_no"])
            member = family_of(context, person)
            if member is None:
                return handler(context)
            held = balance_of(context, member)
            kept = context.store.get(ACCOUNTS, member.psn_no, member.insutype)
            account = kept or Account(member.psn_no, member.insutype, held)
            context.store.put(ACCOUNTS, evolve(account, balance=10**9))
            output = handler(context)
            context.store.put(ACCOUNTS, account)
            return output

        return run

    return build.with_insured(HEADS, unlimited)


@known("OUT-026", "life.family")
def family_account_not_charged() -> Reference:
    """What the family member's account pays stays in it."""

    def forgetting(handler: Handler) -> Handler:
        def run(context: Context) -> Any:
            member = family_of(context, person_of(context, context.node()["psn_no"]))
            if member is None:
                return handler(context)
            account = Account(member.psn_no, member.insutype, balance_of(context, member))
            output = handler(context)
            context.store.put(ACCOUNTS, account)
            return output

        return run

    return build.with_insured(("2207",), forgetting)


@known("CRO-003", "exact.funds")
def treated_as_if_at_home() -> Reference:
    """It makes no difference in which province somebody is treated."""
    return _misread(treated_in="", filing=Filing.LOCAL)
