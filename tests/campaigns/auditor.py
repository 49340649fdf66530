"""The auditor: what every party must owe, derived from the messages on the wire alone.

It reads requests as they arrived at a party and answers as they left it, applies each message once, and knows neither
stores nor the platform's settlement logic: amounts are those of the answers. Only then it compares with the stores.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable

from attrs import define, field

from sim.interface import envelope
from sim.money import parse
from sim.platform.ledger import balances, check, entries, in_flight
from sim.platform.ledger import books as ledgers
from sim.platform.records import ACCOUNTS, CLAIMS, LINES, SETTLEMENTS, USED
from sim.platform.regions import province_of
from tests.campaigns.net import Event, Message
from tests.campaigns.world import PROVINCES, Past

SETTLES, CANCELS, REVERSAL = ("2207", "2304"), ("2208", "2305"), "2601"
MONEY = ("medfee_sumamt", "inscp_scp_amt", "act_pay_dedc", "fund_pay_sumamt", "acct_pay", "hifp_pay")


@define
class Due:
    """A settlement as the wire tells it; amounts in fen."""

    setl_id: str
    mdtrt_id: str
    psn_no: str
    insutype: str
    insured: str
    treated: str
    hospital: str
    stay: bool
    made_by: str
    amounts: dict[str, int]
    state: str = "valid"
    cancelled_by: str = ""


@define
class Side:
    """One side's view of all settlements: ``relayed`` the insured places', else the treatment places'."""

    relayed: bool
    dues: dict[str, Due] = field(factory=dict)
    answers: dict[tuple[str, str, str], Message] = field(factory=dict)
    wrong: list[tuple[str, str]] = field(factory=list)
    """(sender and msgid, what is wrong)."""

    def hear(self, event: Event) -> None:
        """An answer left a party."""
        message, reply = event.message, event.reply
        infno = message["infno"]
        if reply is None or infno not in (*SETTLES, *CANCELS, REVERSAL) or not envelope.is_accepted(reply):
            return
        key = (event.source, message["fixmedins_code"], message["msgid"])
        if key in self.answers:
            if self.answers[key] != reply:
                self.wrong.append((message["msgid"], f"{infno} was answered in two ways by {event.source}"))
            return
        self.answers[key] = reply
        if infno in SETTLES:
            self._settled(event.source, message, reply)
        elif infno in CANCELS:
            self._cancelled(message)
        else:
            self._reversed(message)

    def _settled(self, party: str, message: Message, reply: Message) -> None:
        data, head, relay = message["input"]["data"], reply["output"]["setlinfo"], message["input"].get("relay", {})
        number = relay["setl_id"] if self.relayed else head["setl_id"]
        place = province_of(message["insuplc_admdvs"])
        due = Due(
            setl_id=number,
            mdtrt_id=data["mdtrt_id"],
            psn_no=data["psn_no"],
            insutype=data["insutype"],
            insured=place,
            treated=relay["from"] if self.relayed else party,
            hospital=message["fixmedins_code"],
            stay=message["infno"] == "2304",
            made_by=message["msgid"],
            amounts={name: parse(head[name]) for name in MONEY},
        )
        other = next((d for d in self.dues.values() if d.mdtrt_id == due.mdtrt_id and d.state == "valid"), None)
        if other is not None:
            self.wrong.append((due.made_by, f"visit {due.mdtrt_id} was settled by {due.setl_id} and {other.setl_id}"))
        if number in self.dues:
            self.wrong.append((due.made_by, f"settlement {number} was made twice"))
        self.dues[number] = due

    def _cancelled(self, message: Message) -> None:
        node = message["input"]["relay" if self.relayed else "data"]
        due = self.dues.get(node["setl_id"])
        if due is not None and due.state == "valid":
            due.state, due.cancelled_by = "cancelled", message["msgid"]

    def _reversed(self, message: Message) -> None:
        original, sender = message["input"]["data"]["omsgid"], message["fixmedins_code"]
        for due in self.dues.values():
            if due.hospital == sender and due.made_by == original and due.state == "valid":
                due.state = "reversed"
            elif due.hospital == sender and due.cancelled_by == original and due.state == "cancelled":
                due.state, due.cancelled_by = "valid", ""

    @property
    def valid(self) -> dict[str, Due]:
        """What stands, by setl_id."""
        return {number: due for number, due in self.dues.items() if due.state == "valid"}


def sides(log: Iterable[Event]) -> tuple[Side, Side]:
    """The treatment places' and the insured places' view. A hub's answers are nobody's own."""
    treatment, insured = Side(relayed=False), Side(relayed=True)
    for event in log:
        if event.what == "answered" and event.source in PROVINCES:
            (insured if event.target == "hub" else treatment).hear(event)
    return treatment, insured


@define
class Audit:
    """The comparison of one past: ``found`` is (what it is about: a msgid, visit, person or nothing; what is wrong)."""

    past: Past
    found: list[tuple[str, str]] = field(factory=list)

    def expect(self, expected: object, actual: object, about: str, what: str) -> None:
        """Note a difference."""
        if expected != actual:
            self.found.append((about, f"{what}: the messages say {expected}, found {actual}"))


def audit(past: Past) -> list[tuple[str, str]]:
    """Everything that is wrong in a past; nothing when all is well."""
    work = Audit(past)
    work.found += [("", told) for told in past.breaks]
    treatment, insured = sides(past.log)
    work.found += treatment.wrong + insured.wrong
    for comparison in (_both_sides, _records, _people, _ledgers, _desks):
        comparison(work, treatment, insured)
    return work.found


def _both_sides(work: Audit, treatment: Side, insured: Side) -> None:
    """What is relayed stands on both sides, with the same money, or on neither."""
    relayed = {number: due for number, due in treatment.valid.items() if due.insured != due.treated}
    for number in sorted({*relayed, *insured.valid}):
        here, there = relayed.get(number), insured.valid.get(number)
        about = (here or there or treatment.dues[number]).mdtrt_id
        work.expect(here and here.amounts, there and there.amounts, about, f"settlement {number} on the insured side")
    for side in (treatment, insured):
        for mdtrt_id, count in Counter(due.mdtrt_id for due in side.valid.values()).items():
            work.expect(1, count, mdtrt_id, f"valid settlements of visit {mdtrt_id}")


def _records(work: Audit, treatment: Side, insured: Side) -> None:
    """The stores hold what the messages say, nothing is in doubt any more, and lines belong to what stands."""
    settled, claims, taken = {}, {}, set()
    for party, store in work.past.stores.items():
        for each in store.all(SETTLEMENTS):
            if each.state == "valid":
                settled[each.setl_id] = each.mdtrt_id
            elif each.state in ("pending", "cancelling", "reversing"):
                work.found.append((each.mdtrt_id, f"settlement {each.setl_id} is still {each.state} in {party}"))
        for claim in store.all(CLAIMS):
            if claim.state == "valid":
                claims[claim.setl_id] = claim.mdtrt_id
        taken |= {line.setl_id for line in store.all(LINES) if line.setl_id}
    expected = {number: due.mdtrt_id for number, due in treatment.valid.items()}
    for what, actual in (("settlements", settled), ("claims", claims)):
        for number in sorted({*expected, *actual}):
            about = expected.get(number) or actual[number]
            work.expect(expected.get(number), actual.get(number), about, f"{what} with the number {number}")
    work.expect(set(expected), taken, "", "settlements that hold fee lines")


def _people(work: Audit, treatment: Side, insured: Side) -> None:
    """Accounts and counters moved by exactly what stands: in the stores, and as queries 1101 and 5206 tell."""
    opening = work.past.reference.setting.people
    paid: dict[str, Counter[str]] = defaultdict(Counter)
    for due in treatment.valid.values():
        kind = "inpatient" if due.stay else "outpatient"
        paid[due.psn_no].update({"account": due.amounts["acct_pay"], f"{kind}_in_scope": due.amounts["inscp_scp_amt"]})
        paid[due.psn_no].update({f"{kind}_deductible": due.amounts["act_pay_dedc"], "stays": int(due.stay)})
        pool = "pool_paid" if due.stay else "outpatient_paid"
        paid[due.psn_no][pool] += due.amounts["hifp_pay"]
    for cashier in work.past.cashiers:
        person = opening.by_no(cashier.patient.psn_no)
        if person is None:
            continue
        store, owed = work.past.stores[person.province], paid[person.psn_no]
        account = store.get(ACCOUNTS, person.psn_no, person.insutype)
        balance = person.balance if account is None else account.balance
        work.expect(person.balance - owed["account"], balance, person.psn_no, "balance of the account")
        used = store.get(USED, person.psn_no, person.insutype, 2024)
        for name in ("deductible", "in_scope"):
            for kind in ("outpatient", "inpatient"):
                counter = f"{kind}_{name}"
                found = 0 if used is None else getattr(used.accumulators, counter)
                work.expect(owed[counter], found, person.psn_no, f"counter {counter}")
        for counter in ("stays", "pool_paid", "outpatient_paid"):
            found = 0 if used is None else getattr(used.accumulators, counter)
            work.expect(owed[counter], found, person.psn_no, f"counter {counter}")
        told = cashier.ref.call(cashier.message("1101", {"data": cashier.shown()}), cashier.now)
        row = next(each for each in told["output"]["insuinfo"] if each["insutype"] == person.insutype)
        work.expect(person.balance - owed["account"], parse(row["balc"]), person.psn_no, "balance as 1101 tells it")


def _ledgers(work: Audit, treatment: Side, insured: Side) -> None:
    """Between provinces each account is the sum of what stands; every entry balances and nothing is under way."""
    books = ledgers(work.past.stores)
    work.found += [("", f"ledger at the end: {found}") for found in check(work.past.stores)]
    work.found += [(each.document, f"still under way in the ledgers: {each}") for each in in_flight(books)]
    owed: dict[tuple[str, str], int] = defaultdict(int)
    for due in treatment.valid.values():
        if due.insured == due.treated:
            continue
        fund = due.amounts["fund_pay_sumamt"] + _cleared(work, due)
        owed[due.treated, f"due_from:{due.insured}"] += fund
        owed[due.treated, f"hospital:{due.hospital}"] -= fund
        owed[due.insured, f"due_to:{due.treated}"] -= fund
        owed[due.insured, "fund"] += due.amounts["fund_pay_sumamt"]
    kept: dict[tuple[str, str], int] = {}
    for party, store in work.past.stores.items():
        for account, fen in balances(entries(store)).items():
            if account == "fund" or account.split(":")[0] in ("due_from", "due_to", "hospital"):
                kept[party, account] = fen
    for key in sorted({*owed, *kept}):
        work.expect(owed.get(key, 0), kept.get(key, 0), "", f"account {key[1]} in the ledger of {key[0]}")


def _cleared(work: Audit, due: Due) -> int:
    """What the account paid, where readings have it cleared between provinces."""
    readings = work.past.reference.setting.readings
    return due.amounts["acct_pay"] if getattr(readings, "account_cleared", False) else 0


def _desks(work: Audit, treatment: Side, insured: Side) -> None:
    """Each desk has heard a definite answer to whatever it sent, the one that its province gave."""
    for cashier in work.past.cashiers:
        for message in cashier.sent:
            reply = cashier.answers.get(message["msgid"])
            key = (cashier.hospital.province, message["fixmedins_code"], message["msgid"])
            if reply is None:
                work.found.append((message["msgid"], f"{message['infno']} never got an answer"))
            elif envelope.is_accepted(reply):
                work.expect(treatment.answers.get(key), reply, message["msgid"], "the answer that the desk holds")


Auditor = Callable[[Past], list[tuple[str, str]]]
__all__ = ["Auditor", "Due", "Side", "audit", "sides"]
