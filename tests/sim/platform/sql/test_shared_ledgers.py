"""Ledgers summed by their database: what Python finds of the same entries, and no entry read that is not shown."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import httpx
import pytest

from sim.interface import wire
from sim.money import show
from sim.platform import HUB, MemoryStore, ledger, reference
from sim.platform.ledger import LEDGER, Entry
from sim.platform.sql import Database, open_store
from sim.service import application
from sim.service.clearing import summed as module
from sim.service.clearing.data import OPEN
from sim.service.clearing.pages import ENTRIES
from sim.service.clearing.summed import summed

HERE, THERE, ABSENT = "520000", "110000", "310000"
PARTIES = (HERE, THERE, HUB)
AT = datetime(2024, 3, 1, 10, 0, 0)


@pytest.fixture
def database(empty: str) -> Iterator[Database]:
    with open_store(empty) as opened:
        yield opened


def accounts(party: str) -> list[str]:
    """Those that a party can have, some of them facing a party that is elsewhere."""
    others = [one for one in (*PARTIES, ABSENT) if one != party]
    faced = [f"{kind}:{one}" for kind in ledger.accounts.MIRRORED_BY for one in others]
    return [*faced, "fund", "bank", "personal_accounts", "hospital:H52019900001", f"refused:{ABSENT}"]


def some_entries(chance: random.Random) -> Iterator[tuple[str, Entry]]:
    """Claims that both sides have, that one has, that differ; and now and then an entry that does not balance."""
    numbers = dict.fromkeys(PARTIES, 0)

    def entry(party: str, document: str, legs: dict[str, int]) -> tuple[str, Entry]:
        numbers[party] += 1
        return party, Entry(numbers[party], "settlement", document, document, "m", "G1", AT.date(), "2024-03", AT, legs)

    for number in range(chance.randrange(1, 25)):
        document, fen = f"{chance.choice(['3', 'notice-', 'Ä'])}{number}", chance.randrange(-(10**12), 10**12)
        kind, mirror = chance.choice(list(ledger.accounts.MIRRORED_BY.items()))
        one, other = chance.sample([*PARTIES, ABSENT], 2)
        off = chance.choice([0, 0, 0, 1])
        if one != ABSENT:
            yield entry(one, document, {f"{kind}:{other}": fen, "bank": -fen})
        if other != ABSENT and chance.random() < 0.8:
            yield entry(other, document, {f"{mirror}:{one}": -fen + off, "fund": fen - off})
        if chance.random() < 0.2:
            party = chance.choice(PARTIES)
            legs = {name: chance.randrange(-99, 99) for name in chance.sample(accounts(party), 3)}
            yield entry(party, chance.choice([document, f"wrong-{number}"]), legs)


def filled(stores: dict[str, Any], made: list[tuple[str, Entry]]) -> dict[str, Any]:
    for party, each in made:
        stores[party].put(LEDGER, each)
    for store in stores.values():
        store.commit()
    return stores


def test_the_database_finds_what_python_finds(database: Database) -> None:
    """Count, balances, documents under way and wrong, whatever the entries are and however few may be listed; and of
    the entries that are handed over the same differences and breaks as of all of them."""
    open_ones = 0
    for seed in range(40):
        made = list(some_entries(random.Random(seed)))  # noqa: S311 - made-up books
        database.clear()
        shared = filled({party: database(party) for party in PARTIES}, made)
        memory = filled({party: MemoryStore() for party in PARTIES}, made)
        for most in (1, 100):
            assert summed(memory, most) == summed(shared, most), seed
        books, whole = summed(shared, 100).books, ledger.books(memory)
        assert ledger.check(memory) == ledger.breaks(shared, books), seed
        expected = [one for one in ledger.in_flight(whole) if one.other in memory]
        assert expected == [one for one in ledger.in_flight(books) if one.other in shared], seed
        open_ones += summed(shared, 100).open
        for store in shared.values():
            store.rollback()
    assert open_ones > 100


@contextmanager
def counted(database: Database) -> Iterator[list[int]]:
    """How many rows every question brought."""
    found: list[int] = []
    link: Any = database._link
    read = link.read

    def counting(sql: str, values: Any) -> list[Any]:
        rows: list[Any] = read(sql, values)
        found.append(len(rows))
        return rows

    link.read = counting
    try:
        yield found
    finally:
        link.read = read


SETTLED, UNDER_WAY = 3_000, 7


@pytest.fixture
def much(database: Database) -> Any:
    """Some thousand settlements booked on both sides, and a few whose answer has not come."""
    ref = reference(store=database)
    here, there = ref.parties[HERE].store, ref.parties[THERE].store
    for number in range(1, SETTLED + UNDER_WAY + 1):
        document = f"{number:012d}"
        told = {"document": document, "cause": "m", "at": AT}
        ledger.post(there, "settlement", {"fund": number, f"due_to:{HERE}": -number}, **told)
        if number <= SETTLED:
            legs = {f"due_from:{THERE}": number, "hospital:H52019900001": -number}
            ledger.post(here, "settlement", legs, **told)
    here.commit()
    there.commit()
    return ref


def ask(ref: Any, path: str) -> Any:
    app = application(ref, clock=lambda: AT)

    async def go() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as http:
            return await http.get(path)

    return asyncio.run(go())


@pytest.mark.parametrize("path", ["/ledger", "/api/ledger", f"/ledger/{HERE}", f"/api/ledger/{HERE}?before=2000"])
def test_a_page_reads_no_more_than_it_shows(path: str, much: Any, database: Database) -> None:
    """Of thousands of entries only a page is read, or those under way; the sums are the database's."""
    with counted(database) as rows:
        assert 200 == ask(much, path).status_code
    parties = len(much.parties)
    assert sum(rows) < 400 + 10 * parties, rows
    assert max(rows) <= max(ENTRIES, OPEN, parties) + 1


def test_the_totals_are_right(much: Any) -> None:
    """Counts, balances, sum, and each document under way with its amount."""
    found = wire.decode(ask(much, "/api/ledger").content)
    count, owed = SETTLED + UNDER_WAY, sum(range(1, SETTLED + 1))
    assert count + SETTLED == found["entries"]
    assert {
        (HERE, f"due_from:{THERE}"): show(owed),
        (HERE, "hospital:H52019900001"): show(-owed),
        (THERE, f"due_to:{HERE}"): show(-sum(range(1, count + 1))),
        (THERE, "fund"): show(sum(range(1, count + 1))),
    } == {(one["party"], one["account"]): one["balance"] for one in found["balances"]}
    late = {f"{number:012d}": show(-number) for number in range(SETTLED + 1, count + 1)}
    assert late == {one["document"]: one["amount"] for one in found["in_flight"]}
    assert ("0.00", UNDER_WAY, set(late)) == (found["sum"], found["open"], {one["document"] for one in found["breaks"]})


def test_the_pages_of_a_party_are_all_its_entries(much: Any) -> None:
    """From the newest on by ``older``: every entry once, in order, and then no more; each page has the whole count."""
    seen: list[int] = []
    asked = f"/api/ledger/{HERE}"
    while asked:
        found = wire.decode(ask(much, asked).content)
        seen += [one["number"] for one in found["entries"]]
        assert SETTLED == found["total"]
        asked = f"/api/ledger/{HERE}?before={found['older']}" if found["older"] is not None else ""
    assert list(range(SETTLED, 0, -1)) == seen
    page = ask(much, f"/ledger/{HERE}").text
    assert f'href="/ledger/{HERE}?before={SETTLED - ENTRIES + 1}"' in page
    last = ask(much, f"/ledger/{HERE}?before=2").text
    assert f'href="/ledger/{HERE}"' in last
    assert "?before=" not in last


@pytest.mark.parametrize("before", ["x", "-1", "", "9" * 19, "9" * 40, "²"])
def test_what_is_no_number_of_an_entry_gives_the_newest(before: str, much: Any) -> None:
    """And so does one that is greater than any: never an error."""
    found = wire.decode(ask(much, f"/api/ledger/{HERE}?before={before}").content)
    assert SETTLED == found["entries"][0]["number"]


def test_more_under_way_than_are_listed_is_said(database: Database, monkeypatch: pytest.MonkeyPatch, much: Any) -> None:
    """The page tells how many there are, and how many it looked at."""
    monkeypatch.setattr("sim.service.clearing.data.OPEN", 5)
    assert f"{UNDER_WAY} documents are under way or do not agree; 5 of them" in ask(much, "/ledger?lang=en").text
    found = wire.decode(ask(much, "/api/ledger").content)
    assert (UNDER_WAY, 5) == (found["open"], len(found["in_flight"]))


def test_parties_of_several_databases_are_summed_in_python(database: Database, tmp_path: Any) -> None:
    """With the same result."""
    made = list(some_entries(random.Random(1)))  # noqa: S311 - made-up books
    with open_store(f"sqlite:///{tmp_path / 'other.db'}") as other:
        apart = filled({HERE: database(HERE), THERE: other(THERE), HUB: database(HUB)}, made)
        assert module.shared_ledgers(apart) is None
        assert summed(filled({party: MemoryStore() for party in PARTIES}, made), 100) == summed(apart, 100)
