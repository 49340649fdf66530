"""Ledgers and clearing for people: pages and JSON say what the stores hold; the command reads databases and writes files."""

from __future__ import annotations

import asyncio
import csv
import json
from datetime import date
from decimal import Decimal
from html import unescape
from typing import Any, get_args

import clearing_desk as desk
import httpx
import pytest
import sqlalchemy as sa
from platform_desk import NOW, world

from sim.errors import InputError
from sim.interface import wire
from sim.lang import LANGS, templates
from sim.money import parse, show
from sim.page.filters import grouped
from sim.platform import HUB, ledger, reference
from sim.platform.ledger.accounts import MIRRORED_BY
from sim.platform.ledger_records import EntryKind
from sim.platform.sql import open_store
from sim.service import application
from sim.service.clearing import show_month
from sim.service.clearing.pages import meaning

TODAY = date(2024, 6, 30)


@pytest.fixture(scope="module")
def story():
    return desk.spring()


def ask(story, path, lang="zh"):
    app = application(story.ref, clock=lambda: NOW)

    async def go():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as http:
            return await http.get(path, params={"lang": lang})

    return asyncio.run(go())


# --- pages -----------------------------------------------------------------------------------------------------------


def test_the_ledgers_are_shown_with_their_balances_and_that_they_agree(story):
    """Every account of every party; a sum of zero; no break, nothing under way."""
    found = wire.decode(ask(story, "/api/ledger").content)
    expected = [
        (name, account, show(fen))
        for name, store in desk.stores(story.ref).items()
        for account, fen in ledger.balances(ledger.entries(store)).items()
    ]
    assert expected == [(one["party"], one["account"], one["balance"]) for one in found["balances"]]
    assert ("0.00", [], []) == (found["sum"], found["breaks"], found["in_flight"])
    for lang in LANGS:
        page = unescape(ask(story, "/ledger", lang).text)
        assert all(account in page and grouped(balance) in page for _, account, balance in expected)


def test_a_break_is_shown_with_its_document():
    """An entry is lost: the page and the JSON name what does not agree."""
    story = desk.Story()
    settled = story.settle(desk.day(3, 1))
    store = story.ref.parties[desk.PEKING].store
    store.delete(ledger.LEDGER, ledger.entries(store)[0].number)
    store.commit()
    assert [settled.setl_id] == [one["document"] for one in wire.decode(ask(story, "/api/ledger").content)["breaks"]]
    assert settled.setl_id in ask(story, "/ledger").text


def test_a_partys_ledger_lists_its_entries_newest_first(story):
    """Each with its cause, its rule and its legs; an unknown party is not found."""
    found = wire.decode(ask(story, f"/api/ledger/{desk.GUIZHOU}").content)
    made = ledger.entries(story.ref.parties[desk.GUIZHOU].store)
    assert [entry.number for entry in reversed(made)] == [one["number"] for one in found["entries"]]
    assert {a: show(fen) for a, fen in made[-1].legs.items()} == found["entries"][0]["legs"]
    page = ask(story, f"/ledger/{desk.GUIZHOU}").text
    assert all(entry.cause in page for entry in made)
    assert [404, 404] == [ask(story, f"{root}/999999").status_code for root in ("/ledger", "/api/ledger")]


def test_a_months_clearing_is_shown_as_it_is(story):
    """The rows of the JSON are the recount's; the page has every amount, in both languages; other months are not found."""
    found = wire.decode(ask(story, f"/api/clearing/{desk.MARCH}").content)
    rows = {
        (r["mdtrtarea"], r["insuplc"]): (r["count"], parse(r["medfee_sumamt"]), parse(r["optins_pay_sumamt"]))
        for r in found["pairs"]
    }
    assert story.recount(desk.MARCH) == rows
    for lang in LANGS:
        page = unescape(ask(story, f"/clearing/{desk.MARCH}", lang).text)
        assert all(grouped(row["optins_pay_sumamt"]) in page for row in found["pairs"])
        assert found["from"]["pairs"][lang] in page
    assert [404, 404] == [ask(story, f"{root}/2023-01").status_code for root in ("/clearing", "/api/clearing")]
    months = [one["month"] for one in wire.decode(ask(story, "/api/clearing").content)["months"]]
    assert [desk.MARCH, desk.APRIL] == months
    assert all(month in ask(story, "/clearing").text for month in months)


def test_a_party_on_its_own_says_that_clearing_needs_them_all():
    """One province in this process: its ledger is shown and judged as far as can be, the months are not."""
    alone = desk.Story(reference(here=[desk.GUIZHOU]))
    assert not wire.decode(ask(alone, "/api/clearing").content)["complete"]
    assert "yidi clearing" in ask(alone, "/clearing").text
    assert 404 == ask(alone, f"/clearing/{desk.MARCH}").status_code
    assert [] == wire.decode(ask(alone, "/api/ledger").content)["breaks"]


@pytest.mark.parametrize("account", sorted({*MIRRORED_BY, "hospital", "refused", "fund", "personal_accounts", "bank"}))
def test_every_account_says_what_it_holds(account):
    """In both languages; those that face another party name it."""
    faces = account in MIRRORED_BY or account == "refused"
    told = meaning(f"{account}:{desk.GUIZHOU}" if faces or account == "hospital" else account)
    assert faces == ("Guizhou" in told.show("en")) == ("贵州" in told.show("zh"))


def test_every_kind_of_entry_has_a_name():
    """What the ledger's page shows of each."""
    assert all(f"clearing.entry.{kind}" in templates() for kind in get_args(EntryKind))


# --- the command -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """A database with the story in it, and the story."""
    url = f"sqlite:///{tmp_path_factory.mktemp('clearing') / 'yidi.db'}"
    with open_store(url) as database:
        story = desk.Story(world(store=database))
        desk.tell(story)
    return url, story


def fingerprint(url: str) -> list[Any]:
    with open_store(url) as database:
        return [ledger.balances(ledger.entries(database(party))) for party in database.parties()]


def test_the_files_are_the_table(told, tmp_path):
    """JSON, CSV and Parquet hold the recount; every column is explained; the database is as it was."""
    url, story = told
    before = fingerprint(url)
    shown = show_month(desk.MARCH, [url], today=TODAY, out=tmp_path / "new")
    files = {path.name: path for path in shown.files}
    assert before == fingerprint(url)
    rows = json.loads(files["clearing-2024-03.json"].read_text())["pairs"]
    with files["clearing-2024-03-pairs.csv"].open() as text:
        read = list(csv.DictReader(text))
    assert [{name: str(value) for name, value in row.items()} for row in rows] == read
    expected = {pair: amount for pair, (_, _, amount) in story.recount(desk.MARCH).items()}
    assert expected == {(row["mdtrtarea"], row["insuplc"]): parse(row["optins_pay_sumamt"]) for row in read}
    columns = files["clearing-2024-03-columns.csv"].read_text()
    assert all(f"pairs,{column}," in columns for column in rows[0])
    lines = pytest.importorskip("pyarrow.parquet").read_table(files["clearing-2024-03-lines.parquet"]).to_pylist()
    assert sum(expected.values()) == parse(sum((line["optins_pay_sumamt"] for line in lines), Decimal(0)))


def test_what_is_printed_says_where_it_comes_from(told):
    """Every table has its heads, its rows and its source, in both languages."""
    url, _ = told
    shown = show_month(desk.MARCH, [url], today=TODAY)
    for lang in LANGS:
        assert all(text.show(lang) for text in shown.facts)
        for table in shown.tables:
            assert table.title.show(lang)
            assert table.source.show(lang)
            assert {len(table.heads)} == {len(row) for row in table.rows}


def test_running_records_the_steps_and_showing_alone_does_not(told, tmp_path):
    """After --run-until the table is there for whoever asks next, with the same numbers."""
    url, story = told
    copy = tmp_path / "copy.db"
    with sa.create_engine(url).connect() as connection:
        connection.exec_driver_sql(f"VACUUM INTO '{copy}'")
    mine = f"sqlite:///{copy}"
    assert "provisional" == show_month(desk.MARCH, [mine], today=TODAY).month.state
    ran = show_month(desk.MARCH, [mine], today=TODAY, until=date(2024, 5, 10))
    assert "collected" == ran.month.state
    again = show_month(desk.MARCH, [mine], today=TODAY)
    assert ran.data == again.data
    assert story.recount(desk.MARCH) == {
        (r.treated_in, r.insured): (r.count, r.medfee, r.amount) for r in again.month.rows
    }
    other = show_month(desk.MARCH, [mine], today=TODAY, regime="immediate-2025")
    assert other.month.days.hospital < other.month.days.distribute


def test_parties_with_databases_of_their_own_are_read_together(told, tmp_path):
    """Each province and the hub in a file of its own: the same table; without the hub, or one twice: an error."""
    url, story = told
    urls = []
    with open_store(url) as whole:
        for party in (desk.GUIZHOU, desk.PEKING, desk.CHONGQING, HUB):
            urls.append(f"sqlite:///{tmp_path / party}.db")
            with open_store(urls[-1]) as own:
                _copy(whole(party), own(party))
    found = show_month(desk.MARCH, urls, today=TODAY)
    assert story.recount(desk.MARCH) == {
        (r.treated_in, r.insured): (r.count, r.medfee, r.amount) for r in found.month.rows
    }
    for wrong, key in ((urls[:-1], "clearing.no_hub"), ([*urls, urls[0]], "clearing.party_twice")):
        with pytest.raises(InputError) as caught:
            show_month(desk.MARCH, wrong, today=TODAY)
        assert key == caught.value.text.key


def _copy(source: Any, target: Any) -> None:
    from sim.platform.records import TABLES

    for table in TABLES:
        for record in source.all(table):
            target.put(table, record)
    target.commit()


@pytest.mark.parametrize(
    ("month", "key"),
    [
        ("2024-13", "clearing.bad_month"),
        ("2024-3", "clearing.bad_month"),
        ("202403", "clearing.bad_month"),
        ("2024-07", "clearing.future"),
        ("2024-02", "clearing.no_data"),
    ],
)
def test_a_month_that_cannot_be_shown_is_one_clear_error(told, month, key):
    """No month, one to come, one without settlements."""
    with pytest.raises(InputError) as caught:
        show_month(month, [told[0]], today=TODAY)
    assert key == caught.value.text.key
    for lang in LANGS:
        assert caught.value.show(lang)


def test_a_database_that_is_not_there_not_ours_or_newer_is_one_clear_error(told, tmp_path):
    """None of them is made or changed."""
    absent = tmp_path / "absent.db"
    foreign = tmp_path / "foreign.db"
    newer = tmp_path / "newer.db"
    with sa.create_engine(f"sqlite:///{foreign}").begin() as connection:
        connection.execute(sa.text("CREATE TABLE patients (name TEXT)"))
    with open_store(f"sqlite:///{newer}"):
        pass
    with sa.create_engine(f"sqlite:///{newer}").begin() as connection:
        connection.execute(sa.text("UPDATE meta SET value = '99' WHERE name = 'version'"))
    cases = ((absent, "clearing.no_database"), (foreign, "store.not_ours"), (newer, "store.newer"))
    for file, key in cases:
        with pytest.raises(InputError) as caught:
            show_month(desk.MARCH, [f"sqlite:///{file}"], today=TODAY)
        assert key == caught.value.text.key
    assert not absent.exists()
    with pytest.raises(InputError) as wrong:
        show_month(desk.MARCH, [told[0]], today=TODAY, out=foreign)
    assert "clearing.cannot_write" == wrong.value.text.key


def test_without_pyarrow_the_other_files_are_written(told, tmp_path, monkeypatch):
    """It belongs to an extra that need not be there."""
    monkeypatch.setattr("sim.service.clearing.files.find_spec", lambda _: None)
    names = [path.suffix for path in show_month(desk.MARCH, [told[0]], today=TODAY, out=tmp_path).files]
    assert ".parquet" not in names
    assert ".csv" in names
