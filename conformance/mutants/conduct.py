"""Known-bad platforms: what happens in which order, how often, and what undoing leaves."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from attrs import evolve

from conformance.mutants import build
from conformance.mutants.amounts import FEN, HEADS
from conformance.mutants.benefits import _used
from conformance.mutants.build import Message, Output
from conformance.mutants.known import known
from sim.benefits import Accumulators
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


@known("OUT-N05", "life.settled_once")
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


@known("OUT-013", "life.trial_no_trace")
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


@known("REV-019", "life.counters_back")
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


@known("REV-N01", "life.reversal_known")
def reversal_of_unknown_accepted() -> Reference:
    """A reversal of a message that never came is answered with success."""
    return reference(readings=Readings(unknown_reversal_refused=False))


@known("OUT-N13", "expectation.refused")
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


@known("OUT-N01", "expectation.refused")
def wrong_total_accepted() -> Reference:
    """The total that the hospital sends is not compared with the lines."""

    def change(context: Context, message: Message) -> None:
        data = message["input"]["data"]
        lines = context.store.find(LINES, "visit", data["mdtrt_id"])
        total = sum(line.amount for line in lines if line.chrg_bchno == data["chrg_bchno"] and not line.setl_id)
        if total:
            data["medfee_sumamt"] = wire(total)

    return build.with_treatment(HEADS, lambda handler: build.before(handler, change))


@known("OUT-N11", "expectation.refused")
def foreign_credential_accepted() -> Reference:
    """Nobody looks whose credential is presented."""

    def change(context: Context, message: Message) -> None:
        data = message["input"]["data"]
        person = context.setting.people.by_no(data["psn_no"])
        if person is not None:
            data |= {"mdtrt_cert_type": "02", "mdtrt_cert_no": person.certno}

    return build.with_treatment(("2201",), lambda handler: build.before(handler, change))


def _output(infnos: tuple[str, ...], change: Any) -> Reference:
    """Some replies with their output changed in place."""

    def changed(context: Context, output: Output) -> Output:
        change(context, output)
        return output

    return build.with_treatment(infnos, lambda handler: build.after(handler, changed))


@known("OUT-001", "life.mdtrt_id")
def settlement_of_another_visit() -> Reference:
    """The settlement comes back under another visit's number."""

    def change(_: Context, output: Output) -> None:
        output["setlinfo"]["mdtrt_id"] = "1" * 18

    return _output(("2207",), change)


@known("OUT-024", "life.ipt_otp_no")
def registration_with_another_number() -> Reference:
    """The registration gives another outpatient number back."""

    def change(_: Context, output: Output) -> None:
        output["data"]["ipt_otp_no"] = "MZ1"

    return _output(("2201",), change)


@known("OUT-009", "life.med_type")
def every_visit_is_ordinary() -> Reference:
    """Every settlement says that it was an ordinary outpatient visit."""

    def change(_: Context, output: Output) -> None:
        output["setlinfo"]["med_type"] = "11"

    return _output(HEADS, change)


@known("OUT-001", "life.medins_setl_id")
def settlement_names_no_message() -> Reference:
    """medins_setl_id is not the message id of the settlement."""

    def change(_: Context, output: Output) -> None:
        output["setlinfo"]["medins_setl_id"] = output["setlinfo"]["setl_id"]

    return _output(("2207",), change)


@known("OUT-005", "life.setl_id_unique")
def one_settlement_number_for_all() -> Reference:
    """Every settlement has the same number."""

    def change(_: Context, output: Output) -> None:
        output["setlinfo"]["setl_id"] = "520000000000000001"

    return _output(("2207",), change)


@known("OUT-005", "life.mdtrt_id_unique")
def one_visit_number_for_all() -> Reference:
    """Every registration has the same number."""

    first: list[str] = []

    def change(_: Context, output: Output) -> None:
        first.append(output["data"]["mdtrt_id"])
        output["data"]["mdtrt_id"] = first[0]

    return _output(("2201",), change)


@known("OUT-001", "life.trial_no_id")
def trial_with_a_settlement_number() -> Reference:
    """A trial gives a settlement number."""

    def change(_: Context, output: Output) -> None:
        output["setlinfo"]["setl_id"] = "1" * 18

    return _output(("2206",), change)


@known("OUT-001", "life.certno")
def another_persons_identity() -> Reference:
    """A person is read and somebody else's identity number comes back."""

    def change(_: Context, output: Output) -> None:
        base = output["baseinfo"]
        base["certno"] = next(person.certno for person in persons() if person.certno != base["certno"])

    return _output(("1101",), change)


@known("REV-019", "life.balance_back")
def account_not_given_back() -> Reference:
    """A cancellation gives the counters back but not the account."""
    return reference(handlers={"insured": {"2208": _keeping_balance(INSURED["2208"])}})


def _keeping_balance(handler: Handler) -> Handler:
    def run(context: Context) -> Any:
        claim = context.store.get(CLAIMS, context.relay["setl_id"])
        if claim is not None:
            context.store.put(CLAIMS, evolve(claim, amounts={**claim.amounts, "acct_pay": 0}))
        return handler(context)

    return run


@known("REV-002", "life.counters_back")
def reversal_without_effect() -> Reference:
    """A reversal is answered with success and nothing is undone."""

    def nothing(_: Context) -> dict[str, Any]:
        return {}

    return reference(handlers={"treatment": {"2601": nothing}})


@known("REV-003", "expectation.accepted")
def reversal_at_the_insured_place_only() -> Reference:
    """A reversal is undone at home; the place of treatment still holds the settlement."""

    def half(handler: Handler) -> Handler:
        def run(context: Context) -> Any:
            held = [one for one in context.store.all(SETTLEMENTS) if one.state == "valid"]
            output = yield from handler(context)
            for one in held:
                context.store.put(SETTLEMENTS, one)
            return output

        return run

    return build.with_treatment(("2601",), half)


def _forgetting_whose(*infnos: str) -> Reference:
    """Of what was reversed nothing is kept but that it was: a second reversal is answered whoever it names."""

    def forgetting(handler: Handler) -> Handler:
        def run(context: Context) -> Any:
            original = context.party.messages.known(context.sender, context.node()["omsgid"])
            if original is not None and original.state == "reversed" and original.infno in infnos:
                return {}
            return (yield from handler(context))

        return run

    return build.with_treatment(("2601",), forgetting)


@known("REV-N13", "order.rev_person")
def reversed_cancellation_is_anybodys() -> Reference:
    """A cancellation that was reversed is reversed again for another person."""
    return _forgetting_whose("2208", "2305", "2103")


@known("REV-N15", "order.rev_person")
def reversed_admission_is_anybodys() -> Reference:
    """An admission that was reversed is reversed again for another person."""
    return _forgetting_whose("2401")


def _answering_anybody(*infnos: str) -> Reference:
    """Whoever names the id of such a message gets its reversal answered."""

    def anybody(handler: Handler) -> Handler:
        def run(context: Context) -> Any:
            data = context.node()
            known = context.party.messages.known(context.sender, data["omsgid"])
            if known is None and data["oinfno"] in infnos:
                return {}
            return (yield from handler(context))

        return run

    return build.with_treatment(("2601",), anybody)


@known("REV-N14", "order.rev_foreign")
def cancellation_reversed_by_anybody() -> Reference:
    """A cancellation is reversed by an institution that did not send it."""
    return _answering_anybody("2208", "2305", "2103")


@known("REV-N16", "order.rev_foreign")
def admission_reversed_by_anybody() -> Reference:
    """An admission is reversed by an institution that did not send it."""
    return _answering_anybody("2401")


@known("REV-N09", "expectation.refused")
def late_original_settled() -> Reference:
    """A message that comes after its reversal is carried out all the same."""
    return _under_new_ids(("2207", "2304"))


@known("DUP-006", "life.repeat")
def registers_again() -> Reference:
    """The same registration again opens another visit."""
    return _under_new_ids(("2201",))


def _under_new_ids(infnos: tuple[str, ...]) -> Reference:
    """Message ids are not kept: every message counts as new."""
    whole = reference()
    seen: dict[str, int] = {}

    class Forgetful:
        def __init__(self, party: Any) -> None:
            self._party = party

        def __getattr__(self, name: str) -> Any:
            return getattr(self._party, name)

        def handle(self, message: Message, now: Any) -> Any:
            if message.get("infno") in infnos and "relay" not in (message.get("input") or {}):
                count = seen[message["msgid"]] = seen.get(message["msgid"], 0) + 1
                serial = f"{(int(message['msgid'][-4:]) + 5000 * count) % 10000:04d}"
                message = {**message, "msgid": f"{message['msgid'][:-4]}{serial}"}
            return self._party.handle(message, now)

    parties: Mapping[str, Any] = {
        name: party if name == "hub" else Forgetful(party) for name, party in whole.parties.items()
    }
    return evolve(whole, parties=parties)


@known("OUT-016", "life.repeat")
def repeat_answered_with_another_number() -> Reference:
    """The same message again is answered with another settlement number."""
    counted: dict[str, int] = {}

    def change(message: Message, reply: Message) -> Message:
        again = counted.get(str(message.get("msgid")), 0)
        counted[str(message.get("msgid"))] = again + 1
        if again and message.get("infno") == "2207" and reply["infcode"] == 0:
            reply["output"]["setlinfo"]["setl_id"] += str(again)
        return reply

    return build.saying(change)


@known("OUT-016", "life.repeat_once")
def repeat_counted_again() -> Reference:
    """The same settlement message again is answered alike, and counted twice."""
    whole = reference()
    counted: set[str] = set()

    def change(message: Message, reply: Message) -> Message:
        if message.get("infno") != "2207" or reply["infcode"] != 0:
            return reply
        if message["msgid"] not in counted:
            counted.add(message["msgid"])
            return reply
        for party in whole.parties.values():
            for used in party.store.all(USED):
                had = used.accumulators
                if used.psn_no == message["input"]["data"]["psn_no"]:
                    moved = evolve(had, outpatient_in_scope=had.outpatient_in_scope + 100)
                    party.store.put(USED, evolve(used, accumulators=moved))
            party.store.commit()
        return reply

    return build.saying(change, whole)


@known("OUT-N01", "life.refusal_no_trace")
def refusal_leaves_a_trace() -> Reference:
    """A settlement is refused after it was counted."""
    whole = reference()

    def change(message: Message, reply: Message) -> Message:
        if message.get("infno") == "2207" and reply["infcode"] != 0:
            data = message["input"]["data"]
            for party in whole.parties.values():
                for used in party.store.all(USED):
                    had = used.accumulators
                    if used.psn_no == data["psn_no"]:
                        moved = evolve(had, outpatient_in_scope=had.outpatient_in_scope + 100)
                        party.store.put(USED, evolve(used, accumulators=moved))
                party.store.commit()
        return reply

    return build.saying(change, whole)


@known("OUT-015", "life.settled_again")
def otherwise_the_second_time() -> Reference:
    """Settled anew after a cancellation, the account pays a fen that was cash before."""
    seen: set[str] = set()

    def change(message: Message, reply: Message) -> Message:
        if message.get("infno") != "2207" or reply["infcode"] != 0:
            return reply
        head = reply["output"]["setlinfo"]
        if head["mdtrt_id"] in seen:
            head["acct_pay"] += FEN
            head["psn_cash_pay"] -= FEN
        seen.add(head["mdtrt_id"])
        return reply

    return build.saying(change)


@known("OUT-N08", "expectation.refused")
def same_id_other_body_answered() -> Reference:
    """Another message under a used id gets the answer to the first."""
    kept: dict[str, Message] = {}

    def change(message: Message, reply: Message) -> Message:
        return kept.setdefault(str(message.get("msgid")), deepcopy(reply)) if "msgid" in message else reply

    return build.saying(change)


@known("CRO-N06", "expectation.refused")
def suspended_people_are_treated() -> Reference:
    """A person whose insurance is suspended is registered and settled."""
    return reference(people=[evolve(person, psn_insu_stas="1") for person in persons()])


@known("REC-002", "expectation.accepted")
def stays_cannot_be_settled() -> Reference:
    """A right settlement of a stay is refused."""

    def change(message: Message, reply: Message) -> Message:
        if message.get("infno") != "2304" or reply["infcode"] != 0:
            return reply
        return {**reply, "infcode": -1, "err_msg": "系统繁忙", "output": None}

    return build.saying(change)


@known("REV-N08", "life.cancellation_known")
def cancels_what_never_was() -> Reference:
    """The cancellation of a settlement that does not exist is answered with success."""
    zero = {name: wire(0) for name in ("medfee_sumamt", "fund_pay_sumamt", "psn_cash_pay", "acct_pay", "balc")}

    def change(message: Message, reply: Message) -> Message:
        if message.get("infno") != "2208" or reply["infcode"] == 0:
            return reply
        data = message["input"]["data"]
        return {**reply, "infcode": 0, "err_msg": None, "output": {"setlinfo": {**data, **zero}, "setldetail": []}}

    return build.saying(change)
