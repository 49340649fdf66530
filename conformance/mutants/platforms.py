"""The known-bad platforms: what really goes wrong in the field, one fault each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

from attrs import evolve, field, frozen

from conformance.mutants import build
from conformance.mutants.build import Message, Output
from sim.benefits import Accumulators
from sim.errors import InputError, nearest
from sim.lang import Text, say
from sim.money import parse, wire
from sim.platform.context import Context
from sim.platform.insured import INSURED
from sim.platform.people import persons
from sim.platform.readings import Readings
from sim.platform.records import CLAIMS, LINES, SETTLEMENTS, USED, Used
from sim.platform.reference import Reference, reference
from sim.platform.setting import Handler
from sim.platform.treatment import TREATMENT
from sim.platform.treatment.bill import mark

HEADS = ("2206", "2207")
FEN = Decimal("0.01")


@frozen
class Mutant:
    """A known-bad platform. ``build()`` makes a fresh one."""

    id: str
    title: Text
    build: Callable[[], Reference] = field(hash=False)


@cache
def mutants() -> tuple[Mutant, ...]:
    """All of them, by id."""
    return tuple(Mutant(name, say(f"mutant.{name}"), make) for name, make in sorted(_MAKERS.items()))


def mutant(name: str) -> Mutant:
    """One of them. Raises InputError with the nearest name."""
    found = next((one for one in mutants() if one.id == name), None)
    if found is None:
        raise InputError(say("mutant.unknown", name=name), nearest=nearest(name, _MAKERS))
    return found


# --- amounts in replies ---


def _head(change: Callable[[Context, dict[str, Any]], None]) -> Callable[[Context, Output], Output]:
    def changed(context: Context, output: Output) -> Output:
        change(context, output["setlinfo"])
        return output

    return changed


def _replying(change: Callable[[Context, dict[str, Any]], None], *infnos: str) -> Reference:
    return build.with_treatment(infnos or HEADS, lambda handler: build.after(handler, _head(change)))


def total_off_by_a_fen() -> Reference:
    """The total of a settlement is one fen more than its parts."""

    def change(_: Context, head: dict[str, Any]) -> None:
        head["medfee_sumamt"] += FEN

    return _replying(change)


def cash_includes_account() -> Reference:
    """What the account paid is asked for in cash as well."""

    def change(_: Context, head: dict[str, Any]) -> None:
        head["psn_cash_pay"] = head["psn_part_amt"]

    return _replying(change)


def final_differs_from_trial() -> Reference:
    """The settlement moves a fen from the person to the pool that its trial did not."""

    def change(_: Context, head: dict[str, Any]) -> None:
        if head["psn_cash_pay"] >= FEN:
            head["fund_pay_sumamt"] += FEN
            head["oth_pay"] += FEN
            head["psn_part_amt"] -= FEN
            head["psn_cash_pay"] -= FEN

    return _replying(change, "2207")


def fund_includes_account() -> Reference:
    """The account's part is counted among the funds."""

    def change(_: Context, head: dict[str, Any]) -> None:
        head["fund_pay_sumamt"] += head["acct_pay"]

    return _replying(change)


def cancellation_with_positive_amounts() -> Reference:
    """A cancellation prints the amounts of the settlement instead of their negatives."""

    def change(_: Context, head: dict[str, Any]) -> None:
        for name, value in head.items():
            if isinstance(value, Decimal) and name not in ("balc", "pool_prop_selfpay"):
                head[name] = abs(value)

    return _replying(change, "2208")


def reply_for_another_person() -> Reference:
    """The settlement comes back with somebody else's identity."""

    def change(_: Context, head: dict[str, Any]) -> None:
        other = next(person for person in persons() if person.psn_no != head["psn_no"])
        head |= {"psn_no": other.psn_no, "psn_name": other.psn_name, "certno": other.certno}

    return _replying(change, "2207")


def strings_for_numbers() -> Reference:
    """Amounts come as strings where numbers were promised."""

    def change(_: Context, head: dict[str, Any]) -> None:
        head |= {name: str(value) for name, value in head.items() if isinstance(value, Decimal)}

    return _replying(change)


# --- benefits ---


def _used(context: Context) -> Used | None:
    data = context.node()
    day = context.relay["case"]["on"]
    return context.store.get(USED, data["psn_no"], data["insutype"], int(str(day)[:4]))


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


def out_of_town_reduction_ignored() -> Reference:
    """Out-of-town visits are paid as at home."""
    return build.reading_cases_as(build.at_home)


def retired_paid_as_working() -> Reference:
    """Retired people get the benefits of working ones."""
    return build.reading_cases_as(lambda case: evolve(case, retired=False))


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


def price_limit_ignored() -> Reference:
    """What is above the price limit is treated as in scope."""

    def change(_: Context, message: Message) -> None:
        for line in message["input"]["relay"]["lines"]:
            line["limit"] = 10**12

    return build.with_insured(("2204", "2206", "2207"), lambda handler: build.before(handler, change))


# --- the order of events ---


def settles_twice() -> Reference:
    """A charge batch can be settled again under a new message id, and is paid again."""

    def at_treatment(handler: Handler) -> Handler:
        def run(context: Context) -> Any:
            data = context.node()
            for held in context.store.find(SETTLEMENTS, "visit", data["mdtrt_id"]):
                if held.state == "valid" and held.batch == data["chrg_bchno"]:
                    context.store.put(SETTLEMENTS, evolve(held, state="reversed"))
                    mark(context, held.mdtrt_id, held.lines, "")
            return (yield from handler(context))

        return run

    def at_home(handler: Handler) -> Handler:
        def run(context: Context) -> Any:
            data, batch = context.node(), context.relay["batch"]
            for claim in context.store.find(CLAIMS, "batch", context.sender, data["mdtrt_id"], batch):
                if claim.state == "valid":
                    context.store.put(CLAIMS, evolve(claim, state="reversed"))
            return handler(context)

        return run

    return reference(
        handlers={
            "treatment": {"2207": at_treatment(TREATMENT["2207"])},
            "insured": {"2207": at_home(INSURED["2207"])},
        }
    )


def trial_leaves_trace() -> Reference:
    """A trial settlement already counts towards the year."""

    def counting(handler: Handler) -> Handler:
        def run(context: Context) -> Any:
            output: Any = handler(context)
            data, year = context.node(), int(str(context.relay["case"]["on"])[:4])
            used = _used(context) or Used(data["psn_no"], data["insutype"], year, Accumulators(year))
            head, had = output["setlinfo"], used.accumulators
            moved = evolve(
                had,
                outpatient_deductible=had.outpatient_deductible + parse(head["act_pay_dedc"]),
                outpatient_in_scope=had.outpatient_in_scope + parse(head["inscp_scp_amt"]),
            )
            context.store.put(USED, evolve(used, accumulators=moved))
            return output

        return run

    return build.with_insured(("2206",), counting)


def accumulators_not_given_back() -> Reference:
    """A cancellation or reversal gives the account back but not the counters."""

    def keeping(handler: Handler) -> Handler:
        def run(context: Context) -> Any:
            psn_no = context.node()["psn_no"]
            kept = [used for used in context.store.all(USED) if used.psn_no == psn_no]
            output = handler(context)
            for used in kept:
                context.store.put(USED, used)
            return output

        return run

    return build.with_insured(("2208", "2601"), keeping)


def reversal_of_unknown_accepted() -> Reference:
    """A reversal of a message that never came is answered with success."""
    return reference(readings=Readings(unknown_reversal_refused=False))


def cancels_without_a_settlement() -> Reference:
    """A second cancellation of one settlement is answered like the first."""

    def again(handler: Handler) -> Handler:
        def run(context: Context) -> Any:
            settlement = context.store.get(SETTLEMENTS, context.node()["setl_id"])
            if settlement is not None and settlement.state == "cancelled":
                return {"setlinfo": dict(settlement.refund_head), "setldetail": []}
            return (yield from handler(context))

        return run

    return build.with_treatment(("2208",), again)


def wrong_total_accepted() -> Reference:
    """The total that the hospital sends is not compared with the lines."""

    def change(context: Context, message: Message) -> None:
        data = message["input"]["data"]
        lines = context.store.find(LINES, "visit", data["mdtrt_id"])
        total = sum(line.amount for line in lines if line.chrg_bchno == data["chrg_bchno"] and not line.setl_id)
        if total:
            data["medfee_sumamt"] = wire(total)

    return build.with_treatment(HEADS, lambda handler: build.before(handler, change))


def foreign_credential_accepted() -> Reference:
    """Nobody looks whose credential is presented."""

    def change(context: Context, message: Message) -> None:
        data = message["input"]["data"]
        person = context.setting.people.by_no(data["psn_no"])
        if person is not None:
            data |= {"mdtrt_cert_type": "02", "mdtrt_cert_no": person.certno}

    return build.with_treatment(("2201",), lambda handler: build.before(handler, change))


# --- around the message ---


def answers_empty_object() -> Reference:
    """Every message is answered with an empty object."""
    return build.saying(lambda _, __: {})


def refuses_without_reason() -> Reference:
    """Refusals say nothing."""

    def change(_: Message, reply: Message) -> Message:
        return reply if reply["infcode"] == 0 else {**reply, "err_msg": ""}

    return build.saying(change)


def refuses_in_one_text() -> Reference:
    """Every refusal is told in the same words."""

    def change(_: Message, reply: Message) -> Message:
        return reply if reply["infcode"] == 0 else {**reply, "err_msg": "系统错误"}

    return build.saying(change)


def times_in_the_wrong_form() -> Reference:
    """Times around the reply carry separators."""

    def change(_: Message, reply: Message) -> Message:
        at = str(reply["respond_time"])
        return {**reply, "respond_time": f"{at[:4]}-{at[4:6]}-{at[6:8]} {at[8:10]}:{at[10:12]}"}

    return build.saying(change)


_MAKERS: Mapping[str, Callable[[], Reference]] = {
    make.__name__: make
    for make in (
        accumulators_not_given_back,
        answers_empty_object,
        cancellation_with_positive_amounts,
        cancels_without_a_settlement,
        cash_includes_account,
        counters_not_moved,
        deductible_charged_twice,
        final_differs_from_trial,
        foreign_credential_accepted,
        fund_includes_account,
        out_of_town_reduction_ignored,
        price_limit_ignored,
        refuses_in_one_text,
        refuses_without_reason,
        reply_for_another_person,
        retired_paid_as_working,
        reversal_of_unknown_accepted,
        settles_twice,
        strings_for_numbers,
        times_in_the_wrong_form,
        total_off_by_a_fen,
        trial_leaves_trace,
        wrong_total_accepted,
    )
}
