"""What must hold when all is quiet: nothing lost, nothing double, both sides agree, every ledger balances."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from load import Cashier
from processes import HERE, HUB

from sim.money import parse
from sim.platform import INTENTS, Store, ledger, persons, province_of
from sim.platform.records import ACCOUNTS, CLAIMS, LINES, SETTLEMENTS, USED, VISITS

MONEY = ("medfee_sumamt", "fund_pay_sumamt", "acct_pay", "psn_cash_pay")
DOUBT = ("pending", "cancelling", "reversing")


def in_doubt(stores: Mapping[str, Store]) -> int:
    """How many messages are still under way."""
    return sum(store.count(INTENTS) for name, store in stores.items() if name != HUB)


def wrong(stores: Mapping[str, Store], cashiers: Iterable[Cashier]) -> list[str]:
    """Everything that is not as it must be; nothing when all is well."""
    provinces = {name: store for name, store in stores.items() if name != HUB}
    return [
        *_sides(provinces),
        *_known(provinces, cashiers),
        *_people(provinces),
        *(f"ledger: {each}" for each in ledger.check(stores)),
        *(f"under way in the ledgers: {each}" for each in ledger.in_flight(ledger.books(stores))),
    ]


def _sides(provinces: Mapping[str, Store]) -> list[str]:
    """The settlements of the treatment place are the claims of the insured places, with the same amounts."""
    found, here, there, visits = [], {}, {}, Counter[str]()
    for name, store in provinces.items():
        for each in store.all(SETTLEMENTS):
            if each.state in DOUBT:
                found.append(f"{each.setl_id} is {each.state} in {name}")
            if each.state == "valid":
                here[each.setl_id] = tuple(parse(each.head[field]) for field in MONEY)
                visits[each.mdtrt_id] += 1
            taken = {line.setl_id for line in store.find(LINES, "visit", each.mdtrt_id)} - {""}
            if each.state == "valid" and taken != {each.setl_id}:
                found.append(f"the lines of {each.mdtrt_id} belong to {taken}, not {each.setl_id}")
        for claim in store.all(CLAIMS):
            if claim.state == "valid":
                there[claim.setl_id] = tuple(claim.amounts[field] for field in MONEY)
    for number in sorted({*here, *there}):
        if here.get(number) != there.get(number):
            found.append(f"{number}: {here.get(number)} here, {there.get(number)} there")
    return found + [f"{mdtrt_id} is settled {count} times" for mdtrt_id, count in visits.items() if count > 1]


def _known(provinces: Mapping[str, Store], cashiers: Iterable[Cashier]) -> list[str]:
    """What a cashier was told is so, to the fen."""
    found = []
    treatment = provinces[HERE]
    for cashier in cashiers:
        for known in cashier.visits:
            if treatment.get(VISITS, known.mdtrt_id) is None:
                found.append(f"visit {known.mdtrt_id} is lost")
            if known.stands is None:
                continue
            valid = [s for s in treatment.find(SETTLEMENTS, "visit", known.mdtrt_id) if s.state == "valid"]
            if [known.stands] * bool(known.stands) != [s.setl_id for s in valid]:
                found.append(f"{known.mdtrt_id}: told {known.stands!r}, found {[s.setl_id for s in valid]}")
            elif valid and any(parse(valid[0].head[name]) != parse(known.head[name]) for name in MONEY):
                found.append(f"{known.mdtrt_id}: other amounts than told")
    return found


def _people(provinces: Mapping[str, Store]) -> list[str]:
    """Accounts and counters have moved by exactly what the valid claims say."""
    found = []
    opening = {person.psn_no: person for person in persons()}
    paid: dict[str, int] = defaultdict(int)
    moved: dict[tuple[str, str, int], Counter[str]] = defaultdict(Counter)
    for store in provinces.values():
        for claim in store.all(CLAIMS):
            moved[claim.psn_no, claim.insutype, claim.year].update({})
            if claim.state == "valid":
                paid[claim.psn_no] += claim.account
                moved[claim.psn_no, claim.insutype, claim.year].update(claim.moved)
    for (psn_no, insutype, year), counters in moved.items():
        person = opening[psn_no]
        store = provinces[province_of(person.insuplc_admdvs)]
        account = store.get(ACCOUNTS, psn_no, insutype)
        balance = person.balance if account is None else account.balance
        if balance != person.balance - paid[psn_no]:
            found.append(f"the account of {psn_no} holds {balance}, not {person.balance - paid[psn_no]}")
        used = store.get(USED, psn_no, insutype, year)
        for name, value in counters.items():
            if used is None or getattr(used.accumulators, name) != value:
                found.append(f"counter {name} of {psn_no} is not {value}")
    return found
