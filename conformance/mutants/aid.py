"""Known-bad platforms: medical assistance (医疗救助) worked out, counted or printed wrongly."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from attrs import evolve, frozen

from conformance.mutants import build
from conformance.mutants.amounts import STAY_HEADS
from conformance.mutants.build import Output
from conformance.mutants.known import known
from sim.benefits import Policy, policy_for
from sim.benefits.case import GROUPS
from sim.benefits.change import replaced
from sim.benefits.mechanisms import MECHANISMS
from sim.benefits.sheet import Rule, Sheet
from sim.money import take
from sim.platform.context import Context
from sim.platform.identities import standing
from sim.platform.insured.entitlement import person_of
from sim.platform.people import People, Person, persons
from sim.platform.records import USED
from sim.platform.reference import Reference, reference
from sim.platform.setting import Handler

AID_FUND = "610100"
"""fund_pay_type of medical assistance."""


def _settling_by(change: Callable[[Policy], Policy]) -> Reference:
    """The reference with every policy changed."""
    return reference(policies=lambda admdvs, insutype, on: change(policy_for(admdvs, insutype, on)))


def _aiding(mechanism: Callable[[Sheet, Rule], None]) -> Reference:
    return _settling_by(lambda policy: replaced(policy, "medical_aid", mechanism))


@frozen(slots=False)
class _Taking:
    """A party as its handler sees it, that takes people for others than they are."""

    party: Any
    people: People

    def __getattr__(self, name: str) -> Any:
        return getattr(self.party, name)

    @property
    def setting(self) -> Any:
        return evolve(self.party.setting, people=self.people)


def _settled_as(change: Callable[[Person], Person]) -> Reference:
    """The reference that shows a person as he is, and settles stays as if he were another."""
    taken = People(change(person) for person in persons())

    def mistaking(handler: Handler) -> Handler:
        def run(context: Context) -> Any:
            party: Any = _Taking(context.party, taken)
            return handler(evolve(context, party=party))

        return run

    return build.with_insured(STAY_HEADS, mistaking)


@known("INP-044", "exact.funds")
def aid_of_an_identity_that_ended() -> Reference:
    """An identity that has ended is aided as if it went on."""
    return _settled_as(
        lambda person: evolve(person, identities=tuple(evolve(one, to_day=None) for one in person.identities))
    )


@known("INP-042", "exact.funds")
def aid_of_no_identity() -> Reference:
    """Identities give no medical aid at all."""
    return _settled_as(lambda person: evolve(person, identities=()))


@known("INP-047", "exact.funds")
def aid_of_the_first_identity() -> Reference:
    """Of two identities the first one printed counts, not the better one."""
    return _settled_as(lambda person: evolve(person, identities=person.identities[:1]))


@known("INP-048", "exact.funds")
def need_by_the_general_code_only() -> Reference:
    """Only the code 23 gives the terms of need, not those under it."""

    def misread(person: Person) -> Person:
        aided = any(standing((one,), one.from_day).groups for one in person.identities)
        return evolve(person, identities=()) if aided and person.insuplc_admdvs != "150900" else person

    return _settled_as(misread)


@known("INP-042", "exact.funds")
def aid_of_the_next_better_group() -> Reference:
    """The group is taken one too high: those on minimum allowance are aided like the destitute."""
    better = dict(zip(GROUPS[1:], (*GROUPS[2:], GROUPS[-1]), strict=True))
    return build.reading_cases_as(lambda case: evolve(case, aid_group=better.get(case.aid_group, case.aid_group)))


@known("INP-042", "exact.funds")
def aid_on_the_whole_cost() -> Reference:
    """Medical aid pays its share of the whole cost in scope instead of what the other funds leave."""

    def on_all(sheet: Sheet, rule: Rule) -> None:
        pay = min(take(sheet.cost, rule.numbers["ratio"]), sheet.cost - sheet.paid)
        sheet.pay(rule.payer(), pay, "aid_paid")

    return _aiding(on_all)


@known("INP-042", "exact.funds")
def aid_before_critical_illness() -> Reference:
    """Medical aid comes before critical-illness insurance, which then pays on what the aid leaves."""
    waiting: dict[int, Rule] = {}

    def later(sheet: Sheet, rule: Rule) -> None:
        if sheet.case.aid_group == GROUPS[0]:
            MECHANISMS["critical_illness"].apply(sheet, rule)
        else:
            waiting[id(sheet)] = rule

    def first(sheet: Sheet, rule: Rule) -> None:
        MECHANISMS["medical_aid"].apply(sheet, rule)
        critical = waiting.pop(id(sheet), None)
        if critical is not None:
            MECHANISMS["critical_illness"].apply(sheet, critical)

    return _settling_by(lambda policy: replaced(replaced(policy, "critical_illness", later), "medical_aid", first))


@known("INP-042", "exact.counters")
def aid_not_counted() -> Reference:
    """What medical aid paid is not counted towards the year."""

    def forgetting(handler: Handler) -> Handler:
        def run(context: Context) -> Any:
            output = handler(context)
            person, day = person_of(context, context.node()["psn_no"]), date.fromisoformat(context.relay["case"]["on"])
            used = context.store.get(USED, person.psn_no, person.insutype, day.year)
            if used is not None:
                fresh = evolve(used.accumulators, aid_base=0, aid_paid=0)
                context.store.put(USED, evolve(used, accumulators=fresh))
            return output

        return run

    return build.with_insured(("2304",), forgetting)


def _printing(change: Callable[[Output, Decimal], None], *infnos: str) -> Reference:
    """The answers to settlements of stays, changed where medical aid pays: ``change(output, maf_pay)``."""

    def changed(_: Context, output: Output) -> Output:
        if output["setlinfo"]["maf_pay"]:
            change(output, output["setlinfo"]["maf_pay"])
        return output

    return build.with_treatment(infnos or STAY_HEADS, lambda handler: build.after(handler, changed))


@known("INP-042", "amounts.A2")
def aid_outside_the_fund_total() -> Reference:
    """What medical aid pays is not in the total of the funds."""

    def change(output: Output, paid: Decimal) -> None:
        output["setlinfo"]["fund_pay_sumamt"] -= paid

    return _printing(change)


@known("INP-042", "amounts.A6")
def aid_without_a_fund_row() -> Reference:
    """Medical aid has no row among the funds."""

    def change(output: Output, _: Decimal) -> None:
        output["setldetail"] = [row for row in output["setldetail"] if row["fund_pay_type"] != AID_FUND]

    return _printing(change)


@known("INP-042", "exact.funds")
def aid_printed_as_other_payment() -> Reference:
    """Medical aid is printed as another payment."""

    def change(output: Output, paid: Decimal) -> None:
        output["setlinfo"] |= {"maf_pay": Decimal("0.00"), "oth_pay": output["setlinfo"]["oth_pay"] + paid}

    return _printing(change)


@known("INP-045", "amounts.A5")
def aid_asked_in_cash_as_well() -> Reference:
    """What medical aid pays the person is asked for as well."""

    def change(output: Output, paid: Decimal) -> None:
        output["setlinfo"]["psn_part_amt"] += paid
        output["setlinfo"]["psn_cash_pay"] += paid

    return _printing(change)
