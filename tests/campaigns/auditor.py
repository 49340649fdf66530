"""The auditor: compares what every party holds with what messages alone say that it must.

What must be comes from `told` and `accounts`, which read messages and sum. Of the platform only stored records and
answers to queries are looked at here, never the code that keeps them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import define, field, fields

from sim.benefits import Accumulators
from sim.money import parse
from sim.platform import Store
from sim.platform.clearing_records import PAIR_ROWS
from sim.platform.intents import INTENTS
from sim.platform.ledger_records import LEDGER
from sim.platform.records import ACCOUNTS, CLAIMS, LINES, SETTLEMENTS, USED
from tests.campaigns import accounts
from tests.campaigns.net import Event, Message, Net
from tests.campaigns.told import (
    CANCELS,
    EFFECTS,
    MONEY,
    SETTLES,
    Due,
    accepted,
    confirmed,
    is_open,
    request,
    says,
    settled,
)
from tests.campaigns.world import PROVINCES, Past, people

Found = list[tuple[str, str]]
"""(what it is about: a message, visit, settlement, person or nothing; what is wrong)."""
DOUBT = ("pending", "cancelling", "reversing")


@define
class Heard:
    """What one kind of answers says: those of treatment places to hospitals, or (``relayed``) of insured places."""

    relayed: bool
    taken: dict[str, dict[tuple[str, str], tuple[Message, Message]]] = field(factory=lambda: defaultdict(dict))
    refused: dict[tuple[str, str, str], Message] = field(factory=dict)
    wrong: Found = field(factory=list)

    def hear(self, event: Event) -> None:
        """An answer left a province: a message has one outcome, whatever comes again."""
        message, reply = event.message, event.reply
        key = message["fixmedins_code"], message["msgid"]
        known = self.taken[event.source].get(key)
        if reply is None or is_open(reply) or (self.relayed and message["infno"] not in EFFECTS):
            return  # what changes nothing an insured place may answer anew
        if not accepted(reply):
            reversed_before = says(reply, "message.reversed")  # that may be told anew each time
            first = self.refused.setdefault((event.source, *key), reply)
            if first != reply and not reversed_before and not says(first, "message.reversed"):
                self.wrong.append((key[1], f"{event.source} refused {message['infno']} in two ways"))
            if known is not None and not reversed_before:
                self.wrong.append(
                    (key[1], f"{event.source} accepted {message['infno']} and then said {reply['err_msg']}")
                )
        elif known is None:
            self.taken[event.source][key] = message, reply
            if (event.source, *key) in self.refused:
                self.wrong.append((key[1], f"{event.source} refused {message['infno']} and then accepted it"))
        elif known[1] != reply:
            self.wrong.append((key[1], f"{event.source} answered {message['infno']} in two ways"))

    @property
    def dues(self) -> dict[str, Due]:
        """Every settlement, by setl_id."""
        found: dict[str, Due] = {}
        for party, taken in self.taken.items():
            made = settled(taken.values(), "" if self.relayed else party)
            self.wrong += [("", f"settlement {number} was made twice") for number in made.keys() & found.keys()]
            found |= made
        return found


def heard(log: Iterable[Event]) -> tuple[Heard, Heard]:
    """The treatment places' answers and the insured places'. A hub's answers are nobody's own."""
    treatment, insured = Heard(False), Heard(True)
    for event in log:
        if event.what == "answered" and event.source in PROVINCES:
            (insured if event.target == "hub" else treatment).hear(event)
    return treatment, insured


@define
class Audit:
    """A comparison under way."""

    found: Found = field(factory=list)

    def expect(self, expected: object, actual: object, about: str, what: str) -> None:
        """Note a difference."""
        if expected != actual:
            self.found.append((about, f"{what}: the messages say {expected}, found {actual}"))


def recovered(net: Net, disks: Mapping[str, Store]) -> Found:
    """What is wrong when all parties have recovered by themselves, before any desk has repeated anything.

    Then what stands at treatment places is what insured places told them.
    """
    work = Audit()
    _, insured = heard(net.log)
    stands = {number: due.mdtrt_id for number, due in insured.dues.items() if due.fate == "valid"}
    held: dict[str, str] = {}
    for party, disk in disks.items():
        work.expect(0, disk.count(INTENTS), "", f"questions still under way in {party} after recovery")
        for each in disk.all(SETTLEMENTS):
            if each.state in DOUBT:
                work.found.append((each.mdtrt_id, f"settlement {each.setl_id} is still {each.state} after recovery"))
            elif each.state == "valid" and (each.setl_id in insured.dues or _abroad(disks, party, each.setl_id)):
                held[each.setl_id] = each.mdtrt_id
    for number in sorted({*stands, *held}):
        about = stands.get(number) or held[number]
        work.expect(number in stands, number in held, about, f"after recovery settlement {number} stands")
    return work.found


def _abroad(disks: Mapping[str, Store], treated: str, setl_id: str) -> bool:
    """Whether no claim of the place itself belongs to a settlement: then another place must have told it."""
    return disks[treated].get(CLAIMS, setl_id) is None


def audit(past: Past) -> Found:
    """Everything that is wrong in a past; nothing when all is well."""
    work = Audit(list(past.found))
    work.found += [("", f"{e.source} failed: {e.note}") for e in past.log if e.what == "failed"]
    treatment, insured = heard(past.log)
    here, there = treatment.dues, insured.dues
    work.found += treatment.wrong + insured.wrong
    _sides(work, here, there)
    _receipts(work, treatment)
    _records(work, past, here)
    _people(work, past, here)
    _ledgers(work, past, here, confirmed(each for taken in treatment.taken.values() for each in taken.values()))
    _hospitals(work, past, treatment, here)
    return work.found


def _sides(work: Audit, here: Mapping[str, Due], there: Mapping[str, Due]) -> None:
    """What goes between provinces has one fate and the same amounts on both sides; a visit stands settled once."""
    relayed = {number: due for number, due in here.items() if due.insured != due.treated}
    for number in sorted({*relayed, *there}):
        mine, theirs = relayed.get(number), there.get(number)
        if mine is None and theirs is not None:  # no hospital ever heard of it: then it must not stand
            work.expect("reversed", theirs.fate, theirs.mdtrt_id, f"settlement {number} at the insured place")
        elif mine is not None:
            told = theirs and (theirs.fate, theirs.amounts)
            work.expect((mine.fate, mine.amounts), told, mine.mdtrt_id, f"settlement {number} at the insured place")
    for dues in (here, there):
        for mdtrt_id, count in Counter(due.mdtrt_id for due in dues.values() if due.fate == "valid").items():
            work.expect(1, count, mdtrt_id, f"settlements of visit {mdtrt_id} that stand")


def _receipts(work: Audit, treatment: Heard) -> None:
    """Every answer closes, is for what was asked, and pays what these worlds' policy says: half above a deductible."""
    heads: dict[str, Mapping[str, Any]] = {}
    for taken in treatment.taken.values():
        for message, reply in taken.values():
            if message["infno"] in SETTLES:
                data, head = request(message), reply["output"]["setlinfo"]
                heads[head["setl_id"]] = head
                fen = {name: parse(head[name]) for name in MONEY}
                about, what = head["mdtrt_id"], f"settlement {head['setl_id']}"
                work.expect(parse(data["medfee_sumamt"]), fen["medfee_sumamt"], about, f"{what}: total")
                scope = data.get("inscp_scp_amt", head["inscp_scp_amt"])  # a sale does not say
                work.expect(parse(scope), fen["inscp_scp_amt"], about, f"{what}: in scope")
                pool = (fen["inscp_scp_amt"] - fen["act_pay_dedc"] + 1) // 2
                work.expect(pool, fen["fund_pay_sumamt"], about, f"{what}: the funds pay")
                work.expect(fen["medfee_sumamt"] - pool, fen["psn_part_amt"], about, f"{what}: the person pays")
                account = fen["psn_part_amt"] - fen["psn_cash_pay"]
                work.expect(account, fen["acct_pay"], about, f"{what}: the account pays")
                if data["acct_used_flag"] == "1":
                    work.expect(0, fen["acct_mulaid_pay"], about, f"{what}: the family's account pays")
    for taken in treatment.taken.values():
        for message, reply in taken.values():
            if message["infno"] in CANCELS:
                data, head = message["input"]["data"], reply["output"]["setlinfo"]
                for name in ("medfee_sumamt", "fund_pay_sumamt", "acct_pay", "psn_cash_pay"):
                    back = -parse(heads[data["setl_id"]][name])
                    work.expect(back, parse(head[name]), data["mdtrt_id"], f"cancelling {data['setl_id']}: {name}")


def _records(work: Audit, past: Past, here: Mapping[str, Due]) -> None:
    """Every settlement and claim is recorded with its fate; nothing is in doubt; lines belong to what stands."""
    records: dict[str, Any] = {}
    claims: dict[str, Any] = {}
    lines: Counter[str] = Counter()
    for party, store in past.stores.items():
        work.expect(0, store.count(INTENTS), "", f"questions still under way in {party}")
        records |= {each.setl_id: each for each in store.all(SETTLEMENTS)}
        claims |= {each.setl_id: each for each in store.all(CLAIMS)}
        for line in store.all(LINES):
            lines[line.setl_id] += line.amount
    for number in sorted({*here, *records, *claims}):
        due = here.get(number)
        fate, about = ("reversed", number) if due is None else (due.fate, due.mdtrt_id)
        record, claim = records.get(number), claims.get(number)
        if due is not None or record is not None:
            work.expect(fate, record and record.state, about, f"settlement {number} at the treatment place")
        if due is not None or claim is not None:
            work.expect(fate, claim and claim.state, about, f"claim {number} at the insured place")
        if due is not None and claim is not None:
            kept = {name: claim.amounts[name] for name in MONEY}
            work.expect(due.amounts, kept, about, f"amounts of claim {number}")
    del lines[""]
    stands = {number: due.amounts["medfee_sumamt"] for number, due in here.items() if due.fate == "valid"}
    for number in sorted({*stands, *lines}):
        about = here[number].mdtrt_id if number in here else number
        work.expect(stands.get(number, 0), lines[number], about, f"fee lines that settlement {number} holds")


def _people(work: Audit, past: Past, here: Mapping[str, Due]) -> None:
    """Accounts and counters moved by exactly what stands: in the stores, and as queries 1101 and 5206 tell."""
    paid: dict[str, Counter[str]] = defaultdict(Counter)
    persons = {person.psn_no: person for person in people()}
    for due in here.values():
        if due.fate == "valid":
            stay, shared = due.clr_type == "21", due.amounts["acct_mulaid_pay"]
            kind = "inpatient" if stay else "outpatient"
            paid[due.psn_no]["account"] += due.amounts["acct_pay"] - shared
            paid[persons[due.psn_no].family]["account"] += shared
            paid[due.psn_no][f"{kind}_in_scope"] += due.amounts["inscp_scp_amt"]
            paid[due.psn_no][f"{kind}_deductible"] += due.amounts["act_pay_dedc"]
            paid[due.psn_no]["pool_paid" if stay else "outpatient_paid"] += due.amounts["hifp_pay"]
            paid[due.psn_no]["stays"] += stay
    for person in persons.values():
        account = past.stores[person.province].get(ACCOUNTS, person.psn_no, person.insutype)
        balance = person.balance - paid[person.psn_no]["account"]
        left = person.balance if account is None else account.balance
        work.expect(balance, left, person.psn_no, f"balance of the account of {person.psn_no}")
        work.expect(True, left >= 0, person.psn_no, f"the account of {person.psn_no} is not overdrawn")
    for desk in {cashier.patient.psn_no: cashier for cashier in past.cashiers}.values():
        person, owed = desk.patient, paid[desk.patient.psn_no]
        store, about, desk.ref = past.stores[person.province], person.psn_no, past.reference
        balance = person.balance - owed["account"]
        used = store.get(USED, person.psn_no, person.insutype, 2024)
        for each in fields(Accumulators):
            if each.name != "year":
                counter = 0 if used is None else getattr(used.accumulators, each.name)
                work.expect(owed[each.name], counter, about, f"counter {each.name}")
        told = desk.ref.call(desk.message("1101", {"data": desk.shown()}), desk.now)
        row = next(each for each in told["output"]["insuinfo"] if each["insutype"] == person.insutype)
        work.expect(balance, parse(row["balc"]), about, "balance as 1101 tells it")
        told = desk.ref.call(desk.message("5206", {"data": {"psn_no": person.psn_no}}), desk.now)
        kept = () if used is None else used.accumulators.to_rows()
        rows = [(row["cum_type_code"], row["cum"]) for row in told["output"]["cuminfo"]]
        work.expect([*kept], rows, about, "counters as 5206 tells them")


def _ledgers(work: Audit, past: Past, here: Mapping[str, Due], flags: Mapping[str, str]) -> None:
    """Every account of every party, to the fen; all parties together sum to zero; the hub's tables of both months."""
    must = accounts.expected(here.values(), flags)
    kept: accounts.Accounts = Counter()
    for party, store in past.stores.items():
        for entry in store.all(LEDGER):
            for account, fen in entry.legs.items():
                kept[party, account] += fen
    for party, account in sorted({*must, *kept}):
        what = f"account {account} in the ledger of {party}"
        work.expect(must[party, account], kept[party, account], "", what)
    work.expect(0, sum(kept.values()), "", "all accounts of all parties")
    hub = past.stores["hub"]
    for month, taken in accounts.cleared(accounts.lines_of(here.values()), flags).items():
        table = hub.find(PAIR_ROWS, "month", month)
        rows = {(row.treated_in, row.insured): (row.count, row.medfee, row.amount) for row in table}
        work.expect(accounts.rows(taken), rows, "", f"the hub's table of {month}")


def _hospitals(work: Audit, past: Past, treatment: Heard, here: Mapping[str, Due]) -> None:
    """Each desk has heard the definite answer that its province gave; each office's account agrees with the province's;
    and the month's detail is what stands."""
    for clerk in (*past.cashiers, *past.offices):
        for message in clerk.sent:
            _, reply = clerk.answers.get(message["msgid"], (None, None))
            key = message["fixmedins_code"], message["msgid"]
            if is_open(reply):
                work.found.append((key[1], f"{message['infno']} never got a definite answer at {clerk.name}"))
            elif accepted(reply):
                _, told = treatment.taken[clerk.hospital.province].get(key, (None, None))
                work.expect(told, reply, key[1], f"the answer that {clerk.name} holds")
    for office in past.offices:
        for clr_type, reply in office.results.items():
            told = reply["output"]["stmtinfo"] if accepted(reply) else reply
            result = told.get("stmt_rslt")
            work.expect("0", result, office.name, f"{office.name}, clr_type {clr_type}, reconciled ({told})")
        mine = [due for due in here.values() if due.hospital == office.hospital.fixmedins_code]
        lines = [line for line in accounts.lines_of(mine) if line.month == accounts.MONTHS[0]]
        month = {line.number: line.amount for line in lines}
        rows = {row["setl_sn"]: parse(row["optins_pay_sumamt"]) for row in office.rows}
        work.expect(month, rows, office.name, f"the month's detail as {office.name} was told it (3260)")
