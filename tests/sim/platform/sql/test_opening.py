"""Opening a database: what is refused, why, and that it is left as it was; migrations."""

from __future__ import annotations

import hashlib
import socket
import sqlite3
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from attrs import frozen
from store_subjects import BEDS, DUTIES, SCHEMA, Bed

from sim.errors import HarnessError, InputError
from sim.lang import LANGS, templates
from sim.platform import Table
from sim.platform.records import TABLES
from sim.platform.sql import Conflict, Schema, SqlStore, current, open_store
from sim.platform.sql.schema import inspect


def refusal(url: str, key: str, schema: Schema = SCHEMA) -> InputError:
    """The error of opening; it must be the one for that reason."""
    with pytest.raises(InputError) as caught:
        open_store(url, schema=schema)
    assert key == caught.value.text.key
    for lang in LANGS:
        assert caught.value.show(lang)
    return caught.value


def fingerprint(folder: Path) -> dict[str, str]:
    """Every file of a folder by its content."""
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir()}


def change(url: str, *statements: str) -> None:
    """Change a database behind the project's back."""
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"), poolclass=sa.NullPool)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))


def contents(url: str) -> dict[str, list[Any]]:
    """All tables with all rows."""
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"), poolclass=sa.NullPool)
    with engine.connect() as connection:
        metadata = sa.MetaData()
        metadata.reflect(connection)
        return {
            f"{name} {sorted(c.name for c in table.c)}": sorted(map(str, connection.execute(sa.select(table))))
            for name, table in metadata.tables.items()
        }


@pytest.fixture
def made(empty):
    """A database with a record in it."""
    with open_store(empty, schema=SCHEMA) as database:
        database("hub").put(BEDS, Bed(1, None, "free", date(2024, 3, 1)))
        database("hub").commit()
    return empty


# --- addresses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "key", "nearest"),
    [
        ("yidi.db", "store.bad_url", None),
        ("", "store.bad_url", None),
        ("postgres://localhost/yidi", "store.unknown_database", "postgresql"),
        ("sqlite3:///yidi.db", "store.unknown_database", "sqlite"),
        ("postgresql+psycopg2://localhost/yidi", "store.unknown_database", "postgresql+psycopg"),
        ("mysql://localhost/yidi", "store.unknown_database", None),
    ],
)
def test_a_wrong_address_is_one_clear_error(url, key, nearest):
    """It says what was given and what would be right."""
    error = refusal(url, key)
    assert nearest == error.nearest
    assert "sqlite:///yidi.db" in error.show("en")


def test_a_server_that_is_not_there_is_one_clear_error_without_the_password():
    """The address is named, the secret is not."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        error = refusal(f"postgresql://yidi:geheim@127.0.0.1:{port}/yidi", "store.cannot_open")
    assert f"127.0.0.1:{port}" in error.show("en")
    assert "geheim" not in error.show("en") + error.show("zh")


def test_a_database_that_the_server_does_not_have_is_one_clear_error(postgres):
    """The server's own words say which."""
    assert "nowhere" in refusal(postgres().replace("/test", "/nowhere"), "store.cannot_open").show("en")


def test_without_its_driver_postgresql_cannot_be_used(monkeypatch):
    """The error says what to install."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert "yidi[postgresql]" in refusal("postgresql://localhost/yidi", "store.no_driver").show("en")


def test_sqlite_needs_no_driver_beside_python(sqlite):
    """Without psycopg the embedded database works."""
    code = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from sim.platform.sql import open_store\n"
        f"open_store({sqlite()!r}).close()"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[4])


def test_a_folder_that_does_not_exist_is_named(tmp_path):
    """SQLite makes the file, not the folder."""
    assert "absent" in refusal(f"sqlite:///{tmp_path}/absent/yidi.db", "store.no_folder").show("en")


def test_a_folder_is_no_database(tmp_path):
    """A folder in place of the file."""
    assert "sqlite" in refusal(f"sqlite:///{tmp_path}", "store.cannot_open").show("en").lower()


# --- what is refused is left as it was --------------------------------------------------------------------------------


def test_a_newer_version_is_refused_untouched(made):
    """Nothing changes, and the error says which version is known."""
    change(made, "UPDATE meta SET value = '99' WHERE name = 'version'")
    before = contents(made)
    assert "99" in refusal(made, "store.newer").show("en")
    assert before == contents(made)


def test_a_newer_file_keeps_every_byte(sqlite):
    """The file, its neighbours and their contents are the same before and after."""
    url = sqlite()
    folder = Path(url.removeprefix("sqlite:///")).parent
    open_store(url, schema=SCHEMA).close()
    change(url, "UPDATE meta SET value = '99' WHERE name = 'version'")
    before = fingerprint(folder)
    refusal(url, "store.newer")
    assert before == fingerprint(folder)


@pytest.mark.parametrize(
    "statements",
    [
        ["CREATE TABLE patients (id INTEGER)", "INSERT INTO patients VALUES (1)"],
        ["CREATE TABLE meta (a INTEGER, b INTEGER)"],
        [
            "CREATE TABLE meta (name TEXT, value TEXT)",
            "INSERT INTO meta VALUES ('made_by', 'someone'), ('version', '1')",
        ],
        ["CREATE TABLE meta (name TEXT, value TEXT)", "INSERT INTO meta VALUES ('made_by', 'yidi'), ('version', 'x')"],
    ],
    ids=["other tables", "another meta", "another maker", "no version"],
)
def test_a_database_that_is_not_ours_is_refused_untouched(statements, empty):
    """Whatever has tables, but not our mark, belongs to somebody else."""
    change(empty, *statements)
    before = contents(empty)
    refusal(empty, "store.not_ours")
    assert before == contents(empty)


def test_a_newer_file_that_a_server_has_open_goes_on(sqlite):
    """What stands in its log is seen, and the server that uses the file notices nothing."""
    url = sqlite()
    with open_store(url, schema=SCHEMA) as database:
        change(url, "UPDATE meta SET value = '99' WHERE name = 'version'")
        refusal(url, "store.newer")
        assert 1 == database("hub").next("visit")
        database("hub").commit()
    assert "99" in str(contents(url))


def test_a_file_that_is_not_ours_keeps_every_byte(sqlite):
    """Not even its journal mode changes."""
    url = sqlite()
    folder = Path(url.removeprefix("sqlite:///")).parent
    change(url, "CREATE TABLE patients (id INTEGER)")
    before = fingerprint(folder)
    refusal(url, "store.not_ours")
    assert before == fingerprint(folder)


def test_a_file_that_is_no_database_is_refused_untouched(tmp_path):
    """A text, a picture, anything."""
    file = tmp_path / "notes.db"
    file.write_text("this is no database " * 100)
    before = fingerprint(tmp_path)
    refusal(f"sqlite:///{file}", "store.not_a_database")
    assert before == fingerprint(tmp_path)


def test_an_empty_file_is_an_empty_database(tmp_path):
    """A file made beforehand, with the wanted owner, is filled."""
    file = tmp_path / "yidi.db"
    file.touch()
    open_store(f"sqlite:///{file}", schema=SCHEMA).close()
    assert file.stat().st_size


def test_a_database_in_another_encoding_is_refused(postgres):
    """Names of patients must fit."""
    url = postgres()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0")
    latin = sa.make_url(url).set(database="latin").render_as_string()
    assert "LATIN1" in refusal(latin, "store.encoding").show("en")


def test_the_same_version_with_other_tables_is_refused_untouched(made):
    """Records changed their shape without a new version: another build made this."""
    before = contents(made)
    refusal(made, "store.other_shape", Schema(1, (BEDS,)))
    assert before == contents(made)


# --- versions ---------------------------------------------------------------------------------------------------------


@frozen
class OldBed:
    """A bed of version 0: without a note, the patient under another name, never absent."""

    number: int
    guest: str
    since: date


OLD = Schema(1, (Table("beds", OldBed, ("number",), {"guest": ("guest",)}),))


def to_two(connection: sa.Connection) -> None:
    """New columns, another index; an empty guest becomes no patient."""
    for statement in (
        "ALTER TABLE beds RENAME TO old_beds",
        "DROP INDEX beds_guest",
        "CREATE TABLE beds (at_party TEXT NOT NULL, changed BIGINT NOT NULL, number BIGINT NOT NULL, patient TEXT,"
        " state TEXT NOT NULL, since DATE NOT NULL, note TEXT NOT NULL,"
        " CONSTRAINT beds_2 PRIMARY KEY (at_party, number))",
        "INSERT INTO beds SELECT at_party, changed, number, nullif(guest, ''),"
        " CASE guest WHEN '' THEN 'free' ELSE 'taken' END, since, '{}' FROM old_beds",
        "DROP TABLE old_beds",
        "CREATE INDEX beds_patient ON beds (at_party, patient)",
        "CREATE INDEX beds_state ON beds (at_party, state, since)",
    ):
        connection.execute(sa.text(statement))


def to_three(connection: sa.Connection) -> None:
    """A new table."""
    DUTIES_ALONE.metadata.tables["duties"].create(connection)


def forgets_an_index(connection: sa.Connection) -> None:
    """As `to_two`, but one index is missing."""
    to_two(connection)
    connection.execute(sa.text("DROP INDEX beds_state"))


def breaks_off(connection: sa.Connection) -> None:
    """Does half of its work and fails."""
    connection.execute(sa.text("DELETE FROM beds"))
    connection.execute(sa.text("DROP INDEX beds_guest"))
    raise RuntimeError("broken off")


DUTIES_ALONE = Schema(1, (DUTIES,))


@pytest.fixture
def old(empty):
    """A database of an older version, with records."""
    with open_store(empty, schema=OLD) as database:
        store = database("hub")
        for number, guest in ((1, "甲"), (2, "")):
            store.put(OLD.tables[0], OldBed(number, guest, date(2024, 3, 1)))
        store.next("visit")
        store.commit()
    return empty


def test_an_older_version_is_migrated_step_by_step(old):
    """Records and counters are there in their new form, the new table can be used, and the next start finds it done."""
    newest = Schema(3, (BEDS, DUTIES), {1: to_two, 2: to_three})
    for _ in range(2):
        with open_store(old, schema=newest) as database:
            store = database("hub")
            expected = [Bed(1, "甲", "taken", date(2024, 3, 1)), Bed(2, None, "free", date(2024, 3, 1))]
            assert expected == list(store.all(BEDS))
            assert expected[:1] == store.find(BEDS, "patient", "甲")
            assert 0 == store.count(DUTIES)
            assert 2 == store.next("visit")
            store.rollback()
    refusal(old, "store.newer", OLD)


@pytest.mark.parametrize(("migration", "error"), [(forgets_an_index, HarnessError), (breaks_off, RuntimeError)])
def test_a_migration_that_fails_changes_nothing(migration, error, old):
    """All steps and the new version take effect together, or not at all."""
    before = contents(old)
    with pytest.raises(error):
        open_store(old, schema=Schema(2, (BEDS,), {1: migration}))
    assert before == contents(old)
    open_store(old, schema=OLD).close()


def test_without_a_way_an_older_version_is_refused_untouched(old):
    """A missing step is found before the first one is done."""
    before = contents(old)
    refusal(old, "store.too_old", Schema(3, (BEDS, DUTIES), {2: to_three}))
    assert before == contents(old)


def test_processes_that_start_at_once_make_one_database(empty):
    """Several servers on one new database: one creates the tables, the others find them."""
    code = f"from sim.platform.sql import open_store\nopen_store({empty!r}).close()"
    starting = [
        subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[4], stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    said = [process.communicate(timeout=60)[1].decode() for process in starting]
    assert ([0] * 4, [""] * 4) == ([process.returncode for process in starting], said)


def test_the_current_schema_holds_every_table_of_the_platform(empty):
    """What the parties remember has a place, and the program finds its own database again."""
    schema = current()
    assert {table.name for table in TABLES} | {"meta", "parties", "counters"} == set(schema.shape())
    for _ in range(2):
        with open_store(empty) as database:
            assert all(database("520000").count(table) == 0 for table in TABLES)
    engine = sa.create_engine(empty.replace("postgresql://", "postgresql+psycopg://"), poolclass=sa.NullPool)
    with engine.connect() as connection:
        assert schema.version == inspect(connection, schema, "here")


def test_a_file_uses_the_journal_that_survives_a_crash(sqlite):
    """Write-ahead log, and every commit waits for the disk."""
    url = sqlite()
    with open_store(url, schema=SCHEMA) as database:
        assert [("wal",)] == database._link.read("PRAGMA journal_mode", ())
        assert [(2,)] == database._link.read("PRAGMA synchronous", ())
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        assert ("ok",) == connection.execute("PRAGMA integrity_check").fetchone()
    connection.close()


def put_and_commit(store: SqlStore) -> None:
    store.put(BEDS, Bed(2, None, "free", date(2024, 3, 1)))
    store.commit()


def test_everything_can_be_forgotten_at_once(made):
    """`clear` empties all parties and counters; a segment of another process that read before does not win."""
    with open_store(made, schema=SCHEMA) as database, open_store(made, schema=SCHEMA) as other:
        late = other("hub")
        assert late.get(BEDS, 1)
        database("110000").next("visit")
        database("110000").commit()
        assert ("110000", "hub") == database.parties()
        database.clear()
        assert 1 == database("110000").next("visit")
        assert 0 == database("hub").count(BEDS)
        with pytest.raises(Conflict):
            put_and_commit(late)


def test_every_text_of_this_room_is_used():
    """No refusal is left without a test: the keys here are those that the code can say."""
    said = set()
    for file in (Path(__file__).parents[4] / "sim/platform/sql").glob("*.py"):
        said |= {part.split('"')[0] for part in file.read_text(encoding="utf-8").split('say("')[1:]}
    assert {key for key in templates() if key.startswith("store.")} == said
